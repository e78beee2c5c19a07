//! The vectors in `docs/vectors/xmpp.json`: made here, read here, and for everybody else to read.

mod refused;
mod valid;

use super::samples::*;
use crate::vectors::{guid, hex, notation, publish, published};
use crate::xmpp::map::{error, from_stanza, is_ours, sender, to_stanza};
use rendezvous_core::Role;
use rendezvous_trust::invite::{Accept, Invite};
use rendezvous_trust::{Contact, PublicKey, Signature, UnixTime};
use serde_json::{Value, json};

const FILE: &str = "xmpp.json";

fn made() -> Value {
    let people = [("maria", MARIA, 1), ("jonas", JONAS, 2)];
    let keys = people.map(|(name, jid, n)| {
        let seed = hex(&*key(n).seed());
        json!({ "name": name, "jid": jid, "seed": seed, "key": key(n).public().to_text() })
    });
    json!({
        "about": "Stanzas of the rendezvous protocol as they arrive (docs/protocol.md). A case has a `message`, or the name of its refusal and the condition of its answer, or asks nothing of the protocol. Signatures are real; `answers` names the invitation that an answer is to.",
        "now": valid::NOW.0,
        "network": "xmpp",
        "people": keys,
        "valid": valid::cases(),
        "refused": refused::cases(),
        "not_ours": refused::not_ours(),
    })
}

#[test]
#[ignore = "writes docs/vectors/xmpp.json, after the protocol was changed on purpose"]
fn write_the_vectors() {
    publish(FILE, &made());
}

#[test]
fn the_published_vectors_are_what_this_map_makes() {
    assert!(published(FILE) == made(), "if the protocol changed on purpose: run `write_the_vectors`");
}

fn list<'a>(vectors: &'a Value, name: &str) -> &'a [Value] {
    vectors[name].as_array().unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

#[test]
fn every_valid_vector_is_read_and_written_as_published() {
    let vectors = published(FILE);
    for case in list(&vectors, "valid") {
        let stanza = parse(text(case, "stanza"));
        let parcel = from_stanza(&stanza).unwrap_or_else(|why| panic!("{why}: {case}"));
        assert_eq!(notation(&parcel), case["message"], "{}", case["name"]);
        let from = sender(&stanza).unwrap();
        assert_eq!(json!([from.contact.as_str(), &*from.device]), case["sender"]);
        if case["exact"] == json!(true) {
            let role = if text(case, "from") == "inviter" { Role::Inviter } else { Role::Invitee };
            let again =
                to_stanza(&parcel, role, &full(stanza.attr("to").unwrap()), stanza.attr("id").unwrap());
            let mut again = again.expect("it can travel");
            again.set_attr(
                minidom::rxml::Namespace::NONE,
                "from".try_into().unwrap(),
                stanza.attr("from").unwrap(),
            );
            assert_eq!(again, stanza, "{}", case["name"]);
        }
    }
}

#[test]
fn every_other_vector_is_refused_as_published() {
    let vectors = published(FILE);
    for case in list(&vectors, "refused") {
        let stanza = parse(text(case, "stanza"));
        let why = from_stanza(&stanza).expect_err(text(case, "name"));
        assert_eq!(why.name(), text(case, "refused"), "{}", case["name"]);
        assert!(is_ours(&stanza), "{} must be answered", case["name"]);
        let answer = error(&stanza, &why);
        let condition = answer.children().next().unwrap().children().next().unwrap();
        assert_eq!(condition.name(), text(case, "answer"), "{}", case["name"]);
    }
    for case in list(&vectors, "not_ours") {
        let stanza = parse(text(case, "stanza"));
        assert!(!is_ours(&stanza) && from_stanza(&stanza).is_err(), "{}", case["name"]);
    }
}

#[test]
fn the_vectors_are_many_and_of_every_kind() {
    let vectors = published(FILE);
    let (valid, refused) = (list(&vectors, "valid"), list(&vectors, "refused"));
    let all = valid.len() + refused.len() + list(&vectors, "not_ours").len();
    println!("{all} vectors: {} valid, {} refused", valid.len(), refused.len());
    assert!(valid.len() >= 50 && refused.len() >= 80, "{} and {}", valid.len(), refused.len());
    for kind in [
        "invite",
        "ringing",
        "accept",
        "confirm",
        "decline",
        "cancel",
        "attached",
        "context",
        "terminate",
        "alive",
        "unknown-session",
    ] {
        assert!(valid.iter().any(|case| case["message"]["type"] == kind), "{kind}");
    }
    for why in [
        "type",
        "id",
        "sender",
        "children",
        "attributes",
        "element",
        "action",
        "session",
        "key",
        "signature",
        "reason",
        "redirected",
    ] {
        assert!(refused.iter().any(|case| case["refused"] == why), "{why}");
    }
    let mut names: Vec<_> = valid.iter().chain(refused).map(|case| text(case, "name")).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), valid.len() + refused.len(), "two vectors have one name");
}

fn bytes<const N: usize>(hexadecimal: &str) -> [u8; N] {
    assert_eq!(hexadecimal.len(), 2 * N);
    std::array::from_fn(|i| u8::from_str_radix(&hexadecimal[2 * i..2 * i + 2], 16).unwrap())
}

/// The statement that an invitation of the vectors is signed as, from nothing but its published fields.
fn statement(message: &Value) -> Invite {
    let number = |name: &str| message[name].as_u64().unwrap();
    let bare = |jid: &str| Contact::new("xmpp", jid.split('/').next().unwrap()).unwrap();
    let offer = guid(&rendezvous_core::ApplicationId::OFFER.0);
    let novice = if text(message, "application") == offer {
        rendezvous_trust::handshake::Role::Invitee
    } else {
        rendezvous_trust::handshake::Role::Inviter
    };
    Invite {
        versions: (number("lowest")..=number("highest")).map(|v| u16::try_from(v).unwrap()).collect(),
        session: bytes(&text(message, "session").replace('-', "")),
        application: bytes(&text(message, "application").replace('-', "")),
        name: text(message, "name").into(),
        url: text(message, "url").into(),
        data: text(message, "data").into(),
        expiry: UnixTime(number("expiry")),
        inviter: bare(MARIA),
        invitee: bare(JONAS),
        novice,
        app_invite: message["app_invite"].as_bool().unwrap(),
    }
}

/// Checks the signature in a message of the vectors or of the document, if it must have one; whether it has.
pub(super) fn check_signature(vectors: &Value, answers: &str, message: &Value) -> bool {
    let now = UnixTime(vectors["now"].as_u64().unwrap());
    let (maria, jonas) = (key(1).public(), key(2).public());
    if message.get("signature").is_none() {
        return false;
    }
    let key = PublicKey::from_text(text(message, "key")).unwrap();
    let signature = Signature::from_bytes(bytes(text(message, "signature")));
    if message["type"] == "invite" {
        assert_eq!(key, maria);
        statement(message).verify(now, &jonas, &key, &signature).unwrap();
    } else {
        assert_eq!(key, jonas);
        let invitation = list(vectors, "valid").iter().find(|other| other["name"] == answers).unwrap();
        let invitation = statement(&invitation["message"]);
        let version = message["version"].as_u64().and_then(|v| u16::try_from(v).ok()).unwrap();
        let data = text(message, "data").into();
        let accept = Accept { invite: invitation.hash(&maria), version, data };
        accept.verify(&invitation, &maria, &key, &signature).unwrap();
    }
    true
}

#[test]
fn the_signatures_in_the_vectors_verify() {
    let vectors = published(FILE);
    let answers = |case: &Value| case["answers"].as_str().unwrap_or_default().to_owned();
    let check = |case: &&Value| check_signature(&vectors, &answers(case), &case["message"]);
    let signed = list(&vectors, "valid").iter().filter(check).count();
    assert!(signed >= 15, "{signed}");
}
