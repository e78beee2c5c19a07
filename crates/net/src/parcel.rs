//! A message with what only a wire carries.

use rendezvous_core::{Body, Message};
use rendezvous_trust::{PublicKey, Signature, UnixTime};

/// A message on its way between two drivers. What of it is signed, the driver signs and checks; networks only carry it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// The message. The lifetime of an invitation does not travel: the receiving driver sets it, from [`Seal::Invite`].
    pub message: Message,
    /// What goes with it.
    pub seal: Seal,
}

/// What goes with a message. Invitations and answers travel signed or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seal {
    /// An ordinary message: the network vouches for its sender.
    Plain,
    /// With [`Body::Invite`].
    Invite {
        /// The moment at which the invitation runs out, the same on every sending.
        expiry: UnixTime,
        /// Whose device invites.
        proof: Proof,
    },
    /// With [`Body::Accept`].
    Accept {
        /// Whose device answers.
        proof: Proof,
    },
}

/// A device key and its signature over the invitation or the answer ([`rendezvous_trust::invite`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The device's key.
    pub key: PublicKey,
    /// What it signed.
    pub signature: Signature,
}

impl Parcel {
    /// A message that travels unsigned.
    #[must_use]
    pub fn plain(message: Message) -> Self {
        Self { message, seal: Seal::Plain }
    }

    /// Whether this message travels with this seal. Maps refuse everything else.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(
            (&self.message.body, &self.seal),
            (Body::Invite(_), Seal::Invite { .. }) | (Body::Accept { .. }, Seal::Accept { .. })
        ) || (self.seal == Seal::Plain && !matches!(self.message.body, Body::Invite(_) | Body::Accept { .. }))
    }

    /// The device key that the message claims.
    #[must_use]
    pub fn key(&self) -> Option<&PublicKey> {
        match &self.seal {
            Seal::Plain => None,
            Seal::Invite { proof, .. } | Seal::Accept { proof } => Some(&proof.key),
        }
    }
}
