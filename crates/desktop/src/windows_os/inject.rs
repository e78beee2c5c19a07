//! Playing back pointer and keys with `SendInput`.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rendezvous_assist::grant::ControlGrant;
use rendezvous_assist::input::InputEvent;

use super::hands::Hands;
use super::system::desktop;
use crate::act::Act;
use crate::capture::GRANT_TICK;
use crate::notes::Notes;
use crate::suspension::LetGo;
use crate::{DisplayError, Inject, InjectError, Rect, Suspension};

/// So long it is tried at the end to let go of what Windows keeps; after that it is the matter of the second process.
const PATIENCE: Duration = Duration::from_secs(1);

const AGAIN: Duration = Duration::from_millis(10);

/// Plays back pointer and keys on the desktop of Windows.
///
/// While something is pressed, a thread of its own watches the permission: nobody else may notice its end in time, because
/// the expert's next event may never come. The same thread repeats what is held.
#[derive(Debug)]
pub struct WindowsInjector {
    shared: Arc<Shared>,
    watch: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    hands: Mutex<Hands>,
    changed: Condvar,
}

impl WindowsInjector {
    /// Opens it, for the whole desktop.
    ///
    /// # Errors
    ///
    /// [`InjectError::Revoked`] when the grant is dead; Windows then never hears of us. [`InjectError::Display`] with a
    /// sentence for the person when there is no desktop.
    pub fn open(grant: ControlGrant) -> Result<Self, InjectError> {
        Self::open_with(grant, Notes::none(), &Suspension::default())
    }

    /// The same, and tells `notes` what is about to be pressed, for a process that runs
    /// [`let_go_at_end`](super::let_go_at_end) and lets go of it when this one is killed. When nobody reads the notes any more,
    /// nothing more is pressed. While `suspension` holds it back, nothing is pressed either.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_guarded(
        grant: ControlGrant,
        notes: impl Write + Send + 'static,
        suspension: &Suspension,
    ) -> Result<Self, InjectError> {
        Self::open_with(grant, Notes::to(Box::new(notes)), suspension)
    }

    fn open_with(grant: ControlGrant, notes: Notes, suspension: &Suspension) -> Result<Self, InjectError> {
        if !grant.is_live() {
            return Err(InjectError::Revoked);
        }
        super::probe()?;
        let hands = Hands::new(grant, notes, suspension);
        let shared = Arc::new(Shared { hands: Mutex::new(hands), changed: Condvar::new() });
        let attached: Weak<Shared> = Arc::downgrade(&shared);
        suspension.attach(attached);
        let watched = Arc::clone(&shared);
        let watch = std::thread::Builder::new()
            .name("let-go".into())
            .spawn(move || watched.watch())
            .map_err(|e| DisplayError::Lost(e.to_string()))?;
        Ok(Self { shared, watch: Some(watch) })
    }
}

impl Inject for WindowsInjector {
    fn apply(&mut self, event: InputEvent) -> Result<(), InjectError> {
        Act::of(event).into_iter().try_for_each(|act| self.shared.act(act))
    }

    fn share(&mut self, part: Option<Rect>) {
        let mut hands = self.shared.lock();
        hands.shared = part;
        // Where the expert pointed was in something else.
        hands.pointed = None;
    }

    fn is_holding(&self) -> bool {
        !self.shared.lock().is_free()
    }

    fn release_all(&mut self) -> Result<(), InjectError> {
        self.shared.lock().release_all();
        Ok(())
    }
}

impl Drop for WindowsInjector {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
        // A panic of the watching thread is reported by the runtime already.
        self.watch.take().map(JoinHandle::join);
        let begun = Instant::now();
        let mut hands = self.shared.lock();
        hands.release_all();
        while !hands.is_free() {
            if begun.elapsed() > PATIENCE {
                return tracing::warn!("Keys may still be pressed: another desktop is in front");
            }
            std::thread::sleep(AGAIN);
            hands.release_stuck();
        }
    }
}

impl LetGo for Shared {
    fn let_go(&self) {
        // Whoever has the lock at this moment finishes first, and then looks whether it is held back.
        self.lock().release_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Hands> {
        // Whoever panicked while holding the lock: keys must still be let go.
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn act(&self, act: Act) -> Result<(), InjectError> {
        let mut hands = self.lock();
        if !hands.grant.is_live() {
            hands.release_all();
            return Err(InjectError::Revoked);
        }
        if hands.suspension.is_on() || !desktop::is_in_front() {
            // Whoever holds it back has let go of everything, unless they came between this line and the last one.
            hands.release_all();
            return Ok(());
        }
        hands.act(Instant::now(), act)?;
        drop(hands);
        self.changed.notify_all();
        Ok(())
    }

    /// Sleeps while nothing is held; else looks at the permission now and then, and repeats what is held. Ends with the
    /// permission or the injector.
    fn watch(&self) {
        let mut hands = self.lock();
        while !hands.closed {
            let now = Instant::now();
            let is_live = hands.grant.is_live();
            if !is_live || hands.suspension.is_on() || !desktop::is_in_front() {
                hands.release_all();
            } else {
                hands.release_stuck();
                hands.repeat(now);
            }
            if !is_live && hands.is_free() {
                return;
            }
            hands = if hands.is_free() {
                self.changed.wait(hands).unwrap_or_else(PoisonError::into_inner)
            } else {
                let due = hands.repeat.map_or(GRANT_TICK, |repeat| repeat.due.saturating_duration_since(now));
                self.changed
                    .wait_timeout(hands, due.min(GRANT_TICK))
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            };
        }
    }
}
