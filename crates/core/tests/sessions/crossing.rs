//! Rule 6: invitations that cross.

use crate::party::Party;
use rendezvous_core::*;
use std::sync::Arc;

const TWO: &[&str] = &["ann/desk", "bob/desk"];
const LOW: SessionId = SessionId([1; 16]);
const HIGH: SessionId = SessionId([2; 16]);

#[test]
fn the_lower_name_goes_on_and_rings_and_nothing_accepts_it() {
    for swapped in [false, true] {
        let mut party = Party::new(TWO);
        let (low, high) = if swapped { (1, 0) } else { (0, 1) };
        let name = |device: usize| ["ann", "bob"][1 - device];
        party.invite_as(LOW, low, name(low), ApplicationId::ASK).unwrap();
        party.invite_as(HIGH, high, name(high), ApplicationId::ASK).unwrap();
        party.settle();
        assert_eq!(party.state(low, LOW), Some(State::Invitation));
        assert_eq!(party.state(high, LOW), Some(State::Invitation), "it rings, no more");
        assert_eq!(party.end(high, HIGH).0, State::Cancelled);
        assert!(party.told(high, HIGH).contains(&Event::Cancelled { reason: CancelReason::Crossed }));
        assert_eq!(party.told(low, HIGH), [], "it never rang");
        party.accept(high, LOW);
        party.settle();
        assert_eq!(party.state(low, LOW), Some(State::Accepted));
    }
}

#[test]
fn one_that_is_lost_leaves_none_and_never_two() {
    let mut party = Party::new(TWO);
    party.invite_as(LOW, 0, "bob", ApplicationId::ASK).unwrap();
    let lost = party.hold();
    party.report(0, lost[0].token, Delivery::Unknown);
    party.invite_as(HIGH, 1, "ann", ApplicationId::ASK).unwrap();
    party.settle();
    assert_eq!(party.end(1, HIGH), (State::Cancelled, Code::CancelBeforeConnect.into()));
    party.input(0, Input::Online).unwrap();
    party.settle();
    assert_eq!(party.state(1, LOW), Some(State::Invitation), "it came after all");
}

/// Found by the fuzzer: only the last of them gave way.
#[test]
fn every_invitation_of_ours_gives_way_to_the_one_that_goes_first() {
    let mut party = Party::new(TWO);
    let higher = SessionId([3; 16]);
    for session in [HIGH, higher] {
        party.invite_as(session, 0, "bob", ApplicationId::ASK).unwrap();
    }
    party.invite_as(LOW, 1, "ann", ApplicationId::ASK).unwrap();
    // Theirs comes, and ours are still under way.
    let theirs = party.hold().into_iter().find(|packet| packet.message.session == LOW).unwrap();
    party.deliver(theirs);
    assert_eq!(party.state(0, LOW), Some(State::Invitation));
    for session in [HIGH, higher] {
        assert_eq!(party.state(0, session), Some(State::Cancelled));
    }
}

/// Ann looks at one invitation of Bob's a minute; the one that takes the place of hers does not count as one more.
#[test]
fn where_no_more_are_looked_at_the_one_that_crosses_goes_on_and_no_other() {
    let limits = Limits { invitations_per_minute: 1, ..Limits::default() };
    let mut party = Party::with(TWO, SessionConfig { limits, ..SessionConfig::default() });
    let [before, after] = [3, 4].map(|n| SessionId([n; 16]));
    party.invite_as(before, 1, "ann", ApplicationId::ASK).unwrap();
    party.settle();
    let no = Command::Decline { by: DeclinedBy::Person, data: String::new() };
    party.command(0, before, no).unwrap();
    party.settle();

    party.invite_as(HIGH, 0, "bob", ApplicationId::ASK).unwrap();
    party.invite_as(LOW, 1, "ann", ApplicationId::ASK).unwrap();
    party.settle();
    assert_eq!([party.state(0, LOW), party.state(1, LOW)], [Some(State::Invitation); 2]);
    assert!(party.told(0, LOW).iter().any(|e| matches!(e, Event::Invited(_))), "it rings");
    assert_eq!(party.end(0, HIGH).0, State::Cancelled);
    assert_eq!(party.tables[0].dropped().limited, 0);

    party.invite_as(after, 1, "ann", ApplicationId::OFFER).unwrap();
    party.settle();
    assert_eq!(party.end(1, after).0, State::Declined);
    assert_eq!(party.tables[0].dropped().limited, 1);
}

/// An invitation that is declined by a rule takes nobody's place.
#[test]
fn where_no_more_are_looked_at_one_that_crosses_and_cannot_go_on_is_no_exception() {
    let limits = Limits { invitations_per_minute: 1, ..Limits::default() };
    let mut party = Party::with(TWO, SessionConfig { limits, ..SessionConfig::default() });
    party.invite_as(SessionId([9; 16]), 0, "bob", ApplicationId::ASK).unwrap();
    for n in 1..=5 {
        party.invite_as(SessionId([n; 16]), 1, "ann", ApplicationId::ASK).unwrap();
    }
    for mut theirs in party.hold().into_iter().filter(|packet| packet.to == 0) {
        let Body::Invite(invite) = theirs.message.body else { panic!("{theirs:?}") };
        let versions = Versions { lowest: 900, highest: 900 };
        theirs.message.body = Body::Invite(Arc::new(Invite { versions, ..Invite::clone(&invite) }));
        party.deliver(theirs);
    }
    assert_eq!(party.tables[0].dropped().limited, 4, "of five one is looked at");
}

/// The limit on how many ring goes first: a hostile server could otherwise make more ring by letting them cross.
#[test]
fn where_as_many_ring_as_may_neither_goes_on_and_both_are_told() {
    let mut party = Party::new(&["ann/desk", "bob/desk", "carl/desk", "dora/desk", "emil/desk"]);
    for other in 2..5u8 {
        party.invite_as(SessionId([other + 7; 16]), other.into(), "ann", ApplicationId::ASK).unwrap();
    }
    party.settle();
    party.invite_as(HIGH, 0, "bob", ApplicationId::ASK).unwrap();
    party.invite_as(LOW, 1, "ann", ApplicationId::ASK).unwrap();
    party.settle();
    assert_eq!(party.end(0, HIGH).0, State::Cancelled);
    assert_eq!(party.told(0, LOW), [], "it never rang");
    assert!(party.told(1, LOW).contains(&Event::Declined { by: DeclinedBy::Busy }));
    assert_eq!(party.end(1, LOW).0, State::Declined);
}

#[test]
fn other_applications_do_not_cross() {
    let mut party = Party::new(TWO);
    let other = ApplicationId([9; 16]);
    party.tables.iter_mut().for_each(|t| t.install(Application::new(other, "Chess")));
    party.invite_as(LOW, 0, "bob", ApplicationId::ASK).unwrap();
    party.invite_as(HIGH, 1, "ann", other).unwrap();
    party.settle();
    for session in [LOW, HIGH] {
        assert_eq!(party.state(0, session), Some(State::Invitation));
    }
}

#[test]
fn accepting_the_offer_withdraws_the_ask() {
    let mut party = Party::new(TWO);
    party.invite_as(LOW, 0, "bob", ApplicationId::ASK).unwrap();
    party.invite_as(HIGH, 1, "ann", ApplicationId::OFFER).unwrap();
    party.settle();
    assert_eq!(party.state(1, LOW), Some(State::Invitation), "both ring until one is answered");
    party.accept(0, HIGH);
    assert_eq!(party.state(0, LOW), Some(State::Cancelled));
    party.settle();
    assert_eq!(party.end(1, LOW), (State::Cancelled, Code::CancelBeforeConnect.into()));
    assert_eq!(party.state(1, HIGH), Some(State::Accepted));
}

#[test]
fn their_yes_to_ours_stops_theirs() {
    let mut party = Party::new(&["ann/desk", "bob/desk", "bob/phone"]);
    party.invite_as(LOW, 0, "bob", ApplicationId::ASK).unwrap();
    party.settle();
    party.invite_as(HIGH, 1, "ann", ApplicationId::OFFER).unwrap();
    party.settle();
    // The phone, which knows nothing of the desk's offer, accepts.
    party.accept(2, LOW);
    party.settle();
    assert_eq!(party.state(0, LOW), Some(State::Accepted));
    assert_eq!(party.end(0, HIGH).0, State::Cancelled);
    assert_eq!(party.end(1, HIGH).0, State::Cancelled);
}

#[test]
fn what_is_open_already_is_not_invited_to_again() {
    let (mut party, session) = Party::connected(TWO, ApplicationId::ASK);
    let again = party.invite_as(HIGH, 0, "bob", ApplicationId::ASK);
    assert_eq!(again, Err(SessionError::AlreadyOpen(session)));
    party.invite_as(HIGH, 0, "bob", ApplicationId::OFFER).unwrap();
}
