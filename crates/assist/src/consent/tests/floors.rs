//! Every floor on its own, the limits, the bar, and the brakes.

use std::time::Duration;

use super::*;
use crate::brakes::Beginning;

const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;

fn granted(room: &mut Room, now: u64, right: Right) {
    room.step(now, Input::Request(right)).0.unwrap();
    room.answer(now + 1, true).0.unwrap();
    assert!(room.consent.state().may(right), "{right:?}");
}

/// What the expert may do now.
fn rights(room: &Room) -> Vec<Right> {
    let state = room.consent.state();
    let may: Vec<Right> = Right::ALL.into_iter().filter(|right| state.may(*right)).collect();
    let live = |right: &Right| room.consent.granted[right.index()].as_ref().is_some_and(Switch::is_on);
    assert_eq!(may, Right::ALL.into_iter().filter(live).collect::<Vec<_>>(), "grants and state agree");
    may
}

#[test]
fn every_floor_is_asked_granted_and_withdrawn_on_its_own() {
    let mut room = room("viewing");
    for (index, right) in (0..).zip(Right::FLOORS) {
        granted(&mut room, 1000 + 10 * index, right);
    }
    assert_eq!(rights(&room), Right::ALL);
    let mut left = Right::ALL.to_vec();
    for (right, by) in Right::FLOORS.into_iter().zip([Input::Release, Input::TakeBack].into_iter().cycle()) {
        room.step(2000, by(right)).0.unwrap();
        left.retain(|other| *other != right);
        assert_eq!(rights(&room), left);
    }
}

#[test]
fn the_view_is_no_floor() {
    let mut room = room("controlling");
    for input in [Input::Request, Input::Release, Input::TakeBack].map(|input| input(Right::View)) {
        assert_eq!(room.step(1000, input), (Err(ConsentError::NotAFloor), vec![]));
    }
}

#[test]
fn whatever_is_over_takes_all_floors_with_it() {
    for (input, left) in [
        (Input::Disconnected, vec![Right::View]),
        (Input::Locked, vec![Right::View]),
        (Input::Suspended, vec![Right::View]),
        (Input::Pause, vec![]),
        (Input::BarGone, vec![]),
        (Input::Stop, vec![]),
        (Input::Ended, vec![]),
    ] {
        let mut room = room("viewing");
        for right in Right::FLOORS {
            granted(&mut room, 1000, right);
        }
        room.consent.handle_input(Time(2000), input).unwrap();
        assert_eq!(rights(&room), left, "{input:?}");
    }
}

#[test]
fn there_is_one_question_at_a_time() {
    let mut room = room("asking control");
    let open = room.open_question();
    assert_eq!(room.step(1000, Input::Request(Right::Files)), (Ok(()), vec!["more refused"]));
    assert_eq!(room.open_question(), open);
    room.answer(1001, true).0.unwrap();
    assert_eq!(room.step(1002, Input::Request(Right::Files)).1, ["ask more", "more pending"]);
    assert_eq!(rights(&room), [Right::View, Right::Control]);
    room.answer(1003, false).0.unwrap();
    assert_eq!(rights(&room), [Right::View, Right::Control], "a no to one says nothing of another");
}

#[test]
fn what_the_limits_do_not_allow_is_refused_without_asking() {
    let limits =
        Limits::default().with(Right::Recording, Lifetime::Never).with(Right::Control, Lifetime::Never);
    let mut room = Room::with(limits, &friend());
    room.step(0, Input::Connected).0.unwrap();
    room.answer(1, true).0.unwrap();
    assert_eq!(room.step(2, Input::Request(Right::Recording)), (Ok(()), vec!["more refused"]));
    assert_eq!(room.step(3, Input::Request(Right::Control)), (Ok(()), vec!["control refused"]));
    granted(&mut room, 4, Right::Files);
}

#[test]
fn each_right_lasts_as_long_as_its_limit() {
    let limits = Limits::default()
        .with(Right::Control, Lifetime::For(Duration::from_secs(10)))
        .with(Right::Files, Lifetime::Session)
        .with(Right::View, Lifetime::For(Duration::from_secs(20)));
    let mut room = Room::with(limits, &friend());
    room.step(0, Input::Connected).0.unwrap();
    room.answer(0, true).0.unwrap();
    granted(&mut room, 1000, Right::Control);
    granted(&mut room, 1000, Right::Files);
    assert_eq!(room.deadline(), Some(11_001));
    assert_eq!(room.step(11_001, Input::Timeout), (Ok(()), vec!["control expired"]));
    assert_eq!(room.deadline(), Some(20_000));
    let words = room.step(20_000, Input::Timeout).1;
    assert_eq!(words, ["more revoked", "ask view", "view asked"], "the view is asked for again");
    assert_eq!(rights(&room), []);
    room.answer(20_001, true).0.unwrap();
    assert_eq!(rights(&room), [Right::View]);
}

#[test]
fn a_view_that_ran_out_in_a_pause_is_asked_for_when_the_pause_ends() {
    let limits = Limits::default().with(Right::View, Lifetime::For(Duration::from_secs(20)));
    let mut room = Room::with(limits, &friend());
    room.step(0, Input::Connected).0.unwrap();
    room.answer(0, true).0.unwrap();
    room.step(1000, Input::Pause).0.unwrap();
    assert_eq!(room.deadline(), None);
    assert_eq!(room.step(20_000, Input::Resume), (Ok(()), vec!["goes on", "ask view", "view asked"]));
    assert_eq!(rights(&room), []);
}

#[test]
fn limits_only_become_tighter() {
    let policy = Limits::default().with(Right::Control, Lifetime::For(Duration::from_mins(5)));
    let longer = Limits {
        question: Duration::from_hours(1),
        lifetimes: [Lifetime::Session; 6],
        quiet: Duration::ZERO,
        refusals: u8::MAX,
        wait: Duration::ZERO,
        block: Duration::ZERO,
    };
    assert_eq!(policy.tightened(&longer), policy);
    let shorter = policy
        .with(Right::Control, Lifetime::For(Duration::from_mins(1)))
        .with(Right::Files, Lifetime::Never);
    assert_eq!(policy.tightened(&shorter), shorter);
}

#[test]
fn without_the_bar_nothing_is_shared_and_only_the_view_comes_back() {
    let mut room = room("controlling");
    assert_eq!(room.step(1000, Input::BarGone), (Ok(()), vec!["control revoked", "paused"]));
    assert_eq!(room.step(1001, Input::BarGone).0, Err(ConsentError::Paused));
    assert_eq!(room.step(1002, Input::BarBack), (Ok(()), vec!["grant view", "goes on"]));
    assert_eq!(rights(&room), [Right::View]);
}

#[test]
fn the_bar_and_the_person_hide_it_independently() {
    for (inputs, lasts) in [
        ([Input::BarGone, Input::Pause, Input::BarBack], true),
        ([Input::BarGone, Input::Pause, Input::Resume], true),
        ([Input::Pause, Input::BarGone, Input::Resume], true),
        ([Input::Pause, Input::BarGone, Input::BarBack], true),
    ] {
        let mut room = room("viewing");
        for input in inputs {
            room.step(1000, input).0.unwrap();
        }
        assert_eq!(room.consent.state().is_paused(), lasts);
        assert_eq!(rights(&room), []);
        let last = if inputs[2] == Input::BarBack { Input::Resume } else { Input::BarBack };
        assert_eq!(room.consent.state().is_paused_by_person(), last == Input::Resume);
        assert_eq!(room.step(1001, last), (Ok(()), vec!["grant view", "goes on"]));
    }
    let mut room = room("viewing");
    room.step(1000, Input::BarGone).0.unwrap();
    assert_eq!(room.step(1001, Input::Resume).0, Err(ConsentError::NotPaused), "it is not theirs to end");
}

#[test]
fn who_was_asked_in_vain_too_often_is_not_asked_for_the_view_again() {
    let limits = Limits::default().with(Right::View, Lifetime::For(Duration::from_mins(60)));
    let mut room = Room::with(limits, &friend());
    room.step(0, Input::Connected).0.unwrap();
    room.answer(0, true).0.unwrap();
    for turn in 1..=5 {
        room.step(turn * 5 * MINUTE, Input::Request(Right::Files)).0.unwrap();
        room.answer(turn * 5 * MINUTE, false).0.unwrap();
    }
    assert_eq!(room.step(60 * MINUTE, Input::Timeout).1, ["view denied", "end: no answer"]);
    assert_eq!(rights(&room), []);
}

/// Somebody who sees the screen since the moment zero.
fn seen_by(facts: Facts) -> Room {
    let mut room = Room::with(Limits::default(), &facts);
    room.step(0, Input::Connected).0.unwrap();
    room.answer(0, true).0.unwrap();
    room
}

fn never_controlled() -> Facts {
    Facts { has_had_control: false, ..friend() }
}

#[test]
fn before_the_first_control_the_person_says_how_it_began() {
    let mut room = seen_by(never_controlled());
    assert_eq!(room.step(0, Input::Request(Right::Control)).1, ["ask how it began", "control pending"]);
    let question = room.open_question();
    assert_eq!(
        room.step(1, Input::Answer { question, yes: true }),
        (Err(ConsentError::NotAnAnswer), vec![]),
        "nothing is chosen beforehand, and a yes chooses nothing"
    );
    let how = Beginning::IAsked;
    assert_eq!(room.step(2, Input::Began { question, how }), (Ok(()), vec!["ask control"]));
    assert_eq!(rights(&room), [Right::View]);
    assert_eq!(room.step(3, Input::Began { question, how }).0, Err(ConsentError::NoSuchQuestion));
    let question = room.open_question();
    assert_eq!(room.step(3, Input::Began { question, how }).0, Err(ConsentError::NotAnAnswer));
    room.answer(4, true).0.unwrap();
    assert_eq!(rights(&room), [Right::View, Right::Control]);
    // Once said, it is known.
    room.step(5, Input::Release(Right::Control)).0.unwrap();
    assert_eq!(room.step(6, Input::Request(Right::Control)).1, ["ask control", "control pending"]);
}

#[test]
fn whoever_called_gets_no_control_for_a_day_and_is_told_no_more_than_that() {
    for how in [Beginning::TheyCame, Beginning::AMessage] {
        let mut room = seen_by(never_controlled());
        room.step(0, Input::Request(Right::Control)).0.unwrap();
        let question = room.open_question();
        assert_eq!(room.step(5, Input::Began { question, how }), (Ok(()), vec!["block", "control refused"]));
        let held = room.step(DAY + 4, Input::Request(Right::Control));
        assert_eq!(held, (Ok(()), vec!["held: blocked", "control refused"]));
        assert_eq!(rights(&room), [Right::View], "the view stands");
        assert_eq!(
            room.step(DAY + 5, Input::Request(Right::Control)).1,
            ["ask how it began", "control pending"]
        );
    }
}

#[test]
fn whoever_does_not_say_how_it_began_gives_no_control() {
    let mut room = seen_by(never_controlled());
    room.step(0, Input::Request(Right::Control)).0.unwrap();
    assert_eq!(room.answer(1, false), (Ok(()), vec!["control denied"]));
    room.step(20_000, Input::Request(Right::Control)).0.unwrap();
    assert_eq!(room.step(80_000, Input::Timeout), (Ok(()), vec!["withdraw", "control denied"]));
    assert_eq!(rights(&room), [Right::View]);
}

#[test]
fn somebody_new_waits_ten_minutes_from_the_first_picture_on() {
    let mut room = seen_by(Facts { met: Met::ByCode, ..friend() });
    let held = vec!["held: wait", "control refused"];
    assert_eq!(room.step(1000, Input::Request(Right::Control)), (Ok(()), held.clone()));
    room.step(2000, Input::Pause).0.unwrap();
    room.step(3000, Input::Resume).0.unwrap();
    assert_eq!(room.step(10 * MINUTE - 1, Input::Request(Right::Control)), (Ok(()), held));
    let asked = vec!["ask control", "control pending"];
    assert_eq!(room.step(10 * MINUTE, Input::Request(Right::Control)), (Ok(()), asked));
}

#[test]
fn the_other_floors_do_not_wait() {
    let mut room = seen_by(Facts::default());
    granted(&mut room, 1, Right::Clipboard);
    assert_eq!(rights(&room), [Right::View, Right::Clipboard]);
}

#[test]
fn a_state_seen_from_now_is_the_same_whenever_it_came_to_be() {
    let at = |start: u64| {
        let mut room = Room::new();
        room.step(start, Input::Connected).0.unwrap();
        room.answer(start + 5, true).0.unwrap();
        granted(&mut room, start + 10, Right::Control);
        room.step(start + 20, Input::Request(Right::Files)).0.unwrap();
        room.consent.state().seen_from(Time(start + 30))
    };
    assert_eq!(at(0), at(1_000_000));
    let mut room = room("controlling");
    let before = room.consent.state().seen_from(Time(1000));
    assert_ne!(before, room.consent.state().seen_from(Time(1001)), "control is nearer to its end");
    room.step(1000, Input::TakeBack(Right::Control)).0.unwrap();
    assert_ne!(before, room.consent.state().seen_from(Time(1000)));
}
