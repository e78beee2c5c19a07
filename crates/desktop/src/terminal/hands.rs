//! What types into the shared shell.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use rendezvous_assist::grant::ControlGrant;

use super::MAX_WAITING;

/// So many of the person's own. Who pastes more has the rest left out, as by any terminal.
const MAX_OWN: usize = 4 * 1024 * 1024;

/// So many bytes at once: the permission is looked at again before the next.
const AT_ONCE: usize = 64;

/// Types for both people, on a thread of its own. Dropping it ends that, when what it writes just now is written.
#[derive(Debug)]
pub struct Hands(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    waiting: Mutex<Waiting>,
    news: Condvar,
    /// Bytes of the other person that were typed.
    typed: AtomicU32,
    /// Taken back: nothing of the other person is typed until there is another permission.
    held: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Waiting {
    own: VecDeque<u8>,
    theirs: VecDeque<u8>,
    grant: Option<ControlGrant>,
    is_over: bool,
}

impl Hands {
    /// Types into `shell`. While `held` is set nothing of the other person is typed, whatever else holds: it is for whoever
    /// hears the person take typing back, and hears it first.
    pub(super) fn new(mut shell: Box<dyn Write + Send>, held: Arc<AtomicBool>) -> Self {
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            news: Condvar::new(),
            typed: AtomicU32::new(0),
            held,
        });
        let typing = shared.clone();
        thread::spawn(move || {
            while let Some(bytes) = typing.next() {
                if shell.write_all(&bytes).and_then(|()| shell.flush()).is_err() {
                    return;
                }
            }
        });
        Self(shared)
    }

    /// The person here typed this.
    pub fn type_own(&self, bytes: &[u8]) {
        let mut waiting = self.0.lock();
        let room = MAX_OWN.saturating_sub(waiting.own.len());
        waiting.own.extend(&bytes[..bytes.len().min(room)]);
        self.0.news.notify_one();
    }

    /// The other person typed this. False: there is no permission, or too much waits, and it was left out.
    #[must_use]
    pub fn type_theirs(&self, bytes: &[u8]) -> bool {
        let mut waiting = self.0.lock();
        let is_allowed = waiting.grant.as_ref().is_some_and(ControlGrant::is_live);
        let fits = waiting.theirs.len() + bytes.len() <= MAX_WAITING;
        if is_allowed && fits && !self.0.held.load(Ordering::SeqCst) {
            waiting.theirs.extend(bytes);
            self.0.news.notify_one();
            return true;
        }
        false
    }

    /// The other person may type, with this permission and no other.
    pub fn allow(&self, grant: ControlGrant) {
        let mut waiting = self.0.lock();
        waiting.theirs.clear();
        waiting.grant = Some(grant);
        self.0.held.store(false, Ordering::SeqCst);
    }

    /// The other person may not type any more; what waits is forgotten.
    pub fn forbid(&self) {
        let mut waiting = self.0.lock();
        waiting.grant = None;
        waiting.theirs.clear();
    }

    /// How many bytes of the other person were typed so far, as far as 32 bits count.
    #[must_use]
    pub fn typed(&self) -> u32 {
        self.0.typed.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is typed next: the person's own first. `None` when it is over.
    fn next(&self) -> Option<Vec<u8>> {
        let mut waiting = self.lock();
        loop {
            if waiting.is_over {
                return None;
            }
            let is_allowed = waiting.grant.as_ref().is_some_and(ControlGrant::is_live)
                && !self.held.load(Ordering::SeqCst);
            if !is_allowed {
                waiting.theirs.clear();
            }
            if !waiting.own.is_empty() {
                let count = waiting.own.len().min(AT_ONCE);
                return Some(waiting.own.drain(..count).collect());
            }
            if !waiting.theirs.is_empty() {
                let count = waiting.theirs.len().min(AT_ONCE);
                self.typed.fetch_add(u32::try_from(count).unwrap_or(0), Ordering::SeqCst);
                return Some(waiting.theirs.drain(..count).collect());
            }
            waiting = self.news.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        self.0.lock().is_over = true;
        self.0.news.notify_one();
    }
}
