//! What a hostile peer and a hostile server can make of a stanza that would have been obeyed.

use super::world::*;
use crate::xmpp::map::tests::samples::*;
use crate::xmpp::map::tests::tree::{Child, Tree};
use crate::xmpp::map::{NS, from_stanza};
use crate::{Parcel, Proof, Seal};
use rendezvous_core::{Body, CancelReason, Chunk, DeclinedBy, Message, SessionId, SessionResult, Versions};
use rendezvous_trust::{Signature, UnixTime};
use std::sync::Arc;

/// One forged stanza at one moment.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) moment: Moment,
    pub(super) stanza: String,
    /// Who must have stopped it.
    pub(super) stops: &'static [Stop],
}

const NOT_OURS: &[Stop] = &[Stop::NotOurs];
const MAP: &[Stop] = &[Stop::Map];
const VOUCH: &[Stop] = &[Stop::Vouch];
const TABLE: &[Stop] = &[Stop::Table];
const VOUCH_OR_TABLE: &[Stop] = &[Stop::Vouch, Stop::Table];

const MALLORY: &str = "mallory@example.com/rendezvous-0000";
const CLIENT: &str = "jabber:client";

pub(super) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    for moment in MOMENTS {
        let scene = scene(moment);
        for (bait, text) in &scene.next {
            let mut add = |what: &str, stanza: String, stops| {
                let name = format!("{moment:?}, {bait}: {what}");
                cases.push(Case { name, moment, stanza, stops });
            };
            senders(moment, bait, text, &mut add);
            stanzas(text, &mut add);
            wrappings(moment, text, &mut add);
            sessions(bait, text, &mut add);
            signatures(moment, text, &mut add);
        }
        let mut add = |what: &str, stanza: String, stops| {
            cases.push(Case { name: format!("{moment:?}: {what}"), moment, stanza, stops });
        };
        for (n, text) in scene.past.iter().enumerate() {
            add(&format!("number {n} played again"), text.clone(), TABLE);
            let from_mallory = edit(text, |t| *t.value("from") = MALLORY.into());
            add(&format!("number {n} played again by another"), from_mallory, VOUCH_OR_TABLE);
        }
        confusion(moment, &mut add);
    }
    cases
}

type Edit<'a> = &'a dyn Fn(&mut Parcel);
type Add<'a> = &'a mut dyn FnMut(&str, String, &'static [Stop]);

pub(super) fn edit(text: &str, change: impl FnOnce(&mut Tree)) -> String {
    let mut tree = Tree::of(&parse(text));
    change(&mut tree);
    tree.text()
}

fn remove(name: &'static str) -> impl FnOnce(&mut Tree) {
    move |tree| tree.attributes.retain(|(n, _)| n != name)
}

/// Somebody else says it.
fn senders(moment: Moment, bait: &str, text: &str, add: Add<'_>) {
    let from = |jid: &str| edit(text, |t| *t.value("from") = jid.into());
    let bare = THEIRS(moment).split('/').next().unwrap();
    let own = OURS(moment).split('/').next().unwrap();
    add("without a sender", edit(text, remove("from")), MAP);
    add("from the bare JID", from(bare), MAP);
    add("from the domain", from("example.org"), MAP);
    add("from nonsense", from("@/"), MAP);
    add("from an empty resource", from(&format!("{bare}/")), MAP);
    add("from a stranger", from(MALLORY), VOUCH_OR_TABLE);
    add("from the server", from("example.org/server"), VOUCH_OR_TABLE);
    add("from ourselves", from(OURS(moment)), VOUCH_OR_TABLE);
    add("from our other device", from(&format!("{own}/phone")), VOUCH_OR_TABLE);
    add("from our account", from(own), MAP);
    add("from one who looks like them", from(&THEIRS(moment).replacen('a', "\u{430}", 1)), VOUCH_OR_TABLE);
    add(
        "from their name elsewhere",
        from(&THEIRS(moment).replace("example.", "example.co.")),
        VOUCH_OR_TABLE,
    );
    // Any device of the contact may invite, ring, accept and decline: those say who they are by their key.
    if !matches!(bait, "invite") && moment != Moment::Inviting {
        add("from their other device", from(&format!("{bare}/phone")), TABLE);
        add("from a device spelled like theirs", from(&THEIRS(moment).to_uppercase()), TABLE);
    }
}

/// It is not a request that one device makes of another.
fn stanzas(text: &str, add: Add<'_>) {
    let kind = |kind: &str| edit(text, |t| *t.value("type") = kind.into());
    add("as a question", kind("get"), MAP);
    add("as an answer", kind("result"), NOT_OURS);
    add("as an error", kind("error"), NOT_OURS);
    add("as a type that does not exist", kind("SET"), MAP);
    add("without a type", edit(text, remove("type")), MAP);
    add("without an id", edit(text, remove("id")), MAP);
    add("with an empty id", edit(text, |t| t.value("id").clear()), MAP);
    add("as a message", edit(text, |t| t.name = "message".into()), NOT_OURS);
    add("as presence", edit(text, |t| t.name = "presence".into()), NOT_OURS);
    add("as a stanza between servers", edit(text, |t| t.ns = "jabber:server".into()), NOT_OURS);
    add("twice in one", edit(text, |t| t.children.push(t.children[0].clone())), MAP);
    let extra = Tree { children: Vec::new(), ..Tree::around("x", "urn:example:x", Tree::of(&parse(text))) };
    add("with company", edit(text, |t| t.children.push(Child::Tree(extra))), MAP);
    add("with words around it", edit(text, |t| t.children.push(Child::Text("x".into()))), MAP);
}

/// A copy of it, in everything that carries copies.
fn wrappings(moment: Moment, text: &str, add: Add<'_>) {
    let stanza = || Tree::of(&parse(text));
    let payload = || stanza().first().clone();
    let around = |names: &[(&str, &str)], inner: Tree| {
        names.iter().rev().fold(inner, |inner, (name, ns)| Tree::around(name, ns, inner))
    };
    let message = |mut tree: Tree, from: &str| {
        tree.attributes.push(("from".into(), from.into()));
        tree.attributes.push(("type".into(), "set".into()));
        tree.attributes.push(("id".into(), "w1".into()));
        tree.text()
    };
    let own = OURS(moment).split('/').next().unwrap();
    let forwarded = ("forwarded", "urn:xmpp:forward:0");
    let wraps: &[(&str, &[(&str, &str)])] = &[
        ("a carbon of what was received", &[("received", "urn:xmpp:carbons:2"), forwarded]),
        ("a carbon of what was sent", &[("sent", "urn:xmpp:carbons:2"), forwarded]),
        ("a forwarded stanza", &[forwarded]),
        ("an archive", &[("result", "urn:xmpp:mam:2"), forwarded]),
        ("privileges", &[("privilege", "urn:xmpp:privilege:2"), forwarded]),
        (
            "a published item",
            &[
                ("event", "http://jabber.org/protocol/pubsub#event"),
                ("items", "http://jabber.org/protocol/pubsub#event"),
                ("item", "http://jabber.org/protocol/pubsub#event"),
            ],
        ),
    ];
    for (what, names) in wraps {
        for (who, from) in [("them", THEIRS(moment)), ("our account", own), ("a stranger", MALLORY)] {
            let in_message = message(around(&[("message", CLIENT)], around(names, stanza())), from);
            add(&format!("in {what} of {who}"), in_message, NOT_OURS);
        }
        let in_iq = message(around(&[("iq", CLIENT)], around(names, payload())), THEIRS(moment));
        add(&format!("in {what} as a request"), in_iq, NOT_OURS);
    }
    let direct = message(around(&[("message", CLIENT)], payload()), THEIRS(moment));
    add("in a message", direct, NOT_OURS);
    let itself = message(around(&[("iq", CLIENT)], stanza()), THEIRS(moment));
    add("in a request", itself, NOT_OURS);
    let ours = message(around(&[("iq", CLIENT), ("ringing", NS)], payload()), THEIRS(moment));
    add("in an element of ours", ours, MAP);
}

/// It names another session, or is of another protocol.
fn sessions(bait: &str, text: &str, add: Add<'_>) {
    let with = |sid: &str| edit(text, |t| *t.first().value("sid") = sid.into());
    let spelled = |text: &str| parse(text).children().next().unwrap().attr("sid").unwrap().to_owned();
    let sid = spelled(text);
    add("for a session in capitals", with(&sid.to_uppercase()), MAP);
    add("for a session in braces", with(&format!("{{{sid}}}")), MAP);
    add("for a session without dashes", with(&sid.replace('-', "")), MAP);
    add("for no session", with("00000000-0000-0000-0000-000000000000"), MAP);
    add("for an empty name", with(""), MAP);
    add("for a session without a name", edit(text, |t| remove("sid")(t.first())), MAP);
    if bait != "cancel" {
        // A withdrawal that comes before its invitation is remembered, so that the invitation does not ring.
        add("for a session that is not there", with("11111111-2222-4333-8444-555555555555"), VOUCH_OR_TABLE);
    }
    let version = |from: &str, to: &str| Tree::of(&parse(&text.replace(from, to))).text();
    if text.contains("<jingle") {
        add("of another Jingle", version("urn:xmpp:jingle:1", "urn:xmpp:jingle:2"), NOT_OURS);
        add(
            "of an action that is not used",
            edit(text, |t| *t.first().value("action") = "transport-info".into()),
            MAP,
        );
        let jingle_only = edit(text, |t| t.first().children.clear());
        add("with nothing of ours in it", jingle_only, NOT_OURS);
    } else {
        add("of version 0", version("session:1", "session:0"), NOT_OURS);
        add("of version 2", version("session:1", "session:2"), NOT_OURS);
        add("of another name", edit(text, |t| t.first().name.push('x')), MAP);
    }
}

/// Its signature is missing, another's, or over something else.
fn signatures(moment: Moment, text: &str, add: Add<'_>) {
    let parcel = from_stanza(&parse(text)).unwrap();
    let (expiry, good) = match &parcel.seal {
        Seal::Plain => return,
        Seal::Invite { expiry, proof } => (Some(*expiry), proof.clone()),
        Seal::Accept { proof } => (None, proof.clone()),
    };
    let attribute =
        |name: &'static str, value: &str| edit(text, |t| *t.first().value(name) = value.to_owned());
    add("without its key", edit(text, |t| remove("key")(t.first())), MAP);
    add("without its signature", edit(text, |t| remove("signature")(t.first())), MAP);
    add(
        "without key and signature",
        edit(text, |t| {
            remove("key")(t.first());
            remove("signature")(t.first());
        }),
        MAP,
    );
    add("with an empty key", attribute("key", ""), MAP);
    add("with an empty signature", attribute("signature", ""), MAP);
    let small = "ed25519:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    add("with a key that has no holder", attribute("key", small), MAP);
    let with = |change: Edit<'_>| {
        let mut changed = parcel.clone();
        change(&mut changed);
        said(moment, &changed)
    };
    let proof = |key: u8, signature: [u8; 64]| {
        let proof = Proof { key: super::key(key).public(), signature: Signature::from_bytes(signature) };
        with(&|p| {
            p.seal = match expiry {
                Some(expiry) => Seal::Invite { expiry, proof: proof.clone() },
                None => Seal::Accept { proof: proof.clone() },
            }
        })
    };
    let theirs = if moment.is_inviters() { 2 } else { 1 };
    add("with the key of another", proof(3, *good.signature.as_bytes()), VOUCH);
    add("with our own key", proof(3 - theirs, *good.signature.as_bytes()), VOUCH);
    add("with a signature of nothing", proof(theirs, [0; 64]), VOUCH);
    let mut off = *good.signature.as_bytes();
    off[0] ^= 1;
    add("with a signature that is off by a bit", proof(theirs, off), VOUCH);
    let swapped: [u8; 64] = std::array::from_fn(|i| good.signature.as_bytes()[(i + 32) % 64]);
    add("with its signature turned round", proof(theirs, swapped), VOUCH);
    fields(&with, add);
}

/// Every field that is signed, changed.
fn fields(with: &dyn Fn(Edit<'_>) -> String, add: Add<'_>) {
    let invite = |change: fn(&mut rendezvous_core::Invite)| {
        with(&|p| {
            if let Body::Invite(invite) = &mut p.message.body {
                change(Arc::make_mut(invite));
            }
        })
    };
    let is_invite = with(&|_| {}).contains("<invite");
    if !is_invite {
        add(
            "with other data",
            with(&|p| p.message.body = Body::Accept { version: 1, data: "no".into() }),
            VOUCH,
        );
        return;
    }
    add("for another application", invite(|i| i.application = rendezvous_core::ApplicationId::OFFER), VOUCH);
    add("with another name", invite(|i| i.name.push('x')), VOUCH);
    add("with another URL", invite(|i| i.url = "https://evil.example".into()), VOUCH);
    add("with other data", invite(|i| i.data.clear()), VOUCH);
    add("with other versions", invite(|i| i.versions.highest = 2), VOUCH);
    add("of the time before", invite(|i| i.versions = Versions::LEGACY), VOUCH);
    let until = |change: fn(u64) -> u64| {
        with(&|p| {
            if let Seal::Invite { expiry, .. } = &mut p.seal {
                *expiry = UnixTime(change(expiry.0));
            }
        })
    };
    add("that stands longer", until(|e| e + 1), VOUCH);
    add("that stands for ever", until(|_| u64::MAX), VOUCH);
    add("that ran out", until(|_| 0), VOUCH);
}

/// Jonas's session with Maria is connected, and Carl's invitation rings. What each might say in the other's session.
pub(super) fn crossed() -> (Scene, Vec<(String, String)>) {
    const CARL: &str = "carl@example.org/rendezvous-3333";
    const CARLS: SessionId = SessionId([0xc4; 16]);
    let mut scene = scene(Moment::InviteeConnected);
    let rings = invitation_of(CARL, 4, CARLS, scene.victim.unix);
    assert_eq!(scene.victim.receive(&rings), Stop::Taken);
    let data = String::from("x");
    let chunk = Chunk { text: data.clone(), last: true, abandoned: false };
    let bodies = [
        Body::Ringing,
        Body::Confirm,
        Body::Attached,
        Body::Context(chunk),
        Body::Cancel { reason: CancelReason::Withdrawn, data: data.clone() },
        Body::Decline { by: DeclinedBy::Person, data: data.clone() },
        Body::Terminate { failed: false, result: SessionResult(0), data },
        Body::UnknownSession,
    ];
    let mut cases = Vec::new();
    for (who, session) in [(CARL, SESSION), (MARIA, CARLS)] {
        for body in &bodies {
            for sequence in 0..=u32::from(*body != Body::UnknownSession) * 5 {
                let message = Message { session, sequence, body: body.clone() };
                let text = said(Moment::InviteeConnected, &Parcel::plain(message));
                let text = edit(&text, |t| *t.value("from") = who.into());
                cases.push((format!("{who}, number {sequence}: {body:?}"), text));
            }
        }
    }
    (scene, cases)
}

/// What belongs to the other role, to another phase, or to no order.
fn confusion(moment: Moment, add: Add<'_>) {
    let next = match moment {
        Moment::Fresh | Moment::Inviting => 0,
        Moment::Ringing | Moment::Accepting => 1,
        Moment::InviteeJoining | Moment::InviterJoining => 2,
        Moment::InviteeConnected | Moment::InviterConnected => 4,
        Moment::InviteeEnded | Moment::InviterEnded => 5,
    };
    let data = String::new();
    let chunk = Chunk { text: "x".into(), last: true, abandoned: false };
    let withdrawn = Body::Cancel { reason: CancelReason::Withdrawn, data: data.clone() };
    let decline = Body::Decline { by: DeclinedBy::Person, data: data.clone() };
    let terminate = Body::Terminate { failed: true, result: SessionResult(0x8100_0604), data };
    let plain = [
        ("ringing", Body::Ringing, &[Moment::Inviting][..]),
        ("confirm", Body::Confirm, &[Moment::Accepting]),
        ("attached", Body::Attached, &[Moment::InviteeJoining, Moment::InviterJoining, Moment::Accepting]),
        ("context", Body::Context(chunk), &[Moment::InviteeConnected, Moment::InviterConnected]),
        ("cancel", withdrawn, &[Moment::Ringing, Moment::Accepting, Moment::Fresh]),
        ("decline", decline, &[Moment::Inviting]),
        (
            "terminate",
            terminate,
            &[
                Moment::Accepting,
                Moment::InviteeJoining,
                Moment::InviterJoining,
                Moment::InviteeConnected,
                Moment::InviterConnected,
            ],
        ),
    ];
    for (name, body, legal) in plain {
        if !legal.contains(&moment) {
            add(&format!("{name}, which is not for now"), spoken(moment, next, body), TABLE);
        }
    }
    // Signed by whom it should be, and still not for now.
    let signed = |body: Body, seal: Seal, sequence| {
        said(moment, &Parcel { message: Message { session: SESSION, sequence, body }, seal })
    };
    let invite = from_stanza(&parse(&invitation(scene(Moment::Fresh).victim.unix))).unwrap();
    if moment != Moment::Fresh {
        let stops = if moment.is_inviters() { VOUCH } else { TABLE };
        add(
            "an invitation to the same session",
            signed(invite.message.body.clone(), invite.seal.clone(), next),
            stops,
        );
    }
    let Seal::Invite { proof, .. } = invite.seal else { return };
    let accept = Body::Accept { version: 1, data: "yes".into() };
    // To a session that is not here, or is over, every answer is late, whatever its signature.
    let stops = if moment == Moment::Fresh || moment.is_over() { TABLE } else { VOUCH };
    add("an answer with another signature", signed(accept, Seal::Accept { proof }, next), stops);
    let body = Body::Alive { sessions: vec![SESSION] };
    let alive = said(moment, &Parcel::plain(Message { session: SessionId::NIL, sequence: 0, body }));
    add("alive, of a stranger", edit(&alive, |t| *t.value("from") = MALLORY.into()), TABLE);
}
