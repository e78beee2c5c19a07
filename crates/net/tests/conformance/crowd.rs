//! What mostly waits for real time, a few at once.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// So many at once.
const AT_ONCE: usize = 8;

/// Something to do on a thread of its own, and its name.
pub(crate) type Job<'a> = (String, Box<dyn FnOnce() + Send + 'a>);

/// Does all of it; the names of what panicked. What each said is where the test's output is.
pub(crate) fn all(jobs: Vec<Job<'_>>) -> Vec<String> {
    let jobs = Mutex::new(VecDeque::from(jobs));
    let failed = Mutex::new(Vec::new());
    let work = || {
        loop {
            let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some((name, job)) = next else { return };
            if catch_unwind(AssertUnwindSafe(job)).is_err() {
                failed.lock().unwrap_or_else(PoisonError::into_inner).push(name);
            }
        }
    };
    thread::scope(|scope| (0..AT_ONCE).for_each(|_| _ = scope.spawn(work)));
    failed.into_inner().unwrap_or_else(PoisonError::into_inner)
}
