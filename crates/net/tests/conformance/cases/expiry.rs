//! Everything that waits has an end (rule 8).

use crate::person::{Person, end};
use crate::script::Script;
use crate::two::Two;
use crate::world::{ASK, World, name, usual};
use rendezvous_core::*;
use std::time::Duration;

pub(crate) async fn an_invitation_that_nobody_answers_runs_out_on_both_sides<W: World>(world: W) {
    let mut config = usual();
    config.ringing = W::short(config.ringing);
    let mut two = Two::with(world, config).await.ring().await;
    let session = two.session;
    assert_eq!(two.ann.ends(session).await, end(State::Terminated, Code::SessionTimeout));
    assert_eq!(two.bob.ends(session).await, end(State::Terminated, Code::SessionTimeout));
    two.clear().await;
}

pub(crate) async fn an_inviter_who_says_no_more_does_not_ring_for_ever<W: World>(mut world: W) {
    let mut config = usual();
    config.longest = W::short(config.longest);
    let mut bob = Person::with(&mut world, "bob", "desk", config, &[ASK]).await;
    let mut carl = Script::new(&mut world, "carl", "desk").await;
    carl.invite(&bob.address, name(1), ASK);
    assert_eq!(bob.ends(name(1)).await, end(State::Terminated, Code::SessionTimeout));
    bob.is_clear().await;
}

pub(crate) async fn a_yes_that_is_not_confirmed_runs_out<W: World>(mut world: W) {
    let mut config = usual();
    config.confirming = W::short(config.confirming);
    let mut bob = Person::with(&mut world, "bob", "desk", config, &[ASK]).await;
    let mut carl = Script::new(&mut world, "carl", "desk").await;
    carl.invite(&bob.address, name(1), ASK);
    bob.is_invited(name(1)).await;
    bob.accept(name(1)).await;
    assert_eq!(bob.ends(name(1)).await, end(State::Terminated, Code::SessionTimeout));
    let (_, parcel) = carl.hears(|body| matches!(body, Body::Terminate { .. })).await;
    let result = Code::SessionTimeout.into();
    assert_eq!(parcel.message.body, Body::Terminate { failed: true, result, data: String::new() });
    assert!(!bob.was_told(|e| *e == Event::Launch));
}

pub(crate) async fn applications_that_do_not_attach_end_it<W: World>(world: W) {
    let mut config = usual();
    config.attaching = W::short(config.attaching);
    let mut two = Two::with(world, config).await.ring().await.join().await;
    let session = two.session;
    for person in [&mut two.ann, &mut two.bob] {
        assert_eq!(person.ends(session).await, end(State::Terminated, Code::ApplicationLaunchFailed));
    }
    two.clear().await;
}

pub(crate) async fn an_application_that_waits_for_the_other_times_out<W: World>(mut world: W) {
    let mut config = usual();
    config.attaching = W::short(config.attaching);
    let mut bob = Person::with(&mut world, "bob", "desk", config, &[ASK]).await;
    let mut carl = Script::new(&mut world, "carl", "desk").await;
    carl.invite(&bob.address, name(1), ASK);
    bob.is_invited(name(1)).await;
    bob.accept(name(1)).await;
    carl.say(&To::Contact(bob.address.clone()), name(1), 1, Body::Confirm);
    bob.launches(name(1)).await;
    bob.attach(name(1)).await;
    assert_eq!(bob.ends(name(1)).await, end(State::Terminated, Code::SessionTimeout));
}

pub(crate) async fn silence_ends_what_stands_between_two_devices<W: World>(world: W) {
    let mut config = usual();
    config.silence = W::short(config.silence);
    let mut two = Two::there(world).await;
    let mut carl = Script::new(&mut two.world, "carl", "desk").await;
    let mut dora = Person::with(&mut two.world, "dora", "desk", config, &[ASK]).await;
    dora.invite(name(1), &carl.account.me, ASK).await;
    let (from, invitation) = carl.hears_invitation().await;
    let answer = carl.answer(&from, &invitation, 0, VERSION);
    carl.send(To::Endpoint(from.clone()), answer);
    carl.say(&To::Endpoint(from), name(1), 1, Body::Attached);
    dora.launches(name(1)).await;
    dora.attach(name(1)).await;
    dora.connects(name(1)).await;
    assert_eq!(dora.ends(name(1)).await, end(State::Terminated, Code::ConnectionFailure));
    dora.is_clear().await;
}

pub(crate) async fn a_session_that_is_quiet_for_hours_stands<W: World>(world: W) {
    let mut two = Two::connected(world).await;
    let session = two.session;
    tokio::time::sleep(Duration::from_secs(5 * 60 * 60)).await;
    two.ann.say(session, "still here").await;
    two.bob.hears(session, "still here").await;
}

pub(crate) async fn a_gap_that_nobody_closes_ends_it<W: World>(mut world: W) {
    let mut config = usual();
    config.repair = W::short(config.repair);
    let mut bob = Person::with(&mut world, "bob", "desk", config, &[ASK]).await;
    let mut carl = Script::new(&mut world, "carl", "desk").await;
    let to = To::Contact(bob.address.clone());
    carl.invite(&bob.address, name(1), ASK);
    bob.is_invited(name(1)).await;
    bob.accept(name(1)).await;
    carl.say(&to, name(1), 1, Body::Confirm);
    carl.say(&to, name(1), 3, Body::Context(Chunk { text: "x".into(), last: true, abandoned: false }));
    bob.launches(name(1)).await;
    assert_eq!(bob.ends(name(1)).await, end(State::Terminated, Code::SessionProtocolError));
}

pub(crate) async fn what_is_made_and_never_sent_runs_out<W: World>(mut world: W) {
    let mut config = usual();
    config.preparing = W::short(config.preparing);
    let mut ann = Person::with(&mut world, "ann", "desk", config, &[ASK]).await;
    ann.handle.create(name(1)).await.unwrap();
    assert_eq!(ann.ends(name(1)).await, end(State::Terminated, Code::SessionTimeout));
    ann.is_clear().await;
}
