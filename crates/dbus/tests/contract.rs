//! Two applications, two IM programs, one session between them: the whole contract over private sockets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use rendezvous_core::*;
use rendezvous_dbus::application::{Events, HeldSession, SessionEvent, take_session};
use rendezvous_dbus::im::HandedSession;
use rendezvous_dbus::{DbusError, agent, socket};
use rendezvous_net::nearby::{Config, Control, Nearby, nearby_address};
use rendezvous_net::{Account, Driver, Handle, Happening};
use rendezvous_trust::{DeviceKey, PublicKey};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedReceiver};

const SOON: Duration = Duration::from_secs(10);

struct Im {
    address: Address,
    place: String,
    control: Control,
    handle: Handle,
    happenings: UnboundedReceiver<Happening>,
}

/// The device keys of all people in these tests, by the address that is made of them.
fn key_of(address: &Address) -> PublicKey {
    let keys = KEYS.lock().unwrap();
    *keys.iter().find(|key| nearby_address(key) == *address).expect("somebody in this test")
}

static KEYS: Mutex<Vec<PublicKey>> = Mutex::new(Vec::new());
static NUMBER: AtomicU32 = AtomicU32::new(1);

impl Im {
    async fn new() -> Self {
        let mut seed = [0; 32];
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        seed[..4].copy_from_slice(&number.to_be_bytes());
        seed[4] = 1;
        let key = Arc::new(DeviceKey::from_seed(&seed).unwrap());
        KEYS.lock().unwrap().push(key.public());
        let config = Config { listen: "127.0.0.1:0".parse().unwrap(), name: String::new(), multicast: false };
        let (network, control) = Nearby::listen(config, key.clone()).await.unwrap();
        let (address, place) = (network.address(), format!("127.0.0.1:{}", network.port()));
        let ask = Application::new(ApplicationId::ASK, "Ask");
        let account = Account { network: "nearby".into(), me: address.clone(), key };
        let (driver, handle, happenings) = Driver::new(account, SessionConfig::default(), [ask], network);
        tokio::spawn(driver.run());
        Self { address, place, control, handle, happenings }
    }

    async fn until(&mut self, wanted: impl Fn(&Event) -> bool) {
        let search = async { while !wanted(&self.happenings.recv().await.unwrap().event) {} };
        tokio::time::timeout(SOON, search).await.expect("it happens soon");
    }

    /// Hands the session to an application and relays everything from then on.
    async fn launch(mut self, session: SessionId) -> (HeldSession, Events, Handle) {
        self.until(|e| *e == Event::Launch).await;
        let info = self.handle.list().await.unwrap().into_iter().find(|s| s.id == session).unwrap();
        let (ours, theirs) = UnixStream::pair().unwrap();
        let handed = HandedSession::hand_over(ours, info, self.handle.clone(), SOON);
        let (handed, taken) = tokio::join!(handed, take_session(theirs, SOON));
        let (handed, (held, events)) = (handed.unwrap(), taken.unwrap());
        assert_eq!(held.id, session.to_string());
        assert_eq!(held.introduction.network.as_deref(), Some("nearby"));
        assert_eq!(held.introduction.local_user.as_deref(), Some(self.address.as_str()));
        assert!(held.introduction.expiry.is_some());
        let theirs: Address = held.remote_user.parse().unwrap();
        assert_eq!(held.introduction.remote_key, Some(key_of(&theirs).to_text()));
        self.handle.command(session, Command::Attach).await.unwrap();
        let handle = self.handle.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    happening = self.happenings.recv() => match happening {
                        Some(happening) => handed.tell(&happening.event).await.unwrap(),
                        None => return,
                    },
                    () = handed.closed() => {
                        _ = self.handle.command(session, Command::ApplicationGone).await;
                        return;
                    }
                }
            }
        });
        (held, events, handle)
    }
}

async fn two_applications() -> ((HeldSession, Events, Handle), (HeldSession, Events, Handle)) {
    let (alice, mut bob) = (Im::new().await, Im::new().await);
    assert_eq!(alice.control.lookup(&bob.place).await.unwrap(), bob.address);
    let session = alice.handle.invite(bob.address.clone(), ApplicationId::ASK, String::new()).await.unwrap();
    bob.until(|e| matches!(e, Event::Invited(_))).await;
    bob.handle.command(session, Command::Accept { data: String::new() }).await.unwrap();
    tokio::join!(alice.launch(session), bob.launch(session))
}

async fn next(events: &mut Events) -> SessionEvent {
    tokio::time::timeout(SOON, events.next()).await.expect("an event comes soon")
}

/// Both orders are allowed: connected when handed over, or told so afterwards.
async fn connected(held: &HeldSession, events: &mut Events) {
    if held.state != State::Connected {
        let change = SessionEvent::StateChanged { previous: State::Accepted, current: State::Connected };
        assert_eq!(next(events).await, change);
    }
}

#[tokio::test]
async fn the_contract_from_hand_over_to_end() {
    let ((alice, mut alice_events, _a), (bob, mut bob_events, _b)) = two_applications().await;
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
    let ((alice, mut alice_events, _a), (bob, mut bob_events, _b)) = two_applications().await;
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
    let ((alice, mut alice_events, _a), (bob, mut bob_events, _b)) = two_applications().await;
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
    let info = rendezvous_net::SessionInfo {
        id: SessionId([1; 16]),
        network: "nearby".into(),
        me: im.address.clone(),
        endpoint: None,
        key: None,
        expiry: None,
        role: Role::Inviter,
        contact: Address::new("bob").unwrap(),
        application: ApplicationId::ASK,
        state: State::Accepted,
    };
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
    let mut progress = client.progress();
    let (path, ()) = tokio::join!(client.invite("bob", ApplicationId::ASK, surroundings), server);
    assert_eq!(progress.next(&path.unwrap()).await, agent::Progress::Declined(DeclinedBy::Busy));
    let bad = client
        .invite("not an address", ApplicationId::ASK, agent::Surroundings::default())
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
