//! What the path carries, what still waits before it, and what follows from both.
//!
//! The stack estimates the path and paces packets by that. What it does not do: it takes a picture whatever waits already,
//! passes on a request for a key frame while the last one is still on its way, and lets its estimate fall to nothing
//! where packets are lost by chance. Here is what this side makes up its mind about instead.

use std::collections::VecDeque;
use std::time::Duration;

use super::{LEAST_KBPS, START_KBPS};
use crate::Time;

/// The stack pads a sending video section to 50 kbit/s for as long as it is one. So this long after a picture the
/// section rests, and wakes with the next: a still screen is then as quiet as it looks.
const REST_AFTER: Duration = Duration::from_millis(40);

/// Where the page is near and nothing gets lost there is nothing to wait for, so the section rests as soon as the picture
/// has left: between two letters of somebody who types it would pad more than the letters take. But not where pictures
/// come as close to each other as in motion, since to rest and to wake costs more than that.
const REST_AT_ONCE: Duration = Duration::from_millis(1);
const MOTION: Duration = Duration::from_millis(50);

/// What a section that rests is asked for again leaves late, as the stack is seldom called then. So it does not rest before so
/// many times there and back have passed since the last packet left: what was lost has been asked for by then, and once more
/// where that was lost too.
const ROUNDS: u32 = 3;

/// There and back, to a page that is no further away than the rest is long.
const NEARBY: Duration = Duration::from_millis(25);

/// And so much longer where packets are lost: a browser asks again after a tenth of a second.
const LOSSY: Duration = Duration::from_millis(400);

/// From one picture to the next while nothing was heard of any.
const UNHEARD: Duration = Duration::from_secs(1);

/// As far away as the page is taken to be before it is known.
const FAR: Duration = Duration::from_millis(400);

/// What waits, when it is more than the padding that waits now and then, in bytes.
const PADDING: usize = 500;

/// The page had so much time to ask for a key frame before it knew that one had been sent, and to decode it.
const DECODING: Duration = Duration::from_millis(200);

/// Where an estimate begins anew, in kbit/s.
const ANEW_KBPS: u32 = 500;

/// An estimate that begins anew has so much time to find its way.
const ANEW_EVERY: Duration = Duration::from_secs(3);

/// An estimate goes up until packets wait, and falls then. The path carries what the last few of them have in common.
const LOOK_BACK: usize = 10;

/// So many times is a lost packet sent again, since it is asked for until it comes.
const AGAIN: f32 = 4.0;

/// A change of the estimate that is smaller than one part in so many is kept to ourselves.
const CHANGE: u32 = 20;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    /// What the path carries, as it was told last.
    kbps: u32,
    /// The last estimates.
    estimates: VecDeque<u32>,
    /// Of everything that was sent so much was lost lately.
    loss: f32,
    /// The page was found to be near.
    is_near: bool,
    /// There and back, as it was measured last.
    round_trip: Option<Duration>,
    /// The last picture, and how long the one before it had been there.
    picture: Time,
    rhythm: Duration,
    /// Bytes that wait, and when some did last.
    waiting: usize,
    busy: Time,
    has_sent: bool,
    /// When the last key frame had left.
    key_left: Option<Time>,
    anew: Option<Time>,
}

/// What an estimate leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Estimated {
    /// The path carries so much, and that is news.
    pub(super) news: Option<u32>,
    /// The stack is to estimate anew, from here.
    pub(super) anew: Option<u32>,
}

impl Flow {
    pub(super) fn new(now: Time) -> Self {
        Self {
            kbps: START_KBPS,
            estimates: VecDeque::new(),
            loss: 0.0,
            is_near: false,
            round_trip: None,
            picture: now,
            rhythm: Duration::ZERO,
            waiting: 0,
            busy: now,
            has_sent: false,
            key_left: None,
            anew: None,
        }
    }

    /// The page is near: the estimate begins here, and not where it is begun otherwise.
    pub(super) fn begin_near(&mut self, kbps: u32) {
        (self.kbps, self.is_near) = (kbps, true);
        self.estimates.clear();
    }

    /// How much the stack may look for, in kbit/s: it looks with up to twice of that. While something waits, that would be
    /// looked with, and looking would drop it.
    pub(super) fn desired(&self) -> u32 {
        if self.waiting > PADDING { self.kbps / 2 } else { self.kbps / 2 * 3 }
    }

    /// The stack estimates that the path carries so much.
    pub(super) fn estimated(&mut self, now: Time, kbps: u32) -> Estimated {
        let may_begin = self.anew.is_none_or(|last| last.after(ANEW_EVERY) <= now);
        let anew = (kbps < LEAST_KBPS && may_begin).then_some(ANEW_KBPS);
        if anew.is_some() {
            self.anew = Some(now);
            self.estimates.clear();
        }
        self.estimates.push_back(anew.unwrap_or(kbps).max(LEAST_KBPS));
        if self.estimates.len() > LOOK_BACK {
            self.estimates.pop_front();
        }
        let least = self.estimates.iter().copied().min().unwrap_or(kbps);
        let kbps = (least as f32 * (1.0 - AGAIN * self.loss).max(0.5)) as u32;
        let kbps = kbps.max(LEAST_KBPS);
        let is_news = kbps.abs_diff(self.kbps) > self.kbps / CHANGE;
        if is_news {
            self.kbps = kbps;
        }
        Estimated { news: is_news.then_some(kbps), anew }
    }

    /// Of everything that was sent within the last second so much was lost, from 0 to 1.
    pub(super) fn lost(&mut self, loss: f32) {
        self.loss += (loss.clamp(0.0, 1.0) - self.loss) * 0.1;
    }

    /// It took so long there and back.
    pub(super) fn went_round(&mut self, time: Duration) {
        self.round_trip = Some(time);
    }

    /// So many bytes wait in the stack.
    pub(super) fn waits(&mut self, now: Time, bytes: usize) {
        self.waiting = bytes;
        if bytes > PADDING {
            self.busy = now;
        }
    }

    /// A picture is about to be handed to the stack.
    pub(super) fn wakes(&mut self, now: Time) {
        self.rhythm = now.since(self.picture);
        self.picture = now;
        self.busy = now;
    }

    /// A picture was handed to the stack, so many bytes of which wait with all others.
    pub(super) fn sent(&mut self, now: Time, key: bool, waiting: usize) {
        self.has_sent = true;
        self.waits(now, waiting);
        if key {
            self.key_left = Some(now.after(self.time_for_waiting()));
        }
    }

    /// Whether there was a picture on this way.
    pub(super) fn has_sent(&self) -> bool {
        self.has_sent
    }

    /// Whether the page, which asks for a key frame, may have had the last one: what of that was lost is sent again first.
    pub(super) fn wants_key(&self, now: Time) -> bool {
        self.key_left.is_none_or(|left| left.after(self.round_trip() * 2 + DECODING) <= now)
    }

    /// When everything that waits now has left. As long as nothing at all was heard of what was sent, nobody may be there to
    /// take it: more of it would only be in the way later.
    pub(super) fn leaves(&self, now: Time) -> Time {
        if self.round_trip.is_none() && self.key_left.is_some() && !self.is_near {
            return self.picture.after(UNHEARD);
        }
        now.after(self.time_for_waiting())
    }

    fn time_for_waiting(&self) -> Duration {
        let bits = u64::try_from(self.waiting).unwrap_or(u64::MAX).saturating_mul(8);
        Duration::from_millis(bits / u64::from(self.kbps.max(1)))
    }

    /// When the section may rest.
    pub(super) fn rests(&self) -> Time {
        // What waits has to leave first.
        if self.waiting > PADDING {
            return self.busy.after(self.time_for_waiting()).after(REST_AFTER);
        }
        if self.is_near && self.loss == 0.0 && self.rhythm > MOTION {
            return self.picture.max(self.busy).after(REST_AT_ONCE);
        }
        let lossy = if self.loss > 0.005 { LOSSY } else { Duration::ZERO };
        // Nearby, what was lost has been asked for by then anyway.
        let rounds = if self.round_trip() > NEARBY { self.round_trip() * ROUNDS } else { Duration::ZERO };
        let answered = self.busy.after(rounds + lossy);
        self.picture.max(answered).after(REST_AFTER)
    }

    fn round_trip(&self) -> Duration {
        self.round_trip.unwrap_or(FAR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(time: u64) -> Duration {
        Duration::from_millis(time)
    }

    #[test]
    fn an_estimate_that_falls_to_nothing_begins_anew_and_is_told_no_lower_than_that() {
        let mut flow = Flow::new(Time(0));
        let nothing = |news| Estimated { news, anew: None };
        assert_eq!(flow.estimated(Time(100), 900), nothing(Some(900)));
        assert_eq!(flow.estimated(Time(200), 880), nothing(None), "as good as the same");
        let anew = Estimated { news: Some(ANEW_KBPS), anew: Some(ANEW_KBPS) };
        assert_eq!(flow.estimated(Time(300), 12), anew);
        assert_eq!(flow.estimated(Time(400), 1), nothing(Some(LEAST_KBPS)), "it has just begun anew");
        assert_eq!(flow.estimated(Time(3_300), 1), anew);
    }

    #[test]
    fn a_request_for_a_key_frame_counts_when_the_last_one_can_have_been_seen() {
        let mut flow = Flow::new(Time(0));
        assert!(flow.wants_key(Time(0)), "there was none");
        flow.estimated(Time(0), 1_000);
        flow.went_round(millis(200));
        // 50,000 bytes take 400 ms, and then there is the way.
        flow.sent(Time(100), true, 50_000);
        assert!(!flow.wants_key(Time(1_000)));
        assert!(flow.wants_key(Time(1_100)));
        flow.sent(Time(1_050), false, 3_000);
        assert!(flow.wants_key(Time(1_100)), "other pictures are no reason to wait");
    }

    #[test]
    fn the_section_rests_when_nothing_waits_and_nothing_can_be_asked_for_again() {
        let mut flow = Flow::new(Time(0));
        flow.went_round(millis(1));
        flow.wakes(Time(1_000));
        flow.sent(Time(1_000), false, 2_000);
        assert!(flow.rests() > Time(1_040), "it has not left");
        flow.waits(Time(1_000), 0);
        assert_eq!(flow.rests(), Time(1_040), "nearby: almost at once");
        flow.went_round(millis(200));
        flow.sent(Time(2_000), true, 50_000);
        for now in (2_010..2_400).step_by(10) {
            flow.waits(Time(now), 50_000 - 125 * usize::try_from(now - 2_000).unwrap());
        }
        flow.waits(Time(2_400), 240);
        assert_eq!(flow.rests(), Time(2_390 + 3 * 200 + 40), "far away: when it has left and was not missed");
    }

    #[test]
    fn what_waits_leaves_at_the_pace_of_the_path() {
        let mut flow = Flow::new(Time(0));
        flow.estimated(Time(0), 1_000);
        assert_eq!(flow.leaves(Time(10)), Time(10));
        flow.wakes(Time(10));
        flow.sent(Time(10), true, 12_500);
        assert_eq!(flow.leaves(Time(10)), Time(1_010), "nothing was heard of the first one");
        flow.went_round(millis(100));
        assert_eq!(flow.leaves(Time(10)), Time(110));
    }
}
