//! What stands after the four messages: a key whose holder is there, and the question whose it is.

use std::fmt;
use std::sync::Arc;

use super::{AuthenticationError, Role};
use crate::bind::Binds;
use crate::channel::Channel;
use crate::contact::Contact;
use crate::encode::Hash;
use crate::key::{DeviceKey, PublicKey};
use crate::pins::{Pin, Pins, Standing};
use crate::verified::{How, Verified};
use crate::words::Words;

/// What one side knows after the handshake. It prints neither the transcript nor what follows from it.
pub(crate) struct Shared {
    pub(crate) key: Arc<DeviceKey>,
    pub(crate) peer: PublicKey,
    /// Who the other side says to be, as the session knows them.
    pub(crate) contact: Contact,
    /// This side.
    pub(crate) role: Role,
    pub(crate) is_novice: bool,
    pub(crate) th: Hash,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("role", &self.role)
            .field("peer", &self.peer)
            .field("contact", &self.contact)
            .finish_non_exhaustive()
    }
}

/// A finished handshake with a key that is not trusted yet. Nothing can be sent, opened or bound with it.
#[derive(Debug)]
pub struct Exchanged(Box<Shared>);

/// A handshake with a trusted key.
#[derive(Debug)]
pub struct Secured {
    /// Signed messages between the two applications.
    pub channel: Channel,
    /// Binds the certificates of a connection to the two keys.
    pub binds: Binds,
}

/// What the pins say of a handshake.
#[derive(Debug)]
pub enum Recognised {
    /// The key is pinned for this contact.
    Known(Box<(Secured, Pin)>),
    /// The contact has no pin. The people compare words, or use a one-time code.
    Stranger(Exchanged),
    /// The contact has pins, and this key is none of them: another device, or another person. There is no *continue*:
    /// a verified device of theirs endorses it ([`Pins::endorse`]), or the people compare words again.
    Changed(Exchanged),
}

impl Exchanged {
    pub(super) fn new(shared: Shared) -> Self {
        Self(Box::new(shared))
    }

    /// The key of the other side, whose holder has taken part.
    #[must_use]
    pub fn peer(&self) -> &PublicKey {
        &self.0.peer
    }

    /// Whom the session has at the other side.
    #[must_use]
    pub fn contact(&self) -> &Contact {
        &self.0.contact
    }

    /// Whether this side is helped.
    #[must_use]
    pub fn is_novice(&self) -> bool {
        self.0.is_novice
    }

    /// Looks the key up in the pins.
    #[must_use]
    pub fn recognise(self, pins: &Pins) -> Recognised {
        match pins.standing(&self.0.contact, &self.0.peer) {
            Standing::Pinned(pin) => {
                let pin = pin.clone();
                Recognised::Known(Box::new((self.0.secured(), pin)))
            }
            Standing::Unknown => Recognised::Stranger(self),
            Standing::Changed => Recognised::Changed(self),
        }
    }

    pub(crate) fn words(&self) -> Words {
        Words::from_transcript(&self.0.th)
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0
    }

    /// The key was confirmed by words or by a code.
    pub(crate) fn verified(self, how: How) -> (Secured, Verified) {
        let verified = Verified::new(self.0.peer, self.0.contact.clone(), how);
        (self.0.secured(), verified)
    }

    pub(crate) fn check_novice(&self, should_be: bool) -> Result<(), AuthenticationError> {
        if self.0.is_novice == should_be { Ok(()) } else { Err(AuthenticationError::WrongSide) }
    }
}

impl Shared {
    fn secured(self) -> Secured {
        let shared = Arc::new(self);
        Secured { channel: Channel::new(Arc::clone(&shared)), binds: Binds::new(shared) }
    }
}
