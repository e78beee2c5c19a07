//! Words between two people.

use rendezvous_trust::AuthenticationError;
use rendezvous_trust::confirm::{Reading, TRIES, Tried, Typing};
use rendezvous_trust::handshake::{Parameters, Role};
use rendezvous_trust::pins::{Origin, Standing};
use rendezvous_trust::words::Language;
use rendezvous_trust::{How, pins::Pins};

use crate::pair::*;

#[test]
fn the_right_words_pin_the_right_key() {
    let (novice, expert) = exchanged(10);
    let words = Reading::begin(expert).unwrap().words(Language::German).join("  ").to_uppercase();
    let Tried::Right(right) = Typing::begin(novice).unwrap().try_words(&words) else { panic!("right") };
    let (_, verified) = *right;
    assert_eq!((verified.peer(), verified.contact()), (&key(JONAS).public(), &jonas()));
    let mut pins = Pins::new();
    pins.pin(NOW, "phone", &verified).unwrap();
    let Standing::Pinned(pin) = pins.standing(&jonas(), &key(JONAS).public()) else { panic!("pinned") };
    assert_eq!((pin.origin(), pin.since(), pin.device()), (Origin::Confirmed(How::Words), NOW, "phone"));
}

#[test]
fn there_are_three_tries_and_then_it_ends() {
    let (maria, jonas) = exchanged(10);
    let right = words_of(jonas).join(" ");
    let mut typing = Typing::begin(maria).unwrap();
    for left in [3, 2] {
        assert_eq!(typing.left(), left);
        let Tried::Wrong(next) = typing.try_words("acorn acorn acorn") else { panic!("wrong") };
        // Nothing typed is no try: a person pressed Enter too early.
        let Tried::Wrong(next) = next.try_words("  ") else { panic!("not counted") };
        typing = next;
    }
    assert_eq!(typing.left(), 1);
    assert!(matches!(typing.try_words("not even words"), Tried::Over));
    assert_eq!(TRIES, 3);

    let typing = Typing::begin(exchanged(10).0).unwrap();
    let Tried::Wrong(typing) = typing.try_words("acorn") else { panic!("wrong") };
    assert_eq!(typing.left(), 2, "too few words are a try");
    assert!(matches!(typing.try_words(&right), Tried::Right(_)), "the second try counts as the first");
}

#[test]
fn the_expert_reads_and_the_novice_types() {
    let (maria, jonas) = exchanged(10);
    assert_eq!(Reading::begin(maria).map(|_| ()), Err(AuthenticationError::WrongSide));
    assert_eq!(Typing::begin(jonas).map(|_| ()), Err(AuthenticationError::WrongSide));

    // An offer: the inviter is the expert.
    let offer = Parameters { novice: Role::Invitee, ..parameters() };
    let (expert, novice) = handshake(party(MARIA, offer.clone()), party(JONAS, offer), 10);
    let words = Reading::begin(expert).unwrap().words(Language::English).join(" ");
    assert!(takes(novice, &words));
}
