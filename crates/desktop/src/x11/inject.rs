//! Playing back pointer and keys through the XTEST extension.

mod choice;
mod guard;
mod hands;
mod layout;
mod spare;
mod symbols;
mod typing;

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rendezvous_assist::grant::ControlGrant;
use rendezvous_assist::input::InputEvent;
use x11rb::protocol::xtest::ConnectionExt as _;

pub use self::guard::let_go_at_end;

use self::hands::{Hands, Outcome};
use self::typing::Keyboard;
use super::link::{Link, lost};
use crate::act::Act;
use crate::capture::GRANT_TICK;
use crate::notes::Notes;
use crate::suspension::LetGo;
use crate::{DisplayError, Inject, InjectError, Rect, Suspension};

/// So long a character waits for a spare key; then it is left out.
const PATIENCE: Duration = Duration::from_millis(500);

/// Plays back pointer and keys on one X11 screen.
///
/// While something is pressed, a thread of its own watches the permission: nobody else may notice its end in time,
/// because the expert's next event may never come.
#[derive(Debug)]
pub struct X11Injector {
    shared: Arc<Shared>,
    watch: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    hands: Mutex<Hands>,
    changed: Condvar,
}

impl X11Injector {
    /// Opens the screen of `display`, or of the one that `DISPLAY` names.
    ///
    /// # Errors
    ///
    /// [`InjectError::Revoked`] when the grant is dead; the X server then never hears of us. [`InjectError::Display`]
    /// with a sentence for the person when the display cannot be used.
    pub fn open(grant: ControlGrant, display: Option<&str>) -> Result<Self, InjectError> {
        Self::open_with(grant, display, Notes::none(), &Suspension::default())
    }

    /// The same, and tells `notes` what is about to be pressed, for a process that runs [`let_go_at_end`] and lets go of it
    /// when this one is killed. When nobody reads the notes any more, nothing more is pressed. While `suspension` holds it
    /// back, nothing is pressed either.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_guarded(
        grant: ControlGrant,
        display: Option<&str>,
        notes: impl Write + Send + 'static,
        suspension: &Suspension,
    ) -> Result<Self, InjectError> {
        Self::open_with(grant, display, Notes::to(Box::new(notes)), suspension)
    }

    fn open_with(
        grant: ControlGrant,
        display: Option<&str>,
        notes: Notes,
        suspension: &Suspension,
    ) -> Result<Self, InjectError> {
        if !grant.is_live() {
            return Err(InjectError::Revoked);
        }
        let link = Link::connect(display)?;
        link.require("XTEST")?;
        link.conn.xtest_get_version(2, 2).map_err(lost)?.reply().map_err(lost)?;
        let keyboard = Keyboard::learn(&link)?;
        let hands = Hands {
            grant,
            suspension: suspension.clone(),
            link,
            notes,
            held: Vec::new(),
            keyboard,
            shared: None,
            pointed: None,
            closed: false,
        };
        let shared = Arc::new(Shared { hands: Mutex::new(hands), changed: Condvar::new() });
        let attached: Weak<Shared> = Arc::downgrade(&shared);
        suspension.attach(attached);
        let watched = Arc::clone(&shared);
        let watch = std::thread::Builder::new()
            .name("let-go".into())
            .spawn(move || watched.let_go_when_revoked())
            .map_err(|e| DisplayError::Lost(e.to_string()))?;
        Ok(Self { shared, watch: Some(watch) })
    }
}

impl Inject for X11Injector {
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
        !self.shared.lock().held.is_empty()
    }

    fn release_all(&mut self) -> Result<(), InjectError> {
        Ok(self.shared.lock().release_all()?)
    }
}

impl Drop for X11Injector {
    fn drop(&mut self) {
        let settled = self.shared.close();
        // A panic of the watching thread is reported by the runtime already.
        self.watch.take().map(JoinHandle::join);
        if let Some(settled) = settled {
            // Programs still look up what was typed last.
            std::thread::sleep(settled.saturating_duration_since(Instant::now()));
            let mut hands = self.shared.lock();
            if let Err(error) = hands.take_back_spares() {
                tracing::warn!(%error, "The keyboard may still have keys that were lent");
            }
        }
    }
}

impl LetGo for Shared {
    fn let_go(&self) {
        // Whoever has the lock at this moment finishes first, and then looks whether it is held back.
        let mut hands = self.lock();
        if let Err(error) = hands.release_all().and_then(|()| hands.settle()) {
            tracing::warn!(%error, "Keys may still be pressed");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Hands> {
        // Whoever panicked while holding the lock: keys must still be let go.
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does one thing, as soon as it can be done.
    fn act(&self, act: Act) -> Result<(), InjectError> {
        let begun = Instant::now();
        let mut hands = self.lock();
        loop {
            if !hands.grant.is_live() {
                hands.release_all()?;
                return Err(InjectError::Revoked);
            }
            if hands.suspension.is_on() {
                // Whoever holds it back has let go of everything, unless they came between this line and the last one.
                hands.release_all()?;
                return Ok(());
            }
            let now = Instant::now();
            match hands.act(now, act)? {
                Outcome::Later(then) if then < begun + PATIENCE => {
                    let pause = then.saturating_duration_since(now).min(GRANT_TICK);
                    hands = self.changed.wait_timeout(hands, pause).unwrap_or_else(PoisonError::into_inner).0;
                }
                outcome => {
                    if outcome != Outcome::Done {
                        tracing::debug!("A character was left out: no key was free for it");
                    }
                    break;
                }
            }
        }
        drop(hands);
        self.changed.notify_all();
        Ok(())
    }

    /// Lets go of everything for the last time; when the keys that were lent can be taken back, if any were.
    fn close(&self) -> Option<Instant> {
        let mut hands = self.lock();
        hands.closed = true;
        if let Err(error) = hands.release_all() {
            tracing::warn!(%error, "Keys may still be pressed");
        }
        let settled = hands.keyboard.spares.settled();
        drop(hands);
        self.changed.notify_all();
        settled
    }

    /// Sleeps while nothing is held; else looks at the permission now and then. Ends with the permission or the injector.
    fn let_go_when_revoked(&self) {
        let mut hands = self.lock();
        while !hands.closed {
            if !hands.grant.is_live() {
                if let Err(error) = hands.release_all() {
                    tracing::warn!(%error, "Keys may still be pressed");
                }
                return;
            }
            hands = if hands.held.is_empty() {
                self.changed.wait(hands).unwrap_or_else(PoisonError::into_inner)
            } else {
                self.changed.wait_timeout(hands, GRANT_TICK).unwrap_or_else(PoisonError::into_inner).0
            };
        }
    }
}
