//! Runs configurations to their end and says what came of it.

use crate::model::{Action, Fault, SCENARIOS, Scenario, SessionModel, World};
use stateright::{Checker, HasDiscoveries, Model};
use std::time::{Duration, Instant};

/// What came of one configuration.
#[derive(Debug)]
pub struct Outcome {
    /// Which.
    pub scenario: &'static Scenario,
    /// Unique states that were visited.
    pub states: usize,
    /// Steps that were tried, also those that lead to a known state.
    pub steps: usize,
    /// How long the longest way is.
    pub depth: usize,
    /// How long it took.
    pub time: Duration,
    /// There is no other state, and nothing was violated in any.
    pub is_exhausted: bool,
    /// What was violated first, and how it came to that.
    pub violation: Option<Violation>,
}

/// A requirement that does not hold, with the way there.
#[derive(Debug)]
pub struct Violation {
    /// What was violated.
    pub fault: Fault,
    /// What happened, line by line.
    pub dialogue: Vec<String>,
    /// How many steps it took.
    pub steps: usize,
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
