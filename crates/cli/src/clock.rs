//! The clock that goes on while the machine sleeps.

use rustix::time::{ClockId, clock_gettime};

/// Milliseconds since the machine started, sleep included.
pub(crate) fn boottime() -> u64 {
    let t = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(t.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1000).saturating_add(u64::try_from(t.tv_nsec).unwrap_or(0) / 1_000_000)
}
