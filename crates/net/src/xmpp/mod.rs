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

mod backoff;
mod config;
mod devices;
mod engine;
mod ids;
mod info;
mod ledger;
mod login;
mod pending;
mod places;
mod roster;
mod stream;
mod task;
mod tls;
mod transport;
mod trouble;

pub use config::{Config, ConfigError, Security};

use crate::{Network, NetworkEvent, Parcel};
use config::Target;
use engine::Engine;
use rendezvous_core::{Address, Delivery, To, Token};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use task::Task;
use tokio::sync::mpsc;

/// So many messages may wait for the task; further ones fail at once.
const MAX_WAITING: usize = 16_384;
/// So many events may wait for the driver; then the server waits.
const MAX_EVENTS: usize = 256;

/// A message for the task.
#[derive(Debug)]
struct Command {
    token: Token,
    to: To,
    parcel: Parcel,
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
}

impl Xmpp {
    /// Begins to sign in to an account, and goes on trying; how it stands comes as events. Must be called within a tokio
    /// runtime.
    ///
    /// # Errors
    ///
    /// When the configuration cannot be used.
    pub fn start(config: Config) -> Result<Self, ConfigError> {
        let target = Target::new(config)?;
        let me = map::contact(&target.account).expect("the account was checked to be an address");
        Ok(Self::with_target(target, me))
    }

    fn with_target(target: Target, me: Address) -> Self {
        let (commands, receiver) = mpsc::unbounded_channel();
        let (sender, events) = mpsc::channel(MAX_EVENTS);
        let waiting = Arc::new(AtomicUsize::new(0));
        let seed = random().unwrap_or_else(|| {
            // Names that can be guessed only make it easier for contacts to spoil each other's deliveries.
            tracing::warn!("The system gave no random numbers");
            [0; 32]
        });
        let engine = Engine::new(target.account.clone(), &target.login, seed);
        let task = Task { target, engine, commands: receiver, waiting: Arc::clone(&waiting), events: sender };
        tokio::spawn(task.run());
        Self { me, commands, waiting, events, failed: VecDeque::new() }
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
        if !has_room || self.commands.send(Command { token, to, parcel }).is_err() {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            self.failed.push_back(token);
        }
    }

    async fn next(&mut self) -> NetworkEvent {
        if let Some(token) = self.failed.pop_front() {
            return NetworkEvent::Delivery { token, outcome: Delivery::Failed };
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
