//! A network with a second way into it: past the driver, which would send nothing that is out of its order.

use rendezvous_core::{Body, To, Token};
use rendezvous_net::nearby::Nearby;
use rendezvous_net::{Network, NetworkEvent, Parcel};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc::UnboundedReceiver;

/// So many of what was said are remembered, to be said again.
const REMEMBERED: usize = 400;

/// Of no message of the driver's.
const WILD: u16 = u16::MAX;

/// What was said, by whomever, and how much of what the driver does not know of is still under way.
#[derive(Clone, Default)]
pub(super) struct Said {
    all: Arc<Mutex<Vec<Parcel>>>,
    sent: Arc<AtomicU64>,
    delivered: Arc<AtomicU64>,
}

impl Said {
    fn all(&self) -> MutexGuard<'_, Vec<Parcel>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Invitations seldom: whoever repeats those often is not let ring again for a minute.
    pub(super) fn one(&self, which: usize) -> Option<Parcel> {
        let all = self.all();
        let is_invitation = |parcel: &&Parcel| matches!(parcel.message.body, Body::Invite(_));
        if which.is_multiple_of(200) {
            return all.iter().rfind(is_invitation).cloned();
        }
        let rest: Vec<&Parcel> = all.iter().filter(|parcel| !is_invitation(parcel)).collect();
        rest.get(which % rest.len().max(1)).map(|parcel| (*parcel).clone())
    }

    /// One is about to be sent that the driver knows nothing of.
    pub(super) fn is_sent(&self) {
        self.sent.fetch_add(1, Ordering::SeqCst);
    }

    fn remember(&self, parcel: Parcel) {
        let mut all = self.all();
        if all.len() >= REMEMBERED {
            all.remove(0);
        }
        all.push(parcel);
    }

    /// How many of those are not delivered yet.
    pub(super) fn under_way(&self) -> u64 {
        self.sent.load(Ordering::SeqCst).saturating_sub(self.delivered.load(Ordering::SeqCst))
    }
}

/// The network nearby, with a second way into it.
pub(super) struct Loose {
    network: Nearby,
    more: UnboundedReceiver<(To, Parcel)>,
    said: Said,
}

impl Loose {
    pub(super) fn new(network: Nearby, more: UnboundedReceiver<(To, Parcel)>, said: Said) -> Self {
        Self { network, more, said }
    }
}

impl Network for Loose {
    fn send(&mut self, token: Token, to: To, parcel: Parcel) {
        self.said.remember(parcel.clone());
        self.network.send(token, to, parcel);
    }

    async fn next(&mut self) -> NetworkEvent {
        loop {
            tokio::select! {
                event = self.network.next() => match event {
                    NetworkEvent::Delivery { token, .. } if token.link == WILD => {
                        self.said.delivered.fetch_add(1, Ordering::SeqCst);
                    }
                    event => return event,
                },
                Some((to, parcel)) = self.more.recv() => {
                    let token = Token { session: parcel.message.session, link: WILD, sequence: None };
                    self.network.send(token, to, parcel);
                }
            }
        }
    }
}
