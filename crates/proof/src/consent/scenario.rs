//! The configurations: which rights are in play, how long they last, and what is known of the expert.

use rendezvous_assist::brakes::{Facts, Met};
use rendezvous_assist::consent::{Lifetime, Limits, Right};
use std::time::Duration;

/// A step of the clock. What lasts is a few of these, so that all of it fits into a model.
pub(super) const TICK: Duration = Duration::from_secs(1);

/// One configuration.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub what: &'static str,
    /// What the expert asks for besides the view.
    pub floors: &'static [Right],
    /// Of these, the ones that the policy forbids.
    pub never: &'static [Right],
    /// How many ticks a floor lasts; `None`: as long as the help.
    pub floor_ticks: Option<u32>,
    /// How many ticks the view lasts; `None`: as long as the help.
    pub view_ticks: Option<u32>,
    /// How the expert is known.
    pub known: Known,
    /// Whether it is small enough for the ordinary tests.
    pub quick: bool,
}

/// How the expert is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// For long, and had control before.
    Friend,
    /// For long, and never had control.
    NeverControlled,
    /// By a code, and had control before.
    ByCode,
    /// Nothing is known.
    Not,
    /// For long, and there is a block of an earlier help.
    Blocked,
}

const CONTROL: &[Right] = &[Right::Control];

/// All of them.
pub static SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "view",
        what: "The view alone, which must be asked for again after a while.",
        floors: &[],
        never: &[],
        floor_ticks: None,
        view_ticks: Some(3),
        known: Known::Friend,
        quick: true,
    },
    Scenario {
        name: "control",
        what: "Control by a friend.",
        floors: CONTROL,
        never: &[],
        floor_ticks: Some(3),
        view_ticks: None,
        known: Known::Friend,
        quick: true,
    },
    Scenario {
        name: "first-control",
        what: "Somebody who never had control: how did this begin?",
        floors: CONTROL,
        never: &[],
        floor_ticks: Some(2),
        view_ticks: None,
        known: Known::NeverControlled,
        quick: true,
    },
    Scenario {
        name: "by-code",
        what: "Somebody met by a code, who looks first.",
        floors: CONTROL,
        never: &[],
        floor_ticks: Some(2),
        view_ticks: None,
        known: Known::ByCode,
        quick: true,
    },
    Scenario {
        name: "stranger",
        what: "Somebody of whom nothing is known, with a view that ends.",
        floors: CONTROL,
        never: &[],
        floor_ticks: Some(2),
        view_ticks: Some(4),
        known: Known::Not,
        quick: false,
    },
    Scenario {
        name: "blocked",
        what: "A block of an earlier help, that ends in this one.",
        floors: CONTROL,
        never: &[],
        floor_ticks: Some(2),
        view_ticks: None,
        known: Known::Blocked,
        quick: true,
    },
    Scenario {
        name: "two-floors",
        what: "Control and files, each with a time of its own.",
        floors: &[Right::Control, Right::Files],
        never: &[],
        floor_ticks: Some(2),
        view_ticks: None,
        known: Known::Friend,
        quick: false,
    },
    Scenario {
        name: "policy",
        what: "Recording is forbidden; the clipboard and drawing are not.",
        floors: &[Right::Clipboard, Right::Drawing, Right::Recording],
        never: &[Right::Recording],
        floor_ticks: None,
        view_ticks: None,
        known: Known::Friend,
        quick: true,
    },
    Scenario {
        name: "all-floors",
        what: "All six rights at once, for as long as the help lasts.",
        floors: &Right::FLOORS,
        never: &[],
        floor_ticks: None,
        view_ticks: None,
        known: Known::Friend,
        quick: false,
    },
];

impl Scenario {
    /// The limits in it.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let lifetime = |ticks: Option<u32>| ticks.map_or(Lifetime::Session, |n| Lifetime::For(n * TICK));
        let mut lifetimes = [lifetime(self.floor_ticks); 6];
        lifetimes[0] = lifetime(self.view_ticks);
        let limits = Limits {
            question: 2 * TICK,
            lifetimes,
            quiet: TICK,
            refusals: 2,
            wait: 3 * TICK,
            block: 4 * TICK,
        };
        self.never.iter().fold(limits, |limits, right| limits.with(*right, Lifetime::Never))
    }

    /// What is known of the expert in it.
    #[must_use]
    pub fn facts(&self) -> Facts {
        let friend = Facts {
            met: Met::ByWords,
            known_for: Duration::from_hours(1000),
            has_had_control: true,
            blocked_until: None,
        };
        match self.known {
            Known::Friend => friend,
            Known::NeverControlled => Facts { has_had_control: false, ..friend },
            Known::ByCode => Facts { met: Met::ByCode, ..friend },
            Known::Not => Facts::default(),
            Known::Blocked => Facts { blocked_until: Some(super::world::START.after(4 * TICK)), ..friend },
        }
    }
}
