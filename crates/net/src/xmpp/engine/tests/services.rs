//! The servers that the account's server names for an application's own connection.

use super::*;
use crate::xmpp::engine::services::{OFTEN, SELDOM};
use crate::{IceLogin, IceServer};
use zeroize::Zeroizing;

const SERVER: &str = "example.org";
const MINUTE: Duration = Duration::from_mins(1);

/// A device whose contact list has just come, and its first question to the server.
fn opened() -> (Device, Element) {
    let mut device = Device::new();
    let asked = opens(&mut device);
    // Once more it shows itself, which is of no interest here.
    assert!(matches!(device.wait(SHOW_AGAIN).as_slice(), [Output::Write(_)]));
    (device, asked)
}

fn opens(device: &mut Device) -> Element {
    let begun = device.input(Input::Begun(Begun::Fresh(FullJid::new(HERE).unwrap())));
    let roster = begun.iter().find_map(|output| match output {
        Output::Write(roster) => Some(roster),
        _ => None,
    });
    let list = answer(roster.unwrap(), SERVER, "result", "<query xmlns='jabber:iq:roster'/>");
    let opened = device.take(&list);
    let [_, Output::Tell(NetworkEvent::Online), Output::Write(asked)] = opened.as_slice() else {
        panic!("{opened:?}")
    };
    asked.clone()
}

fn one(outputs: &[Output]) -> Element {
    let [Output::Write(question)] = outputs else { panic!("{outputs:?}") };
    assert_eq!((question.attr("type"), question.attr("to")), (Some("get"), Some(SERVER)));
    question.clone()
}

/// The server names such servers: the question which.
fn which(device: &mut Device, asked: &Element) -> Element {
    let mut able = nothing();
    able.features.insert("urn:xmpp:extdisco:2".into());
    let question = one(&device.take(&about(asked, &able)));
    assert!(question.has_child("services", "urn:xmpp:extdisco:2"), "{question:?}");
    question
}

fn list(question: &Element, from: &str, services: &str) -> String {
    let list = format!("<services xmlns='urn:xmpp:extdisco:2'>{services}</services>");
    answer(question, from, "result", &list)
}

const RELAY: &str =
    "<service type='turn' transport='udp' host='turn.example.org' port='3478' username='maria'
    password='secret' expires='2026-01-01T02:00:00Z' restricted='1'/>";

fn relay() -> IceServer {
    IceServer {
        url: "turn:turn.example.org:3478".into(),
        login: Some(IceLogin { username: "maria".into(), password: Zeroizing::new("secret".into()) }),
        until: Some(UnixTime(UNIX.0 + 2 * 3600)),
    }
}

fn told(servers: &[IceServer]) -> Vec<Output> {
    vec![tell(NetworkEvent::IceServers(servers.to_vec()))]
}

#[test]
fn the_own_server_alone_is_asked_and_heard() {
    let (mut device, asked) = opened();
    assert!(one(&[Output::Write(asked.clone())]).has_child("query", "http://jabber.org/protocol/disco#info"));
    let question = which(&mut device, &asked);
    for other in [ROMEO, "example.net", "romeo@example.net", "juliet@example.org/phone"] {
        assert_eq!(device.take(&list(&question, other, RELAY)), [], "{other}");
    }
    assert_eq!(device.take(&list(&question, SERVER, RELAY)), told(&[relay()]));
    assert_eq!(device.take(&list(&question, SERVER, "")), [], "it is answered once");
}

#[test]
fn a_server_that_names_none_is_asked_for_none() {
    let (mut device, asked) = opened();
    assert_eq!(device.take(&about(&asked, &nothing())), []);
    assert_eq!(device.wait(2 * OFTEN), []);
}

#[test]
fn long_before_a_login_runs_out_there_is_another() {
    let (mut device, asked) = opened();
    let question = which(&mut device, &asked);
    assert_eq!(device.take(&list(&question, SERVER, RELAY)), told(&[relay()]));
    assert_eq!(device.wait(59 * MINUTE), [], "it is good for two hours");
    let again = one(&device.wait(MINUTE));
    let question = which(&mut device, &again);
    // What is not offered any more is not kept.
    assert_eq!(device.take(&list(&question, SERVER, "")), told(&[]));
    assert_eq!(device.wait(OFTEN - MINUTE), []);
    one(&device.wait(MINUTE));
}

#[test]
fn whatever_it_says_of_the_end_it_is_not_asked_all_the_time() {
    let (mut device, asked) = opened();
    let question = which(&mut device, &asked);
    let soon = RELAY.replace("02:00:00", "00:00:01");
    assert!(!device.take(&list(&question, SERVER, &soon)).is_empty());
    assert_eq!(device.wait(SELDOM - Duration::from_secs(1)), []);
    one(&device.wait(Duration::from_secs(1)));
}

#[test]
fn a_server_that_refuses_or_says_nothing_is_asked_again_later() {
    let (mut device, asked) = opened();
    let question = which(&mut device, &asked);
    assert_eq!(device.take(&answer(&question, SERVER, "error", &error("forbidden"))), []);
    let again = one(&device.wait(10 * MINUTE));
    assert_eq!(device.wait(MINUTE), [], "no answer any more");
    assert_eq!(device.take(&about(&again, &nothing())), [], "too late");
    one(&device.wait(10 * MINUTE));
}

#[test]
fn what_the_server_says_has_changed_is_looked_at_and_of_others_it_is_not_heard() {
    let (mut device, asked) = opened();
    let question = which(&mut device, &asked);
    device.take(&list(&question, SERVER, RELAY));
    let push = |from: &str| {
        format!(
            "<iq xmlns='jabber:client' from='{from}' type='set' id='p'><services xmlns='urn:xmpp:extdisco:2'/></iq>"
        )
    };
    assert!(is_refusal(&device.take(&push(ROMEO)), "service-unavailable"));
    assert_eq!(device.wait(SELDOM), []);
    for _ in 0..2 {
        let answered = device.take(&push(SERVER));
        assert!(
            matches!(answered.as_slice(), [Output::Write(result)] if result.attr("type") == Some("result"))
        );
    }
    let again = one(&device.wait(Duration::ZERO));
    let question = which(&mut device, &again);
    device.take(&list(&question, SERVER, RELAY));
    // It is told so all the time, and asks now and then.
    device.take(&push(SERVER));
    assert_eq!(device.wait(SELDOM / 2), []);
    one(&device.wait(SELDOM / 2));
}

#[test]
fn a_question_survives_a_break_and_a_new_session_asks_anew() {
    let (mut device, asked) = opened();
    let question = which(&mut device, &asked);
    device.input(Input::Gone { why: Trouble::Lost("x".into()), is_resumable: true });
    device.now = device.now.after(Duration::from_secs(300));
    let resumed = device.input(Input::Begun(Begun::Resumed));
    assert!(!resumed.iter().any(|output| matches!(output, Output::Write(_))), "{resumed:?}");
    assert_eq!(device.take(&list(&question, SERVER, RELAY)), told(&[relay()]));
    device.input(Input::Gone { why: Trouble::Lost("x".into()), is_resumable: false });
    let asked = opens(&mut device);
    // A server that offers none any more has what it said before forgotten.
    assert_eq!(device.take(&about(&asked, &nothing())), told(&[]));
}
