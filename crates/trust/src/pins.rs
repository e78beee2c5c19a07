//! Which keys are whose: what this person confirmed, by their own act.
//!
//! A contact may have several devices, each with its own pin. A key that is not among the pins of a contact who has any
//! is a *changed* key, and nothing here lets anybody go on with it: a verified device of the same person endorses it, or
//! the people compare words again. Keeping the text is the caller's affair.

mod endorsement;
mod file;

use std::collections::BTreeMap;
use std::fmt;

pub use endorsement::{Endorsement, MAX_ENDORSEMENT, MAX_VALIDITY};
pub use file::MAX_FILE;

use crate::contact::Contact;
use crate::invite::Signer;
use crate::key::PublicKey;
use crate::time::UnixTime;
use crate::verified::{How, Verified};
use crate::wire::WireError;

/// The most pins in a store.
pub const MAX_PINS: usize = 4096;

/// A key that was confirmed for a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    key: PublicKey,
    since: UnixTime,
    origin: Origin,
    device: String,
}

/// Where a pin comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The person here confirmed it.
    Confirmed(How),
    /// A confirmed device of the same person spoke for it.
    Endorsed {
        /// That device. If it goes, this pin goes.
        by: PublicKey,
    },
}

/// How a key stands with a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    /// Pinned: the prompt may say *verified*.
    Pinned(&'a Pin),
    /// The contact has no pin yet.
    Unknown,
    /// The contact has pins, and this is none of them, or there is no key at all.
    Changed,
}

/// All pins of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins(BTreeMap<(Contact, PublicKey), Pin>);

/// Why pins could not be read or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PinError {
    /// The text is not a store of pins. It must not be overwritten: it may be of a later version.
    Wire(WireError),
    /// The same key is pinned twice for a contact.
    Doubled,
    /// There are as many pins as a store can hold.
    Full,
    /// The endorsement's time has not come, is over, or is longer than one can be.
    Time,
    /// Only a device that the person here confirmed, and that is pinned for the same contact, can endorse another.
    Endorser,
    /// The endorsement's signature does not verify.
    Signature,
    /// A device's name is at most 255 bytes without control characters.
    Name,
}

impl Pin {
    /// The key.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// When it was pinned.
    #[must_use]
    pub const fn since(&self) -> UnixTime {
        self.since
    }

    /// Where it comes from.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// What the device is called, for people. May be empty.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.device
    }
}

impl Pins {
    /// No pins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How a key stands with a contact. It says nothing about whether the key's holder is there: ask after a handshake
    /// ([`crate::Exchanged::recognise`]), or with a signature ([`Pins::standing_of_signer`]).
    #[must_use]
    pub fn standing(&self, contact: &Contact, key: &PublicKey) -> Standing<'_> {
        match self.0.get(&(contact.clone(), *key)) {
            Some(pin) => Standing::Pinned(pin),
            None => self.without_key(contact),
        }
    }

    /// How an invitation or an answer stands. One of a contact with pins and without a signature that verifies, which is
    /// `None`, counts as a changed key.
    #[must_use]
    pub fn standing_of_signer(&self, contact: &Contact, signer: Option<&Signer>) -> Standing<'_> {
        match signer {
            Some(signer) if signer.contact() == contact => self.standing(contact, signer.key()),
            _ => self.without_key(contact),
        }
    }

    /// Pins a key that the person here confirmed. Confirming again renews it, also one that was only endorsed.
    ///
    /// # Errors
    ///
    /// [`PinError::Full`], [`PinError::Name`].
    pub fn pin(&mut self, now: UnixTime, device: &str, verified: &Verified) -> Result<(), PinError> {
        let (contact, key) = (verified.contact().clone(), *verified.peer());
        let origin = Origin::Confirmed(verified.how());
        self.insert(contact, Pin { key, since: now, origin, device: device.to_owned() })
    }

    /// Pins a new device that a confirmed one of the same person speaks for. Nothing changes if it is pinned already.
    ///
    /// # Errors
    ///
    /// The endorsement does not hold here and now.
    pub fn endorse(
        &mut self,
        now: UnixTime,
        device: &str,
        endorsement: &Endorsement,
    ) -> Result<(), PinError> {
        let contact = endorsement.contact().clone();
        let by = *endorsement.endorser();
        let is_confirmed = matches!(
            self.standing(&contact, &by),
            Standing::Pinned(Pin { origin: Origin::Confirmed(_), .. })
        );
        if !is_confirmed {
            return Err(PinError::Endorser);
        }
        endorsement.check(now)?;
        let key = *endorsement.device();
        if self.0.contains_key(&(contact.clone(), key)) {
            return Ok(());
        }
        self.insert(
            contact,
            Pin { key, since: now, origin: Origin::Endorsed { by }, device: device.to_owned() },
        )
    }

    /// Removes a device of a contact, and the devices that it endorsed. Returns how many.
    pub fn remove(&mut self, contact: &Contact, key: &PublicKey) -> usize {
        let before = self.0.len();
        self.0.retain(|(whose, _), pin| {
            whose != contact || (pin.key != *key && pin.origin != Origin::Endorsed { by: *key })
        });
        before - self.0.len()
    }

    /// Removes a contact with all devices. Returns how many there were.
    pub fn remove_contact(&mut self, contact: &Contact) -> usize {
        let before = self.0.len();
        self.0.retain(|(whose, _), _| whose != contact);
        before - self.0.len()
    }

    /// All pins, by contact and key.
    pub fn iter(&self) -> impl Iterator<Item = (&Contact, &Pin)> {
        self.0.iter().map(|((contact, _), pin)| (contact, pin))
    }

    /// The pins of a contact.
    pub fn of<'a>(&'a self, contact: &Contact) -> impl Iterator<Item = &'a Pin> {
        let contact = contact.clone();
        self.iter().filter(move |(whose, _)| **whose == contact).map(|(_, pin)| pin)
    }

    fn without_key(&self, contact: &Contact) -> Standing<'_> {
        if self.of(contact).next().is_some() { Standing::Changed } else { Standing::Unknown }
    }

    fn insert(&mut self, contact: Contact, pin: Pin) -> Result<(), PinError> {
        if pin.device.len() > 255 || pin.device.chars().any(char::is_control) {
            return Err(PinError::Name);
        }
        let place = (contact, pin.key);
        if self.0.len() >= MAX_PINS && !self.0.contains_key(&place) {
            return Err(PinError::Full);
        }
        self.0.insert(place, pin);
        Ok(())
    }
}

impl From<WireError> for PinError {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

impl fmt::Display for PinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wire(error) => error.fmt(f),
            Self::Doubled => f.write_str("a key is there twice for the same contact"),
            Self::Full => write!(f, "there are {MAX_PINS} verified devices, which is as many as can be kept"),
            Self::Time => {
                f.write_str("the endorsement is not of this time; ask for a new one, or check the clock")
            }
            Self::Endorser => f.write_str(
                "a new device is endorsed by one that you have verified yourself, of the same contact",
            ),
            Self::Signature => f.write_str("the endorsement's signature does not verify"),
            Self::Name => f.write_str("a device's name is at most 255 bytes without control characters"),
        }
    }
}

impl std::error::Error for PinError {}
