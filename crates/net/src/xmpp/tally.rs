//! Things that others cause and that are worth a line in the log, but not one each. Pure.

use rendezvous_core::Time;
use std::time::Duration;

/// No more than a line in this time.
const PAUSE: Duration = Duration::from_mins(1);

/// Counts what was not said yet.
#[derive(Debug, Default)]
pub(super) struct Tally {
    unsaid: u64,
    said_at: Option<Time>,
}

impl Tally {
    /// One more. How many there were since the last line, if it is time for another.
    pub(super) fn note(&mut self, now: Time) -> Option<u64> {
        self.unsaid += 1;
        if self.said_at.is_some_and(|at| at.after(PAUSE) > now) {
            return None;
        }
        self.said_at = Some(now);
        Some(std::mem::take(&mut self.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_a_line_a_minute_and_none_is_left_out_of_the_count() {
        let mut tally = Tally::default();
        let lines: Vec<u64> = (0..180_000).filter_map(|milli| tally.note(Time(5 + milli))).collect();
        assert_eq!(lines, [1, 60_000, 60_000]);
        assert_eq!(tally.note(Time(1_000_000)), Some(60_000));
    }
}
