//! Two people with fixed keys, and messages between them.

use crate::{Parcel, Proof, Seal};
use jid::FullJid;
use minidom::Element;
use minidom::rxml::Namespace;
use rendezvous_core::{
    Address, ApplicationId, Body, CancelReason, Chunk, DeclinedBy, Invite, Message, Role, SessionId,
    SessionResult, Versions,
};
use rendezvous_trust::{DeviceKey, Signature, UnixTime};
use std::sync::Arc;
use std::time::Duration;

pub(super) const MARIA: &str = "maria@example.org/rendezvous-1f2e";
pub(super) const JONAS: &str = "jonas@example.net/rendezvous-77aa";
pub(super) const SESSION: SessionId =
    SessionId(*b"\x7c\x0e\x5b\x3a\x52\xd1\x4f\x0e\x9a\x3b\x11\x22\x33\x44\x55\x66");

pub(super) fn full(text: &str) -> FullJid {
    FullJid::new(text).unwrap()
}

pub(super) fn bare(text: &str) -> Address {
    super::super::contact(&full(text).to_bare()).unwrap()
}

pub(super) fn key(n: u8) -> Arc<DeviceKey> {
    let seed: [u8; 32] = std::array::from_fn(|i| n.wrapping_mul(31).wrapping_add(u8::try_from(i).unwrap()));
    Arc::new(DeviceKey::from_seed(&seed).unwrap())
}

/// A key and bytes that have the form of a signature.
pub(super) fn proof() -> Proof {
    Proof { key: key(1).public(), signature: Signature::from_bytes(std::array::from_fn(|i| i as u8)) }
}

pub(super) fn invite() -> Invite {
    Invite {
        application: ApplicationId::ASK,
        name: "Ask for Remote Assistance".into(),
        url: "https://example.org/assist".into(),
        data: "line 1\nline 2\u{0}é".into(),
        lifetime: Duration::ZERO,
        versions: Versions::OURS,
        app_invite: false,
        from: bare(MARIA),
    }
}

/// The seal that a body travels with.
pub(super) fn sealed(session: SessionId, sequence: u32, body: Body) -> Parcel {
    let seal = match &body {
        Body::Invite(_) => Seal::Invite { expiry: UnixTime(1_795_000_300), proof: proof() },
        Body::Accept { .. } => Seal::Accept { proof: proof() },
        _ => Seal::Plain,
    };
    Parcel { message: Message { session, sequence, body }, seal }
}

/// One of every kind, and of every enumeration each variant.
pub(super) fn every_parcel() -> Vec<Parcel> {
    let data = String::from("é\u{0}\"<&]]>");
    let mut bodies = vec![
        Body::Invite(Arc::new(invite())),
        Body::Ringing,
        Body::Accept { version: 7, data: data.clone() },
        Body::Confirm,
        Body::Attached,
        Body::Context(Chunk { text: data.clone(), last: false, abandoned: true }),
        Body::Context(Chunk { text: String::new(), last: true, abandoned: false }),
    ];
    use {CancelReason as C, DeclinedBy as D};
    for by in [D::Person, D::NotInstalled, D::Busy, D::Policy, D::Version, D::Crossed] {
        bodies.push(Body::Decline { by, data: data.clone() });
    }
    for reason in [C::Withdrawn, C::Timeout, C::AnsweredElsewhere, C::Crossed] {
        bodies.push(Body::Cancel { reason, data: data.clone() });
    }
    for result in [0, 5, 0x8100_0601, 0x8100_0603, 0x8100_0604, 0x8100_0609, 0x8100_0622, u32::MAX] {
        for failed in [false, true] {
            let result = SessionResult(result);
            bodies.push(Body::Terminate { failed, result, data: data.clone() });
        }
    }
    let mut parcels: Vec<Parcel> = (0u32..).zip(bodies).map(|(n, body)| sealed(SESSION, n, body)).collect();
    parcels.push(sealed(SESSION, 0, Body::UnknownSession));
    let sessions = vec![SESSION, SessionId([9; 16])];
    parcels.push(sealed(SessionId::NIL, 0, Body::Alive { sessions }));
    parcels
}

/// The stanza of a parcel as it arrives: the server has put its sender on it, and it was text in between.
pub(super) fn arrives(parcel: &Parcel, role: Role) -> Option<Element> {
    let mut stanza = super::super::to_stanza(parcel, role, &full(JONAS), "x1")?;
    stanza.set_attr(Namespace::NONE, super::super::name("from"), MARIA);
    Some(parse(&String::from(&stanza)))
}

pub(super) fn parse(text: &str) -> Element {
    read(text).unwrap_or_else(|| panic!("not well-formed: {text}"))
}

/// A stanza from text, as a stream would read it; `None` when the text is not well-formed. The tree's own reader is
/// laxer than that of a stream: it takes the last of doubled attributes.
pub(super) fn read(text: &str) -> Option<Element> {
    let mut reader = minidom::rxml::Reader::new(text.as_bytes());
    while reader.read().ok()?.is_some() {}
    text.parse().ok()
}
