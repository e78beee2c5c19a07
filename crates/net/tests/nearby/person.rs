//! Somebody with a device, a driver, and a network.

use rendezvous_core::*;
use rendezvous_net::nearby::{Config, Control, Nearby};
use rendezvous_net::{Account, Driver, Handle, Happening};
use rendezvous_trust::DeviceKey;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

/// What takes longer than this on a busy machine is broken.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A key that nobody else has.
pub(crate) fn new_key() -> Arc<DeviceKey> {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    let mut seed = [7; 32];
    seed[..4].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    Arc::new(DeviceKey::from_seed(&seed).unwrap())
}

pub(crate) fn on_loopback() -> Config {
    Config { listen: "127.0.0.1:0".parse().unwrap(), name: "Somebody".into(), multicast: false }
}

pub(crate) struct Person {
    pub(crate) address: Address,
    pub(crate) place: SocketAddr,
    pub(crate) key: Arc<DeviceKey>,
    pub(crate) control: Control,
    pub(crate) handle: Handle,
    pub(crate) happenings: UnboundedReceiver<Happening>,
    pub(crate) task: JoinHandle<()>,
}

impl Person {
    pub(crate) async fn new() -> Self {
        Self::with(on_loopback(), new_key(), SessionConfig::default()).await
    }

    pub(crate) async fn with(network: Config, key: Arc<DeviceKey>, sessions: SessionConfig) -> Self {
        let listen = network.listen;
        let (network, control) = Nearby::listen(network, key.clone()).await.unwrap();
        let (address, place) = (network.address(), SocketAddr::new(listen.ip(), network.port()));
        let account = Account { network: "nearby".into(), me: address.clone(), key: key.clone() };
        let ask = Application::new(ApplicationId::ASK, "Ask");
        let (driver, handle, happenings) = Driver::new(account, sessions, [ask], network);
        Self { address, place, key, control, handle, happenings, task: tokio::spawn(driver.run()) }
    }

    /// The next event that is one of these; fails when it does not come soon.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Happening {
        self.until_within(SOON, wanted).await
    }

    pub(crate) async fn until_within(
        &mut self,
        time: Duration,
        wanted: impl Fn(&Event) -> bool,
    ) -> Happening {
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
        match tokio::time::timeout(time, search).await {
            Ok(found) => found,
            Err(_) => panic!("it did not happen; instead: {seen:?}"),
        }
    }

    pub(crate) async fn ended(&mut self) -> SessionResult {
        match self.until(|e| matches!(e, Event::Ended { .. })).await.event {
            Event::Ended { result, .. } => result,
            _ => unreachable!(),
        }
    }

    /// Invites whoever is at a place.
    pub(crate) async fn calls(&self, place: SocketAddr) -> SessionId {
        let address = self.control.lookup(&place.to_string()).await.unwrap();
        self.handle.invite(address, ApplicationId::ASK, String::new()).await.unwrap()
    }

    /// Ends the program as the system would.
    pub(crate) async fn vanishes(self) {
        self.task.abort();
        _ = self.task.await;
    }

    /// Waits until the network sees, or does not see, this contact.
    pub(crate) async fn sees(&self, contact: &Address, there: bool) {
        let look = async {
            loop {
                let seen = self.handle.seen().await.unwrap();
                if seen.devices.iter().any(|device| device.contact == *contact) == there {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(SOON, look).await.unwrap_or_else(|_| panic!("{contact} is there: {}", !there));
    }

    pub(crate) async fn is_idle(&self) {
        let look = async {
            while !self.handle.list().await.unwrap().is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(SOON, look).await.expect("nothing goes on any more");
    }
}

/// Alice has called Bob, at this place, and both applications are attached.
pub(crate) async fn connected_at(alice: &mut Person, bob: &mut Person, place: SocketAddr) -> SessionId {
    let session = alice.calls(place).await;
    let invited = bob.until(|e| matches!(e, Event::Invited(_))).await;
    assert_eq!(invited.session, session);
    alice.until(|e| matches!(e, Event::Ringing(_))).await;
    bob.handle.command(session, Command::Accept { data: String::new() }).await.unwrap();
    for person in [&mut *alice, &mut *bob] {
        person.until(|e| *e == Event::Launch).await;
        person.handle.command(session, Command::Attach).await.unwrap();
    }
    for person in [alice, bob] {
        person.until(|e| matches!(e, Event::StateChanged { current: State::Connected, .. })).await;
    }
    session
}

/// One side of a session that was accepted, up to both applications being attached.
pub(crate) async fn attached(person: &mut Person, session: SessionId) {
    person.until(|e| *e == Event::Launch).await;
    person.handle.command(session, Command::Attach).await.unwrap();
    person.until(|e| matches!(e, Event::StateChanged { current: State::Connected, .. })).await;
}

/// Bob says yes to whoever calls.
pub(crate) async fn answered(bob: &mut Person) -> SessionId {
    let session = bob.until(|e| matches!(e, Event::Invited(_))).await.session;
    bob.handle.command(session, Command::Accept { data: String::new() }).await.unwrap();
    attached(bob, session).await;
    session
}

pub(crate) async fn connected() -> (Person, Person, SessionId) {
    let (mut alice, mut bob) = (Person::new().await, Person::new().await);
    let place = bob.place;
    let session = connected_at(&mut alice, &mut bob, place).await;
    (alice, bob, session)
}

/// A word from one application to the other arrives.
pub(crate) async fn says(from: &Person, to: &mut Person, session: SessionId, text: &str) {
    from.handle.command(session, Command::SendContext(text.into())).await.unwrap();
    to.until(|e| *e == Event::ContextData(text.into())).await;
}
