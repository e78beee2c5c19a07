//! One direction of a bad link: slow, far, and forgetful. Pure: time and seed come from outside, so that a test in virtual
//! time has the very link that a benchmark has in real time.

use std::collections::VecDeque;
use std::time::Duration;

/// How bad a link is, in one direction.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// What passes in a second.
    pub bits_per_second: u64,
    /// From one end to the other, behind whatever waits.
    pub delay: Duration,
    /// Of a thousand datagrams so many are lost by chance.
    pub lost_of_thousand: u64,
    /// What would have to wait longer than this before it is its turn does not fit into the queue and is lost too.
    pub queue: Duration,
}

/// What IPv4 and UDP put before each datagram.
const HEADERS: u64 = 28;

/// A direction of a link.
#[derive(Debug)]
pub struct Path<T> {
    rules: Rules,
    random: u64,
    /// When the link has sent everything that waits.
    free: Duration,
    flying: VecDeque<(Duration, T)>,
    /// So many datagrams were lost by chance.
    pub lost: u64,
    /// So many did not fit into the queue.
    pub did_not_fit: u64,
}

impl<T> Path<T> {
    /// The same seed loses the same datagrams, counted from the first.
    #[must_use]
    pub fn new(rules: Rules, seed: u64) -> Self {
        let flying = VecDeque::new();
        Self { rules, random: seed, free: Duration::ZERO, flying, lost: 0, did_not_fit: 0 }
    }

    /// A datagram of so many bytes sets out.
    pub fn send(&mut self, now: Duration, bytes: usize, datagram: T) {
        if self.next() % 1000 < self.rules.lost_of_thousand {
            self.lost += 1;
            return;
        }
        let begins = self.free.max(now);
        if begins - now > self.rules.queue {
            self.did_not_fit += 1;
            return;
        }
        let bits = (bytes as u64 + HEADERS) * 8;
        self.free = begins + Duration::from_nanos(bits * 1_000_000_000 / self.rules.bits_per_second.max(1));
        self.flying.push_back((self.free + self.rules.delay, datagram));
    }

    /// When the next one arrives.
    #[must_use]
    pub fn due(&self) -> Option<Duration> {
        self.flying.front().map(|(arrival, _)| *arrival)
    }

    /// The next one that has arrived.
    pub fn take(&mut self, now: Duration) -> Option<T> {
        let (_, datagram) = self.flying.pop_front_if(|(arrival, _)| *arrival <= now)?;
        Some(datagram)
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        bits_per_second: 1_000_000,
        delay: Duration::from_millis(100),
        lost_of_thousand: 50,
        queue: Duration::from_millis(200),
    };

    fn milliseconds(time: u64) -> Duration {
        Duration::from_millis(time)
    }

    #[test]
    fn what_is_sent_takes_its_time() {
        let mut path = Path::new(Rules { lost_of_thousand: 0, ..RULES }, 1);
        // 1,222 bytes and headers are 10,000 bits: 10 ms each.
        (0..3).for_each(|number| path.send(milliseconds(0), 1222, number));
        assert_eq!(path.due(), Some(milliseconds(110)));
        assert_eq!(path.take(milliseconds(109)), None);
        assert_eq!([110, 120, 130].map(|now| path.take(milliseconds(now))), [Some(0), Some(1), Some(2)]);
        path.send(milliseconds(1000), 1222, 3);
        assert_eq!(path.due(), Some(milliseconds(1110)), "a link that was idle gains nothing by it");
    }

    #[test]
    fn a_full_queue_takes_no_more() {
        let mut path = Path::new(Rules { lost_of_thousand: 0, ..RULES }, 1);
        (0..30).for_each(|number| path.send(milliseconds(0), 1222, number));
        assert_eq!((path.flying.len(), path.did_not_fit), (21, 9));
    }

    #[test]
    fn the_same_seed_loses_the_same() {
        let lost = |seed| {
            let mut path = Path::new(RULES, seed);
            let lose = |number: u64| {
                let before = path.lost;
                path.send(milliseconds(number * 100), 100, ());
                path.lost > before
            };
            (0..10_000).map(lose).collect::<Vec<_>>()
        };
        assert_eq!(lost(7), lost(7));
        assert_ne!(lost(7), lost(8));
        let count = lost(7).iter().filter(|lost| **lost).count();
        assert!((400..600).contains(&count), "{count} of 10,000");
    }
}
