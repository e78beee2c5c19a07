//! Signed messages between the applications.

use proptest::prelude::*;
use rendezvous_trust::channel::{Channel, MAX_BODY, MAX_MESSAGE};
use rendezvous_trust::{AuthenticationError, WireError};

use crate::mutate::{self, Slip, slips};
use crate::pair::*;

fn pair(random_seed: u64) -> (Channel, Channel) {
    let (maria, jonas) = secured(random_seed);
    (maria.channel, jonas.channel)
}

#[test]
fn what_was_sealed_opens_in_order() {
    let (mut maria, mut jonas) = pair(10);
    for body in ["", "{\"v\":1}", "ü \u{0} \" \\ \u{1F600}", &"x".repeat(MAX_BODY)] {
        let sealed = maria.seal(body).unwrap();
        assert_eq!(jonas.open(&sealed).as_deref(), Ok(body));
        let sealed = jonas.seal(body).unwrap();
        assert_eq!(maria.open(&sealed).as_deref(), Ok(body));
    }
}

#[test]
fn every_message_comes_once_and_in_its_place() {
    let (mut maria, _) = pair(10);
    let sealed: Vec<String> = (0..3).map(|n| maria.seal(&format!("{n}")).unwrap()).collect();
    let open = |order: &[usize]| {
        let (_, mut jonas) = pair(10);
        order.iter().map(|place| jonas.open(&sealed[*place])).collect::<Vec<_>>()
    };
    let sequence = |due, came| Err(AuthenticationError::Sequence { due, came });
    assert_eq!(open(&[0, 0]), [Ok("0".to_owned()), sequence(1, 0)], "doubled");
    assert_eq!(open(&[0, 2]), [Ok("0".to_owned()), sequence(1, 2)], "left out");
    assert_eq!(open(&[1, 0]), [sequence(0, 1), Err(AuthenticationError::Dead)], "exchanged, then dead");
}

#[test]
fn a_message_keeps_its_number() {
    let (mut maria, mut jonas) = pair(10);
    maria.seal("do not").unwrap();
    let second = maria.seal("do it").unwrap();
    let first = second.replace("\"sequence\":1", "\"sequence\":0");
    assert_ne!(first, second);
    assert_eq!(jonas.open(&first), Err(AuthenticationError::Signature));
}

#[test]
fn a_message_is_of_one_side_and_one_session() {
    let (mut maria, mut jonas) = pair(10);
    let sealed = maria.seal("hello").unwrap();
    assert_eq!(maria.open(&sealed), Err(AuthenticationError::Signature), "reflected");
    assert_eq!(maria.seal("more"), Err(AuthenticationError::Dead));

    let (mut other_maria, mut other_jonas) = pair(20);
    let foreign = other_maria.seal("hello").unwrap();
    assert_eq!(
        jonas.open(&foreign),
        Err(AuthenticationError::Signature),
        "of another handshake of the same two"
    );
    assert_eq!(jonas.open(&sealed), Err(AuthenticationError::Dead));
    assert_eq!(other_jonas.open(&foreign).as_deref(), Ok("hello"));
}

#[test]
fn limits_hold_on_both_sides() {
    let (mut maria, mut jonas) = pair(10);
    let long = "x".repeat(MAX_BODY + 1);
    assert_eq!(maria.seal(&long), Err(AuthenticationError::Wire(WireError::TooLong(MAX_BODY + 1))));
    let escaped = "\u{1}".repeat(MAX_BODY);
    assert!(matches!(
        maria.seal(&escaped),
        Err(AuthenticationError::Wire(WireError::TooLong(length))) if length > MAX_MESSAGE
    ));
    let sealed = maria.seal("and it goes on").unwrap();
    assert_eq!(jonas.open(&sealed).as_deref(), Ok("and it goes on"), "a refused body was not counted");
    assert_eq!(
        jonas.open(&" ".repeat(MAX_MESSAGE + 1)),
        Err(AuthenticationError::Wire(WireError::TooLong(MAX_MESSAGE + 1)))
    );
}

#[test]
fn every_field_counts() {
    let sealed = pair(10).0.seal("hello").unwrap();
    for mutant in mutate::fields(&sealed) {
        let (_, mut jonas) = pair(10);
        assert!(jonas.open(&mutant.text).is_err(), "{}", mutant.what);
        assert_eq!(jonas.open(&sealed), Err(AuthenticationError::Dead));
    }
}

proptest! {
    #[test]
    fn every_byte_counts(body in ".{0,20}", at in 0..4096_usize, slip in slips()) {
        let (mut maria, mut jonas) = pair(10);
        let sealed = maria.seal(&body).unwrap();
        if let Some(changed) = Slip::of(slip, &sealed, at) {
            prop_assert!(jonas.open(&changed).is_err(), "{}", changed);
        }
    }
}
