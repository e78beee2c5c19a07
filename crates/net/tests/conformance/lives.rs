//! Whole lives at random: two people with two devices each, who do whatever is possible at any moment, over a link that
//! breaks, with devices that lose their power. What must hold of every session is watched all the time; at the end
//! nothing is left. A seed is the same life every time.

use crate::person::Person;
use crate::world::{ASK, Bad, OFFER, World, name};
use rendezvous_core::*;
use rendezvous_net::loopback::Weather;
use std::time::Duration;
use tokio::time::Instant;

/// So many lives; more with this variable.
const LIVES: u64 = 60;
const MORE: &str = "RENDEZVOUS_LIVES";
/// In so long everybody does what they like, then only ends what is open.
const BUSY: Duration = Duration::from_secs(10 * 60);

const DEVICES: [(&str, &str); 4] = [("ann", "desk"), ("ann", "phone"), ("bob", "desk"), ("bob", "phone")];

struct Life {
    world: Bad,
    people: Vec<Option<Person>>,
    dice: Dice,
    names: u128,
    count: Count,
    start: Instant,
}

/// What happened, so that a suite that tries nothing is noticed.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    connected: usize,
    texts: usize,
    ended: usize,
    crashes: usize,
    cuts: usize,
}

/// Numbers that follow from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut n = self.0;
        n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (n ^ (n >> 31)) % limit
    }

    fn chance(&mut self, per_cent: u64) -> bool {
        self.below(100) < per_cent
    }
}

impl Life {
    async fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let weather = match dice.below(4) {
            0 => Weather::FAIR,
            1 => Weather::BAD,
            2 => Weather { refused: 100, ..Weather::BAD },
            _ => Weather { delay: Duration::from_secs(5), lost: 100, ..Weather::BAD },
        };
        let world = Bad::in_weather(seed, weather);
        let mut life = Self {
            world,
            people: Vec::new(),
            dice,
            names: 0,
            count: Count::default(),
            start: Instant::now(),
        };
        for (who, device) in DEVICES {
            life.people.push(Some(Person::new(&mut life.world, who, device).await));
        }
        life
    }

    fn is_busy(&self) -> bool {
        self.start.elapsed() < BUSY
    }

    async fn run(mut self) -> Count {
        while self.is_busy() {
            let device = usize::try_from(self.dice.below(4)).unwrap();
            match self.dice.below(100) {
                0 => self.crash(device).await,
                1..4 => self.cut(device).await,
                _ => self.act(device).await,
            }
            let pause = 1 + self.dice.below(3000);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            self.look();
        }
        self.tidy_up().await;
        self.count
    }

    async fn crash(&mut self, device: usize) {
        let (who, called) = DEVICES[device];
        if let Some(person) = self.people[device].take() {
            self.count.crashes += 1;
            person.kill().await;
        }
        if self.dice.chance(50) {
            let pause = 100 * (1 + self.dice.below(300));
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        self.people[device] = Some(Person::new(&mut self.world, who, called).await);
    }

    async fn cut(&mut self, device: usize) {
        let Some(endpoint) = self.people[device].as_ref().map(|p| p.endpoint.clone()) else { return };
        self.count.cuts += 1;
        self.world.cut(&endpoint);
        let pause = 100 * (1 + self.dice.below(400));
        tokio::time::sleep(Duration::from_millis(pause)).await;
        self.world.mend(&endpoint);
    }

    /// What the person and the applications of a device do next. What is refused changes nothing.
    async fn act(&mut self, device: usize) {
        let Some(person) = &mut self.people[device] else { return };
        let open = person.list().await;
        let census = person.census().await;
        assert!(census.keys <= census.sessions, "a key of a session that is over: {census:?}");
        if open.is_empty() || self.dice.chance(10) {
            let whom = if DEVICES[device].0 == "ann" { "bob" } else { "ann" };
            let application = if self.dice.chance(50) { ASK } else { OFFER };
            self.names += 1;
            // Names in no order, so that either side's may be the lower one.
            let session = name((u128::from(self.dice.below(u64::MAX)) << 64) + self.names);
            let whom = Address::new(whom).unwrap();
            _ = person.handle.invite_as(session, whom, application, String::new()).await;
        }
        for session in open {
            let Some(command) = choose(&mut self.dice, session.state, session.role) else { continue };
            _ = person.call(session.id, command).await;
        }
    }

    /// Looking is watching: what must hold of the events is asserted.
    fn look(&mut self) {
        for person in self.people.iter_mut().flatten() {
            let before = person.told.len();
            person.look();
            for happening in &person.told[before..] {
                match happening.event {
                    Event::StateChanged { current: State::Connected, .. } => self.count.connected += 1,
                    Event::ContextData(_) => self.count.texts += 1,
                    Event::Ended { .. } => self.count.ended += 1,
                    _ => {}
                }
            }
        }
    }

    /// Everybody ends what is open; then nothing may be left.
    async fn tidy_up(&mut self) {
        for person in self.people.iter_mut().flatten() {
            for session in person.list().await {
                _ = person.call(session.id, Command::Cancel { data: String::new() }).await;
            }
        }
        for person in self.people.iter_mut().flatten() {
            person.is_clear().await;
            person.comes_to("oblivion", |c| c.ended == 0 && c.contacts <= 1).await;
        }
        self.look();
    }
}

fn choose(dice: &mut Dice, state: State, role: Role) -> Option<Command> {
    let data = String::new;
    Some(match (state, role, dice.below(100)) {
        (State::Invitation, Role::Invitee, 0..60) => Command::Accept { data: data() },
        (State::Invitation, Role::Invitee, 60..75) => {
            Command::Decline { by: DeclinedBy::Person, data: "later".into() }
        }
        (State::Invitation, Role::Invitee, 75..85) => {
            Command::Decline { by: DeclinedBy::Policy, data: data() }
        }
        (State::Invitation, Role::Inviter, 0..10) => Command::Cancel { data: data() },
        (State::Accepted, _, 0..80) => Command::Attach,
        (State::Accepted | State::Connected, _, 97..) => Command::ApplicationGone,
        (State::Connected, _, 0..70) => {
            let long = if dice.chance(10) { 20_000 } else { 10 };
            Command::SendContext("é".repeat(long))
        }
        (State::Connected, _, 90..) => {
            Command::Terminate { result: SessionResult::SUCCESS, data: "bye".into() }
        }
        _ => return None,
    })
}

/// A life by its seed, and what happened in it.
fn live(seed: u64) -> Count {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async { Life::new(seed).await.run().await })
}

#[test]
fn whole_lives_over_a_bad_link_leave_nothing_behind() {
    let lives = std::env::var(MORE).ok().and_then(|text| text.parse().ok()).unwrap_or(LIVES);
    let mut all = Count::default();
    for seed in 0..lives {
        let life = std::panic::catch_unwind(|| live(seed));
        let Ok(count) = life else { panic!("the life of seed {seed} went wrong") };
        all.connected += count.connected;
        all.texts += count.texts;
        all.ended += count.ended;
        all.crashes += count.crashes;
        all.cuts += count.cuts;
    }
    let lives = usize::try_from(lives).unwrap();
    assert!(all.connected > lives && all.texts > lives && all.ended > 5 * lives, "{all:?}");
    assert!(all.crashes > lives / 2 && all.cuts > lives / 2, "{all:?}");
    eprintln!(
        "{lives} lives, 0 left hanging: {} connected, {} texts, {} crashes, {} cuts",
        all.connected, all.texts, all.crashes, all.cuts
    );
}

#[test]
fn a_seed_is_the_same_life_every_time() {
    let tell = |seed| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut life = Life::new(seed).await;
            for _ in 0..200 {
                let device = usize::try_from(life.dice.below(4)).unwrap();
                life.act(device).await;
                let pause = 1 + life.dice.below(1000);
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
            life.look();
            let mut told = Vec::new();
            for person in life.people.into_iter().flatten() {
                told.push(person.told);
            }
            told
        })
    };
    assert!(tell(1) == tell(1));
    assert!(tell(1) != tell(5));
}
