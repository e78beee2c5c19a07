//! A device that loses its power or its link in each phase that travels, on each side, with return and without: nothing
//! hangs, nothing is left behind (rule 8).

use crate::person::Person;
use crate::two::Two;
use crate::world::{ASK, World, impatient, usual};
use rendezvous_core::*;
use std::time::Duration;
use tokio::task::{JoinHandle, LocalSet};
use tokio::time::Instant;

/// Where Ann's and Bob's session stands when it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The invitation is under way.
    Inviting,
    Ringing,
    /// Bob's yes is under way.
    Accepting,
    Joining,
    AnnAttached,
    BobAttached,
    Connected,
    /// Texts are under way in both directions.
    Talking,
    /// Ann's goodbye is under way.
    Ending,
}

const PHASES: [Phase; 9] = [
    Phase::Inviting,
    Phase::Ringing,
    Phase::Accepting,
    Phase::Joining,
    Phase::AnnAttached,
    Phase::BobAttached,
    Phase::Connected,
    Phase::Talking,
    Phase::Ending,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Ann,
    Bob,
}

/// After a device is back, everything is final or goes on in this time.
const RECOVERY: Duration = Duration::from_secs(15);

async fn brought<W: World>(phase: Phase) -> Two<W> {
    brought_with(phase, usual()).await
}

async fn brought_with<W: World>(phase: Phase, config: SessionConfig) -> Two<W> {
    let two = Two::with(W::new(0), config).await;
    let mut two = match phase {
        Phase::Inviting => two,
        Phase::Ringing | Phase::Accepting => two.ring().await,
        Phase::Joining | Phase::AnnAttached | Phase::BobAttached => two.ring().await.join().await,
        Phase::Connected | Phase::Talking | Phase::Ending => two.ring().await.join().await.connect().await,
    };
    let session = two.session;
    match phase {
        Phase::Inviting => two.ann.invite(session, &two.bob.address, ASK).await,
        Phase::Accepting => two.bob.accept(session).await,
        Phase::AnnAttached => two.ann.attach(session).await,
        Phase::BobAttached => two.bob.attach(session).await,
        Phase::Talking => {
            two.ann.say(session, &"x".repeat(MAX_CONTEXT)).await;
            two.bob.say(session, &"y".repeat(MAX_CONTEXT)).await;
        }
        Phase::Ending => two.ann.terminate(session, 0).await,
        Phase::Ringing | Phase::Joining | Phase::Connected => {}
    }
    two
}

/// Every phase and side, each in a world of its own; at once where all that they do is wait.
async fn in_every_phase<W: World, F: Future<Output = ()> + 'static>(case: impl Fn(Phase, Side) -> F) {
    let together = LocalSet::new();
    let mut lives = Vec::new();
    for (phase, side) in PHASES.into_iter().flat_map(|phase| [(phase, Side::Ann), (phase, Side::Bob)]) {
        let life = together.spawn_local(case(phase, side));
        lives.push((phase, side, life));
        if W::IS_VIRTUAL {
            lived(&together, &mut lives).await;
        }
    }
    lived(&together, &mut lives).await;
}

async fn lived(together: &LocalSet, lives: &mut Vec<(Phase, Side, JoinHandle<()>)>) {
    let mut wrong = Vec::new();
    for (phase, side, life) in lives.drain(..) {
        if together.run_until(life).await.is_err() {
            wrong.push((phase, side));
        }
    }
    assert!(wrong.is_empty(), "it went wrong while, and for: {wrong:?}");
}

pub(crate) async fn who_loses_power_and_comes_back_leaves_nothing_hanging<W: World + 'static>(_: W) {
    in_every_phase::<W, _>(|phase, side| async move {
        let Two { mut world, ann, bob, session } = brought::<W>(phase).await;
        let (who, victim, mut survivor) =
            if side == Side::Ann { ("ann", ann, bob) } else { ("bob", bob, ann) };
        victim.kill().await;
        if W::IS_VIRTUAL {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let mut back = Person::new(&mut world, who, "desk").await;
        let returned = Instant::now();
        both_know_or_neither(&survivor, &back, session).await;
        if W::IS_VIRTUAL && W::HAS_PRESENCE {
            assert!(returned.elapsed() <= RECOVERY, "it took {:?}", returned.elapsed());
        }
        if back.state(session).await.is_some() {
            // It rings again, and can be answered as if nothing had happened.
            assert_eq!((side, back.state(session).await), (Side::Bob, Some(State::Invitation)));
            back.is_invited(session).await;
            goes_on(&mut survivor, &mut back, session).await;
        }
        survivor.is_clear().await;
        back.is_clear().await;
        nothing_is_remembered_for_ever::<W>(&[&survivor, &back]).await;
    })
    .await;
}

pub(crate) async fn who_loses_power_for_good_leaves_nothing_hanging<W: World + 'static>(_: W) {
    in_every_phase::<W, _>(|phase, side| async move {
        let Two { ann, bob, world: _world, .. } = brought_with::<W>(phase, impatient::<W>()).await;
        let (victim, mut survivor) = if side == Side::Ann { (ann, bob) } else { (bob, ann) };
        victim.kill().await;
        survivor.is_clear().await;
        nothing_is_remembered_for_ever::<W>(&[&survivor]).await;
    })
    .await;
}

pub(crate) async fn a_link_that_comes_back_lets_it_go_on<W: World + 'static>(_: W) {
    in_every_phase::<W, _>(|phase, side| async move {
        let mut two = brought::<W>(phase).await;
        let session = two.session;
        let cut = if side == Side::Ann { two.ann.endpoint.clone() } else { two.bob.endpoint.clone() };
        two.world.cut(&cut);
        tokio::time::sleep(Duration::from_secs(if W::IS_VIRTUAL { 3 } else { 1 })).await;
        two.world.mend(&cut);
        let returned = Instant::now();
        both_know_or_neither(&two.ann, &two.bob, session).await;
        if W::IS_VIRTUAL {
            assert!(returned.elapsed() <= RECOVERY, "it took {:?}", returned.elapsed());
        }
        // Where nobody sees who is there, an invitation that finds nobody has failed.
        let failed = phase == Phase::Inviting && !W::HAS_PRESENCE && two.ann.state(session).await.is_none();
        let ended = phase == Phase::Ending || failed;
        assert!(ended || two.ann.state(session).await.is_some(), "so short a break ends nothing by itself");
        if phase == Phase::Talking {
            two.bob.hears(session, &"x".repeat(MAX_CONTEXT)).await;
            two.ann.hears(session, &"y".repeat(MAX_CONTEXT)).await;
        }
        if !ended {
            goes_on(&mut two.ann, &mut two.bob, session).await;
        }
        two.clear().await;
    })
    .await;
}

pub(crate) async fn a_link_that_is_gone_for_good_leaves_nothing_hanging<W: World + 'static>(_: W) {
    in_every_phase::<W, _>(|phase, side| async move {
        let mut two = brought_with::<W>(phase, impatient::<W>()).await;
        two.world.cut(if side == Side::Ann { &two.ann.endpoint } else { &two.bob.endpoint });
        two.ann.is_clear().await;
        two.bob.is_clear().await;
        nothing_is_remembered_for_ever::<W>(&[&two.ann, &two.bob]).await;
    })
    .await;
}

pub(crate) async fn both_lose_power_at_once_and_begin_anew<W: World + 'static>(_: W) {
    in_every_phase::<W, _>(|phase, side| async move {
        let Two { mut world, ann, bob, session } = brought::<W>(phase).await;
        ann.kill().await;
        bob.kill().await;
        let first = if side == Side::Ann { ["ann", "bob"] } else { ["bob", "ann"] };
        let mut one = Person::new(&mut world, first[0], "desk").await;
        let mut other = Person::new(&mut world, first[1], "desk").await;
        // The name is as good as new to both, since nothing is remembered.
        one.invite(session, &other.address, ASK).await;
        one.hears_ringing(session).await;
        other.is_invited(session).await;
        goes_on(&mut one, &mut other, session).await;
        one.is_clear().await;
        other.is_clear().await;
    })
    .await;
}

/// Waits until a session stands on both sides, or on none.
async fn both_know_or_neither(one: &Person, other: &Person, session: SessionId) {
    let wait = async {
        while one.state(session).await.is_some() != other.state(session).await.is_some() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20 * 60), wait).await;
    assert!(waited.is_ok(), "one side hangs: {:?}, {:?}", one.list().await, other.list().await);
}

/// From wherever it stands to the end.
async fn goes_on(inviter: &mut Person, invitee: &mut Person, session: SessionId) {
    invitee.is_invited(session).await;
    if invitee.state(session).await == Some(State::Invitation) {
        invitee.accept(session).await;
    }
    for person in [&mut *inviter, &mut *invitee] {
        person.launches(session).await;
        // Refused where it is attached already.
        _ = person.call(session, Command::Attach).await;
    }
    inviter.connects(session).await;
    invitee.connects(session).await;
    inviter.say(session, "still here").await;
    invitee.hears(session, "still here").await;
    invitee.say(session, "so am I").await;
    inviter.hears(session, "so am I").await;
    inviter.terminate(session, 0).await;
    invitee.ends(session).await;
}

/// Ended sessions are forgotten after a while, too.
async fn nothing_is_remembered_for_ever<W: World>(people: &[&Person]) {
    if W::IS_VIRTUAL {
        for person in people {
            person.comes_to("oblivion", |c| c.ended == 0 && c.contacts <= 1).await;
        }
    }
}
