//! What programs ask of the network besides sending.

use super::NearbyError;
use super::address::host_and_port;
use super::announcement::Neighbour;
use super::discovery::{Discovery, Nearness, Wanted};
use super::frame::FrameError;
use super::open::{self, Own};
use rendezvous_core::Address;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// So many addresses of one name are tried.
const MAX_RESOLVED: usize = 8;
/// Finding a place takes no longer than this, its name included.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whoever wants to be seen for ever says so again each day.
const LONGEST_VISIBLE: Duration = Duration::from_secs(24 * 60 * 60);

/// Whoever ends a program does not wait longer for it.
const LONGEST_GOODBYE: Duration = Duration::from_secs(3);

/// What a [`Control`] asks of the network.
#[derive(Debug)]
pub(super) enum Request {
    Know(Address, Vec<SocketAddr>),
    Forget(Address),
}

/// Asks the network for what is not a message. Cheap to clone; works while the [`Nearby`](super::Nearby) is driven.
#[derive(Clone, Debug)]
pub struct Control {
    own: Arc<Own>,
    requests: mpsc::UnboundedSender<Request>,
    nearness: Arc<Nearness>,
    wanted: watch::Sender<Wanted>,
    discovery: watch::Receiver<Discovery>,
}

impl Control {
    pub(super) fn new(
        own: Arc<Own>,
        requests: mpsc::UnboundedSender<Request>,
        nearness: Arc<Nearness>,
        wanted: watch::Sender<Wanted>,
        discovery: watch::Receiver<Discovery>,
    ) -> Self {
        Self { own, requests, nearness, wanted, discovery }
    }

    /// Finds out who is at `host:port`: dials, and has them prove their key. The link stays, so that an invitation to
    /// the address that this returns goes there. It says who answered, not who the person wanted.
    ///
    /// # Errors
    ///
    /// [`NearbyError`] says for a person why nobody was found.
    pub async fn lookup(&self, place: &str) -> Result<Address, NearbyError> {
        let late = || NearbyError::Unreachable { place: place.to_owned(), error: ErrorKind::TimedOut.into() };
        tokio::time::timeout(PATIENCE, self.look(place)).await.unwrap_or_else(|_| Err(late()))
    }

    async fn look(&self, place: &str) -> Result<Address, NearbyError> {
        let (host, port) = host_and_port(place).ok_or_else(|| NearbyError::NotAPlace(place.to_owned()))?;
        let resolved = tokio::net::lookup_host((host, port)).await;
        let mut problem = NearbyError::NoSuchHost(host.to_owned());
        for found in resolved.into_iter().flatten().take(MAX_RESOLVED) {
            match open::greet_out(found, None, &self.own).await {
                Ok(greeted) => {
                    let address = greeted.party.address.clone();
                    greeted.start(self.own.clone()).await;
                    return Ok(address);
                }
                Err(error) => problem = why(place, error),
            }
        }
        Err(problem)
    }

    /// Tells of a contact, and where it may be. Its presence is reported from now on, and it always finds a free link.
    pub fn know(&self, address: Address, places: Vec<SocketAddr>) {
        // Without the network there is nothing to know.
        _ = self.requests.send(Request::Know(address, places));
    }

    /// Not a contact any more.
    pub fn forget(&self, address: Address) {
        _ = self.requests.send(Request::Forget(address));
    }

    /// Shows our name to everybody nearby for so long, at most a day; `None` hides it at once.
    pub fn visible(&self, time: Option<Duration>) {
        let until = time.map(|time| Instant::now() + time.min(LONGEST_VISIBLE));
        self.wanted.send_modify(|wanted| wanted.visible_until = until);
    }

    /// Whether our name is shown now.
    #[must_use]
    pub fn is_visible(&self) -> bool {
        self.wanted.borrow().visible_until.is_some_and(|until| until > Instant::now())
    }

    /// Says to everybody nearby that our person has a one-time code of this number open; `None`, that it is not any more.
    pub fn offer_code(&self, nameplate: Option<u16>) {
        self.wanted.send_modify(|wanted| wanted.nameplate = nameplate);
    }

    /// Who says that they have the one-time code of this number open. Anybody can say so; the code itself tells.
    #[must_use]
    pub fn find_code(&self, nameplate: u16) -> Vec<Address> {
        self.nearness.table().with_code(nameplate)
    }

    /// Everybody who is nearby at this moment, as they say; at most 512.
    #[must_use]
    pub fn neighbours(&self) -> Vec<Neighbour> {
        self.nearness.table().all()
    }

    /// Before the program ends: says to everybody nearby that this device is not there any more, and waits, at most three
    /// seconds, until that is said.
    pub async fn leave(&self) {
        self.wanted.send_modify(|wanted| wanted.leaving = true);
        let mut discovery = self.discovery.clone();
        let left = discovery.wait_for(|state| *state != Discovery::On);
        _ = tokio::time::timeout(LONGEST_GOODBYE, left).await;
    }

    /// Whether others nearby can be found, now and whenever it changes.
    #[must_use]
    pub fn discovery(&self) -> watch::Receiver<Discovery> {
        self.discovery.clone()
    }
}

fn why(place: &str, error: FrameError) -> NearbyError {
    let place = place.to_owned();
    match error {
        FrameError::Io(error) => match error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(
                rustls::CertificateError::ApplicationVerificationFailure,
            )) => NearbyError::Ourselves(place),
            Some(_) => NearbyError::NotRendezvous(place),
            None => NearbyError::Unreachable { place, error },
        },
        FrameError::Timeout => NearbyError::Unreachable { place, error: ErrorKind::TimedOut.into() },
        FrameError::TooMany => NearbyError::TooManyLinks,
        _ => NearbyError::NotRendezvous(place),
    }
}
