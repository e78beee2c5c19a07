//! What may be lost is sent again, what came twice counts once, and what is over stays over.

use crate::party::{Party, endpoint};
use rendezvous_core::*;
use std::time::Duration;

const TWO: &[&str] = &["ann/desk", "bob/desk"];

fn text(n: usize) -> Command {
    Command::SendContext(n.to_string())
}

fn texts(party: &Party, device: usize, session: SessionId) -> Vec<String> {
    let of = |event: Event| match event {
        Event::ContextData(text) => Some(text),
        _ => None,
    };
    party.told(device, session).into_iter().filter_map(of).collect()
}

#[test]
fn what_may_be_lost_is_sent_again_in_order_and_counts_once() {
    let (mut party, session) = Party::connected(TWO, ApplicationId::ASK);
    (0..3).for_each(|n| party.command(0, session, text(n)).unwrap());
    let sent = party.hold();
    // The first arrived although nobody knows; the others did not.
    party.input(1, Input::Received { from: endpoint("ann/desk"), message: sent[0].message.clone() }).unwrap();
    sent.iter().for_each(|p| party.report(0, p.token, Delivery::Unknown));
    party.input(0, Input::Online).unwrap();
    assert_eq!(party.wire.len(), 3);
    party.settle();
    assert_eq!(texts(&party, 1, session), ["0", "1", "2"]);
    assert_eq!(party.tables[1].dropped().double, 1);
    party.input(0, Input::Online).unwrap();
    assert!(party.wire.is_empty(), "what arrived is not sent again");
}

#[test]
fn a_device_that_comes_back_gets_what_it_missed() {
    let (mut party, session) = Party::connected(TWO, ApplicationId::ASK);
    party.command(0, session, text(1)).unwrap();
    let lost = party.hold();
    party.report(0, lost[0].token, Delivery::Unknown);
    party.input(0, Input::Disappeared(endpoint("bob/desk"))).unwrap();
    assert_eq!(party.state(0, session), Some(State::Connected), "it may come back");
    party.input(0, Input::Appeared(endpoint("bob/desk"))).unwrap();
    party.settle();
    assert_eq!(texts(&party, 1, session), ["1"]);
}

/// Bob's device forgets everything; it knows Ann's device, and she sees it go and come.
fn begins_anew(party: &mut Party) {
    party.tables[1] = Sessions::new(endpoint("bob/desk").contact, SessionConfig::default());
    party.tables[1].install(Application::new(ApplicationId::ASK, "Ask"));
    party.input(0, Input::Disappeared(endpoint("bob/desk"))).unwrap();
    party.input(0, Input::Appeared(endpoint("bob/desk"))).unwrap();
}

#[test]
fn a_device_that_began_anew_is_noticed_at_once() {
    let (mut party, session) = Party::connected(TWO, ApplicationId::ASK);
    begins_anew(&mut party);
    party.settle();
    let ended = Event::Ended { result: Code::ConnectionFailure.into(), data: String::new() };
    assert_eq!(party.told(0, session).last(), Some(&ended));
}

#[test]
fn an_invitation_rings_again_where_it_was_forgotten() {
    let mut party = Party::new(TWO);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    begins_anew(&mut party);
    party.settle();
    assert_eq!(party.state(1, session), Some(State::Invitation));
    party.accept(1, session);
    party.settle();
    assert_eq!(party.state(0, session), Some(State::Accepted));
    let rang = party.told(0, session).into_iter().filter(|e| matches!(e, Event::Ringing(_))).count();
    assert_eq!(rang, 1);
}

#[test]
fn a_device_that_only_came_back_drops_the_double_and_knows_its_sessions() {
    let mut party = Party::new(TWO);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    for (device, other) in [(0, "bob/desk"), (1, "ann/desk")] {
        party.input(device, Input::Disappeared(endpoint(other))).unwrap();
        party.input(device, Input::Appeared(endpoint(other))).unwrap();
    }
    party.settle();
    assert_eq!(
        (party.state(0, session), party.state(1, session)),
        (Some(State::Invitation), Some(State::Invitation))
    );
    assert_eq!(party.tables[1].dropped().double, 1);
    let seen_again = party.input(0, Input::Appeared(endpoint("bob/desk")));
    assert!(seen_again.is_ok() && party.wire.is_empty(), "it was there all the time");
}

#[test]
fn a_lost_text_is_reported_once_and_holds_nothing_up() {
    let (mut party, session) = Party::connected(TWO, ApplicationId::ASK);
    party.command(0, session, Command::SendContext("x".repeat(3 * CONTEXT_CHUNK))).unwrap();
    party.command(0, session, text(2)).unwrap();
    let sent = party.hold();
    assert_eq!(sent.len(), 4);
    party.report(0, sent[0].token, Delivery::Failed);
    sent[1..3].iter().for_each(|p| party.report(0, p.token, Delivery::Failed));
    party.deliver(sent[3].clone());
    party.settle();
    party.input(0, Input::Online).unwrap();
    party.settle();
    let errors = party.told(0, session).into_iter().filter(|e| matches!(e, Event::SendError(_))).count();
    assert_eq!((errors, texts(&party, 1, session)), (1, vec!["2".to_owned()]));
    assert_eq!(party.state(1, session), Some(State::Connected));
}

#[test]
fn a_gap_that_nobody_repairs_ends_it() {
    let (mut party, session) = Party::connected(TWO, ApplicationId::ASK);
    party.command(0, session, text(0)).unwrap();
    party.command(0, session, text(1)).unwrap();
    let sent = party.hold();
    party.deliver(sent[1].clone());
    party.pass(Duration::from_secs(31));
    for device in 0..2 {
        assert_eq!(party.end(device, session), (State::Terminated, Code::SessionProtocolError.into()));
    }
}

#[test]
fn an_ending_behind_a_gap_is_heard_in_the_end() {
    let (mut party, session) = Party::connected(TWO, ApplicationId::ASK);
    party.command(0, session, text(0)).unwrap();
    party.command(0, session, Command::Terminate { result: SessionResult(0), data: String::new() }).unwrap();
    let sent = party.hold();
    party.deliver(sent[1].clone());
    assert_eq!(party.state(1, session), Some(State::Connected), "the text may still come");
    party.pass(Duration::from_secs(31));
    assert_eq!(party.end(1, session), (State::Cancelled, Code::SessionCancelledRemote.into()));
}

#[test]
fn an_invitation_that_is_sent_again_is_not_younger() {
    let mut party = Party::new(TWO);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    let lost = party.hold();
    party.report(0, lost[0].token, Delivery::Unknown);
    party.pass(Duration::from_secs(100));
    party.input(0, Input::Online).unwrap();
    party.settle();
    assert!(matches!(&party.told(1, session)[0], Event::Invited(i) if i.lifetime == Duration::from_secs(20)));
}

#[test]
fn what_is_over_stays_over() {
    let mut party = Party::new(TWO);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    let invite = party.hold().remove(0);
    party.deliver(invite.clone());
    party.settle();
    party.command(0, session, Command::Cancel { data: String::new() }).unwrap();
    party.settle();
    assert_eq!(party.end(1, session), (State::Cancelled, Code::CancelBeforeConnect.into()));
    party.input(1, Input::Received { from: endpoint("ann/desk"), message: invite.message }).unwrap();
    assert!(party.tables[1].is_empty(), "the same invitation does not ring again");
    // A late yes is answered with a Cancel.
    let accept =
        Message { session, sequence: 1, body: Body::Accept { version: VERSION, data: String::new() } };
    party.input(0, Input::Received { from: endpoint("bob/desk"), message: accept }).unwrap();
    assert!(matches!(party.hold()[0].message.body, Body::Cancel { .. }));
    let name = Input::Create { session };
    assert_eq!(party.input(0, name), Err(SessionError::NameTaken(session)));
}

#[test]
fn a_withdrawal_that_overtakes_its_invitation_wins() {
    let mut party = Party::new(TWO);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.command(0, session, Command::Cancel { data: String::new() }).unwrap();
    let sent = party.hold();
    party.deliver(sent[1].clone());
    party.deliver(sent[0].clone());
    assert!(party.tables[1].is_empty());
    assert_eq!(party.events[1], []);
}

#[test]
fn devices_say_which_sessions_stand_and_a_restart_ends_the_others() {
    let (mut party, old) = Party::connected(TWO, ApplicationId::ASK);
    party.tables[1] = Sessions::new(Address::new("bob").unwrap(), SessionConfig::default());
    crate::party::applications(&mut party.tables[1]);
    party.greet(1);
    // A new session between the same devices keeps them talking; the old one ends all the same.
    let new = party.invite(0, "bob", ApplicationId::OFFER);
    party.settle();
    party.accept(1, new);
    party.settle();
    for device in 0..2 {
        party.command(device, new, Command::Attach).unwrap();
        party.settle();
    }
    party.pass(Duration::from_secs(40));
    assert_eq!(party.end(0, old), (State::Terminated, Code::ConnectionFailure.into()));
    party.pass(Duration::from_secs(3600));
    assert_eq!(party.state(0, new), Some(State::Connected));
}

#[test]
fn answers_to_others_are_no_sign_of_life() {
    let (mut party, session) = Party::connected(TWO, ApplicationId::ASK);
    for n in 0..7 {
        party.now = party.now.after(Duration::from_secs(10));
        let body = Body::Accept { version: VERSION, data: String::new() };
        let message = Message { session, sequence: n, body };
        party.input(0, Input::Received { from: endpoint("bob/tv"), message }).unwrap();
        party.input(0, Input::Timeout).unwrap();
    }
    let alive = party.hold().iter().filter(|p| matches!(p.message.body, Body::Alive { .. })).count();
    assert_eq!(alive, 2, "one after each 30 s, whatever strangers do");
}

#[test]
fn what_is_over_leaves_no_timer_behind() {
    let (mut party, session) = Party::connected(TWO, ApplicationId::ASK);
    party.command(0, session, Command::Terminate { result: SessionResult(0), data: String::new() }).unwrap();
    party.settle();
    for table in &party.tables {
        assert!(table.is_empty());
        assert_eq!(table.timeout(), None, "nobody is woken for a session that is over");
    }
}
