//! The clock of the sessions: it goes on while the machine sleeps.

use rendezvous_core::Time;
use rustix::time::{ClockId, clock_gettime};

/// Milliseconds since the machine started, sleep included.
pub(crate) fn now() -> Time {
    let t = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(t.tv_sec).unwrap_or(0);
    let millis = u64::try_from(t.tv_nsec).unwrap_or(0) / 1_000_000;
    Time(seconds.saturating_mul(1000).saturating_add(millis))
}
