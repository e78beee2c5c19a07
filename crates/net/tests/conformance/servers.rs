//! Accounts on real servers, which are as Debian packages and limits them. Every device's connection goes through a proxy
//! that can break it, and a device that loses its power says nothing to anybody.

use crate::world::{World, key};
use anyhow::Result;
use rendezvous_core::{Endpoint, To, Token};
use rendezvous_net::xmpp::{Config, Security, Xmpp};
use rendezvous_net::{Account, Network, NetworkEvent, Parcel};
use rendezvous_testkit::xmpp::{Cutter, DOMAIN, Ejabberd, Place, Prosody, Setup, password};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use zeroize::Zeroizing;

/// The server forgets a device whose connection is gone after so many seconds, not after the usual minutes.
const FORGETS: u32 = 25;
/// So many devices of one contact are looked at.
const LOOKED_AT: usize = 16;

/// What the two kinds of server differ in.
pub(crate) trait Kind: Sized + Send + Sync + 'static {
    const NAME: &'static str;
    /// Whether the proof that ties a login to its connection works there. Debian's ejabberd computes it wrongly.
    const BINDS: bool;

    fn start(setup: &Setup) -> Result<Self>;
    fn place(&self) -> &Place;
    /// Somebody needs an account, and is a contact of these. `all` is everybody who may still come.
    fn welcome(&self, user: &str, before: &[&str], all: &[String]) -> Result<()>;
    /// The one that is running, if one is.
    fn shared() -> &'static Mutex<Weak<Self>>;
}

impl Kind for Prosody {
    const NAME: &'static str = "Prosody";
    const BINDS: bool = true;

    fn start(setup: &Setup) -> Result<Self> {
        Self::start(setup)
    }

    fn place(&self) -> &Place {
        self.place()
    }

    fn welcome(&self, _: &str, before: &[&str], all: &[String]) -> Result<()> {
        // Nobody else tells it of a new contact while somebody is signed in, so all are contacts from the first on.
        if !before.is_empty() {
            return Ok(());
        }
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let pairs: Vec<_> = all.iter().flat_map(|a| all.iter().map(move |b| (*a, *b))).collect();
        let friends: Vec<_> = pairs.into_iter().filter(|(a, b)| a < b).collect();
        self.admit(&all, &friends)
    }

    fn shared() -> &'static Mutex<Weak<Self>> {
        static SHARED: Mutex<Weak<Prosody>> = Mutex::new(Weak::new());
        &SHARED
    }
}

impl Kind for Ejabberd {
    const NAME: &'static str = "ejabberd";
    const BINDS: bool = false;

    fn start(setup: &Setup) -> Result<Self> {
        Self::start(setup)
    }

    fn place(&self) -> &Place {
        self.place()
    }

    fn welcome(&self, user: &str, before: &[&str], _: &[String]) -> Result<()> {
        let friends: Vec<_> = before.iter().map(|other| (user, *other)).collect();
        self.admit(&[user], &friends)
    }

    fn shared() -> &'static Mutex<Weak<Self>> {
        static SHARED: Mutex<Weak<Ejabberd>> = Mutex::new(Weak::new());
        &SHARED
    }
}

/// The server of this process: started by the first who wants it, ended with the last who holds it.
pub(crate) fn server<K: Kind>() -> Arc<K> {
    let mut shared = lock(K::shared());
    if let Some(server) = shared.upgrade() {
        return server;
    }
    let setup = Setup { users: Vec::new(), friends: Vec::new(), ..Setup::alice_and_bob().keeping(FORGETS) };
    let server = Arc::new(K::start(&setup).unwrap());
    *shared = Arc::downgrade(&server);
    server
}

/// Everybody whom a case may bring in. Each world has its own.
const PEOPLE: [&str; 11] =
    ["ann", "bob", "carl", "dora", "emil", "eve", "frida", "slow", "fast", "slower", "early"];

/// A few accounts on a server, all of them each other's contacts.
pub(crate) struct Served<K> {
    server: Arc<K>,
    number: u32,
    accounts: BTreeSet<String>,
    house: Arc<Mutex<House>>,
    cutters: BTreeMap<Endpoint, Arc<Cutter>>,
}

/// Who is there and whom they see, as far as their networks reported it.
#[derive(Default)]
struct House {
    there: BTreeSet<Endpoint>,
    unplugged: BTreeSet<Endpoint>,
    seen: BTreeSet<(Endpoint, Endpoint)>,
}

impl House {
    fn leave(&mut self, device: &Endpoint) {
        self.there.remove(device);
        self.unplugged.remove(device);
        self.seen.retain(|(who, whom)| who != device && whom != device);
    }

    fn note(&mut self, device: &Endpoint, event: &NetworkEvent) {
        match event {
            NetworkEvent::Appeared(other) => _ = self.seen.insert((device.clone(), other.clone())),
            NetworkEvent::Disappeared(other) => _ = self.seen.remove(&(device.clone(), other.clone())),
            NetworkEvent::Offline(_) => self.seen.retain(|(who, _)| who != device),
            _ => {}
        }
    }

    /// Whether this device and those of others see each other, or it is one too many to be looked at.
    fn is_complete_with(&self, device: &Endpoint) -> bool {
        if self.there.iter().filter(|other| other.contact == device.contact).count() > LOOKED_AT {
            return true;
        }
        let mut others = self.there.iter().filter(|other| other.contact != device.contact);
        let sees = |who: &Endpoint, whom: &Endpoint| self.seen.contains(&(who.clone(), whom.clone()));
        others.all(|other| self.unplugged.contains(other) || sees(device, other) && sees(other, device))
    }
}

impl<K: Kind> World for Served<K> {
    type Net = Plugged;
    const IS_VIRTUAL: bool = false;
    const HAS_PRESENCE: bool = true;
    const HAS_SERVER: bool = true;

    fn new(_: u64) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let (accounts, cutters) = (BTreeSet::new(), BTreeMap::new());
        Self { server: server(), number, accounts, house: Arc::default(), cutters }
    }

    async fn join(&mut self, who: &str, device: &str) -> (Account, Plugged) {
        let user = self.user(who);
        if !self.accounts.contains(&user) {
            let before: Vec<&str> = self.accounts.iter().map(String::as_str).collect();
            self.server.welcome(&user, &before, &PEOPLE.map(|who| self.user(who))).unwrap();
            self.accounts.insert(user.clone());
        }
        let cutter = Arc::new(Cutter::start(self.server.place().start_tls).unwrap());
        let config = Config {
            server: Some(("127.0.0.1".into(), cutter.port())),
            security: Security::StartTls,
            channel_binding: K::BINDS,
            extra_ca: Some(self.server.place().authority.clone()),
            ..Config::new(format!("{user}@{DOMAIN}"), Zeroizing::new(password(&user)), device)
        };
        let net = Xmpp::start(config).unwrap();
        let address = net.address();
        let me = Endpoint { contact: address.clone(), device: device.into() };
        self.cutters.insert(me.clone(), Arc::clone(&cutter));
        lock(&self.house).there.insert(me.clone());
        let house = Arc::clone(&self.house);
        let mut line = Plugged { net, early: VecDeque::new(), me, cutter, house };
        let arrived = tokio::time::timeout(Self::patience(), line.arrive()).await;
        assert!(arrived.is_ok(), "{} does not arrive: {:?}", line.me, lock(&line.house).seen);
        (Account { network: "xmpp".into(), me: address, key: key(who, device) }, line)
    }

    fn cut(&mut self, device: &Endpoint) {
        lock(&self.house).unplugged.insert(device.clone());
        self.cutters[device].refuse(true);
        self.cutters[device].cut();
    }

    fn mend(&mut self, device: &Endpoint) {
        lock(&self.house).unplugged.remove(device);
        self.cutters[device].refuse(false);
    }

    fn patience() -> Duration {
        // A text of 64 KiB takes half a minute at what Debian's ejabberd lets through.
        Duration::from_secs(150)
    }

    fn short(_: Duration) -> Duration {
        // What must happen before goes through a server, on a machine that may be busy.
        Duration::from_secs(5)
    }
}

impl<K> Served<K> {
    /// The name of somebody's account in this world.
    fn user(&self, who: &str) -> String {
        format!("{who}{}", self.number)
    }
}

/// The network of a device that can be unplugged.
pub(crate) struct Plugged {
    net: Xmpp,
    /// What was reported while it arrived.
    early: VecDeque<NetworkEvent>,
    me: Endpoint,
    cutter: Arc<Cutter>,
    house: Arc<Mutex<House>>,
}

impl Plugged {
    /// Waits until it is signed in, and until it and the devices of others see each other.
    async fn arrive(&mut self) {
        let mut is_online = false;
        loop {
            if is_online && lock(&self.house).is_complete_with(&self.me) {
                return;
            }
            tokio::select! {
                event = self.net.next() => {
                    is_online |= event == NetworkEvent::Online;
                    assert!(!matches!(event, NetworkEvent::Refused(_)), "{}: {event:?}", self.me);
                    lock(&self.house).note(&self.me, &event);
                    self.early.push_back(event);
                }
                // What the others see is noted elsewhere.
                () = tokio::time::sleep(Duration::from_millis(5)) => {}
            }
        }
    }
}

impl Network for Plugged {
    fn send(&mut self, token: Token, to: To, parcel: Parcel) {
        self.net.send(token, to, parcel);
    }

    async fn next(&mut self) -> NetworkEvent {
        if let Some(event) = self.early.pop_front() {
            return event;
        }
        let event = self.net.next().await;
        lock(&self.house).note(&self.me, &event);
        event
    }
}

impl Drop for Plugged {
    fn drop(&mut self) {
        // Without its power it cannot say goodbye.
        self.cutter.refuse(true);
        self.cutter.cut();
        lock(&self.house).leave(&self.me);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
