//! Two clocks that go together: ours in milliseconds, and the stack's.

use std::time::{Duration, Instant};

use crate::Time;

/// Our time and the stack's. Neither goes back.
///
/// Ours has whole milliseconds, the stack's has more: it wants to be called again a microsecond after each packet. So what
/// is due before our next millisecond is done in this one, and all packets of a picture leave together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    epoch: Instant,
    pub(super) now: Time,
    /// As far as the stack's time has come within our millisecond.
    reached: Instant,
}

impl Clock {
    pub(super) fn new(epoch: Instant, now: Time) -> Self {
        Self { epoch, now, reached: epoch }
    }

    pub(super) fn advance(&mut self, now: Time) {
        self.now = self.now.max(now);
    }

    pub(super) fn instant(self) -> Instant {
        self.millisecond().max(self.reached)
    }

    /// The beginning of our millisecond.
    fn millisecond(self) -> Instant {
        // Only a clock that is wrong by ages could overflow; then time stands still.
        self.epoch.checked_add(Duration::from_millis(self.now.0)).unwrap_or(self.epoch)
    }

    /// Lets the stack's time go on to this moment, if it lies ahead and in our millisecond.
    pub(super) fn reach(&mut self, moment: Instant) -> bool {
        let ahead = moment > self.instant() && moment < self.millisecond() + Duration::from_millis(1);
        if ahead {
            self.reached = moment;
        }
        ahead
    }

    /// Rounded up, so that a timer is due when its moment is given back.
    pub(super) fn time(self, moment: Instant) -> Time {
        let micros = moment.saturating_duration_since(self.epoch).as_micros();
        Time(u64::try_from(micros.div_ceil(1000)).unwrap_or(u64::MAX))
    }
}
