//! What only this crate can see: the words of both ends at once.

use std::sync::Arc;

use super::*;
use crate::contact::Contact;
use crate::key::DeviceKey;
use crate::words::Words;

fn random(seed: u32, part: u8) -> [u8; 32] {
    let mut bytes = [part; 32];
    bytes[..4].copy_from_slice(&seed.to_be_bytes());
    bytes
}

fn party(name: u8) -> Party {
    let contact = |address| Contact::new("xmpp", address).unwrap();
    Party {
        parameters: Parameters {
            versions: vec![VERSION],
            application: [1; 16],
            session: [2; 16],
            expiry: None,
            inviter: contact("maria@example.org"),
            invitee: contact("jonas@example.net"),
            novice: Role::Inviter,
        },
        key: Arc::new(DeviceKey::from_seed(&random(0, name)).unwrap()),
        expected: None,
    }
}

/// The words of Maria's end and of Jonas's when Mallory has a handshake with each, Jonas's first.
fn attacked(seed: u32, maria: &Party, jonas: &Party, mallory: &Party) -> (Words, Words) {
    let (to_jonas, h1) = Inviter::begin(mallory.clone(), random(seed, 1)).unwrap();
    let (jonas, h2) = Invitee::begin(jonas.clone(), random(seed, 2)).unwrap().receive(&h1).unwrap();
    let (jonas, _) = jonas.receive(&to_jonas.receive(&h2).unwrap().1).unwrap();

    let (maria, h1) = Inviter::begin(maria.clone(), random(seed, 3)).unwrap();
    let (to_maria, h2) = Invitee::begin(mallory.clone(), random(seed, 4)).unwrap().receive(&h1).unwrap();
    let (maria, h3) = maria.receive(&h2).unwrap();
    let maria = maria.receive(&to_maria.receive(&h3).unwrap().1).unwrap();
    (maria.words(), jonas.words())
}

/// If the words did not depend on what is revealed last, the invitee could choose its random value until they fit.
#[test]
fn what_is_said_last_decides_the_words() {
    let (maria, jonas) = (party(1), party(2));
    let (_, h1) = Inviter::begin(maria, random(1, 1)).unwrap();
    let (_, h2) = Invitee::begin(jonas, random(1, 2)).unwrap().receive(&h1).unwrap();
    let (h1, h2) = (message::H1::read(&h1).unwrap(), message::H2::read(&h2).unwrap());
    let th = |h2: &message::H2, last: u32| message::transcript(&h1, h2, &random(last, 1));
    assert_ne!(th(&h2, 1), th(&h2, 2));
    assert_ne!(Words::from_transcript(&th(&h2, 1)).0, Words::from_transcript(&th(&h2, 2)).0);
    let other = message::H2 { random: random(2, 2), ..h2.clone() };
    assert_ne!(th(&h2, 1), th(&other, 1));
}

#[test]
fn with_somebody_between_the_words_agree_by_chance_only() {
    let (maria, jonas, mallory) = (party(1), party(2), party(3));
    let runs = 4096;
    let mut equal = [0_u32; 3];
    for seed in 0..runs {
        let (shown, heard) = attacked(seed, &maria, &jonas, &mallory);
        assert_ne!(shown.0, heard.0, "once in 16 million");
        for (place, count) in equal.iter_mut().enumerate() {
            *count += u32::from(shown.0[place] == heard.0[place]);
        }
    }
    // Each word is 8 bits: 16 of 4096 are equal by chance, with a standard deviation of 4. Far fewer would mean that the
    // words do not depend on what they must; far more, that somebody can steer them.
    for count in equal {
        assert!((2..=40).contains(&count), "{equal:?}");
    }
}

#[test]
fn honest_ends_have_the_same_words_and_all_of_them_occur() {
    let (maria, jonas) = (party(1), party(2));
    let mut seen = [0_u32; 256];
    for seed in 0..1024 {
        let (one, h1) = Inviter::begin(maria.clone(), random(seed, 1)).unwrap();
        let (other, h2) = Invitee::begin(jonas.clone(), random(seed, 2)).unwrap().receive(&h1).unwrap();
        let (one, h3) = one.receive(&h2).unwrap();
        let (other, h4) = other.receive(&h3).unwrap();
        let (one, other) = (one.receive(&h4).unwrap().words(), other.words());
        assert_eq!(one.0, other.0);
        for word in one.0 {
            seen[usize::from(word)] += 1;
        }
    }
    // 12 of each expected. The sum of squares over 12 follows a chi-square of 255 degrees: mean 255, deviation 22.6.
    let spread: f64 = seen.iter().map(|count| (f64::from(*count) - 12.0).powi(2) / 12.0).sum();
    assert!((165.0..=370.0).contains(&spread), "{spread}");
}
