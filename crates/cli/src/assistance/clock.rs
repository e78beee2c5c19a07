//! The clock of consent: it goes on while the machine sleeps, so that nothing granted outlives a closed lid.

use crate::{clock, os};
use rendezvous_assist::Time;
use std::time::Duration;

/// Milliseconds since the machine started, sleep included.
pub(super) fn now() -> Time {
    Time(clock::boottime())
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

/// Both clocks lose a little against each other between two readings; nobody sleeps for so short a time.
const JITTER: Duration = Duration::from_secs(1);

/// Notices that the machine slept: its one clock goes on meanwhile, the other stands still.
#[derive(Debug)]
pub(super) struct Awake {
    always: Time,
    awake: Duration,
}

impl Awake {
    pub(super) fn begin() -> Self {
        Self { always: now(), awake: os::awake() }
    }

    /// Whether it slept since this was asked last.
    pub(super) fn has_slept(&mut self) -> bool {
        self.has_slept_by(now(), os::awake())
    }

    fn has_slept_by(&mut self, always: Time, awake: Duration) -> bool {
        let slept = always.since(self.always).saturating_sub(awake.saturating_sub(self.awake));
        (self.always, self.awake) = (always, awake);
        slept > JITTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_only_one_clock_counts_was_slept() {
        let (always, awake) = (Time(50_000), Duration::from_secs(50));
        let mut clocks = Awake { always, awake };
        let later = |millis| awake + Duration::from_millis(millis);
        assert!(!clocks.has_slept_by(Time(60_000), later(10_000)), "both went on");
        assert!(clocks.has_slept_by(Time(3_660_000), later(10_100)), "an hour with a closed lid");
        assert!(!clocks.has_slept_by(Time(3_661_000), later(11_100)), "it is said once");
        assert!(!Awake::begin().has_slept());
    }
}
