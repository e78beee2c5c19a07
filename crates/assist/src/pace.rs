//! When to encode a picture.
//!
//! A screen changes in bursts and then stands still. While it changes, pictures go out at the frame rate. When it comes
//! to rest, a few more follow, in which the encoder spends its bits on sharpness. Then one now and again, because a
//! receiver that gets nothing for three seconds thinks that pictures were lost, and asks for a key frame.
//!
//! [`Pacer`] only decides. The caller tells it what happened and asks [`Pacer::next`] whether to encode now or how long
//! to wait; it then takes the picture and calls [`Pacer::encoded`].

use std::time::Duration;

use crate::Time;

/// Pictures that sharpen a screen that came to rest.
pub const SHARPENING: u8 = 8;

/// From one of them to the next.
pub const SHARPENING_EVERY: Duration = Duration::from_millis(100);

/// From one picture to the next on a screen that stands still.
pub const KEEP_ALIVE: Duration = Duration::from_secs(2);

/// From one requested key frame to the next.
pub const KEY_EVERY: Duration = Duration::from_millis(300);

/// Decides when the next picture is encoded.
#[derive(Clone, Debug)]
pub struct Pacer {
    interval: Duration,
    /// Something changed since the last picture.
    damaged: bool,
    key_wanted: bool,
    last: Option<Time>,
    last_key: Option<Time>,
    sharpened: u8,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pace {
    /// Take a picture and encode it.
    Encode {
        /// As one that a decoder can start with.
        key: bool,
    },
    /// Nothing is due before this moment, unless something happens.
    Wait(Time),
}

impl Pacer {
    /// For this many pictures a second at most: 1 to 60; 30 is a good choice. The first picture is due at once.
    #[must_use]
    pub fn new(frames_per_second: u8) -> Self {
        let interval = Duration::from_millis(1000) / u32::from(frames_per_second.clamp(1, 60));
        Self { interval, damaged: true, key_wanted: true, last: None, last_key: None, sharpened: 0 }
    }

    /// The screen changed.
    pub fn damaged(&mut self) {
        self.damaged = true;
    }

    /// The receiver asked for a key frame.
    pub fn key_wanted(&mut self) {
        self.key_wanted = true;
    }

    /// Whether a picture is due, and of which kind.
    #[must_use]
    pub fn next(&self, now: Time) -> Pace {
        let due = self.due();
        if due <= now { Pace::Encode { key: self.key_is_due(now) } } else { Pace::Wait(due) }
    }

    /// A picture was encoded, and whether it became a key frame (an encoder may choose one by itself).
    pub fn encoded(&mut self, now: Time, key: bool) {
        // A key frame begins anew, coarsely, so it is sharpened like a change.
        self.sharpened = if self.damaged || key { 0 } else { self.sharpened.saturating_add(1) };
        self.damaged = false;
        self.last = Some(now);
        if key {
            self.key_wanted = false;
            self.last_key = Some(now);
        }
    }

    fn due(&self) -> Time {
        let Some(last) = self.last else {
            return Time(0);
        };
        let by_change = if self.damaged {
            self.interval
        } else if self.sharpened < SHARPENING {
            SHARPENING_EVERY.max(self.interval)
        } else {
            KEEP_ALIVE
        };
        let due = last.after(by_change);
        match self.key_due() {
            Some(key) if self.key_wanted => due.min(key.max(last.after(self.interval))),
            _ => due,
        }
    }

    fn key_is_due(&self, now: Time) -> bool {
        self.key_wanted && self.key_due().is_none_or(|due| due <= now)
    }

    /// When the next key frame may come; `None`: at once.
    fn key_due(&self) -> Option<Time> {
        self.last_key.map(|last| last.after(KEY_EVERY))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Runs the pacer over virtual time; `happens` may tell it something each millisecond. Returns when it encoded.
    fn run(
        pacer: &mut Pacer,
        from: u64,
        to: u64,
        mut happens: impl FnMut(u64, &mut Pacer),
    ) -> Vec<(u64, bool)> {
        let mut pictures = Vec::new();
        for now in from..to {
            happens(now, pacer);
            if let Pace::Encode { key } = pacer.next(Time(now)) {
                pacer.encoded(Time(now), key);
                pictures.push((now, key));
            }
        }
        pictures
    }

    fn nothing(_: u64, _: &mut Pacer) {}

    #[test]
    fn the_first_picture_is_a_key_frame_at_once() {
        let pacer = Pacer::new(30);
        assert_eq!(pacer.next(Time(0)), Pace::Encode { key: true });
        assert_eq!(pacer.next(Time(5)), Pace::Encode { key: true });
    }

    #[test]
    fn a_still_screen_is_sharpened_and_then_kept_alive() {
        let pictures = run(&mut Pacer::new(30), 0, 10_000, nothing);
        let times: Vec<u64> = pictures.iter().map(|(now, _)| *now).collect();
        assert_eq!(times, [0, 100, 200, 300, 400, 500, 600, 700, 800, 2800, 4800, 6800, 8800]);
        assert_eq!(pictures.iter().filter(|(_, key)| *key).count(), 1);
    }

    #[test]
    fn a_changing_screen_has_the_frame_rate() {
        for (rate, interval) in [(30, 33), (60, 16)] {
            let pictures = run(&mut Pacer::new(rate), 0, 10_000, |_, pacer| pacer.damaged());
            assert!(pictures.windows(2).all(|pair| pair[1].0 - pair[0].0 == interval), "{rate}");
        }
    }

    #[test]
    fn change_after_rest_is_shown_at_once() {
        let mut pacer = Pacer::new(30);
        run(&mut pacer, 0, 5000, nothing);
        assert!(matches!(pacer.next(Time(5000)), Pace::Wait(_)));
        pacer.damaged();
        assert_eq!(pacer.next(Time(5000)), Pace::Encode { key: false });
        pacer.encoded(Time(5000), false);
        let after = run(&mut pacer, 5001, 6000, nothing);
        assert_eq!(after.len(), 8, "and it is sharpened again");
    }

    #[test]
    fn the_wait_ends_when_the_next_picture_is_due() {
        let mut pacer = Pacer::new(30);
        pacer.encoded(Time(0), true);
        assert_eq!(pacer.next(Time(20)), Pace::Wait(Time(100)), "the first of the sharpening ones");
        pacer.damaged();
        assert_eq!(pacer.next(Time(20)), Pace::Wait(Time(33)), "the frame rate");
        assert_eq!(pacer.next(Time(33)), Pace::Encode { key: false });
    }

    #[test]
    fn key_frames_come_when_asked_for_but_not_too_often() {
        let pictures = run(&mut Pacer::new(30), 0, 3000, |_, pacer| {
            pacer.damaged();
            pacer.key_wanted();
        });
        let keys: Vec<u64> = pictures.iter().filter(|(_, key)| *key).map(|(now, _)| *now).collect();
        assert!(keys.windows(2).all(|pair| (300..340).contains(&(pair[1] - pair[0]))), "{keys:?}");
        assert_eq!(pictures.len(), 91, "the others are ordinary pictures, at the same rate");
    }

    #[test]
    fn a_key_frame_on_a_still_screen_does_not_wait_for_the_keep_alive() {
        let mut pacer = Pacer::new(30);
        run(&mut pacer, 0, 5000, nothing);
        pacer.key_wanted();
        assert_eq!(pacer.next(Time(5000)), Pace::Encode { key: true });
        pacer.encoded(Time(5000), true);
        pacer.key_wanted();
        let pictures = run(&mut pacer, 5001, 5400, nothing);
        assert_eq!(pictures, [(5100, false), (5200, false), (5300, true)]);
    }

    #[test]
    fn a_key_frame_that_the_encoder_chose_answers_the_request() {
        let mut pacer = Pacer::new(30);
        pacer.encoded(Time(0), true);
        pacer.damaged();
        pacer.key_wanted();
        assert_eq!(pacer.next(Time(40)), Pace::Encode { key: false });
        pacer.encoded(Time(40), true);
        assert!(!pacer.key_wanted);
    }

    #[test]
    fn an_encoder_that_made_no_key_frame_is_asked_again() {
        let mut pacer = Pacer::new(30);
        assert_eq!(pacer.next(Time(0)), Pace::Encode { key: true });
        pacer.encoded(Time(0), false);
        pacer.damaged();
        assert_eq!(pacer.next(Time(40)), Pace::Encode { key: true });
    }

    proptest! {
        /// Whatever happens, there is never more than the frame rate and never less than the keep-alive, and waiting
        /// always ends in the future.
        #[test]
        fn pictures_are_neither_too_many_nor_too_few(
            rate in any::<u8>(),
            events in prop::collection::vec((0..3000_u64, any::<bool>(), any::<bool>()), 0..50),
        ) {
            let mut pacer = Pacer::new(rate);
            let interval = 1000 / u64::from(rate.clamp(1, 60));
            let (mut now, mut last) = (0, None);
            for (pause, damage, key) in events {
                let until = now + pause;
                loop {
                    match pacer.next(Time(now)) {
                        Pace::Encode { key } => {
                            if let Some(last) = last {
                                prop_assert!(now - last >= interval);
                                prop_assert!(now - last <= 2000);
                            }
                            pacer.encoded(Time(now), key);
                            last = Some(now);
                        }
                        Pace::Wait(time) => {
                            prop_assert!(time.0 > now);
                            if time.0 >= until {
                                break;
                            }
                            now = time.0;
                        }
                    }
                }
                now = until.max(now);
                if damage {
                    pacer.damaged();
                }
                if key {
                    pacer.key_wanted();
                }
            }
        }
    }
}
