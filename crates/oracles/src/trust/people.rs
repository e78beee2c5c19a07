//! Maria, who asks for help, and Jonas, who helps: their keys are the same in every run, so that seeds hold.

use std::sync::Arc;

use rendezvous_trust::bind::{Media, Setup};
use rendezvous_trust::confirm::{Reading, Tried, Typing};
use rendezvous_trust::handshake::{Exchanged, Handshake, Parameters, Party, Role, Secured, Step, VERSION};
use rendezvous_trust::words::Language;
use rendezvous_trust::{Contact, DeviceKey, UnixTime, Verified};
use serde_json::Value;

/// A moment in November 2026.
pub(super) const NOW: UnixTime = UnixTime(1_795_000_000);

/// A key of Maria's, of Jonas's, and others.
pub(super) fn device(who: u8) -> DeviceKey {
    DeviceKey::from_seed(&bytes(who)).expect("the bytes differ")
}

/// Bytes that differ, the same each time.
pub(super) fn bytes<const N: usize>(from: u8) -> [u8; N] {
    std::array::from_fn(|place| (place as u8).wrapping_mul(37).wrapping_add(from))
}

pub(super) const MARIA: u8 = 1;
pub(super) const JONAS: u8 = 2;

pub(super) fn maria() -> Contact {
    Contact::new("xmpp", "maria@example.org").expect("a good contact")
}

pub(super) fn jonas() -> Contact {
    Contact::new("xmpp", "jonas@example.net").expect("a good contact")
}

/// Maria invites, and she is the novice.
pub(super) fn party(role: Role) -> Party {
    let who = match role {
        Role::Inviter => MARIA,
        Role::Invitee => JONAS,
    };
    let parameters = Parameters {
        versions: vec![VERSION],
        application: bytes(10),
        session: bytes(11),
        expiry: Some(UnixTime(NOW.0 + 300)),
        inviter: maria(),
        invitee: jonas(),
        novice: Role::Inviter,
    };
    Party { parameters, key: Arc::new(device(who)), expected: None }
}

/// One end, before its first text, and what it says first.
pub(super) fn begin(role: Role) -> (Handshake, Option<String>) {
    let random = match role {
        Role::Inviter => bytes(20),
        Role::Invitee => bytes(21),
    };
    Handshake::begin(role, party(role), random).expect("the parameters are good")
}

/// The four texts of the honest handshake, and its two ends.
pub(super) fn exchange() -> ([String; 4], Exchanged, Exchanged) {
    let ((mut inviter, h1), (mut invitee, _)) = (begin(Role::Inviter), begin(Role::Invitee));
    let next = |end: &mut Handshake, text: &str| match end.receive(text) {
        Ok(Step::Send(text)) => text,
        other => panic!("an honest text is taken: {other:?}"),
    };
    let h1 = h1.expect("the inviter begins");
    let h2 = next(&mut invitee, &h1);
    let h3 = next(&mut inviter, &h2);
    let Ok(Step::Done(jonas, Some(h4))) = invitee.receive(&h3) else { panic!("the third text ends it") };
    let Ok(Step::Done(maria, None)) = inviter.receive(&h4) else { panic!("the fourth text ends it") };
    ([h1, h2, h3, h4], maria, jonas)
}

/// Both ends after the words were compared: the novice's and the expert's.
pub(super) fn confirmed() -> ((Secured, Verified), (Secured, Verified)) {
    let (_, maria, jonas) = exchange();
    let reading = Reading::begin(jonas).expect("Jonas reads");
    let words = reading.words(Language::English).join(" ");
    match Typing::begin(maria).expect("Maria types").try_words(&words) {
        Tried::Right(maria) => (*maria, reading.heard_yes()),
        other => panic!("the words are right: {other:?}"),
    }
}

pub(super) fn secured() -> (Secured, Secured) {
    let ((maria, _), (jonas, _)) = confirmed();
    (maria, jonas)
}

/// A certificate.
pub(super) fn media(number: u8, setup: Setup) -> Media {
    Media { fingerprint: bytes(number), setup }
}

/// Whether two texts are the same object, however they are spelled.
pub(super) fn same(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    read(one).is_some() && read(one) == read(other)
}
