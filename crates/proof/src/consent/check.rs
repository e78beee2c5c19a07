//! Runs configurations to their end and says what came of it.

use super::{Action, ConsentModel, Fault, SCENARIOS, Scenario, World};
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

/// Visits every state, until there is no other or a requirement is violated. One thread, breadth first, so that the way
/// to a violation is a short one.
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
