//! How often the screen is looked at. GDI does not tell when it changes.

use std::time::{Duration, Instant};

/// While it changes, or somebody moves the mouse or types.
const BUSY: Duration = Duration::from_millis(16);

/// While nothing happens: seldom enough to cost little, often enough for a person.
const STILL: Duration = Duration::from_millis(120);

/// When to look next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rhythm {
    due: Instant,
    pause: Duration,
    last_input: u32,
}

impl Rhythm {
    pub(super) fn begin(now: Instant) -> Self {
        Self { due: now, pause: BUSY, last_input: 0 }
    }

    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// It was looked at.
    pub(super) fn looked(&mut self, now: Instant, has_changed: bool) {
        self.pause = if has_changed { BUSY } else { (self.pause * 5 / 4).min(STILL) };
        self.due = now + self.pause;
    }

    /// When somebody last used mouse or keyboard, by the system's clock: what they did is soon to be seen.
    pub(super) fn input(&mut self, now: Instant, last: u32) {
        if std::mem::replace(&mut self.last_input, last) != last {
            self.pause = BUSY;
            self.due = self.due.min(now + BUSY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_still_screen_is_looked_at_less_and_less() {
        let mut now = Instant::now();
        let mut rhythm = Rhythm::begin(now);
        assert_eq!(rhythm.due(), now);
        let mut looks = 0;
        let end = now + Duration::from_secs(10);
        while now < end {
            rhythm.looked(now, false);
            assert!(rhythm.due() > now && rhythm.due() <= now + STILL);
            (now, looks) = (rhythm.due(), looks + 1);
        }
        assert!((80..=100).contains(&looks), "{looks}");
        rhythm.looked(now, true);
        assert_eq!(rhythm.due(), now + BUSY);
    }

    #[test]
    fn a_hand_on_the_mouse_makes_it_sooner() {
        let mut now = Instant::now();
        let mut rhythm = Rhythm::begin(now);
        rhythm.input(now, 7);
        for _ in 0..20 {
            rhythm.looked(now, false);
            now = rhythm.due();
        }
        rhythm.looked(now, false);
        rhythm.input(now, 7);
        assert_eq!(rhythm.due(), now + STILL);
        rhythm.input(now, 8);
        assert_eq!(rhythm.due(), now + BUSY);
    }
}
