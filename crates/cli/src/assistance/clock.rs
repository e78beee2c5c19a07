//! The clock of consent: it goes on while the machine sleeps, so that nothing granted outlives a closed lid.

use rendezvous_assist::Time;
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Milliseconds since the machine started, sleep included.
pub(super) fn now() -> Time {
    let t = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(t.tv_sec).unwrap_or(0);
    let millis = u64::try_from(t.tv_nsec).unwrap_or(0) / 1_000_000;
    Time(seconds.saturating_mul(1000).saturating_add(millis))
}

/// Sleeps until `due`, or for ever. Looks at the clock every few seconds, since timers stop while the machine sleeps.
pub(super) async fn sleep_until(due: Option<Time>) {
    let Some(due) = due else { return std::future::pending().await };
    loop {
        let left = due.since(now());
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(Duration::from_secs(5))).await;
    }
}
