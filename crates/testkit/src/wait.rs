//! Waiting for a condition, with a deadline, and stopping at once when the person presses Ctrl-C.

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How often a condition is looked at. Short against every delay that a person notices, and against the times that
/// the benchmark reports.
const STEP: Duration = Duration::from_millis(5);

static INTERRUPTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// The flag that ends every wait in this process. A signal handler sets it; then waits fail, their callers return,
/// and everything that was started is ended on the way out.
pub fn interrupt_flag() -> Arc<AtomicBool> {
    Arc::clone(&INTERRUPTED)
}

/// Whether the person asked this program to stop.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Waits until `condition` gives a value.
///
/// `what` completes the sentence "waited 5 s for …".
///
/// # Errors
///
/// When the time is over, when the person interrupted, or at once with the error that `condition` returns: a
/// condition that can never become true any more should say so.
pub fn until<T>(
    what: impl Display,
    within: Duration,
    mut condition: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + within;
    loop {
        if let Some(value) = condition()? {
            return Ok(value);
        }
        if is_interrupted() {
            bail!("interrupted while waiting for {what}");
        }
        if Instant::now() >= deadline {
            bail!("waited {:.1} s for {what}", within.as_secs_f32());
        }
        thread::sleep(STEP);
    }
}

/// Waits for a fixed time, which only measurements may do: they observe for so long, they do not hope.
///
/// # Errors
///
/// When the person interrupted.
pub fn observe(length: Duration) -> Result<()> {
    let end = Instant::now() + length;
    while Instant::now() < end {
        if is_interrupted() {
            bail!("interrupted");
        }
        thread::sleep(STEP.min(end.saturating_duration_since(Instant::now())));
    }
    Ok(())
}
