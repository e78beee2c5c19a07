//! The hands on pointer and keyboard: what they hold, and how they let go of it.

use std::time::Instant;

use rendezvous_assist::grant::ControlGrant;
use rendezvous_assist::input::Button;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, KEY_PRESS_EVENT, KEY_RELEASE_EVENT,
    MOTION_NOTIFY_EVENT, Mapping,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::wrapper::ConnectionExt as _;

use super::guard::Note;
use super::typing::Keyboard;
use crate::act::Act;
use crate::notes::Notes;
use crate::x11::link::{Link, lost};
use crate::{DisplayError, Rect, Suspension};

/// One message of the expert may turn the wheel by so many notches at most.
const MAX_NOTCHES: u8 = 20;

/// The hands: what they may do, and what they hold.
#[derive(Debug)]
pub(super) struct Hands {
    pub(super) grant: ControlGrant,
    pub(super) suspension: Suspension,
    pub(super) link: Link,
    pub(super) notes: Notes,
    pub(super) held: Vec<Held>,
    pub(super) keyboard: Keyboard,
    /// The part of the screen that is shared, when it is not the whole.
    pub(super) shared: Option<Rect>,
    /// Where the expert pointed last, in pixels of what is shared.
    pub(super) pointed: Option<(u16, u16)>,
    pub(super) closed: bool,
}

/// Something pressed, by its X code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    Key(u8),
    Button(u8),
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// Nothing was done; it can be then.
    Later(Instant),
}

impl Hands {
    pub(super) fn act(&mut self, now: Instant, act: Act) -> Result<Outcome, DisplayError> {
        self.follow_display()?;
        let outcome = match act {
            Act::Move(x, y) => self.point(x, y).map(|()| Outcome::Done),
            Act::Button(button, down) => self.button(button, down).map(|()| Outcome::Done),
            Act::Wheel(dx, dy) => self.wheel(dx, dy).map(|()| Outcome::Done),
            Act::Press(key, meant) => self.press_key(now, key, meant),
            Act::Release(key) => self.release_key(key).map(|()| Outcome::Done),
            Act::Type(character) => self.type_character(now, character),
        }?;
        self.link.conn.flush().map_err(lost)?;
        Ok(outcome)
    }

    /// Lets go of everything, and returns when the server has done it. Asks for no permission: letting go is always
    /// allowed.
    pub(super) fn release_all(&mut self) -> Result<(), DisplayError> {
        let was_free = self.held.is_empty() && !self.keyboard.is_borrowing();
        self.forget_keys()?;
        if was_free {
            return Ok(());
        }
        // The last pressed goes first, so that no key turns into a shortcut on its way up.
        let held = std::mem::take(&mut self.held);
        for held in held.iter().rev() {
            fake(&self.link, *held, false)?;
        }
        // Only when the server has done it: were we killed before, the other process would have to.
        self.link.conn.sync().map_err(lost)?;
        held.into_iter().for_each(|held| self.notes.after(Note::Up(held)));
        Ok(())
    }

    /// Returns when the server has done everything that it was asked.
    pub(super) fn settle(&self) -> Result<(), DisplayError> {
        self.link.conn.sync().map_err(lost)
    }

    /// Presses, and keeps the books. They are written before the press: if the connection breaks or we die in between,
    /// they name too much rather than too little.
    pub(super) fn press(&mut self, what: Held) -> Result<(), DisplayError> {
        self.notes.before(Note::Down(what))?;
        self.held.push(what);
        if let Held::Key(code) = what {
            self.suspension.pressing(code);
        }
        fake(&self.link, what, true)
    }

    /// Lets go, and writes it down after it.
    pub(super) fn release(&mut self, what: Held) -> Result<(), DisplayError> {
        fake(&self.link, what, false)?;
        self.forget(what)
    }

    /// It is up already.
    pub(super) fn forget(&mut self, what: Held) -> Result<(), DisplayError> {
        self.held.retain(|held| *held != what);
        // The note must not overtake the release: that is still on its way to the server.
        self.link.conn.flush().map_err(lost)?;
        self.notes.after(Note::Up(what));
        Ok(())
    }

    /// Reads what the server has said: the screen's size, new layouts, and the errors of what it refused.
    pub(super) fn follow_display(&mut self) -> Result<(), DisplayError> {
        while let Some(event) = self.link.conn.poll_for_event().map_err(lost)? {
            self.link.size = self.link.new_size(&event).unwrap_or(self.link.size);
            match &event {
                Event::XkbMapNotify(_) | Event::XkbNewKeyboardNotify(_) => self.keyboard.is_stale = true,
                Event::MappingNotify(mapping) if mapping.request != Mapping::POINTER => {
                    self.keyboard.is_stale = true;
                }
                Event::Error(error) => tracing::debug!(?error, "The X server refused an event"),
                _ => {}
            }
        }
        Ok(())
    }

    fn point(&mut self, x: u16, y: u16) -> Result<(), DisplayError> {
        self.pointed = Some((x, y));
        let part = self.part();
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

    fn button(&mut self, button: Button, down: bool) -> Result<(), DisplayError> {
        let what = Held::Button(number(button));
        match (self.held.contains(&what), down) {
            (false, true) => {
                self.give_back()?;
                if self.is_pointing()? { self.press(what) } else { Ok(()) }
            }
            (true, false) => self.release(what),
            (true, true) | (false, false) => Ok(()),
        }
    }

    /// The wheel, which X knows as clicks of one button each way.
    fn wheel(&mut self, dx: i8, dy: i8) -> Result<(), DisplayError> {
        self.give_back()?;
        if !self.is_pointing()? {
            return Ok(());
        }
        for (turn, back, forth) in [(dy, 4, 5), (dx, 6, 7)] {
            let button = Held::Button(if turn < 0 { back } else { forth });
            for _ in 0..turn.unsigned_abs().min(MAX_NOTCHES) {
                fake(&self.link, button, true)?;
                fake(&self.link, button, false)?;
            }
        }
        Ok(())
    }

    /// Whether a click now hits what is shared. The person may have moved the pointer away from it; then it goes back to
    /// where the expert pointed last, or, when they have not pointed anywhere, nothing is clicked.
    fn is_pointing(&mut self) -> Result<bool, DisplayError> {
        if self.shared.is_none() {
            return Ok(true);
        }
        let part = self.part();
        let pointer = self.link.conn.query_pointer(self.link.root).map_err(lost)?.reply().map_err(lost)?;
        let within = |at: i16, start: u16, length: u16| {
            u16::try_from(at).is_ok_and(|at| at >= start && at - start < length)
        };
        if within(pointer.root_x, part.x, part.width) && within(pointer.root_y, part.y, part.height) {
            return Ok(true);
        }
        let Some((x, y)) = self.pointed else { return Ok(false) };
        self.point(x, y)?;
        Ok(true)
    }

    /// What is shared, as far as it lies on the screen.
    fn part(&self) -> Rect {
        let screen = self.link.size;
        let Some(shared) = self.shared else { return Rect::whole(screen) };
        let x = shared.x.min(screen.width.saturating_sub(1));
        let y = shared.y.min(screen.height.saturating_sub(1));
        Rect { x, y, width: shared.width.min(screen.width - x), height: shared.height.min(screen.height - y) }
    }
}

/// Presses or lets go, and keeps no books.
pub(super) fn fake(link: &Link, what: Held, down: bool) -> Result<(), DisplayError> {
    let (kind, code) = match (what, down) {
        (Held::Key(code), true) => (KEY_PRESS_EVENT, code),
        (Held::Key(code), false) => (KEY_RELEASE_EVENT, code),
        (Held::Button(code), true) => (BUTTON_PRESS_EVENT, code),
        (Held::Button(code), false) => (BUTTON_RELEASE_EVENT, code),
    };
    link.conn.xtest_fake_input(kind, code, 0, link.root, 0, 0, 0).map_err(lost)?.ignore_error();
    Ok(())
}

const fn number(button: Button) -> u8 {
    match button {
        Button::Left => 1,
        Button::Middle => 2,
        Button::Right => 3,
        Button::Back => 8,
        Button::Forward => 9,
    }
}
