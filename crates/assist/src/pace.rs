//! When to encode a picture.
//!
//! A screen changes in bursts and then stands still. While it changes, pictures go out at the frame rate, but never
//! faster than the path carries them: what waits on the way would only be old when it is seen. When the screen comes to
//! rest, a few more pictures follow, in which the encoder spends its bits on sharpness. Then one more, by which the
//! receiver notices when the last of them was lost; and from there on such signs come ever more rarely, once a minute at
//! last, until something changes. That the connection stands is proven in other ways.
//!
//! A receiver that gets nothing for three seconds asks for a key frame, once, in case that something was lost. One that
//! really lost something asks again at once. So on a screen that rests the second request counts.
//!
//! [`Pacer`] only decides. The caller tells it what happened and asks [`Pacer::next`] whether to encode now or how long
//! to wait; it then takes the picture and calls [`Pacer::encoded`].

use std::time::Duration;

use crate::Time;

/// The most pictures that sharpen a screen that came to rest.
pub const SHARPENING: u8 = 8;

/// How long a screen has not changed when it counts as one that rests. Longer than from one key to the next when
/// somebody types.
pub const REST_AFTER: Duration = Duration::from_millis(300);

/// From one sharpening picture to the next.
pub const SHARPENING_EVERY: Duration = Duration::from_millis(100);

/// From the last picture of a screen that came to rest to the one that proves that it arrived. While there is something
/// to show, no two pictures are further apart.
pub const KEEP_ALIVE: Duration = Duration::from_secs(2);

/// Then signs come ever more rarely, until they are so far apart. Without any, a picture that was lost with everything
/// after it would never be missed.
pub const LONGEST_SILENCE: Duration = Duration::from_secs(60);

/// A receiver that asks for a key frame after so long without a picture may only wonder at that.
const WONDERS_AFTER: Duration = Duration::from_millis(2_500);

/// One that asks again within this time lost something. Browsers do so every 200 ms.
const INSISTS_WITHIN: Duration = Duration::from_millis(1_500);

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
    rest: Rest,
    /// How long nothing is said while there is nothing to say; longer each time.
    silence: Duration,
}

/// How far the screen is on its way to rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// So many pictures sharpened it since it changed.
    Sharpening(u8),
    /// It is sharp, and the receiver is still to be told that nothing was lost.
    Sharp,
    /// Nothing is to be said; when the receiver asked for a key frame last.
    Silent(Option<Time>),
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
            rest: Rest::Sharpening(0),
            silence: KEEP_ALIVE,
        }
    }

    /// The screen changed.
    pub fn damaged(&mut self) {
        self.damaged = true;
    }

    /// The receiver asked for a key frame.
    pub fn key_wanted(&mut self, now: Time) {
        match (self.rest, self.last) {
            (Rest::Silent(asked), Some(last)) if !self.damaged && last.after(WONDERS_AFTER) <= now => {
                let insists = asked.is_some_and(|asked| now <= asked.after(INSISTS_WITHIN));
                self.rest = Rest::Silent(Some(now));
                self.key_wanted |= insists;
            }
            _ => self.key_wanted = true,
        }
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
        self.rest = match self.rest {
            _ if self.damaged || key => {
                self.last_change = now;
                Rest::Sharpening(0)
            }
            Rest::Sharpening(_) if encoded == Encoded::Nothing => Rest::Sharp,
            Rest::Sharpening(done) if done + 1 < SHARPENING => Rest::Sharpening(done + 1),
            Rest::Sharpening(_) => Rest::Sharp,
            Rest::Sharp => {
                self.silence = KEEP_ALIVE * 2;
                Rest::Silent(None)
            }
            silent @ Rest::Silent(_) => {
                self.silence = (self.silence * 2).min(LONGEST_SILENCE);
                silent
            }
        };
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
            () if matches!(self.rest, Rest::Sharpening(_)) => Purpose::Sharpen,
            () => Purpose::KeepAlive,
        }
    }

    fn due(&self) -> Time {
        let Some(last) = self.last else {
            return Time(0);
        };
        let soonest = last.after(self.interval).max(before(self.sent_at, QUEUE));
        // Whatever is on its way, the receiver is never left without a sign for longer.
        let sign = last.after(KEEP_ALIVE);
        let due = match self.rest {
            _ if self.damaged => soonest.min(sign),
            Rest::Sharpening(_) => {
                let rest = self.last_change.after(REST_AFTER);
                soonest.max(self.sent_at).max(rest).max(last.after(SHARPENING_EVERY)).min(sign)
            }
            Rest::Sharp => sign,
            Rest::Silent(_) => last.after(self.silence),
        };
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
