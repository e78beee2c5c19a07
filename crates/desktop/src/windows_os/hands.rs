//! The hands on pointer and keyboard: what they hold, and how they let go of it.

use std::time::{Duration, Instant};

use rendezvous_assist::grant::ControlGrant;
use rendezvous_assist::input::{Button, Key};

use super::notes::Note;
use super::strokes::{Held, Stroke};
use super::system::desktop;
use super::system::input::{self, Deed, send};
use super::system::keyboard::CapsLock;
use super::typing::Typing;
use crate::act::Act;
use crate::notes::Notes;
use crate::{DisplayError, Rect, Suspension};

/// One message of the expert may turn the wheel by so many notches at most.
const MAX_NOTCHES: i32 = 20;

/// What Windows counts a notch of the wheel as.
const NOTCH: i32 = 120;

/// The hands: what they may do, and what they hold.
#[derive(Debug)]
pub(super) struct Hands {
    pub(super) grant: ControlGrant,
    pub(super) suspension: Suspension,
    pub(super) notes: Notes,
    pub(super) held: Vec<Held>,
    /// What is to be up, and what Windows did not let go of: another desktop was in front.
    pub(super) stuck: Vec<Held>,
    pub(super) typing: Typing,
    pub(super) caps_lock: CapsLock,
    /// Held keys repeat: Windows leaves that to keyboards.
    pub(super) repeat: Option<Repeat>,
    /// The part of the desktop that is shared, when it is not the whole.
    pub(super) shared: Option<Rect>,
    /// Where the expert pointed last, in pixels of what is shared.
    pub(super) pointed: Option<(u16, u16)>,
    pub(super) closed: bool,
}

/// A key that repeats while it is down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repeat {
    pub(super) of: Key,
    what: Repeated,
    pub(super) due: Instant,
    pause: Duration,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Repeated {
    Key(Stroke),
    Letter(char),
}

impl Hands {
    pub(super) fn new(grant: ControlGrant, notes: Notes, suspension: &Suspension) -> Self {
        Self {
            grant,
            suspension: suspension.clone(),
            notes,
            held: Vec::new(),
            stuck: Vec::new(),
            typing: Typing::default(),
            caps_lock: CapsLock::begin(),
            repeat: None,
            shared: None,
            pointed: None,
            closed: false,
        }
    }

    pub(super) fn act(&mut self, now: Instant, act: Act) -> Result<(), DisplayError> {
        match act {
            Act::Move(x, y) => {
                self.point(x, y);
                Ok(())
            }
            Act::Button(button, down) => self.button(button, down),
            Act::Wheel(dx, dy) => {
                self.wheel(dx, dy);
                Ok(())
            }
            Act::Press(key, meant) => self.press_key(now, key, meant),
            Act::Release(key) => {
                self.release_key(key);
                Ok(())
            }
            Act::Type(character) => self.type_character(character),
        }
    }

    /// Whether nothing is pressed, and nothing repeats.
    pub(super) fn is_free(&self) -> bool {
        self.held.is_empty() && self.stuck.is_empty() && self.repeat.is_none()
    }

    /// Lets go of everything. Asks for no permission: letting go is always allowed.
    pub(super) fn release_all(&mut self) {
        self.repeat = None;
        self.typing.forget();
        // The last pressed goes first, so that no key turns into a shortcut on its way up.
        let held = std::mem::take(&mut self.held);
        self.stuck.extend(held);
        self.release_stuck();
    }

    /// Tries again to let go of what is to be up. While another desktop is in front Windows takes it, and does nothing.
    pub(super) fn release_stuck(&mut self) {
        while let Some(what) = self.stuck.last().copied() {
            if !lets_go(what) {
                return;
            }
            self.stuck.pop();
            self.notes.after(Note::Up(what));
        }
    }

    /// Presses, and keeps the books. They are written before the press: if we die in between, they name too much rather than
    /// too little. When nobody reads them any more, nothing is pressed.
    pub(super) fn press(&mut self, what: Held) -> Result<(), DisplayError> {
        self.notes.before(Note::Down(what))?;
        self.held.push(what);
        if let Err(error) = send(Deed::Down(what)) {
            tracing::debug!(%error, "Nothing was pressed");
            self.release(what);
        }
        Ok(())
    }

    /// Lets go, and writes it down after it.
    pub(super) fn release(&mut self, what: Held) {
        self.held.retain(|held| *held != what);
        self.stuck.push(what);
        self.release_stuck();
    }

    fn point(&mut self, x: u16, y: u16) {
        self.pointed = Some((x, y));
        let whole = desktop::whole();
        let Some(screen) = whole.size().map(Rect::whole) else { return };
        let part = self.shared.unwrap_or(screen);
        let clamp = |at: u16, start: u16, length: u16| start.saturating_add(at.min(length.saturating_sub(1)));
        let (x, y) = (clamp(x, part.x, part.width), clamp(y, part.y, part.height));
        let (x, y) = whole.in_steps(x, y);
        played(send(Deed::Move(x, y)));
    }

    fn button(&mut self, button: Button, down: bool) -> Result<(), DisplayError> {
        let what = Held::Button(of_the_computer(button, input::are_buttons_swapped()));
        match (self.held.contains(&what), down) {
            (false, true) => {
                self.give_back();
                if self.is_pointing() { self.press(what) } else { Ok(()) }
            }
            (true, false) => {
                self.release(what);
                Ok(())
            }
            (true, true) | (false, false) => Ok(()),
        }
    }

    fn wheel(&mut self, dx: i8, dy: i8) {
        self.give_back();
        if !self.is_pointing() {
            return;
        }
        // Windows counts away from the person, and the page towards them.
        let turn = |notches: i8| i32::from(notches).clamp(-MAX_NOTCHES, MAX_NOTCHES) * NOTCH;
        if dy != 0 {
            played(send(Deed::Wheel(-turn(dy))));
        }
        if dx != 0 {
            played(send(Deed::Sideways(turn(dx))));
        }
    }

    /// Whether a click now hits what is shared. The person may have moved the pointer away from it; then it goes back to where
    /// the expert pointed last, or, when they have not pointed anywhere, nothing is clicked.
    fn is_pointing(&mut self) -> bool {
        let Some(part) = self.shared else { return true };
        let place = input::pointer().and_then(|(x, y)| desktop::whole().place_of(x, y));
        if place.is_some_and(|(x, y)| part.inside(i32::from(x), i32::from(y)).is_some()) {
            return true;
        }
        let Some((x, y)) = self.pointed else { return false };
        self.point(x, y);
        true
    }

    /// From now on this repeats, as keys do that are held.
    pub(super) fn begin_repeating(&mut self, now: Instant, of: Key, what: Repeated) {
        let (delay, speed) = input::repeating();
        let delay = Duration::from_millis(250 * (u64::from(delay.min(3)) + 1));
        self.repeat = Some(Repeat { of, what, due: now + delay, pause: pause(speed) });
    }

    /// Repeats what is due.
    pub(super) fn repeat(&mut self, now: Instant) {
        let Some(repeat) = self.repeat.filter(|repeat| repeat.due <= now) else { return };
        match repeat.what {
            Repeated::Key(stroke) => played(send(Deed::Down(Held::Key(stroke)))),
            Repeated::Letter(letter) => type_letter(letter),
        }
        self.repeat = Some(Repeat { due: now + repeat.pause, ..repeat });
    }
}

/// Types it without a key.
pub(super) fn type_letter(character: char) {
    let mut units = [0; 2];
    let units = character.encode_utf16(&mut units);
    for down in [true, false] {
        for unit in units.iter().copied() {
            played(send(Deed::Letter { unit, down }));
        }
    }
}

/// Puts one thing up; false where Windows did not do it.
pub(super) fn lets_go(what: Held) -> bool {
    desktop::is_in_front() && send(Deed::Up(what)).is_ok() && desktop::is_in_front()
}

/// What could not be played back is left out: another desktop came in front in this moment.
pub(super) fn played(done: Result<(), DisplayError>) {
    if let Err(error) = done {
        tracing::debug!(%error, "Something was not played back");
    }
}

/// The button of the computer that means this to the person.
fn of_the_computer(button: Button, are_swapped: bool) -> Button {
    match button {
        Button::Left if are_swapped => Button::Right,
        Button::Right if are_swapped => Button::Left,
        other => other,
    }
}

/// From one repetition to the next: 2.5 to 30 a second.
fn pause(speed: u32) -> Duration {
    let tenths = 25 + 275 * speed.min(31) / 31;
    Duration::from_millis(10_000 / u64::from(tenths))
}
