//! Two sides, the people at them, and whoever stands between.

pub(crate) mod pair;
mod server;

use proptest::prelude::*;
use rendezvous_trust::AUTHENTICATION_FAILED;
use rendezvous_trust::AuthenticationError;
use rendezvous_trust::bind::{Media, Setup};
use rendezvous_trust::code::Code;

use self::pair::{EXPERT, NOVICE, NOW, Pair, bind, code, key, links, offer, pins_of, start};
use super::*;
use crate::link::Heard;

fn exchanged() -> Pair {
    Pair::strangers().run()
}

fn known() -> Pair {
    let (mut novice, mut expert) = (start(Role::Inviter, 31), start(Role::Invitee, 32));
    (novice.pins, expert.pins) = (pins_of(NOVICE), pins_of(EXPERT));
    Pair::begin(novice, expert)
}

fn with_code(typed: Code) -> Pair {
    let mut expert = start(Role::Invitee, 42);
    expert.code = Some(typed);
    Pair::begin(start(Role::Inviter, 41), expert)
}

/// A body in each direction.
fn talk([mut novice, mut expert]: [Link; 2]) {
    let text = novice.seal("from the novice").unwrap();
    assert_eq!(expert.open(&text), Ok(Heard::Body("from the novice".into())));
    let text = expert.seal("from the expert").unwrap();
    assert_eq!(novice.open(&text), Ok(Heard::Body("from the expert".into())));
}

#[test]
fn strangers_compare_words_and_then_talk() {
    let pair = exchanged();
    assert_eq!(pair.sides[NOVICE].asked, [(3, Why::Stranger)]);
    assert_eq!(pair.sides[EXPERT].read.map(|read| read.1), Some(Why::Stranger));
    assert!(!pair.has_met(NOVICE) && !pair.has_met(EXPERT));
    let pair = pair.compare_words();
    for side in [NOVICE, EXPERT] {
        assert!(pair.sides[side].met.as_ref().unwrap().evidence.to_pin().is_some());
    }
    talk(pair.links());
}

#[test]
fn those_who_know_each_other_are_asked_nothing() {
    let pair = known().run();
    for side in &pair.sides {
        assert!(side.asked.is_empty() && side.read.is_none() && side.error.is_none());
        assert!(matches!(side.met.as_ref().unwrap().evidence, Evidence::Known(_)));
    }
    talk(pair.links());
}

#[test]
fn one_who_does_not_know_the_other_makes_both_compare() {
    let mut novice = start(Role::Inviter, 31);
    novice.pins = pins_of(NOVICE);
    let pair = Pair::begin(novice, start(Role::Invitee, 32)).run();
    assert_eq!(pair.sides[NOVICE].asked, [(3, Why::TheirWish)]);
    assert_eq!(pair.sides[EXPERT].read.map(|read| read.1), Some(Why::Stranger));
    talk(pair.compare_words().links());
}

#[test]
fn another_device_of_a_known_contact_is_a_changed_one() {
    let (mut novice, mut expert) = (start(Role::Inviter, 31), start(Role::Invitee, 32));
    (novice.pins, expert.pins) = (pins_of(NOVICE), pins_of(EXPERT));
    expert.party.key = key(99);
    let pair = Pair::begin(novice, expert).run();
    assert_eq!(pair.sides[NOVICE].asked, [(3, Why::Changed)]);
    assert!(!pair.has_met(NOVICE) && !pair.has_met(EXPERT));
}

#[test]
fn wrong_words_three_times_end_it_and_nothing_is_there_to_pin() {
    let mut pair = exchanged();
    let right = pair.words();
    // An empty line is no try.
    for (typed, left) in [("", 3), ("otter otter otter", 2), ("nonsense", 1)] {
        pair.give(NOVICE, Input::Typed(typed.into()));
        assert_eq!(pair.sides[NOVICE].asked.last(), Some(&(left, Why::Stranger)), "{typed}");
    }
    pair.give(NOVICE, Input::Typed("wrong again".into()));
    assert_eq!(pair.sides[NOVICE].error, Some(SecureError::WrongWords));
    assert_eq!(SecureError::WrongWords.result(), AUTHENTICATION_FAILED);
    pair.give(NOVICE, Input::Typed(right));
    assert!(!pair.has_met(NOVICE), "the right words come too late");
}

#[test]
fn a_wrong_try_and_then_the_right_words() {
    let mut pair = exchanged();
    pair.give(NOVICE, Input::Typed("no such words".into()));
    assert!(pair.compare_words().has_met(NOVICE));
}

#[test]
fn the_expert_who_did_not_hear_it_ends_it() {
    let mut pair = exchanged();
    let words = pair.words();
    pair.give(NOVICE, Input::Typed(words));
    pair.give(EXPERT, Input::Heard(false));
    assert_eq!(pair.sides[EXPERT].error, Some(SecureError::NotHeard));
    assert!(!pair.has_met(EXPERT));
}

#[test]
fn nobody_does_the_part_of_the_other() {
    for (side, act) in [(NOVICE, Input::Heard(true)), (EXPERT, Input::Typed("words".into()))] {
        let mut pair = exchanged();
        pair.give(side, act);
        assert_eq!(pair.sides[side].error, Some(SecureError::NotDue));
        assert!(!pair.has_met(side));
    }
    // And nobody does a part before it is due.
    for act in [Input::Heard(true), Input::Typed("words".into()), Input::Burned, Input::Code(None)] {
        let mut pair = Pair::strangers();
        pair.give(EXPERT, act);
        assert_eq!(pair.sides[EXPERT].error, Some(SecureError::NotDue));
    }
}

#[test]
fn a_code_takes_the_place_of_the_words() {
    let mut pair = with_code(code()).run();
    assert_eq!(pair.sides[NOVICE].finds, 1);
    pair.give(NOVICE, Input::Code(Some(offer())));
    let mut pair = pair.run();
    assert_eq!(pair.sides[NOVICE].burns, 1);
    assert!(
        !pair.record.iter().any(|(_, text)| text.contains("\"c2\"")),
        "nothing is answered before it burned"
    );
    pair.give(NOVICE, Input::Burned);
    let pair = pair.run();
    assert!(pair.sides.iter().all(|side| side.asked.is_empty() && side.read.is_none()));
    talk(pair.links());
}

#[test]
fn a_wrong_code_is_burned_and_ends_it() {
    let mut pair = with_code(Code::new(7, Language::English, [1, 2, 4]).unwrap()).run();
    pair.give(NOVICE, Input::Code(Some(offer())));
    pair.give(NOVICE, Input::Burned);
    let pair = pair.run();
    assert_eq!(pair.sides[EXPERT].error, Some(SecureError::Code(CodeError::Wrong)));
    assert_eq!(pair.sides[NOVICE].burns, 1);
    assert!(!pair.has_met(NOVICE) && !pair.has_met(EXPERT));
}

#[test]
fn a_code_that_is_not_open_here_or_too_old_ends_it() {
    let mut pair = with_code(code()).run();
    pair.give(NOVICE, Input::Code(None));
    assert_eq!(pair.sides[NOVICE].error, Some(SecureError::NoCode));

    let mut pair = with_code(code()).run();
    pair.give(NOVICE, Input::Code(Some(Offer::new(UnixTime(NOW.0 - 601), code()))));
    assert_eq!(pair.run().sides[NOVICE].error, Some(SecureError::Code(CodeError::Expired)));
}

#[test]
fn only_the_expert_types_codes() {
    let mut novice = start(Role::Inviter, 41);
    novice.code = Some(code());
    assert!(matches!(Securing::begin(novice), Err(SecureError::Code(CodeError::Side(_)))));

    let mut pair = Pair::strangers();
    pair.run_until_standing();
    let text = r#"{"v":1,"type":"standing","standing":"code"}"#.to_owned();
    pair.give(EXPERT, Input::Text(text));
    assert_eq!(pair.sides[EXPERT].error, Some(SecureError::Standing));
}

impl Pair {
    /// Until only the two standings are on their way.
    fn run_until_standing(&mut self) {
        while !self.wire.iter().all(|(_, text)| text.contains("standing")) {
            assert!(self.step());
        }
    }
}

/// Whoever changes what the sides say of each other can add a check, and never takes one away.
#[test]
fn a_forged_standing_adds_a_check_and_takes_none_away() {
    for forged in ["known", "stranger"] {
        for target in [NOVICE, EXPERT] {
            let mut pair = if forged == "known" { Pair::strangers() } else { known() };
            pair.run_until_standing();
            let text = format!(r#"{{"v":1,"type":"standing","standing":"{forged}"}}"#);
            for (to, on_wire) in &mut pair.wire {
                if *to == target {
                    on_wire.clone_from(&text);
                }
            }
            let pair = pair.run();
            assert!(!pair.has_met(target), "{forged}");
            let asked = !pair.sides[target].asked.is_empty() || pair.sides[target].read.is_some();
            assert!(asked, "{forged}");
        }
    }
}

#[test]
fn what_comes_early_is_opened_later_and_not_more_than_that() {
    // The novice was faster: what they send waits until the expert's person has said yes.
    let mut pair = exchanged();
    let words = pair.words();
    pair.give(NOVICE, Input::Typed(words));
    let mut link = pair.sides[NOVICE].met.take().unwrap().link;
    let early = link.seal("early").unwrap();
    pair.give(EXPERT, Input::Text(early.clone()));
    assert!(!pair.has_met(EXPERT), "no message says yes");
    pair.give(EXPERT, Input::Heard(true));
    let mut theirs = pair.sides[EXPERT].met.take().unwrap().link;
    assert_eq!(theirs.next_early(), Some(early.clone()));
    assert_eq!(theirs.next_early(), None);
    assert_eq!(theirs.open(&early), Ok(Heard::Body("early".into())));

    for (count, text) in [(MAX_EARLY + 1, "x".to_owned()), (1, "x".repeat(MAX_EARLY_BYTES + 1))] {
        for side in [NOVICE, EXPERT] {
            let mut pair = exchanged();
            for _ in 0..count {
                pair.give(side, Input::Text(text.clone()));
            }
            assert_eq!(pair.sides[side].error, Some(SecureError::TooMuch));
            // And it stays over.
            let words = pair.words();
            pair.give(side, if side == NOVICE { Input::Typed(words) } else { Input::Heard(true) });
            assert!(!pair.has_met(side));
        }
    }
}

#[test]
fn a_text_that_waited_and_is_not_signed_ends_it() {
    let mut pair = exchanged();
    pair.give(NOVICE, Input::Text(r#"{"v":1,"type":"hello","role":"expert","program":"x 1"}"#.into()));
    let mut link = pair.compare_words().links().into_iter().next().unwrap();
    let early = link.next_early().unwrap();
    assert!(link.open(&early).is_err());
    assert_eq!(link.seal("after"), Err(AuthenticationError::Dead));
}

/// How the text at this place of an honest run is changed.
#[derive(Clone, Copy, Debug)]
enum Meddle {
    Drop,
    Double,
    Cut,
    Change,
    /// The same place of another session.
    Foreign,
    /// Back to whoever sent it, too.
    Reflect,
    Huge,
    Nonsense,
}

const MEDDLES: [Meddle; 8] = [
    Meddle::Drop,
    Meddle::Double,
    Meddle::Cut,
    Meddle::Change,
    Meddle::Foreign,
    Meddle::Reflect,
    Meddle::Huge,
    Meddle::Nonsense,
];

/// Runs with one text meddled with. The people do their part as far as they are asked.
fn meddled(begin: fn() -> Pair, place: usize, meddle: Meddle) -> Pair {
    let foreign = foreign().run();
    let mut pair = begin();
    let mut count = 0;
    for _ in 0..=ROUNDS {
        while let Some((to, text)) = pair.wire.pop_front() {
            let here = count == place;
            count += 1;
            let texts: Vec<(usize, String)> = match meddle {
                _ if !here => vec![(to, text)],
                Meddle::Drop => vec![],
                Meddle::Double => vec![(to, text.clone()), (to, text)],
                Meddle::Cut => vec![(to, text[..text.len() / 2].to_owned())],
                Meddle::Change => vec![(to, changed(&text))],
                Meddle::Foreign => vec![(to, foreign.record[place].1.clone())],
                Meddle::Reflect => vec![(1 - to, text.clone()), (to, text)],
                Meddle::Huge => vec![(to, text.repeat(2000))],
                Meddle::Nonsense => vec![(to, "{}".into())],
            };
            for (to, text) in texts {
                pair.give(to, Input::Text(text));
            }
        }
        pair.act();
    }
    pair
}

/// The same with another session's name and other random numbers.
fn foreign() -> Pair {
    let (mut novice, mut expert) = (start(Role::Inviter, 51), start(Role::Invitee, 52));
    novice.party.parameters = pair::parameters(77);
    expert.party.parameters = pair::parameters(77);
    (novice.pins, expert.pins) = (pins_of(NOVICE), pins_of(EXPERT));
    Pair::begin(novice, expert)
}

fn changed(text: &str) -> String {
    // A letter in the middle of the longest run of letters and digits, which is where the value is.
    let at = text.len() * 2 / 3;
    let at = (at..text.len()).find(|i| text.as_bytes()[*i].is_ascii_alphanumeric()).unwrap_or(at);
    let other = if text.as_bytes()[at] == b'A' { 'B' } else { 'A' };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

impl Pair {
    /// What the people here do: only what they are asked for. The texts that follow are left on the wire.
    fn act(&mut self) {
        if let Some((words, _)) = self.sides[EXPERT].read.take() {
            if !self.sides[NOVICE].asked.is_empty() {
                self.give(NOVICE, Input::Typed(words.join(" ")));
            }
            self.give(EXPERT, Input::Heard(true));
        }
        if std::mem::take(&mut self.sides[NOVICE].finds) > 0 {
            self.give(NOVICE, Input::Code(Some(offer())));
        }
        if std::mem::take(&mut self.sides[NOVICE].burns) > 0 {
            self.give(NOVICE, Input::Burned);
        }
    }
}

/// As many rounds of texts and acts as the longest way takes.
const ROUNDS: usize = 4;

/// An honest run to its end.
fn whole(mut pair: Pair) -> Pair {
    for _ in 0..ROUNDS {
        pair = pair.run();
        pair.act();
    }
    pair.run()
}

#[test]
fn whatever_is_done_to_a_message_nobody_meets_by_it() {
    let begins =
        [("strangers", Pair::strangers as fn() -> Pair), ("known", known), ("code", || with_code(code()))];
    let mut cases = 0;
    for (name, begin) in begins {
        let texts = whole(begin()).record.len();
        assert_eq!(texts, if name == "code" { 9 } else { 6 }, "{name}");
        for place in 0..texts {
            for meddle in MEDDLES {
                let foreign_has_it = place < 6;
                if matches!(meddle, Meddle::Foreign) && !foreign_has_it {
                    continue;
                }
                let pair = meddled(begin, place, meddle);
                let case = format!("{name}, text {place}, {meddle:?}");
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(pair, place, meddle)))
                    .unwrap_or_else(|_| panic!("{case}"));
                cases += 1;
            }
        }
    }
    assert_eq!(cases, 6 * 8 * 2 + 9 * 8 - 3);
}

/// Whoever has met somebody, has met the other side of this very pair; and where both have, nothing of what was said
/// counts that was not said.
fn check(mut pair: Pair, place: usize, meddle: Meddle) {
    for (side, other) in [(NOVICE, 12), (EXPERT, 11)] {
        if let Some(verified) = pair.sides[side].met.as_ref().and_then(|met| met.evidence.to_pin()) {
            assert_eq!(*verified.peer(), key(other).public());
        }
    }
    let noticed = pair.sides.iter().any(|side| side.error.is_some());
    let both = pair.has_met(NOVICE) && pair.has_met(EXPERT);
    match meddle {
        // What each side knows of the other is the same text in every session, and adds a check at most.
        Meddle::Foreign if place == 4 || place == 5 => {}
        Meddle::Drop => assert!(!both),
        Meddle::Double | Meddle::Reflect if noticed => {}
        Meddle::Double | Meddle::Reflect if both => {
            let early = pair.sides.iter_mut().filter_map(|side| {
                let link = &mut side.met.as_mut()?.link;
                let early = link.next_early()?;
                Some(link.open(&early))
            });
            let opened: Vec<_> = early.collect();
            assert!(!opened.is_empty() && opened.iter().all(Result::is_err), "{opened:?}");
        }
        _ => assert!(noticed && !both),
    }
}

#[test]
fn a_link_binds_certificates_and_says_so_to_both() {
    let [mut ours, mut theirs] = links();
    let novice = Media { fingerprint: [1; 32], setup: Setup::Passive };
    let expert = Media { fingerprint: [2; 32], setup: Setup::ActPass };
    let (at_novice, at_expert) = bind(&mut ours, &mut theirs, novice, expert);
    assert_eq!(at_novice, at_expert);
    assert_eq!((at_novice.generation(), at_novice.novice(), at_novice.expert()), (1, novice, expert));
    // Another tab.
    let other = Media { fingerprint: [3; 32], ..expert };
    assert_eq!(bind(&mut ours, &mut theirs, novice, other).0.generation(), 2);
    // Each does only its part, and the channel goes on.
    assert_eq!(ours.offer(novice), Err(AuthenticationError::WrongSide));
    assert_eq!(theirs.answer(expert), Err(AuthenticationError::WrongSide));
    talk([ours, theirs]);
}

#[test]
fn an_application_cannot_pass_a_body_off_as_a_certificate() {
    let [mut ours, mut theirs] = links();
    let text = theirs.seal(r#"{"v":1,"type":"bind","generation":1}"#).unwrap();
    assert!(ours.open(&text).is_err());
    assert!(ours.seal("after").is_err(), "nothing goes on after that");
}

#[test]
fn secrets_do_not_print_themselves() {
    let mut expert = start(Role::Invitee, 42);
    expert.code = Some(code());
    let shown = format!("{expert:?}");
    assert!(shown.contains("Random(…)") && shown.contains("Code(7-…)"), "{shown}");
    let words = Pair::strangers().run();
    let shown = format!("{:?}", words.sides[EXPERT].machine);
    assert!(words.words().split(' ').all(|word| !shown.contains(word)), "{shown}");
}

proptest! {
    /// Whatever texts come, and whatever the people do, in whatever order: nobody meets anybody, since no other key is
    /// there; and after an error nothing comes out any more.
    #[test]
    fn texts_from_nowhere_bring_nobody(acts in proptest::collection::vec((0..6_u8, ".{0,40}"), 0..40)) {
        for role in [Role::Inviter, Role::Invitee] {
            let mut machine = Securing::begin(start(role, 61)).unwrap();
            let mut over = false;
            for (kind, text) in &acts {
                let input = match kind {
                    0 | 1 => Input::Text(text.clone()),
                    2 => Input::Typed(text.clone()),
                    3 => Input::Heard(true),
                    4 => Input::Code(Some(offer())),
                    _ => Input::Burned,
                };
                let result = machine.handle_input(NOW, input);
                prop_assert!(!over || result.is_err(), "it is over");
                over |= result.is_err();
                while let Some(output) = machine.poll_output() {
                    prop_assert!(!over || matches!(output, Output::Send(_)), "{:?}", output);
                    prop_assert!(!matches!(output, Output::Met(_)));
                }
            }
        }
    }

    /// Honest texts with an act of the people anywhere among them: nobody has met before both parts were done.
    #[test]
    fn nobody_meets_before_their_person_has_done_their_part(steps in 0..7_usize, typed in "[a-z ]{0,30}") {
        let mut pair = Pair::strangers();
        for _ in 0..steps {
            pair.step();
        }
        if !pair.sides[NOVICE].asked.is_empty() {
            pair.give(NOVICE, Input::Typed(typed.clone()));
        }
        let pair = pair.run();
        let right = pair.sides[EXPERT].read.is_some() && pair.words() == typed;
        prop_assert!(!pair.has_met(NOVICE) || right);
        prop_assert!(!pair.has_met(EXPERT));
    }
}
