//! What others can make happen without end is logged as a number, once a while: line by line it would push everything
//! else out of the log.

use rendezvous_core::Time;
use std::time::Duration;

/// Between two lines about the same.
pub(crate) const WHILE: Duration = Duration::from_secs(60);

/// How often something happened that was not said yet.
#[derive(Debug, Default)]
pub struct Seldom {
    count: u64,
    quiet_until: Option<Time>,
}

impl Seldom {
    /// It happened so many times more.
    pub fn add(&mut self, times: u64) {
        self.count = self.count.saturating_add(times);
    }

    /// How often it happened since that was said last, when it is time to say it again.
    pub fn due(&mut self, now: Time) -> Option<u64> {
        if self.count == 0 || self.quiet_until.is_some_and(|until| now < until) {
            return None;
        }
        self.quiet_until = Some(now.after(WHILE));
        Some(std::mem::take(&mut self.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_said_at_once_and_the_others_together_after_a_while() {
        let (mut seldom, start) = (Seldom::default(), Time(7));
        assert_eq!(seldom.due(start), None);
        seldom.add(1);
        assert_eq!(seldom.due(start), Some(1));
        let mut said = 0;
        for second in 0..600 {
            let now = start.after(Duration::from_secs(second));
            seldom.add(1000);
            said += usize::from(seldom.due(now).is_some());
        }
        assert_eq!(said, 9);
        let later = start.after(Duration::from_secs(600));
        assert_eq!((seldom.due(later), seldom.due(later)), (Some(59_000), None), "none is forgotten");
    }
}
