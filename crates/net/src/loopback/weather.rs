//! What becomes of a message on its way, from a seed.

use std::time::Duration;

/// How bad the link is. Chances are per mille of the messages, and exclude one another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// A message takes between a millisecond and this; nothing at all if this is zero. Later ones overtake earlier ones.
    pub delay: Duration,
    /// It vanishes, and its sender only learns that nobody knows. With it the sender's link breaks.
    pub lost: u16,
    /// It arrives, and the sender's link breaks before that is known.
    pub doubted: u16,
    /// It is reported as failed, and did not arrive.
    pub refused: u16,
    /// It arrives twice.
    pub doubled: u16,
    /// How long a link that broke stays down.
    pub repair: Duration,
}

/// What becomes of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Carried,
    Lost,
    Doubted,
    Refused,
    Doubled,
}

impl Weather {
    /// Everything arrives, at once and in order.
    pub const FAIR: Self =
        Self { delay: Duration::ZERO, lost: 0, doubted: 0, refused: 0, doubled: 0, repair: Duration::ZERO };

    /// Late, out of order, twice, or not at all until the link is back; but never refused for good.
    pub const BAD: Self = Self {
        delay: Duration::from_millis(800),
        lost: 50,
        doubted: 50,
        refused: 0,
        doubled: 100,
        repair: Duration::from_millis(500),
    };

    pub(super) fn fate(&self, random: &mut Random) -> Fate {
        let mut roll = random.below(1000);
        let fates = [
            (self.lost, Fate::Lost),
            (self.doubted, Fate::Doubted),
            (self.refused, Fate::Refused),
            (self.doubled, Fate::Doubled),
        ];
        for (chance, fate) in fates {
            let chance = u64::from(chance);
            if roll < chance {
                return fate;
            }
            roll -= chance;
        }
        Fate::Carried
    }

    pub(super) fn delay(&self, random: &mut Random) -> Duration {
        let slowest = u64::try_from(self.delay.as_millis()).unwrap_or(u64::MAX);
        if slowest == 0 { Duration::ZERO } else { Duration::from_millis(1 + random.below(slowest)) }
    }

    /// Longer than any delay.
    pub(super) fn slowest(&self) -> Duration {
        self.delay + Duration::from_millis(2)
    }
}

/// Numbers that follow from a seed (splitmix64), the same on every machine.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit`, which is not 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut n = self.0;
        n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (n ^ (n >> 31)) % limit
    }
}
