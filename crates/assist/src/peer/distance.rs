//! How far away the page is, seen from the checks of ICE before anything else is sent. What the stack tells of that comes
//! too seldom for a beginning.

use std::time::Duration;

use crate::Time;

/// STUN's message types for a check and its answer (RFC 8489, 5), and the number that every message has.
const REQUEST: [u8; 2] = [0x00, 0x01];
const ANSWER: [u8; 2] = [0x01, 0x01];
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// Checks whose answers are waited for.
const WAITING: usize = 16;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Distance {
    sent: Vec<(Transaction, Time)>,
    least: Option<Duration>,
}

/// Chosen by chance by whoever asks, and told in the answer; nobody else can know it.
type Transaction = [u8; 12];

impl Distance {
    /// This leaves.
    pub(super) fn leaves(&mut self, now: Time, packet: &[u8]) {
        if let Some(transaction) = transaction(packet, REQUEST) {
            if self.sent.len() == WAITING {
                self.sent.remove(0);
            }
            self.sent.push((transaction, now));
        }
    }

    /// This came.
    pub(super) fn came(&mut self, now: Time, packet: &[u8]) {
        let Some(transaction) = transaction(packet, ANSWER) else { return };
        // A check that is sent again has the same number, and what was lost before says nothing of the distance.
        if let Some((_, at)) = self.sent.iter().rev().find(|(sent, _)| *sent == transaction) {
            let round_trip = now.since(*at);
            self.least = Some(self.least.map_or(round_trip, |least| least.min(round_trip)));
        }
    }

    /// There and back, at least; none before anything was answered.
    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.least
    }
}

fn transaction(packet: &[u8], kind: [u8; 2]) -> Option<Transaction> {
    let is_it = packet.get(..2) == Some(&kind) && packet.get(4..8) == Some(&COOKIE);
    packet.get(8..20).filter(|_| is_it)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: [u8; 2], number: u8) -> Vec<u8> {
        [&kind[..], &[0, 0], &COOKIE, &[number; 12]].concat()
    }

    #[test]
    fn the_distance_is_that_of_the_fastest_answer() {
        let mut distance = Distance::default();
        distance.came(Time(5), &message(ANSWER, 1));
        assert_eq!(distance.round_trip(), None, "nobody had asked");
        distance.leaves(Time(10), &message(REQUEST, 1));
        distance.leaves(Time(60), &message(REQUEST, 2));
        distance.came(Time(70), &message(ANSWER, 1));
        distance.came(Time(80), &message(ANSWER, 2));
        distance.came(Time(81), &message(ANSWER, 3));
        distance.came(Time(61), &message(REQUEST, 2));
        assert_eq!(distance.round_trip(), Some(Duration::from_millis(20)));
        for length in 0..20 {
            distance.came(Time(60), &message(ANSWER, 2)[..length]);
        }
        assert_eq!(distance.round_trip(), Some(Duration::from_millis(20)), "what is cut off is no answer");
    }
}
