//! What came of a configuration, of whichever machine.

use std::fmt::{self, Display};
use std::time::Duration;

/// A configuration has a name.
pub trait Named {
    /// As given on the command line.
    fn name(&self) -> &'static str;
}

/// What came of one configuration.
#[derive(Debug)]
pub struct Outcome<S: 'static, F> {
    /// Which.
    pub scenario: &'static S,
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
    pub violation: Option<Violation<F>>,
}

/// A requirement that does not hold, with the way there.
#[derive(Debug)]
pub struct Violation<F> {
    /// What was violated.
    pub fault: F,
    /// What happened, line by line.
    pub dialogue: Vec<String>,
    /// How many steps it took.
    pub steps: usize,
}

/// In one line.
impl<S: Named, F> Display for Outcome<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, states, steps, depth, time, is_exhausted, violation } = self;
        let result = match violation {
            Some(_) => "BROKEN",
            None if *is_exhausted => "exhausted",
            None => "NOT EXHAUSTED",
        };
        let (name, seconds) = (scenario.name(), time.as_secs_f32());
        write!(
            f,
            "{name:<22} {states:>9} states {steps:>10} steps  depth {depth:>3} {seconds:>6.1} s  {result}"
        )
    }
}

/// As a dialogue.
impl<F: Display> Display for Violation<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {}", self.fault)?;
        self.dialogue.iter().try_for_each(|line| write!(f, "\n    {line}"))
    }
}
