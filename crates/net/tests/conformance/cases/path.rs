//! The way through a session, and the order of what is told on it (rules 1 to 4).

use crate::person::{End, Person, end};
use crate::two::Two;
use crate::world::{ASK, World, name};
use rendezvous_core::*;

pub(crate) async fn a_session_goes_the_whole_way<W: World>(world: W) {
    let mut two = Two::connected(world).await;
    let session = two.session;
    two.ann.say(session, "to Bob").await;
    two.bob.hears(session, "to Bob").await;
    two.bob.say(session, "to Ann").await;
    two.ann.hears(session, "to Ann").await;
    two.bob.terminate(session, 0).await;
    let data = || "bye".to_owned();
    let (here, there) = (Code::SessionCancelledLocal.into(), Code::SessionCancelledRemote.into());
    assert_eq!(two.bob.ends(session).await, End { state: State::Cancelled, result: here, data: data() });
    assert_eq!(two.ann.ends(session).await, End { state: State::Cancelled, result: there, data: data() });
    two.clear().await;
}

pub(crate) async fn both_sides_see_the_same_session<W: World>(world: W) {
    let two = Two::connected(world).await;
    let (ann, bob) = (&two.ann.list().await[0], &two.bob.list().await[0]);
    assert_eq!((ann.role, bob.role), (Role::Inviter, Role::Invitee));
    assert_eq!((&ann.contact, &bob.contact), (&two.bob.address, &two.ann.address));
    assert_eq!((ann.application, bob.application), (ASK, ASK));
    assert_eq!(ann.expiry, bob.expiry, "as it was signed");
    assert!(ann.key.is_some() && bob.key.is_some() && ann.key != bob.key, "the key of the other side");
}

pub(crate) async fn only_both_applications_connect_it_and_ann_may_be_first<W: World>(world: W) {
    let mut two = Two::joining(world).await;
    let session = two.session;
    two.ann.attach(session).await;
    assert_eq!(two.ann.state(session).await, Some(State::Accepted));
    let early = two.ann.call(session, Command::SendContext("early".into())).await;
    assert_eq!(early, Err(SessionError::Refused(Code::SessionStateInvalid).into()));
    two.bob.attach(session).await;
    two.ann.connects(session).await;
    two.bob.connects(session).await;
}

pub(crate) async fn only_both_applications_connect_it_and_bob_may_be_first<W: World>(world: W) {
    let mut two = Two::joining(world).await;
    let session = two.session;
    two.bob.attach(session).await;
    assert_eq!(two.bob.state(session).await, Some(State::Accepted));
    two.ann.attach(session).await;
    two.bob.connects(session).await;
    two.ann.connects(session).await;
}

pub(crate) async fn events_come_in_their_order_with_the_previous_state<W: World>(world: W) {
    let mut two = Two::ringing(world).await;
    let session = two.session;
    two.bob.decline(session).await;
    two.ann.ends(session).await;
    two.bob.ends(session).await;
    let changed = |previous, current| Event::StateChanged { previous, current };
    let declined = Event::Ended { result: Code::InvitationDeclined.into(), data: "later".into() };
    let ann = two.ann.story(session);
    let rang = |event: &Event| matches!(event, Event::Ringing(_));
    assert_eq!(
        ann.iter().filter(|e| !rang(e)).cloned().collect::<Vec<_>>(),
        [
            changed(State::Unknown, State::Ready),
            changed(State::Ready, State::Invitation),
            changed(State::Invitation, State::Declined),
            Event::Declined { by: DeclinedBy::Person },
            declined.clone(),
        ]
    );
    assert_eq!(ann.iter().filter(|e| rang(e)).count(), 1);
    let bob = two.bob.story(session);
    assert!(
        matches!(&bob[0], Event::Invited(invite) if invite.data == "hello" && invite.from == two.ann.address)
    );
    assert_eq!(
        bob[1..],
        [changed(State::Unknown, State::Invitation), changed(State::Invitation, State::Declined), declined]
    );
    two.clear().await;
}

/// Rule 4, for an application that ends with this result.
async fn ending<W: World>(
    mut two: Two<W>,
    by_ann: bool,
    result: u32,
    here: SessionResult,
    there: SessionResult,
) {
    let session = two.session;
    let (one, other) = if by_ann { (&mut two.ann, &mut two.bob) } else { (&mut two.bob, &mut two.ann) };
    one.terminate(session, result).await;
    let ended = |result| End { state: State::Cancelled, result, data: "bye".into() };
    assert_eq!(one.ends(session).await, ended(here));
    assert_eq!(other.ends(session).await, ended(there));
    two.clear().await;
}

pub(crate) async fn the_inviters_application_ends_it<W: World>(world: W) {
    let (here, there) = (Code::SessionCancelledLocal.into(), Code::SessionCancelledRemote.into());
    ending(Two::connected(world).await, true, 0, here, there).await;
}

pub(crate) async fn an_applications_result_travels_verbatim<W: World>(world: W) {
    let result = SessionResult(0x8000_4005);
    ending(Two::connected(world).await, false, result.0, result, result).await;
}

pub(crate) async fn an_end_before_it_is_connected_says_so_there<W: World>(world: W) {
    let (here, there) = (Code::SessionCancelledLocal.into(), Code::CancelBeforeConnect.into());
    ending(Two::joining(world).await, true, 0, here, there).await;
}

pub(crate) async fn an_invitee_ends_it_before_it_is_connected<W: World>(world: W) {
    let (here, there) = (Code::SessionCancelledLocal.into(), Code::CancelBeforeConnect.into());
    ending(Two::joining(world).await, false, 0, here, there).await;
}

pub(crate) async fn an_application_that_is_gone_ends_it_on_both_sides<W: World>(world: W) {
    let mut two = Two::connected(world).await;
    let session = two.session;
    two.bob.call(session, Command::ApplicationGone).await.unwrap();
    for person in [&mut two.bob, &mut two.ann] {
        assert_eq!(person.ends(session).await, end(State::Terminated, Code::ApplicationLaunchFailed));
    }
    two.clear().await;
}

pub(crate) async fn an_invitation_is_withdrawn<W: World>(world: W) {
    let mut two = Two::ringing(world).await;
    let session = two.session;
    two.ann.cancel(session).await;
    assert_eq!(two.ann.ends(session).await, end(State::Cancelled, Code::SessionCancelledLocal));
    assert_eq!(two.bob.ends(session).await, end(State::Cancelled, Code::CancelBeforeConnect));
    two.clear().await;
}

pub(crate) async fn after_the_end_they_can_begin_again<W: World>(world: W) {
    let mut two = Two::connected(world).await;
    two.ann.terminate(two.session, 0).await;
    two.ann.ends(two.session).await;
    two.bob.ends(two.session).await;
    two.session = name(2);
    let mut two = two.ring().await.join().await.connect().await;
    two.bob.terminate(two.session, 0).await;
    two.ann.ends(two.session).await;
    two.clear().await;
}

pub(crate) async fn two_sessions_with_one_contact_do_not_mix<W: World>(mut world: W) {
    let mut ann = Person::new(&mut world, "ann", "desk").await;
    let mut bob = Person::new(&mut world, "bob", "desk").await;
    for (session, application) in [(name(1), ASK), (name(2), crate::world::OFFER)] {
        ann.invite(session, &bob.address, application).await;
        bob.is_invited(session).await;
        ann.hears_ringing(session).await;
        bob.accept(session).await;
        ann.launches(session).await;
        bob.launches(session).await;
        ann.attach(session).await;
        bob.attach(session).await;
        ann.connects(session).await;
        bob.connects(session).await;
    }
    ann.say(name(1), "one").await;
    ann.say(name(2), "two").await;
    bob.comes_to_hear(&[(name(1), "one"), (name(2), "two")]).await;
    ann.terminate(name(1), 0).await;
    bob.ends(name(1)).await;
    bob.say(name(2), "still here").await;
    ann.hears(name(2), "still here").await;
}
