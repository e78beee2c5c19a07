//! The pins as a text. It comes from this person's own disk, and is read as if it did not.

use super::{MAX_PINS, Origin, Pin, PinError, Pins};
use crate::contact::Contact;
use crate::key::PublicKey;
use crate::time::UnixTime;
use crate::verified::How;
use crate::wire::{Object, WireError, Writer};

/// The most bytes of a store's text.
pub const MAX_FILE: usize = 4 * 1024 * 1024;

impl Pins {
    /// Reads a store.
    ///
    /// # Errors
    ///
    /// The text is not one, or of another version. Nothing of it is used; whoever keeps it must not overwrite it.
    pub fn from_text(text: &str) -> Result<Self, PinError> {
        let mut object = Object::read(text, MAX_FILE)?;
        let entries = object.objects("pins")?;
        object.end()?;
        if entries.len() > MAX_PINS {
            return Err(PinError::Full);
        }
        let mut pins = Self::new();
        for entry in entries {
            let (contact, pin) = read(entry)?;
            if pins.0.contains_key(&(contact.clone(), pin.key)) {
                return Err(PinError::Doubled);
            }
            pins.insert(contact, pin)?;
        }
        pins.check_endorsers()?;
        Ok(pins)
    }

    /// The store as a text, one pin a line, always the same for the same pins.
    #[must_use]
    pub fn to_text(&self) -> String {
        let entry = |((contact, _), pin): (&(Contact, PublicKey), &Pin)| {
            let (how, by) = match pin.origin {
                Origin::Confirmed(How::Words) => ("words", None),
                Origin::Confirmed(How::Code) => ("code", None),
                Origin::Endorsed { by } => ("endorsed", Some(by.to_text())),
            };
            let object = Writer::object()
                .text("network", contact.network())
                .text("address", contact.address())
                .text("key", &pin.key.to_text())
                .text("device", &pin.device)
                .number("since", pin.since.0)
                .text("how", how)
                .optional_text("by", by.as_deref());
            format!("\n{}", object.finish())
        };
        Writer::file().list("pins", self.0.iter().map(entry)).finish() + "\n"
    }

    /// An endorsed device without its endorser would have outlived its removal.
    fn check_endorsers(&self) -> Result<(), PinError> {
        let is_sound = |((contact, key), pin): (&(Contact, PublicKey), &Pin)| match pin.origin {
            Origin::Confirmed(_) => true,
            Origin::Endorsed { by } => {
                let endorser = self.0.get(&(contact.clone(), by));
                by != *key && endorser.is_some_and(|pin| matches!(pin.origin, Origin::Confirmed(_)))
            }
        };
        if self.0.iter().all(is_sound) { Ok(()) } else { Err(PinError::Endorser) }
    }
}

fn read(mut entry: Object) -> Result<(Contact, Pin), PinError> {
    let network = entry.text("network")?;
    let contact = Contact::new(network, entry.text("address")?).map_err(|_| WireError::Value("address"))?;
    let key = |name, text: &str| PublicKey::from_text(text).map_err(|_| WireError::Value(name));
    let how = entry.text("how")?;
    let by = entry.optional_text("by")?;
    let origin = match (how.as_str(), by) {
        ("words", None) => Origin::Confirmed(How::Words),
        ("code", None) => Origin::Confirmed(How::Code),
        ("endorsed", Some(by)) => Origin::Endorsed { by: key("by", &by)? },
        ("words" | "code" | "endorsed", _) => return Err(WireError::Value("by").into()),
        _ => return Err(WireError::Value("how").into()),
    };
    let pin = Pin {
        key: key("key", &entry.text("key")?)?,
        since: UnixTime(entry.number("since")?),
        origin,
        device: entry.text("device")?,
    };
    entry.end()?;
    Ok((contact, pin))
}
