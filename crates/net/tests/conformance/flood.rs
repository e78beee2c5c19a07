//! A thousand invitations a second, and other floods: little is shown, little is kept, little is answered, and the
//! sessions of others go on. In virtual time; how much memory it really takes is measured elsewhere.

use crate::over;
use crate::person::Person;
use crate::script::Script;
use crate::world::{ASK, Blind, OFFER, name, usual};
use rendezvous_core::*;
use std::time::Duration;

/// Whoever floods does so for so long.
const SECONDS: u32 = 10;
const A_SECOND: u32 = 1000;
/// The driver's own bound on answers to one contact.
const ANSWERS: usize = 64 + 8 * (SECONDS as usize + 1);

/// Bob, connected with Dora, who says something every second.
struct House {
    world: Blind,
    bob: Person,
    dora: Person,
    said: u32,
}

const THEIRS: u128 = 1;

async fn house(mut world: Blind) -> House {
    let mut bob = Person::new(&mut world, "bob", "desk").await;
    let mut dora = Person::new(&mut world, "dora", "desk").await;
    dora.invite(name(THEIRS), &bob.address, OFFER).await;
    bob.is_invited(name(THEIRS)).await;
    bob.accept(name(THEIRS)).await;
    for person in [&mut dora, &mut bob] {
        person.launches(name(THEIRS)).await;
        person.attach(name(THEIRS)).await;
    }
    dora.connects(name(THEIRS)).await;
    bob.connects(name(THEIRS)).await;
    House { world, bob, dora, said: 0 }
}

impl House {
    /// Dora says something and Bob answers, at once as far as the network goes.
    async fn chat(&mut self) {
        self.said += 1;
        let text = format!("text {}", self.said);
        let talk = async {
            self.dora.say(name(THEIRS), &text).await;
            self.bob.hears(name(THEIRS), &text).await;
            self.bob.say(name(THEIRS), &text).await;
            self.dora.hears(name(THEIRS), &text).await;
        };
        tokio::time::timeout(Duration::from_millis(500), talk).await.expect("the session of others goes on");
    }

    /// What must hold at every moment.
    async fn holds(&mut self, ringing: usize) {
        let census = self.bob.census().await;
        let limits = usual().limits;
        assert!(census.sessions <= 1 + ringing, "{census:?}");
        assert_eq!(census.keys, census.sessions, "nothing is remembered of who was refused");
        assert!(census.ended <= usize::try_from(limits.tombstones).unwrap(), "{census:?}");
        assert!(census.contacts <= usize::try_from(limits.contacts).unwrap() + census.sessions, "{census:?}");
    }
}

fn invited(bob: &mut Person) -> usize {
    bob.look();
    bob.told.iter().filter(|h| matches!(h.event, Event::Invited(_))).count()
}

#[test]
fn a_thousand_invitations_a_second_of_one_contact_ring_once() {
    over(|world: Blind| async move {
        let mut house = house(world).await;
        let mut carl = Script::new(&mut house.world, "carl", "desk").await;
        let mut number = 1000;
        for _ in 0..SECONDS {
            for _ in 0..A_SECOND {
                number += 1;
                carl.invite(&house.bob.address, name(number), ASK);
            }
            house.chat().await;
            house.holds(1).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(invited(&mut house.bob), 2, "Dora's and one of Carl's");
        let heard = carl.everything().await;
        let answers = heard.iter().filter(|body| matches!(body, Body::Decline { .. })).count();
        assert!((1..=ANSWERS).contains(&answers), "{answers} answers");
        let census = house.bob.census().await;
        assert!(census.ended <= 20, "who is over the limit leaves no trace: {census:?}");
    });
}

#[test]
fn a_thousand_contacts_who_invite_every_second_ring_three_times() {
    over(|world: Blind| async move {
        let mut house = house(world).await;
        let mut callers = Vec::new();
        for n in 0..A_SECOND {
            callers.push(Script::new(&mut house.world, &format!("caller{n}"), "desk").await);
        }
        let mut number = 1000;
        for _ in 0..SECONDS {
            for caller in &mut callers {
                number += 1;
                caller.invite(&house.bob.address, name(number), ASK);
            }
            house.chat().await;
            house.holds(3).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(invited(&mut house.bob), 4, "Dora's and three others");
        let mut told = 0;
        for caller in &mut callers {
            told += usize::from(!caller.everything().await.is_empty());
        }
        assert_eq!(told, callers.len(), "everybody hears something: it rings, or it is busy");
    });
}

#[test]
fn other_floods_are_answered_within_bounds_and_change_nothing() {
    over(|world: Blind| async move {
        let mut house = house(world).await;
        let mut carl = Script::new(&mut house.world, "carl", "desk").await;
        let to = To::Contact(house.bob.address.clone());
        let alive = |n: u128| Body::Alive { sessions: (0..64).map(|k| name(n * 1000 + k)).collect() };
        for second in 0..u128::from(SECONDS) {
            for n in 0..u128::from(A_SECOND / 5) {
                let number = 1_000_000 + second * 1000 + n;
                carl.say(&to, name(number), 0, Body::Ringing);
                carl.say(&to, name(number), 0, Body::UnknownSession);
                carl.say(&to, name(number), 0, Body::Confirm);
                carl.say(&to, SessionId::NIL, 0, alive(number));
                // Of the session of others, too.
                carl.say(&to, name(THEIRS), 3, Body::Attached);
            }
            house.chat().await;
            house.holds(0).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let answers = carl.everything().await.len();
        assert!((1..=ANSWERS).contains(&answers), "{answers} answers");
        assert_eq!(house.bob.census().await.ended, 0);
    });
}

#[test]
fn a_flood_of_withdrawals_does_not_wipe_out_what_is_remembered() {
    over(|world: Blind| async move {
        let mut house = house(world).await;
        let mut ann = Script::new(&mut house.world, "ann", "desk").await;
        let to = To::Contact(house.bob.address.clone());
        let recorded = ann.invitation(&house.bob.address, name(2), ASK, |_, _| {});
        ann.send(to.clone(), recorded.clone());
        house.bob.is_invited(name(2)).await;
        house.bob.decline(name(2)).await;
        house.bob.ends(name(2)).await;
        let mut carl = Script::new(&mut house.world, "carl", "desk").await;
        for n in 0..5000 {
            let withdrawn = Body::Cancel { reason: CancelReason::Withdrawn, data: String::new() };
            carl.say(&to, name(1_000_000 + n), 1, withdrawn);
        }
        house.chat().await;
        assert!(house.bob.census().await.ended < 20, "{:?}", house.bob.census().await);
        ann.send(to, recorded);
        house.chat().await;
        assert_eq!(invited(&mut house.bob), 2, "what was recorded does not ring again");
    });
}
