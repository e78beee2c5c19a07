//! Addresses: a contact is a bare JID, a device of theirs the resource.

use super::MapError;
use jid::{BareJid, FullJid, Jid};
use minidom::Element;
use rendezvous_core::{Address, Endpoint};

/// The longest resource that is taken, in bytes.
const MAX_DEVICE: usize = 255;

/// The contact that a bare JID names; `None` when it is longer than 255 bytes.
#[must_use]
pub fn contact(jid: &BareJid) -> Option<Address> {
    Address::new(jid.as_str()).ok()
}

/// The device that a full JID names; `None` when its bare JID or its resource is longer than 255 bytes.
#[must_use]
pub fn endpoint(jid: &FullJid) -> Option<Endpoint> {
    let device = jid.resource().as_str();
    let contact = contact(&jid.to_bare())?;
    (device.len() <= MAX_DEVICE).then(|| Endpoint { contact, device: device.into() })
}

/// The full JID of a device; `None` when it is not one of this network.
#[must_use]
pub fn jid(endpoint: &Endpoint) -> Option<FullJid> {
    let bare = BareJid::new(endpoint.contact.as_str()).ok()?;
    let full = bare.with_resource_str(&endpoint.device).ok()?;
    // One that is spelled otherwise would be answered from another device than the session is with.
    (super::names::endpoint(&full).as_ref() == Some(endpoint)).then_some(full)
}

/// The device that sent a stanza.
pub(super) fn sender_jid(iq: &Element) -> Result<FullJid, MapError> {
    let from = Jid::new(iq.attr("from").ok_or(MapError::Sender)?).map_err(|_| MapError::Sender)?;
    let full = from.try_into_full().map_err(|_| MapError::Sender)?;
    if endpoint(&full).is_some() { Ok(full) } else { Err(MapError::Sender) }
}
