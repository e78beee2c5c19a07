//! An existing XMPP account as one more device, beside the person's chat program. `docs/protocol.md` is the wire.
//!
//! One task owns the connection. It signs in, shows itself as *away for long* with a negative priority, learns from the
//! account's contact list and from presence which devices of which contacts can take our messages, and carries those.
//! Everything else of the account is left alone: no message is read or answered, no copy of any is asked for, no archive
//! is touched, nobody is added or removed, and whatever else asks this device something hears that nobody does that here.
//!
//! **Only a mutual contact is heard**: somebody whose presence we see and who sees ours. To everybody else this device
//! answers as if it were not there.
//!
//! **The server** proves that it has the account's domain by its certificate, and, with SCRAM, that it knows the
//! password. It can still read, drop, repeat and invent messages: who somebody is, the signatures and the handshake tell.

pub mod map;

pub mod codes;

mod backoff;
mod config;
mod devices;
mod engine;
mod extdisco;
mod ground;
mod ids;
mod info;
mod ledger;
mod login;
mod pending;
mod places;
pub mod probe;
mod roster;
mod stream;
mod tally;
mod task;
mod tls;
mod transport;
mod trouble;

pub use config::{Config, ConfigError, Security};

use crate::{Clock, Network, NetworkEvent, Parcel};
use config::Target;
use engine::{Engine, Room};
use jid::{BareJid, FullJid};
use rendezvous_core::{Address, Delivery, To, Token};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use task::Task;
use tokio::sync::{mpsc, watch};

/// So many messages may wait for the task; further ones fail at once.
const MAX_WAITING: usize = 16_384;
/// So many events may wait for the driver; then the server waits.
const MAX_EVENTS: usize = 256;

/// What the task is to send.
#[derive(Debug)]
enum Command {
    Message {
        token: Token,
        to: To,
        parcel: Box<Parcel>,
    },
    /// For a person, in their chat program.
    Text {
        to: Address,
        text: String,
    },
}

/// The network of one account. Dropping it signs off.
#[derive(Debug)]
pub struct Xmpp {
    me: Address,
    commands: mpsc::UnboundedSender<Command>,
    waiting: Arc<AtomicUsize>,
    events: mpsc::Receiver<NetworkEvent>,
    /// What was not even taken for sending.
    failed: VecDeque<Token>,
    /// What was heard while we waited for something else.
    early: VecDeque<NetworkEvent>,
    /// Closed when the task has ended.
    task: watch::Receiver<Option<FullJid>>,
}

impl Xmpp {
    /// Begins to sign in to an account, and goes on trying; how it stands comes as events. Must be called within a tokio
    /// runtime.
    ///
    /// # Errors
    ///
    /// When the configuration cannot be used.
    pub fn start(config: Config) -> Result<Self, ConfigError> {
        Self::start_by(Clock::system(), config)
    }

    /// The same by another clock than the machine's.
    ///
    /// # Errors
    ///
    /// When the configuration cannot be used.
    pub fn start_by(clock: Clock, config: Config) -> Result<Self, ConfigError> {
        let target = Target::new(config)?;
        let me = map::contact(&target.account).expect("the account was checked to be an address");
        Ok(Self::begin(clock, target, me, None).0)
    }

    /// Begins to sign in to an account, or, with a room, as a guest. The name that the server knows us by comes later.
    fn begin(
        clock: Clock,
        target: Target,
        me: Address,
        room: Option<Room>,
    ) -> (Self, watch::Receiver<Option<FullJid>>) {
        let (commands, receiver) = mpsc::unbounded_channel();
        let (sender, events) = mpsc::channel(MAX_EVENTS);
        let waiting = Arc::new(AtomicUsize::new(0));
        let seed = random().unwrap_or_else(|| {
            // Names that can be guessed only make it easier for contacts to spoil each other's deliveries.
            tracing::warn!("The system gave no random numbers");
            [0; 32]
        });
        let engine = Engine::new(target.account.clone(), room, seed);
        let (bound, known) = watch::channel(None);
        let waiting_there = Arc::clone(&waiting);
        let task = Task {
            clock,
            target,
            engine,
            commands: receiver,
            waiting: waiting_there,
            events: sender,
            me: bound,
        };
        tokio::spawn(task.run());
        let (failed, early) = (VecDeque::new(), VecDeque::new());
        (Self { me, commands, waiting, events, failed, early, task: known.clone() }, known)
    }

    /// Waits, when the network has been dropped, until it has signed off. Whoever ends the process before leaves a device
    /// behind that the server shows to the contacts for some minutes more.
    pub fn signed_off(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut task = self.task.clone();
        async move { while task.changed().await.is_ok() {} }
    }

    /// The account's own address.
    #[must_use]
    pub fn address(&self) -> Address {
        self.me.clone()
    }
}

impl Network for Xmpp {
    fn send(&mut self, token: Token, to: To, parcel: Parcel) {
        let has_room = self.waiting.fetch_add(1, Ordering::Relaxed) < MAX_WAITING;
        if !has_room || self.commands.send(Command::Message { token, to, parcel: Box::new(parcel) }).is_err()
        {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            self.failed.push_back(token);
        }
    }

    fn write(&mut self, to: &Address, text: &str) -> bool {
        let has_room = self.waiting.fetch_add(1, Ordering::Relaxed) < MAX_WAITING;
        let command = Command::Text { to: to.clone(), text: text.to_owned() };
        let is_taken = has_room && BareJid::new(to.as_str()).is_ok() && self.commands.send(command).is_ok();
        if !is_taken {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        is_taken
    }

    async fn next(&mut self) -> NetworkEvent {
        if let Some(token) = self.failed.pop_front() {
            return NetworkEvent::Delivery { token, outcome: Delivery::Failed };
        }
        if let Some(event) = self.early.pop_front() {
            return event;
        }
        match self.events.recv().await {
            Some(event) => event,
            // The task ends only when this is dropped.
            None => std::future::pending().await,
        }
    }
}

/// Random bytes of the system.
fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok().map(|()| bytes)
}
