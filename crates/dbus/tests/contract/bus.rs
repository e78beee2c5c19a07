//! The contract on a message bus: who may use what, who hears what, and what becomes of those who leave.

use crate::im::{Im, SOON, Way, connected, hand_over_on, has_owner, next, somebody_on, two_applications};
use crate::members::{Interface, interfaces};
use crate::{from_hand_over_to_end, vanishes};
use futures_util::StreamExt;
use rendezvous_core::*;
use rendezvous_dbus::agent::{OnBus, Request, Startable};
use rendezvous_dbus::application::{SessionEvent, take_session_on_bus};
use rendezvous_dbus::im::HandedSession;
use rendezvous_dbus::{
    AGENT_INTERFACE, AGENT_NAME, AGENT_PATH, APPLICATION_PATH, DbusError, SESSION_INTERFACE,
};
use rendezvous_testkit::bus::Bus;
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::wait;
use rustix::fs::{Gid, Uid};
use rustix::thread::{set_thread_res_gid, set_thread_res_uid};
use std::collections::HashMap;
use std::os::unix::net::UnixStream;
use std::time::Duration;
use tokio::sync::mpsc;
use zbus::connection::Builder;
use zbus::message::Type;
use zbus::{Connection, DBusError as _, Message, MessageStream, OwnedObjectPath, OwnedVariant};

const SESSION: &str = include_str!("../../../../docs/dbus/im.rendezvous.Session1.xml");
const APPLICATION: &str = include_str!("../../../../docs/dbus/im.rendezvous.Application1.xml");
const AGENT: &str = include_str!("../../../../docs/dbus/im.rendezvous.Agent1.xml");
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const NOT_YOURS: &str = "this is not yours to use";

/// Where `bus` is of no interest, only that there is one.
async fn call(
    from: &Connection,
    to: &str,
    path: &str,
    interface: &str,
    member: &str,
) -> Result<Message, zbus::Error> {
    from.call_method(Some(to), path, Some(interface), member, &()).await
}

fn error_name(answer: Result<Message, zbus::Error>) -> String {
    match answer.expect_err("it is refused") {
        zbus::Error::MethodError(name, _, _) => name.to_string(),
        zbus::Error::FDO(error) => error.name().to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn needs_dbus_the_contract_from_hand_over_to_end() {
    let (one, other) = (Bus::start().unwrap(), Bus::start().unwrap());
    from_hand_over_to_end([Way::Bus(&one), Way::Bus(&other)]).await;
    from_hand_over_to_end([Way::Socket, Way::Bus(&other)]).await;
    from_hand_over_to_end([Way::Bus(&one), Way::Bus(&one)]).await;
}

#[tokio::test]
async fn needs_dbus_an_application_that_vanishes_ends_both_sides() {
    let bus = Bus::start().unwrap();
    vanishes([Way::Bus(&bus), Way::Socket]).await;
    vanishes([Way::Bus(&bus), Way::Bus(&bus)]).await;
}

/// The unique name of the IM program's side and the path of a session that is handed over.
async fn a_session(bus: &Bus) -> (HandedSession, impl Sized, String, OwnedObjectPath, Im) {
    let im = Im::new().await;
    // What is handed over is heard by whoever listens on the bus, which is how this test learns the names.
    let ear = somebody_on(bus).await;
    let daemon = "org.freedesktop.DBus";
    let rules = (vec!["type='method_call',member='SetRendezvousSession'"], 0u32);
    let monitoring = "org.freedesktop.DBus.Monitoring";
    let mut heard = MessageStream::from(&ear);
    ear.call_method(Some(daemon), "/org/freedesktop/DBus", Some(monitoring), "BecomeMonitor", &rules)
        .await
        .unwrap();
    let (handed, held) = hand_over_on(bus, im.some_session(3), im.handle.clone()).await;
    let listening = async {
        loop {
            let message = heard.next().await.unwrap().unwrap();
            let header = message.header();
            if header.member().is_some_and(|member| member.as_str() == "SetRendezvousSession") {
                let owner = header.sender().unwrap().to_string();
                let (path, _): (OwnedObjectPath, HashMap<String, OwnedVariant>) =
                    message.body().deserialize().unwrap();
                return (owner, path);
            }
        }
    };
    let (owner, path) = tokio::time::timeout(SOON, listening).await.expect("it is heard");
    (handed, held, owner, path, im)
}

/// Everything that an object of this description can be asked, and something that nothing has.
fn everything(xml: &str) -> Vec<(String, String)> {
    let standard = [
        ("org.freedesktop.DBus.Introspectable", "Introspect"),
        ("org.freedesktop.DBus.Peer", "Ping"),
        ("org.freedesktop.DBus.Peer", "GetMachineId"),
        (PROPERTIES, "Get"),
        (PROPERTIES, "GetAll"),
        (PROPERTIES, "Set"),
        ("org.example.Nothing", "Nothing"),
    ];
    let standard = standard.map(|(interface, member)| (interface.to_owned(), member.to_owned()));
    let published = interfaces(xml);
    let methods = published
        .iter()
        .flat_map(|interface| interface.methods.iter().map(|m| (interface.name.clone(), m.name.clone())));
    standard.into_iter().chain(methods).collect()
}

#[tokio::test]
async fn needs_dbus_another_program_of_the_same_user_gets_nothing_of_a_session() {
    let bus = Bus::start().unwrap();
    let (_handed, _held, owner, path, _im) = a_session(&bus).await;
    let other = somebody_on(&bus).await;
    let all = everything(SESSION);
    assert!(all.len() >= 9, "{all:?}");
    for path in [path.as_str(), "/", "/im", "/somewhere"] {
        for (interface, member) in &all {
            let denied = error_name(call(&other, &owner, path, interface, member).await);
            assert_eq!(denied, "org.freedesktop.DBus.Error.AccessDenied", "{path} {interface}.{member}");
        }
    }
}

#[tokio::test]
async fn needs_dbus_what_is_published_is_what_is_there() {
    let bus = Bus::start().unwrap();
    // The same user may look at an application, and only its owner at a session: this program is that owner's application.
    let im = Im::new().await;
    let name = "org.example.Looker";
    let looker = somebody_on(&bus).await;
    let mut calls = MessageStream::from(&looker);
    looker.request_name(name).await.unwrap();
    let handing =
        HandedSession::hand_over_on_bus(bus.address(), name, im.some_session(4), im.handle.clone(), SOON);
    let taking = async {
        loop {
            let message = calls.next().await.unwrap().unwrap();
            let header = message.header();
            if header.member().is_some_and(|m| m.as_str() == "SetRendezvousSession") {
                let (path, _): (OwnedObjectPath, HashMap<String, OwnedVariant>) =
                    message.body().deserialize().unwrap();
                looker.reply(&header, &()).await.unwrap();
                return (header.sender().unwrap().to_string(), path);
            }
        }
    };
    let both = async { tokio::join!(handing, taking) };
    let (handed, (owner, path)) = tokio::time::timeout(SOON, both).await.expect("it is handed over");
    let _handed = handed.unwrap();
    drop(calls);
    is_as_published(&looker, &owner, path.as_str(), SESSION).await;

    let taking =
        tokio::spawn(take_session_on_bus_owned(bus.address().to_owned(), "org.example.Published".to_owned()));
    has_owner(&bus, "org.example.Published").await;
    is_as_published(&looker, "org.example.Published", APPLICATION_PATH, APPLICATION).await;
    taking.abort();

    let (requests, _asked) = mpsc::channel(8);
    let _agent = OnBus::serve(bus.address(), "0.0.0", requests).await.unwrap();
    is_as_published(&looker, AGENT_NAME, AGENT_PATH, AGENT).await;
    for forbidden in ["accept", "answer", "terminal", "type=\"h\"", "type=\"ah\""] {
        let published: Vec<_> = interfaces(AGENT).into_iter().flat_map(|i| i.methods).collect();
        assert!(!format!("{published:?}").to_lowercase().contains(forbidden), "{forbidden}");
    }
}

async fn take_session_on_bus_owned(address: String, name: String) {
    _ = take_session_on_bus(&address, &name, SOON).await;
}

/// The object says of itself what is published, and has all of it.
async fn is_as_published(from: &Connection, to: &str, path: &str, xml: &str) {
    let said = call(from, to, path, "org.freedesktop.DBus.Introspectable", "Introspect").await.unwrap();
    let said: String = said.body().deserialize().unwrap();
    let (published, running) = (interfaces(xml), interfaces(&said));
    for Interface { name, methods, properties } in &published {
        let same = running.iter().find(|i| i.name == *name).expect("it says that it has this interface");
        assert_eq!(
            format!("{methods:?} {properties:?}"),
            format!("{:?} {:?}", same.methods, same.properties)
        );
    }
    for interface in &running {
        for method in interface.methods.iter().filter(|method| !method.arguments.is_empty()) {
            // Called with nothing: it is there, and says that something is missing.
            let name = error_name(call(from, to, path, &interface.name, &method.name).await);
            assert_eq!(name, "org.freedesktop.DBus.Error.InvalidArgs", "{}", method.name);
        }
        let all = from
            .call_method(Some(to), path, Some(PROPERTIES), "GetAll", &(&interface.name,))
            .await
            .map(|answer| answer.body().deserialize::<HashMap<String, OwnedVariant>>().unwrap());
        let Ok(all) = all else {
            assert!(interface.properties.is_empty(), "{}", interface.name);
            continue;
        };
        let mut there: Vec<_> =
            all.iter().map(|(name, value)| (name.clone(), value.value_signature().to_string())).collect();
        let mut wanted = interface.properties.clone();
        there.sort();
        wanted.sort();
        assert_eq!(there, wanted);
        for (name, _) in &interface.properties {
            let one = (&interface.name, name);
            from.call_method(Some(to), path, Some(PROPERTIES), "Get", &one).await.unwrap();
            let set = (&interface.name, name, zbus::Variant::from(1u32));
            let refused = from.call_method(Some(to), path, Some(PROPERTIES), "Set", &set).await;
            assert_eq!(error_name(refused), "org.freedesktop.DBus.Error.PropertyReadOnly");
        }
    }
    let unknown = error_name(call(from, to, path, &published[0].name, "Accept").await);
    assert_eq!(unknown, "org.freedesktop.DBus.Error.UnknownMethod");
    // Whoever walks from the root gets there.
    let mut at = "/".to_owned();
    while at != path {
        let said = call(from, to, &at, "org.freedesktop.DBus.Introspectable", "Introspect").await.unwrap();
        let said: String = said.body().deserialize().unwrap();
        let (_, child) = said.split_once("<node name=\"").expect("there is something below");
        let child = child.split_once('"').unwrap().0;
        at = format!("{}/{child}", at.trim_end_matches('/'));
        assert!(path.starts_with(&at), "{at}");
    }
}

/// A connection to this bus as a user who owns nothing. `None`, and the reason said, where this test may not.
pub(crate) async fn nobody_on(bus: &Bus) -> Option<Connection> {
    const NOBODY: u32 = 65534;
    if !rustix::process::geteuid().is_root() {
        let reason = b"skipped: only root can try it as another user\n";
        std::io::Write::write_all(&mut std::io::stderr(), reason).unwrap();
        return None;
    }
    let path = bus.address().strip_prefix("unix:path=").unwrap().to_owned();
    // On Linux each thread has a user of its own, and the bus sees that of whoever connects.
    let connecting = std::thread::spawn(move || {
        let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
        set_thread_res_gid(group, group, group).unwrap();
        set_thread_res_uid(user, user, user).unwrap();
        UnixStream::connect(path).unwrap()
    });
    let stream = connecting.join().expect("it connects");
    let nobody = Builder::unix_stream(stream).user_id(NOBODY).build().await.unwrap();
    let (daemon, me) = ("org.freedesktop.DBus", nobody.unique_name().unwrap().to_string());
    let path = "/org/freedesktop/DBus";
    let user = somebody_on(bus)
        .await
        .call_method(Some(daemon), path, Some(daemon), "GetConnectionUnixUser", &(me,))
        .await
        .unwrap();
    assert_eq!(user.body().deserialize::<u32>().unwrap(), NOBODY, "the bus sees another user");
    Some(nobody)
}

#[tokio::test]
async fn needs_dbus_another_user_gets_nothing_of_anything() {
    let bus = Bus::for_everybody().unwrap();
    let Some(nobody) = nobody_on(&bus).await else { return };
    let (_handed, _held, owner, path, _im) = a_session(&bus).await;
    let name = "org.example.Denied";
    let taking = tokio::spawn(take_session_on_bus_owned(bus.address().to_owned(), name.to_owned()));
    has_owner(&bus, name).await;
    let (requests, mut asked) = mpsc::channel(8);
    let _agent = OnBus::serve(bus.address(), "0.0.0", requests).await.unwrap();
    for (to, path, xml) in [
        (owner.as_str(), path.as_str(), SESSION),
        (name, APPLICATION_PATH, APPLICATION),
        (AGENT_NAME, AGENT_PATH, AGENT),
    ] {
        for path in [path, "/", "/somewhere"] {
            for (interface, member) in everything(xml) {
                let denied = call(&nobody, to, path, &interface, &member).await;
                // By us, not by the rules of the bus.
                assert!(format!("{denied:?}").contains(NOT_YOURS), "{interface}.{member}: {denied:?}");
                assert_eq!(error_name(denied), "org.freedesktop.DBus.Error.AccessDenied");
            }
        }
    }
    assert!(asked.try_recv().is_err(), "the agent was asked nothing");
    taking.abort();
}

#[tokio::test]
async fn needs_dbus_a_name_that_another_user_has_is_not_trusted() {
    let bus = Bus::for_everybody().unwrap();
    let Some(thief) = nobody_on(&bus).await else { return };
    let name = "org.example.Stolen";
    thief.request_name(name).await.unwrap();
    let mut calls = MessageStream::from(&thief);
    let im = Im::new().await;
    let info = im.some_session(5);
    let handed = HandedSession::hand_over_on_bus(bus.address(), name, info, im.handle.clone(), SOON).await;
    assert!(matches!(&handed, Err(DbusError::ForeignUser(who)) if who == name), "{handed:?}");
    // Nothing was said to it: the next call that it hears is this one.
    let mark = somebody_on(&bus).await;
    let marking = call(&mark, name, "/mark", "org.example.Mark", "Mark");
    let listening = async {
        loop {
            let message = calls.next().await.unwrap().unwrap();
            if message.message_type() == Type::MethodCall {
                let member = message.header().member().unwrap().to_string();
                thief.reply(&message.header(), &()).await.unwrap();
                return member;
            }
        }
    };
    let (marked, heard) =
        tokio::time::timeout(SOON, async { tokio::join!(marking, listening) }).await.unwrap();
    marked.unwrap();
    assert_eq!(heard, "Mark");
}

#[tokio::test]
async fn needs_dbus_signals_reach_the_application_and_nobody_else() {
    let bus = Bus::start().unwrap();
    let other = somebody_on(&bus).await;
    let daemon = "org.freedesktop.DBus";
    let rule = "type='signal'";
    other
        .call_method(Some(daemon), "/org/freedesktop/DBus", Some(daemon), "AddMatch", &(rule,))
        .await
        .unwrap();
    let mut heard = MessageStream::from(&other);
    let ((alice, mut alice_events, _a), (bob, mut bob_events, _b)) =
        two_applications([Way::Bus(&bus), Way::Bus(&bus)]).await;
    connected(&alice, &mut alice_events).await;
    connected(&bob, &mut bob_events).await;
    alice.send_context_data("for bob").await.unwrap();
    assert_eq!(next(&mut bob_events).await, SessionEvent::ContextData("for bob".into()));
    bob.terminate(SessionResult(7), "").await.unwrap();
    while !matches!(next(&mut alice_events).await, SessionEvent::Ended { .. }) {}
    // Sent after all of that, so that whatever was to be heard has been when this is.
    somebody_on(&bus)
        .await
        .emit_signal(None::<&str>, "/mark", "org.example.Mark", "Mark", &())
        .await
        .unwrap();
    let until_mark = async {
        loop {
            let message = heard.next().await.unwrap().unwrap();
            let header = message.header();
            assert_ne!(header.interface().map(|i| i.as_str()), Some(SESSION_INTERFACE), "{header:?}");
            if header.member().is_some_and(|member| member.as_str() == "Mark") {
                return;
            }
        }
    };
    tokio::time::timeout(SOON, until_mark).await.expect("the mark is heard");
}

#[tokio::test]
async fn needs_dbus_whoever_leaves_ends_it_for_the_other() {
    let bus = Bus::start().unwrap();
    let im = Im::new().await;
    // The IM program leaves.
    let (handed, (held, mut events)) = hand_over_on(&bus, im.some_session(6), im.handle.clone()).await;
    drop(handed);
    assert_eq!(next(&mut events).await, SessionEvent::Lost);
    assert!(held.send_context_data("nobody is there").await.is_err());
    // The application leaves.
    let (handed, (held, events)) = hand_over_on(&bus, im.some_session(7), im.handle.clone()).await;
    drop((held, events));
    tokio::time::timeout(SOON, handed.closed()).await.expect("it is noticed");
    // The bus leaves.
    let mut bus = bus;
    let (handed, (_held, mut events)) = hand_over_on(&bus, im.some_session(8), im.handle.clone()).await;
    bus.end();
    tokio::time::timeout(SOON, handed.closed()).await.expect("it is noticed");
    assert_eq!(next(&mut events).await, SessionEvent::Lost);
}

#[tokio::test(flavor = "multi_thread")]
async fn needs_dbus_an_application_that_reads_nothing_is_given_up_and_holds_up_nobody() {
    let bus = Bus::start().unwrap();
    let im = Im::new().await;
    let name = "org.example.Deaf";
    let deaf = somebody_on(&bus).await;
    let mut calls = MessageStream::from(&deaf);
    deaf.request_name(name).await.unwrap();
    let handing =
        HandedSession::hand_over_on_bus(bus.address(), name, im.some_session(9), im.handle.clone(), SOON);
    let taking = async {
        loop {
            let message = calls.next().await.unwrap().unwrap();
            let header = message.header();
            if header.member().is_some_and(|m| m.as_str() == "SetRendezvousSession") {
                return deaf.reply(&header, &()).await.unwrap();
            }
        }
    };
    let both = async { tokio::join!(handing, taking) };
    let (handed, ()) = tokio::time::timeout(SOON, both).await.expect("it is handed over");
    let handed = handed.unwrap();
    // From here on it takes nothing off its connection: nothing is read while this stream is full.
    let text = "x".repeat(MAX_CONTEXT);
    let flood = async {
        for sent in 0.. {
            if handed.tell(&Event::ContextData(text.clone())).await.is_err() {
                return sent;
            }
        }
        unreachable!("it is given up")
    };
    let (another, (_held, mut events)) = hand_over_on(&bus, im.some_session(10), im.handle.clone()).await;
    let meanwhile = async {
        for n in 0..100 {
            another.tell(&Event::ContextData(n.to_string())).await.unwrap();
            assert_eq!(next(&mut events).await, SessionEvent::ContextData(n.to_string()));
        }
    };
    let both = async { tokio::join!(flood, meanwhile) };
    let (sent, ()) = tokio::time::timeout(Duration::from_secs(60), both).await.expect("it is given up");
    assert!(sent < 64, "{sent} texts were sent to somebody who reads nothing");
    drop(calls);
}

#[tokio::test]
async fn needs_dbus_what_cannot_be_started_is_said_at_once() {
    let bus = Bus::start().unwrap();
    let im = Im::new().await;
    for (name, command) in [
        ("org.example.Missing", None),
        ("org.example.NoProgram", Some("/nonexistent/program")),
        ("org.example.EndsAtOnce", Some("/bin/false")),
    ] {
        if let Some(command) = command {
            bus.starts(name, command).unwrap();
        }
        let info = im.some_session(11);
        let handed =
            HandedSession::hand_over_on_bus(bus.address(), name, info, im.handle.clone(), SOON).await;
        assert!(matches!(&handed, Err(DbusError::Bus(_))), "{name}: {handed:?}");
    }
    bus.starts("org.example.Hangs", "/bin/sleep 60").unwrap();
    let patience = Duration::from_millis(300);
    let info = im.some_session(12);
    let handed = HandedSession::hand_over_on_bus(
        bus.address(),
        "org.example.Hangs",
        info,
        im.handle.clone(),
        patience,
    )
    .await;
    assert!(matches!(handed, Err(DbusError::Timeout(_))), "{handed:?}");
}

#[tokio::test]
async fn needs_dbus_what_is_too_large_is_refused_unread_and_a_code_too() {
    let bus = Bus::start().unwrap();
    let name = "org.example.Small";
    let taking = tokio::spawn(take_session_on_bus_owned(bus.address().to_owned(), name.to_owned()));
    has_owner(&bus, name).await;
    let other = somebody_on(&bus).await;
    let options = HashMap::from([("Network", zbus::Variant::from("x".repeat(300 * 1024)))]);
    let path = OwnedObjectPath::try_from("/session").unwrap();
    let interface = "im.rendezvous.Application1";
    let large = other
        .call_method(Some(name), APPLICATION_PATH, Some(interface), "SetRendezvousSession", &(path, options))
        .await;
    assert_eq!(error_name(large), "org.freedesktop.DBus.Error.LimitsExceeded");
    let path = OwnedObjectPath::try_from("/session").unwrap();
    let code = (path, HashMap::from([("Code", zbus::Variant::from("7-apple-river-tiger"))]));
    let with_code =
        other.call_method(Some(name), APPLICATION_PATH, Some(interface), "SetRendezvousSession", &code).await;
    assert_eq!(error_name(with_code), "org.freedesktop.DBus.Error.InvalidArgs");
    taking.abort();
}

/// Whoever watches a bus sees what travels there, so what must not be seen must not travel there.
#[tokio::test(flavor = "multi_thread")]
async fn needs_dbus_one_that_watches_sees_the_texts_and_no_code() {
    let bus = Bus::start().unwrap();
    let home = Home::new("monitor").unwrap();
    let seen = home.join("seen.log");
    let launch = Launch::new("dbus-monitor").args(["--address", bus.address()]);
    let mut monitor = Process::start(&launch, Log::File(&seen)).unwrap();
    let sees = |text: &str| {
        wait::until(format_args!("the monitor to see {text:?}"), SOON, || {
            monitor.check_running()?;
            Ok(std::fs::read_to_string(&seen)?.contains(text).then_some(()))
        })
        .unwrap();
        std::fs::read_to_string(&seen).unwrap()
    };
    let mut sees = sees;
    sees("NameAcquired");
    // One side by a socket, which carries a code, the other one by this bus.
    let ((alice, mut alice_events, _a), (bob, mut bob_events, _b)) =
        two_applications([Way::Socket, Way::Bus(&bus)]).await;
    connected(&alice, &mut alice_events).await;
    connected(&bob, &mut bob_events).await;
    alice.send_context_data("plain to see").await.unwrap();
    assert_eq!(next(&mut bob_events).await, SessionEvent::ContextData("plain to see".into()));
    let all = sees("plain to see");
    assert!(!all.contains("apple-river") && !all.contains("\"Code\""), "{all}");
}

#[tokio::test]
async fn needs_dbus_programs_of_the_desktop_ask_the_agent_and_hear_what_follows() {
    let bus = Bus::start().unwrap();
    let (requests, mut asked) = mpsc::channel(8);
    let _agent = OnBus::serve(bus.address(), "0.0.0", requests.clone()).await.unwrap();
    let second = OnBus::serve(bus.address(), "0.0.0", requests).await;
    assert!(matches!(second, Err(DbusError::Contract(_))), "there is one agent on a bus");
    let (program, other) = (somebody_on(&bus).await, somebody_on(&bus).await);
    let (mut heard, mut heard_by_other) = (MessageStream::from(&program), MessageStream::from(&other));
    let session = SessionId([9; 16]);

    let answering = async {
        let Some((_, Request::Applications { answer })) = asked.recv().await else {
            panic!("it asks for those")
        };
        let chess = Startable {
            id: ApplicationId::ASK.to_string(),
            name: "Chess".into(),
            description: String::new(),
            icon: String::new(),
            without_terminal: true,
        };
        answer.send(vec![chess]).unwrap();
        let Some((commander, Request::Invite { network, contact, surroundings, answer, .. })) =
            asked.recv().await
        else {
            panic!("it invites")
        };
        assert_eq!((network.as_str(), contact.as_str()), ("nearby", "bob"));
        assert!(surroundings.terminal.is_none());
        assert_eq!(surroundings.environment["DBUS_SESSION_BUS_ADDRESS"], bus.address());
        answer.send(Ok(session)).unwrap();
        commander.tell(session, &Event::Declined { by: DeclinedBy::NotInstalled }).await.unwrap();
        commander
            .tell(session, &Event::Ended { result: Code::InvitationDeclined.into(), data: String::new() })
            .await
            .unwrap();
        commander
    };
    let to = Some(AGENT_NAME);
    let asking = async {
        let all = call(&program, AGENT_NAME, AGENT_PATH, AGENT_INTERFACE, "Applications").await.unwrap();
        let all: Vec<(String, String, String, String, bool)> = all.body().deserialize().unwrap();
        assert_eq!(all[0].1, "Chess");
        let bad = ("nearby", "not an address", ApplicationId::ASK.to_string());
        let refused = program.call_method(to, AGENT_PATH, Some(AGENT_INTERFACE), "Invite", &bad).await;
        assert_eq!(error_name(refused), "org.freedesktop.DBus.Error.InvalidArgs");
        let good = ("nearby", "bob", ApplicationId::ASK.to_string());
        let path = program.call_method(to, AGENT_PATH, Some(AGENT_INTERFACE), "Invite", &good).await.unwrap();
        path.body().deserialize::<OwnedObjectPath>().unwrap()
    };
    let both = async { tokio::join!(answering, asking) };
    let (commander, path) = tokio::time::timeout(SOON, both).await.expect("it is answered");
    let listening = async {
        loop {
            let message = heard.next().await.unwrap().unwrap();
            let header = message.header();
            if header.member().is_some_and(|member| member.as_str() == "SessionEnded") {
                let (ended, result, _): (OwnedObjectPath, u32, String) =
                    message.body().deserialize().unwrap();
                return assert_eq!((ended, result), (path, Code::InvitationDeclined.number()));
            }
        }
    };
    tokio::time::timeout(SOON, listening).await.expect("it hears");
    // A mark, before which the other one has heard nothing of it.
    call(&other, AGENT_NAME, AGENT_PATH, "org.freedesktop.DBus.Peer", "Ping").await.unwrap();
    while let Some(Ok(message)) = heard_by_other.next().await {
        let header = message.header();
        assert_ne!(header.interface().map(|i| i.as_str()), Some(AGENT_INTERFACE), "{header:?}");
        if message.message_type() == Type::MethodReturn
            && header.sender().is_some_and(|s| s.as_str() != "org.freedesktop.DBus")
        {
            break;
        }
    }
    // Whoever invited leaves, and that is noticed.
    drop(heard);
    program.close().await.unwrap();
    tokio::time::timeout(SOON, commander.closed()).await.expect("it is noticed");
}
