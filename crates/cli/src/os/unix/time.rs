//! Two clocks: one goes on while the machine sleeps, the other does not.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Since the machine started, sleep included.
pub(crate) fn since_boot() -> Duration {
    read(ClockId::Boottime)
}

/// Since the machine started, as far as it was awake.
pub(crate) fn awake() -> Duration {
    read(ClockId::Monotonic)
}

fn read(clock: ClockId) -> Duration {
    let t = clock_gettime(clock);
    let seconds = u64::try_from(t.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(t.tv_nsec).unwrap_or(0))
}
