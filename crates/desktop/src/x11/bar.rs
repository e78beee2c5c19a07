//! The bar: who sees or controls what, since when, and how to stop it; on every monitor, above everything.
//!
//! It has a thread and a connection of its own. As long as it is on every monitor, in full view and answering, it gives
//! a [`Pulse`]; whoever shares the screen stops sharing while there is none. It does not matter why: the thread may hang, be
//! killed or be shut out by a grab of the whole server, the windows may be covered, moved away or destroyed.
//!
//! A window manager has no part in it (its windows are override-redirect), so none can hide it; neither has the focus, which it
//! takes only when the person calls for it (Ctrl+Alt+Shift+Space, or a screen reader does). What it shows is drawn once and kept by the X server, so that it costs the shared picture nothing
//! while it stays the same.

mod face;
mod keyboard;
mod lookout;
mod panes;
mod pulse;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use rendezvous_assist::grant::ViewGrant;

pub use self::pulse::{GRACE, Pulse};

use self::panes::Panes;
use super::link::lost;
use super::stop::StopError;
use crate::DisplayError;
#[cfg(feature = "windows")]
use crate::Rect;
#[cfg(feature = "windows")]
use crate::windows::{self, Look, Picture, WindowsError};
use x11rb::connection::Connection;

/// How often it looks after itself when nothing happens.
const TICK: Duration = Duration::from_millis(150);

/// It is off the screen within this time, or the display does not answer.
const CLOSING: Duration = Duration::from_secs(1);

/// When its connection is lost it is made again, no more often than this.
const AGAIN: Duration = Duration::from_millis(300);

/// Running: dropping it takes it off the screen.
#[derive(Debug)]
pub struct Bar {
    shared: Arc<Shared>,
    /// Closed when the thread has ended, and its windows with it.
    done: mpsc::Receiver<()>,
}

/// What the bar says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// One line.
    pub text: String,
    /// The same in words alone, without what changes by the minute: what a screen reader says when it becomes another.
    pub spoken: String,
    /// What its colour says as well.
    pub tone: Tone,
    /// What can be pressed, from left to right, and what stands on it.
    pub buttons: Vec<(Press, String)>,
}

/// What the colour says. The words say it, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing is seen at the moment.
    Calm,
    /// The screen is seen.
    Seen,
    /// Pointer and keyboard are used.
    Controlled,
}

/// What was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// Hide the screen for a while. From any mouse, also one that is played back.
    Pause,
    /// Show it again. Only from a real mouse, on a bar that has been in view for a second.
    Resume,
    /// Take control back. From any mouse.
    TakeBack,
    /// Write to the expert. It allows nothing, but it takes the keyboard, so real devices and screen readers only.
    Write,
    /// Choose a file for the expert. It takes the keyboard as well, so real devices and screen readers only.
    File,
    /// Stop everything. From any mouse.
    Stop,
}

/// Draws it without a display, as on a monitor of this size: for documentation, and for tests.
///
/// # Errors
///
/// The system has no fonts.
#[cfg(feature = "windows")]
pub fn picture(contents: &Contents, look: Look, size: (u16, u16)) -> Result<Picture, WindowsError> {
    let area = Rect { x: 0, y: 0, width: size.0, height: size.1 };
    windows::picture(&face::view(contents, area), look, size)
}

#[derive(Debug)]
struct Shared {
    contents: Mutex<Contents>,
    closing: AtomicBool,
    pulse: Pulse,
}

impl Bar {
    /// Puts it on the screen of `display`, or of the one that `DISPLAY` names. Whatever is pressed is told to `pressed` on
    /// the bar's own thread, at once.
    ///
    /// # Errors
    ///
    /// [`StopError::Revoked`] when the grant is dead. [`StopError::Display`] when the display cannot show it.
    pub fn show(
        grant: &ViewGrant,
        display: Option<&str>,
        contents: Contents,
        pressed: impl FnMut(Press) + Send + 'static,
    ) -> Result<Self, StopError> {
        if !grant.is_live() {
            return Err(StopError::Revoked);
        }
        let pulse = Pulse::default();
        let shared =
            Arc::new(Shared { contents: Mutex::new(contents), closing: AtomicBool::new(false), pulse });
        let panes = Panes::open(display)?;
        let (of_thread, display) = (Arc::clone(&shared), display.map(str::to_owned));
        let (working, done) = mpsc::channel();
        let work = move || {
            of_thread.live(panes, display.as_deref(), pressed);
            drop::<mpsc::Sender<()>>(working);
        };
        let thread = std::thread::Builder::new().name("bar".into()).spawn(work);
        thread.map_err(|error| DisplayError::Lost(error.to_string()))?;
        Ok(Self { shared, done })
    }

    /// From now on it says this.
    pub fn say(&self, contents: Contents) {
        *self.shared.contents() = contents;
    }

    /// Whether it is there; can be asked from any thread.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        self.shared.pulse.clone()
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        // It ends with its connection in any case; nobody waits for a display that does not answer.
        _ = self.done.recv_timeout(CLOSING);
    }
}

impl Shared {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    /// Until it is closed; made anew when its connection is lost.
    fn live(&self, first: Panes, display: Option<&str>, mut pressed: impl FnMut(Press)) {
        let mut panes = Ok(first);
        while !self.is_closing() {
            let result = panes.and_then(|mut panes| self.look_after(&mut panes, &mut pressed));
            if let Err(error) = result {
                tracing::warn!(%error, "The bar is gone, and is made anew");
                std::thread::sleep(AGAIN);
            }
            panes = Panes::open(display);
        }
    }

    fn look_after(&self, panes: &mut Panes, pressed: &mut impl FnMut(Press)) -> Result<(), DisplayError> {
        while !self.is_closing() {
            while let Some(event) = panes.link.conn.poll_for_event().map_err(lost)? {
                if let Some(press) = panes.hear(&event)? {
                    pressed(press);
                }
            }
            let contents = self.contents().clone();
            panes.show(&contents)?;
            if panes.are_in_view()? {
                self.pulse.beat();
            }
            while let Some(asked) = panes.asked() {
                if let Some(press) = panes.ask(asked)? {
                    pressed(press);
                }
            }
            // What came with the answers to these questions is not in the socket any more.
            if let Some(event) = panes.link.conn.poll_for_event().map_err(lost)? {
                if let Some(press) = panes.hear(&event)? {
                    pressed(press);
                }
                continue;
            }
            panes.sleep(panes.next_look())?;
        }
        Ok(())
    }
}
