//! Rule 12: nothing grows without a bound, and whoever is over one is told.

use crate::party::{Party, endpoint};
use rendezvous_core::*;
use std::sync::Arc;
use std::time::Duration;

fn invite(application: ApplicationId, lifetime: u64, versions: Versions) -> Body {
    Body::Invite(Arc::new(Invite {
        application,
        name: "Help".into(),
        url: "https://example.org".into(),
        data: String::new(),
        lifetime: Duration::from_secs(lifetime),
        versions,
        app_invite: false,
        from: Address::new("nobody").unwrap(),
    }))
}

/// Ann's table gets this from a device that is not part of the party; what it answers.
fn answer_to(table: &mut Sessions, from: &str, id: u8, body: Body) -> Option<Body> {
    let message = Message { session: SessionId([id; 16]), sequence: 0, body };
    table.handle_input(Time(1_000), Input::Received { from: endpoint(from), message }).unwrap();
    let mut answer = None;
    loop {
        match table.poll_output() {
            Output::Send { message, .. } => answer = Some(message.body),
            Output::Event { .. } => {}
            Output::Timeout(_) => return answer,
        }
    }
}

fn ann() -> Sessions {
    let mut table = Sessions::new(Address::new("ann").unwrap(), SessionConfig::default());
    crate::party::applications(&mut table);
    table
}

fn declined(by: DeclinedBy) -> Option<Body> {
    Some(Body::Decline { by, data: String::new() })
}

#[test]
fn one_invitation_rings_for_each_contact_and_three_in_all() {
    let mut table = ann();
    let ask = || invite(ApplicationId::ASK, 60, Versions::OURS);
    assert_eq!(answer_to(&mut table, "bob/desk", 1, ask()), Some(Body::Ringing));
    let offer = invite(ApplicationId::OFFER, 60, Versions::OURS);
    assert_eq!(answer_to(&mut table, "bob/desk", 2, offer), declined(DeclinedBy::Busy));
    assert_eq!(answer_to(&mut table, "cat/desk", 3, ask()), Some(Body::Ringing));
    assert_eq!(answer_to(&mut table, "dan/desk", 4, ask()), Some(Body::Ringing));
    assert_eq!(answer_to(&mut table, "eve/desk", 5, ask()), declined(DeclinedBy::Busy));
    assert_eq!(table.len(), 3);
    assert_eq!(table.dropped().declined, 2);
}

#[test]
fn ten_invitations_a_minute_are_looked_at() {
    let mut table = ann();
    let unknown = || invite(ApplicationId([9; 16]), 60, Versions::OURS);
    for id in 1..=10 {
        assert_eq!(answer_to(&mut table, "eve/desk", id, unknown()), declined(DeclinedBy::NotInstalled));
    }
    assert_eq!(answer_to(&mut table, "eve/desk", 11, unknown()), declined(DeclinedBy::Busy));
    assert_eq!(table.dropped().limited, 1);
    assert_eq!(
        answer_to(&mut table, "bob/desk", 12, unknown()),
        declined(DeclinedBy::NotInstalled),
        "others are not touched"
    );
}

#[test]
fn strangers_without_end_leave_no_trace() {
    let config = SessionConfig {
        limits: Limits { contacts: 50, tombstones: 20, ..Limits::default() },
        ..SessionConfig::default()
    };
    let mut table = Sessions::new(Address::new("ann").unwrap(), config);
    for n in 0..2_000u16 {
        let mut id = [1; 16];
        id[..2].copy_from_slice(&n.to_le_bytes());
        let body = invite(ApplicationId([9; 16]), 60, Versions::OURS);
        let message = Message { session: SessionId(id), sequence: 0, body };
        let from = endpoint(&format!("stranger{n}/x"));
        table.handle_input(Time(1_000), Input::Received { from, message }).unwrap();
        while !matches!(table.poll_output(), Output::Timeout(_)) {}
    }
    assert!(table.dropped().limited >= 1_900, "{:?}", table.dropped());
    assert!(format!("{table:?}").len() < 60_000, "what is kept is bounded");
}

#[test]
fn versions_that_do_not_meet_are_declined_and_end_terminated() {
    let mut table = ann();
    let newer = invite(ApplicationId::ASK, 60, Versions { lowest: 2, highest: 9 });
    assert_eq!(answer_to(&mut table, "bob/desk", 1, newer), declined(DeclinedBy::Version));
    let mut party = Party::new(&["ann/desk", "bob/desk"]);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.hold();
    let body = Body::Decline { by: DeclinedBy::Version, data: String::new() };
    let message = Message { session, sequence: 0, body };
    party.input(0, Input::Received { from: endpoint("bob/desk"), message }).unwrap();
    assert_eq!(party.end(0, session), (State::Terminated, Code::OldSipStack.into()));
}

#[test]
fn what_ran_out_does_not_ring_and_a_name_of_zeros_is_none() {
    let mut table = ann();
    assert_eq!(answer_to(&mut table, "bob/desk", 1, invite(ApplicationId::ASK, 0, Versions::OURS)), None);
    assert_eq!(answer_to(&mut table, "bob/desk", 0, invite(ApplicationId::ASK, 60, Versions::OURS)), None);
    assert_eq!(answer_to(&mut table, "ann/phone", 2, invite(ApplicationId::ASK, 60, Versions::OURS)), None);
    assert!(table.is_empty());
}

#[test]
fn context_under_way_has_a_limit_and_goes_on_when_it_arrived() {
    let (mut party, session) = Party::connected(&["ann/desk", "bob/desk"], ApplicationId::ASK);
    let text = || Command::SendContext("x".repeat(MAX_CONTEXT));
    for _ in 0..4 {
        party.command(0, session, text()).unwrap();
    }
    let full = party.command(0, session, Command::SendContext("x".into()));
    assert_eq!(full, Err(SessionError::TooMuchInFlight(256 * 1024)));
    assert_eq!(full.unwrap_err().number(), 0x8007_000E);
    party.settle();
    party.command(0, session, text()).unwrap();
}

#[test]
fn every_limit_holds_exactly() {
    let (mut party, session) = Party::connected(&["ann/desk", "bob/desk"], ApplicationId::ASK);
    let over = |n: usize| Err(SessionError::DataOverLimit(n));
    let data = |n: usize| "x".repeat(n);
    party.command(0, session, Command::SendContext(data(MAX_CONTEXT))).unwrap();
    party.settle();
    assert_eq!(
        party.command(0, session, Command::SendContext(data(MAX_CONTEXT + 1))),
        Err(SessionError::Refused(Code::ContextDataOverLimit))
    );
    let terminate = |n| Command::Terminate { result: SessionResult(0), data: data(n) };
    assert_eq!(party.command(0, session, terminate(513)), over(513));
    party.command(0, session, terminate(512)).unwrap();

    let mut party = Party::new(&["ann/desk", "bob/desk"]);
    let invite = |n| Input::Invite {
        session: SessionId([1; 16]),
        contact: Address::new("bob").unwrap(),
        application: ApplicationId::ASK,
        data: data(n),
    };
    assert_eq!(party.input(0, invite(513)), over(513));
    party.input(0, invite(512)).unwrap();
    party.settle();
    let session = SessionId([1; 16]);
    assert_eq!(party.command(1, session, Command::Accept { data: data(513) }), over(513));
    let decline = |n| Command::Decline { by: DeclinedBy::Person, data: data(n) };
    assert_eq!(party.command(1, session, decline(513)), over(513));
    assert_eq!(party.command(0, session, Command::Cancel { data: data(513) }), over(513));
    party.command(1, session, Command::Accept { data: data(512) }).unwrap();
}

#[test]
fn a_legacy_peer_takes_300_characters_and_an_application_invite_none() {
    let mut table = ann();
    assert_eq!(
        answer_to(&mut table, "bob/xp", 1, invite(ApplicationId::ASK, 60, Versions::LEGACY)),
        Some(Body::Ringing)
    );
    let session = SessionId([1; 16]);
    let mut step = |input| {
        let result = table.handle_input(Time(1_000), input);
        while !matches!(table.poll_output(), Output::Timeout(_)) {}
        result
    };
    let command = |command| Input::Command { session, command };
    let from = |sequence, body| Input::Received {
        from: endpoint("bob/xp"),
        message: Message { session, sequence, body },
    };
    step(command(Command::Accept { data: String::new() })).unwrap();
    step(from(1, Body::Confirm)).unwrap();
    step(command(Command::Attach)).unwrap();
    step(from(2, Body::Attached)).unwrap();
    step(command(Command::SendContext("é".repeat(300)))).unwrap();
    assert_eq!(
        step(command(Command::SendContext("é".repeat(301)))),
        Err(SessionError::Refused(Code::ContextDataOverLimit))
    );
    assert_eq!(flags::rendezvous_of(table.get(session).unwrap()), 2 | 8);

    let chess = ApplicationId([9; 16]);
    let mut party = Party::new(&["ann/desk", "bob/desk"]);
    let legacy = Application { legacy: true, ..Application::new(chess, "Chess") };
    party.tables.iter_mut().for_each(|t| t.install(legacy.clone()));
    let session = party.invite(0, "bob", chess);
    party.settle();
    party.accept(1, session);
    party.settle();
    for device in 0..2 {
        party.command(device, session, Command::Attach).unwrap();
        party.settle();
        let masks = flags::session_invite_of(party.tables[device].get(session).unwrap());
        assert_eq!(masks & flags::SF_APP_INVITE_COMPATIBLE, 4);
    }
    assert_eq!(
        party.command(0, session, Command::SendContext("x".into())),
        Err(SessionError::Refused(Code::NotValidForAppInvite))
    );
}

#[test]
fn a_device_says_once_that_it_rings() {
    let mut party = Party::new(&["ann/desk", "bob/desk"]);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    party.settle();
    for sequence in 1..100 {
        let message = Message { session, sequence, body: Body::Ringing };
        party.input(0, Input::Received { from: endpoint("bob/desk"), message }).unwrap();
    }
    let rang = party.told(0, session).iter().filter(|e| matches!(e, Event::Ringing(_))).count();
    assert_eq!((rang, party.tables[0].dropped().illegal), (1, 99));
    party.accept(1, session);
    party.settle();
    assert_eq!(party.state(0, session), Some(State::Accepted), "and nothing of it stands in the way");
}

#[test]
fn withdrawals_of_what_never_came_are_remembered_no_faster_than_invitations_are_looked_at() {
    let mut table = ann();
    let cancel = || Body::Cancel { reason: CancelReason::Withdrawn, data: String::new() };
    for id in 1..=200 {
        assert_eq!(answer_to(&mut table, "eve/desk", id, cancel()), None);
    }
    assert_eq!((table.dropped().unknown, table.dropped().limited), (10, 190));
    let ask = invite(ApplicationId::ASK, 60, Versions::OURS);
    assert_eq!(answer_to(&mut table, "eve/desk", 10, ask), None, "a withdrawal wins, whichever came first");
    let ask = invite(ApplicationId::ASK, 60, Versions::OURS);
    assert_eq!(answer_to(&mut table, "bob/desk", 201, ask), Some(Body::Ringing), "others are not touched");
}

#[test]
fn one_contact_cannot_make_us_forget_what_is_over_with_another() {
    let config =
        SessionConfig { limits: Limits { tombstones: 50, ..Limits::default() }, ..SessionConfig::default() };
    let mut party = Party::with(&["ann/desk", "bob/desk"], config);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    let invite_of_ann = party.hold().remove(0);
    party.deliver(invite_of_ann.clone());
    party.command(0, session, Command::Cancel { data: String::new() }).unwrap();
    party.settle();
    assert!(party.tables[1].is_empty());
    // Eve's invitations stand for a day, so that they are remembered for longest; ten a minute are looked at.
    for n in 0..100u8 {
        party.now = party.now.after(Duration::from_secs(1));
        let body = invite(ApplicationId([9; 16]), 24 * 3600, Versions::OURS);
        let message = Message { session: SessionId([100 + n; 16]), sequence: 0, body };
        let from = endpoint(&format!("eve{}/desk", n / 10));
        party.input(1, Input::Received { from, message }).unwrap();
    }
    party.input(1, Input::Received { from: endpoint("ann/desk"), message: invite_of_ann.message }).unwrap();
    assert!(party.tables[1].is_empty(), "what ann withdrew rings again");
}
