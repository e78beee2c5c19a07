//! A device speaks for a new device of the same person.

use std::time::Duration;

use super::PinError;
use crate::contact::Contact;
use crate::encode::{Domain, Statement};
use crate::invite::SKEW;
use crate::key::{DeviceKey, PublicKey, Signature};
use crate::time::UnixTime;
use crate::wire::{Object, WireError, Writer};

/// How long an endorsement can be used. The pin that it makes stays.
pub const MAX_VALIDITY: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The most bytes of an endorsement's text.
pub const MAX_ENDORSEMENT: usize = 4 * 1024;

/// *This key, too, is a device of the person with this address*, signed by one of their devices. It proves nothing about
/// the new key's holder, who shows up in the handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endorsement {
    contact: Contact,
    endorser: PublicKey,
    device: PublicKey,
    issued: UnixTime,
    expires: UnixTime,
    signature: Signature,
}

impl Endorsement {
    /// Signs one for an own new device: `contact` is the own address. It is valid from now, for at most
    /// [`MAX_VALIDITY`].
    #[must_use]
    pub fn sign(
        now: UnixTime,
        valid: Duration,
        endorser: &DeviceKey,
        contact: Contact,
        device: PublicKey,
    ) -> Self {
        let (issued, expires) = (now, now.after(valid.min(MAX_VALIDITY)));
        let statement = statement(&contact, &endorser.public(), &device, issued, expires);
        let signature = endorser.sign(&statement);
        Self { contact, endorser: endorser.public(), device, issued, expires, signature }
    }

    /// Whose devices they are.
    #[must_use]
    pub const fn contact(&self) -> &Contact {
        &self.contact
    }

    /// The device that speaks.
    #[must_use]
    pub const fn endorser(&self) -> &PublicKey {
        &self.endorser
    }

    /// The device that it speaks for.
    #[must_use]
    pub const fn device(&self) -> &PublicKey {
        &self.device
    }

    /// The text that travels.
    #[must_use]
    pub fn to_text(&self) -> String {
        Writer::message("endorsement")
            .text("network", self.contact.network())
            .text("address", self.contact.address())
            .bytes("endorser", self.endorser.as_bytes())
            .bytes("device", self.device.as_bytes())
            .number("issued", self.issued.0)
            .number("expires", self.expires.0)
            .bytes("signature", self.signature.as_bytes())
            .finish()
    }

    /// Reads a text that came. It is not checked yet: [`super::Pins::endorse`] does.
    ///
    /// # Errors
    ///
    /// The text is not an endorsement.
    pub fn read(text: &str) -> Result<Self, PinError> {
        let mut object = Object::message(text, MAX_ENDORSEMENT, "endorsement")?;
        let network = object.text("network")?;
        let contact = Contact::new(network, object.text("address")?);
        let mut key = |name| PublicKey::from_bytes(&object.bytes(name)?).map_err(|_| WireError::Value(name));
        let (endorser, device) = (key("endorser")?, key("device")?);
        let endorsement = Self {
            contact: contact.map_err(|_| WireError::Value("address"))?,
            endorser,
            device,
            issued: UnixTime(object.number("issued")?),
            expires: UnixTime(object.number("expires")?),
            signature: Signature::from_bytes(object.bytes("signature")?),
        };
        object.end()?;
        Ok(endorsement)
    }

    /// Whether it holds now. Who may endorse is the pins' affair.
    pub(super) fn check(&self, now: UnixTime) -> Result<(), PinError> {
        let Self { contact, endorser, device, issued, expires, signature } = self;
        if device == endorser
            || !endorser.has_signed(&statement(contact, endorser, device, *issued, *expires), signature)
        {
            return Err(PinError::Signature);
        }
        let is_too_long = *expires > issued.after(MAX_VALIDITY);
        if is_too_long || *issued > now.after(SKEW) || *expires <= now {
            return Err(PinError::Time);
        }
        Ok(())
    }
}

fn statement(
    contact: &Contact,
    endorser: &PublicKey,
    device: &PublicKey,
    issued: UnixTime,
    expires: UnixTime,
) -> Statement {
    Statement::new(Domain::Endorse)
        .text(contact.network())
        .text(contact.address())
        .bytes(endorser.as_bytes())
        .bytes(device.as_bytes())
        .number(issued.0)
        .number(expires.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_signed() {
        let key = |byte: u8| DeviceKey::from_seed(&std::array::from_fn(|i| byte + i as u8)).unwrap();
        let now = UnixTime(1_795_000_000);
        let contact = |network, address| Contact::new(network, address).unwrap();
        let maria = contact("xmpp", "maria@example.org");
        let good = Endorsement::sign(now, MAX_VALIDITY, &key(1), maria, key(2).public());
        assert_eq!(good.check(now), Ok(()));
        for changed in [
            Endorsement { contact: contact("nearby", "maria@example.org"), ..good.clone() },
            Endorsement { contact: contact("xmpp", "mario@example.org"), ..good.clone() },
            Endorsement { endorser: key(3).public(), ..good.clone() },
            Endorsement { device: key(3).public(), ..good.clone() },
            Endorsement { issued: UnixTime(now.0 - 1), ..good.clone() },
            Endorsement { expires: UnixTime(good.expires.0 - 1), ..good.clone() },
        ] {
            assert_eq!(changed.check(now), Err(PinError::Signature), "{changed:?}");
        }
    }

    /// Ours are never longer; another program's could be.
    #[test]
    fn one_that_is_valid_for_too_long_is_refused() {
        let key = |byte: u8| DeviceKey::from_seed(&std::array::from_fn(|i| byte + i as u8)).unwrap();
        let (endorser, device) = (key(1), key(2).public());
        let contact = Contact::new("xmpp", "maria@example.org").unwrap();
        let now = UnixTime(1_795_000_000);
        let check = |expires: UnixTime| {
            let signature = endorser.sign(&statement(&contact, &endorser.public(), &device, now, expires));
            let (contact, endorser) = (contact.clone(), endorser.public());
            Endorsement { contact, endorser, device, issued: now, expires, signature }.check(now)
        };
        assert_eq!(check(now.after(MAX_VALIDITY)), Ok(()));
        assert_eq!(check(UnixTime(now.after(MAX_VALIDITY).0 + 1)), Err(PinError::Time));
        assert_eq!(check(UnixTime(u64::MAX)), Err(PinError::Time));
    }
}
