//! One end of the connection of a shared terminal, that says whatever the test wants.

use anyhow::{Context as _, Result};
use rendezvous_assist::Time;
use rendezvous_assist::description::Description;
use rendezvous_assist::peer::data::{DataEvent, DataOutput, DataPeer};
use rendezvous_assist::peer::{Certificate, LocalCandidate};
use rendezvous_assist::terminal::wire::MAX_MESSAGE;
use rendezvous_testkit::wait;
use rendezvous_trust::bind::Bound;
use std::collections::VecDeque;
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A connection, on a busy machine.
const SOON: Duration = Duration::from_secs(30);
/// Somebody looks after everything this often.
const LOOK: Duration = Duration::from_millis(5);

/// The end, on a thread of its own. It ends with this.
pub(super) struct Wire {
    orders: Sender<Order>,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    is_open: AtomicBool,
    is_over: AtomicBool,
    /// Messages that the connection has not taken yet.
    unsent: AtomicUsize,
    heard: Mutex<Vec<Vec<u8>>>,
}

enum Order {
    Accept(Box<(Bound, Description)>),
    Send(Vec<Vec<u8>>),
}

impl Wire {
    /// The end of whoever looks, and what it says of itself.
    pub(super) fn offers(certificate: &Certificate) -> Result<(Self, Description)> {
        Self::with(|(epoch, now), local| {
            DataPeer::offer(epoch, now, certificate, local, random()?, MAX_MESSAGE).context("an offer")
        })
    }

    /// The end of whoever shares, and its answer.
    pub(super) fn answers(
        bound: &Bound,
        certificate: &Certificate,
        offer: &Description,
    ) -> Result<(Self, Description)> {
        Self::with(|when, local| {
            DataPeer::answer(when, bound, certificate, offer, local, random()?, MAX_MESSAGE)
                .context("an answer")
        })
    }

    fn with(
        make: impl FnOnce((Instant, Time), &[LocalCandidate]) -> Result<(DataPeer, Description)>,
    ) -> Result<(Self, Description)> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let epoch = Instant::now();
        let (peer, description) = make((epoch, Time(0)), &[LocalCandidate::Host(socket.local_addr()?)])?;
        let (orders, ordered) = mpsc::channel();
        let seen = Arc::<Seen>::default();
        let end = End { socket, peer, epoch, seen: seen.clone(), waiting: VecDeque::new() };
        std::thread::spawn(move || end.run(&ordered));
        Ok((Self { orders, seen }, description))
    }

    pub(super) fn accepts(&self, bound: Bound, answer: Description) -> Result<()> {
        self.orders.send(Order::Accept(Box::new((bound, answer)))).context("it is over")
    }

    /// Sends all of this, as fast as the connection takes it. One that is over takes nothing.
    pub(super) fn says(&self, messages: Vec<Vec<u8>>) {
        self.seen.unsent.fetch_add(messages.len(), Ordering::SeqCst);
        _ = self.orders.send(Order::Send(messages));
    }

    pub(super) fn is_open(&self) -> Result<()> {
        self.until("a connection", |seen| seen.is_open.load(Ordering::SeqCst))
    }

    /// Waits until everything was sent.
    pub(super) fn has_said_all(&self) -> Result<()> {
        self.until("all of it to be sent", |seen| seen.unsent.load(Ordering::SeqCst) == 0)
    }

    /// Waits until the other side has ended it.
    pub(super) fn is_cut(&self) -> Result<()> {
        self.until("the other side to end it", |seen| seen.is_over.load(Ordering::SeqCst))
    }

    pub(super) fn is_up(&self) -> bool {
        !self.seen.is_over.load(Ordering::SeqCst)
    }

    /// Everything that came so far.
    pub(super) fn heard(&self) -> Vec<Vec<u8>> {
        self.seen.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn until(&self, what: &str, holds: impl Fn(&Seen) -> bool) -> Result<()> {
        wait::until(what, SOON, || Ok(holds(&self.seen).then_some(())))
    }
}

fn random() -> Result<[u8; 32]> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).ok().context("the system gave no random numbers")?;
    Ok(random)
}

struct End {
    socket: UdpSocket,
    peer: DataPeer,
    epoch: Instant,
    seen: Arc<Seen>,
    waiting: VecDeque<Vec<u8>>,
}

impl End {
    fn run(mut self, orders: &Receiver<Order>) {
        let own = self.socket.local_addr().expect("it is bound");
        let mut buffer = [0; 2048];
        while self.obey(orders) && self.drain() {
            _ = self.socket.set_read_timeout(Some(LOOK));
            if let Ok((length, from)) = self.socket.recv_from(&mut buffer) {
                self.peer.handle_packet(self.now(), from, own, &buffer[..length]);
            }
            self.peer.handle_timeout(self.now());
        }
        self.peer.close(self.now());
        self.drain();
        self.seen.is_over.store(true, Ordering::SeqCst);
    }

    /// False: nobody wants it any more.
    fn obey(&mut self, orders: &Receiver<Order>) -> bool {
        loop {
            match orders.try_recv() {
                Ok(Order::Accept(with)) => {
                    self.peer.accept(self.now(), &with.0, &with.1).expect("both have signed it");
                }
                Ok(Order::Send(messages)) => self.waiting.extend(messages),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
        while let Some(message) = self.waiting.front()
            && self.peer.send(self.now(), message)
        {
            self.waiting.pop_front();
            self.seen.unsent.fetch_sub(1, Ordering::SeqCst);
            if !self.drain() {
                return false;
            }
        }
        true
    }

    /// False: it is over.
    fn drain(&mut self) -> bool {
        loop {
            match self.peer.poll_output() {
                DataOutput::Transmit { destination, contents, .. } => {
                    // A full buffer is as good as a lost datagram.
                    _ = self.socket.send_to(&contents, destination);
                }
                DataOutput::Event(DataEvent::Open) => self.seen.is_open.store(true, Ordering::SeqCst),
                DataOutput::Event(DataEvent::Message(message)) => {
                    self.seen.heard.lock().unwrap_or_else(PoisonError::into_inner).push(message);
                }
                DataOutput::Event(DataEvent::Lost) => {}
                DataOutput::Timeout(_) => return self.peer.is_alive(),
            }
        }
    }

    fn now(&self) -> Time {
        Time(u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}
