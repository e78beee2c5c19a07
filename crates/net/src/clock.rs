//! The clocks: of the sessions, which goes on while the machine sleeps, and of the calendar, for what is signed.

use rendezvous_core::Time;
use rendezvous_trust::UnixTime;
use rustix::time::{ClockId, clock_gettime};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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
    Sleepy(Sleep),
}

/// Lets a machine sleep that does not: the clock of the sessions goes on, and the timers of the runtime do not.
#[derive(Clone, Debug, Default)]
pub struct Sleep(Arc<AtomicU64>);

impl Sleep {
    /// So much time has passed, asleep.
    pub fn through(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
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

    /// Those of the machine, and a way to have it sleep.
    #[must_use]
    pub fn that_sleeps() -> (Self, Sleep) {
        let sleep = Sleep::default();
        (Self(Kind::Sleepy(sleep.clone())), sleep)
    }

    /// Milliseconds, sleep included.
    pub(crate) fn now(&self) -> Time {
        match &self.0 {
            Kind::System => since_boot(),
            Kind::Sleepy(sleep) => since_boot().after(Duration::from_millis(sleep.0.load(Ordering::SeqCst))),
            Kind::Runtime { start, .. } => Time::default().after(start.elapsed()),
        }
    }

    /// Seconds since 1970. The machine's jumps when somebody sets it.
    pub(crate) fn unix(&self) -> UnixTime {
        match &self.0 {
            Kind::System | Kind::Sleepy(_) => {
                let t = clock_gettime(ClockId::Realtime);
                UnixTime(u64::try_from(t.tv_sec).unwrap_or(0))
            }
            Kind::Runtime { start, epoch } => epoch.after(Duration::from_secs(start.elapsed().as_secs())),
        }
    }
}

fn since_boot() -> Time {
    let t = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(t.tv_sec).unwrap_or(0);
    let millis = u64::try_from(t.tv_nsec).unwrap_or(0) / 1_000_000;
    Time(seconds.saturating_mul(1000).saturating_add(millis))
}
