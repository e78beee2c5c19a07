//! The certificates of a connection.

use proptest::prelude::*;
use rendezvous_trust::bind::{BindStep, Binds, Bound, MAX_BIND, Media, Setup};
use rendezvous_trust::{AuthenticationError, WireError};
use serde_json::{Value, json};

use crate::mutate::{self, Slip, slips};
use crate::pair::*;

fn pair(random_seed: u64) -> (Binds, Binds) {
    let (maria, jonas) = secured(random_seed);
    (maria.binds, jonas.binds)
}

fn page(number: u8) -> Media {
    Media { fingerprint: [number; 32], setup: Setup::ActPass }
}

fn screen(number: u8) -> Media {
    Media { fingerprint: [100 + number; 32], setup: Setup::Passive }
}

fn bound(step: Result<BindStep, AuthenticationError>) -> (Bound, Option<String>) {
    match step {
        Ok(BindStep::Bound(bound, text)) => (bound, text),
        other => panic!("not bound: {other:?}"),
    }
}

/// One connection; returns the three texts.
fn connect(novice: &mut Binds, expert: &mut Binds, number: u8) -> [String; 3] {
    let offered = expert.offer(page(number)).unwrap();
    assert_eq!(novice.receive(&offered), Ok(BindStep::Answer(page(number))));
    let answered = novice.answer(screen(number)).unwrap();
    let (expert_has, confirmed) = bound(expert.receive(&answered));
    let confirmed = confirmed.unwrap();
    let (novice_has, nothing) = bound(novice.receive(&confirmed));
    assert_eq!(nothing, None);
    assert_eq!(novice_has, expert_has);
    assert_eq!((novice_has.novice(), novice_has.expert()), (screen(number), page(number)));
    [offered, answered, confirmed]
}

#[test]
fn both_sides_have_the_same_pair_each_generation() {
    let (mut maria, mut jonas) = pair(10);
    for number in 1..4 {
        connect(&mut maria, &mut jonas, number);
    }
}

#[test]
fn a_page_that_is_loaded_again_replaces_its_offer() {
    let (mut maria, mut jonas) = pair(10);
    let first = jonas.offer(page(1)).unwrap();
    let second = jonas.offer(page(2)).unwrap();
    assert_eq!(maria.receive(&first), Ok(BindStep::Answer(page(1))));
    let to_first = maria.answer(screen(1)).unwrap();
    assert_eq!(maria.receive(&second), Ok(BindStep::Answer(page(2))));
    let to_second = maria.answer(screen(2)).unwrap();
    assert_eq!(jonas.receive(&to_first), Ok(BindStep::Stale));
    let (has, text) = bound(jonas.receive(&to_second));
    assert_eq!((has.generation(), has.expert()), (2, page(2)));
    assert_eq!(bound(maria.receive(&text.unwrap())).0, has);
}

#[test]
fn each_side_does_its_own_part() {
    let (mut maria, mut jonas) = pair(10);
    assert_eq!(maria.offer(page(1)), Err(AuthenticationError::WrongSide));
    assert_eq!(jonas.answer(screen(1)), Err(AuthenticationError::WrongSide));
    assert_eq!(maria.answer(screen(1)), Err(AuthenticationError::NotDue));
    let [_, answered, _] = connect(&mut maria, &mut jonas, 1);
    assert_eq!(jonas.receive(&answered), Err(AuthenticationError::NotDue), "a second time");
    assert_eq!(jonas.offer(page(2)), Err(AuthenticationError::Dead));
}

#[test]
fn the_roles_of_the_two_fit() {
    let answer = |expert: Setup, novice: Setup| {
        let (mut maria, mut jonas) = pair(10);
        let offered = jonas.offer(Media { setup: expert, ..page(1) }).unwrap();
        maria.receive(&offered).unwrap();
        maria.answer(Media { setup: novice, ..screen(1) }).map(|_| ())
    };
    for (expert, novice, fits) in [
        (Setup::ActPass, Setup::Active, true),
        (Setup::ActPass, Setup::Passive, true),
        (Setup::ActPass, Setup::ActPass, false),
        (Setup::Active, Setup::Passive, true),
        (Setup::Active, Setup::Active, false),
        (Setup::Active, Setup::ActPass, false),
        (Setup::Passive, Setup::Active, true),
        (Setup::Passive, Setup::Passive, false),
        (Setup::Passive, Setup::ActPass, false),
    ] {
        let expected = if fits { Ok(()) } else { Err(AuthenticationError::Media) };
        assert_eq!(answer(expert, novice), expected, "{expert:?} {novice:?}");
    }
}

#[test]
fn nobody_answers_with_the_offered_certificate() {
    let (mut maria, mut jonas) = pair(10);
    let offered = jonas.offer(page(1)).unwrap();
    maria.receive(&offered).unwrap();
    assert_eq!(maria.answer(Media { setup: Setup::Active, ..page(1) }), Err(AuthenticationError::Media));
    assert!(maria.answer(screen(1)).is_ok(), "our own mistake can be mended");
}

/// What somebody between the two can do to one of the three texts, and what the receiver says. At most one side of the
/// two then believes to be connected, and it only if both have signed exactly what it believes.
fn with_replaced(place: usize, replace: impl Fn(&str) -> String) -> Result<(), AuthenticationError> {
    let touch = |at: usize, text: String| if at == place { replace(&text) } else { text };
    let (mut maria, mut jonas) = pair(10);
    let offered = touch(0, jonas.offer(page(1)).unwrap());
    let BindStep::Answer(_) = maria.receive(&offered)? else { panic!("an answer is due") };
    let answered = touch(1, maria.answer(screen(1))?);
    let (has, text) = match jonas.receive(&answered)? {
        BindStep::Bound(has, text) => (has, text.unwrap()),
        other => panic!("{other:?}"),
    };
    assert_eq!((has.novice(), has.expert()), (screen(1), page(1)));
    let (has, _) = bound_or_error(maria.receive(&touch(2, text)))?;
    assert_eq!((has.novice(), has.expert()), (screen(1), page(1)));
    Ok(())
}

fn bound_or_error(
    step: Result<BindStep, AuthenticationError>,
) -> Result<(Bound, Option<String>), AuthenticationError> {
    step.map(|step| bound(Ok(step)))
}

#[test]
fn swapped_certificates_are_not_signed() {
    let swap = |text: &str| {
        let mut object: Value = serde_json::from_str(text).unwrap();
        object["fingerprint"] = json!("YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=");
        object.to_string()
    };
    assert_eq!(with_replaced(0, swap), Err(AuthenticationError::Signature));
    assert_eq!(with_replaced(1, swap), Err(AuthenticationError::Signature));
    assert_eq!(with_replaced(2, swap), Err(AuthenticationError::Media));
    // The roles are signed too: the page is not told that it begins, or that it waits, by anybody else.
    let turn = |text: &str| text.replace("actpass", "passive").replace("\"passive\"", "\"active\"");
    assert_eq!(with_replaced(0, turn), Err(AuthenticationError::Signature));
    assert_eq!(with_replaced(1, turn), Err(AuthenticationError::Signature));
    assert_eq!(with_replaced(2, turn), Err(AuthenticationError::Media));
}

#[test]
fn every_field_counts() {
    let (mut maria, mut jonas) = pair(10);
    for (place, text) in connect(&mut maria, &mut jonas, 1).iter().enumerate() {
        for mutant in mutate::fields(text) {
            assert!(with_replaced(place, |_| mutant.text.clone()).is_err(), "{place}{}", mutant.what);
        }
        assert!(text.len() < MAX_BIND);
    }
    let long = format!("{{{}}}", " ".repeat(MAX_BIND));
    let expected = Err(AuthenticationError::Wire(WireError::TooLong(MAX_BIND + 2)));
    assert_eq!(with_replaced(1, |_| long.clone()), expected);
}

#[test]
fn texts_of_other_generations_and_sessions_are_of_no_use() {
    let (mut maria, mut jonas) = pair(10);
    let first = connect(&mut maria, &mut jonas, 1);
    let (mut other_maria, mut other_jonas) = pair(20);
    let foreign = connect(&mut other_maria, &mut other_jonas, 1);

    let offered = jonas.offer(page(2)).unwrap();
    maria.receive(&offered).unwrap();
    let answered = maria.answer(screen(2)).unwrap();
    assert_eq!(jonas.receive(&first[1]), Ok(BindStep::Stale), "dropped, and nothing follows");
    let (_, confirmed) = bound(jonas.receive(&answered));
    assert_eq!(maria.receive(&first[2]), Err(AuthenticationError::Generation { due: 2, came: 1 }));
    assert_eq!(maria.receive(&confirmed.unwrap()), Err(AuthenticationError::Dead));

    for place in [1, 2] {
        assert_eq!(with_replaced(place, |_| foreign[place].clone()), Err(AuthenticationError::Signature));
    }
    // Reflected: a side gets its own text.
    assert!(with_replaced(1, |_| first[2].clone()).is_err());
    assert!(with_replaced(2, |_| first[1].clone()).is_err());
}

#[test]
fn a_signature_is_for_one_generation_of_the_same_certificates() {
    let (mut maria, mut jonas) = pair(10);
    let first = connect(&mut maria, &mut jonas, 1);
    let renumbered = |text: &str| text.replace("\"generation\":1", "\"generation\":2");
    let offered = jonas.offer(page(1)).unwrap();
    maria.receive(&offered).unwrap();
    maria.answer(screen(1)).unwrap();
    assert_eq!(jonas.receive(&renumbered(&first[1])), Err(AuthenticationError::Signature));
    assert_eq!(maria.receive(&renumbered(&first[2])), Err(AuthenticationError::Signature));
}

proptest! {
    #[test]
    fn every_byte_counts(place in 0..3_usize, at in 0..4096_usize, slip in slips()) {
        let unchanged = std::cell::Cell::new(false);
        let result = with_replaced(place, |text| {
            Slip::of(slip, text, at).unwrap_or_else(|| {
                unchanged.set(true);
                text.to_owned()
            })
        });
        prop_assert!(result.is_err() || unchanged.get());
    }
}
