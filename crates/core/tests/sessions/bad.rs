//! Bad input: oversized, replayed, redirected and senseless messages change nothing, are counted, and never panic.

use crate::party::{Packet, Party, digest, endpoint};
use proptest::collection::vec;
use proptest::prelude::*;
use rendezvous_core::*;
use std::sync::Arc;
use std::time::Duration;

const TWO: &[&str] = &["ann/desk", "bob/desk"];

fn text(n: usize) -> String {
    "x".repeat(n)
}

fn invite(name: usize, url: usize, data: usize) -> Body {
    Body::Invite(Arc::new(Invite {
        application: ApplicationId::ASK,
        name: text(name),
        url: text(url),
        data: text(data),
        lifetime: Duration::from_secs(60),
        versions: Versions::OURS,
        app_invite: false,
        from: Address::new("ann").unwrap(),
    }))
}

#[test]
fn one_byte_over_a_limit_is_too_much_in_every_message() {
    let ids = |n: u8| (0..n).map(|n| SessionId([n; 16])).collect();
    let bodies: Vec<[Body; 2]> = vec![
        [invite(256, 256, 512), invite(257, 0, 0)],
        [invite(256, 256, 512), invite(0, 257, 0)],
        [invite(256, 256, 512), invite(0, 0, 513)],
        [512, 513].map(|n| Body::Accept { version: VERSION, data: text(n) }),
        [512, 513].map(|n| Body::Decline { by: DeclinedBy::Person, data: text(n) }),
        [512, 513].map(|n| Body::Cancel { reason: CancelReason::Withdrawn, data: text(n) }),
        [512, 513].map(|n| Body::Terminate { failed: true, result: SessionResult(1), data: text(n) }),
        [8192, 8193].map(|n| Body::Context(Chunk { text: text(n), last: true, abandoned: false })),
        [64, 65].map(|n| Body::Alive { sessions: ids(n) }),
    ];
    for [fits, over] in bodies {
        let (mut party, session) = Party::connected(TWO, ApplicationId::ASK);
        let before = digest(&party, 1);
        let mut receive = |body| {
            let message = Message { session, sequence: 3, body };
            party.input(1, Input::Received { from: endpoint("ann/desk"), message }).unwrap();
            (digest(&party, 1), party.tables[1].dropped().oversized)
        };
        let what = format!("{:?}", std::mem::discriminant(&over));
        assert_eq!(receive(over), (before, 1), "{what}");
        assert_eq!(receive(fits).1, 1, "what is exactly at the limit is not oversized: {what}");
    }
}

/// A whole life, step by step; after each step everything that was ever under way.
fn life(mut after_each_step: impl FnMut(&mut Party, SessionId, &[Packet])) {
    let mut party = Party::new(TWO);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    let data = String::new;
    let steps = [
        (1, Command::Accept { data: data() }),
        (1, Command::Attach),
        (0, Command::Attach),
        (0, Command::SendContext("one".into())),
        (1, Command::SendContext("two".into())),
        (0, Command::Terminate { result: SessionResult(0), data: data() }),
    ];
    let mut seen = Vec::new();
    let settle = |party: &mut Party, seen: &mut Vec<Packet>| {
        while let Some(packet) = party.wire.pop_front() {
            seen.push(packet.clone());
            party.deliver(packet);
        }
    };
    settle(&mut party, &mut seen);
    after_each_step(&mut party, session, &seen);
    for (who, command) in steps {
        party.command(who, session, command).unwrap();
        settle(&mut party, &mut seen);
        after_each_step(&mut party, session, &seen);
    }
    assert!(party.tables.iter().all(Sessions::is_empty) && seen.len() == 9, "a life has nine messages");
}

/// Gives a device a message and sees that nothing comes of it, but perhaps an answer to its sender.
fn must_be_harmless(party: &mut Party, to: usize, from: Endpoint, message: Message) {
    let (before, told, dropped) = (digest(party, to), party.events[to].len(), party.tables[to].dropped());
    let what = format!("{message:?} from {from}");
    party.input(to, Input::Received { from, message }).unwrap();
    assert_eq!(digest(party, to), before, "{what} changed something");
    assert_eq!(party.events[to].len(), told, "{what} was told to somebody");
    assert_eq!(party.tables[to].dropped().total(), dropped.total() + 1, "{what} was not counted");
    party.hold();
}

#[test]
fn every_message_of_a_life_can_be_played_again_at_any_later_moment_and_nothing_comes_of_it() {
    life(|party, _, seen| {
        // A copy is no sign of life either: the moment when the other side was last heard does not move.
        let now = party.now;
        party.now = now.after(Duration::from_secs(1));
        for Packet { from, to, message, .. } in seen {
            let from = party.names[*from].clone();
            must_be_harmless(party, *to, from, message.clone());
        }
        party.now = now;
    });
}

#[test]
fn every_message_of_a_life_means_nothing_under_another_name_or_from_another_device() {
    life(|party, session, seen| {
        for Packet { from, to, message, .. } in seen {
            for sequence in 0..5 {
                let message = Message { sequence, ..message.clone() };
                if !matches!(message.body, Body::Invite(_)) {
                    must_be_harmless(party, *to, endpoint("eve/desk"), message.clone());
                }
                let another = Endpoint { device: "tv".into(), ..party.names[*from].clone() };
                if party.tables[*to].get(session).is_some() {
                    must_be_harmless(party, *to, another, message);
                }
            }
        }
    });
}

#[test]
fn every_message_of_a_life_means_nothing_in_another_session() {
    let (mut party, session) = Party::connected(TWO, ApplicationId::OFFER);
    let mut messages = Vec::new();
    life(|_, _, seen| messages = seen.to_vec());
    for Packet { to, message, .. } in messages {
        // What comes in this session's turn is its own; everything else of another session is not.
        let moved = Message { session, sequence: message.sequence.min(2), ..message };
        if moved.body != Body::UnknownSession {
            let from = party.names[1 - to].clone();
            must_be_harmless(&mut party, to, from, moved);
        }
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "\\PC{0,4}", 1 => (510usize..516).prop_map(text), 1 => (8190usize..8196).prop_map(text)]
}

fn any_body() -> impl Strategy<Value = Body> {
    let versions = (any::<u16>(), any::<u16>()).prop_map(|(lowest, highest)| Versions { lowest, highest });
    let versions = prop_oneof![3 => Just(Versions::OURS), 1 => Just(Versions::LEGACY), 1 => versions];
    let application = prop_oneof![
        3 => Just(ApplicationId::ASK),
        2 => Just(ApplicationId::OFFER),
        1 => any::<[u8; 16]>().prop_map(ApplicationId)
    ];
    let lifetime = prop_oneof![Just(Duration::ZERO), Just(Duration::from_secs(60)), Just(Duration::MAX)];
    let invite = (application, any_text(), versions, lifetime, any::<bool>()).prop_map(
        |(application, data, versions, lifetime, app_invite)| {
            let from = Address::new("nobody").unwrap();
            let (name, url) = (data.clone(), data.clone());
            Body::Invite(Arc::new(Invite {
                application,
                name,
                url,
                data,
                lifetime,
                versions,
                app_invite,
                from,
            }))
        },
    );
    let by = prop_oneof![
        Just(DeclinedBy::Person),
        Just(DeclinedBy::Busy),
        Just(DeclinedBy::Version),
        Just(DeclinedBy::Crossed)
    ];
    let reason = prop_oneof![
        Just(CancelReason::Withdrawn),
        Just(CancelReason::Timeout),
        Just(CancelReason::AnsweredElsewhere),
        Just(CancelReason::Crossed)
    ];
    prop_oneof![
        3 => invite,
        1 => Just(Body::Ringing),
        2 => (prop_oneof![Just(VERSION), any::<u16>()], any_text())
            .prop_map(|(version, data)| Body::Accept { version, data }),
        2 => Just(Body::Confirm),
        1 => (by, any_text()).prop_map(|(by, data)| Body::Decline { by, data }),
        1 => (reason, any_text()).prop_map(|(reason, data)| Body::Cancel { reason, data }),
        2 => Just(Body::Attached),
        3 => (any_text(), any::<bool>(), any::<bool>())
            .prop_map(|(text, last, abandoned)| Body::Context(Chunk { text, last, abandoned })),
        1 => (any::<bool>(), any::<u32>(), any_text())
            .prop_map(|(failed, n, data)| Body::Terminate { failed, result: SessionResult(n), data }),
        1 => vec(any_session(), 0..66).prop_map(|sessions| Body::Alive { sessions }),
        1 => Just(Body::UnknownSession),
    ]
}

fn any_session() -> impl Strategy<Value = SessionId> {
    (0u8..5).prop_map(|n| SessionId([n; 16]))
}

fn any_device() -> impl Strategy<Value = Endpoint> {
    prop_oneof![4 => Just("bob/desk"), 1 => Just("bob/tv"), 1 => Just("eve/desk"), 1 => Just("ann/phone")]
        .prop_map(endpoint)
}

fn any_sequence() -> impl Strategy<Value = u32> {
    prop_oneof![8 => 0u32..5, 1 => Just(u32::MAX), 1 => any::<u32>()]
}

/// Whatever a network can bring about, and what a person may do in between; never a yes.
fn any_input() -> impl Strategy<Value = Input> {
    let token = (any_session(), any::<u16>(), proptest::option::of(any_sequence()))
        .prop_map(|(session, link, sequence)| Token { session, link: link % 3, sequence });
    let outcome = prop_oneof![Just(Delivery::Delivered), Just(Delivery::Failed), Just(Delivery::Unknown)];
    let bob = Address::new("bob").unwrap();
    prop_oneof![
        12 => (any_device(), any_session(), any_sequence(), any_body()).prop_map(
            |(from, session, sequence, body)| {
                Input::Received { from, message: Message { session, sequence, body } }
            }
        ),
        3 => (token, outcome).prop_map(|(token, outcome)| Input::Delivery { token, outcome }),
        1 => any_device().prop_map(Input::Appeared),
        1 => any_device().prop_map(Input::Disappeared),
        1 => any_device().prop_map(Input::Lost),
        1 => Just(Input::Online),
        1 => Just(Input::Offline),
        1 => any_session().prop_map(|session| Input::Create { session }),
        2 => (any_session(), any_text()).prop_map(move |(session, data)| Input::Invite {
            session,
            contact: bob.clone(),
            application: ApplicationId::ASK,
            data,
        }),
        2 => any_session().prop_map(|session| Input::Command { session, command: Command::Attach }),
        1 => Just(Input::Timeout),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    /// Whatever comes, in whatever order: no panic, no yes in the person's place, every end told once, and when
    /// nothing comes any more everything ends.
    #[test]
    fn no_nonsense_panics_accepts_or_hangs(inputs in vec((any_input(), 0u64..40_000), 1..60)) {
        let mut party = Party::new(&["ann/desk"]);
        for (input, pause) in inputs {
            party.now = party.now.after(Duration::from_millis(pause));
            // A refusal is an answer too.
            _ = party.input(0, input);
            for session in party.tables[0].iter().filter(|s| s.role() == Role::Invitee) {
                prop_assert!(!matches!(session.state(), State::Accepted | State::Connected));
            }
        }
        party.hold();
        for _ in 0..10_000 {
            let Some(due) = party.tables[0].timeout() else { break };
            party.now = due.max(party.now);
            party.input(0, Input::Timeout).unwrap();
            party.hold();
        }
        prop_assert!(party.tables[0].is_empty(), "something hangs");
        for (session, _) in party.events[0].clone() {
            let told = party.told(0, session);
            let ends = told.iter().filter(|e| matches!(e, Event::Ended { .. })).count();
            let begun = told.iter().any(|e| matches!(e, Event::StateChanged { .. }));
            prop_assert!(!begun || ends >= 1 && matches!(told.last(), Some(Event::Ended { .. } | Event::AppNotPresent { .. })), "{told:?}");
        }
    }
}
