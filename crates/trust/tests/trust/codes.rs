//! One-time codes.

use proptest::prelude::*;
use rendezvous_trust::code::{Code, CodeError, LIFETIME, MAX_CODE_MESSAGE, Offer, Typist};
use rendezvous_trust::handshake::{Exchanged, Parameters, Role, Secured};
use rendezvous_trust::words::Language;
use rendezvous_trust::{AuthenticationError, How, UnixTime, Verified, WireError};

use crate::mutate::{self, Slip, slips};
use crate::pair::*;

fn code(secret: [u8; 3]) -> Code {
    Code::new(7, Language::English, secret).unwrap()
}

type End = (Secured, Verified);

/// One use of a code, in which somebody may replace each message on its way. Both ends, as far as they came.
fn run(
    novice_code: Code,
    expert_code: &Code,
    (novice, expert): (Exchanged, Exchanged),
    mut on_its_way: impl FnMut(usize, String) -> String,
) -> (Result<End, CodeError>, Result<End, CodeError>) {
    let (typist, c1) = Typist::begin(expert, expert_code, random(31)).unwrap();
    let burn = match Offer::new(NOW, novice_code).answer(NOW, novice, &on_its_way(0, c1), random(32)) {
        Ok(burn) => burn,
        Err(error) => return (Err(error), Err(error)),
    };
    let (awaiting, c2) = burn.burned();
    match typist.receive(&on_its_way(1, c2)) {
        Ok((secured, verified, c3)) => (awaiting.receive(NOW, &on_its_way(2, c3)), Ok((secured, verified))),
        // The expert's end says no more; whatever somebody else says for it does not help.
        Err(error) => (awaiting.receive(NOW, "{}"), Err(error)),
    }
}

#[test]
fn the_right_code_makes_two_strangers_known() {
    let (novice, expert) = run(code([1, 2, 3]), &code([1, 2, 3]), exchanged(10), |_, text| text);
    let ((mut maria, of_jonas), (mut jonas, of_maria)) = (novice.unwrap(), expert.unwrap());
    assert_eq!((*of_jonas.peer(), of_jonas.how()), (key(JONAS).public(), How::Code));
    assert_eq!((*of_maria.peer(), of_maria.how()), (key(MARIA).public(), How::Code));
    assert_eq!(of_jonas.contact(), &crate::pair::jonas());
    let sealed = maria.channel.seal("hello").unwrap();
    assert_eq!(jonas.channel.open(&sealed).as_deref(), Ok("hello"));
}

#[test]
fn a_wrong_code_makes_nobody_known() {
    let (novice, expert) = run(code([1, 2, 3]), &code([1, 2, 4]), exchanged(10), |_, text| text);
    assert_eq!(expert.map(|_| ()), Err(CodeError::Wrong));
    assert!(novice.is_err());
    let other_plate = Code::new(8, Language::English, [1, 2, 3]).unwrap();
    let (_, expert) = run(code([1, 2, 3]), &other_plate, exchanged(10), |_, text| text);
    assert_eq!(expert.map(|_| ()), Err(CodeError::Wrong), "the nameplate counts too");
}

#[test]
fn a_code_typed_in_another_language_is_another_code() {
    let german = Code::new(7, Language::German, [1, 2, 3]).unwrap();
    let (_, expert) = run(code([1, 2, 3]), &german, exchanged(10), |_, text| text);
    assert_eq!(expert.map(|_| ()), Err(CodeError::Wrong));
}

#[test]
fn a_code_is_for_one_handshake() {
    // The two ends are of different handshakes of the same two people.
    let ends = (exchanged(10).0, exchanged(20).1);
    let (_, expert) = run(code([1, 2, 3]), &code([1, 2, 3]), ends, |_, text| text);
    assert_eq!(expert.map(|_| ()), Err(CodeError::Wrong));
}

#[test]
fn only_the_novice_makes_a_code() {
    let (maria, jonas) = exchanged(10);
    let wrong = Err(CodeError::Side(AuthenticationError::WrongSide));
    assert_eq!(Typist::begin(maria, &code([1, 2, 3]), random(1)).map(|_| ()), wrong);
    let (_, c1) = Typist::begin(exchanged(10).1, &code([1, 2, 3]), random(1)).unwrap();
    assert_eq!(Offer::new(NOW, code([1, 2, 3])).answer(NOW, jonas, &c1, random(2)).map(|_| ()), wrong);
    // The novice may also be the one who was invited.
    let offer = Parameters { novice: Role::Invitee, ..parameters() };
    let (expert, novice) = handshake(party(MARIA, offer.clone()), party(JONAS, offer), 10);
    let (novice, expert) = run(code([1, 2, 3]), &code([1, 2, 3]), (novice, expert), |_, text| text);
    assert!(novice.is_ok() && expert.is_ok());
}

#[test]
fn a_code_lives_for_ten_minutes() {
    let answer = |now: u64| {
        let (novice, expert) = exchanged(10);
        let (_, c1) = Typist::begin(expert, &code([1, 2, 3]), random(1)).unwrap();
        Offer::new(NOW, code([1, 2, 3])).answer(UnixTime(now), novice, &c1, random(2)).map(|_| ())
    };
    let life = LIFETIME.as_secs();
    assert_eq!(life, 600);
    assert_eq!(answer(NOW.0 + life - 1), Ok(()));
    assert_eq!(answer(NOW.0 + life), Err(CodeError::Expired));
    assert_eq!(answer(NOW.0 - 1), Err(CodeError::Expired), "the clock was set back");

    let (novice, expert) = exchanged(10);
    let (typist, c1) = Typist::begin(expert, &code([1, 2, 3]), random(1)).unwrap();
    let (awaiting, c2) =
        Offer::new(NOW, code([1, 2, 3])).answer(NOW, novice, &c1, random(2)).unwrap().burned();
    let (_, _, c3) = typist.receive(&c2).unwrap();
    assert_eq!(awaiting.receive(NOW.after(LIFETIME), &c3).map(|_| ()), Err(CodeError::Expired));
}

#[test]
fn an_offer_survives_its_text() {
    let offer = Offer::new(NOW, code([1, 2, 3]));
    let again = Offer::from_text(&offer.to_text()).unwrap();
    assert_eq!(again.code(), offer.code());
    assert!(again.is_live(NOW) && !again.is_live(NOW.after(LIFETIME)));
    for mutant in mutate::fields(&offer.to_text()) {
        // A digit or a slip more may still be a code, another one; nothing else is.
        let read = Offer::from_text(&mutant.text);
        let is_slip =
            ["first", "middle", "longer", "shorter", "one more", "0"].iter().any(|s| mutant.what.contains(s));
        assert!(read.is_err() || is_slip, "{}", mutant.what);
    }
}

#[test]
fn every_field_of_every_message_counts() {
    let mut texts = Vec::new();
    let (novice, expert) = run(code([1, 2, 3]), &code([1, 2, 3]), exchanged(10), |_, text| {
        texts.push(text.clone());
        text
    });
    assert!(novice.is_ok() && expert.is_ok());
    for (place, original) in texts.iter().enumerate() {
        for mutant in mutate::fields(original) {
            let replaced = |at, text| if at == place { mutant.text.clone() } else { text };
            let (novice, _) = run(code([1, 2, 3]), &code([1, 2, 3]), exchanged(10), replaced);
            assert!(novice.is_err(), "{place}{}", mutant.what);
        }
        for other in &texts {
            let replaced = |at, text: String| if at == place { other.clone() } else { text };
            let (novice, _) = run(code([1, 2, 3]), &code([1, 2, 3]), exchanged(10), replaced);
            assert_eq!(novice.is_ok(), other == original, "{place}");
        }
        assert!(original.len() < MAX_CODE_MESSAGE);
    }
    let long = " ".repeat(MAX_CODE_MESSAGE + 1);
    let (novice, _) = run(code([1, 2, 3]), &code([1, 2, 3]), exchanged(10), |_, _| long.clone());
    assert_eq!(novice.map(|_| ()), Err(CodeError::Wire(WireError::TooLong(MAX_CODE_MESSAGE + 1))));
}

#[test]
fn a_recorded_use_is_of_no_use_with_the_same_code_again() {
    let mut texts = Vec::new();
    let (novice, _) = run(code([1, 2, 3]), &code([1, 2, 3]), exchanged(10), |_, text| {
        texts.push(text.clone());
        text
    });
    assert!(novice.is_ok());
    // The same code, by chance, in another handshake; C1 and C3 are replayed.
    let (novice, _) = exchanged(20);
    let burn = Offer::new(NOW, code([1, 2, 3])).answer(NOW, novice, &texts[0], random(40)).unwrap();
    let (awaiting, _) = burn.burned();
    assert_eq!(awaiting.receive(NOW, &texts[2]).map(|_| ()), Err(CodeError::Wrong));
}

#[test]
fn the_novices_confirmation_reflected_is_none() {
    // Somebody without the code sends an element, and hands the answer's confirmation back.
    let (novice, expert) = exchanged(10);
    let (_, c1) = Typist::begin(expert, &code([9, 9, 9]), random(31)).unwrap();
    let (awaiting, c2) =
        Offer::new(NOW, code([1, 2, 3])).answer(NOW, novice, &c1, random(32)).unwrap().burned();
    let c2: serde_json::Value = serde_json::from_str(&c2).unwrap();
    let c3 = serde_json::json!({ "v": 1, "type": "c3", "mac": c2["mac"] }).to_string();
    assert_eq!(awaiting.receive(NOW, &c3).map(|_| ()), Err(CodeError::Wrong));
}

/// An attacker who knows two of three words guesses the third: once for each code, since an offer is gone with its first
/// answer. One of 256 guesses is right, whatever was learnt from those before.
fn guess(rounds: u32) -> u32 {
    let mut right = 0;
    for round in 0..rounds {
        let secret: [u8; 3] = random(u64::from(round) + 1_000_000);
        let guessed = code([secret[0], secret[1], random::<1>(u64::from(round) + 2_000_000)[0]]);
        // The offer is moved into its answer; `burned` is the only way to a message. There is no second guess to make.
        let (novice, expert) = run(code(secret), &guessed, exchanged(10), |_, text| text);
        assert_eq!(novice.is_ok(), expert.is_ok());
        assert_eq!(novice.is_ok(), guessed == code(secret));
        right += u32::from(novice.is_ok());
    }
    right
}

#[test]
fn a_guess_is_right_as_often_as_chance_has_it() {
    // 8 expected of 2048, with a standard deviation of 2.8.
    let right = guess(2048);
    assert!((1..=22).contains(&right), "{right}");
}

#[test]
#[ignore = "takes minutes; `cargo xtask prove network` runs it"]
fn a_hundred_thousand_wrong_guesses_burn_a_hundred_thousand_codes() {
    let mut burned = 0;
    for round in 0..100_000_u64 {
        let secret: [u8; 3] = random(round + 5_000_000);
        let wrong = code([secret[0], secret[1], secret[2].wrapping_add(1)]);
        let (novice, expert) = run(code(secret), &wrong, exchanged(10), |_, text| text);
        assert_eq!(expert.map(|_| ()), Err(CodeError::Wrong));
        burned += u32::from(novice.is_err());
    }
    assert_eq!(burned, 100_000);
    // With one word unknown, 391 of 100,000 by chance, with a standard deviation of 20.
    let right = guess(100_000);
    assert!((310..=475).contains(&right), "{right}");
    eprintln!(
        "{burned} wrong guesses, as many codes burned: with two of three words known {right} of 100000 are right"
    );
}

proptest! {
    #[test]
    fn every_byte_of_every_message_counts(place in 0..3_usize, at in 0..4096_usize, slip in slips()) {
        let mut changed = false;
        let (novice, _) = run(code([1, 2, 3]), &code([1, 2, 3]), exchanged(10), |at_message, text| {
            match Slip::of(slip, &text, at) {
                Some(other) if at_message == place => {
                    changed = true;
                    other
                }
                _ => text,
            }
        });
        prop_assert_eq!(novice.is_ok(), !changed);
    }
}
