use proptest::prelude::*;

use super::*;
use crate::brakes::Met;

mod floors;

/// Somebody who had control before, so that no brake holds anything up.
fn friend() -> Facts {
    Facts {
        met: Met::ByWords,
        known_for: std::time::Duration::from_hours(1000),
        has_had_control: true,
        blocked_until: None,
    }
}

/// A machine with its outputs written down, as the program sees it.
struct Room {
    consent: Consent,
    view: Vec<ViewGrant>,
    control: Vec<ControlGrant>,
    /// How many grants of any kind there were.
    grants: usize,
}

impl Room {
    fn new() -> Self {
        Self::with(Limits::default(), &friend())
    }

    fn with(limits: Limits, facts: &Facts) -> Self {
        Self {
            consent: Consent::with_limits(limits, facts),
            view: Vec::new(),
            control: Vec::new(),
            grants: 0,
        }
    }

    /// Gives one input, drains, and returns what happened in short words.
    fn step(&mut self, now: u64, input: Input) -> (Result<(), ConsentError>, Vec<&'static str>) {
        let result = self.consent.handle_input(Time(now), input);
        (result, self.drain())
    }

    fn drain(&mut self) -> Vec<&'static str> {
        let mut words = Vec::new();
        loop {
            let output = self.consent.poll_output();
            words.push(match &output {
                Output::Timeout(_) => return words,
                output => word(output),
            });
            self.grants += usize::from(word(&output).starts_with("grant "));
            match output {
                Output::ViewGranted(grant) => self.view.push(grant),
                Output::ControlGranted(grant) => self.control.push(grant),
                _ => {}
            }
        }
    }

    fn answer(&mut self, now: u64, yes: bool) -> (Result<(), ConsentError>, Vec<&'static str>) {
        let question = self.open_question();
        self.step(now, Input::Answer { question, yes })
    }

    fn open_question(&self) -> QuestionId {
        self.consent.state().question().expect("a question is open").id
    }

    fn sees(&self) -> bool {
        self.view.iter().any(ViewGrant::is_live)
    }

    fn controls(&self) -> bool {
        self.control.iter().any(ControlGrant::is_live)
    }

    fn deadline(&mut self) -> Option<u64> {
        match self.consent.poll_output() {
            Output::Timeout(time) => time.map(|t| t.0),
            output => panic!("not drained: {output:?}"),
        }
    }
}

fn word(output: &Output) -> &'static str {
    match output {
        Output::Ask(Question { kind: QuestionKind::HowItBegan, .. }) => "ask how it began",
        Output::Ask(Question { kind: QuestionKind::May(right), .. }) => match right {
            Right::View => "ask view",
            Right::Control => "ask control",
            _ => "ask more",
        },
        Output::Withdraw(_) => "withdraw",
        Output::ViewGranted(_) => "grant view",
        Output::ControlGranted(_) => "grant control",
        Output::ClipboardGranted(_) => "grant clipboard",
        Output::FilesGranted(_) => "grant files",
        Output::DrawingGranted(_) => "grant drawing",
        Output::RecordingGranted(_) => "grant recording",
        Output::Held(Verdict::Wait(_)) => "held: wait",
        Output::Held(_) => "held: blocked",
        Output::Blocked(_) => "block",
        Output::Tell(Announcement::View(state)) => match state {
            ViewState::Asked => "view asked",
            ViewState::Granted => "view granted",
            ViewState::Denied => "view denied",
            ViewState::Ended => "view ended",
        },
        Output::Tell(Announcement::Floor(Right::Control, state)) => match state {
            FloorState::Pending => "control pending",
            FloorState::Granted => "control granted",
            FloorState::Denied => "control denied",
            FloorState::Refused => "control refused",
            FloorState::Released => "control released",
            FloorState::Revoked => "control revoked",
            FloorState::Expired => "control expired",
        },
        Output::Tell(Announcement::Floor(_, state)) => match state {
            FloorState::Pending => "more pending",
            FloorState::Granted => "more granted",
            FloorState::Denied => "more denied",
            FloorState::Refused => "more refused",
            FloorState::Released => "more released",
            FloorState::Revoked => "more revoked",
            FloorState::Expired => "more expired",
        },
        Output::Tell(Announcement::Paused(true)) => "paused",
        Output::Tell(Announcement::Paused(false)) => "goes on",
        Output::Ended(Reason::ViewDenied) => "end: view denied",
        Output::Ended(Reason::NoAnswer) => "end: no answer",
        Output::Ended(Reason::Stopped) => "end: stopped",
        Output::Ended(Reason::SessionEnded) => "end: session ended",
        Output::Timeout(_) => "timeout",
    }
}

/// Rooms in each phase, by name. All of them are as of moment 1000.
fn room(phase: &str) -> Room {
    let mut room = Room::new();
    if phase == "waiting" {
        return room;
    }
    room.step(0, Input::Connected).0.unwrap();
    if phase == "asking view" {
        return room;
    }
    room.answer(100, true).0.unwrap();
    if phase == "viewing" {
        return room;
    }
    if phase == "paused" {
        room.step(200, Input::Pause).0.unwrap();
        return room;
    }
    room.step(200, Input::Request(Right::Control)).0.unwrap();
    match phase {
        "asking control" => return room,
        "denied" => room.answer(300, false),
        _ => room.answer(300, true),
    }
    .0
    .unwrap();
    match phase {
        "denied" | "controlling" => {}
        "released" => room.step(400, Input::Release(Right::Control)).0.unwrap(),
        "revoked" => room.step(400, Input::TakeBack(Right::Control)).0.unwrap(),
        "over" => room.step(400, Input::Stop).0.unwrap(),
        other => panic!("no phase {other}"),
    }
    room
}

const PHASES: [&str; 10] = [
    "waiting",
    "asking view",
    "viewing",
    "paused",
    "asking control",
    "controlling",
    "denied",
    "released",
    "revoked",
    "over",
];

const SIMPLE: [Input; 14] = [
    Input::Connected,
    Input::Request(Right::Control),
    Input::Release(Right::Control),
    Input::TakeBack(Right::Control),
    Input::Pause,
    Input::Resume,
    Input::Stop,
    Input::Disconnected,
    Input::Ended,
    Input::Timeout,
    Input::Locked,
    Input::Suspended,
    Input::BarGone,
    Input::BarBack,
];

/// The whole table for the inputs without an answer: what comes out, or the error. One row a phase, in the order of
/// [`SIMPLE`]; `!` marks an error.
#[test]
fn every_phase_and_every_input() {
    #[rustfmt::skip]
    let table: [(&str, [&str; 14]); 10] = [
        ("waiting", ["ask view, view asked", "!view first", "!view first", "!view first", "!view first",
            "!not paused", "end: stopped", "", "end: session ended", "", "", "", "!view first", "!not paused"]),
        ("asking view", ["!connected", "!view first", "!view first", "!view first", "!view first",
            "!not paused", "withdraw, view denied, end: stopped", "", "withdraw, end: session ended", "",
            "", "", "!view first", "!not paused"]),
        ("viewing", ["!connected", "ask control, control pending", "!not requested", "!not requested", "paused",
            "!not paused", "view ended, end: stopped", "", "end: session ended", "",
            "", "", "paused", "!not paused"]),
        ("paused", ["!connected", "!paused", "!paused", "!paused", "!paused", "grant view, goes on",
            "view ended, end: stopped", "", "end: session ended", "",
            "", "", "", "!not paused"]),
        ("asking control", ["!connected", "!requested", "withdraw, control released", "withdraw, control denied",
            "withdraw, control denied, paused", "!not paused",
            "withdraw, control denied, view ended, end: stopped", "withdraw, control released",
            "withdraw, end: session ended", "", "withdraw, control denied", "withdraw, control denied",
            "withdraw, control denied, paused", "!not paused"]),
        ("controlling", ["!connected", "!requested", "control released", "control revoked",
            "control revoked, paused", "!not paused",
            "control revoked, view ended, end: stopped", "control revoked", "end: session ended", "",
            "control revoked", "control revoked", "control revoked, paused", "!not paused"]),
        ("denied", ["!connected", "control refused", "!not requested", "!not requested", "paused", "!not paused",
            "view ended, end: stopped", "", "end: session ended", "",
            "", "", "paused", "!not paused"]),
        ("released", ["!connected", "ask control, control pending", "!not requested", "!not requested", "paused",
            "!not paused", "view ended, end: stopped", "", "end: session ended", "",
            "", "", "paused", "!not paused"]),
        ("revoked", ["!connected", "control refused", "!not requested", "!not requested", "paused", "!not paused",
            "view ended, end: stopped", "", "end: session ended", "",
            "", "", "paused", "!not paused"]),
        ("over", ["!over", "!over", "!over", "!over", "!over", "!over", "!over", "!over", "!over", "",
            "!over", "!over", "!over", "!over"]),
    ];
    assert_eq!(table.each_ref().map(|(phase, _)| *phase), PHASES);
    for (phase, expected) in table {
        for (input, expected) in SIMPLE.into_iter().zip(expected) {
            let mut room = room(phase);
            let before = room.consent.state().clone();
            let (result, words) = room.step(1000, input);
            let got = match result {
                Ok(()) => words.join(", "),
                Err(error) => {
                    assert_eq!(
                        *room.consent.state(),
                        before,
                        "{phase} × {input:?}: an error changes nothing"
                    );
                    assert!(words.is_empty(), "{phase} × {input:?}: an error says nothing");
                    short(error).to_owned()
                }
            };
            assert_eq!(got, expected, "{phase} × {input:?}");
            assert_grants_match_state(&room, phase);
        }
    }
}

/// The table for answers: right and wrong question, yes and no.
#[test]
fn every_phase_and_every_answer() {
    for phase in PHASES {
        let open = room(phase).consent.state().question().map(|question| question.id);
        // Identifiers count up from one, so 0, 3 and the far end name questions that were never asked here, and 1 and 2
        // may name one that is settled.
        for id in [0, 1, 2, 3, u32::MAX].map(QuestionId) {
            for yes in [false, true] {
                let mut room = room(phase);
                let before = room.consent.state().clone();
                let (result, words) = room.step(1000, Input::Answer { question: id, yes });
                if open == Some(id) {
                    let expected = match (phase, yes) {
                        ("asking view", true) => "grant view, view granted",
                        ("asking view", false) => "view denied, end: view denied",
                        ("asking control", true) => "grant control, control granted",
                        ("asking control", false) => "control denied",
                        _ => panic!("no question is open in {phase}"),
                    };
                    assert_eq!((result, words.join(", ").as_str()), (Ok(()), expected), "{phase}");
                } else {
                    let expected =
                        if phase == "over" { ConsentError::Over } else { ConsentError::NoSuchQuestion };
                    assert_eq!((result, words), (Err(expected), vec![]), "{phase} × {id:?}");
                    assert_eq!(*room.consent.state(), before, "{phase} × {id:?}");
                }
                assert_grants_match_state(&room, phase);
            }
        }
    }
}

fn short(error: ConsentError) -> &'static str {
    match error {
        ConsentError::AlreadyConnected => "!connected",
        ConsentError::NoSuchQuestion => "!no question",
        ConsentError::ViewFirst => "!view first",
        ConsentError::AlreadyRequested => "!requested",
        ConsentError::NotRequested => "!not requested",
        ConsentError::NotAFloor => "!no floor",
        ConsentError::NotAnAnswer => "!no answer",
        ConsentError::Paused => "!paused",
        ConsentError::NotPaused => "!not paused",
        ConsentError::Over => "!over",
    }
}

fn assert_grants_match_state(room: &Room, context: &str) {
    let state = room.consent.state();
    assert_eq!(room.sees(), state.may_view(), "{context}");
    assert_eq!(room.controls(), state.may(Right::Control), "{context}");
    assert!(!room.controls() || room.sees(), "{context}: control stands on the view");
}

#[test]
fn silence_is_no_to_the_view() {
    let mut room = room("asking view");
    assert_eq!(room.deadline(), Some(60_000));
    assert_eq!(room.step(59_999, Input::Timeout), (Ok(()), vec![]));
    assert_eq!(
        room.step(60_000, Input::Timeout),
        (Ok(()), vec!["withdraw", "view denied", "end: no answer"])
    );
    assert_eq!(room.consent.state().over(), Some(Reason::NoAnswer));
    assert_eq!(room.deadline(), None);
}

#[test]
fn silence_is_no_to_control_and_the_view_stands() {
    let mut room = room("asking control");
    assert_eq!(room.deadline(), Some(60_200));
    assert_eq!(room.step(60_200, Input::Timeout), (Ok(()), vec!["withdraw", "control denied"]));
    assert!(room.sees());
    assert_eq!(room.deadline(), None);
}

#[test]
fn an_answer_that_overtakes_the_timer_is_late_all_the_same() {
    let mut room = room("asking control");
    let question = room.open_question();
    let (result, words) = room.step(60_200, Input::Answer { question, yes: true });
    assert_eq!(result, Err(ConsentError::NoSuchQuestion));
    assert_eq!(words, ["withdraw", "control denied"], "the question ran out first");
    assert!(!room.controls());
}

#[test]
fn a_doubled_answer_changes_nothing() {
    let mut room = room("asking view");
    let question = room.open_question();
    room.step(100, Input::Answer { question, yes: true }).0.unwrap();
    for yes in [true, false] {
        assert_eq!(
            room.step(101, Input::Answer { question, yes }),
            (Err(ConsentError::NoSuchQuestion), vec![])
        );
    }
    assert!(room.sees());
    assert_eq!(room.view.len(), 1);
}

#[test]
fn a_yes_to_the_view_cannot_answer_the_question_for_control() {
    let mut room = room("asking view");
    let view = room.open_question();
    room.step(100, Input::Answer { question: view, yes: true }).0.unwrap();
    room.step(200, Input::Request(Right::Control)).0.unwrap();
    assert_eq!(
        room.step(300, Input::Answer { question: view, yes: true }).0,
        Err(ConsentError::NoSuchQuestion)
    );
    assert!(!room.controls());
}

#[test]
fn control_expires_after_thirty_minutes_and_may_be_asked_for_again() {
    let mut room = room("controlling");
    let end = 300 + 30 * 60 * 1000;
    assert_eq!(room.deadline(), Some(end));
    room.step(end - 1, Input::Timeout).0.unwrap();
    assert!(room.controls());
    assert_eq!(room.step(end, Input::Timeout), (Ok(()), vec!["control expired"]));
    assert!(!room.controls() && room.sees());
    assert_eq!(
        room.step(end, Input::Request(Right::Control)),
        (Ok(()), vec!["ask control", "control pending"])
    );
    assert!(!room.controls(), "asking again does not renew");
    room.answer(end + 1, true).0.unwrap();
    assert!(room.controls());
    assert!(!room.control[0].is_live(), "a dead grant stays dead");
}

#[test]
fn an_expired_control_falls_before_any_other_input_is_looked_at() {
    let mut room = room("controlling");
    let (result, words) = room.step(300 + 30 * 60 * 1000, Input::Release(Right::Control));
    assert_eq!((result, words), (Err(ConsentError::NotRequested), vec!["control expired"]));
    assert!(!room.controls());
}

#[test]
fn stop_and_take_back_kill_the_grants_before_anything_is_drained() {
    for (input, view_stands) in [
        (Input::Stop, false),
        (Input::TakeBack(Right::Control), true),
        (Input::Ended, false),
        (Input::Disconnected, true),
    ] {
        let mut room = room("controlling");
        room.consent.handle_input(Time(1000), input).unwrap();
        assert!(!room.controls(), "{input:?}");
        assert_eq!(room.sees(), view_stands, "{input:?}");
    }
}

#[test]
fn a_grant_that_was_stopped_before_it_was_drained_is_dead() {
    let mut room = room("asking view");
    let question = room.open_question();
    room.consent.handle_input(Time(100), Input::Answer { question, yes: true }).unwrap();
    room.consent.handle_input(Time(101), Input::Stop).unwrap();
    assert_eq!(room.drain(), ["grant view", "view granted", "view ended", "end: stopped"]);
    assert!(!room.sees());
}

#[test]
fn dropping_the_machine_revokes_everything() {
    let room = room("controlling");
    assert!(room.sees() && room.controls());
    let Room { consent, view, control, .. } = room;
    drop(consent);
    assert!(!view[0].is_live() && !control[0].is_live());
}

#[test]
fn after_a_denial_the_person_has_ten_quiet_seconds() {
    for (phase, quiet_until) in [("denied", 10_300), ("revoked", 10_400)] {
        let mut room = room(phase);
        assert_eq!(
            room.step(quiet_until - 1, Input::Request(Right::Control)),
            (Ok(()), vec!["control refused"]),
            "{phase}"
        );
        assert_eq!(
            room.step(quiet_until, Input::Request(Right::Control)),
            (Ok(()), vec!["ask control", "control pending"]),
            "{phase}"
        );
    }
}

#[test]
fn the_person_is_asked_in_vain_five_times_and_never_again() {
    let mut room = room("viewing");
    let mut now = 1000;
    for turn in 0..5 {
        assert_eq!(
            room.step(now, Input::Request(Right::Control)).1,
            ["ask control", "control pending"],
            "turn {turn}"
        );
        // A no, a flickering request, a lost page, an early take-back and silence all count.
        match turn {
            0 => room.answer(now, false),
            1 => room.step(now, Input::Release(Right::Control)),
            2 => room.step(now, Input::Disconnected),
            3 => room.step(now, Input::TakeBack(Right::Control)),
            _ => room.step(now + 60_000, Input::Timeout),
        }
        .0
        .unwrap();
        now += 100_000;
    }
    for _ in 0..3 {
        now += 1_000_000;
        assert_eq!(room.step(now, Input::Request(Right::Control)), (Ok(()), vec!["control refused"]));
    }
}

#[test]
fn a_caller_who_does_not_drain_is_not_made_to_collect() {
    let mut room = room("denied");
    for _ in 0..1000 {
        room.consent.handle_input(Time(1000), Input::Request(Right::Control)).unwrap();
    }
    assert_eq!(room.drain(), ["control refused"]);
}

#[test]
fn the_end_of_time_does_not_wrap() {
    let mut room = Room::new();
    room.step(u64::MAX - 5, Input::Connected).0.unwrap();
    assert_eq!(room.deadline(), Some(u64::MAX));
}

#[test]
fn a_pause_kills_both_grants_before_anything_is_drained_and_gives_only_the_view_back() {
    let mut room = room("controlling");
    room.consent.handle_input(Time(1000), Input::Pause).unwrap();
    assert!(!room.sees() && !room.controls());
    assert_eq!(room.drain(), ["control revoked", "paused"]);
    assert_eq!(room.deadline(), None, "time for control does not run out in a pause");
    assert_eq!(room.step(2_000_000, Input::Resume), (Ok(()), vec!["grant view", "goes on"]));
    assert!(room.sees() && !room.controls());
    assert!(!room.view[0].is_live(), "what was revoked stays dead");
    assert_eq!(
        room.step(2_000_001, Input::Request(Right::Control)),
        (Ok(()), vec!["ask control", "control pending"])
    );
}

#[test]
fn a_pause_makes_no_question_come_back_sooner_or_be_counted() {
    for _ in 0..2 {
        let mut room = room("asking control");
        for now in (1000..1_000_000).step_by(20_000) {
            assert_eq!(room.step(now, Input::Pause).1, ["withdraw", "control denied", "paused"]);
            room.step(now + 1, Input::Resume).0.unwrap();
            let words = room.step(now + 2, Input::Request(Right::Control)).1;
            assert_eq!(words, ["control refused"], "ten quiet seconds");
            assert_eq!(
                room.step(now + 10_000, Input::Request(Right::Control)).1,
                ["ask control", "control pending"]
            );
        }
    }
}

#[test]
fn the_curtain_hides_at_once_what_was_granted_and_nothing_that_is_granted_later() {
    let mut room = room("controlling");
    let curtain = room.consent.curtain();
    std::thread::spawn(move || curtain.draw()).join().unwrap();
    assert!(!room.sees() && !room.controls());
    // The machine hears of it, as it must.
    assert_eq!(room.step(1000, Input::Pause).1, ["control revoked", "paused"]);
    room.consent.curtain().draw();
    room.step(1001, Input::Resume).0.unwrap();
    assert!(room.sees());
    assert_eq!(room.view.iter().filter(|grant| grant.is_live()).count(), 1);
}

/// What may come from the expert, the network or a clock: everything but the person.
fn remote() -> impl Strategy<Value = Input> {
    prop::sample::select(vec![
        Input::Connected,
        Input::Request(Right::Control),
        Input::Release(Right::Control),
        Input::Request(Right::View),
        Input::Request(Right::Files),
        Input::Release(Right::Files),
        Input::Disconnected,
        Input::Ended,
        Input::Timeout,
    ])
}

/// An act in the sequences below. An answer is made when its turn comes, relative to the question that is open.
#[derive(Clone, Copy, Debug)]
enum Act {
    Give(Input),
    /// An answer to a question that is not open, this far from the open (or last) one.
    AnswerOther(u32, bool),
    Answer(bool),
}

fn pause() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0..20_000_u64, 50_000..70_000_u64, 1_700_000..1_900_000_u64]
}

fn hostile_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => remote().prop_map(Act::Give),
        1 => (1..=u32::MAX, any::<bool>()).prop_map(|(distance, yes)| Act::AnswerOther(distance, yes)),
        1 => (u32::MAX - 4..=u32::MAX, Just(true)).prop_map(|(distance, yes)| Act::AnswerOther(distance, yes)),
    ]
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => hostile_act(),
        4 => any::<bool>().prop_map(Act::Answer),
        1 => Just(Act::Give(Input::TakeBack(Right::Control))),
        1 => Just(Act::Give(Input::Pause)),
        1 => Just(Act::Give(Input::Resume)),
        1 => prop::sample::select(vec![Input::BarGone, Input::BarBack, Input::Locked, Input::Suspended])
            .prop_map(Act::Give),
        1 => prop::bool::weighted(0.2).prop_map(|stop| Act::Give(if stop { Input::Stop } else { Input::Timeout })),
    ]
}

/// Carries out one act; returns whether it was a yes to the open question, in time, or the end of a pause.
fn perform(room: &mut Room, now: u64, act: Act) -> bool {
    let open = room.consent.state().question();
    let base = open.map_or(QuestionId(0), |question| question.id);
    let input = match act {
        Act::Give(input) => input,
        Act::AnswerOther(distance, yes) => Input::Answer { question: base.other(distance), yes },
        Act::Answer(yes) => Input::Answer { question: base, yes },
    };
    let was_paused = room.consent.state().is_paused();
    let _ = room.step(now, input);
    match (act, open) {
        (Act::Answer(true), Some(question)) => Time(now) < question.until,
        // The model checker holds which of the two it must be.
        (Act::Give(Input::Resume | Input::BarBack), _) => was_paused && room.consent.state().may_view(),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// The property of this module: without the person's yes to the open question there is never a grant.
    #[test]
    fn nothing_from_outside_ever_grants(acts in prop::collection::vec((pause(), hostile_act()), 0..60)) {
        let mut room = Room::new();
        let mut now = 0;
        for (pause, act) in acts {
            now += pause;
            perform(&mut room, now, act);
            prop_assert!(room.view.is_empty() && room.control.is_empty());
            prop_assert!(!room.consent.state().may_view());
        }
    }

    /// Also not once the view is granted: then control cannot come from outside.
    #[test]
    fn nothing_from_outside_raises_the_view_to_control(
        acts in prop::collection::vec((pause(), hostile_act()), 0..60),
    ) {
        let mut room = room("viewing");
        let mut now = 1000;
        for (pause, act) in acts {
            now += pause;
            perform(&mut room, now, act);
            prop_assert!(room.control.is_empty());
            prop_assert_eq!(room.view.len(), 1);
        }
    }

    /// Nor does anything from outside end a pause.
    #[test]
    fn nothing_from_outside_shows_what_the_person_has_hidden(
        acts in prop::collection::vec((pause(), hostile_act()), 0..60),
    ) {
        let mut room = room("paused");
        let mut now = 1000;
        for (pause, act) in acts {
            now += pause;
            perform(&mut room, now, act);
            prop_assert!(!room.sees() && !room.controls());
            prop_assert!(!room.consent.state().may_view());
        }
    }

    /// With any behaviour of everybody: a grant appears only in the step of a yes in time or of the end of a pause, one
    /// at a time; live grants and state agree; the end comes once and is final; timers are never in the past after a step.
    #[test]
    fn grants_follow_answers(acts in prop::collection::vec((pause(), any_act()), 0..80)) {
        let mut room = Room::new();
        let mut now = 0;
        let mut questions = Vec::new();
        for (pause, act) in acts {
            now += pause;
            let before = room.grants;
            let was_over = room.consent.state().over();
            let may_rise = perform(&mut room, now, act);
            prop_assert_eq!(room.grants, before + usize::from(may_rise));
            assert_grants_match_state(&room, "random");
            if was_over.is_some() {
                prop_assert_eq!(room.consent.state().over(), was_over);
            }
            if let Some(question) = room.consent.state().question()
                && questions.last() != Some(&question.id)
            {
                prop_assert!(!questions.contains(&question.id), "identifiers are not used twice");
                questions.push(question.id);
            }
            if let Some(deadline) = room.deadline() {
                prop_assert!(deadline > now);
            }
        }
    }

    /// What the state says of the floor is what the expert was told last.
    #[test]
    fn the_expert_is_told_the_truth(acts in prop::collection::vec((pause(), any_act()), 0..80)) {
        let mut consent = Consent::with_limits(Limits::default(), &friend());
        let mut now = 0;
        let mut told = None;
        for (pause, act) in acts {
            now += pause;
            let base = consent.state().question().map_or(QuestionId(0), |question| question.id);
            let _ = consent.handle_input(Time(now), match act {
                Act::Give(input) => input,
                Act::AnswerOther(distance, yes) => Input::Answer { question: base.other(distance), yes },
                Act::Answer(yes) => Input::Answer { question: base, yes },
            });
            loop {
                match consent.poll_output() {
                    Output::Tell(Announcement::Floor(Right::Control, state)) => told = Some(state),
                    Output::Timeout(_) => break,
                    _ => {}
                }
            }
            if consent.state().over().is_none() {
                prop_assert_eq!(consent.state().floor(Right::Control), told);
            }
        }
    }
}

#[test]
fn the_brake_stops_everything_at_once_and_for_good() {
    let mut consent = Consent::with_limits(Limits::default(), &friend());
    let brake = consent.brake();
    consent.handle_input(Time(0), Input::Connected).unwrap();
    let Output::Ask(question) = consent.poll_output() else { panic!("the person is asked") };
    consent.handle_input(Time(1), Input::Answer { question: question.id, yes: true }).unwrap();
    let outputs = std::iter::from_fn(|| match consent.poll_output() {
        Output::Timeout(_) => None,
        output => Some(output),
    });
    let grants: Vec<ViewGrant> =
        outputs.filter_map(|o| if let Output::ViewGranted(grant) = o { Some(grant) } else { None }).collect();
    assert!(matches!(grants.as_slice(), [grant] if grant.is_live()));
    std::thread::spawn(move || brake.pull()).join().unwrap();
    assert!(!grants[0].is_live());
    // Whoever did not hear of it yet may still be asked, but nothing that follows is allowed.
    consent.handle_input(Time(2), Input::Request(Right::Control)).unwrap();
    let mut control = None;
    for _ in 0..10 {
        match consent.poll_output() {
            Output::Ask(question) => {
                consent.handle_input(Time(3), Input::Answer { question: question.id, yes: true }).unwrap();
            }
            Output::ControlGranted(grant) => control = Some(grant),
            _ => {}
        }
    }
    assert!(!control.expect("it is granted").is_live());
}
