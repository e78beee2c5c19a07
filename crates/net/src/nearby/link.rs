//! One TLS stream to one device: carries messages both ways, confirms them, and says when it is gone.

use super::frame::{self, Frame, FrameError};
use super::map;
use super::open::Place;
use crate::Parcel;
use rendezvous_core::{Address, Delivery, Token};
use rendezvous_trust::PublicKey;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::timeout;

/// So many messages may wait for a slow link; further ones fail at once.
const QUEUE: usize = 2048;
/// So many bytes are written ahead of their confirmation. What waits in the system's buffers delays the confirmations of
/// the other direction, and is lost with the link.
const WINDOW: usize = 4 * 1024;
/// A frame of a stranger may come each time this has passed…
const STRANGERS_FRAME_EVERY: Duration = Duration::from_millis(1);
/// …and one of a device each time this has, with which the person here wants something: two applications may talk.
const FRAME_EVERY: Duration = Duration::from_micros(100);
/// So much of that time may be used up ahead.
const AHEAD: Duration = Duration::from_secs(1);
/// What is not confirmed after this time never will be on this link.
const CONFIRMED_WITHIN: Duration = Duration::from_secs(20);
/// A stranger who opens a link has something to say by then…
const SILENCE: Duration = Duration::from_secs(60);
/// …and again in each of these times. While it rings, nothing is said for minutes.
const LATER_SILENCE: Duration = Duration::from_secs(5 * 60);
/// How often that is looked at.
const LOOK: Duration = Duration::from_secs(2);

/// A message for a device.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) token: Token,
    /// Waits for a link. What does not is sent again by the table when there is one, in its order.
    pub(super) waits: bool,
    pub(super) parcel: Box<Parcel>,
}

/// Who a link is with.
#[derive(Clone, Debug)]
pub(super) struct Party {
    /// The number of the link.
    pub(super) id: u64,
    /// The key that TLS proved.
    pub(super) key: PublicKey,
    /// The address of that key.
    pub(super) address: Address,
    /// Which run of their program it is.
    pub(super) instance: Arc<str>,
    /// Where they listen.
    pub(super) place: Place,
}

/// What links tell the network.
#[derive(Debug)]
pub(super) enum LinkEvent {
    /// A link is there: somebody greeted.
    Opened { link: Link },
    /// A message came in.
    Received { from: Party, parcel: Box<Parcel> },
    /// What became of a message.
    Delivery { token: Token, outcome: Delivery },
    /// The link is gone, after everything else that it had to say.
    /// `open` messages were written to it and not confirmed.
    Closed { party: Party, unsent: Vec<Outgoing>, open: usize, end: End },
    /// Nobody with this address was found at any of the places, once more.
    Missed { address: Address, dial: u64, gone: bool },
    /// An address is said to be at these places now; nowhere, when nobody says it any more.
    Announced { address: Address, places: Vec<SocketAddr> },
    /// The search for this address is over.
    GaveUp { address: Address, dial: u64 },
}

/// How a link ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It broke, or one side needed it no longer.
    Broken,
    /// The other side broke the rules.
    Fault,
    /// The other side's program ended.
    Bye,
    /// Nothing was said on it, and nobody keeps it.
    Idle,
}

/// The network's end of a link. Dropping it says goodbye once the queue is empty, since the network is dropped then.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) party: Party,
    queue: mpsc::Sender<Outgoing>,
    retired: watch::Sender<bool>,
}

impl Link {
    /// Queues a message, or gives it back when the link is gone or too slow.
    pub(super) fn send(&self, outgoing: Outgoing) -> Result<(), Unsent> {
        self.queue.try_send(outgoing).map_err(|error| match error {
            mpsc::error::TrySendError::Full(outgoing) => Unsent::TooSlow(outgoing.token),
            mpsc::error::TrySendError::Closed(outgoing) => Unsent::Gone(outgoing),
        })
    }

    /// Closes the link without ending anything that its device takes part in. What it has not sent comes back.
    pub(super) fn retire(self) {
        // Set before the queue is dropped, which would be a goodbye.
        self.retired.send_replace(true);
    }
}

/// Why a message was not queued.
#[derive(Debug)]
pub(super) enum Unsent {
    TooSlow(Token),
    Gone(Outgoing),
}

/// What a link is to do, and nobody does yet.
#[derive(Debug)]
pub(super) struct Work {
    queue: mpsc::Receiver<Outgoing>,
    retired: watch::Receiver<bool>,
}

/// Makes a link known to the network; `None` when the network is gone.
pub(super) async fn announce(party: &Party, events: &mpsc::Sender<LinkEvent>) -> Option<Work> {
    let (queue, outgoing) = mpsc::channel(QUEUE);
    let (retired, is_retired) = watch::channel(false);
    let opened = LinkEvent::Opened { link: Link { party: party.clone(), queue, retired } };
    events.send(opened).await.ok().map(|()| Work { queue: outgoing, retired: is_retired })
}

/// Carries messages over a stream on which both sides have greeted, until it ends.
/// A link on which nothing is said goes on only while `is_welcome` says so, and only then is it read fast.
pub(super) async fn run<S>(
    party: Party,
    stream: S,
    work: Work,
    events: mpsc::Sender<LinkEvent>,
    is_welcome: impl Fn() -> bool,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let (received, mut to_confirm) = watch::channel(0);
    let unconfirmed = Unconfirmed::default();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let Work { mut queue, retired } = work;
    let pace = Pace { ahead: Instant::now(), is_welcome: &is_welcome };
    let said = || *received.borrow() + unconfirmed.written.load(Ordering::Relaxed);
    let end = tokio::select! {
        () = taken_over(retired.clone()) => Ok(End::Broken),
        end = read_all(&party, &mut reader, pace, &events, &unconfirmed, &received) => end,
        end = write_all(&mut writer, &mut queue, &retired, &mut to_confirm, &unconfirmed) => end,
        () = unconfirmed.overdue() => Err(FrameError::Timeout),
        () = idle(said, &is_welcome) => Ok(End::Idle),
    };
    tracing::debug!(link = party.id, address = %party.address, ?end, "A link ended");
    let end = match end {
        Ok(end) => end,
        Err(error) if error.is_fault() => End::Fault,
        Err(_) => End::Broken,
    };
    report(party, queue, &unconfirmed, end, &events).await;
}

/// Returns when another link has taken over.
async fn taken_over(mut retired: watch::Receiver<bool>) {
    if retired.wait_for(|retired| *retired).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Says what became of everything that is left, then that the link is gone.
async fn report(
    party: Party,
    mut queue: mpsc::Receiver<Outgoing>,
    unconfirmed: &Unconfirmed,
    end: End,
    events: &mpsc::Sender<LinkEvent>,
) {
    queue.close();
    // What was written may have arrived; what still waited did not.
    let written = std::mem::take(&mut *unconfirmed.lock());
    let open = written.len();
    for Open { token, .. } in written {
        _ = events.send(LinkEvent::Delivery { token, outcome: Delivery::Unknown }).await;
    }
    let unsent = std::iter::from_fn(|| queue.try_recv().ok()).collect();
    // Without the network nobody wants to know.
    _ = events.send(LinkEvent::Closed { party, unsent, open, end }).await;
}

async fn read_all(
    party: &Party,
    reader: &mut (impl AsyncRead + Unpin),
    mut pace: Pace<impl Fn() -> bool>,
    events: &mpsc::Sender<LinkEvent>,
    unconfirmed: &Unconfirmed,
    received: &watch::Sender<u64>,
) -> Result<End, FrameError> {
    loop {
        pace.wait().await;
        match frame::read(reader).await? {
            Frame::Hello(_) => return Err(FrameError::NoHello),
            Frame::Bye => return Ok(End::Bye),
            Frame::Message { number, message } => {
                if number != *received.borrow() + 1 {
                    return Err(FrameError::OutOfOrder);
                }
                let parcel = Box::new(map::from_wire(message, &party.address)?);
                if parcel.key().is_some_and(|key| *key != party.key) {
                    return Err(FrameError::OtherKey);
                }
                if events.send(LinkEvent::Received { from: party.clone(), parcel }).await.is_err() {
                    return Ok(End::Broken);
                }
                received.send_replace(number);
            }
            Frame::Taken { number } => {
                for token in unconfirmed.confirm(number)? {
                    _ = events.send(LinkEvent::Delivery { token, outcome: Delivery::Delivered }).await;
                }
            }
        }
    }
}

/// Reads no faster than we want to work for one other device. The rest waits over there.
struct Pace<F> {
    ahead: Instant,
    is_welcome: F,
}

impl<F: Fn() -> bool> Pace<F> {
    async fn wait(&mut self) {
        if let Some(moment) = self.pauses_until(Instant::now()) {
            tokio::time::sleep_until(moment.into()).await;
        }
    }

    /// One more frame is read; until when that has to wait.
    fn pauses_until(&mut self, now: Instant) -> Option<Instant> {
        let every = if (self.is_welcome)() { FRAME_EVERY } else { STRANGERS_FRAME_EVERY };
        self.ahead = self.ahead.max(now) + every;
        (self.ahead > now + AHEAD).then(|| self.ahead - AHEAD)
    }
}

/// Writes until there is nothing more to say. Reading never waits for it, so two sides with much to say cannot block
/// each other.
async fn write_all(
    writer: &mut (impl AsyncWrite + Unpin),
    queue: &mut mpsc::Receiver<Outgoing>,
    retired: &watch::Receiver<bool>,
    to_confirm: &mut watch::Receiver<u64>,
    unconfirmed: &Unconfirmed,
) -> Result<End, FrameError> {
    let mut last = 0;
    let mut bye = false;
    while !bye {
        let bytes = tokio::select! {
            biased;
            Ok(()) = to_confirm.changed() => {
                let number = *to_confirm.borrow_and_update();
                frame::encode(&Frame::Taken { number })?
            }
            outgoing = queue.recv(), if unconfirmed.has_room() => match outgoing {
                None if *retired.borrow() => return Ok(End::Broken),
                None => {
                    bye = true;
                    frame::encode(&Frame::Bye)?
                }
                Some(Outgoing { token, parcel, .. }) => {
                    let Some(message) = map::to_wire(*parcel) else { continue };
                    last += 1;
                    let bytes = frame::encode(&Frame::Message { number: last, message })?;
                    unconfirmed.push(last, token, bytes.len());
                    bytes
                }
            },
            () = unconfirmed.room.notified() => continue,
        };
        timeout(CONFIRMED_WITHIN, frame::write_bytes(writer, &bytes))
            .await
            .map_err(|_| FrameError::Timeout)??;
    }
    Ok(End::Broken)
}

/// Returns when nothing was said on the link for a while and nobody keeps it.
async fn idle(said: impl Fn() -> u64, is_kept: impl Fn() -> bool) {
    loop {
        let before = said();
        tokio::time::sleep(if before == 0 { SILENCE } else { LATER_SILENCE }).await;
        if said() == before && !is_kept() {
            return;
        }
    }
}

/// A message that was written and not confirmed.
#[derive(Debug)]
struct Open {
    number: u64,
    token: Token,
    size: usize,
    since: Instant,
}

/// Those messages, oldest first.
#[derive(Debug, Default)]
struct Unconfirmed {
    open: Mutex<VecDeque<Open>>,
    /// So many were written since the link was opened.
    written: AtomicU64,
    /// Woken when something was confirmed.
    room: Notify,
}

impl Unconfirmed {
    fn lock(&self) -> MutexGuard<'_, VecDeque<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_room(&self) -> bool {
        self.lock().iter().map(|open| open.size).sum::<usize>() < WINDOW
    }

    fn push(&self, number: u64, token: Token, size: usize) {
        self.written.fetch_add(1, Ordering::Relaxed);
        self.lock().push_back(Open { number, token, size, since: Instant::now() });
    }

    fn confirm(&self, number: u64) -> Result<Vec<Token>, FrameError> {
        let mut open = self.lock();
        if !open.iter().any(|o| o.number == number) {
            return Err(FrameError::OutOfOrder);
        }
        self.room.notify_one();
        Ok(std::iter::from_fn(|| open.pop_front_if(|o| o.number <= number)).map(|o| o.token).collect())
    }

    /// Returns when a message was not confirmed in time.
    async fn overdue(&self) {
        let mut look = tokio::time::interval(LOOK);
        loop {
            look.tick().await;
            if self.lock().front().is_some_and(|oldest| oldest.since.elapsed() > CONFIRMED_WITHIN) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
