//! The clocks: of the sessions, which goes on while the machine sleeps, and of the calendar, for what is signed.

use rendezvous_core::Time;
use rendezvous_trust::UnixTime;
use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;
use tokio::time::Instant;

/// The clocks that a driver reads.
#[derive(Clone, Debug, Default)]
pub struct Clock(Kind);

#[derive(Clone, Debug, Default)]
enum Kind {
    #[default]
    System,
    Runtime {
        start: Instant,
        epoch: UnixTime,
    },
}

impl Clock {
    /// Those of the machine.
    #[must_use]
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// Those of the runtime, which begin now, at `epoch` of the calendar. Under tokio's paused clock whole lives pass in
    /// no time, and in the same way every time.
    #[must_use]
    pub fn of_the_runtime(epoch: UnixTime) -> Self {
        Self(Kind::Runtime { start: Instant::now(), epoch })
    }

    /// Milliseconds, sleep included.
    pub(crate) fn now(&self) -> Time {
        match self.0 {
            Kind::System => {
                let t = clock_gettime(ClockId::Boottime);
                let seconds = u64::try_from(t.tv_sec).unwrap_or(0);
                let millis = u64::try_from(t.tv_nsec).unwrap_or(0) / 1_000_000;
                Time(seconds.saturating_mul(1000).saturating_add(millis))
            }
            Kind::Runtime { start, .. } => Time::default().after(start.elapsed()),
        }
    }

    /// Seconds since 1970. The machine's jumps when somebody sets it.
    pub(crate) fn unix(&self) -> UnixTime {
        match self.0 {
            Kind::System => {
                let t = clock_gettime(ClockId::Realtime);
                UnixTime(u64::try_from(t.tv_sec).unwrap_or(0))
            }
            Kind::Runtime { start, epoch } => epoch.after(Duration::from_secs(start.elapsed().as_secs())),
        }
    }
}
