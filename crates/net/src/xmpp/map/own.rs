//! What stands in our own namespace: the invitation and everything that answers it.

use super::read::{attributes, children, empty, value};
use super::spell::{self, boolean, read_boolean, read_guid, read_number, read_text};
use super::{MapError, NS, name};
use crate::{Parcel, Proof, Seal};
use minidom::{Element, ElementBuilder};
use rendezvous_core::{
    Address, ApplicationId, Body, CancelReason, DeclinedBy, Invite, MAX_ALIVE, MAX_DATA, MAX_LABEL, Message,
    SessionId, Versions,
};
use rendezvous_trust::UnixTime;
use std::sync::Arc;
use std::time::Duration;

/// One spelling for each variant, both ways.
macro_rules! spelled {
    ($write:ident, $read:ident, $type:ident: $($variant:ident = $text:literal),+ $(,)?) => {
        fn $write(value: $type) -> &'static str {
            match value { $($type::$variant => $text),+ }
        }
        fn $read(text: &str) -> Option<$type> {
            match text { $($text => Some($type::$variant),)+ _ => None }
        }
    };
}
spelled!(declined_by, read_declined_by, DeclinedBy:
    Person = "person", NotInstalled = "not-installed", Busy = "busy", Policy = "policy", Version = "version",
    Crossed = "crossed");
spelled!(cancel_reason, read_cancel_reason, CancelReason:
    Withdrawn = "withdrawn", Timeout = "timeout", AnsweredElsewhere = "answered-elsewhere", Crossed = "crossed");

pub(super) fn write(message: &Message, seal: &Seal) -> Option<Element> {
    let ordered = |element: &str| start(element, message.session).attr(name("sequence"), message.sequence);
    let element = match (&message.body, seal) {
        (Body::Invite(invite), Seal::Invite { expiry, proof }) => {
            write_invite(signed(ordered("invite"), proof), invite, *expiry)
        }
        (Body::Ringing, _) => ordered("ringing"),
        (Body::Accept { version, data }, Seal::Accept { proof }) => {
            spell::text(signed(ordered("accept"), proof).attr(name("version"), *version), data)
        }
        (Body::Decline { by, data }, _) => {
            spell::text(ordered("decline").attr(name("by"), declined_by(*by)), data)
        }
        (Body::Cancel { reason, data }, _) => {
            spell::text(ordered("cancel").attr(name("reason"), cancel_reason(*reason)), data)
        }
        (Body::Alive { sessions }, _) => {
            let session = |id: &SessionId| start("session", *id).build();
            Element::builder("alive", NS).append_all(sessions.iter().map(session))
        }
        (Body::UnknownSession, _) => start("unknown-session", message.session),
        _ => return None,
    };
    Some(element.build())
}

fn start(element: &str, session: SessionId) -> ElementBuilder {
    Element::builder(element, NS).attr(name("sid"), spell::guid(&session.0))
}

fn signed(element: ElementBuilder, proof: &Proof) -> ElementBuilder {
    element.attr(name("key"), proof.key.to_text()).attr(name("signature"), spell::signature(&proof.signature))
}

fn write_invite(element: ElementBuilder, invite: &Invite, expiry: UnixTime) -> ElementBuilder {
    let text = |field: &str, value: &str| spell::text(Element::builder(field, NS), value).build();
    element
        .attr(name("application"), spell::guid(&invite.application.0))
        .attr(name("expiry"), expiry.0)
        .attr(name("lowest"), invite.versions.lowest)
        .attr(name("highest"), invite.versions.highest)
        .attr(name("app-invite"), boolean(invite.app_invite))
        .append(text("name", &invite.name))
        .append(text("url", &invite.url))
        .append(text("data", &invite.data))
}

/// A message from the wire. `from` is the contact that the server vouches for.
pub(super) fn read(element: &Element, from: &Address) -> Result<Parcel, MapError> {
    if element.ns() != NS {
        return Err(MapError::Children);
    }
    let mut seal = Seal::Plain;
    let (session, sequence, body) = match element.name() {
        "invite" => return read_invite(element, from),
        "ringing" => {
            attributes(element, &["sid", "sequence"])?;
            empty(element)?;
            (session(element)?, sequence(element)?, Body::Ringing)
        }
        "accept" => {
            attributes(element, &["sid", "sequence", "key", "signature", "version"])?;
            let (id, number) = (session(element)?, sequence(element)?);
            let version = value(element, "version", read_number)?;
            seal = Seal::Accept { proof: proof(element)? };
            (id, number, Body::Accept { version, data: read_text(element, MAX_DATA, "data")? })
        }
        "decline" => {
            attributes(element, &["sid", "sequence", "by"])?;
            let (id, number) = (session(element)?, sequence(element)?);
            let by = value(element, "by", read_declined_by)?;
            (id, number, Body::Decline { by, data: read_text(element, MAX_DATA, "data")? })
        }
        "cancel" => {
            attributes(element, &["sid", "sequence", "reason"])?;
            let (id, number) = (session(element)?, sequence(element)?);
            let reason = value(element, "reason", read_cancel_reason)?;
            (id, number, Body::Cancel { reason, data: read_text(element, MAX_DATA, "data")? })
        }
        "alive" => (SessionId::NIL, 0, Body::Alive { sessions: read_alive(element)? }),
        "unknown-session" => {
            attributes(element, &["sid"])?;
            empty(element)?;
            (session(element)?, 0, Body::UnknownSession)
        }
        _ => return Err(MapError::Element),
    };
    Ok(Parcel { message: Message { session, sequence, body }, seal })
}

fn read_invite(element: &Element, from: &Address) -> Result<Parcel, MapError> {
    let names =
        ["sid", "sequence", "application", "expiry", "lowest", "highest", "app-invite", "key", "signature"];
    attributes(element, &names)?;
    let (session, sequence) = (session(element)?, sequence(element)?);
    let application = ApplicationId(value(element, "application", read_guid)?);
    let expiry = UnixTime(value(element, "expiry", read_number)?);
    let lowest = value(element, "lowest", read_number)?;
    let highest = value(element, "highest", read_number)?;
    let app_invite = value(element, "app-invite", read_boolean)?;
    let proof = proof(element)?;
    let &[one, two, three] = children(element)?.as_slice() else { return Err(MapError::Children) };
    let invite = Invite {
        application,
        name: label(one, "name", MAX_LABEL)?,
        url: label(two, "url", MAX_LABEL)?,
        data: label(three, "data", MAX_DATA)?,
        // It does not travel: the driver makes it of the expiry.
        lifetime: Duration::ZERO,
        versions: Versions { lowest, highest },
        app_invite,
        from: from.clone(),
    };
    let message = Message { session, sequence, body: Body::Invite(Arc::new(invite)) };
    Ok(Parcel { message, seal: Seal::Invite { expiry, proof } })
}

/// A child that holds nothing but a text.
fn label(element: &Element, field: &'static str, limit: usize) -> Result<String, MapError> {
    if !element.is(field, NS) {
        return Err(MapError::Children);
    }
    attributes(element, &[])?;
    read_text(element, limit, field)
}

fn read_alive(element: &Element) -> Result<Vec<SessionId>, MapError> {
    attributes(element, &[])?;
    let children = children(element)?;
    if children.len() > MAX_ALIVE {
        return Err(MapError::OverLimit("sessions"));
    }
    let mut sessions = Vec::with_capacity(children.len());
    for child in children {
        if !child.is("session", NS) {
            return Err(MapError::Children);
        }
        attributes(child, &["sid"])?;
        empty(child)?;
        sessions.push(session(child)?);
    }
    if super::are_alive(&sessions) { Ok(sessions) } else { Err(MapError::Session) }
}

/// The session that an element names.
pub(super) fn session(element: &Element) -> Result<SessionId, MapError> {
    let id = element.attr("sid").and_then(read_guid).map(SessionId);
    id.filter(|id| *id != SessionId::NIL).ok_or(MapError::Session)
}

pub(super) fn sequence(element: &Element) -> Result<u32, MapError> {
    value(element, "sequence", read_number)
}

fn proof(element: &Element) -> Result<Proof, MapError> {
    let (key, signature) = (element.attr("key"), element.attr("signature"));
    let missing = MapError::Attributes;
    spell::read_proof(key.ok_or(missing)?, signature.ok_or(missing)?)
}
