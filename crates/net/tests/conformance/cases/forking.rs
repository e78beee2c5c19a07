//! A contact with several devices (rule 5).

use crate::person::{Person, end};
use crate::world::{ASK, World, name, usual};
use rendezvous_core::*;

const SESSION: u128 = 1;

/// Ann invites Bob, and all of his devices ring.
async fn ringing<W: World>(world: &mut W, devices: &[&str]) -> (Person, Vec<Person>) {
    let mut ann = Person::new(world, "ann", "desk").await;
    let mut bob = Vec::new();
    for device in devices {
        bob.push(Person::new(world, "bob", device).await);
    }
    ann.invite(name(SESSION), &bob[0].address, ASK).await;
    for person in &mut bob {
        person.is_invited(name(SESSION)).await;
    }
    ann.hears_ringing_of(name(SESSION), devices.len()).await;
    (ann, bob)
}

async fn stops_ringing(person: &mut Person, why: CancelReason) {
    person.reaches(name(SESSION), |e| *e == Event::Cancelled { reason: why }).await;
    assert_eq!(person.ends(name(SESSION)).await, end(State::Cancelled, Code::CancelBeforeConnect));
}

pub(crate) async fn every_device_rings_and_the_first_answer_wins<W: World>(mut world: W) {
    let (mut ann, mut bob) = ringing(&mut world, &["desk", "phone", "tablet"]).await;
    bob[1].accept(name(SESSION)).await;
    ann.launches(name(SESSION)).await;
    bob[1].launches(name(SESSION)).await;
    stops_ringing(&mut bob[0], CancelReason::AnsweredElsewhere).await;
    stops_ringing(&mut bob[2], CancelReason::AnsweredElsewhere).await;
    ann.attach(name(SESSION)).await;
    bob[1].attach(name(SESSION)).await;
    ann.connects(name(SESSION)).await;
    bob[1].connects(name(SESSION)).await;
    ann.say(name(SESSION), "to the phone").await;
    bob[1].hears(name(SESSION), "to the phone").await;
    assert_eq!(ann.list().await[0].endpoint, Some(bob[1].endpoint.clone()));
    bob[1].terminate(name(SESSION), 0).await;
    for person in bob.iter_mut().chain([&mut ann]) {
        person.is_clear().await;
    }
}

pub(crate) async fn of_two_who_accept_at_once_exactly_one_wins<W: World>(mut world: W) {
    let (mut ann, mut bob) = ringing(&mut world, &["desk", "phone"]).await;
    let yes = || Command::Accept { data: "yes".into() };
    let (desk, phone) = bob.split_at_mut(1);
    let (one, other) = tokio::join!(desk[0].call(name(SESSION), yes()), phone[0].call(name(SESSION), yes()));
    one.unwrap();
    other.unwrap();
    ann.launches(name(SESSION)).await;
    let winner = ann.list().await[0].endpoint.clone().unwrap();
    for person in &mut bob {
        if person.endpoint == winner {
            person.launches(name(SESSION)).await;
        } else {
            stops_ringing(person, CancelReason::AnsweredElsewhere).await;
            assert!(!person.was_told(|e| *e == Event::Launch));
        }
    }
}

pub(crate) async fn a_persons_no_ends_it_on_all_devices<W: World>(mut world: W) {
    let (mut ann, mut bob) = ringing(&mut world, &["desk", "phone"]).await;
    bob[0].decline(name(SESSION)).await;
    stops_ringing(&mut bob[1], CancelReason::AnsweredElsewhere).await;
    assert_eq!(ann.ends(name(SESSION)).await.state, State::Declined);
    for person in bob.iter_mut().chain([&mut ann]) {
        person.is_clear().await;
    }
}

pub(crate) async fn a_rules_no_drops_one_device_and_the_last_ends_it<W: World>(mut world: W) {
    let (mut ann, mut bob) = ringing(&mut world, &["desk", "phone"]).await;
    let no = |by| Command::Decline { by, data: String::new() };
    bob[0].call(name(SESSION), no(DeclinedBy::Policy)).await.unwrap();
    bob[0].ends(name(SESSION)).await;
    assert_eq!(ann.state(name(SESSION)).await, Some(State::Invitation));
    assert_eq!(bob[1].state(name(SESSION)).await, Some(State::Invitation));
    bob[1].call(name(SESSION), no(DeclinedBy::Busy)).await.unwrap();
    assert_eq!(ann.ends(name(SESSION)).await, end(State::Declined, Code::InvitationDeclined));
}

pub(crate) async fn after_a_rules_no_another_device_can_say_yes<W: World>(mut world: W) {
    let (mut ann, mut bob) = ringing(&mut world, &["desk", "phone"]).await;
    let no = Command::Decline { by: DeclinedBy::Policy, data: String::new() };
    bob[0].call(name(SESSION), no).await.unwrap();
    bob[0].ends(name(SESSION)).await;
    bob[1].accept(name(SESSION)).await;
    ann.launches(name(SESSION)).await;
    bob[1].launches(name(SESSION)).await;
}

pub(crate) async fn a_device_that_comes_while_it_rings_rings_too<W: World>(mut world: W) {
    let (mut ann, mut bob) = ringing(&mut world, &["desk"]).await;
    bob.push(Person::new(&mut world, "bob", "phone").await);
    bob[1].is_invited(name(SESSION)).await;
    ann.hears_ringing_of(name(SESSION), 2).await;
    bob[1].accept(name(SESSION)).await;
    bob[1].launches(name(SESSION)).await;
    stops_ringing(&mut bob[0], CancelReason::AnsweredElsewhere).await;
}

pub(crate) async fn a_withdrawal_reaches_every_device<W: World>(mut world: W) {
    let (mut ann, mut bob) = ringing(&mut world, &["desk", "phone", "tablet"]).await;
    ann.cancel(name(SESSION)).await;
    for person in &mut bob {
        stops_ringing(person, CancelReason::Withdrawn).await;
        person.is_clear().await;
    }
    ann.is_clear().await;
}

pub(crate) async fn sixteen_devices_ring_and_the_next_does_not<W: World>(mut world: W) {
    let most = usize::try_from(usual().limits.devices).unwrap();
    let names: Vec<String> = (0..most).map(|n| format!("device{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (mut ann, mut bob) = ringing(&mut world, &names).await;
    let mut one_more = Person::new(&mut world, "bob", "one-more").await;
    // Whatever was to come of its coming has come before this has.
    bob[most - 1].accept(name(SESSION)).await;
    ann.launches(name(SESSION)).await;
    for person in &mut bob[..most - 1] {
        stops_ringing(person, CancelReason::AnsweredElsewhere).await;
    }
    assert!(!one_more.was_told(|e| matches!(e, Event::Invited(_))));
}
