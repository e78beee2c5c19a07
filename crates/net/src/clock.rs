//! The clocks: of the sessions, which goes on while the machine sleeps, and of the calendar, for what is signed.

mod boot;

use boot::since_boot;
use rendezvous_core::Time;
use rendezvous_trust::UnixTime;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
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
                let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                UnixTime(since.map_or(0, |since| since.as_secs()))
            }
            Kind::Runtime { start, epoch } => epoch.after(Duration::from_secs(start.elapsed().as_secs())),
        }
    }
}
