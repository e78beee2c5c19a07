//! Counting to three.

/// Hears three presses of Escape within two seconds.
///
/// A key that is held repeats by itself; that is one press. Times are the display's, in milliseconds, and may wrap.
#[derive(Clone, Debug, Default)]
pub(crate) struct TripleEscape {
    presses: Vec<u32>,
    finger: Finger,
}

/// Where the finger is.
#[derive(Clone, Copy, Debug, Default)]
enum Finger {
    #[default]
    Away,
    Down,
    /// It went up then.
    Up(u32),
}

/// Three presses must fit in here.
const WITHIN_MS: u32 = 2_000;

/// Some displays repeat a held key as release and press in one breath; no finger is that fast.
const REPEAT_MS: u32 = 15;

impl TripleEscape {
    /// Escape went down at `now`. Whether that was the third time.
    pub(crate) fn press(&mut self, now: u32) -> bool {
        let repeats = match std::mem::replace(&mut self.finger, Finger::Down) {
            Finger::Away => false,
            Finger::Down => true,
            Finger::Up(then) => now.wrapping_sub(then) < REPEAT_MS,
        };
        !repeats && self.counts(now)
    }

    /// A program pressed Escape at `now`. There is no finger that holds it, and where the person's is does not change: what
    /// they press next is not a key that repeats.
    pub(crate) fn press_of_program(&mut self, now: u32) -> bool {
        self.counts(now)
    }

    /// Escape went up at `now`.
    pub(crate) fn release(&mut self, now: u32) {
        self.finger = Finger::Up(now);
    }

    fn counts(&mut self, now: u32) -> bool {
        self.presses.retain(|earlier| now.wrapping_sub(*earlier) <= WITHIN_MS);
        self.presses.push(now);
        let is_third = self.presses.len() == 3;
        if is_third {
            self.presses.clear();
        }
        is_third
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

    #[test]
    fn what_a_program_presses_takes_none_of_three_from_a_finger() {
        let mut keys = TripleEscape::default();
        assert!(!keys.press_of_program(0));
        let fired = [3_000, 3_100, 3_200].map(|now| {
            let fired = keys.press(now);
            keys.release(now + 40);
            fired
        });
        assert_eq!(fired, [false, false, true], "the program's own is too long ago, and there were three");
    }

    #[test]
    fn a_program_may_press_three_times_and_need_not_let_go() {
        let mut keys = TripleEscape::default();
        assert_eq!([0, 1, 2].map(|now| keys.press_of_program(now)), [false, false, true]);
    }

    #[test]
    fn a_finger_that_holds_is_one_press_whatever_a_program_presses_meanwhile() {
        let mut keys = TripleEscape::default();
        assert!(!keys.press(0));
        assert!(!keys.press_of_program(10));
        assert!(!(1..50).any(|n| keys.press(n * 30)), "the key repeats by itself");
    }

    #[test]
    fn what_is_held_on_after_the_third_press_is_no_first_one() {
        let mut keys = TripleEscape::default();
        for now in [0, 100] {
            assert!(!keys.press(now));
            keys.release(now + 40);
        }
        assert!(keys.press(200));
        assert!(!(1..10).any(|n| keys.press(200 + n * 30)), "it repeats");
        keys.release(600);
        assert_eq!(
            [700, 800, 900].map(|now| {
                let fired = keys.press(now);
                keys.release(now + 40);
                fired
            }),
            [false, false, true]
        );
    }
}
