//! Milliseconds, time asleep included. Each system has another clock that counts it.

use rendezvous_core::Time;

#[cfg(unix)]
pub(super) fn since_boot() -> Time {
    use rustix::time::{ClockId, clock_gettime};
    let t = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(t.tv_sec).unwrap_or(0);
    let millis = u64::try_from(t.tv_nsec).unwrap_or(0) / 1_000_000;
    Time(seconds.saturating_mul(1000).saturating_add(millis))
}

/// The performance counter, which on Windows goes on while the machine sleeps. Its beginning is that of this process,
/// which is as good: moments are never compared with those of another one.
#[cfg(windows)]
pub(super) fn since_boot() -> Time {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    Time::default().after(START.elapsed())
}
