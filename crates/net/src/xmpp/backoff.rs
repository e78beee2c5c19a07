//! How long to wait before the next attempt. Pure.

use super::trouble::Remedy;
use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);
/// Between two looks at what only a person can mend.
const LOOK_AGAIN: Duration = Duration::from_mins(5);
/// A connection that held for so long was a good one.
const GOOD: Duration = Duration::from_mins(1);

/// Counts failures.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// A connection held for so long.
    pub(super) fn held(&mut self, length: Duration) {
        if length >= GOOD {
            self.failures = 0;
        }
    }

    /// How long to wait now. `lot` spreads the attempts of many devices over the time: after a server's restart all of
    /// them come back.
    pub(super) fn next(&mut self, remedy: Remedy, lot: u32) -> Option<Duration> {
        let base = match remedy {
            Remedy::Person => return None,
            Remedy::LookAgain => LOOK_AGAIN,
            Remedy::Wait => FIRST.saturating_mul(1 << self.failures.min(10)).min(LONGEST),
        };
        // The first time nothing is known to be wrong: a connection was cut, and the next one may do.
        let base = if self.failures == 0 && remedy == Remedy::Wait { base / 4 } else { base };
        self.failures = self.failures.saturating_add(1);
        Some(base / 2 + base.mul_f64(f64::from(lot) / f64::from(u32::MAX) / 2.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_begin_again_after_a_good_connection() {
        let mut backoff = Backoff::default();
        let mut waits = |lot| -> Vec<u128> {
            let next = |_| backoff.next(Remedy::Wait, lot).map_or(0, |wait| wait.as_millis());
            (0..8).map(next).collect()
        };
        assert_eq!(waits(u32::MAX), [250, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
        assert_eq!(waits(0), [15000; 8]);
        backoff.held(GOOD);
        assert_eq!(backoff.next(Remedy::Wait, 0), Some(Duration::from_millis(125)));
    }

    #[test]
    fn a_person_is_not_replaced_by_patience() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.next(Remedy::Person, 0), None);
        assert_eq!(backoff.next(Remedy::LookAgain, u32::MAX), Some(LOOK_AGAIN));
    }
}
