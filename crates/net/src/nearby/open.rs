//! How links come to be: dialled, or taken from others. Both ends prove their keys, then both greet.

use super::address::{at_port, canonical, nearby_address};
use super::frame::{self, Frame, FrameError, Hello};
use super::gate::Gate;
use super::link::{self, LinkEvent, Party};
use super::on_link::OnLink;
use super::tls::{self, Tls};
use rendezvous_core::Address;
use rustls::pki_types::ServerName;
use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Connecting, TLS and the greeting take at most so long together.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many others may be greeting at once.
const MAX_GREETING: usize = 64;
/// So many devices that are no contacts may have a link to us at once.
pub(super) const MAX_STRANGERS: usize = 32;
/// So many links there may be at once.
pub(super) const MAX_LINKS: usize = 256;
/// So long a device is looked for that was there a moment ago: as long as a session survives its silence.
const SEARCH: Duration = Duration::from_secs(90);
/// Where a device listened and nobody does for so long, or another device does, it has gone.
const GONE_AFTER: Duration = Duration::from_secs(8);
/// The longest pause between two rounds of looking for it.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// What all links of this run share.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) tls: Tls,
    pub(super) hello: Hello,
    pub(super) address: Address,
    /// Those from whom links are always taken.
    pub(super) contacts: Mutex<HashSet<Address>>,
    pub(super) events: mpsc::Sender<LinkEvent>,
    pub(super) strangers: Arc<Semaphore>,
    pub(super) links: Arc<Semaphore>,
    pub(super) numbers: AtomicU64,
}

impl Own {
    pub(super) fn is_contact(&self, address: &Address) -> bool {
        self.contacts.lock().unwrap_or_else(PoisonError::into_inner).contains(address)
    }

    fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
}

/// Takes links from others until the network is dropped.
pub(super) async fn accept(listener: TcpListener, own: Arc<Own>) {
    let greeting = Arc::new(Semaphore::new(MAX_GREETING));
    let (mut gate, mut on_link) = (Gate::default(), OnLink::default());
    loop {
        let (stream, from) = match listener.accept().await {
            Ok((stream, from)) => (stream, canonical(from)),
            Err(error) => {
                // Out of descriptors, most likely; the ones in use will come back.
                tracing::warn!(%error, "Cannot take a link");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        if !gate.may_enter(Instant::now(), from.ip()) {
            continue;
        }
        let Ok(permit) = greeting.clone().try_acquire_owned() else { continue };
        let near = from.ip().is_loopback() || on_link.reaches(&from);
        let own = own.clone();
        tokio::spawn(async move {
            let greeted = timeout(PATIENCE, greet_in(stream, from, near, &own))
                .await
                .unwrap_or(Err(FrameError::Timeout));
            drop(permit);
            match greeted {
                Ok(greeted) => greeted.start(&own.events).await,
                Err(error) => tracing::debug!(%from, %error, "A link was not opened"),
            }
        });
    }
}

/// A stream on which both sides have greeted.
pub(super) struct Greeted<S> {
    pub(super) party: Party,
    stream: S,
    /// The places among all links, and among those of strangers, that it takes.
    permits: Vec<OwnedSemaphorePermit>,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Greeted<S> {
    /// Makes the link known to the network, and lets it run.
    pub(super) async fn start(self, events: &mpsc::Sender<LinkEvent>) {
        let Self { party, stream, permits } = self;
        let Some(work) = link::announce(&party, events).await else { return };
        let events = events.clone();
        tokio::spawn(async move {
            let stranger = permits.len() > 1;
            link::run(party, stream, work, events, stranger).await;
            drop(permits);
        });
    }
}

async fn greet_in(
    stream: TcpStream,
    from: SocketAddr,
    near: bool,
    own: &Own,
) -> Result<Greeted<impl AsyncRead + AsyncWrite + Unpin + Send + use<>>, FrameError> {
    stream.set_nodelay(true)?;
    let mut stream = own.tls.acceptor().accept(stream).await?;
    let key = tls::proven_key(stream.get_ref().1).ok_or(FrameError::NoKey)?;
    let address = nearby_address(&key);
    let mut permits = vec![permit(&own.links)?];
    if !own.is_contact(&address) {
        permits.push(permit(&own.strangers)?);
    }
    let theirs = read_hello(&mut stream).await?;
    frame::write(&mut stream, &Frame::Hello(own.hello.clone())).await?;
    let place = Place { at: at_port(from, theirs.port), sure: near };
    let party = Party { id: own.number(), key, address, instance: theirs.instance.into(), place };
    Ok(Greeted { party, stream, permits })
}

/// Opens a link to the device with this address, or to whoever is there.
pub(super) async fn greet_out(
    place: SocketAddr,
    expected: Option<Address>,
    own: &Own,
) -> Result<Greeted<impl AsyncRead + AsyncWrite + Unpin + Send + use<>>, FrameError> {
    let greet = async {
        let permits = vec![permit(&own.links)?];
        let stream = TcpStream::connect(place).await?;
        stream.set_nodelay(true)?;
        let connector = own.tls.connector(expected).map_err(|_| FrameError::NoKey)?;
        let mut stream = connector.connect(ServerName::IpAddress(place.ip().into()), stream).await?;
        let key = tls::proven_key(stream.get_ref().1).ok_or(FrameError::NoKey)?;
        frame::write(&mut stream, &Frame::Hello(own.hello.clone())).await?;
        let theirs = read_hello(&mut stream).await?;
        let address = nearby_address(&key);
        let place = Place { at: place, sure: true };
        let party = Party { id: own.number(), key, address, instance: theirs.instance.into(), place };
        Ok(Greeted { party, stream, permits })
    };
    timeout(PATIENCE, greet).await.unwrap_or(Err(FrameError::Timeout))
}

fn permit(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, FrameError> {
    places.clone().try_acquire_owned().map_err(|_| FrameError::TooMany)
}

async fn read_hello(stream: &mut (impl AsyncRead + Unpin)) -> Result<Hello, FrameError> {
    match frame::read(stream).await? {
        Frame::Hello(hello) if hello.is_acceptable() => Ok(hello),
        _ => Err(FrameError::NoHello),
    }
}

/// Where a device may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: SocketAddr,
    /// It was reached there, or nothing can be in between that would answer in its place: nobody there means that it
    /// is gone. A place that only a link from it suggests may as well be somebody's router.
    pub(super) sure: bool,
}

/// A search for a device.
#[derive(Clone, Debug)]
pub(super) struct Dial {
    /// The number of this search.
    pub(super) number: u64,
    pub(super) address: Address,
    pub(super) places: Vec<Place>,
    /// Before the first round.
    pub(super) delay: Duration,
    /// Whether it is dialling just now, as opposed to waiting.
    pub(super) dialling: Arc<AtomicBool>,
}

/// Looks for a device at all its places until it is there, or long enough. Whoever does not want to wait so long aborts
/// this when it says that it has missed.
pub(super) async fn dial(search: Dial, own: Arc<Own>) {
    let Dial { number, address, places, delay, dialling } = search;
    tokio::time::sleep(delay).await;
    let begun = Instant::now();
    let mut nobody_since = None;
    let mut pause = Duration::from_millis(100);
    loop {
        dialling.store(true, Ordering::Relaxed);
        let round = round(&places, &address, &own).await;
        dialling.store(false, Ordering::Relaxed);
        let gone = match round {
            Round::Found => return,
            Round::Nobody => nobody_since.get_or_insert_with(Instant::now).elapsed() >= GONE_AFTER,
            Round::Unclear => {
                nobody_since = None;
                false
            }
        };
        let missed = LinkEvent::Missed { address: address.clone(), dial: number, gone };
        if own.events.send(missed).await.is_err() || gone {
            return;
        }
        if begun.elapsed() > SEARCH {
            break;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    _ = own.events.send(LinkEvent::GaveUp { address, dial: number }).await;
}

/// What a look at all places gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    Found,
    /// At every place that is sure, a machine says that nobody listens there, or another device does.
    Nobody,
    Unclear,
}

async fn round(places: &[Place], address: &Address, own: &Arc<Own>) -> Round {
    let mut attempts = JoinSet::new();
    for place in places {
        let (place, expected, own) = (*place, Some(address.clone()), own.clone());
        attempts.spawn(async move { (place, greet_out(place.at, expected, &own).await) });
    }
    let mut clear = places.iter().any(|place| place.sure);
    while let Some(attempt) = attempts.join_next().await {
        match attempt {
            Ok((_, Ok(greeted))) => {
                greeted.start(&own.events).await;
                return Round::Found;
            }
            Ok((place, Err(error))) => {
                tracing::debug!(place = %place.at, %address, %error, "Cannot open a link");
                clear &= !place.sure || is_nobody(&error);
            }
            Err(_) => clear = false,
        }
    }
    if clear { Round::Nobody } else { Round::Unclear }
}

/// Whether the device is certainly not where it was looked for.
fn is_nobody(error: &FrameError) -> bool {
    let FrameError::Io(error) = error else { return false };
    let other_key = || {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        matches!(inner, Some(rustls::Error::InvalidCertificate(rustls::CertificateError::NotValidForName)))
    };
    error.kind() == ErrorKind::ConnectionRefused || other_key()
}
