//! One look at a disk at a time: whoever types fast makes no crowd of threads, and only what they want last is looked at.

use super::folder::Place;
use std::time::{Duration, Instant};

/// A disk that does not answer within this time is not waited for: there are others.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where is being looked, and where is to be looked next.
#[derive(Debug, Default)]
pub(super) struct Looks {
    running: Option<(Place, Instant)>,
    /// The newest place only: nobody wants to see the others any more.
    next: Option<Place>,
}

impl Looks {
    /// Here is to be looked, as soon as [`Self::begin`] says so.
    pub(super) fn want(&mut self, place: Place) {
        self.next = Some(place);
    }

    /// It was looked here.
    pub(super) fn ended(&mut self, place: &Place) {
        self.running.take_if(|(running, _)| running == place);
    }

    /// Where is to be looked now.
    pub(super) fn begin(&mut self, now: Instant) -> Option<Place> {
        let is_busy =
            self.running.as_ref().is_some_and(|(_, since)| now.saturating_duration_since(*since) < PATIENCE);
        let place = self.next.take_if(|_| !is_busy)?;
        self.running = Some((place.clone(), now));
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Place {
        Place::Folder(path.into())
    }

    #[test]
    fn one_place_is_looked_at_after_the_other_and_only_the_last_of_those_that_wait() {
        let (mut looks, now) = (Looks::default(), Instant::now());
        assert_eq!(looks.begin(now), None, "nobody wants anything");
        for path in ["/a", "/b", "/c"] {
            looks.want(at(path));
            assert_eq!(looks.begin(now), (path == "/a").then(|| at("/a")));
        }
        looks.ended(&at("/a"));
        assert_eq!(looks.begin(now), Some(at("/c")));
        looks.ended(&at("/c"));
        assert_eq!(looks.begin(now), None, "the one between is of no interest any more");
        // What changed while it was being looked is looked at again.
        for expected in [Some(at("/d")), None] {
            looks.want(at("/d"));
            assert_eq!(looks.begin(now), expected);
        }
        looks.ended(&at("/d"));
        assert_eq!(looks.begin(now), Some(at("/d")));
    }

    #[test]
    fn a_disk_that_does_not_answer_keeps_nobody_from_looking_elsewhere() {
        let (mut looks, begun) = (Looks::default(), Instant::now());
        looks.want(at("/dead"));
        assert_eq!(looks.begin(begun), Some(at("/dead")));
        looks.want(at("/home"));
        assert_eq!(looks.begin(begun + PATIENCE / 2), None);
        assert_eq!(looks.begin(begun + PATIENCE), Some(at("/home")));
        // When it answers after all, it is not taken for the other one.
        looks.ended(&at("/dead"));
        looks.want(at("/home/ann"));
        assert_eq!(looks.begin(begun + PATIENCE), None);
        looks.ended(&at("/home"));
        assert_eq!(looks.begin(begun + PATIENCE), Some(at("/home/ann")));
    }
}
