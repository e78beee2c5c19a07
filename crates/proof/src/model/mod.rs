//! The model: tables of the shipped crate, a network between them, people who act, and a clock. There is no second copy
//! of any rule of the session here; what must hold is said in [`watch`](Requirement) in terms of what can be seen from
//! outside.

mod actions;
mod forge;
mod judge;
mod letter;
mod scenario;
mod watch;
mod world;

pub use actions::{Action, Word};
pub use forge::Forged;
pub use scenario::{Acts, Faults, Hostile, Play, Presence, SCENARIOS, Scenario, Who};
pub use watch::{Fault, Requirement};
pub use world::World;

use stateright::{Model, Property};
use std::sync::Arc;

/// One configuration as a model.
#[derive(Clone, Debug)]
pub struct SessionModel {
    /// The configuration.
    pub scenario: &'static Scenario,
    /// What a hostile party makes up in it.
    forged: Arc<[Forged]>,
}

impl SessionModel {
    /// The model of this configuration.
    #[must_use]
    pub fn new(scenario: &'static Scenario) -> Self {
        Self { scenario, forged: forge::list(scenario).into() }
    }

    /// Takes one step, and writes down what happened.
    #[must_use]
    pub fn narrate(&self, world: &World, action: Action) -> (Option<World>, Vec<String>) {
        let mut lines = Vec::new();
        let next = world.step(self, action, Some(&mut lines));
        (next, lines)
    }
}

impl Model for SessionModel {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self.scenario)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        world.actions(self, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        world.step(self, action, None)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        Requirement::ALL
            .iter()
            .map(|requirement| Property::always(requirement.name(), requirement.condition()))
            .collect()
    }
}
