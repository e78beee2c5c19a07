//! What of ours is alive, so that a server knows when it is not needed any more, and a test that nothing is left.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// After its last session a server waits so long for the objects that others hold. The dead never let go.
const LETTING_GO: Duration = Duration::from_secs(10);

static ALIVE: Mutex<Alive> = Mutex::new(Alive { objects: 0, sessions: 0, began: false, ended: None });
static CHANGED: Condvar = Condvar::new();

/// What is alive at one moment.
#[derive(Clone, Copy, Debug)]
struct Alive {
    objects: usize,
    sessions: usize,
    /// There was something before.
    began: bool,
    /// Since when there is no session any more.
    ended: Option<Instant>,
}

/// An object that is alive for as long as this is.
#[derive(Debug)]
pub(crate) struct LivingObject(());

/// A session that goes on for as long as this is.
#[derive(Debug)]
pub(crate) struct LivingSession(());

impl LivingObject {
    pub(crate) fn new() -> Self {
        change(|alive| alive.objects += 1);
        Self(())
    }
}

impl LivingSession {
    pub(crate) fn new() -> Self {
        change(|alive| {
            alive.sessions += 1;
            alive.ended = None;
        });
        Self(())
    }
}

impl Drop for LivingObject {
    fn drop(&mut self) {
        change(|alive| alive.objects -= 1);
    }
}

impl Drop for LivingSession {
    fn drop(&mut self) {
        change(|alive| {
            alive.sessions -= 1;
            alive.ended = (alive.sessions == 0).then(Instant::now);
        });
    }
}

/// How many objects are alive.
#[must_use]
pub fn objects() -> usize {
    lock().objects
}

/// Whether there ever was anything.
#[must_use]
pub fn was_used() -> bool {
    lock().began
}

/// Waits until a session was over and everything was let go, for which the others have ten seconds. Gives up when no
/// session begins within `idle`, whoever holds an object without handing over a session.
pub(crate) fn wait_until_done(idle: Duration) {
    let given_up = Instant::now() + idle;
    let mut alive = lock();
    loop {
        let until = match *alive {
            Alive { sessions: 0, objects: 0, ended: Some(_), .. } => return,
            Alive { sessions: 0, ended: Some(ended), .. } => ended + LETTING_GO,
            Alive { sessions: 0, ended: None, .. } => given_up,
            // Whoever is there is waited for without an end.
            _ => Instant::now() + Duration::from_secs(60),
        };
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        alive = CHANGED.wait_timeout(alive, left).unwrap_or_else(PoisonError::into_inner).0;
    }
}

fn change(how: impl FnOnce(&mut Alive)) {
    let mut alive = lock();
    alive.began = true;
    how(&mut alive);
    CHANGED.notify_all();
}

fn lock() -> MutexGuard<'static, Alive> {
    // Nothing that holds it can panic.
    ALIVE.lock().unwrap_or_else(PoisonError::into_inner)
}
