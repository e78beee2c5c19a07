//! Two ends, made of numbers: every key and every random value is a function of a small number.

use std::sync::Arc;

use rendezvous_trust::handshake::{
    Exchanged, Invitee, Inviter, Parameters, Party, Recognised, Role, Secured, VERSION,
};
use rendezvous_trust::pins::Pins;
use rendezvous_trust::words::Language;
use rendezvous_trust::{Contact, DeviceKey, UnixTime, confirm};

/// A moment in November 2026.
pub(crate) const NOW: UnixTime = UnixTime(1_795_000_000);

/// Bytes that look random and are the same each time.
pub(crate) fn random<const N: usize>(seed: u64) -> [u8; N] {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03;
    std::array::from_fn(|_| {
        // SplitMix64, one byte a step.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed >> 56) as u8
    })
}

pub(crate) fn key(seed: u64) -> Arc<DeviceKey> {
    Arc::new(DeviceKey::from_seed(&random(seed)).unwrap())
}

pub(crate) fn maria() -> Contact {
    Contact::new("xmpp", "maria@example.org").unwrap()
}

pub(crate) fn jonas() -> Contact {
    Contact::new("xmpp", "jonas@example.net").unwrap()
}

/// Maria asks Jonas for help: she invites, and she is the novice.
pub(crate) fn parameters() -> Parameters {
    Parameters {
        versions: vec![VERSION],
        application: *b"\x56\xb9\x94\xa7\x38\x0f\x41\x0b\x99\x85\xc8\x09\xd7\x8c\x1b\xdc",
        session: random(3),
        expiry: Some(UnixTime(NOW.0 + 300)),
        inviter: maria(),
        invitee: jonas(),
        novice: Role::Inviter,
    }
}

/// The keys of Maria and Jonas.
pub(crate) const MARIA: u64 = 1;
pub(crate) const JONAS: u64 = 2;

pub(crate) fn party(key_seed: u64, parameters: Parameters) -> Party {
    Party { parameters, key: key(key_seed), expected: None }
}

pub(crate) fn inviter(random_seed: u64) -> (Inviter, String) {
    Inviter::begin(party(MARIA, parameters()), random(random_seed)).unwrap()
}

pub(crate) fn invitee(random_seed: u64) -> Invitee {
    Invitee::begin(party(JONAS, parameters()), random(random_seed)).unwrap()
}

/// An honest handshake: Maria's end and Jonas's.
pub(crate) fn exchanged(random_seed: u64) -> (Exchanged, Exchanged) {
    handshake(party(MARIA, parameters()), party(JONAS, parameters()), random_seed)
}

pub(crate) fn handshake(one: Party, other: Party, random_seed: u64) -> (Exchanged, Exchanged) {
    let (inviter, h1) = Inviter::begin(one, random(random_seed)).unwrap();
    let (invitee, h2) = Invitee::begin(other, random(random_seed + 1)).unwrap().receive(&h1).unwrap();
    let (inviter, h3) = inviter.receive(&h2).unwrap();
    let (invitee, h4) = invitee.receive(&h3).unwrap();
    (inviter.receive(&h4).unwrap(), invitee)
}

/// Maria's end and Jonas's, after the words were compared.
pub(crate) fn secured(random_seed: u64) -> (Secured, Secured) {
    let (maria, jonas) = exchanged(random_seed);
    // The same handshake once more tells the words: reading them does not give the end away.
    let words = words_of(exchanged(random_seed).1).join(" ");
    (by_typing(maria, &words), by_hearing(jonas))
}

pub(crate) fn by_typing(exchanged: Exchanged, typed: &str) -> Secured {
    match confirm::Typing::begin(exchanged).unwrap().try_words(typed) {
        confirm::Tried::Right(right) => right.0,
        other => panic!("the words were not right: {other:?}"),
    }
}

pub(crate) fn by_hearing(exchanged: Exchanged) -> Secured {
    confirm::Reading::begin(exchanged).unwrap().heard_yes().0
}

/// The words of an expert's end.
pub(crate) fn words_of(expert: Exchanged) -> [&'static str; 3] {
    confirm::Reading::begin(expert).unwrap().words(Language::English)
}

/// Whether a novice's end takes these words.
pub(crate) fn takes(novice: Exchanged, typed: &str) -> bool {
    matches!(confirm::Typing::begin(novice).unwrap().try_words(typed), confirm::Tried::Right(_))
}

/// A store in which both have verified each other.
pub(crate) fn pins() -> Pins {
    let (maria, jonas) = exchanged(900);
    let words = words_of(exchanged(900).1).join(" ");
    let mut pins = Pins::new();
    let confirm::Tried::Right(right) = confirm::Typing::begin(maria).unwrap().try_words(&words) else {
        panic!("the words are right");
    };
    pins.pin(NOW, "laptop", &right.1).unwrap();
    let (_, verified) = confirm::Reading::begin(jonas).unwrap().heard_yes();
    pins.pin(NOW, "phone", &verified).unwrap();
    pins
}

pub(crate) fn known(recognised: Recognised) -> Secured {
    match recognised {
        Recognised::Known(known) => known.0,
        other => panic!("not known: {other:?}"),
    }
}
