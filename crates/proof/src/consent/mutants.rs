//! Seeded faults in consent: each must be noticed, or the proof proves nothing.

use super::{Outcome, SCENARIOS, exhaust};
use rendezvous_assist::mutant::{Mutant, seed};
use std::time::{Duration, Instant};

/// What became of one fault.
#[derive(Debug)]
pub struct Hunt {
    /// The fault.
    pub mutant: Mutant,
    /// The run that noticed it.
    pub caught: Option<Outcome>,
    /// How long it took, with the runs that did not.
    pub time: Duration,
}

/// Makes a fault real and looks for it in one configuration after the other; with names, in these only.
#[must_use]
pub fn hunt(mutant: Mutant, places: &[&str]) -> Hunt {
    let start = Instant::now();
    seed(Some(mutant));
    let caught = SCENARIOS
        .iter()
        .filter(|scenario| places.is_empty() || places.contains(&scenario.name))
        .map(exhaust)
        .find(|outcome| outcome.violation.is_some());
    seed(None);
    Hunt { mutant, caught, time: start.elapsed() }
}
