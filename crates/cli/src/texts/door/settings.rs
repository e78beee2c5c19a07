//! What can be set, and an account that is signed in to.

use super::{
    Account, Block, ButtonKind, Field, LONGEST, Mark, Pressed, Row, Setting, Sheet, SigningIn, Tongue, View,
    foreign, ids,
};

impl Sheet<'_> {
    pub(super) fn settings(mut self, setting: &Setting) -> View {
        self.heading("Settings", "Einstellungen");
        self.how_it_stands(setting);
        let door = self.door;
        let accounts = door.accounts.iter().map(|account| Block::Small(self.account(account)));
        let accounts: Vec<Block> = accounts.collect();
        self.body.extend(accounts);
        let mut rows = self.who_may_call();
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
        rows.extend(door.accounts.iter().filter(|account| !account.is_nearby).filter_map(|account| {
            let id = door.numbers.of(&Pressed::SignOutOf(account.address.clone()))?;
            let address = foreign(&account.address, LONGEST);
            let title = self.t.pick(format!("Sign out of {address}"), format!("Konto {address} abmelden"));
            let line = self.s(
                "It is not used here any more, and its password is forgotten",
                "Es wird hier nicht mehr benutzt, und das Passwort wird vergessen",
            );
            Some(Row { id, title, line, mark: Mark::None })
        }));
        self.body.push(Block::Rows(rows));
        self.back();
        self.done()
    }

    /// What became of what was changed last.
    fn how_it_stands(&mut self, setting: &Setting) {
        let said = match setting {
            Setting::Rests => return,
            Setting::Changes => self.s("One moment…", "Einen Moment…"),
            Setting::Later => self.s(
                "It is written down, and holds as soon as what is going on now is over.",
                "Das ist vermerkt und gilt, sobald zu Ende ist, was gerade läuft.",
            ),
            Setting::NothingLeft => self.s(
                "Then nobody could reach you, and you could reach nobody. So everything stays as it is.",
                "Dann könnte niemand Sie erreichen, und Sie niemanden. Darum bleibt alles, wie es ist.",
            ),
            Setting::Failed(why) => {
                let why = self.said_in_full(why);
                self.t.pick(format!("That did not work: {why}"), format!("Das ging nicht: {why}"))
            }
        };
        self.body.push(Block::Strong(said));
    }

    /// Who may call: people nearby, those among them whom nobody knows, and who may not.
    fn who_may_call(&self) -> Vec<Row> {
        let door = self.door;
        let is_nearby_on = door.accounts.iter().any(|account| account.is_nearby);
        let nearby = match is_nearby_on {
            true => (
                "On: you and people in this network find each other, without an account",
                "An: Sie und die Menschen in diesem Netz finden einander, ohne Konto",
            ),
            false => (
                "Off: only people in the lists of your accounts reach you",
                "Aus: Nur Menschen aus den Listen Ihrer Konten erreichen Sie",
            ),
        };
        let mut rows =
            vec![self.row(ids::NEARBY, ("People in the same network", "Menschen im selben Netz"), nearby)];
        if is_nearby_on {
            rows.push(self.visible(door.visible));
        }
        let blocked = door.people.iter().flatten().filter(|contact| contact.is_blocked).count();
        if blocked > 0 {
            rows.push(Row {
                id: ids::BLOCKED,
                title: self.s("Who may not call me", "Wer mich nicht rufen darf"),
                line: match blocked {
                    1 => self.s("One person", "Ein Mensch"),
                    _ => self.t.pick(format!("{blocked} people"), format!("{blocked} Menschen")),
                },
                mark: Mark::None,
            });
        }
        rows
    }

    fn visible(&self, seconds: u64) -> Row {
        if seconds == 0 {
            return self.row(
                ids::VISIBLE,
                (
                    "Let anybody nearby call me, for 10 minutes",
                    "Alle in der Nähe dürfen mich 10 Minuten lang rufen",
                ),
                (
                    "Now only people whom you know can call you",
                    "Jetzt können nur Menschen rufen, die Sie kennen",
                ),
            );
        }
        let minutes = seconds.div_ceil(60);
        let line = self.t.pick(
            format!("Now anybody nearby can call you, for {minutes} more minutes"),
            format!("Jetzt können alle in der Nähe Sie rufen, noch {minutes} Minuten"),
        );
        let title = self.s("Only people whom I know may call me", "Nur wen ich kenne, darf mich rufen");
        Row { id: ids::VISIBLE, title, line, mark: Mark::None }
    }

    pub(super) fn sign_out(mut self, jid: &str) -> View {
        let address = foreign(jid, LONGEST);
        let heading = self.t.pick(format!("Sign out of {address}?"), format!("Konto {address} abmelden?"));
        self.body.push(Block::Heading(heading));
        self.text(
            "Rendezvous uses this account no more, and forgets its password. The account itself, its list and your chat program stay as they are.",
            "Rendezvous benutzt dieses Konto nicht mehr und vergisst das Passwort. Das Konto selbst, seine Liste und Ihr Chat-Programm bleiben, wie sie sind.",
        );
        self.back();
        self.button(ids::SIGN_OUT, ButtonKind::Plain, "Sign out", "Abmelden");
        self.done()
    }

    pub(super) fn blocked(mut self) -> View {
        self.heading("Who may not call you", "Wer Sie nicht rufen darf");
        let door = self.door;
        let rows = door.people.iter().flatten().filter(|contact| contact.is_blocked);
        let rows: Vec<Row> = rows
            .filter_map(|contact| {
                let id = door.numbers.of(&Pressed::Unblock(contact.whom.clone()))?;
                let line = self
                    .s("Press here to let them call again", "Darauf drücken, um Anrufe wieder anzunehmen");
                Some(Row { id, title: self.title(contact), line, mark: Mark::None })
            })
            .collect();
        match rows.is_empty() {
            true => {
                self.text("Everybody whom you know may call you.", "Alle, die Sie kennen, dürfen Sie rufen.")
            }
            false => self.body.push(Block::Rows(rows)),
        }
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
            "refused" | "offline" if account.sentence.is_empty() => String::new(),
            "refused" | "offline" => format!(" · {}", self.said_in_full(&account.sentence)),
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
        // Before the field: at large letters what follows has to be scrolled to.
        match state {
            SigningIn::Failed(why) if why.is_empty() => self.body.push(Block::Strong(self.s(
                "That is not an address of an account: it has the form name@server.",
                "Das ist keine Adresse eines Kontos: Sie hat die Form name@server.",
            ))),
            SigningIn::Failed(why) => self.body.push(Block::Strong(self.said_in_full(why))),
            _ => {}
        }
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
        self.back();
        self.button(ids::SEARCH, ButtonKind::Plain, "Go on", "Weiter");
        self.done()
    }
}
