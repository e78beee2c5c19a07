//! Two drivers over real TLS links on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use rendezvous_core::*;
use rendezvous_net::nearby::{Nearby, NearbyError, parse_address};
use rendezvous_net::{CallError, Driver, Handle, Happening};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

struct Person {
    address: Address,
    handle: Handle,
    happenings: UnboundedReceiver<Happening>,
    task: JoinHandle<()>,
}

impl Person {
    async fn new() -> Self {
        let network = Nearby::listen("127.0.0.1:0".parse().unwrap(), "laptop".into()).await.unwrap();
        let address = network.address();
        let ask = Application::new(ApplicationId::ASK, "Ask");
        let (driver, handle, happenings) =
            Driver::new(address.clone(), SessionConfig::default(), [ask], network);
        Self { address, handle, happenings, task: tokio::spawn(driver.run()) }
    }

    /// The next event that is one of these; fails when it does not come soon.
    async fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Happening {
        let mut seen = Vec::new();
        let search = async {
            loop {
                let happening = self.happenings.recv().await.expect("the driver runs");
                if wanted(&happening.event) {
                    return happening;
                }
                seen.push(happening);
            }
        };
        match tokio::time::timeout(Duration::from_secs(10), search).await {
            Ok(found) => found,
            Err(_) => panic!("it did not happen; instead: {seen:?}"),
        }
    }

    async fn ended(&mut self) -> SessionResult {
        match self.until(|e| matches!(e, Event::Ended { .. })).await.event {
            Event::Ended { result, .. } => result,
            _ => unreachable!(),
        }
    }
}

async fn connected() -> (Person, Person, SessionId) {
    let (mut alice, mut bob) = (Person::new().await, Person::new().await);
    let session = alice.handle.invite(bob.address.clone(), ApplicationId::ASK, String::new()).await.unwrap();
    let invited = bob.until(|e| matches!(e, Event::Invited(_))).await;
    assert_eq!(invited.session, session);
    alice.until(|e| matches!(e, Event::Ringing(_))).await;
    bob.handle.command(session, Command::Accept { data: String::new() }).await.unwrap();
    for person in [&mut alice, &mut bob] {
        person.until(|e| *e == Event::Launch).await;
        person.handle.command(session, Command::Attach).await.unwrap();
    }
    for person in [&mut alice, &mut bob] {
        person.until(|e| matches!(e, Event::StateChanged { current: State::Connected, .. })).await;
    }
    (alice, bob, session)
}

#[tokio::test]
async fn a_session_from_invitation_to_end() {
    let (mut alice, mut bob, session) = connected().await;
    let text = "é\u{0}".repeat(MAX_CONTEXT / 3);
    alice.handle.command(session, Command::SendContext(text.clone())).await.unwrap();
    bob.until(|e| *e == Event::ContextData(text.clone())).await;
    assert_eq!(
        bob.handle.list().await.unwrap()[0].contact,
        alice.address,
        "the caller is named by where it listens"
    );
    bob.handle
        .command(session, Command::Terminate { result: SessionResult::SUCCESS, data: "bye".into() })
        .await
        .unwrap();
    assert_eq!(alice.ended().await, Code::SessionCancelledRemote.into());
    assert_eq!(bob.ended().await, Code::SessionCancelledLocal.into());
    assert_eq!(alice.handle.list().await.unwrap(), []);
}

#[tokio::test]
async fn a_person_who_vanishes_ends_the_session() {
    let (mut alice, bob, _) = connected().await;
    bob.task.abort();
    assert_eq!(alice.ended().await, Code::ConnectionFailure.into());
}

#[tokio::test]
async fn nobody_listens_there() {
    let mut alice = Person::new().await;
    let gone = Person::new().await;
    gone.task.abort();
    _ = gone.task.await;
    alice.handle.invite(gone.address, ApplicationId::ASK, String::new()).await.unwrap();
    alice.until(|e| *e == Event::SendError(Code::InvitationSendFailure)).await;
    assert_eq!(alice.ended().await, Code::InvitationSendFailure.into());
}

#[tokio::test]
async fn other_computers_are_refused() {
    assert!(matches!(parse_address("192.0.2.1:7001"), Err(NearbyError::NotLoopback(_))));
    assert!(matches!(parse_address("example.org"), Err(NearbyError::NotAnAddress(_))));
    assert!(matches!(
        Nearby::listen("0.0.0.0:0".parse().unwrap(), "x".into()).await,
        Err(NearbyError::NotLoopback(_))
    ));
    let mut alice = Person::new().await;
    alice
        .handle
        .invite(Address::new("192.0.2.1:7001").unwrap(), ApplicationId::ASK, String::new())
        .await
        .unwrap();
    assert_eq!(alice.ended().await, Code::InvitationSendFailure.into());
}

#[tokio::test]
async fn strangers_without_tls_change_nothing() {
    let (alice, mut bob, session) = connected().await;
    for noise in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 4096], b""] {
        let mut stream = TcpStream::connect(bob.address.as_str()).await.unwrap();
        _ = stream.write_all(noise).await;
        _ = stream.shutdown().await;
        // Bob closes the link; what he says before that does not matter.
        _ = stream.read_to_end(&mut Vec::new()).await;
    }
    alice.handle.command(session, Command::SendContext("still here".into())).await.unwrap();
    bob.until(|e| *e == Event::ContextData("still here".into())).await;
}

#[tokio::test]
async fn calls_are_refused_with_their_code() {
    let alice = Person::new().await;
    let refused = alice.handle.invite(alice.address.clone(), ApplicationId::ASK, String::new()).await;
    assert_eq!(refused, Err(CallError::Refused(SessionError::Refused(Code::InvitedSelf))));
    let nobody = alice.handle.command(SessionId([1; 16]), Command::Attach).await;
    assert_eq!(nobody, Err(CallError::Refused(SessionError::NoSuchSession(SessionId([1; 16])))));
}
