//! What wakes a thread that waits for nothing but time.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Wakes whoever waits.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rung: Mutex<bool>,
    changed: Condvar,
}

impl Bell {
    /// Ends a running sleep, or the next one.
    pub(crate) fn ring(&self) {
        *self.lock() = true;
        self.changed.notify_one();
    }

    /// Sleeps until somebody rings, or `until`. Whether somebody rang.
    pub(crate) fn sleep(&self, until: Instant) -> bool {
        let left = until.saturating_duration_since(Instant::now());
        let (mut rung, _) = self
            .changed
            .wait_timeout_while(self.lock(), left, |rung| !*rung)
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *rung)
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
