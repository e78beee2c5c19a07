//! Stanzas that are read: every message, at the edges of what it may carry.

use crate::vectors::notation;
use crate::xmpp::map::tests::samples::*;
use crate::xmpp::map::{from_stanza, sender, to_stanza};
use crate::{Parcel, Proof, Seal};
use minidom::rxml::Namespace;
use rendezvous_core::{
    ApplicationId, Body, CancelReason, Chunk, Code, DeclinedBy, Invite, Message, Role, SessionId,
    SessionResult, Versions,
};
use rendezvous_trust::{Contact, UnixTime, invite as signed};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) const NOW: UnixTime = UnixTime(1_795_000_000);
const EXPIRY: UnixTime = UnixTime(1_795_000_120);

fn statement(invite: &Invite) -> signed::Invite {
    let contact = |jid| Contact::new("xmpp", bare(jid).as_str()).unwrap();
    signed::Invite {
        versions: (invite.versions.lowest..=invite.versions.highest).collect(),
        session: SESSION.0,
        application: invite.application.0,
        name: invite.name.clone(),
        url: invite.url.clone(),
        data: invite.data.clone(),
        expiry: EXPIRY,
        inviter: contact(MARIA),
        invitee: contact(JONAS),
        novice: crate::novice(invite.application),
        app_invite: invite.app_invite,
    }
}

/// An invitation of Maria's, as she signs it.
pub(super) fn invitation(invite: Invite, sequence: u32) -> Parcel {
    let signature = statement(&invite).sign(&key(1)).unwrap();
    let proof = Proof { key: key(1).public(), signature };
    let message = Message { session: SESSION, sequence, body: Body::Invite(Arc::new(invite)) };
    Parcel { message, seal: Seal::Invite { expiry: EXPIRY, proof } }
}

/// Jonas's answer to her ordinary one.
pub(super) fn answer(version: u16, data: &str) -> Parcel {
    let hash = statement(&invite()).hash(&key(1).public());
    let accept = signed::Accept { invite: hash, version, data: data.into() };
    let proof = Proof { key: key(2).public(), signature: accept.sign(&key(2)).unwrap() };
    let body = Body::Accept { version, data: data.into() };
    Parcel { message: Message { session: SESSION, sequence: 1, body }, seal: Seal::Accept { proof } }
}

/// A stanza of either as it arrives at the other.
pub(super) fn stanza(parcel: &Parcel, role: Role) -> String {
    let (from, to) = if role == Role::Inviter { (MARIA, JONAS) } else { (JONAS, MARIA) };
    let mut stanza = to_stanza(parcel, role, &full(to), "x1").expect("it can travel");
    stanza.set_attr(Namespace::NONE, "from".try_into().unwrap(), from);
    String::from(&stanza)
}

pub(super) fn plain(sequence: u32, body: Body) -> Parcel {
    Parcel::plain(Message { session: SESSION, sequence, body })
}

const INVITE: &str = "invite";

pub(super) fn cases() -> Vec<Value> {
    let mut cases = Vec::new();
    let mut add =
        |name: &str, role: Role, parcel: Parcel| cases.push(case(name, role, &stanza(&parcel, role), true));
    invites(&mut add);
    answers(&mut add);
    jingle(&mut add);
    let alive = |n: u8| {
        let sessions = (1..=n).map(|n| SessionId([n; 16])).collect();
        Parcel::plain(Message { session: SessionId::NIL, sequence: 0, body: Body::Alive { sessions } })
    };
    add("alive, one session", Role::Inviter, alive(1));
    add("alive, 64 sessions", Role::Invitee, alive(64));
    add("unknown session", Role::Invitee, plain(0, Body::UnknownSession));
    cases.extend(written_otherwise());
    cases
}

type Add<'a> = &'a mut dyn FnMut(&str, Role, Parcel);

fn invites(add: Add<'_>) {
    use Role::Inviter as I;
    let with = |change: fn(&mut Invite)| {
        let mut invite = invite();
        change(&mut invite);
        invitation(invite, 0)
    };
    add(INVITE, I, with(|_| {}));
    add("invite, the last sequence number", I, invitation(invite(), u32::MAX));
    add("invite, offer", I, with(|i| i.application = ApplicationId::OFFER));
    add(
        "invite, nothing but an application",
        I,
        with(|i| {
            i.name.clear();
            i.url.clear();
            i.data.clear();
        }),
    );
    add("invite, name of 256 bytes", I, with(|i| i.name = "n".repeat(256)));
    add("invite, name of 256 bytes in 64 characters", I, with(|i| i.name = "\u{1f91d}".repeat(64)));
    add("invite, URL of 256 bytes", I, with(|i| i.url = format!("https://example.org/{}", "u".repeat(236))));
    add("invite, data of 512 bytes", I, with(|i| i.data = "d".repeat(512)));
    add("invite, data of 512 zero bytes", I, with(|i| i.data = "\0".repeat(512)));
    add("invite, name that looks like XML", I, with(|i| i.name = "</name><accept/>&amp;".into()));
    add("invite, eight versions", I, with(|i| i.versions = Versions { lowest: 1, highest: 8 }));
    add("invite, of an application of old", I, with(|i| i.app_invite = true));
}

fn answers(add: Add<'_>) {
    use {CancelReason as C, DeclinedBy as D, Role::Invitee as E, Role::Inviter as I};
    add("ringing", E, plain(0, Body::Ringing));
    add("ringing, the last sequence number", E, plain(u32::MAX, Body::Ringing));
    add("accept", E, answer(1, "yes"));
    add("accept, no data", E, answer(1, ""));
    add("accept, data of 512 bytes", E, answer(1, &"d".repeat(512)));
    add("accept, version of a legacy peer", E, answer(0, ""));
    add("accept, highest version", E, answer(u16::MAX, ""));
    for (name, by) in [
        ("person", D::Person),
        ("not installed", D::NotInstalled),
        ("busy", D::Busy),
        ("policy", D::Policy),
        ("version", D::Version),
        ("crossed", D::Crossed),
    ] {
        add(&format!("decline, {name}"), E, plain(1, Body::Decline { by, data: "why".into() }));
    }
    add("decline, data of 512 bytes", E, plain(1, Body::Decline { by: D::Person, data: "d".repeat(512) }));
    for (name, reason) in [
        ("withdrawn", C::Withdrawn),
        ("timeout", C::Timeout),
        ("answered elsewhere", C::AnsweredElsewhere),
        ("crossed", C::Crossed),
    ] {
        add(&format!("cancel, {name}"), I, plain(1, Body::Cancel { reason, data: String::new() }));
    }
    let data = "\u{7f}\u{1}".repeat(256);
    add("cancel, data of 512 control characters", I, plain(1, Body::Cancel { reason: C::Withdrawn, data }));
}

fn jingle(add: Add<'_>) {
    use Role::{Invitee as E, Inviter as I};
    let context = |text: &str, last, abandoned| Body::Context(Chunk { text: text.into(), last, abandoned });
    add("confirm", I, plain(1, Body::Confirm));
    add("attached, of the invitee", E, plain(2, Body::Attached));
    add("attached, of the inviter", I, plain(2, Body::Attached));
    add("context, whole", I, plain(3, context("{\"type\":\"h1\"}", true, false)));
    add("context, empty", E, plain(3, context("", true, false)));
    add("context, one of several", I, plain(4, context(&"c".repeat(8192), false, false)));
    add(
        "context, 8192 bytes in 2048 characters",
        E,
        plain(5, context(&"\u{1f91d}".repeat(2048), true, false)),
    );
    add("context, given up", I, plain(6, context("", false, true)));
    add("context, its end given up", I, plain(7, context("", true, true)));
    let terminate = |failed, result: u32, data: &str| {
        plain(8, Body::Terminate { failed, result: SessionResult(result), data: data.into() })
    };
    add("terminate, an ordinary end", I, terminate(false, 0, ""));
    add("terminate, a result of the application's", E, terminate(false, 5, "data"));
    add("terminate, data of 512 bytes", E, terminate(false, 0, &"d".repeat(512)));
    add("terminate, a failure without a published number", E, terminate(true, u32::MAX, ""));
    for code in Code::ALL {
        add(&format!("terminate, failed with {}", code.name()), I, terminate(true, code.number(), ""));
    }
}

/// What means the same and is not what we write: a server's language, blanks, parties that Jingle lets one name.
fn written_otherwise() -> Vec<Value> {
    let confirm = stanza(&plain(1, Body::Confirm), Role::Inviter);
    let attached = stanza(&plain(2, Body::Attached), Role::Invitee);
    let ringing = stanza(&plain(0, Body::Ringing), Role::Invitee);
    let party =
        |text: &str, name: &str, jid: &str| text.replace("<jingle ", &format!("<jingle {name}='{jid}' "));
    vec![
        case("ringing, in a language", Role::Invitee, &ringing.replace("<iq ", "<iq xml:lang='de' "), false),
        case(
            "confirm, with blanks between elements",
            Role::Inviter,
            &confirm.replace("><", ">\r\n\t <"),
            false,
        ),
        case(
            "confirm, which names its initiator",
            Role::Inviter,
            &party(&confirm, "initiator", MARIA),
            false,
        ),
        case(
            "attached, which names its responder",
            Role::Invitee,
            &party(&attached, "responder", JONAS),
            false,
        ),
    ]
}

fn case(name: &str, role: Role, text: &str, exact: bool) -> Value {
    let stanza = parse(text);
    let parcel = from_stanza(&stanza).unwrap_or_else(|why| panic!("{name}: {why}"));
    let from = sender(&stanza).unwrap();
    let mut case = json!({
        "name": name,
        "from": if role == Role::Inviter { "inviter" } else { "invitee" },
        "stanza": text,
        "sender": [from.contact.as_str(), &*from.device],
        "message": notation(&parcel),
        "exact": exact,
    });
    if name.starts_with("accept") {
        case["answers"] = json!(INVITE);
    }
    case
}
