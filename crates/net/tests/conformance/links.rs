//! TLS links on this machine. A person is one device, and everybody was told once where the others are: at relays, one
//! for each who dials and each who is dialled, which can be closed.

use crate::world::{World, key};
use rendezvous_core::{Address, Endpoint, To, Token};
use rendezvous_net::nearby::{Config, Control, Nearby};
use rendezvous_net::{Account, Network, NetworkEvent, Parcel};
use rendezvous_trust::DeviceKey;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::AbortHandle;

/// Several devices and the relays between them.
pub(crate) struct Links {
    /// Who there is, by name.
    people: BTreeMap<String, Someone>,
    relays: Relays,
}

struct Someone {
    address: Address,
    /// Where they listen, so that they can come back to the same place.
    place: SocketAddr,
    control: Control,
}

/// By who dials and who is dialled.
type Relays = Arc<Mutex<BTreeMap<(Address, Address), Relay>>>;

impl World for Links {
    type Net = Relayed;
    const IS_VIRTUAL: bool = false;
    const HAS_PRESENCE: bool = false;

    fn new(_: u64) -> Self {
        Self { people: BTreeMap::new(), relays: Relays::default() }
    }

    async fn join(&mut self, who: &str, device: &str) -> (Account, Relayed) {
        let listen = self.people.get(who).map_or_else(|| (host(), 0).into(), |someone| someone.place);
        let config = Config { listen, name: who.into(), multicast: false };
        let key = key(who, device);
        let (net, control) = come_up(config, key.clone()).await;
        let (me, place) = (net.address(), SocketAddr::new(listen.ip(), net.port()));
        for other in self.people.values().filter(|other| other.address != me) {
            control.know(other.address.clone(), vec![self.relay(&me, &other.address, other.place).await]);
            other.control.know(me.clone(), vec![self.relay(&other.address, &me, place).await]);
        }
        self.people.insert(who.to_owned(), Someone { address: me.clone(), place, control });
        let account = Account { network: "nearby".into(), me: me.clone(), key };
        (account, Relayed { net, me, relays: self.relays.clone() })
    }

    /// That a device is gone is certain after ten seconds; a busy machine takes its share of what is left.
    fn patience() -> Duration {
        Duration::from_secs(60)
    }

    fn cut(&mut self, device: &Endpoint) {
        with(&self.relays, |from, to, relay| {
            if [from, to].contains(&&device.contact) {
                relay.cut();
            }
        });
    }

    fn mend(&mut self, device: &Endpoint) {
        with(&self.relays, |from, to, relay| {
            if [from, to].contains(&&device.contact) {
                relay.open();
            }
        });
    }
}

impl Links {
    /// The place of the relay between these, which leads to `target`.
    async fn relay(&self, from: &Address, to: &Address, target: SocketAddr) -> SocketAddr {
        let ends = (from.clone(), to.clone());
        let known = lock(&self.relays).get(&ends).map(|relay| relay.place);
        let place = match known {
            Some(place) => place,
            // Nobody else listens at this address, so its port is still free when the relay comes back to it.
            None => TcpListener::bind((host(), 0)).await.unwrap().local_addr().unwrap(),
        };
        let mut relays = lock(&self.relays);
        let relay = relays.entry(ends).or_insert_with(|| Relay {
            place,
            target,
            task: None,
            streams: Streams::default(),
        });
        relay.target = target;
        relay.open();
        place
    }
}

/// Listens, also where a device that lost its power a moment ago has not left yet.
async fn come_up(config: Config, key: Arc<DeviceKey>) -> (Nearby, Control) {
    let begun = Instant::now();
    loop {
        match Nearby::listen(config.clone(), key.clone()).await {
            Ok(network) => return network,
            Err(error) => assert!(begun.elapsed() < Links::patience(), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A device's network. When it is gone, nobody answers for it.
pub(crate) struct Relayed {
    net: Nearby,
    me: Address,
    relays: Relays,
}

impl Network for Relayed {
    fn send(&mut self, token: Token, to: To, parcel: Parcel) {
        self.net.send(token, to, parcel);
    }

    async fn next(&mut self) -> NetworkEvent {
        self.net.next().await
    }
}

impl Drop for Relayed {
    fn drop(&mut self) {
        with(&self.relays, |_, to, relay| {
            if *to == self.me {
                relay.close();
            }
        });
    }
}

type Streams = Arc<Mutex<Vec<AbortHandle>>>;

struct Relay {
    place: SocketAddr,
    target: SocketAddr,
    /// While it listens.
    task: Option<AbortHandle>,
    /// What it carries.
    streams: Streams,
}

impl Relay {
    fn open(&mut self) {
        self.close();
        let (place, target, streams) = (self.place, self.target, self.streams.clone());
        self.task = Some(tokio::spawn(carry(place, target, streams)).abort_handle());
    }

    /// Takes nothing more; what it carries goes on.
    fn close(&mut self) {
        self.task.take().inspect(AbortHandle::abort);
    }

    /// Breaks off what it carries, too, without a word.
    fn cut(&mut self) {
        self.close();
        self.streams.lock().unwrap().drain(..).for_each(|stream| stream.abort());
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.cut();
    }
}

async fn carry(place: SocketAddr, target: SocketAddr, streams: Streams) {
    let listener = loop {
        match TcpListener::bind(place).await {
            Ok(listener) => break listener,
            // The one before this goes in a moment.
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    loop {
        let (from, _) = listener.accept().await.unwrap();
        let task = tokio::spawn(pass(from, place.ip(), target)).abort_handle();
        let mut streams = streams.lock().unwrap();
        streams.retain(|stream| !stream.is_finished());
        streams.push(task);
    }
}

/// The stream goes on from an address at which nobody listens, so that no way leads around the relay.
async fn pass(mut from: TcpStream, via: IpAddr, target: SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((via, 0).into()).unwrap();
    let Ok(mut to) = socket.connect(target).await else { return };
    // However it ends: both ends are closed.
    _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
}

/// An address of this machine that nobody else uses.
fn host() -> IpAddr {
    static COUNT: AtomicU16 = AtomicU16::new(1);
    let [high, low] = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let process = u8::try_from(std::process::id() % 64).unwrap();
    Ipv4Addr::new(127, 64 + process, high, low.max(1)).into()
}

fn lock(relays: &Relays) -> std::sync::MutexGuard<'_, BTreeMap<(Address, Address), Relay>> {
    relays.lock().unwrap_or_else(PoisonError::into_inner)
}

fn with(relays: &Relays, mut act: impl FnMut(&Address, &Address, &mut Relay)) {
    lock(relays).iter_mut().for_each(|((from, to), relay)| act(from, to, relay));
}
