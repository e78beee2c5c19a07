//! The vectors in `docs/vectors/nearby.json`: messages as they stand in a frame.

use super::*;
use crate::vectors::{hex, notation, publish, published};
use rendezvous_core::{Endpoint, Input, Role, SessionConfig, Sessions, Time};
use rendezvous_trust::{Contact, DeviceKey, invite as signed};
use serde_json::{Value, json};

const FILE: &str = "nearby.json";
const NOW: UnixTime = UnixTime(1_795_000_000);
const EXPIRY: UnixTime = UnixTime(1_795_000_120);
const SESSION: SessionId = SessionId(*b"\x7c\x0e\x5b\x3a\x52\xd1\x4f\x0e\x9a\x3b\x11\x22\x33\x44\x55\x66");

fn key(n: u8) -> DeviceKey {
    let seed: [u8; 32] = std::array::from_fn(|i| n.wrapping_mul(31).wrapping_add(u8::try_from(i).unwrap()));
    DeviceKey::from_seed(&seed).unwrap()
}

/// On this network an address is a key.
fn address(n: u8) -> Address {
    Address::new(key(n).public().fingerprint().replace(' ', "")).unwrap()
}

fn invite() -> Invite {
    Invite {
        application: ApplicationId::ASK,
        name: "Ask for Remote Assistance".into(),
        url: "https://example.org/assist".into(),
        data: "line 1\nline 2\u{0}é".into(),
        lifetime: Duration::ZERO,
        versions: Versions::OURS,
        app_invite: false,
        from: address(1),
    }
}

fn statement(invite: &Invite) -> signed::Invite {
    let contact = |n| Contact::new("nearby", address(n).as_str()).unwrap();
    signed::Invite {
        versions: (invite.versions.lowest..=invite.versions.highest).collect(),
        session: SESSION.0,
        application: invite.application.0,
        name: invite.name.clone(),
        url: invite.url.clone(),
        data: invite.data.clone(),
        expiry: EXPIRY,
        inviter: contact(1),
        invitee: contact(2),
        novice: crate::novice(invite.application),
        app_invite: invite.app_invite,
    }
}

fn invitation(invite: Invite) -> Parcel {
    let proof = Proof { key: key(1).public(), signature: statement(&invite).sign(&key(1)).unwrap() };
    let message = Message { session: SESSION, sequence: 0, body: Body::Invite(Arc::new(invite)) };
    Parcel { message, seal: Seal::Invite { expiry: EXPIRY, proof } }
}

fn answer(data: &str) -> Parcel {
    let hash = statement(&invite()).hash(&key(1).public());
    let accept = signed::Accept { invite: hash, version: 1, data: data.into() };
    let proof = Proof { key: key(2).public(), signature: accept.sign(&key(2)).unwrap() };
    let body = Body::Accept { version: 1, data: data.into() };
    Parcel { message: Message { session: SESSION, sequence: 1, body }, seal: Seal::Accept { proof } }
}

/// Every message with whoever says it.
fn messages() -> Vec<(String, Role, Parcel)> {
    use {CancelReason as C, DeclinedBy as D, Role::Invitee as E, Role::Inviter as I};
    let with = |change: fn(&mut Invite)| {
        let mut invite = invite();
        change(&mut invite);
        invitation(invite)
    };
    let mut all: Vec<(String, Role, Parcel)> = vec![
        ("invite".into(), I, with(|_| {})),
        ("invite, offer".into(), I, with(|i| i.application = ApplicationId::OFFER)),
        ("invite, data of 512 zero bytes".into(), I, with(|i| i.data = "\0".repeat(512))),
        (
            "invite, name and URL of 256 bytes".into(),
            I,
            with(|i| {
                i.name = "\u{1f91d}".repeat(64);
                i.url = "u".repeat(256);
            }),
        ),
        ("accept".into(), E, answer("yes")),
        ("accept, data of 512 bytes".into(), E, answer(&"d".repeat(512))),
    ];
    let context = |text: &str, last, abandoned| Body::Context(Chunk { text: text.into(), last, abandoned });
    let terminate =
        |failed, result| Body::Terminate { failed, result: SessionResult(result), data: "d".into() };
    let mut plain = |name: &str, role, sequence, body| {
        all.push((name.into(), role, Parcel::plain(Message { session: SESSION, sequence, body })));
    };
    plain("ringing", E, 0, Body::Ringing);
    plain("ringing, the last sequence number", E, u32::MAX, Body::Ringing);
    plain("confirm", I, 1, Body::Confirm);
    for (name, by) in [
        ("decline, person", D::Person),
        ("decline, not installed", D::NotInstalled),
        ("decline, busy", D::Busy),
        ("decline, policy", D::Policy),
        ("decline, version", D::Version),
        ("decline, crossed", D::Crossed),
    ] {
        plain(name, E, 1, Body::Decline { by, data: "why".into() });
    }
    for (name, reason) in [
        ("cancel, withdrawn", C::Withdrawn),
        ("cancel, timeout", C::Timeout),
        ("cancel, answered elsewhere", C::AnsweredElsewhere),
        ("cancel, crossed", C::Crossed),
    ] {
        plain(name, I, 1, Body::Cancel { reason, data: String::new() });
    }
    plain("attached", I, 2, Body::Attached);
    plain("context, of 8192 bytes", E, 3, context(&"\u{1f91d}".repeat(2048), false, false));
    plain("context, of 8192 zero bytes", I, 3, context(&"\0".repeat(8192), true, false));
    plain("context, given up", I, 4, context("", false, true));
    plain("terminate, an ordinary end", I, 5, terminate(false, 0));
    plain("terminate, failed", E, 5, terminate(true, 0x8100_0604));
    plain("unknown session", E, 0, Body::UnknownSession);
    let sessions = (1..=64).map(|n| SessionId([n; 16])).collect();
    let alive = Message { session: SessionId::NIL, sequence: 0, body: Body::Alive { sessions } };
    all.push(("alive, 64 sessions".into(), E, Parcel::plain(alive)));
    all
}

/// Messages that are read, and that the table drops because they carry too much.
fn oversized() -> Vec<(&'static str, Parcel)> {
    let data = || "d".repeat(513);
    let sessions = (1..=65).map(|n| SessionId([n; 16])).collect();
    let plain = |session, body| Parcel::plain(Message { session, sequence: 0, body });
    vec![
        ("accept, data of 513 bytes", {
            let mut accept = answer("");
            accept.message.body = Body::Accept { version: 1, data: data() };
            accept
        }),
        (
            "decline, data of 513 bytes",
            plain(SESSION, Body::Decline { by: DeclinedBy::Person, data: data() }),
        ),
        (
            "cancel, data of 513 bytes",
            plain(SESSION, Body::Cancel { reason: CancelReason::Timeout, data: data() }),
        ),
        (
            "terminate, data of 513 bytes",
            plain(SESSION, Body::Terminate { failed: false, result: SessionResult(0), data: data() }),
        ),
        (
            "context, a piece of 8193 bytes",
            plain(SESSION, Body::Context(Chunk { text: "c".repeat(8193), last: true, abandoned: false })),
        ),
        ("alive, 65 sessions", plain(SessionId::NIL, Body::Alive { sessions })),
    ]
}

fn text(parcel: &Parcel) -> String {
    serde_json::to_string(&to_wire(parcel.clone()).expect("it can travel")).unwrap()
}

/// Reads a message as a link does; a name for why not.
fn read(text: &str, from: &Address) -> Result<Parcel, &'static str> {
    let message: WireMessage = serde_json::from_str(text).map_err(|_| "malformed")?;
    from_wire(message, from).map_err(|why| match why {
        MapError::Session => "session",
        MapError::Application => "application",
        MapError::Key => "key",
        MapError::Signature => "signature",
    })
}

fn from(role: Role) -> Address {
    address(if role == Role::Inviter { 1 } else { 2 })
}

fn valid() -> Vec<Value> {
    let case = |(name, role, parcel): (String, Role, Parcel)| {
        let side = if role == Role::Inviter { "inviter" } else { "invitee" };
        let read = read(&text(&parcel), &from(role)).expect("what is written is read");
        json!({ "name": name, "from": side, "text": text(&parcel), "message": notation(&read) })
    };
    messages().into_iter().map(case).collect()
}

/// Each from a valid one by one change.
fn refused() -> Vec<Value> {
    let mut cases = Vec::new();
    let mut add = |name: String, text: String| {
        let why = read(&text, &address(1)).expect_err(&name);
        cases.push(json!({ "name": name, "text": text, "refused": why }));
    };
    for base in ["invite", "ringing", "accept", "decline, person", "terminate, failed", "alive, 64 sessions"]
    {
        let (_, _, parcel) = messages().into_iter().find(|(name, ..)| name == base).unwrap();
        let whole: Value = serde_json::from_str(&text(&parcel)).unwrap();
        for place in ["", "/body", "/body/proof"] {
            let Some(Value::Object(fields)) = whole.pointer(place) else { continue };
            let change = |change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
                let mut other = whole.clone();
                change(other.pointer_mut(place).unwrap().as_object_mut().unwrap());
                other.to_string()
            };
            for (field, value) in fields {
                let at = format!("{base}: {place}/{field}");
                add(format!("{at} missing"), change(&|o| _ = o.remove(field)));
                add(format!("{at} null"), change(&|o| o[field] = Value::Null));
                add(format!("{at} of another type"), change(&|o| o[field] = json!({ "x": 1 })));
                let pair = format!("{}:{value}", json!(field));
                add(format!("{at} doubled"), whole.to_string().replacen(&pair, &format!("{pair},{pair}"), 1));
            }
            add(format!("{base}: {place}/extra"), change(&|o| _ = o.insert("extra".into(), json!(1))));
        }
    }
    for (base, place, value) in [
        ("ringing", "/session", json!("nonsense")),
        ("ringing", "/session", json!("{7c0e5b3a-52d1-4f0e-9a3b-11223344556}")),
        ("ringing", "/sequence", json!(-1)),
        ("ringing", "/sequence", json!(4_294_967_296_u64)),
        ("ringing", "/sequence", json!(1.5)),
        ("ringing", "/sequence", json!("1")),
        ("ringing", "/body/type", json!("renew")),
        ("invite", "/body/application", json!("ask")),
        ("invite", "/body/expiry", json!(-1)),
        ("invite", "/body/expiry", json!("2026-11-21T12:00:00Z")),
        ("invite", "/body/versions", json!([1])),
        ("invite", "/body/versions", json!([1, 2, 3])),
        ("invite", "/body/versions", json!([0, 65536])),
        ("invite", "/body/app_invite", json!("false")),
        ("invite", "/body/proof/key", json!("ed25519:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
        ("invite", "/body/proof/signature", json!("AAAA")),
        ("accept", "/body/proof/signature", json!(STANDARD_64)),
        ("accept", "/body/version", json!(65536)),
        ("decline, person", "/body/by", json!("nobody")),
        ("terminate, failed", "/body/result", json!(4_294_967_296_u64)),
        ("alive, 64 sessions", "/body/sessions", json!(["x"])),
    ] {
        let (_, _, parcel) = messages().into_iter().find(|(name, ..)| name == base).unwrap();
        let mut whole: Value = serde_json::from_str(&text(&parcel)).unwrap();
        *whole.pointer_mut(place).unwrap() = value.clone();
        add(format!("{base}: {place} is {value}"), whole.to_string());
    }
    cases
}

/// 64 bytes in the alphabet that is not the one for URLs.
const STANDARD_64: &str =
    "//////////////////////////////////////////////////////////////////////////////////////8=";

fn made() -> Value {
    let people = [("maria", 1), ("jonas", 2)].map(|(name, n)| {
        json!({ "name": name, "address": address(n).as_str(), "seed": hex(&*key(n).seed()), "key": key(n).public().to_text() })
    });
    json!({
        "about": "Messages of the nearby network as they stand in a frame (docs/protocol.md). A case has a `message`, or the name of its refusal; what is `dropped` carries too much.",
        "now": NOW.0,
        "network": "nearby",
        "people": people,
        "valid": valid(),
        "refused": refused(),
        "dropped": oversized().iter().map(|(name, parcel)| json!({ "name": name, "text": text(parcel) })).collect::<Vec<_>>(),
    })
}

#[test]
#[ignore = "writes docs/vectors/nearby.json, after the protocol was changed on purpose"]
fn write_the_vectors() {
    publish(FILE, &made());
}

#[test]
fn the_published_vectors_are_what_this_map_makes() {
    assert!(published(FILE) == made(), "if the protocol changed on purpose: run `write_the_vectors`");
}

#[test]
fn every_published_vector_is_read_or_refused_as_it_says() {
    let vectors = published(FILE);
    let list = |name: &str| vectors[name].as_array().unwrap().clone();
    for case in list("valid") {
        let role = if case["from"] == "inviter" { Role::Inviter } else { Role::Invitee };
        let parcel = read(case["text"].as_str().unwrap(), &from(role)).unwrap();
        assert_eq!(notation(&parcel), case["message"], "{}", case["name"]);
    }
    for case in list("refused") {
        let why = read(case["text"].as_str().unwrap(), &address(1)).unwrap_err();
        assert_eq!(why, case["refused"], "{}", case["name"]);
    }
    assert!(list("valid").len() >= 20 && list("refused").len() >= 50);
}

#[test]
fn the_messages_in_the_document_are_messages() {
    let document = std::fs::read_to_string(crate::vectors::path("../protocol.md")).unwrap();
    let mut read = 0;
    for line in document.lines().filter(|line| line.starts_with("{\"")) {
        let whole: Value = serde_json::from_str(line).unwrap();
        let message = whole.get("message").unwrap_or(&whole);
        if message.get("body").is_some() {
            let wire: WireMessage = serde_json::from_value(message.clone()).unwrap();
            from_wire(wire, &address(2)).unwrap();
            read += 1;
        }
    }
    assert_eq!(read, 2);
}

#[test]
fn what_carries_too_much_is_dropped_by_the_table() {
    for case in published(FILE)["dropped"].as_array().unwrap() {
        let parcel = read(case["text"].as_str().unwrap(), &address(2)).unwrap();
        let mut table = Sessions::new(address(1), SessionConfig::default());
        let from = Endpoint { contact: address(2), device: "".into() };
        let input = Input::Received { from, message: parcel.message };
        table.handle_input(Time(0), input).unwrap();
        assert_eq!((table.dropped().oversized, table.dropped().total()), (1, 1), "{}", case["name"]);
    }
}

#[test]
fn the_signatures_in_the_vectors_verify() {
    let (maria, jonas) = (key(1).public(), key(2).public());
    let mut counted = 0;
    for (name, role, parcel) in messages() {
        let read = read(&text(&parcel), &from(role)).unwrap();
        let accept = |data: &str| signed::Accept {
            invite: statement(&invite()).hash(&maria),
            version: 1,
            data: data.into(),
        };
        match (&read.message.body, &read.seal) {
            (Body::Invite(invite), Seal::Invite { proof, .. }) => {
                statement(invite).verify(NOW, &jonas, &proof.key, &proof.signature).expect(&name);
            }
            (Body::Accept { data, .. }, Seal::Accept { proof }) => {
                let verified =
                    accept(data).verify(&statement(&invite()), &maria, &proof.key, &proof.signature);
                verified.expect(&name);
            }
            _ => continue,
        }
        counted += 1;
    }
    assert_eq!(counted, 6);
}
