//! Somebody stands between the two and swaps the keys.

use rendezvous_trust::AuthenticationError;
use rendezvous_trust::bind::{BindStep, Media, Setup};
use rendezvous_trust::code::{Code, CodeError, Offer, Typist};
use rendezvous_trust::confirm::{Reading, Tried, Typing};
use rendezvous_trust::handshake::{Exchanged, Invitee, Inviter, Recognised};
use rendezvous_trust::words::Language;

use crate::pair::*;

/// Mallory's key.
const MALLORY: u64 = 66;

/// Maria's end, Jonas's end, and Mallory's ends towards each.
struct Attack {
    maria: Exchanged,
    jonas: Exchanged,
    to_maria: Exchanged,
    to_jonas: Exchanged,
}

/// Mallory runs one handshake with each, in the order that serves him best: he finishes Jonas's first, so that he knows
/// the words there before he must choose his part of Maria's.
fn attack(seed: u64) -> Attack {
    let (maria, h1) = Inviter::begin(party(MARIA, parameters()), random(4 * seed)).unwrap();
    let (to_jonas, jonas) = handshake(party(MALLORY, parameters()), party(JONAS, parameters()), 4 * seed + 1);
    let to_maria = Invitee::begin(party(MALLORY, parameters()), random(4 * seed + 3)).unwrap();
    let (to_maria, h2) = to_maria.receive(&h1).unwrap();
    let (maria, h3) = maria.receive(&h2).unwrap();
    let (to_maria, h4) = to_maria.receive(&h3).unwrap();
    Attack { maria: maria.receive(&h4).unwrap(), jonas, to_maria, to_jonas }
}

#[test]
fn the_words_give_him_away() {
    for seed in 0..512 {
        let Attack { maria, jonas, to_maria, .. } = attack(seed);
        let heard = words_of(jonas);
        assert_ne!(heard, words_of(to_maria), "once in 16 million");
        assert!(!takes(maria, &heard.join(" ")));
    }
}

#[test]
fn three_tries_do_not_help_him() {
    let Attack { maria, jonas, .. } = attack(1);
    let heard = words_of(jonas).join(" ");
    let Tried::Wrong(maria) = Typing::begin(maria).unwrap().try_words(&heard) else { panic!("first") };
    let Tried::Wrong(maria) = maria.try_words(&heard) else { panic!("second") };
    assert!(matches!(maria.try_words(&heard), Tried::Over));
}

#[test]
fn he_is_never_taken_for_a_pinned_key() {
    let pins = pins();
    let Attack { maria, jonas, .. } = attack(1);
    assert!(matches!(maria.recognise(&pins), Recognised::Changed(_)));
    assert!(matches!(jonas.recognise(&pins), Recognised::Changed(_)));
}

/// Even an expert who says *yes* without listening has a channel with Mallory's key only: what Maria signs never opens.
#[test]
fn what_one_signed_does_not_open_at_the_other() {
    let Attack { jonas, to_maria, to_jonas, .. } = attack(1);
    let (mut jonas, _) = Reading::begin(jonas).unwrap().heard_yes();
    let words = words_of(attack(1).to_maria).join(" ");
    let mut maria = by_typing(attack(1).maria, &words);
    let sealed = maria.channel.seal("hello").unwrap();
    assert_eq!(jonas.channel.open(&sealed), Err(AuthenticationError::Signature));

    // Nor does a signature over one connection stand for the other.
    let page = Media { fingerprint: [1; 32], setup: Setup::ActPass };
    let screen = Media { fingerprint: [2; 32], setup: Setup::Passive };
    let offered = jonas.binds.offer(page).unwrap();
    assert_eq!(maria.binds.receive(&offered), Ok(BindStep::Answer(page)));
    let answered = maria.binds.answer(screen).unwrap();
    assert_eq!(jonas.binds.receive(&answered), Err(AuthenticationError::Signature));
    drop((to_maria, to_jonas));
}

/// Mallory passes the messages of a one-time code on, between two handshakes of his own.
#[test]
fn a_code_does_not_pass_through_him() {
    let code = || Code::read("7-umbrella-elephant-window").unwrap();
    let Attack { maria, jonas, .. } = attack(1);
    let (jonas, c1) = Typist::begin(jonas, &code(), random(5)).unwrap();
    let burn = Offer::new(NOW, code()).answer(NOW, maria, &c1, random(6)).unwrap();
    let (maria, c2) = burn.burned();
    assert_eq!(jonas.receive(&c2).map(|_| ()), Err(CodeError::Wrong));

    // He does not know the code, so he has nothing better to tell Maria than what Jonas would have said to somebody else.
    let (other_novice, other_expert) = exchanged(100);
    let (typist, c1) = Typist::begin(other_expert, &code(), random(5)).unwrap();
    let burn = Offer::new(NOW, code()).answer(NOW, other_novice, &c1, random(6)).unwrap();
    let (_, _, c3) = typist.receive(&burn.burned().1).unwrap();
    assert_eq!(maria.receive(NOW, &c3).map(|_| ()), Err(CodeError::Wrong));
}

/// He knows the code, since somebody told him: he is then the one whom Maria gave it to. This is what a code means, and
/// it is gone afterwards.
#[test]
fn who_has_the_code_is_the_one_it_was_given_to() {
    let code = || Code::new(7, Language::German, [1, 2, 3]).unwrap();
    let (maria, mallory) = handshake(party(MARIA, parameters()), party(MALLORY, parameters()), 50);
    let (mallory, c1) = Typist::begin(mallory, &code(), random(5)).unwrap();
    let (maria, c2) = Offer::new(NOW, code()).answer(NOW, maria, &c1, random(6)).unwrap().burned();
    let (_, _, c3) = mallory.receive(&c2).unwrap();
    let (_, verified) = maria.receive(NOW, &c3).unwrap();
    assert_eq!(*verified.peer(), key(MALLORY).public());
}
