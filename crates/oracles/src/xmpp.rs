//! Stanzas of the XMPP network, as any server and any contact may send them.

use jid::FullJid;
use minidom::Element;
use minidom::rxml::{Namespace, NcName};
use rendezvous_core::{
    Address, ApplicationId, Body, CancelReason, Chunk, DeclinedBy, Invite, Message, Role, SessionId,
    SessionResult, Versions,
};
use rendezvous_net::Parcel;
use rendezvous_net::xmpp::map::{Nesting, error, from_stanza, is_ours, result, sender, to_stanza};
use std::sync::Arc;
use std::time::Duration;

use crate::Seed;
use crate::parcel::sealed;

const MARIA: &str = "maria@example.org/rendezvous-1f2e";
const JONAS: &str = "jonas@example.net/rendezvous-77aa";
/// No tree is deeper than a stream may be nested.
const DEEPEST: usize = 64;

fn full(text: &str) -> FullJid {
    FullJid::new(text).expect("a full JID")
}

/// One stanza. What is read is from whom the server says, can be written, and is then read the same; every answer is one.
pub(crate) fn stanza(data: &[u8]) {
    // As a stream does it, before it builds a tree.
    if Nesting::default().follow(data).is_err() {
        return;
    }
    let Ok(stanza) = Element::from_reader(data) else { return };
    assert!(depth(&stanza) <= DEEPEST, "a tree is deeper than its bytes were nested");
    match from_stanza(&stanza) {
        Err(why) => assert_eq!(error(&stanza, &why).attr("type"), Some("error")),
        Ok(parcel) => {
            assert!(is_ours(&stanza), "somebody else's stanza was read");
            assert_eq!(result(&stanza).attr("to"), stanza.attr("from"));
            written_again(&stanza, &parcel);
        }
    }
}

fn written_again(stanza: &Element, parcel: &Parcel) {
    let from = sender(stanza).expect("what was read has a sender");
    assert!(parcel.is_whole(), "what must be signed came unsigned");
    if let Body::Invite(invite) = &parcel.message.body {
        assert_eq!(invite.from, from.contact, "an invitation names its own sender");
    }
    for role in [Role::Inviter, Role::Invitee] {
        let mut again = to_stanza(parcel, role, &full(JONAS), "x").expect("it has come, so it can go");
        again.set_attr(Namespace::NONE, attribute("from"), stanza.attr("from"));
        let text = String::from(&again);
        let again: Element = text.parse().expect("our own stanzas are well-formed");
        assert_eq!(from_stanza(&again).as_ref(), Ok(parcel), "{text}");
    }
}

fn attribute(name: &str) -> NcName {
    name.try_into().expect("a name")
}

fn depth(element: &Element) -> usize {
    1 + element.children().map(depth).max().unwrap_or(0)
}

pub(crate) fn stanza_seeds() -> Vec<Seed> {
    let data = String::from("é\u{0}\"");
    let invite = Invite {
        application: ApplicationId::ASK,
        name: "Ask".into(),
        url: "https://example.org".into(),
        data: data.clone(),
        lifetime: Duration::ZERO,
        versions: Versions::OURS,
        app_invite: false,
        from: Address::new("maria@example.org").expect("a good address"),
    };
    let named = SessionId([7; 16]);
    let bodies = [
        ("invite", named, Role::Inviter, Body::Invite(Arc::new(invite))),
        ("ringing", named, Role::Invitee, Body::Ringing),
        ("accept", named, Role::Invitee, Body::Accept { version: 1, data: data.clone() }),
        ("decline", named, Role::Invitee, Body::Decline { by: DeclinedBy::NotInstalled, data: data.clone() }),
        ("cancel", named, Role::Inviter, Body::Cancel { reason: CancelReason::Timeout, data: data.clone() }),
        ("confirm", named, Role::Inviter, Body::Confirm),
        ("accepted", named, Role::Invitee, Body::Attached),
        ("attached", named, Role::Inviter, Body::Attached),
        (
            "context",
            named,
            Role::Inviter,
            Body::Context(Chunk { text: data.clone(), last: true, abandoned: false }),
        ),
        (
            "terminate",
            named,
            Role::Invitee,
            Body::Terminate { failed: true, result: SessionResult(0x8100_0603), data },
        ),
        ("unknown", named, Role::Invitee, Body::UnknownSession),
        ("alive", SessionId::NIL, Role::Inviter, Body::Alive { sessions: vec![named, SessionId([2; 16])] }),
    ];
    let mut seeds: Vec<Seed> = bodies
        .into_iter()
        .map(|(name, session, role, body)| {
            let stanza = to_stanza(&sealed(Message { session, sequence: 0, body }), role, &full(JONAS), "x");
            let mut stanza = stanza.expect("it can travel");
            stanza.set_attr(Namespace::NONE, attribute("from"), MARIA);
            Seed::new(name, String::from(&stanza).as_bytes())
        })
        .collect();
    let carbon = "<message xmlns='jabber:client'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>";
    seeds.push(Seed::new("open", carbon.as_bytes()));
    seeds
}
