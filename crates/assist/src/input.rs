//! What the expert's page may send once control is granted.
//!
//! The page speaks JSON over the data channel `input`, which may lose, double and reorder what is sent: a lost packet that
//! is sent again by the channel itself comes a second late, and everything after it waits. So the page numbers what
//! happens and sends it in batches, each with everything that was not acknowledged yet; an [`Inbox`] takes each event
//! once and in order. Everything is bounded here: unknown keys and oversized messages never reach an injector. These are
//! the events ([`InputEvent::parse`]):
//!
//! ```json
//! {"t":"move","x":12,"y":34}                             pixels of what is shared, from its upper left corner
//! {"t":"button","button":"left","down":true}             left, middle, right, back, forward
//! {"t":"wheel","dx":0,"dy":1}                            notches to the right and down, at most 20 each way
//! {"t":"key","code":"KeyY","key":"z","down":true}        `KeyboardEvent.code` and, for a press, `KeyboardEvent.key`
//! {"t":"text","text":"日本"}                             1 to 16 characters that no single key typed
//! {"t":"held"}                                           every 200 ms while a key or button is held
//! ```
//!
//! `code` says which key it is until it comes up, `key` what is meant by it: a character, or what a key without one
//! does ([`Meant`]). Without `key` the key at that place is meant. The novice's keyboard may be laid out otherwise; that is
//! the injector's matter.
//!
//! An [`InputGate`] then bounds how much of it there is. The other way goes the cursor, as a [`CursorMessage`].

mod cursor;
mod gate;
mod inbox;
mod keys;
mod meant;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

pub use self::cursor::{CursorError, CursorMessage, MAX_CURSOR_PNG};
pub use self::gate::{BURST, InputGate, RATE};
pub use self::inbox::{Inbox, MAX_BATCH, MAX_EVENTS};
pub use self::keys::Key;
pub use self::meant::{MAX_CHARACTERS, Meant, Text};

/// The most bytes of one event.
pub const MAX_TEXT: usize = 256;

/// The most notches that the wheel turns at once, each way.
pub const MAX_NOTCHES: i8 = 20;

/// How often a page says that what is held is still held.
pub const HELD_EVERY: Duration = Duration::from_millis(200);

/// After so long without a word everything that is held is let go of: a network that is gone says nothing of it. So
/// everything is up within a second, also on a machine that is busy with something else. A message that is lost and sent
/// again still comes in time, also from far away; what it costs is that half a second without network ends a drag.
pub const HELD_FOR: Duration = Duration::from_millis(700);

/// One act of the expert's pointer or keyboard, already checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum InputEvent {
    /// The pointer goes to this pixel of what is shared: of the whole screen, of one monitor, or of one window. The
    /// injector knows where that lies, and clamps to it.
    Move {
        /// Pixels from the left edge.
        x: u16,
        /// Pixels from the top edge.
        y: u16,
    },
    /// A button goes down or up, where the pointer is.
    Button {
        /// Which one.
        button: Button,
        /// Down or up.
        down: bool,
    },
    /// The wheel turned, in notches: positive is down and to the right. At most 20 each.
    Wheel {
        /// Notches to the right.
        dx: i8,
        /// Notches down.
        dy: i8,
    },
    /// A key goes down.
    Press {
        /// The key by its place on the expert's keyboard.
        key: Key,
        /// What the expert means by it.
        meant: Meant,
    },
    /// A key goes up, whatever was meant by it.
    Release {
        /// The key by its place on the expert's keyboard.
        key: Key,
    },
    /// Text that no single key types: what an input method made of several.
    Text(Text),
    /// What is held is still held. A page says so at least every [`HELD_EVERY`] while anything is; see [`HELD_FOR`].
    Held,
}

/// A pointer button.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Button {
    /// The main one.
    Left,
    /// The wheel's.
    Middle,
    /// The one for menus.
    Right,
    /// The one at the side that goes back.
    Back,
    /// The one at the side that goes forward.
    Forward,
}

/// Why a message was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InputError {
    /// Longer than [`MAX_TEXT`], or for a batch than [`MAX_BATCH`]; this many bytes.
    TooLong(usize),
    /// Not one of the six events, or a field that is missing or out of range; or no batch of them.
    NotInput,
    /// A key that is not on the allow-list, or a meaning that no key has.
    Key,
    /// Text that is empty, longer than [`MAX_CHARACTERS`], or not only text.
    Text,
    /// More than [`MAX_NOTCHES`].
    Wheel,
}

impl InputEvent {
    /// Reads one event.
    ///
    /// # Errors
    ///
    /// The message is not one that a page may send. Nothing of it is to be used.
    pub fn parse(text: &str) -> Result<Self, InputError> {
        if text.len() > MAX_TEXT {
            return Err(InputError::TooLong(text.len()));
        }
        serde_json::from_str::<Wire>(text).map_err(|_| InputError::NotInput)?.try_into()
    }
}

impl TryFrom<Wire> for InputEvent {
    type Error = InputError;

    fn try_from(wire: Wire) -> Result<Self, InputError> {
        Ok(match wire {
            Wire::Move { x, y } => Self::Move { x, y },
            Wire::Button { button, down } => Self::Button { button: button.into(), down },
            Wire::Wheel { dx, dy } => {
                let allowed = -MAX_NOTCHES..=MAX_NOTCHES;
                if !allowed.contains(&dx) || !allowed.contains(&dy) {
                    return Err(InputError::Wheel);
                }
                Self::Wheel { dx, dy }
            }
            Wire::Key { code, key, down } => {
                let place = Key::from_code(&code).ok_or(InputError::Key)?;
                let meant = Meant::read(place, key.as_deref()).ok_or(InputError::Key)?;
                if down { Self::Press { key: place, meant } } else { Self::Release { key: place } }
            }
            Wire::Held {} => Self::Held,
            Wire::Text { text } => Self::Text(Text::new(&text).ok_or(InputError::Text)?),
        })
    }
}

/// The JSON object as it came.
#[derive(Deserialize)]
#[serde(tag = "t", rename_all = "lowercase")]
enum Wire {
    Move { x: u16, y: u16 },
    Button { button: WireButton, down: bool },
    Wheel { dx: i8, dy: i8 },
    Key { code: String, key: Option<String>, down: bool },
    Text { text: String },
    Held {},
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum WireButton {
    Left,
    Middle,
    Right,
    Back,
    Forward,
}

impl From<WireButton> for Button {
    fn from(button: WireButton) -> Self {
        match button {
            WireButton::Left => Self::Left,
            WireButton::Middle => Self::Middle,
            WireButton::Right => Self::Right,
            WireButton::Back => Self::Back,
            WireButton::Forward => Self::Forward,
        }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(bytes) => {
                write!(f, "it has {bytes} bytes; an event has at most {MAX_TEXT}, and a batch {MAX_BATCH}")
            }
            Self::NotInput => {
                f.write_str("it is none of the six events, or without its fields, or no batch of them")
            }
            Self::Key => f.write_str("the key is not one that may be sent"),
            Self::Text => write!(f, "text has 1 to {MAX_CHARACTERS} characters, and no control characters"),
            Self::Wheel => write!(f, "the wheel turns at most {MAX_NOTCHES} notches at once"),
        }
    }
}

impl std::error::Error for InputError {}
