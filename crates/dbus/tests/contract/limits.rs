//! How much may be asked of what is on a bus, and what the one who asks too much takes from the others: nothing.

use crate::im::{Im, SOON, somebody_on};
use futures_util::StreamExt;
use rendezvous_core::flags;
use rendezvous_dbus::agent::OnBus;
use rendezvous_dbus::im::HandedSession;
use rendezvous_dbus::{AGENT_INTERFACE, AGENT_NAME, AGENT_PATH, DbusError, SESSION_INTERFACE};
use rendezvous_testkit::bus::Bus;
use tokio::sync::mpsc;
use zbus::message::Type;
use zbus::{Connection, Message, MessageStream, OwnedObjectPath, OwnedVariant};

const LIMITS_EXCEEDED: &str = "org.freedesktop.DBus.Error.LimitsExceeded";
const PEER: &str = "org.freedesktop.DBus.Peer";

async fn ask_the_agent(from: &Connection, interface: &str, member: &str) {
    let call = Message::method_call(AGENT_PATH, member).destination(AGENT_NAME).interface(interface);
    from.send(&call.build(&()).unwrap()).await.unwrap();
}

/// So many answers, by the names of their errors; an answer that is none has no name.
async fn answers(heard: &mut MessageStream, wanted: usize) -> Vec<Option<String>> {
    let mut names = Vec::new();
    let listening = async {
        while names.len() < wanted {
            let message = heard.next().await.unwrap().unwrap();
            if matches!(message.message_type(), Type::MethodReturn | Type::Error) {
                names.push(message.header().error_name().map(ToString::to_string));
            }
        }
    };
    tokio::time::timeout(SOON, listening).await.expect("they are answered");
    names
}

#[tokio::test]
async fn needs_dbus_a_program_that_calls_without_end_is_refused_and_another_one_is_answered() {
    let bus = Bus::start().unwrap();
    let (requests, _asked) = mpsc::channel(8);
    let _agent = OnBus::serve(bus.address(), "0.0.0", requests).await.unwrap();
    let (busy, other) = (somebody_on(&bus).await, somebody_on(&bus).await);
    let mut heard = MessageStream::from(&busy);
    let flood = async {
        let mut refused = 0;
        loop {
            for _ in 0..500 {
                ask_the_agent(&busy, PEER, "Ping").await;
            }
            let all = answers(&mut heard, 200).await;
            refused += all.iter().filter(|name| name.as_deref() == Some(LIMITS_EXCEEDED)).count();
            if refused > 0 {
                // Still far over its measure while the other one asks.
                for _ in 0..500 {
                    ask_the_agent(&busy, PEER, "Ping").await;
                }
                return;
            }
        }
    };
    tokio::time::timeout(SOON, flood).await.expect("it is refused");
    for _ in 0..50 {
        let answer = other.call_method(Some(AGENT_NAME), AGENT_PATH, Some(PEER), "Ping", &()).await;
        assert!(answer.is_ok(), "{answer:?}");
    }
}

#[tokio::test]
async fn needs_dbus_calls_for_which_there_is_no_place_are_refused_and_not_forgotten() {
    let bus = Bus::start().unwrap();
    let (requests, mut asked) = mpsc::channel(100);
    let _agent = OnBus::serve(bus.address(), "0.0.0", requests).await.unwrap();
    let program = somebody_on(&bus).await;
    // From here on it is known whose calls these are.
    program.call_method(Some(AGENT_NAME), AGENT_PATH, Some(PEER), "Ping", &()).await.unwrap();
    let mut heard = MessageStream::from(&program);
    for _ in 0..70 {
        // Nobody answers what is asked.
        ask_the_agent(&program, AGENT_INTERFACE, "Applications").await;
    }
    let refused = answers(&mut heard, 70 - 16).await;
    assert!(refused.iter().all(|name| name.as_deref() == Some(LIMITS_EXCEEDED)), "{refused:?}");
    let mut waiting = Vec::new();
    while let Ok(one) = asked.try_recv() {
        waiting.push(one);
    }
    assert_eq!(waiting.len(), 16);
    // And another program's are answered meanwhile.
    let other = somebody_on(&bus).await;
    other.call_method(Some(AGENT_NAME), AGENT_PATH, Some(PEER), "Ping", &()).await.unwrap();
}

/// An application that is handed a session again and again, and answers in this way each time.
async fn application(
    mut calls: MessageStream,
    on: &Connection,
    answers: &[Option<&str>],
) -> (String, OwnedObjectPath) {
    let mut answers = answers.iter();
    loop {
        let message = calls.next().await.unwrap().unwrap();
        let header = message.header();
        if header.member().is_none_or(|member| member.as_str() != "SetRendezvousSession") {
            continue;
        }
        if let Some(name) = answers.next().expect("it is not called that often") {
            on.reply_error(&header, *name, &("not now",)).await.unwrap();
            continue;
        }
        let (path, _): (OwnedObjectPath, std::collections::HashMap<String, OwnedVariant>) =
            message.body().deserialize().unwrap();
        on.reply(&header, &()).await.unwrap();
        return (header.sender().unwrap().to_string(), path);
    }
}

#[tokio::test]
async fn needs_dbus_an_application_that_is_busy_is_asked_again_and_one_that_refuses_is_not() {
    let (bus, im, name) = (Bus::start().unwrap(), Im::new().await, "org.example.Busy");
    let on = somebody_on(&bus).await;
    on.request_name(name).await.unwrap();
    let hand_over = |number| {
        HandedSession::hand_over_on_bus(bus.address(), name, im.some_session(number), im.handle.clone(), SOON)
    };
    let busy = [Some(LIMITS_EXCEEDED); 4].into_iter().chain([None]).collect::<Vec<_>>();
    let taking = application(MessageStream::from(&on), &on, &busy);
    let (handed, _) = tokio::join!(hand_over(1), async { tokio::time::timeout(SOON, taking).await.unwrap() });
    handed.unwrap();
    let no = [Some("org.freedesktop.DBus.Error.InvalidArgs")];
    let calls = MessageStream::from(&on);
    let refused = tokio::select! {
        handed = hand_over(2) => handed,
        _ = application(calls, &on, &no) => panic!("it is not taken"),
    };
    assert!(matches!(refused, Err(DbusError::Bus(_))), "{refused:?}");
}

#[tokio::test]
async fn needs_dbus_flags_say_when_the_other_side_is_of_the_old_kind() {
    let (bus, im, name) = (Bus::start().unwrap(), Im::new().await, "org.example.Old");
    let on = somebody_on(&bus).await;
    on.request_name(name).await.unwrap();
    let mut session = im.some_session(1);
    session.flags |= flags::RSF_REMOTE_LEGACYSESSION;
    let taking = application(MessageStream::from(&on), &on, &[None]);
    let handing = HandedSession::hand_over_on_bus(bus.address(), name, session, im.handle.clone(), SOON);
    let both = async { tokio::join!(handing, taking) };
    let (handed, (owner, path)) = tokio::time::timeout(SOON, both).await.expect("it is handed over");
    let _handed = handed.unwrap();
    let properties = Some("org.freedesktop.DBus.Properties");
    let of = (SESSION_INTERFACE, "Flags");
    let flags = on.call_method(Some(owner.as_str()), path.as_str(), properties, "Get", &of).await.unwrap();
    let flags: OwnedVariant = flags.body().deserialize().unwrap();
    assert_eq!(u32::try_from(flags).unwrap(), 1 | 8);
}
