//! Sentences of the contract that no other file of these tests is about.

use crate::party::{Party, digest, endpoint};
use rendezvous_core::*;
use std::time::Duration;

const TWO: &[&str] = &["ann/desk", "bob/desk"];

fn accepted() -> (Party, SessionId) {
    let mut party = Party::new(TWO);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    party.accept(1, session);
    party.settle();
    (party, session)
}

fn terminate(result: u32) -> Command {
    Command::Terminate { result: SessionResult(result), data: "bye".into() }
}

/// Rule 1.
#[test]
fn both_orders_of_attaching_connect_and_what_is_said_at_once_comes_after() {
    for (first, second) in [(0, 1), (1, 0)] {
        let (mut party, session) = accepted();
        party.command(first, session, Command::Attach).unwrap();
        party.settle();
        for device in 0..2 {
            assert_eq!(party.state(device, session), Some(State::Accepted), "one is not enough");
            let early = party.command(device, session, Command::SendContext("early".into()));
            assert_eq!(early, Err(SessionError::Refused(Code::SessionStateInvalid)));
        }
        party.command(second, session, Command::Attach).unwrap();
        assert_eq!(party.state(second, session), Some(State::Connected));
        assert_eq!(party.state(first, session), Some(State::Accepted), "it has not heard yet");
        party.command(second, session, Command::SendContext("at once".into())).unwrap();
        party.settle();
        let told = party.told(first, session);
        let connected = Event::StateChanged { previous: State::Accepted, current: State::Connected };
        assert!(told.ends_with(&[connected, Event::ContextData("at once".into())]), "{told:?}");
    }
}

/// Rule 1: they attach at the same moment.
#[test]
fn attaching_at_once_connects_both() {
    let (mut party, session) = accepted();
    for device in 0..2 {
        party.command(device, session, Command::Attach).unwrap();
    }
    assert_eq!([0, 1].map(|d| party.state(d, session)), [Some(State::Accepted); 2]);
    party.settle();
    assert_eq!([0, 1].map(|d| party.state(d, session)), [Some(State::Connected); 2]);
}

/// Rule 2: what an event says of the state is true when it is handled.
#[test]
fn the_new_state_can_be_read_when_the_change_is_told() {
    let mut party = Party::new(TWO);
    let session = SessionId([3; 16]);
    let bob = Address::new("bob").unwrap();
    let command = |command| Input::Command { session, command };
    party.input(0, Input::Create { session }).unwrap();
    for input in [
        command(Command::SetApplication(ApplicationId::ASK)),
        command(Command::Invite { contact: bob, data: String::new() }),
        command(Command::Cancel { data: String::new() }),
    ] {
        party.tables[0].handle_input(party.now, input).unwrap();
        loop {
            match party.tables[0].poll_output() {
                Output::Event { event: Event::StateChanged { current, .. }, .. } => {
                    assert_eq!(party.tables[0].get(session).map(Session::state), Some(current));
                }
                Output::Timeout(_) => break,
                _ => {}
            }
        }
    }
}

/// Rule 2: `Ended` waits for the outcome of the ending, and for five seconds at most.
#[test]
fn the_end_waits_for_its_outcome_and_not_for_ever() {
    for outcome in [Some(Delivery::Delivered), Some(Delivery::Failed), None] {
        let (mut party, session) = Party::connected(TWO, ApplicationId::ASK);
        party.command(0, session, terminate(0)).unwrap();
        let sent = party.hold();
        assert_eq!(party.state(0, session), Some(State::Cancelled), "the state changes at once");
        assert!(!party.told(0, session).iter().any(|e| matches!(e, Event::Ended { .. })));
        if let Some(outcome) = outcome {
            party.report(0, sent[0].token, outcome);
        }
        party.pass(Duration::from_millis(4_999));
        assert_eq!(party.tables[0].is_empty(), outcome.is_some());
        party.pass(Duration::from_millis(1));
        assert_eq!(party.end(0, session), (State::Cancelled, Code::SessionCancelledLocal.into()));
    }
}

/// Results 615 to 618: what could not be delivered, the state that stands, and the order in which it is told.
#[test]
fn what_could_not_be_delivered_is_told_before_the_end() {
    let data = String::new;
    let cases = [
        (0, None, State::Terminated, Code::InvitationSendFailure, Code::InvitationSendFailure),
        (
            0,
            Some(Command::Cancel { data: data() }),
            State::Cancelled,
            Code::CancelSendFailure,
            Code::SessionCancelledLocal,
        ),
        (
            1,
            Some(Command::Decline { by: DeclinedBy::Person, data: data() }),
            State::Declined,
            Code::DeclineSendFailure,
            Code::InvitationDeclined,
        ),
        (
            1,
            Some(Command::Accept { data: data() }),
            State::Terminated,
            Code::AcceptSendFailure,
            Code::AcceptSendFailure,
        ),
    ];
    for (device, command, state, failure, result) in cases {
        let mut party = Party::new(TWO);
        let session = party.invite(0, "bob", ApplicationId::ASK);
        if let Some(command) = command {
            party.settle();
            party.command(device, session, command).unwrap();
        }
        for packet in party.hold() {
            party.report(packet.from, packet.token, Delivery::Failed);
        }
        assert_eq!(party.end(device, session), (state, result.into()));
        let told = party.told(device, session);
        assert_eq!(told[told.len() - 2], Event::SendError(failure), "just before the end");
    }
}

/// Rule 4: the result is the application's, on both sides; nothing else than zero is changed.
#[test]
fn an_applications_result_travels_verbatim_and_zero_becomes_a_name() {
    for result in [1, 0x8100_0604, 0x8100_0606, u32::MAX] {
        let (mut party, session) = Party::connected(TWO, ApplicationId::ASK);
        party.command(1, session, terminate(result)).unwrap();
        party.settle();
        for device in 0..2 {
            assert_eq!(party.end(device, session), (State::Cancelled, SessionResult(result)));
            let end = Event::Ended { result: SessionResult(result), data: "bye".into() };
            assert_eq!(party.told(device, session).last(), Some(&end), "with its data");
        }
    }
    let (mut party, session) = accepted();
    party.command(0, session, terminate(0)).unwrap();
    party.settle();
    assert_eq!(party.end(0, session), (State::Cancelled, Code::SessionCancelledLocal.into()));
    assert_eq!(party.end(1, session), (State::Cancelled, Code::CancelBeforeConnect.into()));
}

/// Brings a ringing session to a phase.
type Reach = fn(&mut Party, SessionId);

/// Rule 8: asleep for a night, in every phase. What is due fires, once, and nothing hangs.
#[test]
fn a_night_asleep_ends_what_ran_out() {
    let night = Duration::from_secs(8 * 3600);
    let cases: [(&str, Reach); 4] = [
        ("ringing", |_, _| {}),
        ("accepting", |party, s| {
            party.accept(1, s);
            party.hold();
        }),
        ("joining", |party, s| {
            party.accept(1, s);
            party.settle();
        }),
        ("connected", |party, s| {
            party.accept(1, s);
            party.settle();
            for device in 0..2 {
                party.command(device, s, Command::Attach).unwrap();
                party.settle();
            }
        }),
    ];
    for (phase, reach) in cases {
        let mut party = Party::new(TWO);
        let session = party.invite(0, "bob", ApplicationId::ASK);
        party.settle();
        reach(&mut party, session);
        // The lid closes: no timer fires in between.
        party.now = party.now.after(night);
        for device in 0..2 {
            party.input(device, Input::Timeout).unwrap();
        }
        party.settle();
        party.pass(Duration::from_secs(5));
        for device in 0..2 {
            assert_eq!(party.end(device, session).0, State::Terminated, "{phase}");
            assert!(party.tables[device].is_empty() && party.tables[device].timeout().is_none(), "{phase}");
        }
    }
}

/// Rule 11.
#[test]
fn a_cancel_that_crosses_a_yes_ends_both_and_a_lost_one_leaves_the_invitee_to_its_timer() {
    for arrives in [true, false] {
        let mut party = Party::new(TWO);
        let session = party.invite(0, "bob", ApplicationId::ASK);
        party.settle();
        party.accept(1, session);
        let accept = party.hold();
        party.command(0, session, Command::Cancel { data: String::new() }).unwrap();
        let cancel = party.hold();
        if arrives {
            party.deliver(cancel[0].clone());
            party.deliver(accept[0].clone());
        }
        party.settle();
        party.pass(Duration::from_secs(31));
        assert_eq!(party.end(0, session), (State::Cancelled, Code::SessionCancelledLocal.into()));
        let invitee = if arrives {
            (State::Cancelled, Code::CancelBeforeConnect)
        } else {
            (State::Terminated, Code::SessionTimeout)
        };
        assert_eq!(party.end(1, session), (invitee.0, invitee.1.into()));
        assert!(!party.told(1, session).contains(&Event::Launch));
    }
}

/// Rule 11.
#[test]
fn a_cancel_that_crosses_a_no_leaves_each_side_its_own_end() {
    let mut party = Party::new(TWO);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    party.command(0, session, Command::Cancel { data: String::new() }).unwrap();
    party.command(1, session, Command::Decline { by: DeclinedBy::Person, data: String::new() }).unwrap();
    party.settle();
    assert_eq!(party.end(0, session), (State::Cancelled, Code::SessionCancelledLocal.into()));
    assert_eq!(party.end(1, session), (State::Declined, Code::InvitationDeclined.into()));
}

/// Rule 12: sixteen sessions with one contact, sixteen devices of one.
#[test]
fn there_are_sixteen_sessions_and_devices_of_a_contact_and_no_more() {
    let mut party = Party::new(TWO);
    let named = |n: u8| ApplicationId([n; 16]);
    for n in 1..=17 {
        party.tables[0].install(Application::new(named(n), ""));
    }
    for n in 1..=16 {
        party.invite(0, "bob", named(n));
    }
    let over = party.invite_as(SessionId([99; 16]), 0, "bob", named(17));
    assert_eq!(over, Err(SessionError::TooManySessions(16)));
    assert_eq!(over.unwrap_err().number(), 0x8007_000E);
    party.invite_as(SessionId([99; 16]), 0, "cat", named(17)).unwrap();

    let mut party = Party::new(&["ann/desk"]);
    for n in 0..17 {
        party.input(0, Input::Appeared(endpoint(&format!("bob/{n}")))).unwrap();
    }
    assert_eq!(party.tables[0].dropped().limited, 1);
}

/// Rule 12: thirty-two messages may wait for their turn; whoever sends more ends the session.
#[test]
fn thirty_two_messages_wait_for_their_turn_and_no_more() {
    let (mut party, session) = Party::connected(TWO, ApplicationId::ASK);
    let mut early = |sequence| {
        let body = Body::Context(Chunk { text: "x".into(), last: true, abandoned: false });
        let message = Message { session, sequence, body };
        party.input(1, Input::Received { from: endpoint("ann/desk"), message }).unwrap();
        (party.state(1, session), party.tables[1].dropped().limited)
    };
    for n in 0..32 {
        assert_eq!(early(10 + n), (Some(State::Connected), 0));
    }
    assert_eq!(early(100), (Some(State::Terminated), 1));
    party.settle();
    assert_eq!(
        party.end(0, session),
        (State::Terminated, Code::SessionProtocolError.into()),
        "and is told so"
    );
}

/// A fingerprint says how far away a moment is, not when it is: else no state would ever come again.
#[test]
fn the_same_at_another_time_has_the_same_fingerprint() {
    let at = |start: Time| {
        let (mut party, session) = accepted();
        let mut later = Party::new(TWO);
        later.now = start;
        let other = later.invite(0, "bob", ApplicationId::ASK);
        assert_eq!(session, other);
        later.settle();
        later.accept(1, other);
        later.settle();
        party.pass(Duration::from_secs(7));
        later.pass(Duration::from_secs(7));
        assert_eq!([0, 1].map(|d| digest(&party, d)), [0, 1].map(|d| digest(&later, d)));
        later.pass(Duration::from_secs(1));
        assert_ne!(digest(&party, 0), digest(&later, 0), "a timer that is nearer is another state");
    };
    at(Time(5_000_000));
    at(Time(u64::MAX / 2));
}
