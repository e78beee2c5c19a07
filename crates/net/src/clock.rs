//! The clocks: of the sessions, which goes on while the machine sleeps, and of the calendar, for what is signed.

use rendezvous_core::Time;
use rendezvous_trust::UnixTime;
use rustix::time::{ClockId, clock_gettime};

/// Milliseconds since the machine started, sleep included.
pub(crate) fn now() -> Time {
    let t = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(t.tv_sec).unwrap_or(0);
    let millis = u64::try_from(t.tv_nsec).unwrap_or(0) / 1_000_000;
    Time(seconds.saturating_mul(1000).saturating_add(millis))
}

/// Seconds since 1970. It jumps when somebody sets the clock.
pub(crate) fn unix() -> UnixTime {
    let t = clock_gettime(ClockId::Realtime);
    UnixTime(u64::try_from(t.tv_sec).unwrap_or(0))
}
