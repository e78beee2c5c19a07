//! What can be set, and an account that is signed in to.

use super::{
    Account, Block, ButtonKind, Field, LONGEST, LONGEST_LINE, Mark, Row, Sheet, SigningIn, Tongue, View,
    foreign, ids,
};

impl Sheet<'_> {
    pub(super) fn settings(mut self) -> View {
        self.heading("Settings", "Einstellungen");
        let door = self.door;
        let mut accounts = Vec::new();
        for account in &door.accounts {
            accounts.push(Block::Small(self.account(account)));
        }
        self.body.append(&mut accounts);
        let (title, line) = match door.visible {
            0 => (
                self.s(
                    "Let anybody nearby call me, for 10 minutes",
                    "Alle in der Nähe dürfen mich 10 Minuten lang rufen",
                ),
                self.s(
                    "Now only people whom you know can call you",
                    "Jetzt können nur Menschen rufen, die Sie kennen",
                ),
            ),
            seconds => {
                let minutes = seconds.div_ceil(60);
                (
                    self.s("Only people whom I know may call me", "Nur wen ich kenne, darf mich rufen"),
                    self.t.pick(
                        format!("Now anybody nearby can call you, for {minutes} more minutes"),
                        format!("Jetzt können alle in der Nähe Sie rufen, noch {minutes} Minuten"),
                    ),
                )
            }
        };
        let mut rows = vec![Row { id: ids::VISIBLE, title, line, mark: Mark::None }];
        let language = match door.settings.language {
            Tongue::Desktop => ("as on this desktop", "wie auf diesem Computer"),
            Tongue::English => ("English", "Englisch (English)"),
            Tongue::German => ("German (Deutsch)", "Deutsch"),
        };
        rows.push(self.row(ids::LANGUAGE, ("Language · Sprache", "Sprache · Language"), language));
        let percent = door.settings.percent;
        rows.push(Row {
            id: ids::TEXT_SIZE,
            title: self.s("Size of the letters", "Größe der Buchstaben"),
            line: format!("{percent} %"),
            mark: Mark::None,
        });
        rows.push(self.row(
            ids::SIGN_IN,
            ("Use a chat account", "Ein Chat-Konto benutzen"),
            ("An account such as maria@example.org (XMPP)", "Ein Konto wie maria@example.org (XMPP)"),
        ));
        self.body.push(Block::Rows(rows));
        self.back();
        self.done()
    }

    pub(super) fn account(&self, account: &Account) -> String {
        let how = match account.state.as_str() {
            "online" => self.s("ready", "bereit"),
            "connecting" => self.s("being signed in…", "wird angemeldet…"),
            "refused" => self.s("refused", "abgelehnt"),
            _ => self.s("not in a network right now", "gerade nicht im Netz"),
        };
        let what = match account.is_nearby {
            true => self.s("People in the same network", "Menschen im selben Netz"),
            false => foreign(&account.address, LONGEST),
        };
        let why = match account.state.as_str() {
            "refused" | "offline" => format!(" · {}", foreign(&account.sentence, LONGEST_LINE)),
            _ => String::new(),
        };
        format!("{what}: {how}{why}")
    }

    pub(super) fn sign_in(mut self, jid: &str, has_address: bool, state: &SigningIn) -> View {
        match state {
            SigningIn::Done => {
                self.heading("You are signed in.", "Sie sind angemeldet.");
                self.text(
                    "The people in the list of this account appear on the first page when they are there.",
                    "Die Menschen aus der Liste dieses Kontos erscheinen auf der ersten Seite, wenn sie da sind.",
                );
                self.button(ids::BACK, ButtonKind::Safe, "To the beginning", "Zum Anfang");
                return self.done();
            }
            SigningIn::Tries => {
                self.heading("Signing in…", "Anmeldung läuft…");
                self.text("The server is asked.", "Der Server wird gefragt.");
                return self.done();
            }
            SigningIn::Asks | SigningIn::Failed(_) => {}
        }
        self.heading("Your chat account", "Ihr Chat-Konto");
        if has_address {
            let jid = foreign(jid, LONGEST);
            let label = self.t.pick(format!("The password of {jid}:"), format!("Das Passwort von {jid}:"));
            self.body.push(Block::Field(Field { label, text: String::new(), is_secret: true }));
            self.text(
                "It is kept in the keyring of this desktop where there is one, and told to nobody but your server.",
                "Es wird im Schlüsselbund dieses Computers aufbewahrt, wo es einen gibt, und nur Ihrem Server gesagt.",
            );
        } else {
            let label =
                self.s("Its address, as in maria@example.org:", "Seine Adresse, wie in maria@example.org:");
            self.body.push(Block::Field(Field { label, text: jid.to_owned(), is_secret: false }));
            self.text(
                "It is the account of your usual chat program (XMPP, also called Jabber). That goes on as before.",
                "Es ist das Konto Ihres gewohnten Chat-Programms (XMPP, auch Jabber genannt). Das geht weiter wie bisher.",
            );
        }
        match state {
            SigningIn::Failed(why) if why.is_empty() => self.body.push(Block::Strong(self.s(
                "That is not an address of an account: it has the form name@server.",
                "Das ist keine Adresse eines Kontos: Sie hat die Form name@server.",
            ))),
            SigningIn::Failed(why) => self.body.push(Block::Strong(foreign(why, LONGEST_LINE))),
            _ => {}
        }
        self.back();
        self.button(ids::SEARCH, ButtonKind::Plain, "Go on", "Weiter");
        self.done()
    }
}
