//! Wrong, foreign, forged, late and repeated messages change nothing (rules 9 and 10).

use crate::person::{Person, end};
use crate::script::Script;
use crate::two::Two;
use crate::world::{ASK, OFFER, World, name};
use rendezvous_core::*;
use rendezvous_net::{Parcel, Seal};
use rendezvous_trust::UnixTime;
use std::time::Duration;

fn text(text: &str) -> Body {
    Body::Context(Chunk { text: text.into(), last: true, abandoned: false })
}

/// Everything that can be said without a signature, except what is legal for an inviter while it rings.
fn nonsense() -> Vec<Body> {
    vec![
        Body::Ringing,
        Body::Confirm,
        Body::Attached,
        text("forged"),
        Body::Decline { by: DeclinedBy::Person, data: String::new() },
        Body::Terminate { failed: true, result: SessionResult(5), data: String::new() },
        Body::Terminate { failed: false, result: SessionResult(0), data: String::new() },
    ]
}

pub(crate) async fn nothing_that_an_inviter_says_accepts<W: World>(mut world: W) {
    let mut bob = Person::new(&mut world, "bob", "desk").await;
    let mut carl = Script::new(&mut world, "carl", "desk").await;
    let to = To::Contact(bob.address.clone());
    carl.invite(&bob.address, name(1), ASK);
    bob.is_invited(name(1)).await;
    for body in nonsense() {
        for sequence in 0..3 {
            carl.say(&to, name(1), sequence, body.clone());
        }
    }
    carl.say(&to, name(1), 1, Body::Cancel { reason: CancelReason::Withdrawn, data: String::new() });
    assert_eq!(bob.ends(name(1)).await, end(State::Cancelled, Code::CancelBeforeConnect));
    let state =
        |e: &Event| matches!(e, Event::StateChanged { current: State::Accepted | State::Connected, .. });
    assert!(!bob.was_told(|e| state(e) || *e == Event::Launch));
}

pub(crate) async fn nothing_that_an_invitee_says_but_its_signed_yes_accepts<W: World>(mut world: W) {
    let mut ann = Person::new(&mut world, "ann", "desk").await;
    let mut carl = Script::new(&mut world, "carl", "desk").await;
    ann.invite(name(1), &carl.account.me, ASK).await;
    let (from, invitation) = carl.hears_invitation().await;
    let to = To::Endpoint(from.clone());
    carl.say(&to, name(1), 0, Body::Ringing);
    ann.hears_ringing(name(1)).await;
    for body in [Body::Confirm, Body::Attached, text("forged")] {
        carl.say(&to, name(1), 1, body);
    }
    let good = carl.answer(&from, &invitation, 1, VERSION);
    // Of another invitation, of another key, in a version that was not offered.
    let mut other = good.clone();
    other.message.body = Body::Accept { version: VERSION, data: "changed".into() };
    carl.send(to.clone(), other);
    let mut other = good.clone();
    if let Seal::Accept { proof } = &mut other.seal {
        proof.key = ann.list().await[0].key.unwrap_or(carl.account.key.public());
        proof.signature = match &invitation.seal {
            Seal::Invite { proof, .. } => proof.signature,
            _ => unreachable!(),
        };
    }
    carl.send(to.clone(), other);
    for version in [LEGACY_VERSION, VERSION + 1, u16::MAX] {
        let mut other = good.clone();
        other.message.body = Body::Accept { version, data: "yes".into() };
        carl.send(to.clone(), other);
    }
    carl.say(&to, name(1), 1, Body::Decline { by: DeclinedBy::Person, data: String::new() });
    assert_eq!(ann.ends(name(1)).await, end(State::Declined, Code::InvitationDeclined));
    assert!(!ann.was_told(|e| matches!(e, Event::Accepted { .. }) || *e == Event::Launch));
}

pub(crate) async fn who_is_not_part_of_a_session_changes_nothing_in_it<W: World>(world: W) {
    let mut two = Two::connected(world).await;
    let session = two.session;
    let mut eve = Script::new(&mut two.world, "eve", "desk").await;
    let to = To::Contact(two.bob.address.clone());
    let mut bodies = nonsense();
    bodies.push(Body::Cancel { reason: CancelReason::Withdrawn, data: String::new() });
    bodies.push(Body::UnknownSession);
    let mut last = None;
    for body in bodies {
        for sequence in 0..6 {
            let message = Message { session, sequence, body: body.clone() };
            last = Some(eve.send(to.clone(), Parcel::plain(message)));
        }
    }
    // Bob has seen all of it when he has seen the last.
    eve.outcome(last.unwrap()).await;
    two.ann.say(session, "still here").await;
    two.bob.hears(session, "still here").await;
    two.bob.say(session, "so am I").await;
    two.ann.hears(session, "so am I").await;
    assert!(!two.bob.was_told(|e| *e == Event::ContextData("forged".into())));
}

pub(crate) async fn an_invitation_whose_signature_does_not_hold_never_rings<W: World>(mut world: W) {
    let mut bob = Person::new(&mut world, "bob", "desk").await;
    let mut carl = Script::new(&mut world, "carl", "desk").await;
    let good = carl.invitation(&bob.address, name(1), ASK, |_, _| {});
    let (body, seal) = (good.message.body.clone(), good.seal.clone());
    let Body::Invite(invite) = body else { unreachable!() };
    let edit = |change: &dyn Fn(&mut Invite)| {
        let mut invite = (*invite).clone();
        change(&mut invite);
        let message = Message { body: Body::Invite(invite.into()), ..good.message.clone() };
        Parcel { message, seal: seal.clone() }
    };
    let mut forged = vec![
        edit(&|i| i.data.push('x')),
        edit(&|i| i.name.push('x')),
        edit(&|i| i.url.push('x')),
        edit(&|i| i.application = OFFER),
        Parcel { message: Message { session: name(2), ..good.message.clone() }, seal: seal.clone() },
    ];
    if let Seal::Invite { expiry, proof } = &seal {
        let later = UnixTime(expiry.0 + 60);
        let seal = Seal::Invite { expiry: later, proof: proof.clone() };
        forged.push(Parcel { message: good.message.clone(), seal });
    }
    // For somebody else, and so long ago that it has run out.
    let other = Address::new("127.0.0.1:1").unwrap();
    forged.push(carl.invitation(&other, name(3), ASK, |_, _| {}));
    let old = |_: &mut Invite, expiry: &mut UnixTime| expiry.0 -= 1000;
    forged.push(carl.invitation(&bob.address, name(4), ASK, old));
    let to = To::Contact(bob.address.clone());
    for parcel in forged {
        carl.send(to.clone(), parcel);
    }
    carl.send(to, good);
    bob.is_invited(name(1)).await;
    bob.look();
    let rang = bob.told.iter().filter(|h| matches!(h.event, Event::Invited(_))).count();
    assert_eq!((rang, bob.census().await.sessions), (1, 1));
}

pub(crate) async fn a_recorded_invitation_rings_once_and_not_after_its_end<W: World>(mut world: W) {
    let mut bob = Person::new(&mut world, "bob", "desk").await;
    let mut carl = Script::new(&mut world, "carl", "desk").await;
    let to = To::Contact(bob.address.clone());
    let recorded = carl.invitation(&bob.address, name(1), ASK, |_, _| {});
    for _ in 0..5 {
        carl.send(to.clone(), recorded.clone());
    }
    bob.is_invited(name(1)).await;
    bob.decline(name(1)).await;
    bob.ends(name(1)).await;
    for _ in 0..5 {
        carl.send(to.clone(), recorded.clone());
    }
    carl.invite(&bob.address, name(2), ASK);
    bob.is_invited(name(2)).await;
    assert_eq!(bob.told.iter().filter(|h| matches!(h.event, Event::Invited(_))).count(), 2);
}

pub(crate) async fn a_recorded_invitation_does_not_ring_for_another_contact<W: World>(mut world: W) {
    let mut bob = Person::new(&mut world, "bob", "desk").await;
    let carl = Script::new(&mut world, "carl", "desk").await;
    let mut eve = Script::new(&mut world, "eve", "desk").await;
    let recorded = carl.invitation(&bob.address, name(1), ASK, |_, _| {});
    let sent = eve.send(To::Contact(bob.address.clone()), recorded);
    // A network may end the link over it, so it is somebody else who shows that Bob goes on.
    eve.outcome(sent).await;
    let mut dora = Script::new(&mut world, "dora", "desk").await;
    dora.invite(&bob.address, name(2), ASK);
    bob.is_invited(name(2)).await;
    assert_eq!(bob.census().await.sessions, 1);
}

pub(crate) async fn a_yes_that_comes_late_is_told_so<W: World>(mut world: W) {
    let mut ann = Person::new(&mut world, "ann", "desk").await;
    let mut carl = Script::new(&mut world, "carl", "desk").await;
    ann.invite(name(1), &carl.account.me, ASK).await;
    let (from, invitation) = carl.hears_invitation().await;
    ann.cancel(name(1)).await;
    ann.ends(name(1)).await;
    carl.hears(|body| matches!(body, Body::Cancel { .. })).await;
    let answer = carl.answer(&from, &invitation, 0, VERSION);
    carl.send(To::Endpoint(from), answer);
    carl.hears(|body| matches!(body, Body::Cancel { .. })).await;
    assert!(!ann.was_told(|e| *e == Event::Launch));
}

pub(crate) async fn words_for_a_session_that_nobody_knows_are_answered_so<W: World>(mut world: W) {
    let bob = Person::new(&mut world, "bob", "desk").await;
    let mut carl = Script::new(&mut world, "carl", "desk").await;
    let to = To::Contact(bob.address.clone());
    for (session, body) in [(7, Body::Attached), (8, text("x")), (9, Body::Confirm)] {
        carl.say(&to, name(session), 0, body);
        let (_, parcel) = carl.hears(|body| *body == Body::UnknownSession).await;
        assert_eq!(parcel.message.session, name(session));
    }
    carl.say(&to, SessionId::NIL, 0, Body::Alive { sessions: vec![name(10)] });
    let (_, parcel) = carl.hears(|body| *body == Body::UnknownSession).await;
    assert_eq!(parcel.message.session, name(10));
    assert_eq!((bob.census().await.sessions, bob.census().await.keys), (0, 0));
}

pub(crate) async fn an_inviter_can_ring_only_once_for_each_device<W: World>(mut world: W) {
    let mut ann = Person::new(&mut world, "ann", "desk").await;
    let mut carl = Script::new(&mut world, "carl", "desk").await;
    ann.invite(name(1), &carl.account.me, ASK).await;
    let (from, _) = carl.hears_invitation().await;
    let to = To::Endpoint(from);
    for sequence in 0..200 {
        carl.say(&to, name(1), sequence, Body::Ringing);
    }
    let last = carl.send(to, Parcel::plain(Message { session: name(1), sequence: 0, body: Body::Ringing }));
    carl.outcome(last).await;
    ann.hears_ringing(name(1)).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    ann.census().await;
    ann.look();
    let rang = ann.told.iter().filter(|h| matches!(h.event, Event::Ringing(_))).count();
    assert_eq!(rang, 1, "a flood of ringing is told to the person once");
}
