//! Every limit, at it and one beyond (rule 12).

use crate::person::{Person, end};
use crate::script::Script;
use crate::two::Two;
use crate::world::{ASK, OFFER, World, name, usual};
use rendezvous_core::*;

pub(crate) async fn data_of_512_bytes_travels_and_one_more_is_refused<W: World>(mut world: W) {
    let mut ann = Person::new(&mut world, "ann", "desk").await;
    let mut bob = Person::new(&mut world, "bob", "desk").await;
    let (most, over) = ("x".repeat(MAX_DATA), "x".repeat(MAX_DATA + 1));
    let refused = |result| assert_eq!(result, Err(SessionError::DataOverLimit(MAX_DATA + 1).into()));
    let to = bob.address.clone();
    refused(ann.handle.invite_as(name(1), to.clone(), ASK, over.clone()).await);
    ann.handle.invite_as(name(1), to, ASK, most.clone()).await.unwrap();
    bob.reaches(name(1), |e| matches!(e, Event::Invited(invite) if invite.data == most)).await;
    ann.hears_ringing(name(1)).await;
    refused(bob.call(name(1), Command::Accept { data: over.clone() }).await);
    bob.call(name(1), Command::Accept { data: most.clone() }).await.unwrap();
    ann.reaches(name(1), |e| *e == Event::Accepted { data: most.clone() }).await;
    let end = |data| Command::Terminate { result: SessionResult::SUCCESS, data };
    bob.launches(name(1)).await;
    refused(ann.call(name(1), end(over)).await);
    ann.call(name(1), end(most.clone())).await.unwrap();
    assert_eq!(bob.ends(name(1)).await.data, most);
}

pub(crate) async fn one_invitation_of_a_contact_rings_and_the_next_is_busy<W: World>(mut world: W) {
    let mut bob = Person::new(&mut world, "bob", "desk").await;
    let mut carl = Script::new(&mut world, "carl", "desk").await;
    carl.invite(&bob.address, name(1), ASK);
    bob.is_invited(name(1)).await;
    carl.invite(&bob.address, name(2), OFFER);
    carl_is_told_busy(&mut carl, 2).await;
    assert_eq!(bob.census().await.sessions, 1);
    assert!(!bob.was_told(|e| matches!(e, Event::Invited(invite) if invite.application == OFFER)));
}

async fn carl_is_told_busy<W: World>(carl: &mut Script<W>, session: u128) {
    let busy = Body::Decline { by: DeclinedBy::Busy, data: String::new() };
    let (_, parcel) = carl.hears(|body| *body == busy).await;
    assert_eq!(parcel.message.session, name(session));
}

pub(crate) async fn three_invitations_ring_and_the_fourth_is_busy<W: World>(mut world: W) {
    let mut bob = Person::new(&mut world, "bob", "desk").await;
    let mut callers = Vec::new();
    for (n, who) in (1..).zip(["carl", "dora", "emil", "frida"]) {
        let mut caller = Script::new(&mut world, who, "desk").await;
        caller.invite(&bob.address, name(n), ASK);
        if n <= 3 {
            bob.is_invited(name(n)).await;
        } else {
            carl_is_told_busy(&mut caller, n).await;
        }
        callers.push(caller);
    }
    assert_eq!(bob.census().await.sessions, 3);
    // There is room again as soon as one is answered.
    bob.decline(name(2)).await;
    bob.ends(name(2)).await;
    callers[3].invite(&bob.address, name(9), ASK);
    bob.is_invited(name(9)).await;
}

pub(crate) async fn so_many_invitations_a_minute_are_looked_at<W: World>(mut world: W) {
    let mut config = usual();
    config.limits.invitations_per_minute = 2;
    let bob = Person::with(&mut world, "bob", "desk", config, &[ASK]).await;
    let mut carl = Script::new(&mut world, "carl", "desk").await;
    for n in 1..=3 {
        carl.invite(&bob.address, name(n), ASK);
        match n {
            1 => drop(carl.hears(|body| *body == Body::Ringing).await),
            n => carl_is_told_busy(&mut carl, n).await,
        }
    }
    assert_eq!((bob.census().await.dropped.declined, bob.census().await.dropped.limited), (1, 1));
}

pub(crate) async fn sixteen_sessions_with_a_contact_are_possible_and_no_more<W: World>(mut world: W) {
    let ann = Person::new(&mut world, "ann", "desk").await;
    let mut bob = Script::new(&mut world, "bob", "desk").await;
    let most = usual().limits.sessions_per_contact;
    for n in 1..=most {
        ann.invite(name(u128::from(n)), &bob.account.me, ASK).await;
    }
    bob.hears_invitation().await;
    let refused = ann.handle.invite_as(name(99), bob.account.me.clone(), ASK, String::new()).await;
    assert_eq!(refused, Err(SessionError::TooManySessions(most).into()));
    assert_eq!(ann.census().await.sessions, usize::try_from(most).unwrap());
}

/// A scripted device that Ann is connected with, ready to send number 3.
async fn connected<W: World>(world: W) -> (Two<W>, Script<W>, To) {
    let mut two = Two::there(world).await;
    let mut carl = Script::new(&mut two.world, "carl", "desk").await;
    two.ann.invite(two.session, &carl.account.me, ASK).await;
    let (from, invitation) = carl.hears_invitation().await;
    let to = To::Endpoint(from.clone());
    carl.say(&to, two.session, 0, Body::Ringing);
    let answer = carl.answer(&from, &invitation, 1, VERSION);
    carl.send(to.clone(), answer);
    carl.say(&to, two.session, 2, Body::Attached);
    two.ann.launches(two.session).await;
    two.ann.attach(two.session).await;
    two.ann.connects(two.session).await;
    (two, carl, to)
}

fn piece(text: &str, last: bool) -> Body {
    Body::Context(Chunk { text: text.into(), last, abandoned: false })
}

pub(crate) async fn thirty_two_messages_wait_for_their_turn_and_one_more_ends_it<W: World>(world: W) {
    let (mut two, mut carl, to) = connected(world).await;
    let most = usual().limits.early;
    for n in (1..=most).rev() {
        carl.say(&to, two.session, 3 + n, piece(&n.to_string(), true));
    }
    carl.say(&to, two.session, 3, piece("0", true));
    two.ann.hears(two.session, &most.to_string()).await;
    let next = 4 + most;
    for n in 1..=most + 1 {
        carl.say(&to, two.session, next + n, piece("x", true));
    }
    assert_eq!(two.ann.ends(two.session).await, end(State::Terminated, Code::SessionProtocolError));
    assert!(!two.ann.was_told(|e| *e == Event::ContextData("x".into())));
}

pub(crate) async fn pieces_without_end_end_it<W: World>(world: W) {
    let (mut two, mut carl, to) = connected(world).await;
    let whole = u32::try_from(MAX_CONTEXT / CONTEXT_CHUNK).unwrap();
    for n in 0..=whole {
        carl.say(&to, two.session, 3 + n, piece(&"x".repeat(CONTEXT_CHUNK), false));
    }
    assert_eq!(two.ann.ends(two.session).await, end(State::Terminated, Code::SessionProtocolError));
}

pub(crate) async fn a_message_that_carries_too_much_changes_nothing<W: World>(world: W) {
    let (mut two, mut carl, to) = connected(world).await;
    let data = "x".repeat(MAX_DATA + 1);
    carl.say(&to, two.session, 3, Body::Terminate { failed: true, result: SessionResult(5), data });
    carl.say(&to, SessionId::NIL, 0, Body::Alive { sessions: vec![name(77); MAX_ALIVE + 1] });
    carl.say(&to, two.session, 3, piece("still here", true));
    two.ann.hears(two.session, "still here").await;
}
