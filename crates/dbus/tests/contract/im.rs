//! An IM program, on the network nearby or with an account, and the applications that it starts: inside this process, each
//! with a connection of its own.

use rendezvous_core::*;
use rendezvous_dbus::application::{
    Events, HeldSession, SessionEvent, TypedCode, take_session, take_session_on_bus,
};
use rendezvous_dbus::im::{HandedSession, Private};
use rendezvous_net::nearby::{self, Control, Nearby};
use rendezvous_net::xmpp::{self, Security, Xmpp};
use rendezvous_net::{Account, Driver, Handle, Happening, IceLogin, IceServer, Network, SessionInfo};
use rendezvous_testkit::bus::Bus;
use rendezvous_testkit::xmpp::{DOMAIN, Place, password};
use rendezvous_trust::{DeviceKey, PublicKey};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use zbus::connection::Builder;
use zeroize::Zeroizing;

pub(crate) const SOON: Duration = Duration::from_secs(10);
/// What goes by way of a server on a busy machine takes longer; a wait ends as soon as what it waits for is there.
pub(crate) const LATER: Duration = Duration::from_secs(60);

/// How an application comes by its session.
#[derive(Clone, Copy)]
pub(crate) enum Way<'a> {
    Socket,
    Bus(&'a Bus),
}

pub(crate) struct Im {
    pub(crate) address: Address,
    pub(crate) network: &'static str,
    reached: Reached,
    pub(crate) handle: Handle,
    happenings: UnboundedReceiver<Happening>,
    /// Gets a copy of whatever the application is told.
    pub(crate) witness: Option<UnboundedSender<Event>>,
}

/// How another one finds this one.
enum Reached {
    Nearby { control: Control, place: String },
    ByAccount { device: &'static str },
}

/// The device keys of all people in these tests.
fn key_of(address: &Address) -> PublicKey {
    let keys = KEYS.lock().unwrap();
    keys.iter().rev().find(|(whose, _)| whose == address).expect("somebody in this test").1
}

static KEYS: Mutex<Vec<(Address, PublicKey)>> = Mutex::new(Vec::new());
static NUMBER: AtomicU32 = AtomicU32::new(1);

fn new_key() -> Arc<DeviceKey> {
    let mut seed = [0; 32];
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    seed[..4].copy_from_slice(&number.to_be_bytes());
    seed[4] = 1;
    Arc::new(DeviceKey::from_seed(&seed).unwrap())
}

impl Im {
    pub(crate) async fn new() -> Self {
        let key = new_key();
        let config =
            nearby::Config { listen: "127.0.0.1:0".parse().unwrap(), name: String::new(), multicast: false };
        let (network, control) = Nearby::listen(config, key.clone()).await.unwrap();
        let (address, place) = (network.address(), format!("127.0.0.1:{}", network.port()));
        Self::over(("nearby", address, key), network, Reached::Nearby { control, place })
    }

    /// With an account of this user on a server.
    pub(crate) fn with_account(server: &Place, user: &str, device: &'static str) -> Self {
        let config = xmpp::Config {
            server: Some(("127.0.0.1".into(), server.start_tls)),
            security: Security::StartTls,
            extra_ca: Some(server.authority.clone()),
            ..xmpp::Config::new(format!("{user}@{DOMAIN}"), Zeroizing::new(password(user)), device)
        };
        let network = Xmpp::start(config).unwrap();
        Self::over(("xmpp", network.address(), new_key()), network, Reached::ByAccount { device })
    }

    fn over(
        (name, address, key): (&'static str, Address, Arc<DeviceKey>),
        network: impl Network,
        reached: Reached,
    ) -> Self {
        KEYS.lock().unwrap().push((address.clone(), key.public()));
        let installed = [(ApplicationId::ASK, "Ask"), (ApplicationId::OFFER, "Offer")]
            .map(|(id, name)| Application::new(id, name));
        let account = Account { network: name.into(), me: address.clone(), key };
        let (driver, handle, happenings) = Driver::new(account, SessionConfig::default(), installed, network);
        tokio::spawn(driver.run());
        Self { address, network: name, reached, handle, happenings, witness: None }
    }

    /// This one sees that one's device.
    pub(crate) async fn finds(&self, other: &Self) {
        match (&self.reached, &other.reached) {
            (Reached::Nearby { control, .. }, Reached::Nearby { place, .. }) => {
                assert_eq!(control.lookup(place).await.unwrap(), other.address);
            }
            (_, Reached::ByAccount { device }) => {
                let wanted = Endpoint { contact: other.address.clone(), device: (*device).into() };
                let search = async {
                    while !self.handle.seen().await.unwrap().devices.contains(&wanted) {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                };
                tokio::time::timeout(LATER, search).await.expect("it is seen");
            }
            (Reached::ByAccount { .. }, Reached::Nearby { .. }) => panic!("they are on different networks"),
        }
    }

    /// A session that nobody has agreed to.
    pub(crate) fn some_session(&self, number: u8) -> SessionInfo {
        SessionInfo {
            id: SessionId([number; 16]),
            network: "nearby".into(),
            me: self.address.clone(),
            endpoint: None,
            key: None,
            expiry: None,
            role: Role::Inviter,
            contact: Address::new("bob").unwrap(),
            application: ApplicationId::ASK,
            flags: flags::INVITER,
            state: State::Accepted,
        }
    }

    pub(crate) async fn until(&mut self, wanted: impl Fn(&Event) -> bool) {
        let search = async { while !wanted(&self.happenings.recv().await.unwrap().event) {} };
        tokio::time::timeout(LATER, search).await.expect("it happens soon");
    }

    /// Hands the session to an application and relays everything from then on.
    pub(crate) async fn launch(mut self, session: SessionId, way: Way<'_>) -> (HeldSession, Events, Handle) {
        self.until(|e| *e == Event::Launch).await;
        let info = self.handle.list().await.unwrap().into_iter().find(|s| s.id == session).unwrap();
        let private = match way {
            Way::Socket => secrets(),
            Way::Bus(_) => Private::default(),
        };
        let (handed, (held, events)) = match way {
            Way::Socket => {
                let (ours, theirs) = UnixStream::pair().unwrap();
                let handle = self.handle.clone();
                let handed = HandedSession::hand_over_with(ours, info, handle, private.clone(), SOON);
                let (handed, taken) = tokio::join!(handed, take_session(theirs, SOON));
                (handed.unwrap(), taken.unwrap())
            }
            Way::Bus(bus) => hand_over_on(bus, info, self.handle.clone()).await,
        };
        assert_eq!(held.id, session.to_string());
        assert_eq!(held.introduction.network.as_deref(), Some(self.network));
        assert_eq!(held.introduction.local_user.as_deref(), Some(self.address.as_str()));
        assert!(held.introduction.expiry.is_some());
        let theirs: Address = held.remote_user.parse().unwrap();
        assert_eq!(held.introduction.remote_key, Some(key_of(&theirs).to_text()));
        assert_eq!(held.introduction.code, private.code);
        assert_eq!(held.introduction.ice_servers, private.ice_servers);
        let printed = format!("{held:?} {private:?}");
        assert!(
            !printed.contains("apple") && !printed.contains("let-me-through"),
            "secrets do not print themselves"
        );
        self.handle.command(session, Command::Attach).await.unwrap();
        let handle = self.handle.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    happening = self.happenings.recv() => match happening {
                        Some(happening) => {
                            if let Some(witness) = &self.witness {
                                _ = witness.send(happening.event.clone());
                            }
                            handed.tell(&happening.event).await.unwrap();
                        }
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

/// What a private socket may carry.
fn secrets() -> Private {
    let login = IceLogin { username: "maria".into(), password: Zeroizing::new("let-me-through".into()) };
    let relay = IceServer {
        url: "turn:192.0.2.1:3478".into(),
        login: Some(login),
        until: Some(rendezvous_trust::UnixTime(4_000_000_000)),
    };
    let stun = IceServer { url: "stun:192.0.2.1:3478".into(), login: None, until: None };
    Private { code: Some(TypedCode("7-apple-river-tiger".into())), ice_servers: vec![relay, stun] }
}

pub(crate) async fn two_applications(
    ways: [Way<'_>; 2],
) -> ((HeldSession, Events, Handle), (HeldSession, Events, Handle)) {
    let (alice, mut bob) = (Im::new().await, Im::new().await);
    alice.finds(&bob).await;
    let session = alice.handle.invite(bob.address.clone(), ApplicationId::ASK, String::new()).await.unwrap();
    bob.until(|e| matches!(e, Event::Invited(_))).await;
    bob.handle.command(session, Command::Accept { data: String::new() }).await.unwrap();
    let [first, second] = ways;
    tokio::join!(alice.launch(session, first), bob.launch(session, second))
}

pub(crate) async fn next(events: &mut Events) -> SessionEvent {
    tokio::time::timeout(LATER, events.next()).await.expect("an event comes soon")
}

/// Both orders are allowed: connected when handed over, or told so afterwards.
pub(crate) async fn connected(held: &HeldSession, events: &mut Events) {
    if held.state != State::Connected {
        let change = SessionEvent::StateChanged { previous: State::Accepted, current: State::Connected };
        assert_eq!(next(events).await, change);
    }
}

/// An application with a name of its own waits on this bus, and is handed the session.
pub(crate) async fn hand_over_on(
    bus: &Bus,
    info: SessionInfo,
    handle: Handle,
) -> (HandedSession, (HeldSession, Events)) {
    let name = format!("org.example.Application{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let taking = take_session_on_bus(bus.address(), &name, SOON);
    let handing = async {
        has_owner(bus, &name).await;
        HandedSession::hand_over_on_bus(bus.address(), &name, info, handle, SOON).await
    };
    let both = async { tokio::join!(taking, handing) };
    let (taken, handed) = tokio::time::timeout(SOON, both).await.expect("it is handed over");
    (handed.unwrap(), taken.unwrap())
}

/// Another program of the same user on this bus.
pub(crate) async fn somebody_on(bus: &Bus) -> zbus::Connection {
    Builder::address(bus.address()).build().await.unwrap()
}

/// Waits until somebody has this name.
pub(crate) async fn has_owner(bus: &Bus, name: &str) {
    let (somebody, daemon) = (somebody_on(bus).await, "org.freedesktop.DBus");
    let deadline = tokio::time::Instant::now() + SOON;
    loop {
        let path = "/org/freedesktop/DBus";
        let answer =
            somebody.call_method(Some(daemon), path, Some(daemon), "NameHasOwner", &(name,)).await.unwrap();
        if answer.body().deserialize::<bool>().unwrap() {
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "nobody has the name {name}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
