//! Two applications, two IM programs, one session between them: the whole contract over private sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod bus;
mod examples;
mod im;
mod limits;
mod members;
mod others;
mod steps;

use im::{Im, SOON, Way, connected, next, two_applications};
use rendezvous_core::*;
use rendezvous_dbus::application::SessionEvent;
use rendezvous_dbus::im::HandedSession;
use rendezvous_dbus::{DbusError, agent, socket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::time::Duration;
use tokio::sync::mpsc;

#[tokio::test]
async fn the_contract_from_hand_over_to_end() {
    from_hand_over_to_end([Way::Socket, Way::Socket]).await;
}

async fn from_hand_over_to_end(ways: [Way<'_>; 2]) {
    let ((alice, mut alice_events, _a), (bob, mut bob_events, _b)) = two_applications(ways).await;
    assert_eq!((alice.role, bob.role), (Role::Inviter, Role::Invitee));
    assert_eq!(alice.application, ApplicationId::ASK.to_string());
    connected(&alice, &mut alice_events).await;
    connected(&bob, &mut bob_events).await;

    let text = "é".repeat(MAX_CONTEXT / 2);
    alice.send_context_data(&text).await.unwrap();
    assert_eq!(next(&mut bob_events).await, SessionEvent::ContextData(text));
    let refused = alice.send_context_data(&"x".repeat(MAX_CONTEXT + 1)).await.unwrap_err();
    assert!(refused.sentence().starts_with("0x81000611"), "{refused:?}");

    bob.terminate(SessionResult(0x8000_4005), "bye").await.unwrap();
    for events in [&mut alice_events, &mut bob_events] {
        let change = SessionEvent::StateChanged { previous: State::Connected, current: State::Cancelled };
        assert_eq!(next(events).await, change);
        let end = SessionEvent::Ended { result: SessionResult(0x8000_4005), data: "bye".into() };
        assert_eq!(next(events).await, end);
    }
    assert!(alice.send_context_data("late").await.is_err());
}

/// Context data that nobody takes yet must not stop the answers to calls: Stop is a call.
#[tokio::test]
async fn a_flood_of_context_data_does_not_stop_a_call() {
    let ((alice, mut alice_events, _a), (bob, mut bob_events, _b)) =
        two_applications([Way::Socket, Way::Socket]).await;
    connected(&alice, &mut alice_events).await;
    connected(&bob, &mut bob_events).await;
    for n in 0..1000 {
        bob.send_context_data(&n.to_string()).await.unwrap();
    }
    tokio::time::timeout(SOON, alice.terminate(SessionResult(5), "")).await.expect("it is answered").unwrap();
    let mut received = 0;
    loop {
        match next(&mut alice_events).await {
            SessionEvent::ContextData(text) => {
                assert_eq!(text, received.to_string(), "in order");
                received += 1;
            }
            SessionEvent::Ended { result, .. } => break assert_eq!(result, SessionResult(5)),
            SessionEvent::StateChanged { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(received > 64, "more than the connection itself would hold: {received}");
}

#[tokio::test]
async fn an_application_that_vanishes_ends_both_sides() {
    vanishes([Way::Socket, Way::Socket]).await;
}

async fn vanishes(ways: [Way<'_>; 2]) {
    let ((alice, mut alice_events, _a), (bob, mut bob_events, _b)) = two_applications(ways).await;
    connected(&alice, &mut alice_events).await;
    connected(&bob, &mut bob_events).await;
    drop((alice, alice_events));
    let change = SessionEvent::StateChanged { previous: State::Connected, current: State::Terminated };
    assert_eq!(next(&mut bob_events).await, change);
    let end = SessionEvent::Ended { result: Code::ApplicationLaunchFailed.into(), data: String::new() };
    assert_eq!(next(&mut bob_events).await, end);
}

#[tokio::test]
async fn an_application_that_never_answers_is_given_up() {
    let im = Im::new().await;
    let info = im.some_session(1);
    let (ours, _silent) = UnixStream::pair().unwrap();
    let result = HandedSession::hand_over(ours, info, im.handle, Duration::from_millis(50)).await;
    assert!(matches!(result, Err(DbusError::Timeout(_))));
}

#[tokio::test]
async fn commands_reach_the_agent_and_hear_what_happens() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let (sender, mut requests) = mpsc::channel(8);
    let (commander, client) =
        tokio::join!(agent::Commander::serve(ours, sender), agent::AgentClient::connect(theirs));
    let (commander, client) = (commander.unwrap(), client.unwrap());
    let session = SessionId([5; 16]);
    let server = async {
        match requests.recv().await.unwrap() {
            agent::Request::Invite { contact, surroundings, answer, .. } => {
                assert_eq!(contact.as_str(), "bob");
                assert!(surroundings.terminal.is_some());
                answer.send(Ok(session)).unwrap();
            }
            other => panic!("{other:?}"),
        }
        commander.tell(session, &Event::Declined { by: DeclinedBy::Busy }).await.unwrap();
    };
    let (a, b) = UnixStream::pair().unwrap();
    let surroundings = agent::Surroundings { terminal: Some([a.into(), b.into()]), ..Default::default() };
    let mut progress = client.news();
    let (path, ()) = tokio::join!(client.invite("nearby", "bob", ApplicationId::ASK, surroundings), server);
    assert_eq!(progress.progress(&path.unwrap()).await, agent::Progress::Declined(DeclinedBy::Busy));
    let bad = client
        .invite("nearby", "not an address", ApplicationId::ASK, agent::Surroundings::default())
        .await
        .unwrap_err();
    assert!(bad.sentence().contains("printable"), "{}", bad.sentence());
    drop(client);
    drop(progress);
    tokio::time::timeout(SOON, commander.closed()).await.expect("a command that is gone is noticed");
}

#[tokio::test]
async fn the_private_socket_is_private_and_replaces_only_the_dead() {
    let dir = std::env::temp_dir().join(format!("rendezvous-socket-{}", std::process::id()));
    let path = dir.join("agent.sock");
    let listening = socket::PrivateSocket::listen(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(
        matches!(socket::PrivateSocket::listen(&path), Err(DbusError::Socket { .. })),
        "a living one stays"
    );
    let (accepted, connected) = tokio::join!(listening.accept(), socket::connect(&path));
    assert!(accepted.is_ok() && connected.is_ok());
    std::fs::hard_link(&path, dir.join("left-behind")).unwrap();
    drop(listening);
    std::fs::rename(dir.join("left-behind"), &path).unwrap();
    socket::PrivateSocket::listen(&path).expect("a dead one is replaced");
    std::fs::remove_dir_all(&dir).unwrap();
}
