//! Nothing that comes over a wire accepts, and nothing foreign changes anything.

use crate::pair::{ALICE, BOB, Pair, address, endpoint};
use crate::party::{Party, endpoint as device};
use proptest::collection::vec;
use proptest::prelude::*;
use rendezvous_core::*;
use std::sync::Arc;
use std::time::Duration;

fn any_body() -> impl Strategy<Value = Body> {
    let data = || "[a-z]{0,8}";
    prop_oneof![
        data().prop_map(|data| Body::Invite(Arc::new(Invite {
            application: ApplicationId::ASK,
            name: "Ask".into(),
            url: String::new(),
            data,
            lifetime: Duration::from_secs(60),
            versions: Versions::OURS,
            app_invite: false,
            from: address(BOB),
        }))),
        Just(Body::Ringing),
        data().prop_map(|data| Body::Accept { version: VERSION, data }),
        Just(Body::Confirm),
        data().prop_map(|data| Body::Decline { by: DeclinedBy::Person, data }),
        data().prop_map(|data| Body::Cancel { reason: CancelReason::Withdrawn, data }),
        Just(Body::Attached),
        (data(), any::<bool>()).prop_map(|(text, last)| Body::Context(Chunk {
            text,
            last,
            abandoned: false
        })),
        (any::<bool>(), any::<u32>(), data()).prop_map(|(failed, result, data)| Body::Terminate {
            failed,
            result: SessionResult(result),
            data
        }),
        Just(Body::Alive { sessions: vec![SessionId([1; 16])] }),
        Just(Body::UnknownSession),
    ]
}

/// A message of the session under attack or of another, in any order.
fn any_message() -> impl Strategy<Value = Message> {
    (1u8..3, 0u32..6, any_body()).prop_map(|(id, sequence, body)| Message {
        session: SessionId([id; 16]),
        sequence,
        body,
    })
}

fn from_anyone() -> impl Strategy<Value = Endpoint> {
    prop_oneof![
        4 => Just(endpoint(ALICE)),
        1 => Just(Endpoint { contact: address(ALICE), device: "phone".into() }),
        1 => Just(Endpoint { contact: Address::new("mallory").unwrap(), device: "".into() }),
    ]
}

proptest! {
    /// Rule 10, in small: the proof over all orders is the model checker's.
    #[test]
    fn no_message_accepts(messages in vec((from_anyone(), any_message()), 1..40)) {
        let mut pair = Pair::new();
        pair.ask();
        pair.settle();
        for (from, message) in messages {
            pair.input(BOB, Input::Received { from, message }).unwrap();
            let states = pair.states(BOB);
            prop_assert!(!states.contains(&State::Accepted) && !states.contains(&State::Connected), "{states:?}");
            prop_assert!(!pair.events[BOB].contains(&Event::Launch));
        }
    }

    /// Every message of a running session may come twice, and the ones from others at any time: nothing changes.
    #[test]
    fn doubles_and_foreign_messages_change_nothing(messages in vec(any_message(), 1..40)) {
        let (mut pair, session) = Pair::connected();
        let before = format!("{:?}", pair.tables[BOB].get(session));
        for message in messages {
            let mallory = Endpoint { contact: Address::new("mallory").unwrap(), device: "laptop".into() };
            let message = Message { session, ..message };
            pair.input(BOB, Input::Received { from: mallory, message: message.clone() }).unwrap();
            if message.sequence < 3 && message.body != Body::UnknownSession {
                pair.input(BOB, Input::Received { from: endpoint(ALICE), message }).unwrap();
            }
        }
        prop_assert_eq!(before, format!("{:?}", pair.tables[BOB].get(session)));
        prop_assert!(pair.tables[BOB].dropped().total() > 0);
    }
}

/// Found by the fuzzer: it got a link, stood for *every device of the contact* from then on, and a call that could not
/// be delivered rang on.
#[test]
fn a_device_gets_no_place_in_a_call_by_an_illegal_message() {
    let mut party = Party::new(&["alice/laptop"]);
    let session = party.invite(0, "bob", ApplicationId::ASK);
    let message = Message { session, sequence: 0, body: Body::Attached };
    party.input(0, Input::Received { from: device("bob/phone"), message }).unwrap();
    assert_eq!(party.tables[0].dropped().illegal, 1);
    party.report(0, Token { session, link: 0, sequence: Some(0) }, Delivery::Failed);
    assert_eq!(party.end(0, session), (State::Terminated, Code::InvitationSendFailure.into()));
}

#[test]
fn oversized_messages_are_dropped() {
    let (mut pair, session) = Pair::connected();
    let body = Body::Terminate { failed: false, result: SessionResult(0), data: "x".repeat(MAX_DATA + 1) };
    pair.input(
        BOB,
        Input::Received { from: endpoint(ALICE), message: Message { session, sequence: 3, body } },
    )
    .unwrap();
    assert_eq!(pair.state(BOB, session), Some(State::Connected));
    assert_eq!(pair.tables[BOB].dropped().oversized, 1);
}

#[test]
fn order_is_restored_and_a_flood_out_of_order_ends_it() {
    let (mut pair, session) = Pair::connected();
    let context = |sequence, text: &str| Input::Received {
        from: endpoint(ALICE),
        message: Message {
            session,
            sequence,
            body: Body::Context(Chunk { text: text.into(), last: true, abandoned: false }),
        },
    };
    pair.input(BOB, context(4, "second")).unwrap();
    pair.input(BOB, context(3, "first")).unwrap();
    assert!(
        pair.events[BOB]
            .ends_with(&[Event::ContextData("first".into()), Event::ContextData("second".into())])
    );
    for sequence in 10..50 {
        pair.input(BOB, context(sequence, "x")).unwrap();
    }
    pair.settle();
    assert_eq!(pair.ended(BOB), Code::SessionProtocolError.into());
}
