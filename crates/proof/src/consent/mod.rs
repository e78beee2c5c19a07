//! The model of consent: the transition function as it ships, a person, a machine that locks, sleeps and loses its bar, a
//! clock, and an expert who may send anything at any time.
//!
//! There is no second copy of consent's rules here. What must hold is said in [`Requirement`] and judged in `judge` by
//! what can be seen from outside: which questions were shown, what was granted and revoked, and what the expert was told.
//! Moments count by their distance from now, so that a configuration has an end without a limit on how long it goes on.

mod check;
mod judge;
#[cfg(feature = "mutants")]
mod mutants;
mod scenario;
mod world;

pub use check::{Outcome, Violation, exhaust, scenario};
#[cfg(feature = "mutants")]
pub use mutants::{Hunt, hunt};
pub use scenario::{SCENARIOS, Scenario};
use stateright::{Model, Property};
use std::sync::atomic::{AtomicU64, Ordering};
pub use world::{Action, World};

/// One configuration as a model.
#[derive(Clone, Debug)]
pub struct ConsentModel(pub &'static Scenario);

impl Model for ConsentModel {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(self.0)]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        world.actions(self.0, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        Some(world.step(self.0, action, None))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let conditions = Requirement::ALL.iter().map(|requirement| (requirement, requirement.condition()));
        conditions.map(|(requirement, holds)| Property::always(requirement.name(), holds)).collect()
    }
}

macro_rules! requirements {
    ($($name:ident $text:literal: $cases:literal),+ $(,)?) => {
        /// What must hold.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Requirement { $(#[doc = $text] $name),+ }

        impl Requirement {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// In a sentence.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// What it was held against.
            #[must_use]
            pub fn tried_with(self) -> &'static str {
                match self { $(Self::$name => $cases),+ }
            }

            fn condition(self) -> fn(&ConsentModel, &World) -> bool {
                match self { $(Self::$name => |_, world| world.holds(Self::$name)),+ }
            }
        }
    };
}

requirements! {
    Rises "nothing rises by what the expert sends or by time":
        "inputs of the expert and of the clock",
    Consent "no grant without that person's yes to that question, after it was shown and while it stood":
        "grants",
    OneAnswer "a question takes one answer, and only while it stands":
        "answers",
    OneQuestion "one question at a time, and none that was withdrawn stays":
        "questions",
    Ends "every question ends, by time alone, and so does whatever has a limit":
        "steps with a question or a limit",
    Outlives "no grant outlives its cause: connection, unlocked screen, waking machine, time":
        "steps with something granted",
    Hidden "what the person or a missing bar hides is not seen, and only they show it again":
        "steps while it was hidden",
    Stop "after a stop everything is dead, and stays so":
        "inputs after the end",
    Exact "what may be done, and until when, is what was granted":
        "steps",
    Errors "what is refused changes nothing":
        "refused inputs",
    Truth "the expert is told how it stands":
        "steps with a floor that was asked for",
    Patience "the person is not asked too soon, nor in vain too often":
        "questions for floors",
    Policy "nobody is asked for what the limits do not allow":
        "requests for it",
    Brakes "no control before the brakes let go, and nobody skips them":
        "requests for control while they hold",
    Oracle "the expert learns no more of the brakes than of any other refusal by the machine":
        "requests that they held up",
}

/// A counter on a cache line of its own: all threads count all the time.
#[repr(align(64))]
struct Counter(AtomicU64);

static CASES: [Counter; Requirement::ALL.len()] =
    [const { Counter(AtomicU64::new(0)) }; Requirement::ALL.len()];

impl Requirement {
    /// How often it was held against what happened, in this process.
    #[must_use]
    pub fn cases(self) -> u64 {
        CASES[self as usize].0.load(Ordering::Relaxed)
    }

    /// Here it could have been broken.
    fn tried(self) {
        CASES[self as usize].0.fetch_add(1, Ordering::Relaxed);
    }
}

/// What was violated, with the circumstances.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// Which requirement.
    pub requirement: Requirement,
    /// How it showed.
    pub how: String,
}
