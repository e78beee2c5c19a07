use super::*;
use crate::Time;
use crate::brakes::{Facts, Met};
use crate::consent::{Consent, Limits};

const FRIEND: Facts =
    Facts { met: Met::ByWords, known_for: crate::brakes::A_DAY, has_had_control: true, blocked_until: None };

/// Drives a consent as the novice's application does, and keeps what is written down.
struct Kept {
    consent: Consent,
    witness: Witness,
    entries: Vec<Entry>,
}

impl Kept {
    fn new() -> Self {
        Self::with(&FRIEND)
    }

    fn with(facts: &Facts) -> Self {
        Self {
            consent: Consent::with_limits(Limits::default(), facts),
            witness: Witness::default(),
            entries: Vec::new(),
        }
    }

    fn give(&mut self, now: u64, input: Input) {
        if self.consent.handle_input(Time(now), input).is_ok() {
            self.entries.extend(self.witness.told(&input));
        }
        loop {
            match self.consent.poll_output() {
                Output::Timeout(_) => return,
                output => self.entries.extend(self.witness.decided(&output)),
            }
        }
    }

    fn answer(&mut self, now: u64, yes: bool) {
        let question = self.consent.state().question().expect("one is open").id;
        self.give(now, Input::Answer { question, yes });
    }
}

#[test]
fn every_question_and_answer_and_what_followed_is_written_down() {
    let mut kept = Kept::new();
    kept.give(0, Input::Connected);
    kept.answer(1, true);
    kept.give(2, Input::Request(Right::Control));
    kept.answer(3, false);
    kept.give(20_000, Input::Request(Right::Control));
    kept.answer(20_001, true);
    kept.give(20_002, Input::TakeBack(Right::Control));
    kept.give(20_003, Input::Pause);
    kept.give(20_004, Input::Resume);
    kept.give(40_000, Input::Request(Right::Control));
    kept.give(40_001, Input::Release(Right::Control));
    kept.give(40_002, Input::Stop);
    let expected = [
        Entry::Asked("view"),
        Entry::View("asked"),
        Entry::Answered("view", true),
        Entry::View("granted"),
        Entry::Asked("control"),
        Entry::Floor(Right::Control, FloorState::Pending),
        Entry::Answered("control", false),
        Entry::Floor(Right::Control, FloorState::Denied),
        Entry::Asked("control"),
        Entry::Floor(Right::Control, FloorState::Pending),
        Entry::Answered("control", true),
        Entry::Floor(Right::Control, FloorState::Granted),
        Entry::Floor(Right::Control, FloorState::Revoked),
        Entry::Paused(true),
        Entry::Paused(false),
        Entry::Asked("control"),
        Entry::Floor(Right::Control, FloorState::Pending),
        Entry::Withdrawn("control"),
        Entry::Floor(Right::Control, FloorState::Released),
        Entry::View("ended"),
        Entry::Over("stopped"),
    ];
    assert_eq!(kept.entries, expected);
}

#[test]
fn an_answer_that_changed_nothing_is_none() {
    let mut kept = Kept::new();
    kept.give(0, Input::Connected);
    let question = kept.consent.state().question().expect("one is open").id;
    // Silence was a no before.
    kept.give(100_000, Input::Answer { question, yes: true });
    assert!(!kept.entries.iter().any(|entry| matches!(entry, Entry::Answered(..))), "{:?}", kept.entries);
    assert!(kept.entries.contains(&Entry::Over("no answer")));
}

#[test]
fn how_it_began_is_written_down_and_what_follows_from_it() {
    for (how, said) in [(Beginning::TheyCame, "called"), (Beginning::AMessage, "message")] {
        let mut kept = Kept::with(&Facts { has_had_control: false, ..FRIEND });
        kept.give(0, Input::Connected);
        kept.answer(1, true);
        kept.give(2, Input::Request(Right::Control));
        let question = kept.consent.state().question().expect("it is asked first").id;
        let input = Input::Began { question, how };
        assert_eq!(beginning(&input), Some(how));
        kept.give(3, input);
        assert!(kept.entries.contains(&Entry::Asked("beginning")), "{:?}", kept.entries);
        let after =
            kept.entries.iter().position(|entry| *entry == Entry::Beginning(said)).expect("it is there");
        let after = &kept.entries[after..];
        assert!(after.contains(&Entry::Held), "{after:?}");
        assert!(!after.contains(&Entry::Floor(Right::Control, FloorState::Granted)), "{after:?}");
    }
}

fn begun(session: &str, invited: bool) -> Entry {
    Entry::Begun(Begun {
        session: session.to_owned(),
        application: "a".to_owned(),
        network: None,
        contact: "maria@example.org".to_owned(),
        name: None,
        side: Some("novice"),
        invited,
        program: "p".to_owned(),
    })
}

fn met(key: &str, own: &str) -> Entry {
    Entry::Met { how: "known", since: Some(UnixTime(1)), key: key.to_owned(), own: own.to_owned() }
}

fn written(entries: &[Entry]) -> Vec<chain::Entry> {
    let mut chain = chain::Chain::new();
    let lines = entries.iter().map(|entry| chain.append(UnixTime(7), &entry.fields()).expect("it is short"));
    let checked = chain::check(lines.collect::<String>().as_bytes());
    assert_eq!(checked.faults, []);
    checked.entries
}

#[test]
fn two_honest_records_agree_and_a_changed_one_does_not() {
    let course =
        [Entry::View("asked"), Entry::View("granted"), Entry::Floor(Right::Control, FloorState::Granted)];
    let side = |invited, key, own, extra: &[Entry], course: &[Entry]| {
        let start = [begun("s", invited), met(key, own)];
        written(&[&start[..], extra, course, &[Entry::Ended { result: 0, by_us: invited }]].concat())
    };
    let novice = side(true, "k2", "k1", &[Entry::Asked("view"), Entry::Answered("view", true)], &course);
    let expert = side(false, "k1", "k2", &[Entry::Wanted(true)], &course);
    assert_eq!(compare(&novice, &expert), Ok(Agreement { both: 3, one: 0 }));
    assert_eq!(
        compare(&novice, &side(false, "k1", "k2", &[], &course[..2])),
        Ok(Agreement { both: 2, one: 1 })
    );

    let denied = [Entry::View("asked"), Entry::View("denied")];
    let differs = Disagreement::Entry(2, "view denied".to_owned(), "view granted".to_owned());
    assert_eq!(compare(&side(true, "k2", "k1", &[], &denied), &expert), Err(differs));
    assert_eq!(compare(&novice, &side(false, "k9", "k2", &[], &course)), Err(Disagreement::Keys));
    assert_eq!(compare(&novice, &side(false, "k1", "k9", &[], &course)), Err(Disagreement::Keys));
    assert_eq!(compare(&novice, &novice), Err(Disagreement::Sessions), "both of the same side");
    let other = written(&[begun("another", false), met("k1", "k2")]);
    assert_eq!(compare(&novice, &other), Err(Disagreement::Sessions));
    assert_eq!(compare(&[], &[]), Err(Disagreement::Sessions));
}
