//! What every network does.

use crate::{IceServer, Parcel};
use rendezvous_core::{Address, Delivery, Endpoint, To, Token};
use std::future::Future;

/// Something that carries messages between devices.
///
/// For every [`Network::send`] there is exactly one [`NetworkEvent::Delivery`] sooner or later. A token comes again when
/// its message is sent again.
pub trait Network: Send + 'static {
    /// Takes a message for delivery. Never waits.
    fn send(&mut self, token: Token, to: To, parcel: Parcel);

    /// Writes a text to a contact, as people do with their chat programs: for a person, not for another one of us. False on a
    /// network that carries no such thing. Nothing is heard of whether it arrived.
    fn write(&mut self, to: &Address, text: &str) -> bool {
        _ = (to, text);
        false
    }

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
        /// What it sent. Its signature, if it has one, is not checked yet.
        parcel: Box<Parcel>,
    },
    /// What became of a message of ours.
    Delivery {
        /// Which.
        token: Token,
        /// What became of it.
        outcome: Delivery,
    },
    /// A device is there that can take invitations. Networks without presence never say so; to them an invitation
    /// goes by way of the contact.
    Appeared(Endpoint),
    /// That device is not seen any more; it may come back.
    Disappeared(Endpoint),
    /// A device is gone for good.
    Lost(Endpoint),
    /// We are signed in, again. Devices that are there are reported anew, also where the network took up a connection
    /// that had only broken.
    Online,
    /// We are not signed in, and why; the network goes on trying by itself. Nobody is seen from here on.
    Offline(String),
    /// We are not signed in, and it needs the person: a wrong password, a certificate that is not trusted. A sentence
    /// that says what happened and what to do.
    Refused(String),
    /// The account's contact list, whole, whenever it changed. Networks without one never say so.
    Contacts(Vec<Listed>),
    /// The servers that the account offers to help an application's own connection to find a way, all of them, whenever it
    /// was asked. Networks without a server never say so.
    IceServers(Vec<IceServer>),
}

/// A line of an account's contact list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Who.
    pub address: Address,
    /// What the person calls them; may be empty.
    pub name: String,
    /// Whether each sees the other's presence. Only such a contact may invite.
    pub is_mutual: bool,
}
