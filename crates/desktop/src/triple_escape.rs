//! Counting to three.

/// Hears three presses of Escape within two seconds.
///
/// A key that is held repeats by itself; that is one press. Times are the display's, in milliseconds, and may wrap.
#[derive(Clone, Debug, Default)]
pub(crate) struct TripleEscape {
    presses: Vec<u32>,
    released: Option<u32>,
}

/// Three presses must fit in here.
const WITHIN_MS: u32 = 2_000;

/// Some displays repeat a held key as release and press in one breath; no finger is that fast.
const REPEAT_MS: u32 = 15;

impl TripleEscape {
    /// Escape went down at `now`. Whether that was the third time.
    pub(crate) fn press(&mut self, now: u32) -> bool {
        let held = match (self.presses.is_empty(), self.released) {
            (true, _) => false,
            (false, None) => true,
            (false, Some(released)) => now.wrapping_sub(released) < REPEAT_MS,
        };
        self.released = None;
        if held {
            return false;
        }
        self.presses.retain(|earlier| now.wrapping_sub(*earlier) <= WITHIN_MS);
        self.presses.push(now);
        if self.presses.len() < 3 {
            return false;
        }
        *self = Self::default();
        true
    }

    /// Escape went up at `now`.
    pub(crate) fn release(&mut self, now: u32) {
        self.released = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Presses at these times, each released 40 ms later; which of them fired.
    fn taps(times: &[u32]) -> Vec<bool> {
        let mut keys = TripleEscape::default();
        times
            .iter()
            .map(|t| {
                let fired = keys.press(*t);
                keys.release(t.wrapping_add(40));
                fired
            })
            .collect()
    }

    #[test]
    fn three_within_two_seconds() {
        assert_eq!(taps(&[0, 1_000, 2_000]), [false, false, true]);
        assert_eq!(taps(&[100, 180, 260]), [false, false, true]);
    }

    #[test]
    fn slow_presses_do_not_count_together() {
        assert_eq!(taps(&[0, 1_000, 2_001]), [false, false, false]);
        assert_eq!(taps(&[0, 1_000, 2_001, 2_500]), [false, false, false, true]);
    }

    #[test]
    fn it_starts_again_after_three() {
        assert_eq!(taps(&[0, 100, 200, 300, 400, 500]), [false, false, true, false, false, true]);
    }

    #[test]
    fn the_clock_may_wrap() {
        assert_eq!(taps(&[u32::MAX - 500, u32::MAX - 10, 400]), [false, false, true]);
    }

    #[test]
    fn a_held_key_is_one_press() {
        let mut keys = TripleEscape::default();
        assert!(!(0..50).any(|n| keys.press(n * 30)));
        let mut keys = TripleEscape::default();
        let fired = (0..50).any(|n| {
            let fired = keys.press(n * 30);
            keys.release(n * 30 + 30);
            fired
        });
        assert!(!fired);
    }
}
