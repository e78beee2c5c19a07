//! Runs configurations to their end and says what came of it.

use super::{Action, ConsentModel, Fault, SCENARIOS, Scenario, World};
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

/// Visits every state, until there is no other or a requirement is violated. One thread, breadth first, so that the way
/// to a violation is a shortest one.
#[must_use]
pub fn exhaust(scenario: &'static Scenario) -> Outcome {
    let start = Instant::now();
    let checker =
        ConsentModel(scenario).checker().finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let ways = checker.discoveries().into_values().map(stateright::Path::into_actions);
    let violation = ways.min_by_key(Vec::len).map(|way| retell(scenario, &way));
    Outcome {
        scenario,
        states: checker.unique_state_count(),
        steps: checker.state_count(),
        depth: checker.max_depth(),
        is_exhausted: violation.is_none() && checker.is_done(),
        time: start.elapsed(),
        violation,
    }
}

/// Goes the way once more and writes it down.
fn retell(scenario: &'static Scenario, actions: &[Action]) -> Violation {
    let mut world = World::new(scenario);
    let mut dialogue = Vec::new();
    for action in actions {
        world = world.step(scenario, *action, Some(&mut dialogue));
    }
    let fault = world.fault().expect("it leads to a violation").clone();
    Violation { fault, dialogue, steps: actions.len() }
}
