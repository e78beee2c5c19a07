//! Milliseconds from the caller's epoch.

use std::time::Duration;

/// A moment, in milliseconds from an epoch that the caller chose (`CLOCK_BOOTTIME` in the program, zero in tests).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Time {
    /// The moment `d` later; stays at the end of time instead of wrapping.
    #[must_use]
    pub fn after(self, d: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(d.as_millis()).unwrap_or(u64::MAX)))
    }

    /// How long it is from `earlier` to here; zero when `earlier` is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// The same moment in a count that begins at `now`; what is past is at its beginning.
    pub(crate) fn seen_from(self, now: Self) -> Self {
        if self == Self(u64::MAX) { self } else { Self(self.0.saturating_sub(now.0)) }
    }
}
