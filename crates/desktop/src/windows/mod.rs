//! Windows of our own: what the person is asked, and what they must see.
//!
//! A window is a [`View`], plain data: blocks to read, fields, choices, buttons. [`Windows`] shows it, drawn in software
//! (no GL, no toolkit's process), reads it out to screen readers, and tells what the person did as an [`Act`].
//!
//! # Who may press what
//!
//! [`ButtonKind::Allow`] hears only the person at this machine. A press counts when it went down and came up on the
//! button from a device that somebody can touch (never XTEST, never `SendEvent`, never the accessibility bus), while the
//! window had the keyboard, nothing lay over it, and it had been seen like this for a second; a held key is one press.
//! Everything else anybody may press, from anywhere: saying no must never be difficult.
//!
//! A [`Shape::Page`] is an ordinary window that decides nothing: whatever is in it anybody may press, also a keyboard on the
//! screen, which is a program. In a [`Block::Talk`] that is so while nobody else has pointer and keys on this display; when
//! somebody has, only fingers write there, and while they do, the other's rest.
//!
//! A question appears beside the pointer and never under it, its safe answer has the keyboard, Escape and closing the window
//! are the safe answer, and the expert's pointer and keys rest ([`Suspension`]) from before it appears until after it is gone.
//!
//! What this cannot do is written down in `docs/questions.md`: a program of the same user that was started here can do to
//! an X display what it likes.

mod access;
mod atoms;
mod bar;
mod canvas;
mod cover;
mod form;
mod keys;
mod layout;
mod letters;
mod look;
mod paint;
mod place;
mod settings;
mod sources;
mod surface;
mod thread;
mod view;

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};
use thiserror::Error;

pub use canvas::Canvas;
pub use look::Look;
pub use view::{
    Act, Answers, Block, Button, ButtonId, ButtonKind, Field, Mark, Refusals, Remark, Row, Shape, Tone, View,
    foreign,
};

pub(crate) use self::bar::{BarPainter, BarVoice, PaintedBar, Wish};
use self::letters::Letters;
pub(crate) use self::surface::put;
use self::thread::{Beginning, Command, Desk};
use crate::x11::link::Link;
use crate::{DisplayError, Rect, Suspension};

/// A window that is closed is gone within this time, or the display does not answer.
const CLOSING: Duration = Duration::from_secs(2);

/// The name of one window; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WindowId(u32);

/// What is told of the windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The person did this. The window stays until it is closed or changed.
    Did(WindowId, Act),
    /// There are no windows any more, and nobody was told anything through them since.
    Lost(DisplayError),
}

/// Why there are no windows.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WindowsError {
    /// The display cannot be used.
    #[error(transparent)]
    Display(#[from] DisplayError),
    /// Nothing could be read in them.
    #[error("this system has no fonts, so no window could be read; install one, such as fonts-dejavu-core")]
    NoFonts,
    /// The system gave no thread or no descriptor.
    #[error("the system has no room for windows: {0}")]
    System(String),
}

/// Our windows on one display. Dropping it closes them.
#[derive(Debug)]
pub struct Windows {
    sender: Sender,
    next: AtomicU32,
    thread: Option<JoinHandle<()>>,
}

/// The way to the thread.
#[derive(Clone, Debug)]
struct Sender {
    commands: mpsc::Sender<Command>,
    wake: Arc<OwnedFd>,
}

impl Sender {
    fn send(&self, command: Command) {
        // A thread that has ended has said so.
        _ = self.commands.send(command);
        _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }
}

impl Windows {
    /// Opens `display`, or the one that `DISPLAY` names. `look` is for those who do not want that of the desktop; `tell` is
    /// called on the windows' own thread and must not wait for anything.
    ///
    /// # Errors
    ///
    /// There can be no windows here; then a terminal is the way.
    pub fn open(
        display: Option<&str>,
        look: Option<Look>,
        suspension: Suspension,
        tell: impl FnMut(Told) + Send + 'static,
    ) -> Result<Self, WindowsError> {
        let system = |error: String| WindowsError::System(error);
        let wake =
            eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(|e| system(e.to_string()))?;
        let (commands, received) = mpsc::channel();
        let sender = Sender { commands, wake: Arc::new(wake) };
        let beginning = Beginning {
            display: display.map(str::to_owned),
            look,
            suspension,
            commands: received,
            wake: sender.wake.clone(),
            own: sender.clone(),
            tell: Box::new(tell),
        };
        let (say, opened) = mpsc::channel();
        let work = move || match Desk::open(beginning) {
            Ok(Some(desk)) => {
                _ = say.send(Ok(()));
                desk.run();
            }
            Ok(None) => _ = say.send(Err(WindowsError::NoFonts)),
            Err(error) => _ = say.send(Err(error.into())),
        };
        let thread = std::thread::Builder::new().name("windows".into()).spawn(work);
        let thread = thread.map_err(|error| system(error.to_string()))?;
        opened.recv().unwrap_or_else(|_| Err(system("its thread ended".to_owned())))?;
        Ok(Self { sender, next: AtomicU32::new(1), thread: Some(thread) })
    }

    /// Shows a window.
    pub fn show(&self, view: View) -> WindowId {
        let id = WindowId(self.next.fetch_add(1, Ordering::Relaxed));
        self.sender.send(Command::Show(id, view));
        id
    }

    /// The same for what comes by itself: the keyboard stays where it is, since nobody should write into what they have not
    /// seen.
    pub fn show_aside(&self, view: View) -> WindowId {
        let id = WindowId(self.next.fetch_add(1, Ordering::Relaxed));
        self.sender.send(Command::ShowAside(id, view));
        id
    }

    /// Shows other contents in a window, at the same place.
    pub fn change(&self, window: WindowId, view: View) {
        self.sender.send(Command::Change(window, view));
    }

    /// Closes a window that decides nothing; nobody waits until it is gone.
    pub fn dismiss(&self, window: WindowId) {
        self.sender.send(Command::Close(window, mpsc::channel().0));
    }

    /// Closes a window, and returns when it is gone from the display.
    pub fn close(&self, window: WindowId) {
        let (gone, wait) = mpsc::channel();
        self.sender.send(Command::Close(window, gone));
        // The other end goes when that was done.
        _ = wait.recv_timeout(CLOSING);
    }
}

impl Drop for Windows {
    fn drop(&mut self) {
        self.sender.send(Command::End);
        // A panic of the thread is reported by the runtime already.
        self.thread.take().map(JoinHandle::join);
    }
}

/// A window as it would be drawn on a display of this size, and where its buttons lie.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The pixels.
    pub canvas: Canvas,
    /// Each button's place, from the upper left corner.
    pub buttons: Vec<(ButtonId, Rect)>,
}

/// How the desktop of this display wants its windows.
///
/// # Errors
///
/// The display cannot be used.
pub fn desktop_look(display: &str) -> Result<Look, WindowsError> {
    Ok(settings::look(&Link::connect(Some(display))?)?)
}

/// Draws a window without a display, as it looks when what allows something is heard: for documentation, and for tests.
///
/// # Errors
///
/// The system has no fonts.
pub fn picture(view: &View, look: Look, (width, height): (u16, u16)) -> Result<Picture, WindowsError> {
    let mut letters = Letters::find().ok_or(WindowsError::NoFonts)?;
    let is_question = matches!(view.shape, Shape::Question);
    let most = match is_question {
        true => surface::beside_the_bar(look, (width, height)),
        false => (f32::from(width) - 16.0, f32::from(height) - 16.0),
    };
    let state = paint::State { ready: true, focused: is_question };
    Ok(draw(view.clone(), (look, most), state, &mut letters))
}

fn draw(view: View, look: (Look, (f32, f32)), state: paint::State, letters: &mut Letters) -> Picture {
    drawn(&form::Form::new(view), look, state, letters).0
}

fn drawn(
    form: &form::Form,
    (look, most): (Look, (f32, f32)),
    state: paint::State,
    letters: &mut Letters,
) -> (Picture, layout::Layout) {
    let (look, layout) = surface::fit(form, look, letters, most);
    let canvas = paint::paint(form, &layout, look, state, letters);
    let buttons = form.view().buttons.iter().enumerate().filter_map(|(at, button)| {
        let area = layout.area_of(form::Target::Button(at))?;
        let short = |at: f32| u16::try_from(canvas::whole(at)).unwrap_or(0);
        let place =
            Rect { x: short(area.x), y: short(area.y), width: short(area.width), height: short(area.height) };
        Some((button.id, place))
    });
    let buttons = buttons.collect();
    (Picture { canvas, buttons }, layout)
}
