//! Runs configurations to their end and says what came of it.

use crate::model::{Action, Fault, SCENARIOS, Scenario, SessionModel, World};
use crate::outcome::{self, Named};
use stateright::{Checker, HasDiscoveries, Model};
use std::fmt;
use std::time::Instant;

/// What came of one configuration.
pub type Outcome = outcome::Outcome<Scenario, Fault>;

/// A requirement that does not hold, with the way there.
pub type Violation = outcome::Violation<Fault>;

impl Named for Scenario {
    fn name(&self) -> &'static str {
        self.name
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.requirement.name(), self.how)
    }
}

/// The configuration of this name.
#[must_use]
pub fn scenario(name: &str) -> Option<&'static Scenario> {
    SCENARIOS.iter().find(|s| s.name == name)
}

/// Visits every state, until there is no other, a requirement is violated, or `at_most` steps were tried.
#[must_use]
pub fn exhaust(scenario: &'static Scenario, threads: usize, at_most: usize) -> Outcome {
    let start = Instant::now();
    let checker = SessionModel::new(scenario)
        .checker()
        .threads(threads)
        .finish_when(HasDiscoveries::AnyFailures)
        .target_state_count(at_most)
        .spawn_bfs()
        .join();
    let violation = found(scenario, &checker).map(|found| shortest(scenario, found));
    Outcome {
        scenario,
        states: checker.unique_state_count(),
        steps: checker.state_count(),
        depth: checker.max_depth(),
        is_exhausted: violation.is_none() && checker.is_done() && checker.state_count() < at_most,
        time: start.elapsed(),
        violation,
    }
}

/// The shortest of the ways that a checker has found.
fn found(scenario: &'static Scenario, checker: &impl Checker<SessionModel>) -> Option<Violation> {
    let ways = checker.discoveries().into_values().map(stateright::Path::into_actions);
    ways.min_by_key(Vec::len).map(|way| retell(scenario, &way))
}

/// A shortest way to a violation: the checker keeps the last one of those that it comes upon at about the same time,
/// so it is asked for a shorter one until there is none.
fn shortest(scenario: &'static Scenario, mut known: Violation) -> Violation {
    loop {
        let checker = SessionModel::new(scenario)
            .checker()
            .finish_when(HasDiscoveries::AnyFailures)
            // It counts states, of which there is one more than steps, and leaves out those of this depth.
            .target_max_depth(known.steps + 1)
            .spawn_bfs()
            .join();
        match found(scenario, &checker) {
            Some(shorter) => known = shorter,
            None => return known,
        }
    }
}

/// Goes the way once more and writes it down.
fn retell(scenario: &'static Scenario, actions: &[Action]) -> Violation {
    let model = SessionModel::new(scenario);
    let mut world = World::new(scenario);
    let mut dialogue = Vec::new();
    for action in actions {
        let (next, lines) = model.narrate(&world, *action);
        dialogue.extend(lines);
        world = next.expect("a way that was gone can be gone again");
    }
    let fault = world.fault().expect("it leads to a violation").clone();
    Violation { fault, dialogue, steps: actions.len() }
}
