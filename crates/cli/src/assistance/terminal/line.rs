//! The connection between the two: sockets around the pure peer. At the sharer's it exists only with a permission to look,
//! at both only with the certificates that both sides have signed.

use crate::assistance::media::Lack;
use crate::assistance::media::ways::{Arrived, Plan, Ways};
use rendezvous_assist::Time;
use rendezvous_assist::description::Description;
use rendezvous_assist::paths::Trouble;
use rendezvous_assist::peer::Certificate;
use rendezvous_assist::peer::data::{DataEvent, DataOutput, DataPeer};
use rendezvous_assist::terminal::wire::MAX_MESSAGE;
use rendezvous_trust::bind::Bound;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Somebody looks after everything this often at least.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What the connection tells.
#[derive(Debug)]
pub(super) enum LineEvent {
    /// Our half, for the other side.
    Described(Description),
    /// There is no way to this computer.
    Lacks(Lack),
    /// A server is of no use; there may be ways without it.
    Troubled(Trouble),
    /// Messages may be sent.
    Open,
    /// They may not for now.
    Lost,
    Message(Vec<u8>),
    /// It will not come back.
    Over,
}

/// What is wanted of it.
enum Order {
    Accept(Box<(Bound, Description)>),
    Send(Vec<u8>),
}

/// With whom, and who begins.
pub(super) enum Begin {
    /// This side describes itself first.
    Offer,
    /// This side answers, with what both have signed.
    Answer(Box<(Bound, Description)>),
}

/// Says whether anything may leave.
pub(super) type Permit = Box<dyn Fn() -> bool + Send + Sync>;

/// A connection, or one that comes about. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Line {
    events: mpsc::Receiver<LineEvent>,
    orders: mpsc::UnboundedSender<Order>,
}

impl Line {
    /// Looks for ways, and describes this side with [`LineEvent::Described`]. Nothing leaves once `may` says no.
    pub(super) fn begin(begin: Begin, certificate: Arc<Certificate>, plan: Plan, may: Permit) -> Self {
        let (sender, events) = mpsc::channel(64);
        let (orders, received) = mpsc::unbounded_channel();
        let running = Running { epoch: Instant::now(), certificate, plan, may, events: sender };
        tokio::spawn(running.run(begin, received));
        Self { events, orders }
    }

    /// The other side answered what this one described.
    pub(super) fn accept(&self, bound: Bound, answer: Description) {
        _ = self.orders.send(Order::Accept(Box::new((bound, answer))));
    }

    /// Sends a message. How many may be under way is the caller's affair; what is too much ends the connection, since a
    /// message that is missing would be worse.
    pub(super) fn send(&self, message: Vec<u8>) {
        _ = self.orders.send(Order::Send(message));
    }

    /// What happens next. After [`LineEvent::Over`] nothing does.
    pub(super) async fn next(&mut self) -> LineEvent {
        match self.events.recv().await {
            Some(event) => event,
            None => LineEvent::Over,
        }
    }
}

struct Running {
    epoch: Instant,
    certificate: Arc<Certificate>,
    plan: Plan,
    may: Permit,
    events: mpsc::Sender<LineEvent>,
}

impl Running {
    async fn run(self, begin: Begin, mut orders: mpsc::UnboundedReceiver<Order>) {
        let (packets, mut received) = mpsc::channel(256);
        if let Some((mut peer, mut ways)) = self.open(begin, packets, &mut received).await {
            while (self.may)()
                && let Some(due) = self.drain(&mut peer, &mut ways).await
            {
                let sleep = tokio::time::sleep_until((self.epoch + Duration::from_millis(due.0)).into());
                tokio::select! {
                    Some((_, packet)) = received.recv() => {
                        let now = self.now();
                        if let Some(packet) =
                            ways.paths.handle_packet(now, packet.source, packet.destination, &packet.contents)
                        {
                            peer.handle_packet(now, packet.source, packet.destination, &packet.contents);
                        }
                    }
                    order = orders.recv() => if !self.obey(&mut peer, order) { break },
                    () = sleep => {
                        ways.paths.handle_timeout(self.now());
                        peer.handle_timeout(self.now());
                    }
                }
            }
            peer.close(self.now());
            self.drain(&mut peer, &mut ways).await;
            ways.give_back(|| self.now()).await;
        }
        _ = self.events.send(LineEvent::Over).await;
    }

    /// Finds ways, and describes them.
    async fn open(
        &self,
        begin: Begin,
        packets: mpsc::Sender<Arrived>,
        received: &mut mpsc::Receiver<Arrived>,
    ) -> Option<(DataPeer, Ways)> {
        let mut ways = match Ways::open(0, &self.plan, packets, || self.now()).await {
            Ok(ways) => ways,
            Err(lack) => {
                self.tell(LineEvent::Lacks(lack)).await;
                return None;
            }
        };
        self.gather(&mut ways, received).await;
        let local = ways.paths.candidates();
        if local.is_empty() {
            self.tell(LineEvent::Lacks(Lack::Relay)).await;
            return None;
        }
        let mut random = [0; 32];
        getrandom::fill(&mut random).ok()?;
        let now = self.now();
        let made = match begin {
            Begin::Offer => DataPeer::offer(self.epoch, now, &self.certificate, &local, random, MAX_MESSAGE),
            Begin::Answer(with) => {
                let (bound, offer) = *with;
                ways.paths.expect(now, offer.candidates().iter().map(|other| other.address.ip()));
                let when = (self.epoch, now);
                DataPeer::answer(when, &bound, &self.certificate, &offer, &local, random, MAX_MESSAGE)
            }
        };
        match made {
            Ok((peer, description)) => {
                self.tell(LineEvent::Described(description)).await;
                Some((peer, ways))
            }
            Err(error) => {
                tracing::warn!(%error, "There is no connection");
                None
            }
        }
    }

    /// Until the servers have answered, or it is clear that they do not.
    async fn gather(&self, ways: &mut Ways, received: &mut mpsc::Receiver<Arrived>) {
        while !ways.paths.is_settled() {
            let due = ways.drain(|| (self.may)()).await.unwrap_or_else(|| self.now().after(LOOK_AGAIN));
            let sleep = tokio::time::sleep_until((self.epoch + Duration::from_millis(due.0)).into());
            tokio::select! {
                Some((_, packet)) = received.recv() => {
                    let now = self.now();
                    ways.paths.handle_packet(now, packet.source, packet.destination, &packet.contents);
                }
                () = sleep => ways.paths.handle_timeout(self.now()),
            }
        }
        for trouble in ways.paths.troubles() {
            tracing::warn!(?trouble, "A server is of no use");
            if !self.plan.hints.contains(&trouble.server()) {
                self.tell(LineEvent::Troubled(trouble)).await;
            }
        }
    }

    /// False: it is over.
    fn obey(&self, peer: &mut DataPeer, order: Option<Order>) -> bool {
        match order {
            Some(Order::Accept(with)) => match peer.accept(self.now(), &with.0, &with.1) {
                Ok(()) => true,
                Err(error) => {
                    tracing::warn!(%error, "The answer is refused");
                    false
                }
            },
            Some(Order::Send(message)) => {
                peer.send(self.now(), &message) || {
                    tracing::warn!(bytes = message.len(), "A message finds no room");
                    false
                }
            }
            // Nobody wants it any more.
            None => false,
        }
    }

    /// Does what the peer and the servers want; when to come back, or `None` when it is over.
    async fn drain(&self, peer: &mut DataPeer, ways: &mut Ways) -> Option<Time> {
        let mut due = self.now().after(LOOK_AGAIN);
        loop {
            match peer.poll_output() {
                DataOutput::Transmit { source, destination, contents } => {
                    let packet = rendezvous_assist::paths::Datagram { source, destination, contents };
                    ways.paths.send(self.now(), packet);
                    ways.drain(|| (self.may)()).await;
                }
                DataOutput::Event(event) => {
                    self.tell(match event {
                        DataEvent::Open => LineEvent::Open,
                        DataEvent::Lost => LineEvent::Lost,
                        DataEvent::Message(message) => LineEvent::Message(message),
                    })
                    .await;
                }
                DataOutput::Timeout(next) if peer.is_alive() => {
                    due = due.min(next);
                    break;
                }
                DataOutput::Timeout(_) => return None,
            }
        }
        Some(due.min(ways.drain(|| (self.may)()).await.unwrap_or(due)))
    }

    async fn tell(&self, event: LineEvent) {
        _ = self.events.send(event).await;
    }

    fn now(&self) -> Time {
        Time(u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}
