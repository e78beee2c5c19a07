//! The ways through a session, and every way out of it.

use crate::pair::{ALICE, BOB, Pair, address, endpoint};
use rendezvous_core::*;
use std::time::Duration;

fn accept() -> Command {
    Command::Accept { data: "yes".into() }
}

#[test]
fn the_whole_way() {
    let (mut pair, session) = Pair::connected();
    pair.command(ALICE, session, Command::SendContext("x".repeat(MAX_CONTEXT))).unwrap();
    pair.command(BOB, session, Command::SendContext("é".into())).unwrap();
    pair.settle();
    assert!(pair.events[BOB].contains(&Event::ContextData("x".repeat(MAX_CONTEXT))));
    assert!(pair.events[ALICE].contains(&Event::ContextData("é".into())));
    pair.command(ALICE, session, Command::Terminate { result: SessionResult::SUCCESS, data: "bye".into() })
        .unwrap();
    pair.settle();
    let way = [State::Ready, State::Invitation, State::Accepted, State::Connected, State::Cancelled];
    assert_eq!(pair.states(ALICE), way);
    assert_eq!(pair.states(BOB), way[1..]);
    assert_eq!(pair.ended(ALICE), Code::SessionCancelledLocal.into());
    assert_eq!(pair.ended(BOB), Code::SessionCancelledRemote.into());
    assert_eq!(
        pair.events[BOB].last(),
        Some(&Event::Ended { result: Code::SessionCancelledRemote.into(), data: "bye".into() })
    );
    assert!(pair.tables.iter().all(|t| t.iter().count() == 0), "nothing is kept of a session that is over");
}

#[test]
fn a_result_of_the_application_travels_verbatim() {
    let (mut pair, session) = Pair::connected();
    pair.command(
        BOB,
        session,
        Command::Terminate { result: SessionResult(0x8000_4005), data: String::new() },
    )
    .unwrap();
    pair.settle();
    for who in [ALICE, BOB] {
        assert_eq!(
            (pair.ended(who), pair.states(who).last()),
            (SessionResult(0x8000_4005), Some(&State::Cancelled))
        );
    }
}

#[test]
fn the_previous_state_is_told_and_the_order_of_events_holds() {
    let mut pair = Pair::new();
    pair.ask();
    pair.settle();
    assert!(
        matches!(pair.events[BOB][0], Event::Invited(ref i) if i.from == address(ALICE) && i.data == "hi")
    );
    assert_eq!(
        pair.events[BOB][1],
        Event::StateChanged { previous: State::Unknown, current: State::Invitation }
    );
    assert_eq!(
        pair.events[ALICE],
        [
            Event::StateChanged { previous: State::Unknown, current: State::Ready },
            Event::StateChanged { previous: State::Ready, current: State::Invitation },
            Event::Ringing(endpoint(BOB)),
        ]
    );
}

#[test]
fn declined_by_the_person() {
    let mut pair = Pair::new();
    let session = pair.ask();
    pair.settle();
    pair.command(BOB, session, Command::Decline { by: DeclinedBy::Person, data: "later".into() }).unwrap();
    pair.settle();
    assert_eq!(pair.ended(ALICE), Code::InvitationDeclined.into());
    assert_eq!(pair.ended(BOB), Code::InvitationDeclined.into());
    assert!(pair.events[ALICE].contains(&Event::Declined { by: DeclinedBy::Person }));
    assert_eq!(pair.states(ALICE).last(), Some(&State::Declined));
}

#[test]
fn declined_by_rule_when_not_installed_or_busy() {
    let mut pair = Pair::new();
    pair.tables[BOB] = Sessions::new(address(BOB), SessionConfig::default());
    pair.ask();
    pair.settle();
    assert!(pair.events[ALICE].contains(&Event::Declined { by: DeclinedBy::NotInstalled }));
    let not_present = Event::AppNotPresent {
        from: address(ALICE),
        application: ApplicationId::ASK,
        name: "Ask for Remote Assistance".into(),
        url: String::new(),
    };
    assert_eq!(pair.events[BOB], [not_present], "the person can see what was missing; nothing rings");

    let mut pair = Pair::new();
    pair.ask();
    pair.settle();
    pair.events = Default::default();
    pair.ask();
    pair.settle();
    assert!(pair.events[ALICE].contains(&Event::Declined { by: DeclinedBy::Busy }));
}

#[test]
fn withdrawn_while_it_rings() {
    let mut pair = Pair::new();
    let session = pair.ask();
    pair.settle();
    pair.command(ALICE, session, Command::Cancel { data: String::new() }).unwrap();
    assert_eq!(pair.state(ALICE, session), Some(State::Cancelled), "the state changes at once");
    pair.settle();
    assert_eq!(pair.ended(ALICE), Code::SessionCancelledLocal.into());
    assert_eq!(pair.ended(BOB), Code::CancelBeforeConnect.into());
    assert_eq!(pair.states(BOB), [State::Invitation, State::Cancelled]);
}

#[test]
fn cancel_and_accept_cross() {
    let mut pair = Pair::new();
    let session = pair.ask();
    pair.settle();
    pair.command(BOB, session, accept()).unwrap();
    pair.command(ALICE, session, Command::Cancel { data: String::new() }).unwrap();
    pair.settle();
    for who in [ALICE, BOB] {
        assert_eq!(pair.states(who).last(), Some(&State::Cancelled));
        assert!(!pair.events[who].contains(&Event::Launch));
    }
}

#[test]
fn nobody_answers() {
    let mut pair = Pair::new();
    pair.ask();
    pair.settle();
    pair.pass(Duration::from_secs(121));
    for who in [ALICE, BOB] {
        assert_eq!(
            (pair.ended(who), pair.states(who).last()),
            (Code::SessionTimeout.into(), Some(&State::Terminated))
        );
    }
}

#[test]
fn no_confirmation() {
    let mut pair = Pair::new();
    let session = pair.ask();
    pair.settle();
    pair.command(BOB, session, accept()).unwrap();
    assert!(pair.carry(), "the Accept arrives");
    pair.wire.clear();
    pair.pass(Duration::from_secs(31));
    assert_eq!(pair.ended(BOB), Code::SessionTimeout.into());
    assert_eq!(pair.ended(ALICE), Code::SessionTimeout.into());
    assert!(!pair.events[BOB].contains(&Event::Launch));
}

#[test]
fn an_application_that_never_attaches() {
    let mut pair = Pair::new();
    let session = pair.ask();
    pair.settle();
    pair.command(BOB, session, accept()).unwrap();
    pair.settle();
    pair.command(BOB, session, Command::Attach).unwrap();
    pair.settle();
    pair.pass(Duration::from_secs(61));
    assert_eq!(pair.ended(ALICE), Code::ApplicationLaunchFailed.into());
    assert!(pair.states(BOB).ends_with(&[State::Accepted, State::Terminated]));
}

#[test]
fn an_application_that_dies() {
    let (mut pair, session) = Pair::connected();
    pair.command(ALICE, session, Command::ApplicationGone).unwrap();
    pair.settle();
    for who in [ALICE, BOB] {
        assert_eq!(
            (pair.ended(who), pair.states(who).last()),
            (Code::ApplicationLaunchFailed.into(), Some(&State::Terminated))
        );
    }
}

#[test]
fn the_other_side_is_lost_in_every_phase() {
    for accepted in [false, true] {
        let mut pair = Pair::new();
        let session = pair.ask();
        pair.settle();
        if accepted {
            pair.command(BOB, session, accept()).unwrap();
            pair.settle();
        }
        pair.input(ALICE, Input::Lost(endpoint(BOB))).unwrap();
        pair.input(BOB, Input::Lost(endpoint(ALICE))).unwrap();
        assert_eq!(
            (pair.ended(ALICE), pair.ended(BOB)),
            (Code::ConnectionFailure.into(), Code::ConnectionFailure.into())
        );
    }
    let (mut pair, _) = Pair::connected();
    pair.input(ALICE, Input::Lost(endpoint(BOB))).unwrap();
    assert_eq!(pair.ended(ALICE), Code::ConnectionFailure.into());
}

#[test]
fn silence_ends_it_and_signs_of_life_keep_it() {
    let (mut pair, session) = Pair::connected();
    pair.pass(Duration::from_secs(3600));
    assert_eq!(pair.state(ALICE, session), Some(State::Connected));
    // From now on everything is lost, and the network notices nothing.
    for _ in 0..4 {
        pair.now = pair.now.after(Duration::from_secs(30));
        pair.input(ALICE, Input::Timeout).unwrap();
        pair.wire.clear();
    }
    assert_eq!(pair.ended(ALICE), Code::ConnectionFailure.into());
}

#[test]
fn a_restarted_peer_ends_what_it_forgot() {
    let (mut pair, session) = Pair::connected();
    pair.tables[BOB] = Sessions::new(address(BOB), SessionConfig::default());
    pair.command(ALICE, session, Command::SendContext("still there?".into())).unwrap();
    pair.settle();
    assert_eq!(pair.ended(ALICE), Code::ConnectionFailure.into());
    assert_eq!(pair.tables[BOB].dropped().unknown, 1);
}

#[test]
fn what_cannot_be_delivered() {
    let mut pair = Pair::new();
    pair.link_up = false;
    pair.ask();
    pair.settle();
    assert_eq!(pair.ended(ALICE), Code::InvitationSendFailure.into());
    assert!(pair.events[ALICE].contains(&Event::SendError(Code::InvitationSendFailure)));

    let mut pair = Pair::new();
    let session = pair.ask();
    pair.settle();
    pair.link_up = false;
    pair.command(BOB, session, accept()).unwrap();
    pair.settle();
    assert_eq!(pair.ended(BOB), Code::AcceptSendFailure.into());
    pair.command(ALICE, session, Command::Cancel { data: String::new() }).unwrap();
    pair.settle();
    assert_eq!(pair.ended(ALICE), Code::SessionCancelledLocal.into());
    assert!(pair.events[ALICE].contains(&Event::SendError(Code::CancelSendFailure)));

    let (mut pair, session) = Pair::connected();
    pair.link_up = false;
    pair.command(ALICE, session, Command::SendContext("x".into())).unwrap();
    pair.settle();
    assert_eq!(pair.events[ALICE].last(), Some(&Event::SendError(Code::ContextDataSendFailure)));
    assert_eq!(pair.state(ALICE, session), Some(State::Connected), "the session stays open");
}

#[test]
fn calls_that_are_not_possible_change_nothing() {
    let mut pair = Pair::new();
    let session = pair.ask();
    pair.settle();
    let refused = |code| Err(SessionError::Refused(code));
    let decline = || Command::Decline { by: DeclinedBy::Person, data: String::new() };
    assert_eq!(pair.command(ALICE, session, accept()), refused(Code::NotInvitee));
    assert_eq!(pair.command(ALICE, session, decline()), refused(Code::NotInvitee));
    assert_eq!(pair.command(BOB, session, Command::Cancel { data: "x".into() }), refused(Code::NotInviter));
    assert_eq!(pair.command(BOB, session, Command::Attach), refused(Code::SessionStateInvalid));
    assert_eq!(
        pair.command(BOB, session, Command::SendContext("x".into())),
        refused(Code::SessionStateInvalid)
    );
    let long = "x".repeat(MAX_DATA + 1);
    assert_eq!(
        pair.command(BOB, session, Command::Accept { data: long.clone() }),
        Err(SessionError::DataOverLimit(513))
    );
    assert_eq!(pair.state(BOB, session), Some(State::Invitation));
    pair.command(BOB, session, accept()).unwrap();
    assert_eq!(pair.command(BOB, session, accept()), refused(Code::SessionStateInvalid));
    let other = SessionId([99; 16]);
    assert_eq!(pair.command(BOB, other, accept()), Err(SessionError::NoSuchSession(other)));

    let (mut pair, session) = Pair::connected();
    let over = Command::SendContext("x".repeat(MAX_CONTEXT + 1));
    assert_eq!(pair.command(BOB, session, over), refused(Code::ContextDataOverLimit));
    let mut pair = Pair::new();
    let invite = |contact, application, data: &str| Input::Invite {
        session: SessionId([9; 16]),
        contact,
        application,
        data: data.into(),
    };
    assert_eq!(pair.input(ALICE, invite(address(ALICE), ApplicationId::ASK, "")), refused(Code::InvitedSelf));
    assert_eq!(
        pair.input(ALICE, invite(address(BOB), ApplicationId([0; 16]), "")),
        Err(SessionError::UnknownApplication(ApplicationId([0; 16])))
    );
    assert_eq!(
        pair.input(ALICE, invite(address(BOB), ApplicationId::ASK, &long)),
        Err(SessionError::DataOverLimit(513))
    );
}
