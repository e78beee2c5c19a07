//! The network without account and server: links over TLS between devices that prove their keys.
//!
//! **An address is a key.** [`nearby_address`] makes it of the device's public key, and every link proves that key in
//! TLS at both ends: nobody receives or sends in another's name, whatever they claim on the way there. Where a device
//! is, is only a hint: a `host:port` that the person typed ([`Control::lookup`]), or what is announced by multicast
//! (mDNS, DNS-SD: [`SERVICE`]). Announced is the address; a name only while the person wants to be
//! [visible](Control::visible), and the number of a one-time code while one is open.
//!
//! **An endpoint is a device.** Its sessions outlive a link: both sides look for each other when it breaks, and what may
//! not have arrived is sent again. Each run of a program has a name of its own in the greeting; when another run
//! greets, nobody listens where the device was, or it says goodbye, its sessions are lost.
//!
//! A link carries length-prefixed JSON frames; every message is confirmed, so *delivered* means that the other side's
//! table has it.

mod address;
mod announcement;
mod control;
mod discovery;
mod frame;
mod gate;
mod link;
mod map;
mod on_link;
mod open;
#[doc(hidden)]
pub mod oracle;
mod peers;
mod seats;
mod table;
mod tls;

pub use address::{is_nearby_address, is_place, nearby_address, parse_address};
pub use announcement::{Neighbour, SERVICE, read_announcement};
pub use control::Control;
pub use discovery::Discovery;
pub use frame::{FrameError, read_frame};
pub use map::MapError;

use crate::{Network, NetworkEvent, Parcel};
use control::Request;
use discovery::{Discoverer, Nearness, Wanted};
use link::{LinkEvent, Outgoing};
use open::Own;
use peers::Peers;
use rendezvous_core::{Address, Body, To, Token};
use rendezvous_trust::DeviceKey;
use seats::Seats;
use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

/// Why the network cannot be used, or somebody not be reached.
#[derive(Debug, thiserror::Error)]
pub enum NearbyError {
    /// Not of the form `address:port` with a number address.
    #[error("\"{0}\" is not an address; expected a number address and a port, as in 127.0.0.1:7001")]
    NotAnAddress(String),
    /// Not of the form `host:port`.
    #[error(
        "\"{0}\" is not a place; expected a computer and a port, as in desk.local:7373 or 192.0.2.1:7373"
    )]
    NotAPlace(String),
    /// The port cannot be had.
    #[error("cannot listen on {address}: {error}. Choose another port, or end the program that uses it")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        error: io::Error,
    },
    /// Another computer has this address, or none.
    #[error(
        "{0} is not on this computer. Choose an address of its own, or none to be reached at all of them"
    )]
    NotHere(IpAddr),
    /// TLS cannot be set up.
    #[error("cannot set up TLS: {0}")]
    Tls(String),
    /// The system gave no random bits.
    #[error("the system gave no random numbers")]
    NoRandomness,
    /// The name leads nowhere.
    #[error("no computer is called \"{0}\". Check the spelling, or use its number address")]
    NoSuchHost(String),
    /// Nobody answered.
    #[error(
        "{place} could not be reached ({error}). Check the address, and that Rendezvous is running there"
    )]
    Unreachable {
        /// Where.
        place: String,
        /// Why not.
        error: io::Error,
    },
    /// Somebody answered who is not one of us.
    #[error("what answers at {0} is not Rendezvous, or not a version that this one understands")]
    NotRendezvous(String),
    /// We answered ourselves.
    #[error("{0} is this device itself")]
    Ourselves(String),
    /// Every place for a link is taken.
    #[error("there are too many connections already; end some of them")]
    TooManyLinks,
}

/// How the network is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What others are shown while we are visible; at most 63 bytes on one line.
    pub name: String,
    /// Whether to announce this device to everybody nearby, and to hear others.
    pub multicast: bool,
}

/// The network. Dropping it closes every link.
#[derive(Debug)]
pub struct Nearby {
    own: Arc<Own>,
    port: u16,
    peers: Peers,
    events: mpsc::Receiver<LinkEvent>,
    requests: mpsc::UnboundedReceiver<Request>,
    nearness: Arc<Nearness>,
    tasks: Vec<AbortHandle>,
}

impl Nearby {
    /// Listens, and proves the device's key to whoever comes.
    ///
    /// # Errors
    ///
    /// [`NearbyError`] says for a person what is missing.
    pub async fn listen(config: Config, key: Arc<DeviceKey>) -> Result<(Self, Control), NearbyError> {
        let address = nearby_address(&key.public());
        let tls = tls::Tls::new(key).map_err(|e| NearbyError::Tls(e.to_string()))?;
        let mut instance = [0; 16];
        getrandom::fill(&mut instance).map_err(|_| NearbyError::NoRandomness)?;
        let listen_error = |error: io::Error| match error.kind() {
            io::ErrorKind::AddrNotAvailable => NearbyError::NotHere(config.listen.ip()),
            _ => NearbyError::Listen { address: config.listen, error },
        };
        let listener = TcpListener::bind(config.listen).await.map_err(listen_error)?;
        let place = listener.local_addr().map_err(listen_error)?;
        let (sender, events) = mpsc::channel(256);
        let own = Arc::new(Own {
            tls,
            hello: frame::Hello::new(place.port(), instance),
            address,
            welcome: Mutex::new(HashSet::new()),
            events: sender,
            seats: Seats::default(),
            numbers: AtomicU64::new(1),
        });
        let mut tasks = vec![tokio::spawn(open::accept(listener, own.clone())).abort_handle()];
        let (asked, requests) = mpsc::unbounded_channel();
        let nearness = Arc::new(Nearness::default());
        let (wanted, watched) = watch::channel(Wanted::default());
        let (told, state) = watch::channel(Discovery::Off);
        if config.multicast {
            let (own, nearness, name) = (own.clone(), nearness.clone(), config.name);
            let discoverer = Discoverer { own, nearness, place, name, wanted: watched, state: told };
            tasks.push(tokio::spawn(discoverer.run()).abort_handle());
        }
        let control = Control::new(own.clone(), asked, nearness.clone(), wanted, state);
        let peers = Peers::new(own.clone());
        Ok((Self { own, port: place.port(), peers, events, requests, nearness, tasks }, control))
    }

    /// Our own address.
    #[must_use]
    pub fn address(&self) -> Address {
        self.own.address.clone()
    }

    /// The port that was taken.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Brings the peers up to date without waiting: a link that a lookup has opened is known before the invitation.
    fn catch_up(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            self.peers.note(event);
        }
        while let Ok(request) = self.requests.try_recv() {
            self.serve(request);
        }
    }

    fn serve(&mut self, request: Request) {
        match request {
            Request::Know(address, places) => {
                self.peers.know(address.clone(), places);
                let announced = self.nearness.table().places(&address);
                self.peers.announced(&address, announced);
            }
            Request::Forget(address) => self.peers.forget(&address),
        }
    }
}

impl Network for Nearby {
    fn send(&mut self, token: Token, to: To, parcel: Parcel) {
        self.catch_up();
        let invites = matches!(parcel.message.body, Body::Invite(_));
        let (address, waits) = match to {
            To::Contact(contact) => (contact, true),
            To::Endpoint(endpoint) => (endpoint.contact, invites),
        };
        if !parcel.is_whole() {
            tracing::error!(session = %token.session, "A message without what it must travel with");
            return self.peers.fail(token);
        }
        if !self.peers.knows(&address) {
            let announced = self.nearness.table().places(&address);
            self.peers.meet(&address, announced);
        }
        self.peers.send(&address, Outgoing { token, waits, parcel: Box::new(parcel) });
    }

    async fn next(&mut self) -> NetworkEvent {
        loop {
            if let Some(report) = self.peers.report() {
                return report;
            }
            tokio::select! {
                event = self.events.recv() => self.peers.note(event.expect("we hold a sender ourselves")),
                Some(request) = self.requests.recv() => self.serve(request),
            }
        }
    }
}

impl Drop for Nearby {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}
