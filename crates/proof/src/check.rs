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

/// Visits every state, until there is no other or a requirement is violated.
///
/// One thread finds a shortest counter-example; more are faster.
#[must_use]
pub fn exhaust(scenario: &'static Scenario, threads: usize) -> Outcome {
    let start = Instant::now();
    let checker = SessionModel::new(scenario)
        .checker()
        .threads(threads)
        .finish_when(HasDiscoveries::AnyFailures)
        .spawn_bfs()
        .join();
    let shortest =
        checker.discoveries().into_values().map(stateright::Path::into_actions).min_by_key(Vec::len);
    Outcome {
        scenario,
        states: checker.unique_state_count(),
        steps: checker.state_count(),
        depth: checker.max_depth(),
        time: start.elapsed(),
        violation: shortest.and_then(|actions| retell(scenario, &actions)),
    }
}

/// Goes the way once more and writes it down.
fn retell(scenario: &'static Scenario, actions: &[Action]) -> Option<Violation> {
    let model = SessionModel::new(scenario);
    let mut world = World::new(scenario);
    let mut dialogue = Vec::new();
    for action in actions {
        let (next, lines) = model.narrate(&world, *action);
        dialogue.extend(lines);
        world = next?;
    }
    Some(Violation { fault: world.fault()?.clone(), dialogue, steps: actions.len() })
}
