//! What every network does.

use rendezvous_core::{Delivery, Endpoint, Message, To, Token};
use std::future::Future;

/// Something that carries messages between devices.
///
/// For every token given to [`Network::send`] there is exactly one [`NetworkEvent::Delivery`] sooner or later.
pub trait Network: Send + 'static {
    /// Takes a message for delivery. Never waits.
    fn send(&mut self, token: Token, to: To, message: Message);

    /// The next thing that happens. Nothing is lost when the returned future is dropped before it is ready.
    fn next(&mut self) -> impl Future<Output = NetworkEvent> + Send;
}

/// What a network reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkEvent {
    /// A message came in. The network vouches for the sender as far as it can verify one at all.
    Received {
        /// The device that sent it.
        from: Endpoint,
        /// What it sent.
        message: Message,
    },
    /// What became of a message of ours.
    Delivery {
        /// Which.
        token: Token,
        /// What became of it.
        outcome: Delivery,
    },
    /// A device is gone for good.
    Lost(Endpoint),
}
