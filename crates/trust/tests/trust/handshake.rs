//! The four messages, and what becomes of them on the way.

use std::sync::Arc;

use proptest::prelude::*;
use rendezvous_trust::WireError;
use rendezvous_trust::handshake::{
    AuthenticationError, Exchanged, Handshake, Invitee, Inviter, MAX_HANDSHAKE, ParameterError, Parameters,
    Party, Recognised, Role, Step,
};
use rendezvous_trust::key::KeyError;
use rendezvous_trust::pins::Pins;
use rendezvous_trust::{Contact, UnixTime};
use serde_json::{Value, json};

use crate::mutate::{self, Slip, slips};
use crate::pair::*;

/// Which message somebody touches.
const MESSAGES: [&str; 4] = ["h1", "h2", "h3", "h4"];

/// A handshake in which somebody may replace each message on its way.
fn run(
    one: Party,
    other: Party,
    random_seed: u64,
    mut on_its_way: impl FnMut(&str, String) -> String,
) -> Result<(Exchanged, Exchanged), AuthenticationError> {
    let (inviter, h1) = Inviter::begin(one, random(random_seed))?;
    let invitee = Invitee::begin(other, random(random_seed + 1))?;
    let (invitee, h2) = invitee.receive(&on_its_way("h1", h1))?;
    let (inviter, h3) = inviter.receive(&on_its_way("h2", h2))?;
    let (invitee, h4) = invitee.receive(&on_its_way("h3", h3))?;
    let inviter = inviter.receive(&on_its_way("h4", h4))?;
    Ok((inviter, invitee))
}

fn with_replaced(message: &str, replace: impl Fn(String) -> String) -> Result<(), AuthenticationError> {
    let touch = |name: &str, text: String| if name == message { replace(text) } else { text };
    run(party(MARIA, parameters()), party(JONAS, parameters()), 10, touch).map(|_| ())
}

fn recorded(random_seed: u64) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    run(party(MARIA, parameters()), party(JONAS, parameters()), random_seed, |name, text| {
        texts.push((name.to_owned(), text.clone()));
        text
    })
    .unwrap();
    texts
}

#[test]
fn two_honest_ends_have_the_same_words_and_each_other() {
    let (maria, jonas) = exchanged(10);
    assert_eq!(*maria.peer(), key(JONAS).public());
    assert_eq!(*jonas.peer(), key(MARIA).public());
    assert_eq!(*maria.contact(), crate::pair::jonas());
    assert_eq!(*jonas.contact(), crate::pair::maria());
    assert!(maria.is_novice() && !jonas.is_novice());
    let words = words_of(jonas).join(" ");
    assert!(takes(maria, &words));
}

#[test]
fn words_are_new_each_time() {
    let first = words_of(exchanged(10).1);
    let second = words_of(exchanged(20).1);
    assert_ne!(first, second);
}

/// What a server can tell one side differently.
fn other_views() -> Vec<(&'static str, Parameters)> {
    type Change = fn(&mut Parameters);
    let cases: [(&str, Change); 9] = [
        ("versions", |p| p.versions = vec![1, 2]),
        ("application", |p| p.application[0] ^= 1),
        ("session", |p| p.session[15] ^= 1),
        ("expiry", |p| p.expiry = None),
        ("expiry", |p| p.expiry = Some(UnixTime(NOW.0 + 301))),
        ("inviter", |p| p.inviter = Contact::new("xmpp", "mario@example.org").unwrap()),
        ("invitee", |p| p.invitee = Contact::new("xmpp", "jonas@example.com").unwrap()),
        ("novice", |p| p.novice = Role::Invitee),
        ("inviter", |p| {
            p.inviter = Contact::new("nearby", "maria@example.org").unwrap();
            p.invitee = Contact::new("nearby", "jonas@example.net").unwrap();
        }),
    ];
    cases
        .into_iter()
        .map(|(field, change)| {
            let mut changed = parameters();
            change(&mut changed);
            (field, changed)
        })
        .collect()
}

#[test]
fn every_part_of_the_session_must_be_the_same_on_both_sides() {
    for (field, view) in other_views() {
        let result = run(party(MARIA, view), party(JONAS, parameters()), 10, |_, text| text);
        assert_eq!(result.map(|_| ()), Err(AuthenticationError::Differs(field)));
    }
}

#[test]
fn a_server_that_lies_to_one_side_cannot_mend_the_first_message() {
    for (field, view) in other_views() {
        // Jonas was told another story, and H1 is rewritten to fit it.
        let (_, rewritten) = Inviter::begin(party(MARIA, view.clone()), random(10)).unwrap();
        let told: Value = serde_json::from_str(&rewritten).unwrap();
        let result = run(party(MARIA, parameters()), party(JONAS, view), 10, |name, text| {
            let mut object: Value = serde_json::from_str(&text).unwrap();
            if name == "h1" {
                object["parameters"] = told["parameters"].clone();
            }
            object.to_string()
        });
        assert_eq!(result.map(|_| ()), Err(AuthenticationError::Transcript), "{field}");
    }
}

#[test]
fn own_parameters_are_checked_before_anything_is_sent() {
    let begin = |parameters: Parameters| Inviter::begin(party(MARIA, parameters), random(1)).map(|_| ());
    for versions in [vec![], vec![2], vec![2, 1], vec![1, 1], (1..=9).collect()] {
        let expected = Err(AuthenticationError::Parameters(ParameterError::Versions));
        assert_eq!(begin(Parameters { versions, ..parameters() }), expected);
    }
    let invitee = Contact::new("nearby", "jonas").unwrap();
    let expected = Err(AuthenticationError::Parameters(ParameterError::Networks));
    assert_eq!(begin(Parameters { invitee, ..parameters() }), expected);
}

#[test]
fn nobody_talks_with_themselves() {
    let own = run(party(MARIA, parameters()), party(MARIA, parameters()), 10, |_, text| text);
    assert_eq!(own.map(|_| ()), Err(AuthenticationError::OwnKey));

    // The inviter's own key comes back in an H2 that is otherwise right.
    let (_, h1) = inviter(10);
    let reflecting = Invitee::begin(party(JONAS, parameters()), random(11)).unwrap();
    let (_, h2) = reflecting.receive(&h1).unwrap();
    let mut h2: Value = serde_json::from_str(&h2).unwrap();
    h2["key"] = serde_json::from_str::<Value>(&h1).unwrap()["key"].clone();
    let (fresh, _) = inviter(10);
    assert_eq!(fresh.receive(&h2.to_string()).map(|_| ()), Err(AuthenticationError::OwnKey));
}

#[test]
fn a_key_that_signed_before_is_the_one_that_is_expected() {
    let expecting =
        |key_seed: u64| Party { expected: Some(key(key_seed).public()), ..party(MARIA, parameters()) };
    let with = |one: Party, other: Party| run(one, other, 10, |_, text| text).map(|_| ());
    assert_eq!(with(expecting(JONAS), party(JONAS, parameters())), Ok(()));
    assert_eq!(with(expecting(7), party(JONAS, parameters())), Err(AuthenticationError::OtherKey));
    let other = Party { expected: Some(key(7).public()), ..party(JONAS, parameters()) };
    assert_eq!(with(party(MARIA, parameters()), other), Err(AuthenticationError::OtherKey));
}

#[test]
fn keys_without_a_holder_are_refused() {
    let small = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for message in ["h1", "h2"] {
        let weak = with_replaced(message, |text| {
            let mut object: Value = serde_json::from_str(&text).unwrap();
            object["key"] = json!(small);
            object.to_string()
        });
        assert_eq!(weak, Err(AuthenticationError::Key(KeyError::SmallOrder)), "{message}");
    }
}

#[test]
fn another_value_than_the_promised_one_is_refused() {
    let changed = with_replaced("h3", |text| {
        let mut object: Value = serde_json::from_str(&text).unwrap();
        object["random"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        object.to_string()
    });
    assert_eq!(changed, Err(AuthenticationError::Commitment));
}

#[test]
fn a_claimed_key_without_its_secret_is_refused() {
    // Mallory names Jonas's key and answers; he cannot make the proof.
    let (maria, h1) = inviter(10);
    let (_, h2) = invitee(11).receive(&h1).unwrap();
    let (maria, h3) = maria.receive(&h2).unwrap();
    let mallory = Invitee::begin(party(66, parameters()), random(11)).unwrap();
    let (mallory, _) = mallory.receive(&h1).unwrap();
    // His own transcript names his own key, so not even the inviter's proof verifies for him.
    assert_eq!(mallory.receive(&h3).map(|_| ()), Err(AuthenticationError::Signature));
    let forged =
        json!({"v": 1, "type": "h4", "proof": json!(serde_json::from_str::<Value>(&h3).unwrap()["proof"])});
    assert_eq!(
        maria.receive(&forged.to_string()).map(|_| ()),
        Err(AuthenticationError::Signature),
        "the inviter's own proof, reflected"
    );
}

#[test]
fn messages_do_not_stand_for_each_other() {
    let texts: Vec<String> = recorded(10).into_iter().map(|(_, text)| text).collect();
    for (due, message) in MESSAGES.iter().enumerate() {
        for (came, text) in texts.iter().enumerate().filter(|(came, _)| *came != due) {
            let expected = Err(AuthenticationError::Wire(WireError::Type));
            assert_eq!(with_replaced(message, |_| text.clone()), expected, "{came} for {due}");
        }
    }
}

#[test]
fn a_recorded_message_is_of_no_use_in_another_handshake() {
    let old = recorded(10);
    // Every set of messages is taken from the recording, with the same keys and even the same session.
    for set in 1..16_u8 {
        let replayed = run(party(MARIA, parameters()), party(JONAS, parameters()), 20, |name, text| {
            let place = MESSAGES.iter().position(|message| *message == name).unwrap();
            if set & 1 << place == 0 { text } else { old[place].1.clone() }
        });
        assert!(replayed.is_err(), "{set:04b}");
    }
}

#[test]
fn a_handshake_of_another_session_is_of_no_use() {
    let other = Parameters { session: random(77), ..parameters() };
    let mut old = Vec::new();
    run(party(MARIA, other.clone()), party(JONAS, other), 10, |_, text| {
        old.push(text.clone());
        text
    })
    .unwrap();
    for (place, message) in MESSAGES.iter().enumerate() {
        assert!(with_replaced(message, |_| old[place].clone()).is_err(), "{message}");
    }
}

#[test]
fn every_field_of_every_message_counts() {
    let mut tried = 0;
    for (name, text) in recorded(10) {
        for mutant in mutate::fields(&text) {
            let result = with_replaced(&name, |_| mutant.text.clone());
            assert!(result.is_err(), "{name}{}: {}", mutant.what, mutant.text);
            tried += 1;
        }
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn a_message_is_bounded_before_it_is_read() {
    let padded = |text: &str, length: usize| format!("{text}{}", " ".repeat(length - text.len()));
    let (_, h1) = inviter(10);
    assert!(invitee(11).receive(&padded(&h1, MAX_HANDSHAKE)).is_ok());
    assert_eq!(
        invitee(11).receive(&padded(&h1, MAX_HANDSHAKE + 1)).map(|_| ()),
        Err(AuthenticationError::Wire(WireError::TooLong(MAX_HANDSHAKE + 1)))
    );
}

#[test]
fn the_longest_names_still_fit() {
    let long = |letter: &str| Contact::new("a".repeat(32), letter.repeat(255 / letter.len())).unwrap();
    let parameters = Parameters {
        versions: vec![1, 65_529, 65_530, 65_531, 65_532, 65_533, 65_534, 65_535],
        expiry: Some(UnixTime(u64::MAX)),
        inviter: long("\""),
        invitee: long("ü"),
        ..parameters()
    };
    handshake(party(MARIA, parameters.clone()), party(JONAS, parameters), 10);
}

#[test]
fn every_beginning_of_a_message_is_refused() {
    for (name, text) in recorded(10) {
        for length in 0..text.len() {
            assert!(with_replaced(&name, |text| text[..length].to_owned()).is_err(), "{name} {length}");
        }
    }
}

#[test]
fn a_driver_leads_either_side_through() {
    let start = |role, seed, random_seed| {
        Handshake::begin(role, party(seed, parameters()), random(random_seed)).unwrap()
    };
    let (mut maria, h1) = start(Role::Inviter, MARIA, 10);
    let (mut jonas, nothing) = start(Role::Invitee, JONAS, 11);
    assert_eq!(nothing, None);
    let Step::Send(h2) = jonas.receive(&h1.unwrap()).unwrap() else { panic!("H2 is due") };
    let Step::Send(h3) = maria.receive(&h2).unwrap() else { panic!("H3 is due") };
    let Step::Done(jonas_end, Some(h4)) = jonas.receive(&h3).unwrap() else { panic!("H4 is due") };
    let Step::Done(maria_end, None) = maria.receive(&h4).unwrap() else { panic!("it is done") };
    assert!(takes(maria_end, &words_of(jonas_end).join(" ")));
    assert_eq!(maria.receive(&h4).map(|_| ()), Err(AuthenticationError::Dead));
    assert_eq!(jonas.receive(&h3).map(|_| ()), Err(AuthenticationError::Dead));
}

#[test]
fn a_driver_is_dead_after_an_error() {
    let (_, h1) = inviter(10);
    let (mut jonas, _) = Handshake::begin(Role::Invitee, party(JONAS, parameters()), random(11)).unwrap();
    assert_eq!(jonas.receive("{}").map(|_| ()), Err(AuthenticationError::Wire(WireError::Version)));
    assert_eq!(
        jonas.receive(&h1).map(|_| ()),
        Err(AuthenticationError::Dead),
        "the right text comes too late"
    );
}

#[test]
fn the_pins_decide_who_is_known() {
    let pins = pins();
    let (maria_end, jonas_end) = exchanged(10);
    known(maria_end.recognise(&pins));
    known(jonas_end.recognise(&pins));

    let (maria_end, _) = exchanged(10);
    assert!(matches!(maria_end.recognise(&Pins::new()), Recognised::Stranger(_)));

    // Mallory is at the other end, in Jonas's place.
    let (maria_end, _) = handshake(party(MARIA, parameters()), party(66, parameters()), 10);
    assert!(matches!(maria_end.recognise(&pins), Recognised::Changed(_)));

    // Jonas's key is pinned for Jonas and for nobody else.
    let other = Parameters { invitee: Contact::new("xmpp", "anna@example.org").unwrap(), ..parameters() };
    let (maria_end, _) = handshake(party(MARIA, other.clone()), party(JONAS, other), 10);
    assert!(matches!(maria_end.recognise(&pins), Recognised::Stranger(_)));
}

#[test]
fn what_must_not_be_in_a_log_is_not_in_debug() {
    let (maria_end, jonas_end) = exchanged(10);
    let shown = format!("{maria_end:?}{jonas_end:?}");
    for word in words_of(jonas_end) {
        assert!(!shown.contains(word), "{shown}");
    }
    assert!(!shown.contains("th:"), "{shown}");
    let (waiting, _) = inviter(10);
    let secret = random::<32>(10);
    assert!(
        !format!("{waiting:?}").contains(&format!("{secret:?}")),
        "the promised value before it is revealed"
    );
}

#[test]
fn parties_can_be_shared_between_threads() {
    fn check<T: Send + Sync>(_: &T) {}
    let (maria_end, _) = exchanged(10);
    check(&maria_end);
    check(&Arc::new(pins()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_byte_of_every_message_counts(message in 0..4_usize, at in 0..4096_usize, slip in slips()) {
        let (name, text) = recorded(10).swap_remove(message);
        if let Some(changed) = Slip::of(slip, &text, at) {
            prop_assert!(with_replaced(&name, |_| changed.clone()).is_err(), "{}", changed);
        }
    }

    #[test]
    fn no_text_panics(message in 0..4_usize, text in ".{0,200}") {
        prop_assert!(with_replaced(MESSAGES[message], |_| text.clone()).is_err());
    }
}
