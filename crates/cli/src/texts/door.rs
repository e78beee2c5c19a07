//! Every page of the front door, in English and in German: what a person reads there, and what they can press.
//!
//! For somebody who is least sure of themselves: short sentences, what happens is what a button says, and who is meant is
//! said by the name that the person here gave them.

mod calls;
mod outcome;
mod past;
mod people;
mod said;
mod settings;

pub(crate) use outcome::outcome;
pub(crate) use past::past;
pub(crate) use said::said;

use super::span;
use super::windows::{LONGEST, Language, standing_in};
use crate::door::facts::{Account, Call, Contact, Going, Manner, Past, Setting, Stage, Tongue};
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
        Page::Name { whom, wrong, .. } => {
            let known = door.people.iter().flatten().find(|contact| contact.whom == *whom);
            sheet.name(known, wrong.as_deref())
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
        Page::Settings(setting) => sheet.settings(setting),
        Page::SignOut(jid) => sheet.sign_out(jid),
        Page::Blocked => sheet.blocked(),
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

    /// A sentence of the background program, in the language of this window.
    fn said_in_full(&self, said_there: &str) -> String {
        foreign(&said(self.t, said_there), LONGEST_LINE)
    }

    /// The same, line by line.
    fn said(&mut self, said_there: &str) {
        let said = said(self.t, said_there);
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
        let door = self.door;
        // What goes on comes first: whoever opens this meanwhile wants to see or to end it.
        let going: Vec<Row> = door.going.iter().filter_map(|going| self.going_row(going)).collect();
        if !going.is_empty() {
            self.text("Going on now (press it to end it):", "Gerade im Gange (zum Beenden darauf drücken):");
            self.body.push(Block::Rows(going));
        }
        self.trouble();
        self.body.push(Block::Tiles(vec![ask, help]));
        let known =
            door.people.iter().flatten().filter(|contact| !contact.is_stranger && !contact.is_blocked);
        let people: Vec<&Contact> = known.take(MOST_PEOPLE).collect();
        if !people.is_empty() {
            self.text("Your people:", "Ihre Leute:");
            let rows = people.into_iter().filter_map(|contact| self.contact_row(contact)).collect();
            self.body.push(Block::Rows(rows));
        } else if door.people.is_some() {
            self.small(
                "Whoever helped you once, or was helped by you, stands here from then on.",
                "Wer Ihnen einmal geholfen hat, oder wem Sie geholfen haben, steht danach hier.",
            );
        }
        self.button(ids::HAPPENED, ButtonKind::Plain, "What happened", "Was geschah");
        self.button(ids::SETTINGS, ButtonKind::Plain, "Settings", "Einstellungen");
        self.done()
    }

    /// What is wrong, and what to do; nothing most of the time.
    fn trouble(&mut self) {
        let door = self.door;
        if let Some(why) = &door.trouble {
            self.body.push(Block::Strong(self.said_in_full(why)));
            return;
        }
        let refused = door.accounts.iter().find(|account| account.state == "refused");
        if let Some(Account { address, sentence, .. }) = refused {
            let address = foreign(address, LONGEST);
            let why = self.said_in_full(sentence);
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

    fn cancel(&mut self) {
        self.button(ids::CANCEL, ButtonKind::Safe, "Cancel", "Abbrechen");
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
}

#[cfg(test)]
mod tests;
