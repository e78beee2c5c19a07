//! Every page of the front door, in English and in German: what a person reads there, and what they can press.
//!
//! For somebody who is least sure of themselves: short sentences, what happens is what a button says, and who is meant is
//! said by the name that the person here gave them.

mod outcome;
mod past;

pub(crate) use outcome::outcome;
pub(crate) use past::past;

use super::span;
use super::windows::{LONGEST, Language, standing_in};
use crate::door::facts::{Account, Call, Contact, Going, Manner, Past, Stage, Tongue};
use crate::door::ids::{self, Pressed};
use crate::door::machine::{Door, Outcome, Page, SigningIn};
use crate::standing::Standing;
use rendezvous_core::ApplicationId;
use rendezvous_desktop::windows::{
    Block, Button, ButtonId, ButtonKind, Field, Mark, Refusals, Row, Shape, Tone, View, foreign,
};
use std::time::Duration;

/// A line of something else than a name is not longer than this.
const LONGEST_LINE: usize = 300;
/// So many people are shown; more are found by typing.
const MOST_PEOPLE: usize = 40;

/// What the window shows.
pub(crate) fn view(door: &Door) -> View {
    let sheet = Sheet { door, t: door.settings.language.language(), body: Vec::new(), buttons: Vec::new() };
    match &door.page {
        Page::Welcome => sheet.welcome(),
        Page::Home => sheet.home(),
        Page::Whom { manner, find } => sheet.whom(*manner, find),
        Page::Person(whom) => {
            let known = door.people.iter().flatten().find(|contact| contact.whom == *whom);
            sheet.person(known)
        }
        Page::Code { code: Some(code), until } => sheet.code(code, until.saturating_sub(door.now)),
        Page::Code { code: None, .. } => sheet.making_code(),
        Page::TypeCode { wrong, searching, .. } => sheet.type_code(wrong.as_deref(), *searching),
        Page::Calling(call) => sheet.calling(call),
        Page::Going(session) => {
            let going = door.going.iter().find(|going| going.session == *session);
            sheet.going(going)
        }
        Page::Outcome { who, again, outcome } => sheet.outcome(who, again.is_some(), outcome),
        Page::Happened(past) => sheet.happened(past.as_deref()),
        Page::Record { title, lines } => sheet.record(title, lines.as_deref()),
        Page::Settings => sheet.settings(),
        Page::SignIn { jid, password, state } => sheet.sign_in(jid, password.is_some(), state),
    }
}

/// A page that is being written.
struct Sheet<'a> {
    door: &'a Door,
    t: Language,
    body: Vec<Block>,
    buttons: Vec<Button>,
}

impl Sheet<'_> {
    fn done(self) -> View {
        let title = match self.body.first() {
            Some(Block::Heading(heading)) => format!("Rendezvous: {heading}"),
            _ => "Rendezvous".to_owned(),
        };
        let refusals = Refusals::default();
        View { title, shape: Shape::Page, tone: Tone::Calm, body: self.body, buttons: self.buttons, refusals }
    }

    fn s(&self, english: &str, german: &str) -> String {
        self.t.pick(english, german).to_owned()
    }

    fn heading(&mut self, english: &str, german: &str) {
        let text = self.s(english, german);
        self.body.push(Block::Heading(text));
    }

    fn text(&mut self, english: &str, german: &str) {
        let text = self.s(english, german);
        self.body.push(Block::Text(text));
    }

    fn small(&mut self, english: &str, german: &str) {
        let text = self.s(english, german);
        self.body.push(Block::Small(text));
    }

    /// Something that was said elsewhere, line by line.
    fn said(&mut self, said: &str) {
        let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
        self.body.extend(lines.map(|line| Block::Text(foreign(line, LONGEST_LINE))));
    }

    fn button(&mut self, id: ButtonId, kind: ButtonKind, english: &str, german: &str) {
        let label = self.s(english, german);
        self.buttons.push(Button { id, label, kind });
    }

    fn back(&mut self) {
        self.button(ids::BACK, ButtonKind::Safe, "Back", "Zurück");
    }

    fn row(&self, id: ButtonId, (english, german): (&str, &str), line: (&str, &str)) -> Row {
        let (title, line) = (self.s(english, german), self.s(line.0, line.1));
        Row { id, title, line, mark: Mark::None }
    }

    fn welcome(mut self) -> View {
        self.heading("Welcome.", "Willkommen.");
        self.text(
            "With Rendezvous a person whom you trust sees your screen, when you allow it, and helps you. Or you help somebody.",
            "Mit Rendezvous sieht ein Mensch, dem Sie vertrauen, Ihren Bildschirm, wenn Sie es erlauben, und hilft Ihnen. Oder Sie helfen jemandem.",
        );
        self.text("How can others reach you?", "Wie können andere Sie erreichen?");
        let none = self.row(
            ids::NO_ACCOUNT,
            ("Without an account", "Ohne Konto"),
            (
                "People in the same network, and anybody to whom you tell a code by telephone",
                "Menschen im selben Netz, und jeder, dem Sie am Telefon einen Code sagen",
            ),
        );
        let account = self.row(
            ids::SIGN_IN,
            ("With my chat account", "Mit meinem Chat-Konto"),
            (
                "Your contacts of an account such as maria@example.org (XMPP)",
                "Ihre Kontakte eines Kontos wie maria@example.org (XMPP)",
            ),
        );
        self.body.push(Block::Tiles(vec![none]));
        self.body.push(Block::Rows(vec![account]));
        self.small(
            "You can change this later in the settings.",
            "Das können Sie später in den Einstellungen ändern.",
        );
        self.done()
    }

    fn home(mut self) -> View {
        self.heading("What would you like to do?", "Was möchten Sie tun?");
        let ask = self.row(
            ids::ASK,
            ("Ask for help", "Um Hilfe bitten"),
            (
                "Someone sees your screen, after you allowed it",
                "Jemand sieht Ihren Bildschirm, nachdem Sie es erlaubt haben",
            ),
        );
        let help = self.row(
            ids::HELP,
            ("Help someone", "Jemandem helfen"),
            (
                "You see their screen, after they allowed it",
                "Sie sehen den Bildschirm von jemandem, der es erlaubt hat",
            ),
        );
        self.body.push(Block::Tiles(vec![ask, help]));
        self.trouble();
        let door = self.door;
        let going: Vec<Row> = door.going.iter().filter_map(|going| self.going_row(going)).collect();
        if !going.is_empty() {
            self.text("Going on now:", "Im Gange:");
            self.body.push(Block::Rows(going));
        }
        let known = door.people.iter().flatten().filter(|contact| !contact.is_stranger);
        let people: Vec<&Contact> = known.take(MOST_PEOPLE).collect();
        if !people.is_empty() {
            self.text("Your people:", "Ihre Leute:");
            let rows = people.into_iter().filter_map(|contact| self.contact_row(contact)).collect();
            self.body.push(Block::Rows(rows));
        }
        self.button(ids::HAPPENED, ButtonKind::Plain, "What happened", "Was geschah");
        self.button(ids::SETTINGS, ButtonKind::Plain, "Settings", "Einstellungen");
        self.done()
    }

    /// What is wrong, and what to do; nothing most of the time.
    fn trouble(&mut self) {
        let door = self.door;
        if let Some(why) = &door.trouble {
            self.body.push(Block::Strong(foreign(why, LONGEST_LINE)));
            return;
        }
        let refused = door.accounts.iter().find(|account| account.state == "refused");
        if let Some(Account { address, sentence, .. }) = refused {
            let address = foreign(address, LONGEST);
            let why = foreign(sentence, LONGEST_LINE);
            self.body.push(Block::Strong(self.t.pick(
                format!("Your account {address} cannot be used: {why} Sign in again in the settings."),
                format!("Ihr Konto {address} lässt sich nicht benutzen: {why} Melden Sie sich in den Einstellungen neu an."),
            )));
        } else if !door.accounts.is_empty() && door.accounts.iter().all(|account| account.state == "offline")
        {
            let offline = self.s(
                "This computer is not in a network right now, so nobody can be reached. Look at the cable, or at the Wi-Fi.",
                "Dieser Computer ist gerade in keinem Netz, darum ist niemand zu erreichen. Sehen Sie nach dem Kabel oder dem WLAN.",
            );
            self.body.push(Block::Strong(offline));
        }
    }

    fn contact_row(&self, contact: &Contact) -> Option<Row> {
        let id = self.door.numbers.of(&Pressed::Person(contact.whom.clone()))?;
        let mark = if contact.is_there { Mark::Full } else { Mark::Empty };
        Some(Row { id, title: self.title(contact), line: self.line(contact), mark })
    }

    /// A stranger is called by what they call themselves, and that is said.
    fn title(&self, contact: &Contact) -> String {
        match (contact.is_stranger, &contact.claims) {
            (true, Some(claims)) => {
                let claims = foreign(claims, LONGEST);
                self.t.pick(
                    format!("Someone nearby who calls themselves “{claims}”"),
                    format!("Jemand in der Nähe, der sich „{claims}“ nennt"),
                )
            }
            _ => foreign(&contact.name, LONGEST),
        }
    }

    fn line(&self, contact: &Contact) -> String {
        let mut parts = Vec::new();
        parts.push(match contact.is_there {
            true => self.s("is there now", "ist gerade da"),
            false => self.s("not there now", "gerade nicht da"),
        });
        parts.push(standing_in(self.t, contact.standing));
        // Addresses of devices nearby say nothing to anybody; the standing does.
        if contact.whom.address != contact.name && contact.whom.address.contains('@') {
            parts.push(foreign(&contact.whom.address, LONGEST));
        }
        parts.join(" · ")
    }

    fn whom(mut self, manner: Manner, find: &str) -> View {
        match manner {
            Manner::Ask => self.heading("Who is to help you?", "Wer soll Ihnen helfen?"),
            Manner::Help => self.heading("Whom would you like to help?", "Wem möchten Sie helfen?"),
        }
        let door = self.door;
        let found: Vec<&Contact> =
            door.people.iter().flatten().filter(|contact| contact.is_called(find)).collect();
        let has_people = door.people.iter().flatten().next().is_some();
        if has_people {
            let label =
                self.s("Type a name to find somebody:", "Tippen Sie einen Namen, um jemanden zu finden:");
            self.body.push(Block::Field(Field { label, text: find.to_owned(), is_secret: false }));
        }
        let rows: Vec<Row> =
            found.into_iter().take(MOST_PEOPLE).filter_map(|c| self.contact_row(c)).collect();
        match (&door.people, rows.is_empty()) {
            (None, _) => self.text("One moment…", "Einen Moment…"),
            (Some(_), true) if has_people => {
                self.text("Nobody of that name is known here.", "Hier ist niemand dieses Namens bekannt.");
            }
            (Some(_), true) => {}
            (Some(_), false) => self.body.push(Block::Rows(rows)),
        }
        let code = match manner {
            Manner::Ask => self.row(
                ids::MAKE_CODE,
                ("Someone on the telephone", "Jemand am Telefon"),
                (
                    "You get a code and read it to them. They type it.",
                    "Sie bekommen einen Code und lesen ihn vor. Er wird dort eingetippt.",
                ),
            ),
            Manner::Help => self.row(
                ids::TYPE_CODE,
                ("Someone on the telephone", "Jemand am Telefon"),
                (
                    "They read a code to you. You type it here.",
                    "Man liest Ihnen einen Code vor. Sie tippen ihn hier ein.",
                ),
            ),
        };
        self.body.push(Block::Tiles(vec![code]));
        self.back();
        self.done()
    }

    fn person(mut self, contact: Option<&Contact>) -> View {
        let Some(contact) = contact else {
            self.heading(
                "This person is not known here any more.",
                "Dieser Mensch ist hier nicht mehr bekannt.",
            );
            self.back();
            return self.done();
        };
        self.body.push(Block::Heading(self.title(contact)));
        self.body.push(Block::Who(self.line(contact)));
        let name = foreign(&contact.name, LONGEST);
        if !contact.is_there {
            self.body.push(Block::Text(self.t.pick(
                format!("{name} is not there now: the computer is off, or Rendezvous is not open. You can try all the same."),
                format!("{name} ist gerade nicht da: Der Computer ist aus, oder Rendezvous ist nicht offen. Sie können es trotzdem versuchen."),
            )));
        }
        if !matches!(contact.standing, Standing::Verified { .. }) {
            self.text(
                "The first time you both make sure who is there: three words are read out on the telephone.",
                "Beim ersten Mal vergewissern Sie sich beide, wer da ist: Am Telefon werden drei Wörter vorgelesen.",
            );
        }
        let ask = Row {
            id: ids::ASK_THEM,
            title: self.t.pick(format!("Ask {name} for help"), format!("{name} um Hilfe bitten")),
            line: self.s(
                "You choose afterwards whether your screen is shown",
                "Danach entscheiden Sie, ob Ihr Bildschirm gezeigt wird",
            ),
            mark: Mark::None,
        };
        let help = Row {
            id: ids::HELP_THEM,
            title: self.t.pick(format!("Offer {name} your help"), format!("{name} Hilfe anbieten")),
            line: self.s(
                "They choose whether you see their screen",
                "Ob Sie den Bildschirm sehen, wird dort entschieden",
            ),
            mark: Mark::None,
        };
        self.body.push(Block::Tiles(vec![ask, help]));
        self.back();
        self.done()
    }

    fn making_code(mut self) -> View {
        self.heading("A code is being made for you…", "Ein Code wird für Sie gemacht…");
        self.text("This takes a few seconds.", "Das dauert ein paar Sekunden.");
        self.cancel();
        self.done()
    }

    fn cancel(&mut self) {
        self.button(ids::CANCEL, ButtonKind::Safe, "Cancel", "Abbrechen");
    }

    fn code(mut self, code: &str, left: Duration) -> View {
        self.heading("Read this code on the telephone:", "Lesen Sie diesen Code am Telefon vor:");
        self.body.push(Block::Large(code.to_owned()));
        let parts: Vec<&str> = code.split('-').collect();
        if let [number, words @ ..] = parts.as_slice() {
            let words = words.join(", ");
            self.body.push(Block::Text(self.t.pick(
                format!("Say: “{number}, {words}”. The words are English; spell them if need be."),
                format!("Sagen Sie: „{number}, {words}“. Die Wörter sind englisch; buchstabieren Sie sie, wenn nötig."),
            )));
        }
        self.text(
            "Whoever helps you opens Rendezvous, presses “Help someone”, then “Someone on the telephone”, and types it. Tell it to nobody who has called you unasked.",
            "Wer Ihnen hilft, öffnet Rendezvous, drückt „Jemandem helfen“, dann „Jemand am Telefon“ und tippt ihn ein. Sagen Sie ihn niemandem, der Sie ungefragt angerufen hat.",
        );
        let minutes = left.as_secs().div_ceil(60);
        self.body.push(Block::Small(self.t.pick(
            format!("It is good once, and for {minutes} more minutes. Then a window asks you."),
            format!("Er gilt einmal, und noch {minutes} Minuten. Danach fragt Sie ein Fenster."),
        )));
        self.cancel();
        self.done()
    }

    fn type_code(mut self, wrong: Option<&str>, searching: bool) -> View {
        self.heading("Type the code that you are told.", "Tippen Sie den Code ein, den man Ihnen sagt.");
        let label = self.s("The code, as in 7-apple-river:", "Der Code, wie in 7-apple-river:");
        if searching {
            self.text("Looking for them…", "Es wird gesucht…");
            self.text("This may take half a minute.", "Das kann eine halbe Minute dauern.");
            self.cancel();
            return self.done();
        }
        self.body.push(Block::Field(Field { label, text: String::new(), is_secret: false }));
        match wrong {
            Some("") => self.body.push(Block::Strong(self.s(
                "That is not a code yet: it is a number and two words. Nothing was sent. Listen again, and correct it.",
                "Das ist noch kein Code: Er besteht aus einer Zahl und zwei Wörtern. Es wurde nichts gesendet. Hören Sie noch einmal hin, und verbessern Sie ihn.",
            ))),
            Some(why) => {
                let found = self.s(
                    "Nobody was found with this code. Check the number, and whether the code is still on their screen.",
                    "Mit diesem Code wurde niemand gefunden. Prüfen Sie die Zahl, und ob der Code dort noch zu sehen ist.",
                );
                self.body.push(Block::Strong(found));
                self.body.push(Block::Small(foreign(why, LONGEST_LINE)));
            }
            None => self.text(
                "They find it under “Ask for help”, “Someone on the telephone”. A dash or a space between the words is the same.",
                "Der Code steht dort unter „Um Hilfe bitten“, „Jemand am Telefon“. Strich oder Leerzeichen zwischen den Wörtern ist gleich.",
            ),
        }
        self.back();
        self.button(ids::SEARCH, ButtonKind::Plain, "Go on", "Weiter");
        self.done()
    }

    fn calling(mut self, call: &Call) -> View {
        let who = match call.who.is_empty() {
            true => self.s("whoever has the other half of the code", "wer den Code hat"),
            false => foreign(&call.who, LONGEST),
        };
        let novice = call.application == ApplicationId::ASK;
        if call.is_leaving {
            self.heading("It is being ended…", "Es wird beendet…");
            return self.done();
        }
        match call.stage {
            Stage::Sent | Stage::Rings => {
                let heading = match novice {
                    true => self
                        .t
                        .pick(format!("Asking {who} for help…"), format!("{who} wird um Hilfe gebeten…")),
                    false => {
                        self.t.pick(format!("Offering {who} help…"), format!("{who} wird Hilfe angeboten…"))
                    }
                };
                self.body.push(Block::Heading(heading));
                let time = span(self.door.now.saturating_sub(call.since));
                let devices = call.devices.iter().map(|device| foreign(device, LONGEST)).collect::<Vec<_>>();
                let line = match (call.stage, devices.as_slice()) {
                    (Stage::Rings, []) => {
                        self.t.pick(format!("It rings there · {time}"), format!("Es klingelt dort · {time}"))
                    }
                    (Stage::Rings, devices) => {
                        let devices = devices.join(", ");
                        self.t.pick(
                            format!("It rings on {devices} · {time}"),
                            format!("Es klingelt auf {devices} · {time}"),
                        )
                    }
                    _ => self.t.pick(format!("Being reached · {time}"), format!("Wird erreicht · {time}")),
                };
                self.body.push(Block::Text(line));
                self.text(
                    "Nothing is shared. If it takes long, ring them on the telephone.",
                    "Es wird nichts gezeigt. Wenn es lange dauert, rufen Sie dort an.",
                );
                self.cancel();
            }
            Stage::Accepted => {
                self.body.push(Block::Heading(self.t.pick(
                    format!("{} said yes.", sentence(&who)),
                    format!("{} hat angenommen.", sentence(&who)),
                )));
                self.text("One moment…", "Einen Moment…");
                self.cancel();
            }
            Stage::Begun if novice => {
                self.body.push(Block::Heading(
                    self.t
                        .pick(format!("{} is there.", sentence(&who)), format!("{} ist da.", sentence(&who))),
                ));
                self.text(
                    "A window asks you before anything of your screen is shown. While it is shown, a bar stands at the top of the screen: there you can stop at any time, and Esc three times stops it too.",
                    "Ein Fenster fragt Sie, bevor etwas von Ihrem Bildschirm gezeigt wird. Solange er gezeigt wird, steht oben ein Balken: Dort können Sie jederzeit beenden, und dreimal Esc beendet es auch.",
                );
                self.end_help();
            }
            Stage::Begun => {
                self.body.push(Block::Heading(
                    self.t
                        .pick(format!("{} is there.", sentence(&who)), format!("{} ist da.", sentence(&who))),
                ));
                self.text(
                    "Their screen appears in your browser as soon as they allow it.",
                    "Der Bildschirm erscheint in Ihrem Browser, sobald er Ihnen gezeigt wird.",
                );
                self.end_help();
            }
        }
        self.done()
    }

    fn end_help(&mut self) {
        self.small(
            "You can close this window: it goes on, and the entry in the menu shows it again.",
            "Sie können dieses Fenster schließen: Es geht weiter, und der Eintrag im Menü zeigt es wieder.",
        );
        self.button(ids::CANCEL, ButtonKind::Plain, "End the help", "Die Hilfe beenden");
    }

    fn going_row(&self, going: &Going) -> Option<Row> {
        let id = self.door.numbers.of(&Pressed::Going(going.session.clone()))?;
        let line = match (going.rings, going.is_theirs) {
            (true, true) => self.s(
                "calls you: the question is on your screen",
                "ruft Sie: Die Frage steht auf Ihrem Bildschirm",
            ),
            (true, false) => self.s("is being called", "wird gerufen"),
            (false, _) => match going.manner {
                Some(Manner::Ask) => self.s("helps you", "hilft Ihnen"),
                Some(Manner::Help) => self.s("gets help from you", "bekommt Hilfe von Ihnen"),
                None => self.s("is there", "ist da"),
            },
        };
        Some(Row { id, title: foreign(&going.who, LONGEST), line, mark: Mark::Full })
    }

    fn going(mut self, going: Option<&Going>) -> View {
        match going.and_then(|going| self.going_row(going)) {
            Some(row) => {
                self.body.push(Block::Heading(format!("{} {}.", row.title, row.line)));
                self.text("You can end it here.", "Sie können es hier beenden.");
                self.back();
                self.button(ids::CANCEL, ButtonKind::Plain, "End it", "Beenden");
            }
            None => {
                self.heading("This is over.", "Das ist vorbei.");
                self.back();
            }
        }
        self.done()
    }

    fn outcome(mut self, who: &str, again: bool, ended: &Outcome) -> View {
        let who = foreign(who, LONGEST);
        match ended {
            Outcome::Over => {
                self.heading("The help is over.", "Die Hilfe ist beendet.");
                self.text("Nothing is shared any more.", "Es wird nichts mehr gezeigt.");
            }
            Outcome::Withdrawn => {
                self.heading("You withdrew it.", "Sie haben es zurückgezogen.");
                self.text("Nothing was shared.", "Es wurde nichts gezeigt.");
            }
            Outcome::CodeTooOld => {
                self.heading("Nobody has typed the code.", "Niemand hat den Code eingegeben.");
                self.text(
                    "It was good for ten minutes, and is of no use any more. Make a new one when you are on the telephone together.",
                    "Er galt zehn Minuten und ist jetzt verbraucht. Machen Sie einen neuen, wenn Sie miteinander telefonieren.",
                );
            }
            Outcome::Failed { declined, result } => {
                let (heading, text) = outcome(self.t, &who, *declined, *result);
                self.body.extend([
                    Block::Heading(heading),
                    Block::Text(text),
                    Block::Small(result.to_string()),
                ]);
            }
            Outcome::Refused(why) => {
                self.heading("This is not possible right now.", "Das geht gerade nicht.");
                self.said(why);
            }
        }
        self.button(ids::BACK, ButtonKind::Safe, "To the beginning", "Zum Anfang");
        if again {
            self.button(ids::AGAIN, ButtonKind::Plain, "Try again", "Noch einmal");
        }
        self.done()
    }

    fn happened(mut self, past: Option<&[Past]>) -> View {
        self.heading("What happened lately", "Was zuletzt geschah");
        match past {
            None => self.text("One moment…", "Einen Moment…"),
            Some([]) => self.text("Nothing yet.", "Noch nichts."),
            Some(past) => {
                self.small(
                    "Press one to read what was written down of it. Nothing of what was shown, typed or said is in it.",
                    "Drücken Sie auf eine Zeile, um zu lesen, was davon aufgeschrieben wurde. Was gezeigt, getippt oder gesagt wurde, steht nicht darin.",
                );
                let rows = past.iter().map(|past| self.past_row(past)).collect();
                self.body.push(Block::Rows(rows));
            }
        }
        self.back();
        self.done()
    }

    fn past_row(&self, past: &Past) -> Row {
        let pressed = past.record.clone().map(|record| Pressed::Past(record, past.what.clone()));
        // Without a record there is nothing to see, and a press does nothing.
        let id = pressed.and_then(|pressed| self.door.numbers.of(&pressed)).unwrap_or(ButtonId(0));
        let (title, line) = (foreign(&past.what, LONGEST_LINE), foreign(&past.how, LONGEST_LINE));
        Row { id, title, line, mark: Mark::None }
    }

    fn record(mut self, title: &str, lines: Option<&[String]>) -> View {
        self.body.push(Block::Heading(foreign(title, LONGEST_LINE)));
        match lines {
            None => self.text("One moment…", "Einen Moment…"),
            Some(lines) => {
                self.body.extend(lines.iter().map(|line| Block::Small(foreign(line, LONGEST_LINE))))
            }
        }
        self.back();
        self.done()
    }

    fn settings(mut self) -> View {
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

    fn account(&self, account: &Account) -> String {
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

    fn sign_in(mut self, jid: &str, has_address: bool, state: &SigningIn) -> View {
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

/// With a capital letter, at the beginning of a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests;
