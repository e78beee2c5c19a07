//! The evidence that a person, or a code that passed between persons, confirmed a key.

use crate::contact::Contact;
use crate::key::PublicKey;

/// How a key came to be trusted by a person's own act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// The people compared words.
    Words,
    /// One typed the other's one-time code.
    Code,
}

/// A key that was confirmed for a contact. Only words and codes make one; only one makes a pin.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "pin it, or the people have to compare words again next time"]
pub struct Verified {
    peer: PublicKey,
    contact: Contact,
    how: How,
}

impl Verified {
    pub(crate) const fn new(peer: PublicKey, contact: Contact, how: How) -> Self {
        Self { peer, contact, how }
    }

    /// The key.
    #[must_use]
    pub const fn peer(&self) -> &PublicKey {
        &self.peer
    }

    /// Whose it is.
    #[must_use]
    pub const fn contact(&self) -> &Contact {
        &self.contact
    }

    /// How it was confirmed.
    #[must_use]
    pub const fn how(&self) -> How {
        self.how
    }
}
