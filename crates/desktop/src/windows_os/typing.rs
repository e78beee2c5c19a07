//! Typing what the expert means on the keyboard that the novice has.
//!
//! A key of the expert says what it types there. Here the key is looked for that types the same in the program in front,
//! with whatever Shift and its like have to do for that. What has to change is *borrowed* for as long as the key is down, and
//! given back before anything else happens. A character that no key has is typed without one.

use std::time::Instant;

use rendezvous_assist::input::{Key, Meant};
use windows_sys::Win32::UI::Input::KeyboardAndMouse::{
    VK_LCONTROL, VK_LMENU, VK_LSHIFT, VK_RCONTROL, VK_RMENU, VK_RSHIFT,
};

use super::choice::{Standing, Way, choose};
use super::hands::{Hands, Repeated, lets_go, played, type_letter};
use super::strokes::{ALT, CONTROL, Held, SHIFT, Stroke};
use super::system::input::{Deed, send};
use super::system::keyboard::{Layout, is_down};
use crate::DisplayError;

/// The expert's fingers on the novice's keyboard.
#[derive(Debug, Default)]
pub(super) struct Typing {
    fingers: Vec<Finger>,
    borrowed: Borrowed,
}

/// A key of the expert that is down, and the key that it holds down here; none where it types without one.
#[derive(Clone, Copy, Debug)]
struct Finger {
    key: Key,
    meant: Meant,
    stroke: Option<Stroke>,
}

/// What is otherwise than the expert and the person have it, for the sake of one key.
#[derive(Debug, Default)]
struct Borrowed {
    by: Option<Key>,
    /// Keys that the expert holds, and that are up for now.
    lifted: Vec<Stroke>,
    /// Keys that nobody holds, and that are down for now.
    added: Vec<Stroke>,
}

/// Both keys of each modifier, and the one that is pressed where it is missing. Control is missing only where a character
/// takes Control and Alt, and then Alt is the right one.
const PAIRS: [(u8, [(u16, Stroke); 2], Stroke); 3] = [
    (SHIFT, [(VK_LSHIFT, Stroke::LEFT_SHIFT), (VK_RSHIFT, Stroke::RIGHT_SHIFT)], Stroke::LEFT_SHIFT),
    (
        CONTROL,
        [(VK_LCONTROL, Stroke::LEFT_CONTROL), (VK_RCONTROL, Stroke::RIGHT_CONTROL)],
        Stroke::LEFT_CONTROL,
    ),
    (ALT, [(VK_LMENU, Stroke::LEFT_ALT), (VK_RMENU, Stroke::RIGHT_ALT)], Stroke::RIGHT_ALT),
];

impl Typing {
    /// All fingers are up.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

impl Hands {
    pub(super) fn press_key(&mut self, now: Instant, key: Key, meant: Meant) -> Result<(), DisplayError> {
        match self.typing.fingers.iter().find(|finger| finger.key == key) {
            Some(finger) if finger.meant == meant => return Ok(()),
            Some(_) => self.release_key(key),
            None => {}
        }
        self.give_back();
        let stroke = match meant {
            Meant::Place => Some(Stroke::at(key)),
            Meant::Key(other) => Some(Stroke::at(other)),
            Meant::AltGraph => Some(Stroke::RIGHT_ALT),
            Meant::Character(character) => self.way(Some(key), character)?,
        };
        if let Some(stroke) = stroke {
            self.free(stroke);
            self.press(Held::Key(stroke))?;
        }
        self.typing.fingers.push(Finger { key, meant, stroke });
        match (stroke, meant) {
            (Some(stroke), _) if stroke.repeats() => self.begin_repeating(now, key, Repeated::Key(stroke)),
            (Some(_), _) => self.repeat = None,
            (None, Meant::Character(letter)) => {
                type_letter(letter);
                self.begin_repeating(now, key, Repeated::Letter(letter));
            }
            (None, _) => {}
        }
        Ok(())
    }

    pub(super) fn release_key(&mut self, key: Key) {
        let fingers = &mut self.typing.fingers;
        let Some(at) = fingers.iter().position(|finger| finger.key == key) else { return };
        let stroke = fingers.remove(at).stroke;
        if self.repeat.is_some_and(|repeat| repeat.of == key) {
            self.repeat = None;
        }
        if let Some(stroke) = stroke {
            self.typing.borrowed.lifted.retain(|lifted| *lifted != stroke);
            self.release(Held::Key(stroke));
        }
        if self.typing.borrowed.by == Some(key) {
            self.give_back();
        }
    }

    /// Types a character that no key of the expert stands for.
    pub(super) fn type_character(&mut self, character: char) -> Result<(), DisplayError> {
        self.give_back();
        match self.way(None, character)? {
            Some(stroke) => {
                self.free(stroke);
                self.press(Held::Key(stroke))?;
                self.release(Held::Key(stroke));
            }
            None => type_letter(character),
        }
        self.give_back();
        Ok(())
    }

    /// Makes everything as the expert and the person have it.
    pub(super) fn give_back(&mut self) {
        let Borrowed { lifted, added, .. } = std::mem::take(&mut self.typing.borrowed);
        for stroke in added.into_iter().rev() {
            self.release(Held::Key(stroke));
        }
        for stroke in lifted {
            if self.held.contains(&Held::Key(stroke)) {
                played(send(Deed::Down(Held::Key(stroke))));
            }
        }
    }

    /// The key that types it, with everything made ready for that; none where it is typed without one.
    fn way(&mut self, key: Option<Key>, character: char) -> Result<Option<Stroke>, DisplayError> {
        let (layout, standing) = (Layout::in_front(), self.standing());
        let found = match choose(&layout, standing, character) {
            Way::Key { key, modifiers } => layout.stroke(key).map(|stroke| (stroke, modifiers)),
            Way::Letter => None,
            Way::Place => return Ok(key.map(Stroke::at)),
        };
        // What would make a command of a letter is in its way.
        let free = standing.modifiers & !(standing.ours & (CONTROL | ALT));
        let (stroke, modifiers) = found.map_or((None, free), |(stroke, modifiers)| (Some(stroke), modifiers));
        self.borrow(key, standing, modifiers)?;
        Ok(stroke)
    }

    fn standing(&self) -> Standing {
        let is_ours = |stroke| self.held.contains(&Held::Key(stroke));
        let alt_graph = self.typing.fingers.iter().any(|finger| finger.meant == Meant::AltGraph);
        let mut standing = Standing { caps_lock: self.caps_lock.is_on(), alt_graph, ..Standing::default() };
        for (mask, keys, _) in PAIRS {
            let down = || keys.iter().filter(|(virtual_key, _)| is_down(*virtual_key));
            if down().next().is_none() {
                continue;
            }
            standing.modifiers |= mask;
            // Where the right Alt key is *AltGr*, Windows holds the left Control key down with it.
            let is_ours = |stroke| is_ours(stroke) || (alt_graph && stroke == Stroke::LEFT_CONTROL);
            if down().all(|(_, stroke)| is_ours(*stroke)) {
                standing.ours |= mask;
            }
        }
        standing.windows = Stroke::WINDOWS.into_iter().any(is_ours);
        standing
    }

    /// Changes what has to be otherwise for this key.
    fn borrow(&mut self, by: Option<Key>, standing: Standing, modifiers: u8) -> Result<(), DisplayError> {
        let lift = standing.modifiers & !modifiers & standing.ours;
        let add = modifiers & !standing.modifiers;
        self.typing.borrowed.by = by;
        let lifted: Vec<Stroke> = self
            .held
            .iter()
            .filter_map(|held| match held {
                Held::Key(stroke) if stroke.modifiers() & lift != 0 => Some(*stroke),
                _ => None,
            })
            .collect();
        for stroke in lifted {
            // It stays in the books, since it goes down again.
            if lets_go(Held::Key(stroke)) {
                self.typing.borrowed.lifted.push(stroke);
            }
        }
        for (_, _, stroke) in PAIRS.iter().filter(|(mask, ..)| add & mask != 0) {
            self.typing.borrowed.added.push(*stroke);
            self.press(Held::Key(*stroke))?;
        }
        Ok(())
    }

    /// A key that another finger holds down comes up first, so that it can go down again. That finger then holds nothing.
    fn free(&mut self, stroke: Stroke) {
        if self.held.contains(&Held::Key(stroke)) {
            self.typing.fingers.retain(|finger| finger.stroke != Some(stroke));
            self.release(Held::Key(stroke));
        }
    }
}
