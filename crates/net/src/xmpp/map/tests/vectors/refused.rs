//! Stanzas that are refused, each made from a valid one by one change.

use super::valid::{answer, invitation, plain, stanza};
use crate::xmpp::map::tests::samples::*;
use crate::xmpp::map::tests::tree::{Child, Tree};
use crate::xmpp::map::{NS, error, from_stanza};
use rendezvous_core::{Body, CancelReason, Chunk, DeclinedBy, Message, Role, SessionId, SessionResult};
use serde_json::{Value, json};

use crate::Parcel;

/// One valid stanza of each kind.
fn bases() -> Vec<(&'static str, String)> {
    use Role::{Invitee as E, Inviter as I};
    let data = || String::from("data");
    let chunk = Chunk { text: data(), last: true, abandoned: false };
    let terminate = Body::Terminate { failed: false, result: SessionResult(0), data: data() };
    let alive = Body::Alive { sessions: vec![SESSION, SessionId([9; 16])] };
    let alive = Parcel::plain(Message { session: SessionId::NIL, sequence: 0, body: alive });
    vec![
        ("invite", stanza(&invitation(invite(), 0), I)),
        ("ringing", stanza(&plain(0, Body::Ringing), E)),
        ("accept", stanza(&answer(1, "yes"), E)),
        ("decline", stanza(&plain(1, Body::Decline { by: DeclinedBy::Person, data: data() }), E)),
        ("cancel", stanza(&plain(1, Body::Cancel { reason: CancelReason::Withdrawn, data: data() }), I)),
        ("confirm", stanza(&plain(1, Body::Confirm), I)),
        ("accepted", stanza(&plain(2, Body::Attached), E)),
        ("attached", stanza(&plain(2, Body::Attached), I)),
        ("context", stanza(&plain(3, Body::Context(chunk)), I)),
        ("terminate", stanza(&plain(4, terminate), E)),
        ("alive", stanza(&alive, I)),
        ("unknown", stanza(&plain(0, Body::UnknownSession), E)),
    ]
}

fn base(name: &str) -> String {
    bases().into_iter().find(|(n, _)| *n == name).unwrap().1
}

fn edit(name: &str, change: impl FnOnce(&mut Tree)) -> String {
    let mut tree = Tree::of(&parse(&base(name)));
    change(&mut tree);
    tree.text()
}

/// Changes an attribute of the payload, or of an element below it.
fn set(name: &str, at: usize, attribute: &str, value: &str) -> String {
    edit(name, |tree| *tree.nth(at).value(attribute) = value.into())
}

/// Puts a text into an element.
fn fill(name: &str, at: usize, text: &str) -> String {
    edit(name, |tree| tree.nth(at).children = vec![Child::Text(text.into())])
}

fn encoded(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

pub(super) fn cases() -> Vec<Value> {
    let mut cases = Vec::new();
    let mut add = |name: String, text: String| cases.push(case(&name, &text));
    of_every_kind(&mut add);
    stanzas(&mut add);
    values(&mut add);
    texts(&mut add);
    jingle(&mut add);
    cases
}

type Add<'a> = &'a mut dyn FnMut(String, String);

/// What no message may have: an attribute or a child too many or too few.
fn of_every_kind(add: Add<'_>) {
    for (name, text) in bases() {
        let tree = || Tree::of(&parse(&text));
        let elements = tree().count();
        for n in 1..elements {
            let mut extra = tree();
            extra.nth(n).attributes.push(("extra".into(), "1".into()));
            let element = extra.nth(n).name.clone();
            add(format!("{name}: an attribute too many in {element} {n}"), extra.text());
            let mut child = tree();
            let ours = Tree { children: Vec::new(), ..Tree::around("extra", NS, tree()) };
            child.nth(n).children.push(Child::Tree(ours));
            add(format!("{name}: an element too many in {element} {n}"), child.text());
            for (attribute, _) in tree().nth(n).attributes.clone() {
                let mut without = tree();
                without.nth(n).attributes.retain(|(a, _)| *a != attribute);
                add(format!("{name}: {element} {n} without {attribute}"), without.text());
            }
        }
        let mut language = tree();
        language.first().attributes.push(("xml:lang".into(), "en".into()));
        add(format!("{name}: a language where none belongs"), language.text());
    }
}

fn stanzas(add: Add<'_>) {
    let iq = |attribute: &'static str, value: &str| set("ringing", 0, attribute, value);
    let without = |attribute: &'static str| edit("ringing", |t| t.attributes.retain(|(n, _)| n != attribute));
    add("type get".into(), iq("type", "get"));
    add("type in capitals".into(), iq("type", "SET"));
    add("no type".into(), without("type"));
    add("no id".into(), without("id"));
    add("empty id".into(), iq("id", ""));
    add("no sender".into(), without("from"));
    add("sender without a device".into(), iq("from", "jonas@example.net"));
    add("sender that is a server".into(), iq("from", "example.net"));
    add("sender that is no JID".into(), iq("from", "@example.net/x"));
    add("sender of 256 bytes".into(), iq("from", &format!("{}@example.net/x", "j".repeat(244))));
    add("device of 256 bytes".into(), iq("from", &format!("jonas@example.net/{}", "d".repeat(256))));
    add("two messages".into(), edit("ringing", |t| t.children.push(t.children[0].clone())));
    add(
        "a message and something else".into(),
        edit("ringing", |t| {
            let other =
                Tree { children: Vec::new(), ..Tree::around("x", "urn:example:x", t.first().clone()) };
            t.children.push(Child::Tree(other));
        }),
    );
    add("text beside the message".into(), edit("ringing", |t| t.children.push(Child::Text("x".into()))));
    add("an element that is not known".into(), edit("ringing", |t| t.first().name = "renew".into()));
    add(
        "a message in a message".into(),
        edit("ringing", |t| {
            let inner = t.first().clone();
            t.first().children.push(Child::Tree(inner));
        }),
    );
}

fn values(add: Add<'_>) {
    for sid in [
        "",
        "00000000-0000-0000-0000-000000000000",
        "7C0E5B3A-52D1-4F0E-9A3B-112233445566",
        "{7c0e5b3a-52d1-4f0e-9a3b-112233445566}",
        "7c0e5b3a52d14f0e9a3b112233445566",
        "7c0e5b3a-52d1-4f0e-9a3b-11223344556",
        "7c0e5b3a-52d1-4f0e-9a3b-1122334455667",
        "7c0e5b3a-52d1-4f0e-9a3b-11223344556g",
        " 7c0e5b3a-52d1-4f0e-9a3b-112233445566",
    ] {
        add(format!("session \"{sid}\""), set("ringing", 1, "sid", sid));
    }
    for sequence in ["", "-1", "+1", "01", "1.0", "0x1", "4294967296", " 1", "one", "\u{661}"] {
        add(format!("sequence \"{sequence}\""), set("ringing", 1, "sequence", sequence));
    }
    for (attribute, value) in [
        ("application", "{56b994a7-380f-410b-9985-c809d78c1bdc}"),
        ("application", "ask"),
        ("expiry", "2026-11-21T12:00:00Z"),
        ("expiry", "1795000120.5"),
        ("expiry", "-1"),
        ("expiry", "18446744073709551616"),
        ("lowest", "65536"),
        ("highest", "-1"),
        ("highest", ""),
        ("app-invite", "1"),
        ("app-invite", "True"),
        ("key", ""),
        ("key", "ed25519:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("key", "rsa:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("signature", ""),
        ("signature", "AAAA"),
    ] {
        add(format!("invite: {attribute} \"{value}\""), set("invite", 1, attribute, value));
    }
    for (what, bytes) in [("63", 63), ("65", 65), ("66", 66)] {
        let signature = encoded(&vec![7; bytes]);
        add(format!("accept: signature of {what} bytes"), set("accept", 1, "signature", &signature));
    }
    let for_urls = encoded(&[0xff; 64]).replace('/', "_");
    add("accept: signature in base64 for URLs".into(), set("accept", 1, "signature", &for_urls));
    add("accept: version 65536".into(), set("accept", 1, "version", "65536"));
    add("accept: version 1.0".into(), set("accept", 1, "version", "1.0"));
    for by in ["", "Person", "not_installed", "nobody"] {
        add(format!("decline: by \"{by}\""), set("decline", 1, "by", by));
    }
    for reason in ["", "answered_elsewhere", "WITHDRAWN", "person"] {
        add(format!("cancel: reason \"{reason}\""), set("cancel", 1, "reason", reason));
    }
    add("alive: no session".into(), edit("alive", |t| t.first().children.clear()));
    add(
        "alive: one session twice".into(),
        edit("alive", |t| {
            let first = t.first().children[0].clone();
            t.first().children[1] = first;
        }),
    );
    add(
        "alive: 65 sessions".into(),
        edit("alive", |t| {
            let session = |n: u8| {
                let sid = crate::vectors::guid(&[n; 16]);
                let attributes = vec![("sid".to_owned(), sid)];
                Child::Tree(Tree { name: "session".into(), ns: NS.into(), attributes, children: Vec::new() })
            };
            t.first().children = (1..=65).map(session).collect();
        }),
    );
}

/// What is no text in base64, and what is one byte too long.
fn texts(add: Add<'_>) {
    // Where the texts are: the element's number in its stanza, and its limit.
    for (name, at, limit) in [
        ("invite", 2, 256),
        ("invite", 3, 256),
        ("invite", 4, 512),
        ("accept", 1, 512),
        ("decline", 1, 512),
        ("cancel", 1, 512),
        ("context", 2, 8192),
        ("terminate", 4, 512),
    ] {
        let mut put = |what: &str, text: &str| add(format!("{name} {at}: {what}"), fill(name, at, text));
        put(&format!("{} bytes", limit + 1), &encoded(&vec![b'x'; limit + 1]));
        put("far too long", &"A".repeat(4 * limit));
        // It is measured before it is decoded.
        put("far too long, and not base64", &"!".repeat(2 * limit));
        put("not base64", "data!");
        put("base64 for URLs", "_-__");
        put("without its padding", "YQ");
        put("with bits too many", "YR==");
        put("with a blank", "ZGF0 YQ==");
        put("with a blank before it", " ZGF0YQ==");
        put("not UTF-8", &encoded(&[0xff, 0xfe]));
        put("a surrogate", &encoded(&[0xed, 0xa0, 0x80]));
    }
}

fn jingle(add: Add<'_>) {
    for action in
        ["", "session-Initiate", "content-add", "transport-info", "security-info", "description-info"]
    {
        add(format!("jingle: action \"{action}\""), set("confirm", 1, "action", action));
    }
    let info = set("confirm", 1, "action", "session-info");
    add("jingle: a content as information".into(), info);
    add("jingle: attached as initiation".into(), set("attached", 1, "action", "session-initiate"));
    add("jingle: an ending as information".into(), set("terminate", 1, "action", "session-info"));
    add(
        "jingle: information that is not known".into(),
        edit("attached", |t| t.first().first().name = "hold".into()),
    );
    add(
        "jingle: information of another".into(),
        edit("attached", |t| {
            let double = Tree { ns: "urn:example:x".into(), ..t.first().first().clone() };
            t.first().children.insert(0, Child::Tree(double));
        }),
    );
    add(
        "jingle: two contents".into(),
        edit("confirm", |t| {
            let content = t.first().children[0].clone();
            t.first().children.push(content);
        }),
    );
    add("jingle: a content of the responder's".into(), set("confirm", 2, "creator", "responder"));
    add("jingle: a content of another name".into(), set("confirm", 2, "name", "video"));
    add("jingle: transport first".into(), edit("confirm", |t| t.first().first().children.reverse()));
    add(
        "jingle: another transport".into(),
        edit("confirm", |t| {
            t.nth(4).ns = "urn:xmpp:jingle:transports:ice-udp:1".into();
        }),
    );
    add(
        "jingle: another description".into(),
        edit("confirm", |t| {
            t.nth(3).ns = "urn:xmpp:jingle:apps:rtp:1".into();
        }),
    );
    let party = |base: &str, name: &str, jid: &str| {
        edit(base, |t| t.first().attributes.push((name.into(), jid.into())))
    };
    add("jingle: another initiator".into(), party("confirm", "initiator", "mallory@example.com/x"));
    add("jingle: an initiator without a device".into(), party("confirm", "initiator", "maria@example.org"));
    add("jingle: another responder".into(), party("accepted", "responder", MARIA));
    add("jingle: a responder who initiates".into(), party("confirm", "responder", MARIA));
    add("jingle: an initiator who accepts".into(), party("accepted", "initiator", MARIA));
    add(
        "terminate: no reason for Jingle".into(),
        edit("terminate", |t| {
            t.nth(2).children.remove(0);
        }),
    );
    add("terminate: another reason for Jingle".into(), edit("terminate", |t| t.nth(3).name = "busy".into()));
    add("terminate: reasons after it".into(), edit("terminate", |t| t.nth(2).children.reverse()));
    add(
        "terminate: words for Jingle".into(),
        edit("terminate", |t| {
            let jingle = t.first().ns.clone();
            let text = Tree { children: Vec::new(), ..Tree::around("text", &jingle, t.first().clone()) };
            t.nth(2).children.push(Child::Tree(text));
        }),
    );
    add("terminate: a failure that is called success".into(), set("terminate", 4, "failed", "true"));
    for result in ["", "0", "0x8100060a", "8100060A", "8100060", "8100060a0", "-0000001"] {
        add(format!("terminate: result \"{result}\""), set("terminate", 4, "result", result));
    }
    add("context: last \"yes\"".into(), set("context", 2, "last", "yes"));
    add("context: abandoned \"0\"".into(), set("context", 2, "abandoned", "0"));
}

fn case(name: &str, text: &str) -> Value {
    let stanza = parse(text);
    let why = match from_stanza(&stanza) {
        Err(why) => why,
        Ok(parcel) => panic!("{name} was read as {parcel:?}"),
    };
    let answer = error(&stanza, &why);
    let condition = answer.children().next().and_then(|e| e.children().next()).unwrap();
    json!({ "name": name, "stanza": text, "refused": why.name(), "answer": condition.name() })
}

/// Stanzas that ask nothing of this protocol, whatever they carry.
pub(super) fn not_ours() -> Vec<Value> {
    let whole = |name: &str| Tree::of(&parse(&base(name)));
    let payload = |name: &str| whole(name).first().clone();
    let client = "jabber:client";
    let forwarded = |name: &str| Tree::around("forwarded", "urn:xmpp:forward:0", whole(name));
    let message = |inner: Tree| {
        let mut message = Tree::around("message", client, inner);
        message.attributes.push(("from".into(), MARIA.into()));
        message.text()
    };
    let iq = |inner: Tree| {
        let mut iq = whole("invite");
        iq.children = vec![Child::Tree(inner)];
        iq.text()
    };
    let carbon = |name: &str| Tree::around("received", "urn:xmpp:carbons:2", forwarded(name));
    let archived = |name: &str| Tree::around("result", "urn:xmpp:mam:2", forwarded(name));
    let pubsub = "http://jabber.org/protocol/pubsub#event";
    let item = |name: &str| Tree::around("items", pubsub, Tree::around("item", pubsub, payload(name)));
    let published = |name: &str| Tree::around("event", pubsub, item(name));
    [
        ("an invitation in a message", message(payload("invite"))),
        ("a carbon of an invitation", message(carbon("invite"))),
        ("a carbon of a yes", message(carbon("accept"))),
        ("a carbon as a request", iq(carbon("invite"))),
        ("an archived invitation", message(archived("invite"))),
        ("an archive as a request", iq(archived("invite"))),
        ("a forwarded confirmation", message(forwarded("confirm"))),
        ("a forwarded invitation as a request", iq(forwarded("invite"))),
        ("a published invitation", message(published("invite"))),
        ("a published invitation as a request", iq(published("invite"))),
        ("an invitation in presence", edit("invite", |t| t.name = "presence".into())),
        ("an invitation between servers", edit("invite", |t| t.ns = "jabber:server".into())),
        ("an answer that carries an invitation", set("invite", 0, "type", "result")),
        ("an error that carries an invitation", set("invite", 0, "type", "error")),
        (
            "an invitation of another version",
            edit("invite", |t| t.first().ns = "urn:rendezvous:session:2".into()),
        ),
        (
            "a Jingle ending without ours",
            edit("terminate", |t| {
                t.nth(2).children.pop();
            }),
        ),
        (
            "a Jingle session of another application",
            edit("confirm", |t| {
                t.nth(3).ns = "urn:xmpp:jingle:apps:rtp:1".into();
                t.nth(4).ns = "urn:xmpp:jingle:transports:ice-udp:1".into();
            }),
        ),
        ("an empty request", edit("invite", |t| t.children.clear())),
    ]
    .into_iter()
    .map(|(name, text)| json!({ "name": name, "stanza": text }))
    .collect()
}
