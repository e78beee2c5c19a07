//! The evidence that a person, or a code that passed between persons, confirmed a key.

use crate::contact::{Contact, ContactError};
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

    /// The same, for a network on which a device's address is the fingerprint of its key, without the blanks. It says
    /// nothing new: only this key can be there. For people who met at an address that nobody has afterwards.
    ///
    /// # Errors
    ///
    /// [`ContactError`] when this is no name of a network.
    pub fn at_its_own_address(&self, network: &str) -> Result<Self, ContactError> {
        let contact = Contact::new(network, self.peer.fingerprint().replace(' ', ""))?;
        Ok(Self { contact, ..self.clone() })
    }

    /// How it was confirmed.
    #[must_use]
    pub const fn how(&self) -> How {
        self.how
    }
}
