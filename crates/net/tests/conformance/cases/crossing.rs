//! Two who invite each other at the same moment (rules 6 and 11).

use crate::person::{Person, end};
use crate::two::Two;
use crate::world::{ASK, OFFER, World, name};
use rendezvous_core::*;

/// Both invite at once; the session with the lower name is Ann's or Bob's.
async fn crossed<W: World>(world: W, is_anns: bool) {
    let Two { mut ann, mut bob, world: _world, .. } = Two::there(world).await;
    let (anns, bobs) = if is_anns { (name(1), name(2)) } else { (name(2), name(1)) };
    let (to_bob, to_ann) = (bob.address.clone(), ann.address.clone());
    tokio::join!(ann.invite(anns, &to_bob, ASK), bob.invite(bobs, &to_ann, ASK));
    let (survivor, other) = (name(1), name(2));
    let (winner, loser) = if is_anns { (&mut ann, &mut bob) } else { (&mut bob, &mut ann) };
    loser.is_invited(survivor).await;
    winner.hears_ringing(survivor).await;
    assert_eq!(loser.ends(other).await.state, State::Cancelled, "the other one gives way");
    assert!(loser.was_told(|e| *e == Event::Cancelled { reason: CancelReason::Crossed }));
    for person in [&mut *winner, &mut *loser] {
        assert_eq!(person.state(survivor).await, Some(State::Invitation), "it rings like any other");
        assert!(!person.was_told(|e| *e == Event::Launch), "nobody said yes");
    }
    loser.accept(survivor).await;
    winner.launches(survivor).await;
    loser.launches(survivor).await;
    winner.comes_to("one session", |c| c.sessions == 1 && c.keys == 1).await;
    loser.comes_to("one session", |c| c.sessions == 1 && c.keys == 1).await;
}

pub(crate) async fn of_two_that_cross_the_lower_survives_and_it_is_anns<W: World>(world: W) {
    crossed(world, true).await;
}

pub(crate) async fn of_two_that_cross_the_lower_survives_and_it_is_bobs<W: World>(world: W) {
    crossed(world, false).await;
}

/// Ann asks for help while Bob offers it: both ring.
async fn ask_and_offer<W: World>(world: W) -> (W, Person, Person) {
    let Two { mut ann, mut bob, world, .. } = Two::there(world).await;
    let (to_bob, to_ann) = (bob.address.clone(), ann.address.clone());
    tokio::join!(ann.invite(name(1), &to_bob, ASK), bob.invite(name(2), &to_ann, OFFER));
    bob.is_invited(name(1)).await;
    ann.is_invited(name(2)).await;
    ann.hears_ringing(name(1)).await;
    bob.hears_ringing(name(2)).await;
    (world, ann, bob)
}

pub(crate) async fn accepting_the_ask_cancels_the_offer<W: World>(world: W) {
    let (_world, mut ann, mut bob) = ask_and_offer(world).await;
    bob.accept(name(1)).await;
    ann.launches(name(1)).await;
    bob.launches(name(1)).await;
    assert_eq!(bob.ends(name(2)).await, end(State::Cancelled, Code::SessionCancelledLocal));
    assert_eq!(ann.ends(name(2)).await, end(State::Cancelled, Code::CancelBeforeConnect));
}

pub(crate) async fn accepting_the_offer_cancels_the_ask<W: World>(world: W) {
    let (_world, mut ann, mut bob) = ask_and_offer(world).await;
    ann.accept(name(2)).await;
    ann.launches(name(2)).await;
    bob.launches(name(2)).await;
    assert_eq!(ann.ends(name(1)).await, end(State::Cancelled, Code::SessionCancelledLocal));
    assert_eq!(bob.ends(name(1)).await, end(State::Cancelled, Code::CancelBeforeConnect));
}

pub(crate) async fn accepting_both_at_once_leaves_at_most_one<W: World>(world: W) {
    let (_world, mut ann, mut bob) = ask_and_offer(world).await;
    let yes = || Command::Accept { data: "yes".into() };
    let (one, other) = tokio::join!(bob.call(name(1), yes()), ann.call(name(2), yes()));
    assert!(one.is_ok() || other.is_ok());
    ann.comes_to("one session or none", |c| c.sessions <= 1).await;
    bob.comes_to("one session or none", |c| c.sessions <= 1).await;
}

pub(crate) async fn a_cancel_and_an_accept_that_cross_end_it_on_both_sides<W: World>(world: W) {
    let mut two = Two::ringing(world).await;
    let session = two.session;
    let (yes, no) = (Command::Accept { data: "yes".into() }, Command::Cancel { data: String::new() });
    let (accepted, cancelled) = tokio::join!(two.bob.call(session, yes), two.ann.call(session, no));
    // Where the network is fast, one of the two is too late to be a crossing; then it is refused here.
    assert!(accepted.is_ok() || cancelled.is_ok());
    assert_eq!(two.ann.ends(session).await.state, State::Cancelled);
    assert_eq!(two.bob.ends(session).await.state, State::Cancelled);
    two.clear().await;
}

pub(crate) async fn of_a_cancel_and_a_decline_that_cross_each_keeps_its_own_end<W: World>(world: W) {
    let mut two = Two::ringing(world).await;
    let session = two.session;
    let no = Command::Decline { by: DeclinedBy::Person, data: String::new() };
    let (declined, cancelled) = tokio::join!(
        two.bob.call(session, no),
        two.ann.call(session, Command::Cancel { data: String::new() })
    );
    let (ann, bob) = (two.ann.ends(session).await, two.bob.ends(session).await);
    if cancelled.is_ok() {
        assert_eq!(ann, end(State::Cancelled, Code::SessionCancelledLocal));
    }
    if declined.is_ok() {
        assert_eq!(bob, end(State::Declined, Code::InvitationDeclined));
    }
    assert!(declined.is_ok() || cancelled.is_ok());
    two.clear().await;
}
