//! How links come to be: dialled, or taken from others. Both ends prove their keys, then both greet.

use super::address::{at_port, canonical, nearby_address};
use super::frame::{self, Frame, FrameError, Hello};
use super::gate::Gate;
use super::link::{self, LinkEvent, Party};
use super::on_link::OnLink;
use super::seats::{Seat, Seats};
use super::tls::{self, Tls};
use crate::Clock;
use crate::seldom::Seldom;
use rendezvous_core::Address;
use rustls::pki_types::ServerName;
use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Connecting, TLS and the greeting take at most so long together.
const PATIENCE: Duration = Duration::from_secs(10);
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
    /// Our person's contacts, and whom they invited or answered. Everybody else is a stranger.
    pub(super) welcome: Mutex<HashSet<Address>>,
    pub(super) events: mpsc::Sender<LinkEvent>,
    pub(super) seats: Seats,
    pub(super) numbers: AtomicU64,
}

impl Own {
    pub(super) fn is_welcome(&self, address: &Address) -> bool {
        self.welcome.lock().unwrap_or_else(PoisonError::into_inner).contains(address)
    }

    pub(super) fn set_welcome(&self, address: &Address, is_welcome: bool) {
        let mut welcome = self.welcome.lock().unwrap_or_else(PoisonError::into_inner);
        if is_welcome {
            welcome.insert(address.clone());
        } else {
            welcome.remove(address);
        }
    }

    /// A seat for a link with this device, which is there.
    fn seat(&self, address: &Address, at: SocketAddr) -> Result<Seat, FrameError> {
        let seat =
            if self.is_welcome(address) { self.seats.take() } else { self.seats.take_as_stranger(at.ip()) };
        seat.ok_or(FrameError::TooMany)
    }

    fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }
}

/// Takes links from others until the network is dropped.
pub(super) async fn accept(listener: TcpListener, own: Arc<Own>) {
    let (gate, mut on_link) = (Arc::new(Mutex::new(Gate::default())), OnLink::default());
    let (clock, mut not_taken) = (Clock::system(), Seldom::default());
    loop {
        let (stream, from) = match listener.accept().await {
            Ok((stream, from)) => (stream, canonical(from)),
            Err(error) => {
                // Out of descriptors, most likely; the ones in use will come back.
                not_taken.add(1);
                if let Some(times) = not_taken.due(clock.now()) {
                    tracing::warn!(%error, times, "Cannot take a link");
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Some(entered) = Entered::new(&gate, from.ip()) else { continue };
        let near = from.ip().is_loopback() || on_link.reaches(&from);
        let own = own.clone();
        tokio::spawn(async move {
            let greeted = timeout(PATIENCE, greet_in(stream, from, near, &own))
                .await
                .unwrap_or(Err(FrameError::Timeout));
            drop(entered);
            match greeted {
                Ok(greeted) => greeted.start(own).await,
                Err(error) => tracing::debug!(%from, %error, "A link was not opened"),
            }
        });
    }
}

/// A handshake under way that the gate let in.
struct Entered {
    gate: Arc<Mutex<Gate>>,
    from: IpAddr,
}

impl Entered {
    fn new(gate: &Arc<Mutex<Gate>>, from: IpAddr) -> Option<Self> {
        let may = gate.lock().unwrap_or_else(PoisonError::into_inner).enter(Instant::now(), from);
        may.then(|| Self { gate: gate.clone(), from })
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner).leave(self.from);
    }
}

/// A stream on which both sides have greeted.
pub(super) struct Greeted<S> {
    pub(super) party: Party,
    stream: S,
    seat: Seat,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Greeted<S> {
    /// Makes the link known to the network, and lets it run.
    pub(super) async fn start(self, own: Arc<Own>) {
        let Self { party, stream, seat } = self;
        let Some(work) = link::announce(&party, &own.events).await else { return };
        tokio::spawn(async move {
            let address = party.address.clone();
            // A stranger may become welcome while the link stands, and who was welcome, or only looked up, a stranger.
            let is_welcome = || own.is_welcome(&address);
            link::run(party, stream, work, own.events.clone(), is_welcome).await;
            drop(seat);
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
    let seat = own.seat(&address, from)?;
    let theirs = read_hello(&mut stream).await?;
    frame::write(&mut stream, &Frame::Hello(own.hello.clone())).await?;
    let place = Place { at: at_port(from, theirs.port), sure: near };
    let party = Party { id: own.number(), key, address, instance: theirs.instance.into(), place };
    Ok(Greeted { party, stream, seat })
}

/// Opens a link to the device with this address, or to whoever is there: our person wants to know who that is.
pub(super) async fn greet_out(
    place: SocketAddr,
    expected: Option<Address>,
    own: &Own,
) -> Result<Greeted<impl AsyncRead + AsyncWrite + Unpin + Send + use<>>, FrameError> {
    let greet = async {
        let seat = match &expected {
            Some(address) => own.seat(address, place)?,
            None => own.seats.take().ok_or(FrameError::TooMany)?,
        };
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
        Ok(Greeted { party, stream, seat })
    };
    timeout(PATIENCE, greet).await.unwrap_or(Err(FrameError::Timeout))
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
                greeted.start(own.clone()).await;
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

#[cfg(test)]
mod tests;
