//! The calendar's time, for what must still be true after a restart and on another machine.

use std::time::Duration;

/// Seconds since 1970 began, UTC. Unlike the time of the other crates it can jump, in both directions, when a clock is
/// set; what depends on it says what happens then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(pub u64);

impl UnixTime {
    /// The moment `d` later; stays at the end of time instead of wrapping. Parts of a second are dropped.
    #[must_use]
    pub const fn after(self, d: Duration) -> Self {
        Self(self.0.saturating_add(d.as_secs()))
    }
}
