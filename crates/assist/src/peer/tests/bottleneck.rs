//! A path that carries less than we would like to send, far away and with losses: seeded, and in virtual time.

use super::*;

/// How long packets may wait at the narrow place before further ones are dropped.
const QUEUE: Duration = Duration::from_millis(400);

/// A narrow place on the way to the page.
pub(super) struct Bottleneck {
    kbps: u64,
    /// One way, each way.
    delay: Duration,
    /// Of a thousand packets so many are lost.
    lost: u64,
    /// When the last packet will have passed, in microseconds.
    busy_until: u64,
    seed: u64,
    /// How long packets waited at most since this was last looked at.
    waited: Duration,
}

impl Bottleneck {
    pub(super) fn new(kbps: u64, delay: Duration, lost: u64) -> Self {
        Self { kbps, delay, lost, busy_until: 0, seed: 7, waited: Duration::ZERO }
    }

    /// When a packet arrives, if it does.
    pub(super) fn passes(&mut self, now: Time, bytes: usize) -> Option<Time> {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if (self.seed >> 33) % 1000 < self.lost {
            return None;
        }
        let now_us = now.0 * 1000;
        let waits = Duration::from_micros(self.busy_until.saturating_sub(now_us));
        if waits > QUEUE {
            return None;
        }
        self.waited = self.waited.max(waits);
        self.busy_until = self.busy_until.max(now_us) + (bytes as u64 + 28) * 8000 / self.kbps;
        let passed = Duration::from_micros(self.busy_until - now_us);
        Some(now.after(passed + self.delay))
    }

    pub(super) fn back(&self, now: Time) -> Time {
        now.after(self.delay)
    }
}

/// An encoder that follows the estimate as ours does: 85 of a hundred of it, in thirty pictures a second.
struct Encoder {
    kbps: u32,
    sent: usize,
}

impl Encoder {
    fn follow(&mut self, call: &mut Call, seconds: u64) {
        for _ in 0..seconds * 30 {
            for event in call.events.drain(..) {
                if let PeerEvent::Bitrate(kbps) = event {
                    self.kbps = kbps;
                }
            }
            let bytes = usize::try_from(self.kbps).unwrap() * 1000 * 85 / 100 / 8 / 30;
            let frame =
                EncodedFrame { data: picture(bytes), key: false, taken_us: self.sent as u64 * 33_333 };
            self.sent += usize::from(call.peer.send_frame(call.now, frame));
            call.drive(33, |_| false);
        }
    }
}

fn over(kbps: u64, delay: u64, lost: u64) -> (Call, Encoder) {
    let mut call = Call::connected();
    call.bottleneck = Some(Bottleneck::new(kbps, Duration::from_millis(delay), lost));
    (call, Encoder { kbps: START_KBPS, sent: 0 })
}

#[test]
fn the_estimate_finds_what_a_narrow_path_carries() {
    for (kbps, delay) in [(1_000, 100), (2_000, 20), (8_000, 20)] {
        let (mut call, mut encoder) = over(kbps, delay, 0);
        encoder.follow(&mut call, 10);
        let (found, path) = (encoder.kbps, u32::try_from(kbps).unwrap());
        assert!(found <= path * 12 / 10, "{kbps}: it says {found}");
        assert!(found >= path * 4 / 10, "{kbps}: it says {found}");
        // And from then on packets do not pile up before the narrow place.
        if let Some(bottleneck) = &mut call.bottleneck {
            bottleneck.waited = Duration::ZERO;
        }
        encoder.follow(&mut call, 10);
        let waited = call.bottleneck.as_ref().unwrap().waited;
        assert!(waited < QUEUE * 9 / 10, "{kbps}: packets wait {waited:?}");
    }
}

#[test]
fn what_is_lost_is_sent_again_in_time() {
    let (mut call, mut encoder) = over(1_000, 100, 50);
    encoder.follow(&mut call, 10);
    let (before, sent) = (call.page.pictures().len(), encoder.sent);
    encoder.follow(&mut call, 20);
    // The last ones are still on their way.
    call.drive(2_000, |_| false);
    let (came, went) = (call.page.pictures().len() - before, encoder.sent - sent);
    assert!(went >= 590 && came * 100 >= went * 95, "{came} of {went} pictures");
    assert!(call.peer.is_alive());
}

#[test]
fn a_path_that_widens_is_used() {
    let (mut call, mut encoder) = over(800, 50, 0);
    encoder.follow(&mut call, 10);
    let narrow = encoder.kbps;
    if let Some(bottleneck) = &mut call.bottleneck {
        bottleneck.kbps = 8_000;
    }
    encoder.follow(&mut call, 30);
    assert!(encoder.kbps >= narrow * 2, "from {narrow} to {}", encoder.kbps);
}
