//! Playing back pointer and keys through the XTEST extension.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rendezvous_assist::grant::ControlGrant;
use rendezvous_assist::input::{Button, InputEvent};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::wrapper::ConnectionExt as _;

use super::GRANT_TICK;
use super::link::{Link, lost};
use crate::{DisplayError, Inject, InjectError, Rect};

/// X key codes are those of the kernel plus this.
const EVDEV_TO_X: u8 = 8;

/// One message of the expert may turn the wheel by so many notches at most.
const MAX_NOTCHES: u8 = 20;

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

/// The hands on the keyboard: what they may do, and what they hold.
#[derive(Debug)]
struct Hands {
    grant: ControlGrant,
    link: Link,
    /// The part of the screen that is shared, when it is not the whole.
    shared: Option<Rect>,
    held: Vec<Held>,
    closed: bool,
}

/// Something pressed, by its X code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    Key(u8),
    Button(u8),
}

impl X11Injector {
    /// Opens the screen of `display`, or of the one that `DISPLAY` names.
    ///
    /// # Errors
    ///
    /// [`InjectError::Revoked`] when the grant is dead; the X server then never hears of us. [`InjectError::Display`]
    /// with a sentence for the person when the display cannot be used.
    pub fn open(grant: ControlGrant, display: Option<&str>) -> Result<Self, InjectError> {
        if !grant.is_live() {
            return Err(InjectError::Revoked);
        }
        let link = Link::connect(display)?;
        link.require("XTEST")?;
        link.conn.xtest_get_version(2, 2).map_err(lost)?.reply().map_err(lost)?;
        let hands = Hands { grant, link, shared: None, held: Vec::new(), closed: false };
        let shared = Arc::new(Shared { hands: Mutex::new(hands), changed: Condvar::new() });
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
        let mut hands = self.shared.lock();
        if !hands.grant.is_live() {
            hands.release_all()?;
            return Err(InjectError::Revoked);
        }
        hands.apply(event)?;
        drop(hands);
        self.shared.changed.notify_one();
        Ok(())
    }

    fn share(&mut self, part: Option<Rect>) {
        self.shared.lock().shared = part;
    }

    fn release_all(&mut self) -> Result<(), InjectError> {
        Ok(self.shared.lock().release_all()?)
    }
}

impl Drop for X11Injector {
    fn drop(&mut self) {
        let mut hands = self.shared.lock();
        hands.closed = true;
        if let Err(error) = hands.release_all() {
            tracing::warn!(%error, "Keys may still be pressed");
        }
        drop(hands);
        self.shared.changed.notify_one();
        // A panic of the watching thread is reported by the runtime already.
        self.watch.take().map(JoinHandle::join);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Hands> {
        // Whoever panicked while holding the lock: keys must still be let go.
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
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

impl Hands {
    fn apply(&mut self, event: InputEvent) -> Result<(), DisplayError> {
        self.follow_screen()?;
        match event {
            InputEvent::Move { x, y } => self.motion(x, y)?,
            InputEvent::Button { button, down } => self.set(Held::Button(number(button)), down)?,
            InputEvent::Key { key, down } => {
                self.set(Held::Key(key.evdev().saturating_add(EVDEV_TO_X)), down)?;
            }
            InputEvent::Wheel { dx, dy } => {
                self.notches(dy, 4, 5)?;
                self.notches(dx, 6, 7)?;
            }
        }
        self.link.conn.flush().map_err(lost)
    }

    /// Lets go of everything, and returns when the server has done it. Asks for no permission: letting go is always
    /// allowed.
    fn release_all(&mut self) -> Result<(), DisplayError> {
        if self.held.is_empty() {
            return Ok(());
        }
        // The last pressed goes first, so that no key turns into a shortcut on its way up.
        while let Some(held) = self.held.pop() {
            self.fake(held, false)?;
        }
        self.link.conn.sync().map_err(lost)
    }

    /// Reads what the server has said: the screen's size, and the errors of what it refused.
    fn follow_screen(&mut self) -> Result<(), DisplayError> {
        while let Some(event) = self.link.conn.poll_for_event().map_err(lost)? {
            self.link.size = self.link.new_size(&event).unwrap_or(self.link.size);
            if let Event::Error(error) = &event {
                tracing::debug!(?error, "The X server refused an event");
            }
        }
        Ok(())
    }

    fn motion(&self, x: u16, y: u16) -> Result<(), DisplayError> {
        let part = self.shared.unwrap_or(Rect::whole(self.link.size));
        let clamp = |at: u16, start: u16, length: u16| {
            let on_screen = start.saturating_add(at.min(length.saturating_sub(1)));
            i16::try_from(on_screen).unwrap_or(i16::MAX)
        };
        let (x, y) = (clamp(x, part.x, part.width), clamp(y, part.y, part.height));
        self.link
            .conn
            .xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, self.link.root, x, y, 0)
            .map_err(lost)?
            .ignore_error();
        Ok(())
    }

    /// Presses or lets go, and keeps the books. They are written before the press and after the release: if the
    /// connection breaks in between, they name too much rather than too little.
    fn set(&mut self, what: Held, down: bool) -> Result<(), DisplayError> {
        match (self.held.contains(&what), down) {
            (false, true) => {
                self.held.push(what);
                self.fake(what, true)
            }
            (true, false) => {
                self.fake(what, false)?;
                self.held.retain(|held| *held != what);
                Ok(())
            }
            (true, true) | (false, false) => Ok(()),
        }
    }

    /// One dimension of the wheel, which X knows as clicks of one button each way.
    fn notches(&self, turn: i8, back: u8, forth: u8) -> Result<(), DisplayError> {
        let button = Held::Button(if turn < 0 { back } else { forth });
        for _ in 0..turn.unsigned_abs().min(MAX_NOTCHES) {
            self.fake(button, true)?;
            self.fake(button, false)?;
        }
        Ok(())
    }

    fn fake(&self, what: Held, down: bool) -> Result<(), DisplayError> {
        let (kind, code) = match (what, down) {
            (Held::Key(code), true) => (KEY_PRESS_EVENT, code),
            (Held::Key(code), false) => (KEY_RELEASE_EVENT, code),
            (Held::Button(code), true) => (BUTTON_PRESS_EVENT, code),
            (Held::Button(code), false) => (BUTTON_RELEASE_EVENT, code),
        };
        self.link.conn.xtest_fake_input(kind, code, 0, self.link.root, 0, 0, 0).map_err(lost)?.ignore_error();
        Ok(())
    }
}

const fn number(button: Button) -> u8 {
    match button {
        Button::Left => 1,
        Button::Middle => 2,
        Button::Right => 3,
    }
}
