//! Who calls an object, how often, and what is known of them. Nobody's calls are counted with another one's, so a program
//! that calls without end is refused and the others are not.

use rendezvous_core::Time;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// So many callers are remembered. A bus lets one user have about as many connections.
const MOST_CALLERS: usize = 256;
/// So many refusals a caller is told at one go, and so many a second on the long run. More are only counted: an answer to
/// each would cost as much as the calls do.
const REFUSALS: (u32, u32) = (200, 20);

/// So many calls of one caller are answered at the same time.
const AT_ONCE: usize = 16;

/// What becomes of a call, before anybody reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Whose it is was never asked.
    Unknown,
    /// It is the same user's.
    Same,
    /// It is another user's.
    Foreign,
    /// It came too soon after the others.
    TooOften,
}

/// Everybody who has called.
#[derive(Debug)]
pub(crate) struct Callers {
    rate: (u32, u32),
    known: HashMap<String, Caller>,
}

#[derive(Debug)]
struct Caller {
    is_same_user: Option<bool>,
    calls: Bucket,
    refusals: Bucket,
    places: Arc<Semaphore>,
    last: Time,
}

impl Callers {
    /// Each of whom may call so often at one go, and so often a second on the long run.
    pub(crate) fn new(rate: (u32, u32)) -> Self {
        Self { rate, known: HashMap::new() }
    }

    /// Somebody calls.
    pub(crate) fn call(&mut self, now: Time, name: &str) -> Standing {
        let caller = self.caller(now, name);
        match caller.is_same_user {
            // What is refused anyway takes nothing away.
            Some(false) => Standing::Foreign,
            _ if !caller.calls.take(now) => Standing::TooOften,
            Some(true) => Standing::Same,
            None => Standing::Unknown,
        }
    }

    /// The bus has said whether this is the same user. A connection's own name is never given to another one, so it stays
    /// true.
    pub(crate) fn learn(&mut self, now: Time, name: &str, is_same_user: bool) {
        self.caller(now, name).is_same_user = Some(is_same_user);
    }

    /// Whether this caller is told one more refusal.
    pub(crate) fn hears_refusal(&mut self, now: Time, name: &str) -> bool {
        self.caller(now, name).refusals.take(now)
    }

    /// A place for one more call of this caller, if it has one left.
    pub(crate) fn place(&mut self, now: Time, name: &str) -> Option<OwnedSemaphorePermit> {
        self.caller(now, name).places.clone().try_acquire_owned().ok()
    }

    fn caller(&mut self, now: Time, name: &str) -> &mut Caller {
        if self.known.len() >= MOST_CALLERS && !self.known.contains_key(name) {
            // Whoever has been quiet for longest loses the least by being forgotten.
            let quietest =
                self.known.iter().min_by_key(|(_, caller)| caller.last).map(|(name, _)| name.clone());
            quietest.and_then(|name| self.known.remove(&name));
        }
        let rate = self.rate;
        let caller = self.known.entry(name.to_owned()).or_insert_with(|| Caller {
            is_same_user: None,
            calls: Bucket::full(now, rate),
            refusals: Bucket::full(now, REFUSALS),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            last: now,
        });
        caller.last = now;
        caller
    }
}

/// How many may still come. It fills by the second.
#[derive(Debug)]
struct Bucket {
    rate: (u32, u32),
    left: f64,
    since: Time,
}

impl Bucket {
    fn full(now: Time, rate: (u32, u32)) -> Self {
        Self { rate, left: f64::from(rate.0), since: now }
    }

    fn take(&mut self, now: Time) -> bool {
        let passed = now.since(self.since);
        let (most, a_second) = self.rate;
        self.left = f64::min(self.left + passed.as_secs_f64() * f64::from(a_second), f64::from(most));
        self.since = now;
        let may = self.left >= 1.0;
        if may {
            self.left -= 1.0;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_calls_too_often_waits() {
        let start = Time(9);
        let mut bucket = Bucket::full(start, (3, 2));
        assert!((0..3).all(|_| bucket.take(start)));
        assert!(!bucket.take(start));
        assert!(bucket.take(Time(509)));
        assert!(!bucket.take(Time(509)));
        assert!((0..3).all(|_| bucket.take(Time(60_009))));
        assert!(!bucket.take(Time(60_009)));
    }

    #[test]
    fn one_that_calls_without_end_takes_nothing_from_another() {
        let (mut callers, now) = (Callers::new((3, 1)), Time(0));
        let standings: Vec<_> = (0..1000).map(|_| callers.call(now, ":1.1")).collect();
        assert_eq!(standings[..3], [Standing::Unknown; 3]);
        assert!(standings[3..].iter().all(|standing| *standing == Standing::TooOften));
        assert_eq!(callers.call(now, ":1.2"), Standing::Unknown);
        callers.learn(now, ":1.2", true);
        assert_eq!(callers.call(now, ":1.2"), Standing::Same);
    }

    #[test]
    fn refusals_have_a_measure_of_their_own() {
        let (mut callers, now) = (Callers::new((1, 1)), Time(0));
        callers.learn(now, ":1.1", false);
        assert!((0..1000).all(|_| callers.call(now, ":1.1") == Standing::Foreign));
        assert_eq!((0..1000).filter(|_| callers.hears_refusal(now, ":1.1")).count(), 200);
        assert!(callers.hears_refusal(now, ":1.2"), "another one is told");
        assert!(callers.hears_refusal(Time(1000), ":1.1"), "and the first one later");
    }

    #[test]
    fn however_many_call_no_more_are_remembered_than_there_is_room_for() {
        let mut callers = Callers::new((2, 1));
        callers.learn(Time(0), "quiet", true);
        callers.learn(Time(1), "busy", true);
        for n in 0..10_000 {
            callers.call(Time(n), &format!(":1.{n}"));
            assert_ne!(callers.call(Time(n), "busy"), Standing::Unknown, "it is not forgotten");
            assert!(callers.known.len() <= MOST_CALLERS);
        }
        assert_eq!(callers.call(Time(10_000), "quiet"), Standing::Unknown, "it is asked for again");
    }
}
