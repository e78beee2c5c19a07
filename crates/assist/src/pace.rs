//! When to encode a picture.
//!
//! A screen changes in bursts and then stands still. While it changes, pictures go out at the frame rate, but never
//! faster than the path carries them: what waits on the way would only be old when it is seen. When the screen comes to
//! rest, a few more pictures follow, in which the encoder spends its bits on sharpness. Then one now and again, because a
//! receiver that gets nothing for three seconds thinks that pictures were lost, and asks for a key frame.
//!
//! [`Pacer`] only decides. The caller tells it what happened and asks [`Pacer::next`] whether to encode now or how long
//! to wait; it then takes the picture and calls [`Pacer::encoded`].

use std::time::Duration;

use crate::Time;

/// The most pictures that sharpen a screen that came to rest.
pub const SHARPENING: u8 = 8;

/// How long a screen has not changed when it counts as one that rests. Longer than from one key to the next when
/// somebody types.
pub const REST_AFTER: Duration = Duration::from_millis(250);

/// From one sharpening picture to the next.
pub const SHARPENING_EVERY: Duration = Duration::from_millis(100);

/// From one picture to the next on a screen that stands still.
pub const KEEP_ALIVE: Duration = Duration::from_secs(2);

/// From one requested key frame to the next.
pub const KEY_EVERY: Duration = Duration::from_millis(500);

/// The next picture of a changing screen waits until what is on its way takes no longer than this.
pub const QUEUE: Duration = Duration::from_millis(80);

/// Decides when the next picture is encoded.
#[derive(Clone, Debug)]
pub struct Pacer {
    interval: Duration,
    /// What the path carries, in kbit/s.
    kbps: u32,
    /// Something changed since the last picture.
    damaged: bool,
    key_wanted: bool,
    last: Option<Time>,
    /// When the last picture was encoded that shows a change.
    last_change: Time,
    last_key: Option<Time>,
    /// When everything that was encoded has left.
    sent_at: Time,
    /// How long the last picture is.
    last_bytes: usize,
    sharpened: u8,
}

/// Why a picture is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The screen changed: it is to be seen soon rather than sharp.
    Change,
    /// The screen rests: sharper than before.
    Sharpen,
    /// The receiver is to know that nothing was lost.
    KeepAlive,
    /// As one that a decoder can start with.
    Key,
}

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pace {
    /// Take a picture and encode it.
    Encode(Purpose),
    /// Nothing is due before this moment, unless something happens.
    Wait(Time),
}

/// What came of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoded {
    /// A frame.
    Frame {
        /// Whether a decoder can start with it; an encoder may choose that by itself.
        key: bool,
        /// How long it is.
        bytes: usize,
    },
    /// The encoder had nothing to say: the picture is as sharp as it becomes.
    Nothing,
}

impl Pacer {
    /// For this many pictures a second at most, 1 to 60, on a path that carries `kbps` kilobits a second. The first
    /// picture is due at once.
    #[must_use]
    pub fn new(frames_per_second: u8, kbps: u32) -> Self {
        let interval = Duration::from_millis(1000) / u32::from(frames_per_second.clamp(1, 60));
        Self {
            interval,
            kbps,
            damaged: true,
            key_wanted: true,
            last: None,
            last_change: Time(0),
            last_key: None,
            sent_at: Time(0),
            last_bytes: 0,
            sharpened: 0,
        }
    }

    /// The screen changed.
    pub fn damaged(&mut self) {
        self.damaged = true;
    }

    /// The receiver asked for a key frame.
    pub fn key_wanted(&mut self) {
        self.key_wanted = true;
    }

    /// The path carries this many kilobits a second.
    pub fn set_bitrate(&mut self, kbps: u32) {
        self.kbps = kbps;
    }

    /// Everything that was sent will have left at this moment, as whoever sends it knows better. The last picture may
    /// still be on its way to them.
    pub fn leaves(&mut self, at: Time) {
        let last = self.last.map_or(Time(0), |last| last.after(self.time_for(self.last_bytes)));
        self.sent_at = at.max(last);
    }

    /// Whether a picture is due, and what for.
    #[must_use]
    pub fn next(&self, now: Time) -> Pace {
        let due = self.due();
        if due > now { Pace::Wait(due) } else { Pace::Encode(self.purpose(now)) }
    }

    /// A picture was encoded; `now` is when that began.
    pub fn encoded(&mut self, now: Time, encoded: Encoded) {
        let (key, bytes) = match encoded {
            Encoded::Frame { key, bytes } => (key, bytes),
            Encoded::Nothing => (false, 0),
        };
        // A key frame begins anew, coarsely, so it is sharpened like a change.
        if self.damaged || key {
            self.sharpened = 0;
            self.last_change = now;
        } else if encoded == Encoded::Nothing {
            self.sharpened = SHARPENING;
        } else {
            self.sharpened = self.sharpened.saturating_add(1);
        }
        self.damaged = false;
        self.last = Some(now);
        self.last_bytes = bytes;
        self.sent_at = self.sent_at.max(now).after(self.time_for(bytes));
        if key {
            self.key_wanted = false;
            self.last_key = Some(now);
        }
    }

    fn purpose(&self, now: Time) -> Purpose {
        match () {
            () if self.key_wanted && self.key_due().is_none_or(|due| due <= now) => Purpose::Key,
            () if self.damaged => Purpose::Change,
            () if self.sharpened < SHARPENING => Purpose::Sharpen,
            () => Purpose::KeepAlive,
        }
    }

    fn due(&self) -> Time {
        let Some(last) = self.last else {
            return Time(0);
        };
        let soonest = last.after(self.interval).max(before(self.sent_at, QUEUE));
        let due = if self.damaged {
            soonest
        } else if self.sharpened < SHARPENING {
            let rest = self.last_change.after(REST_AFTER);
            soonest.max(self.sent_at).max(rest).max(last.after(SHARPENING_EVERY))
        } else {
            last.after(KEEP_ALIVE)
        };
        // Whatever is on its way, the receiver is never left without a sign for longer.
        let due = due.min(last.after(KEEP_ALIVE));
        match self.key_due() {
            Some(key) if self.key_wanted => due.min(key.max(soonest)),
            _ => due,
        }
    }

    /// When the next key frame may come; `None`: at once.
    fn key_due(&self) -> Option<Time> {
        self.last_key.map(|last| last.after(KEY_EVERY))
    }

    /// How long the path takes for so many bytes.
    fn time_for(&self, bytes: usize) -> Duration {
        let bits = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(8);
        Duration::from_millis(bits / u64::from(self.kbps.max(1)))
    }
}

fn before(time: Time, duration: Duration) -> Time {
    Time(time.0.saturating_sub(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests;
