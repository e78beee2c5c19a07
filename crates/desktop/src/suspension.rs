//! Holding back the expert's pointer and keys while something is on the screen that only the person may answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Nothing is played back for so long after the last question is gone: what was meant for it is still on its way.
pub const LINGER: Duration = Duration::from_millis(500);

/// Whether the expert's pointer and keys are held back, and by whom. Copies are one and the same.
#[derive(Clone, Debug, Default)]
pub struct Suspension(Arc<Mutex<State>>);

/// Holds everything back for as long as it lives, and [`LINGER`] longer.
#[derive(Debug)]
#[must_use = "dropping it lets everything through again"]
pub struct Hold(Suspension);

#[derive(Debug, Default)]
struct State {
    holds: u32,
    /// When the last one was given up, and as much longer as it lingers.
    until: Option<Instant>,
}

impl Suspension {
    /// Holds everything back from now on. Call it before a question is put on the screen, and keep what it returns until
    /// it is gone.
    pub fn hold(&self) -> Hold {
        let mut state = self.state();
        state.holds = state.holds.saturating_add(1);
        drop(state);
        Hold(self.clone())
    }

    /// Whether everything is held back at this moment.
    #[must_use]
    pub fn is_on(&self) -> bool {
        let state = self.state();
        state.holds > 0 || state.until.is_some_and(|until| Instant::now() < until)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked while holding it: what is held back stays held back.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.holds = state.holds.saturating_sub(1);
        state.until = Some(Instant::now() + LINGER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_on_while_anybody_holds_and_a_while_longer() {
        let suspension = Suspension::default();
        assert!(!suspension.is_on());
        let (one, other) = (suspension.hold(), suspension.clone().hold());
        drop(one);
        assert!(suspension.is_on());
        let before = Instant::now();
        drop(other);
        assert!(suspension.is_on(), "it lingers");
        while suspension.is_on() {
            assert!(before.elapsed() < LINGER * 20, "and ends");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(before.elapsed() >= LINGER);
    }
}
