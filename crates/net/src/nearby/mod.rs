//! The network without account and server: TLS streams to `host:port`.
//!
//! One link carries length-prefixed JSON frames (`frame`, `map`); every message is acknowledged, so *delivered*
//! means that the other side's table has it.
//!
//! **An endpoint is a link.** Who opens a link to us *says* where it listens, and nothing proves it yet. So a session
//! stays on the link on which it began: its messages travel there, are taken from there only, and it is lost with it.
//! An invitation of ours always goes over a link that we opened to the address that the person typed. Somebody who
//! claims another's address can therefore neither take over a session nor receive an invitation meant for them.
//!
//! **Loopback only, for now.** TLS ties a link to one program until it ends, but nothing yet proves *who* that is, so
//! every address that is not loopback is refused: [`NearbyError::NotLoopback`].

mod frame;
mod link;
mod map;
#[doc(hidden)]
pub mod oracle;
mod tls;

pub use frame::FrameError;
pub use map::MapError;

use crate::{Network, NetworkEvent, Parcel};
use link::{Link, LinkEvent, Outgoing};
use rendezvous_core::{Address, Delivery, Endpoint, To, Token};
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// More links than this at once are turned away.
const MAX_LINKS: usize = 32;

/// Why the network cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NearbyError {
    /// Not of the form `host:port`.
    #[error("\"{0}\" is not an address; expected a number address and a port, as in 127.0.0.1:7001")]
    NotAnAddress(String),
    /// Somewhere else than this machine.
    #[error(
        "{0} is not on this computer. Until people can be verified, only loopback addresses such as 127.0.0.1:7001 are possible"
    )]
    NotLoopback(IpAddr),
    /// The port cannot be had.
    #[error("cannot listen on {address}: {error}. Choose another port, or end the program that uses it")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        error: io::Error,
    },
    /// No certificate could be made.
    #[error("cannot make a certificate for TLS: {0}")]
    Tls(String),
}

/// Reads an address of this network and refuses every one that is not loopback.
pub fn parse_address(text: &str) -> Result<SocketAddr, NearbyError> {
    let address: SocketAddr = text.parse().map_err(|_| NearbyError::NotAnAddress(text.to_owned()))?;
    if address.ip().is_loopback() { Ok(address) } else { Err(NearbyError::NotLoopback(address.ip())) }
}

/// The network. Dropping it closes every link.
#[derive(Debug)]
pub struct Nearby {
    me: SocketAddr,
    device: String,
    tls: tls::Tls,
    /// Links that we opened, by the address that we opened them to.
    dialled: HashMap<Address, Link>,
    /// Links that others opened.
    inbound: HashMap<u64, Link>,
    events: mpsc::Receiver<LinkEvent>,
    sender: mpsc::Sender<LinkEvent>,
    /// What is known without asking a link: failures to report.
    failed: std::collections::VecDeque<Token>,
    next_link: u64,
    listener: AbortHandle,
}

impl Nearby {
    /// Listens on a loopback address; port 0 takes a free one. `device` names this device to others.
    pub async fn listen(address: SocketAddr, device: String) -> Result<Self, NearbyError> {
        if !address.ip().is_loopback() {
            return Err(NearbyError::NotLoopback(address.ip()));
        }
        let tls = tls::Tls::new().map_err(|e| NearbyError::Tls(e.to_string()))?;
        let listen_error = |error| NearbyError::Listen { address, error };
        let listener = TcpListener::bind(address).await.map_err(listen_error)?;
        let me = listener.local_addr().map_err(listen_error)?;
        let (sender, events) = mpsc::channel(256);
        let hello = Arc::new(frame::Hello::new(me.port(), device.clone()));
        let task = tokio::spawn(link::accept(listener, tls.clone(), hello, sender.clone()));
        Ok(Self {
            me,
            device,
            tls,
            dialled: HashMap::new(),
            inbound: HashMap::new(),
            events,
            sender,
            failed: std::collections::VecDeque::new(),
            next_link: 0,
            listener: task.abort_handle(),
        })
    }

    /// Our own address, with the port that was taken.
    #[must_use]
    pub fn address(&self) -> Address {
        Address::new(self.me.to_string()).expect("a socket address is printable and has no blanks")
    }

    /// The link that we opened to a contact; opens one when there is none.
    fn dial(&mut self, contact: &Address) -> Option<&Link> {
        if !self.dialled.contains_key(contact) {
            let address = parse_address(contact.as_str()).ok()?;
            if self.dialled.len() >= MAX_LINKS {
                return None;
            }
            self.next_link += 1;
            let hello = Arc::new(frame::Hello::new(self.me.port(), self.device.clone()));
            let link = Link::dial(
                self.next_link,
                address,
                contact.clone(),
                self.tls.clone(),
                hello,
                self.sender.clone(),
            );
            self.dialled.insert(contact.clone(), link);
        }
        self.dialled.get(contact)
    }

    /// The link that an endpoint is, while it lives.
    fn existing(&self, endpoint: &Endpoint) -> Option<&Link> {
        let named = |link: &&Link| link::device(link.id()) == *endpoint.device;
        let dialled = self.dialled.get(&endpoint.contact).filter(named);
        dialled.or_else(|| self.inbound.values().find(named))
    }

    /// Takes note of what a link says; an event when the table must know.
    fn note(&mut self, event: LinkEvent) -> Option<NetworkEvent> {
        match event {
            LinkEvent::Opened { link } => {
                // Beyond the cap it is dropped, and with that closed.
                if self.inbound.len() < MAX_LINKS {
                    self.inbound.insert(link.id(), link);
                }
                None
            }
            LinkEvent::Received { from, parcel } => Some(NetworkEvent::Received { from, parcel }),
            LinkEvent::Delivery { token, outcome } => Some(NetworkEvent::Delivery { token, outcome }),
            LinkEvent::Closed { id, contact, endpoint } => {
                self.inbound.remove(&id);
                if self.dialled.get(&contact).is_some_and(|l| l.id() == id) {
                    self.dialled.remove(&contact);
                }
                endpoint.map(NetworkEvent::Lost)
            }
        }
    }
}

impl Network for Nearby {
    fn send(&mut self, token: Token, to: To, parcel: Parcel) {
        let link = match to {
            To::Contact(contact) => self.dial(&contact),
            To::Endpoint(endpoint) => self.existing(&endpoint),
        };
        let taken = link.is_some_and(|link| link.send(Outgoing { token, parcel }));
        if !taken {
            self.failed.push_back(token);
        }
    }

    async fn next(&mut self) -> NetworkEvent {
        loop {
            if let Some(token) = self.failed.pop_front() {
                return NetworkEvent::Delivery { token, outcome: Delivery::Failed };
            }
            let event = self.events.recv().await.expect("we hold a sender ourselves");
            if let Some(event) = self.note(event) {
                return event;
            }
        }
    }
}

impl Drop for Nearby {
    fn drop(&mut self) {
        self.listener.abort();
    }
}
