//! Messages to and from XMPP stanzas. Pure: no connection, no clock; `docs/protocol.md` is the standard, with examples
//! and vectors that tests hold this module to.
//!
//! Every message is an IQ of type *set* to a full JID: what answers an invitation stands in our own namespace [`NS`],
//! what follows a confirmation is a Jingle session (XEP-0166). An IQ is answered by exactly one device, and nothing else
//! in XMPP is: no carbon, archive or forwarded copy is an IQ, so no copy can act.
//!
//! Reading is total and exact. Nothing in this protocol is optional, every value has one spelling, sizes are checked
//! before anything is decoded. What is not exact is a [`MapError`]: answer it with [`error`], and let it change nothing.

mod error;
mod jingle;
mod names;
mod nesting;
mod own;
mod read;
mod roles;
mod spell;
#[cfg(test)]
mod tests;

pub use error::MapError;
pub use names::{contact, endpoint, jid};
pub use nesting::{Nesting, TooDeep};
pub use roles::Roles;

use crate::{Parcel, Seal};
use jid::FullJid;
use minidom::Element;
use minidom::rxml::NcName;
use rendezvous_core::{
    Body, CONTEXT_CHUNK, Endpoint, MAX_ALIVE, MAX_DATA, MAX_LABEL, Message, Role, SessionId,
};
use std::collections::BTreeSet;

/// Our own stanzas, and what of ours stands inside of Jingle. What it names is version 1 of this protocol.
pub const NS: &str = "urn:rendezvous:session:1";
/// The description of our Jingle content.
pub const NS_DESCRIPTION: &str = "urn:rendezvous:jingle:apps:session:1";
/// The transport of our Jingle content: the signalling path itself.
pub const NS_TRANSPORT: &str = "urn:rendezvous:jingle:transports:context:1";
/// Jingle (XEP-0166).
pub const NS_JINGLE: &str = "urn:xmpp:jingle:1";

const NS_CLIENT: &str = "jabber:client";
const NS_STANZAS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";
const NS_JINGLE_ERRORS: &str = "urn:xmpp:jingle:errors:1";

/// What to advertise by service discovery (XEP-0030) and entity capabilities (XEP-0115), sorted. A device that does not
/// advertise all of it is not invited.
#[must_use]
pub fn features() -> [&'static str; 4] {
    [NS_DESCRIPTION, NS_TRANSPORT, NS, NS_JINGLE]
}

/// The message as a stanza to one device. `role` is ours in its session; [`Roles`] knows it. `None` when the message
/// cannot travel: it breaks a limit, or its seal is not the one that belongs to it.
#[must_use]
pub fn to_stanza(parcel: &Parcel, role: Role, to: &FullJid, id: &str) -> Option<Element> {
    if !parcel.is_whole() || !may_travel(&parcel.message) {
        return None;
    }
    let payload = match (&parcel.message.body, &parcel.seal) {
        (Body::Confirm | Body::Attached | Body::Context(_) | Body::Terminate { .. }, Seal::Plain) => {
            jingle::write(&parcel.message, role)?
        }
        (_, seal) => own::write(&parcel.message, seal)?,
    };
    Some(
        Element::builder("iq", NS_CLIENT)
            .attr(name("type"), "set")
            .attr(name("id"), id)
            .attr(name("to"), to.as_str())
            .append(payload)
            .build(),
    )
}

/// The message that a stanza is. Its sender is [`sender`]; an invitation has no other.
pub fn from_stanza(iq: &Element) -> Result<Parcel, MapError> {
    if !iq.is("iq", NS_CLIENT) {
        return Err(MapError::NotIq);
    }
    if iq.attr("type") != Some("set") {
        return Err(MapError::Type);
    }
    if iq.attr("id").is_none_or(str::is_empty) {
        return Err(MapError::Id);
    }
    let from = names::sender_jid(iq)?;
    let payload = read::only_child(iq)?;
    let parcel = if payload.is("jingle", NS_JINGLE) {
        Parcel::plain(jingle::read(payload, &from)?)
    } else {
        let contact = contact(&from.to_bare()).ok_or(MapError::Sender)?;
        own::read(payload, &contact)?
    };
    Ok(parcel)
}

/// Who sent a stanza: a device, by its full JID.
pub fn sender(iq: &Element) -> Result<Endpoint, MapError> {
    endpoint(&names::sender_jid(iq)?).ok_or(MapError::Sender)
}

/// Whether a stanza asks something of this protocol, well or badly. Such a one is for [`from_stanza`] and must be
/// answered; every other is somebody else's. Answers, and messages in a wrapping of any kind, are never ours.
#[must_use]
pub fn is_ours(iq: &Element) -> bool {
    if !iq.is("iq", NS_CLIENT) || matches!(iq.attr("type"), Some("result" | "error")) {
        return false;
    }
    iq.children().any(|child| child.ns() == NS || child.is("jingle", NS_JINGLE) && jingle::is_ours(child))
}

/// The answer to a stanza whose message the table has: it is delivered.
#[must_use]
pub fn result(iq: &Element) -> Element {
    answer(iq, "result")
}

/// The answer to a stanza that is not exact. Answers themselves must not be answered.
#[must_use]
pub fn error(iq: &Element, why: &MapError) -> Element {
    let (kind, condition) = why.condition();
    let mut error = Element::builder("error", NS_CLIENT)
        .attr(name("type"), kind)
        .append(Element::bare(condition, NS_STANZAS));
    if let Some(detail) = why.jingle_condition() {
        error = error.append(Element::bare(detail, NS_JINGLE_ERRORS));
    }
    let mut answer = answer(iq, "error");
    answer.append_child(error.build());
    answer
}

fn answer(iq: &Element, kind: &str) -> Element {
    let copy = |name: &str| iq.attr(name).map(str::to_owned);
    Element::builder("iq", NS_CLIENT)
        .attr(name("type"), kind)
        .attr(name("id"), copy("id"))
        .attr(name("to"), copy("from"))
        .build()
}

/// Whether a message is within what this wire can say.
fn may_travel(message: &Message) -> bool {
    let Message { session, sequence, body } = message;
    let named = *session != SessionId::NIL;
    match body {
        Body::Invite(invite) => {
            named
                && invite.name.len() <= MAX_LABEL
                && invite.url.len() <= MAX_LABEL
                && invite.data.len() <= MAX_DATA
        }
        Body::Accept { data, .. }
        | Body::Decline { data, .. }
        | Body::Cancel { data, .. }
        | Body::Terminate { data, .. } => named && data.len() <= MAX_DATA,
        Body::Context(chunk) => named && chunk.text.len() <= CONTEXT_CHUNK,
        Body::Ringing | Body::Confirm | Body::Attached => named,
        Body::Alive { sessions } => !named && *sequence == 0 && are_alive(sessions),
        Body::UnknownSession => named && *sequence == 0,
    }
}

/// One to 64 sessions, each once.
fn are_alive(sessions: &[SessionId]) -> bool {
    let distinct: BTreeSet<&SessionId> = sessions.iter().collect();
    (1..=MAX_ALIVE).contains(&sessions.len())
        && distinct.len() == sessions.len()
        && !distinct.contains(&SessionId::NIL)
}

/// An attribute's name.
fn name(text: &'static str) -> NcName {
    text.try_into().expect("the names of our attributes are names")
}
