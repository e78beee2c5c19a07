//! Somebody with an account and an application.

use crate::server::Server;
use rendezvous_core::*;
use rendezvous_net::xmpp::{Config, Security, Xmpp};
use rendezvous_net::{Account, Driver, Handle, Happening, Network, NetworkEvent, Seen, Status};
use rendezvous_testkit::xmpp::{DOMAIN, password};
use rendezvous_trust::DeviceKey;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

/// Longer than anything takes on a busy machine; a wait ends as soon as what it waits for is there.
pub(crate) const SOON: Duration = Duration::from_secs(60);

/// How a user signs in to a server, from the device of this name.
pub(crate) fn config(server: &Server, user: &str, device: &str, security: Security) -> Config {
    let place = server.place();
    let port = match security {
        Security::DirectTls => place.direct_tls,
        Security::LoopbackOnly => place.clear,
        Security::Automatic | Security::StartTls => place.start_tls,
    };
    Config {
        server: Some(("127.0.0.1".into(), port)),
        security,
        channel_binding: server.binds(),
        extra_ca: Some(place.authority.clone()),
        ..Config::new(format!("{user}@{DOMAIN}"), Zeroizing::new(password(user)), device)
    }
}

pub(crate) fn address(user: &str) -> Address {
    Address::new(format!("{user}@{DOMAIN}")).unwrap()
}

pub(crate) fn endpoint(user: &str, device: &str) -> Endpoint {
    Endpoint { contact: address(user), device: device.into() }
}

/// The first event of a network that is one of these.
pub(crate) async fn until(network: &mut Xmpp, wanted: impl Fn(&NetworkEvent) -> bool) -> NetworkEvent {
    let mut seen = Vec::new();
    let search = async {
        loop {
            let event = network.next().await;
            if wanted(&event) {
                return event;
            }
            seen.push(event);
        }
    };
    match tokio::time::timeout(SOON, search).await {
        Ok(found) => found,
        Err(_) => panic!("it did not happen; instead: {seen:?}"),
    }
}

/// A device of a person, with its driver.
pub(crate) struct Person {
    pub(crate) address: Address,
    pub(crate) device: String,
    pub(crate) handle: Handle,
    pub(crate) happenings: UnboundedReceiver<Happening>,
    pub(crate) task: JoinHandle<()>,
}

impl Person {
    pub(crate) fn new(server: &Server, user: &str, device: &str) -> Self {
        Self::with(config(server, user, device, Security::StartTls))
    }

    pub(crate) fn with(config: Config) -> Self {
        let device = config.resource.clone();
        Self::over(Xmpp::start(config).unwrap(), &device)
    }

    /// The driver of this device goes by the machine's clock, whatever its network's is.
    pub(crate) fn over(network: Xmpp, device: &str) -> Self {
        let device = device.to_owned();
        let address = network.address();
        let mut seed = [0; 32];
        for (place, byte) in format!("{address}/{device}").bytes().enumerate() {
            seed[place % 32] ^= byte;
        }
        let key = Arc::new(DeviceKey::from_seed(&seed).unwrap());
        let account = Account { network: "xmpp".into(), me: address.clone(), key };
        let ask = Application::new(ApplicationId::ASK, "Ask");
        // Tests invite more often than people do.
        let limits = Limits { invitations_per_minute: 10_000, ..Limits::default() };
        let config = SessionConfig { limits, ..SessionConfig::default() };
        let (driver, handle, happenings) = Driver::new(account, config, [ask], network);
        Self { address, device, handle, happenings, task: tokio::spawn(driver.run()) }
    }

    /// Signed in, and sees these devices of others.
    pub(crate) async fn sees(&self, devices: &[Endpoint]) -> Seen {
        let search = async {
            loop {
                let seen = self.handle.seen().await.unwrap();
                let is_online = *self.handle.status().borrow() == Status::Online;
                if is_online && devices.iter().all(|device| seen.devices.contains(device)) {
                    return seen;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        match tokio::time::timeout(SOON, search).await {
            Ok(seen) => seen,
            Err(_) => panic!(
                "{} does not see {devices:?}: {:?}, {:?}",
                self.address,
                self.handle.seen().await,
                self.handle.status().borrow()
            ),
        }
    }

    /// Does not see this device any more.
    pub(crate) async fn loses(&self, device: &Endpoint) {
        let search = async {
            while self.handle.seen().await.unwrap().devices.contains(device) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(SOON, search).await.unwrap();
    }

    /// Waits until the account stands like this.
    pub(crate) async fn stands(&self, wanted: impl Fn(&Status) -> bool) -> Status {
        let mut status = self.handle.status();
        match tokio::time::timeout(SOON, status.wait_for(|status| wanted(status))).await {
            Ok(status) => status.unwrap().clone(),
            Err(_) => panic!("{} stands as {:?}", self.address, self.handle.status().borrow()),
        }
    }

    /// The next event that is one of these; fails when it does not come soon.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Happening {
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
        match tokio::time::timeout(SOON, search).await {
            Ok(found) => found,
            Err(_) => panic!("it did not happen to {}; instead: {seen:?}", self.address),
        }
    }

    pub(crate) async fn ended(&mut self) -> SessionResult {
        match self.until(|e| matches!(e, Event::Ended { .. })).await.event {
            Event::Ended { result, .. } => result,
            _ => unreachable!(),
        }
    }

    pub(crate) async fn call(&self, session: SessionId, command: Command) {
        self.handle.command(session, command).await.unwrap();
    }
}

/// Two people who see each other's device.
pub(crate) async fn alice_and_bob(server: &Server) -> (Person, Person) {
    let (alice, bob) = (Person::new(server, "alice", "laptop"), Person::new(server, "bob", "desk"));
    meet(&alice, &bob).await;
    (alice, bob)
}

pub(crate) async fn meet(alice: &Person, bob: &Person) {
    let device =
        |person: &Person| Endpoint { contact: person.address.clone(), device: (*person.device).into() };
    let (theirs, ours) = ([device(bob)], [device(alice)]);
    tokio::join!(alice.sees(&theirs), bob.sees(&ours));
}

/// Alice's invitation rings at Bob's.
pub(crate) async fn ring(alice: &mut Person, bob: &mut Person) -> SessionId {
    let session = alice.handle.invite(bob.address.clone(), ApplicationId::ASK, "hello".into()).await.unwrap();
    let invited = bob.until(|e| matches!(e, Event::Invited(_))).await;
    assert_eq!(invited.session, session);
    alice.until(|e| matches!(e, Event::Ringing(_))).await;
    session
}

/// Bob said yes, and both applications hold the session.
pub(crate) async fn connect(alice: &mut Person, bob: &mut Person, session: SessionId) {
    bob.call(session, Command::Accept { data: String::new() }).await;
    for person in [&mut *alice, &mut *bob] {
        person.until(|e| *e == Event::Launch).await;
        person.call(session, Command::Attach).await;
    }
    for person in [alice, bob] {
        person.until(|e| matches!(e, Event::StateChanged { current: State::Connected, .. })).await;
    }
}
