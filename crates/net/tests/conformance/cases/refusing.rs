//! Every way in which an invitation is refused (rules 5 and 7).

use crate::person::{End, Person, end};
use crate::script::Script;
use crate::two::Two;
use crate::world::{ASK, OFFER, World, name, usual};
use rendezvous_core::*;

pub(crate) async fn the_person_says_no_and_why<W: World>(world: W) {
    let mut two = Two::ringing(world).await;
    let session = two.session;
    two.bob.decline(session).await;
    let declined =
        End { state: State::Declined, result: Code::InvitationDeclined.into(), data: "later".into() };
    assert_eq!(two.ann.ends(session).await, declined);
    assert_eq!(two.bob.ends(session).await, declined);
    assert!(two.ann.was_told(|e| *e == Event::Declined { by: DeclinedBy::Person }));
    two.clear().await;
}

pub(crate) async fn what_is_not_installed_is_declined_and_the_person_sees_what_it_was<W: World>(
    mut world: W,
) {
    let mut ann = Person::new(&mut world, "ann", "desk").await;
    let mut bob = Person::with(&mut world, "bob", "desk", usual(), &[OFFER]).await;
    ann.invite(name(1), &bob.address, ASK).await;
    let told = bob.until(name(1), |e| matches!(e, Event::AppNotPresent { .. })).await;
    let Event::AppNotPresent { from, application, name: called, url } = told else { unreachable!() };
    assert_eq!((from, application), (ann.address.clone(), ASK));
    assert_eq!((called.as_str(), url.as_str()), ("Help", "https://example.org/help"));
    assert_eq!(ann.ends(name(1)).await, end(State::Declined, Code::InvitationDeclined));
    assert!(ann.was_told(|e| *e == Event::Declined { by: DeclinedBy::NotInstalled }));
    ann.is_clear().await;
    bob.is_clear().await;
}

pub(crate) async fn whoever_is_in_a_session_for_the_same_is_busy<W: World>(world: W) {
    let mut two = Two::joining(world).await;
    let refused =
        two.ann.handle.invite_as(name(5), two.bob.address.clone(), ASK, String::new()).await.unwrap_err();
    assert_eq!(refused, SessionError::AlreadyOpen(two.session).into());
    let mut carl = Script::new(&mut two.world, "carl", "desk").await;
    // Bob is asked by others all the same.
    carl.invite(&two.bob.address, name(6), ASK);
    two.bob.is_invited(name(6)).await;
}

pub(crate) async fn nobody_is_there<W: World>(mut world: W) {
    let mut ann = Person::new(&mut world, "ann", "desk").await;
    let gone = Person::new(&mut world, "bob", "desk").await;
    let address = gone.address.clone();
    gone.kill().await;
    ann.invite(name(1), &address, ASK).await;
    ann.until(name(1), |e| *e == Event::SendError(Code::InvitationSendFailure)).await;
    assert_eq!(ann.ends(name(1)).await, end(State::Terminated, Code::InvitationSendFailure));
    ann.is_clear().await;
}

pub(crate) async fn oneself_cannot_be_invited<W: World>(mut world: W) {
    let ann = Person::new(&mut world, "ann", "desk").await;
    let refused = ann.handle.invite_as(name(1), ann.address.clone(), ASK, String::new()).await;
    assert_eq!(refused, Err(SessionError::Refused(Code::InvitedSelf).into()));
    assert_eq!(ann.census().await.sessions, 0, "nothing is half done");
}

pub(crate) async fn a_device_that_is_too_old_ends_it<W: World>(mut world: W) {
    let mut ann = Person::new(&mut world, "ann", "desk").await;
    let mut old = Script::new(&mut world, "bob", "desk").await;
    ann.invite(name(1), &old.account.me, ASK).await;
    let (from, _) = old.hears_invitation().await;
    let no = Body::Decline { by: DeclinedBy::Version, data: String::new() };
    old.say(&To::Endpoint(from), name(1), 0, no);
    assert_eq!(ann.ends(name(1)).await, end(State::Terminated, Code::OldSipStack));
}

pub(crate) async fn an_invitation_in_a_version_of_the_future_is_declined_as_such<W: World>(mut world: W) {
    let mut bob = Person::new(&mut world, "bob", "desk").await;
    let mut new = Script::new(&mut world, "ann", "desk").await;
    let versions = Versions { lowest: VERSION + 1, highest: VERSION + 2 };
    let parcel = new.invitation(&bob.address, name(1), ASK, |invite, _| invite.versions = versions);
    new.send(To::Contact(bob.address.clone()), parcel);
    let (_, parcel) = new.hears(|body| matches!(body, Body::Decline { .. })).await;
    let no = Body::Decline { by: DeclinedBy::Version, data: String::new() };
    assert_eq!((parcel.message.session, parcel.message.body), (name(1), no));
    assert!(!bob.was_told(|_| true), "nothing rings");
    assert_eq!(bob.census().await.keys, 0);
}
