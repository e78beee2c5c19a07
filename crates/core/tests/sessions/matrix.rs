//! Rule 9: every message is legal for one role and phase only. Here is which, message by message; all others change
//! nothing and are counted.

use crate::party::{Party, digest, endpoint};
use rendezvous_core::*;
use std::sync::Arc;
use std::time::Duration;

const TWO: &[&str] = &["ann/desk", "bob/desk"];
const SESSION: SessionId = SessionId([7; 16]);

/// Where a session stands, seen from one side of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Inviting,
    Rang,
    Ringing,
    Accepting,
    Joining,
    AttachedHere,
    AttachedThere,
    Connected,
    Ending,
    Over,
}

use Stage::*;

const INVITER: &[Stage] = &[Inviting, Rang, Joining, AttachedHere, AttachedThere, Connected, Ending, Over];
const INVITEE: &[Stage] =
    &[Ringing, Accepting, Joining, AttachedHere, AttachedThere, Connected, Ending, Over];

/// What the other side can say, each as it would be said in earnest.
const BODIES: [&str; 10] = [
    "Invite",
    "Ringing",
    "Accept",
    "Confirm",
    "Decline",
    "Cancel",
    "Attached",
    "Context",
    "Terminate",
    "UnknownSession",
];

fn body(name: &str) -> Body {
    let data = String::new();
    match name {
        "Invite" => Body::Invite(Arc::new(Invite {
            application: ApplicationId::ASK,
            name: String::new(),
            url: String::new(),
            data,
            lifetime: Duration::from_secs(60),
            versions: Versions::OURS,
            app_invite: false,
            from: Address::new("ann").unwrap(),
        })),
        "Ringing" => Body::Ringing,
        "Accept" => Body::Accept { version: VERSION, data },
        "Confirm" => Body::Confirm,
        "Decline" => Body::Decline { by: DeclinedBy::Person, data },
        "Cancel" => Body::Cancel { reason: CancelReason::Withdrawn, data },
        "Attached" => Body::Attached,
        "Context" => Body::Context(Chunk { text: "x".into(), last: true, abandoned: false }),
        "Terminate" => Body::Terminate { failed: false, result: SessionResult(0), data },
        _ => Body::UnknownSession,
    }
}

/// What may be said to this side at this stage.
fn legal(role: Role, stage: Stage) -> &'static [&'static str] {
    match (role, stage) {
        (Role::Inviter, Inviting) => &["Ringing", "Accept", "Decline", "UnknownSession"],
        (Role::Inviter, Rang) => &["Accept", "Decline", "UnknownSession"],
        (Role::Invitee, Ringing) => &["Cancel", "UnknownSession"],
        (Role::Invitee, Accepting) => &["Confirm", "Cancel", "Terminate", "UnknownSession"],
        (_, Joining | AttachedHere) => &["Attached", "Terminate", "UnknownSession"],
        (_, AttachedThere) => &["Terminate", "UnknownSession"],
        (_, Connected) => &["Context", "Terminate", "UnknownSession"],
        // It shortens the wait for the outcome, no more.
        (_, Ending) => &["UnknownSession"],
        _ => &[],
    }
}

/// A party at this stage, and the number that the other side's next message has.
fn at(role: Role, stage: Stage) -> (Party, u32) {
    let mut party = Party::new(TWO);
    let (here, there) = if role == Role::Inviter { (0, 1) } else { (1, 0) };
    party.invite_as(SESSION, 0, "bob", ApplicationId::ASK).unwrap();
    if stage == Inviting {
        party.hold();
        return (party, 0);
    }
    party.settle();
    if matches!(stage, Rang | Ringing) {
        return (party, 1);
    }
    party.accept(1, SESSION);
    if stage == Accepting {
        party.hold();
        return (party, 1);
    }
    party.settle();
    let attach = |party: &mut Party, who| {
        party.command(who, SESSION, Command::Attach).unwrap();
        party.settle();
    };
    match stage {
        AttachedHere => attach(&mut party, here),
        AttachedThere => attach(&mut party, there),
        Connected | Ending | Over => [here, there].into_iter().for_each(|who| attach(&mut party, who)),
        _ => {}
    }
    if matches!(stage, Ending | Over) {
        let end = Command::Terminate { result: SessionResult(0), data: String::new() };
        party.command(here, SESSION, end).unwrap();
        if stage == Over {
            party.settle();
        } else {
            party.hold();
        }
    }
    let attached = matches!(stage, AttachedThere | Connected | Ending | Over);
    (party, if attached { 3 } else { 2 })
}

fn check(role: Role, stage: Stage, name: &str) {
    let (mut party, sequence) = at(role, stage);
    let (here, from) =
        if role == Role::Inviter { (0, endpoint("bob/desk")) } else { (1, endpoint("ann/desk")) };
    let (before, told) = (digest(&party, here), party.events[here].len());
    let dropped = party.tables[here].dropped();
    let sequence = if name == "UnknownSession" { 0 } else { sequence };
    let message = Message { session: SESSION, sequence, body: body(name) };
    party.input(here, Input::Received { from, message }).unwrap();
    let (after, now) = (digest(&party, here), party.tables[here].dropped());
    let what = format!("{name} to the {role:?}, {stage:?}");
    if legal(role, stage).contains(&name) {
        assert_eq!(now.total(), dropped.total(), "{what} is legal");
        assert!(after != before || party.events[here].len() > told, "{what} did nothing");
        return;
    }
    assert_eq!(after, before, "{what} changed something");
    assert_eq!(party.events[here].len(), told, "{what} was told to somebody");
    let expected = match stage {
        Ending | Over => Dropped { late: dropped.late + 1, ..dropped },
        _ => Dropped { illegal: dropped.illegal + 1, ..dropped },
    };
    assert_eq!(now, expected, "{what} is counted by its kind");
}

#[test]
fn what_an_inviter_may_be_told_and_when() {
    for stage in INVITER {
        BODIES.iter().for_each(|name| check(Role::Inviter, *stage, name));
    }
}

#[test]
fn what_an_invitee_may_be_told_and_when() {
    for stage in INVITEE {
        BODIES.iter().for_each(|name| check(Role::Invitee, *stage, name));
    }
}
