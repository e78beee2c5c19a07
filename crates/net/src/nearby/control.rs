//! What programs ask of the network besides sending.

use super::NearbyError;
use super::address::host_and_port;
use super::frame::FrameError;
use super::open::{self, Own};
use rendezvous_core::Address;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::mpsc;

/// So many addresses of one name are tried.
const MAX_RESOLVED: usize = 8;

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
}

impl Control {
    pub(super) fn new(own: Arc<Own>, requests: mpsc::UnboundedSender<Request>) -> Self {
        Self { own, requests }
    }

    /// Finds out who is at `host:port`: dials, and has them prove their key. The link stays, so that an invitation to
    /// the address that this returns goes there. It says who answered, not who the person wanted.
    ///
    /// # Errors
    ///
    /// [`NearbyError`] says for a person why nobody was found.
    pub async fn lookup(&self, place: &str) -> Result<Address, NearbyError> {
        let (host, port) = host_and_port(place).ok_or_else(|| NearbyError::NotAPlace(place.to_owned()))?;
        let resolved = tokio::net::lookup_host((host, port)).await;
        let mut problem = NearbyError::NoSuchHost(host.to_owned());
        for found in resolved.into_iter().flatten().take(MAX_RESOLVED) {
            match open::greet_out(found, None, &self.own).await {
                Ok(greeted) => {
                    let address = greeted.party.address.clone();
                    greeted.start(&self.own.events).await;
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
        FrameError::Timeout => NearbyError::Unreachable { place, error: std::io::ErrorKind::TimedOut.into() },
        FrameError::TooMany => NearbyError::TooManyLinks,
        _ => NearbyError::NotRendezvous(place),
    }
}
