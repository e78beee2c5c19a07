//! Whether the bar lives.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The bar may be out of view, or not answer, for so long: menus open above it for a moment, and busy machines are slow.
pub const GRACE: Duration = Duration::from_millis(1500);

/// Whether the bar was in full view on every monitor, and answering, within the last [`GRACE`]. Copies are one and the same.
#[derive(Clone, Debug, Default)]
pub struct Pulse(Arc<Mutex<Option<Instant>>>);

impl Pulse {
    /// It is there at this moment.
    pub(super) fn beat(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether it is there. Not before it was there for the first time.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|last| last.elapsed() < GRACE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lives_from_its_first_beat_and_not_long_after_its_last() {
        let pulse = Pulse::default();
        assert!(!pulse.is_alive());
        pulse.clone().beat();
        let beat = Instant::now();
        assert!(pulse.is_alive() || beat.elapsed() >= GRACE);
        while pulse.is_alive() {
            assert!(beat.elapsed() < GRACE * 10);
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(beat.elapsed() + Duration::from_millis(50) >= GRACE);
    }
}
