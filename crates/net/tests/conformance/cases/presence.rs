//! Who is seen, and clocks that differ.

use crate::person::Person;
use crate::script::now;
use crate::world::{ASK, World, name, usual};
use rendezvous_core::*;
use rendezvous_net::{Clock, Status};
use rendezvous_trust::UnixTime;
use std::time::Duration;

pub(crate) async fn devices_are_seen_while_they_are_there<W: World>(mut world: W) {
    let ann = Person::new(&mut world, "ann", "desk").await;
    ann.sees(&[]).await;
    let desk = Person::new(&mut world, "bob", "desk").await;
    let phone = Person::new(&mut world, "bob", "phone").await;
    ann.sees(&[&desk.endpoint, &phone.endpoint]).await;
    desk.sees(&[&ann.endpoint]).await;
    let endpoint = phone.endpoint.clone();
    phone.kill().await;
    ann.sees(&[&desk.endpoint]).await;
    let _back = Person::new(&mut world, "bob", "phone").await;
    ann.sees(&[&desk.endpoint, &endpoint]).await;
}

pub(crate) async fn who_is_offline_sees_nobody_and_invites_nobody<W: World>(mut world: W) {
    let mut ann = Person::new(&mut world, "ann", "desk").await;
    let mut bob = Person::new(&mut world, "bob", "desk").await;
    ann.sees(&[&bob.endpoint]).await;
    world.cut(&ann.endpoint);
    ann.sees(&[]).await;
    bob.sees(&[]).await;
    assert!(matches!(*ann.handle.status().borrow(), Status::Offline(_)));
    let refused = ann.handle.invite_as(name(1), bob.address.clone(), ASK, String::new()).await;
    assert_eq!(refused, Err(SessionError::NotLoggedOn.into()));
    world.mend(&ann.endpoint);
    ann.sees(&[&bob.endpoint]).await;
    assert_eq!(*ann.handle.status().borrow(), Status::Online);
    ann.invite(name(1), &bob.address, ASK).await;
    bob.is_invited(name(1)).await;
    ann.hears_ringing(name(1)).await;
}

/// Ann's clock goes wrong by this, and her invitation rings at Bob's, or does not.
async fn rings<W: World>(world: &mut W, who: &str, seconds: i64, wanted: bool) {
    let epoch = UnixTime(now::<W>().0.checked_add_signed(seconds).unwrap());
    let ask = vec![Application::new(ASK, "Help")];
    let clock = Clock::of_the_runtime(epoch);
    let mut ann = Person::clocked(world, who, "desk", usual(), ask, clock).await;
    let mut bob = Person::new(world, "bob", who).await;
    ann.invite(name(1), &bob.address, ASK).await;
    if wanted {
        bob.is_invited(name(1)).await;
        bob.accept(name(1)).await;
        ann.launches(name(1)).await;
        bob.launches(name(1)).await;
    } else {
        tokio::time::sleep(W::short(Duration::from_secs(30))).await;
        assert!(!bob.was_told(|e| matches!(e, Event::Invited(_))), "{seconds} s");
    }
    bob.kill().await;
}

pub(crate) async fn clocks_may_differ_by_two_minutes<W: World>(mut world: W) {
    for (who, seconds) in [("slow", -119), ("fast", 119)] {
        rings(&mut world, who, seconds, true).await;
    }
    // An invitation stands for two minutes, so a clock that is slower than both together has it end before it began.
    for (who, seconds) in [("slower", -241), ("early", 3 * 24 * 60 * 60)] {
        rings(&mut world, who, seconds, false).await;
    }
}
