//! Rule 5: several devices ring, one wins.

use crate::party::{Party, endpoint};
use rendezvous_core::*;
use std::time::Duration;

const THREE: &[&str] = &["ann/desk", "bob/desk", "bob/phone"];

fn decline(by: DeclinedBy) -> Command {
    Command::Decline { by, data: String::new() }
}

#[test]
fn all_devices_ring_and_the_first_to_accept_is_the_one() {
    let mut party = Party::new(THREE);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    for device in ["bob/desk", "bob/phone"] {
        assert!(party.told(0, session).contains(&Event::Ringing(endpoint(device))));
    }
    party.accept(2, session);
    party.settle();
    assert_eq!(party.end(1, session), (State::Cancelled, Code::CancelBeforeConnect.into()));
    assert!(party.told(1, session).contains(&Event::Cancelled { reason: CancelReason::AnsweredElsewhere }));
    assert_eq!(party.tables[0].get(session).unwrap().endpoint(), Some(&endpoint("bob/phone")));
}

#[test]
fn two_who_accept_at_once_leave_one_winner() {
    let mut party = Party::new(THREE);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    party.accept(1, session);
    party.accept(2, session);
    party.settle();
    let launched: Vec<usize> =
        (1..3).filter(|device| party.told(*device, session).contains(&Event::Launch)).collect();
    assert_eq!(launched, [1], "the one whose answer came first");
    assert_eq!(party.end(2, session), (State::Cancelled, Code::CancelBeforeConnect.into()));
}

#[test]
fn a_persons_no_is_one_on_all_devices() {
    let mut party = Party::new(THREE);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    party.command(1, session, decline(DeclinedBy::Person)).unwrap();
    party.settle();
    assert_eq!(party.end(0, session), (State::Declined, Code::InvitationDeclined.into()));
    assert_eq!(party.end(2, session), (State::Cancelled, Code::CancelBeforeConnect.into()));
}

#[test]
fn a_rules_no_drops_one_device_and_the_last_one_ends_it() {
    let mut party = Party::new(THREE);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    party.command(1, session, decline(DeclinedBy::Busy)).unwrap();
    party.settle();
    assert_eq!(party.state(0, session), Some(State::Invitation));
    party.command(2, session, decline(DeclinedBy::Policy)).unwrap();
    party.settle();
    assert_eq!(party.end(0, session), (State::Declined, Code::InvitationDeclined.into()));
    assert!(party.told(0, session).contains(&Event::Declined { by: DeclinedBy::Policy }));
}

#[test]
fn a_device_that_appears_while_it_rings_rings_for_what_is_left() {
    let mut party = Party::new(&["ann/desk", "bob/desk"]);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    party.pass(Duration::from_secs(80));
    party.names.push(endpoint("bob/phone"));
    let mut table = Sessions::new(Address::new("bob").unwrap(), SessionConfig::default());
    crate::party::applications(&mut table);
    party.tables.push(table);
    party.events.push(Vec::new());
    party.input(0, Input::Appeared(endpoint("bob/phone"))).unwrap();
    party.settle();
    let Event::Invited(invite) = &party.told(2, session)[0] else { panic!("it does not ring") };
    assert_eq!(invite.lifetime, Duration::from_secs(40));
    party.pass(Duration::from_secs(41));
    for device in 0..3 {
        assert_eq!(party.end(device, session), (State::Terminated, Code::SessionTimeout.into()));
    }
}

#[test]
fn a_device_that_cannot_be_reached_is_passed_over_and_the_last_one_ends_it() {
    let mut party = Party::new(THREE);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    let invites = party.hold();
    party.report(0, invites[0].token, Delivery::Failed);
    assert_eq!(party.state(0, session), Some(State::Invitation));
    party.report(0, invites[1].token, Delivery::Failed);
    assert_eq!(party.end(0, session), (State::Terminated, Code::InvitationSendFailure.into()));
}

#[test]
fn a_device_that_was_out_and_accepts_late_is_told_to_stop() {
    let mut party = Party::new(THREE);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    party.accept(1, session);
    party.accept(2, session);
    let accepts = party.hold();
    party.deliver(accepts[0].clone());
    // The Cancel to the phone is lost; its Accept comes late, and is answered once more.
    party.hold();
    party.deliver(accepts[1].clone());
    party.settle();
    assert_eq!(party.end(2, session), (State::Cancelled, Code::CancelBeforeConnect.into()));
    assert_eq!(party.state(0, session), Some(State::Accepted));
}

#[test]
fn who_is_out_is_not_heard_again() {
    let mut party = Party::new(THREE);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.hold();
    let says = |sequence, body| Input::Received {
        from: endpoint("bob/desk"),
        message: Message { session, sequence, body },
    };
    // An acceptance out of order, then a rule's refusal with the number before it.
    party.input(0, says(1, Body::Accept { version: VERSION, data: String::new() })).unwrap();
    party.input(0, says(0, Body::Decline { by: DeclinedBy::Busy, data: String::new() })).unwrap();
    assert_eq!(party.state(0, session), Some(State::Invitation), "the phone rings on");
}
