//! Doors as they may stand, for tests and for the pictures of the documentation.

use super::facts::{Account, Call, Contact, Going, Manner, Past, Setting, Settings, Stage, Tongue};
use super::machine::{Door, Input, Outcome, Page, SigningIn};
use crate::resolve::Whom;
use crate::standing::{Manner as How, Standing};
use rendezvous_core::{ApplicationId, Code, DeclinedBy};
use rendezvous_trust::UnixTime;
use std::time::Duration;
use zeroize::Zeroizing;

pub(crate) const NOW: Duration = Duration::from_secs(1000);

pub(crate) fn whom(network: &str, address: &str) -> Whom {
    Whom { network: network.to_owned(), address: address.to_owned() }
}

pub(crate) fn anna() -> Contact {
    Contact {
        whom: whom("xmpp", "anna@example.org"),
        name: "Anna".to_owned(),
        claims: None,
        standing: Standing::Verified { since: UnixTime(1_777_766_400), how: How::Words },
        is_there: true,
        is_stranger: false,
        is_blocked: false,
    }
}

/// Anna and Bernd are known; somebody calls themselves Karl.
pub(crate) fn people() -> Vec<Contact> {
    let bernd = Contact {
        whom: whom("nearby", "abcdefghijklmnopqrstuvwxyz234567"),
        name: "Bernd Müller".to_owned(),
        standing: Standing::NeverChecked,
        is_there: false,
        ..anna()
    };
    let stranger = Contact {
        whom: whom("nearby", "zyxwvutsrqponmlkjihgfedcba765432"),
        name: "zyxwvutsrqponmlkjihgfedcba765432".to_owned(),
        claims: Some("Karl".to_owned()),
        standing: Standing::NeverChecked,
        is_there: true,
        is_stranger: true,
        is_blocked: false,
    };
    vec![anna(), bernd, stranger]
}

/// One that knows its people, on the first page.
pub(crate) fn door(language: Tongue) -> Door {
    let settings = Settings { is_welcomed: true, language, percent: 100 };
    let mut door = Door::new(NOW, settings);
    door.handle_input(NOW, Input::People(people()));
    let account = |address: &str, is_nearby: bool, state: &str| Account {
        address: address.to_owned(),
        is_nearby,
        state: state.to_owned(),
        sentence: String::new(),
    };
    let accounts = vec![account("me", true, "online"), account("maria@example.org", false, "online")];
    door.handle_input(NOW, Input::Status { accounts, visible: 0 });
    door
}

pub(crate) fn on(page: Page, language: Tongue) -> Door {
    let mut door = door(language);
    door.page = page;
    door
}

fn call(stage: Stage) -> Page {
    let since = NOW.saturating_sub(Duration::from_secs(12));
    let mut call = Call::new(since, Some(anna().whom), "Anna".to_owned(), ApplicationId::ASK);
    (call.stage, call.devices) = (stage, vec!["laptop".to_owned()]);
    (call.session) = Some("/1".to_owned());
    Page::Calling(call)
}

fn outcome(outcome: Outcome) -> Page {
    Page::Outcome { who: "Anna".to_owned(), again: Some((anna().whom, ApplicationId::ASK)), outcome }
}

/// Every page, each with the name of its picture.
pub(crate) fn all(language: Tongue) -> Vec<(&'static str, Door)> {
    let type_code = |wrong: Option<&str>, searching| Page::TypeCode {
        text: Zeroizing::default(),
        wrong: wrong.map(str::to_owned),
        searching,
    };
    let sign_in = |state, password: Option<&str>| Page::SignIn {
        jid: "maria@example.org".to_owned(),
        password: password.map(|p| Zeroizing::new(p.to_owned())),
        state,
    };
    let failed = |declined, code: Code| Outcome::Failed { declined, result: code.into() };
    let code = Some(Zeroizing::new("7-apple-river".to_owned()));
    let until = NOW + Duration::from_secs(590);
    let mut list = vec![
        ("welcome", on(Page::Welcome, language)),
        ("home", door(language)),
        ("ask", on(Page::Whom { manner: Manner::Ask, find: String::new() }, language)),
        ("help", on(Page::Whom { manner: Manner::Help, find: "be".to_owned() }, language)),
        ("person", on(Page::Person(people()[1].whom.clone()), language)),
        (
            "name",
            on(Page::Name { whom: people()[1].whom.clone(), text: String::new(), wrong: None }, language),
        ),
        ("making-code", on(Page::Code { code: None, until }, language)),
        ("code", on(Page::Code { code, until }, language)),
        ("type-code", on(type_code(None, false), language)),
        ("type-code-wrong", on(type_code(Some(""), false), language)),
        ("searching", on(type_code(None, true), language)),
        ("calling", on(call(Stage::Rings), language)),
        ("begun", on(call(Stage::Begun), language)),
        ("said-no", on(outcome(failed(Some(DeclinedBy::Person), Code::InvitationDeclined)), language)),
        ("no-answer", on(outcome(failed(None, Code::SessionTimeout)), language)),
        ("not-reached", on(outcome(failed(None, Code::InvitationSendFailure)), language)),
        ("over", on(outcome(Outcome::Over), language)),
        ("code-too-old", on(outcome(Outcome::CodeTooOld), language)),
        ("settings", on(Page::Settings(Setting::Rests), language)),
        ("sign-out", on(Page::SignOut("maria@example.org".to_owned()), language)),
        ("sign-in", on(sign_in(SigningIn::Asks, None), language)),
        ("password", on(sign_in(SigningIn::Asks, Some("")), language)),
        ("signed-in", on(sign_in(SigningIn::Done, None), language)),
    ];
    let mut happened = on(Page::Happened(None), language);
    happened.handle_input(NOW, Input::Past(past(language)));
    list.push(("happened", happened));
    let mut blocked = door(language);
    let mut all = people();
    all[1].is_blocked = true;
    blocked.handle_input(NOW, Input::People(all));
    blocked.page = Page::Blocked;
    list.push(("blocked", blocked));
    let mut going = door(language);
    going.handle_input(NOW, Input::Going(vec![help()]));
    list.push(("going-on", going));
    let mut offline = door(language);
    offline.accounts.iter_mut().for_each(|account| account.state = "offline".to_owned());
    list.push(("no-network", offline));
    list
}

/// Anna helps.
pub(crate) fn help() -> Going {
    Going {
        session: "/1".to_owned(),
        whom: anna().whom,
        who: String::new(),
        manner: Some(Manner::Ask),
        rings: false,
        is_theirs: false,
    }
}

fn past(language: Tongue) -> Vec<Past> {
    use crate::record::{Direction, Entry};
    let entry = |name: &str, seconds, direction| Entry {
        at: 1_777_802_400,
        network: "xmpp".to_owned(),
        contact: "anna@example.org".to_owned(),
        name: Some(name.to_owned()),
        application: ApplicationId::ASK.to_string(),
        direction,
        verified: true,
        result: rendezvous_core::SessionResult::from(Code::SessionTimeout).0,
        declined: None,
        seconds,
        session: Some("0123456789abcdef0123456789abcdef".to_owned()),
        head: Some("x".to_owned()),
    };
    [entry("Anna", Some(720), Direction::Out), entry("Bernd Müller", None, Direction::In)]
        .iter()
        .map(|entry| crate::texts::door::past(language.language(), entry))
        .collect()
}
