//! Whoever is killed, in whatever state a session is: nothing hangs, and nothing is left behind.
//!
//! Real agents and real servers, killed as a crash would (SIGKILL), while a session is held in each state that travels
//! ([`stage`]). Afterwards both ends are final, or the session goes on, within a bound that counts from the return: of
//! the agent, when its socket answers; of the server, when its ports do. Nothing of ours still runs or lies around, and
//! nobody shows a device that is not there.
//!
//! With `RENDEZVOUS_PROVE` set, ten times each, which `cargo xtask prove network` does; else every state once, the victims
//! by turns.

mod ground;
mod pair;
mod process;
mod stage;

use anyhow::{Result, anyhow};
use ground::{Ground, Kind};
use pair::Pair;
use stage::{Stage, Victim};
use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Both ends are final or recovered so long after the agent's return…
const AGENT_BACK: Duration = Duration::from_secs(15);
/// …and after the server's.
const SERVER_BACK: Duration = Duration::from_secs(60);

/// So often in each state.
const TIMES: usize = 10;

#[test]
fn nearby_nothing_hangs_after_a_crash() {
    matrix(Kind::Nearby);
}

#[test]
fn needs_prosody_nothing_hangs_after_a_crash() {
    matrix(Kind::Prosody);
}

#[test]
fn needs_ejabberd_nothing_hangs_after_a_crash() {
    matrix(Kind::Ejabberd);
}

/// Who is killed when.
struct Plan {
    /// So many pairs of people at the same time.
    pairs: usize,
    agents: VecDeque<(Stage, Victim)>,
    /// Each line is one crash of the server, with a session in each of these states.
    servers: Vec<Vec<Stage>>,
}

impl Plan {
    fn of(kind: Kind, is_full: bool) -> Self {
        let times = if is_full { TIMES } else { 1 };
        let pairs = if is_full { 5 } else { 3 };
        let victims = kind.victims();
        // In the short form every state has one victim; over the three networks, every state has each.
        let is_chosen =
            |at: usize, victim| is_full || victims[(at + kind as usize) % victims.len()] == victim;
        let mut agents = VecDeque::new();
        let mut servers = Vec::new();
        for _ in 0..times {
            let mut hit = Vec::new();
            for (at, stage) in Stage::ALL.into_iter().enumerate() {
                for victim in victims.iter().copied().filter(|victim| is_chosen(at, *victim)) {
                    match victim {
                        Victim::Server => hit.push(stage),
                        Victim::Inviter | Victim::Invitee => agents.push_back((stage, victim)),
                    }
                }
            }
            servers.extend(hit.chunks(pairs).map(<[Stage]>::to_vec));
        }
        Self { pairs, agents, servers }
    }
}

/// What was killed, and how long it took at most until everything was well again.
#[derive(Default)]
struct Tally {
    agents: Vec<Duration>,
    servers: usize,
    sessions: Vec<Duration>,
}

fn matrix(kind: Kind) {
    let plan = Plan::of(kind, std::env::var_os("RENDEZVOUS_PROVE").is_some());
    let mut field = Field::new(kind, plan.pairs).expect("everybody is there");
    let tally = match field.play(&plan) {
        Ok(tally) => tally,
        Err(error) => panic!("{error:#}\n{}", field.ground.log()),
    };
    let slowest = |times: &[Duration]| times.iter().max().copied().unwrap_or_default().as_secs_f32();
    let killed = tally.agents.len() + tally.servers;
    // Whoever proves it reads this line.
    _ = writeln!(
        std::io::stderr(),
        "{killed} kills, 0 stuck: {} agents, at most {:.1} s after their return; {} servers with {} sessions, at most {:.1} s",
        tally.agents.len(),
        slowest(&tally.agents),
        tally.servers,
        tally.sessions.len(),
        slowest(&tally.sessions),
    );
}

/// Everybody, and what they are connected by.
struct Field {
    // Order matters: people leave before the server does.
    pairs: Vec<Pair>,
    ground: Ground,
}

impl Field {
    fn new(kind: Kind, count: usize) -> Result<Self> {
        let ground = Ground::start(kind, count)?;
        let mut numbers: Vec<usize> = (0..count).collect();
        let pairs = in_parallel(&mut numbers, |number| Pair::new(&ground, *number))?;
        Ok(Self { pairs, ground })
    }

    fn play(&mut self, plan: &Plan) -> Result<Tally> {
        let agents = self.kill_agents(plan.agents.clone())?;
        let mut sessions = Vec::new();
        for stages in &plan.servers {
            sessions.extend(self.kill_server(stages)?);
        }
        in_parallel(&mut self.pairs, |pair| pair.part())?;
        Ok(Tally { agents, servers: plan.servers.len(), sessions })
    }

    /// Every pair takes what is next.
    fn kill_agents(&mut self, jobs: VecDeque<(Stage, Victim)>) -> Result<Vec<Duration>> {
        let jobs = Mutex::new(jobs);
        let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let times = in_parallel(&mut self.pairs, |pair| {
            let mut times = Vec::new();
            while let Some((stage, victim)) = next() {
                let time = pair.loses_an_agent(stage, victim).inspect_err(|_| {
                    // What is wrong once needs no more.
                    jobs.lock().unwrap_or_else(PoisonError::into_inner).clear();
                });
                times.push(time.map_err(|error| pair.tell(stage, victim, &error))?);
            }
            Ok(times)
        })?;
        Ok(times.into_iter().flatten().collect())
    }

    fn kill_server(&mut self, stages: &[Stage]) -> Result<Vec<Duration>> {
        let mut hit: Vec<_> = self.pairs.iter_mut().zip(stages.iter().copied()).collect();
        let tell = |pair: &Pair, stage, error: &_| pair.tell(stage, Victim::Server, error);
        in_parallel(&mut hit, |(pair, stage)| pair.approach(*stage).map_err(|e| tell(pair, *stage, &e)))?;
        in_parallel(&mut hit, |(pair, stage)| pair.enter().map_err(|e| tell(pair, *stage, &e)))?;
        self.ground.kill();
        hit.iter_mut().try_for_each(|(pair, _)| pair.resume())?;
        self.ground.restart()?;
        let back = Instant::now();
        in_parallel(&mut hit, |(pair, stage)| {
            pair.settle(Victim::Server, back, SERVER_BACK).map_err(|e| tell(pair, *stage, &e))
        })
    }
}

impl Pair {
    fn loses_an_agent(&mut self, stage: Stage, victim: Victim) -> Result<Duration> {
        self.approach(stage)?;
        self.enter()?;
        self.kill(victim)?;
        self.resume()?;
        self.start_again()?;
        self.settle(victim, Instant::now(), AGENT_BACK)
    }
}

/// Does this with each at the same time.
fn in_parallel<T: Send, R: Send>(all: &mut [T], play: impl Fn(&mut T) -> Result<R> + Sync) -> Result<Vec<R>> {
    thread::scope(|scope| {
        let threads: Vec<_> = all.iter_mut().map(|one| scope.spawn(|| play(one))).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("it panicked"))?).collect()
    })
}
