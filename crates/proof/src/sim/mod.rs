//! Whole sessions in virtual time over a seeded bad link: what the model checker does in all ways for a few steps, this
//! does in random ways for whole lives, with the times and limits of the real configuration.
//!
//! Everything follows from the seed: a run that fails is repeated, event by event, with `cargo xtask sim --seed N`.

mod random;
mod watch;
mod world;

pub use random::Random;

use std::fmt;

/// What one run did, and the first thing that was wrong with it.
#[derive(Debug, Default)]
pub struct Report {
    /// Messages that were handed over.
    pub delivered: u64,
    /// Messages that were lost.
    pub lost: u64,
    /// Sessions that were connected on both sides.
    pub connected: u64,
    /// Context texts that came.
    pub texts: u64,
    /// Sessions that ended, on any side.
    pub ended: u64,
    /// What must not be.
    pub fault: Option<String>,
    /// The whole run, if it was asked for.
    pub tale: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { delivered, lost, connected, texts, ended, .. } = self;
        write!(
            f,
            "{delivered} messages delivered, {lost} lost; {connected} sessions connected, {texts} texts, {ended} ends"
        )
    }
}

impl Report {
    /// Adds another run's figures.
    pub fn add(&mut self, other: &Self) {
        self.delivered += other.delivered;
        self.lost += other.lost;
        self.connected += other.connected;
        self.texts += other.texts;
        self.ended += other.ended;
    }
}

/// One run. The same seed does the same, always.
#[must_use]
pub fn run(seed: u64, tell: bool) -> Report {
    world::World::new(seed, tell).run()
}

/// Many runs on all processors: the figures of all, and the faults by seed.
#[must_use]
pub fn many(from: u64, runs: u64) -> (Report, Vec<(u64, String)>) {
    let workers = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let share = |worker: u64| {
        let (mut total, mut faults) = (Report::default(), Vec::new());
        for seed in (from..from.saturating_add(runs)).skip(worker as usize).step_by(workers as usize) {
            let report = run(seed, false);
            total.add(&report);
            faults.extend(report.fault.map(|fault| (seed, fault)));
        }
        (total, faults)
    };
    let parts: Vec<_> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..workers).map(|worker| scope.spawn(move || share(worker))).collect();
        started.into_iter().map(|thread| thread.join().expect("a run does not panic")).collect()
    });
    let (mut total, mut faults) = (Report::default(), Vec::new());
    for (report, found) in parts {
        total.add(&report);
        faults.extend(found);
    }
    faults.sort();
    (total, faults)
}
