//! The bar by keyboard: which keys bring the keyboard to it, and what they do there.
//!
//! Ctrl+Alt+Shift+Space brings it, wherever it is, and takes it back. All that can be done on the bar is the person's to take
//! away, so any keyboard will do for it; showing again what was hidden takes a real one, as it takes a real mouse.

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, InputFocus, MapIndex, Window};

use crate::DisplayError;
use crate::x11::link::{Link, lost};

/// What is held down for the keys that are heard wherever they are pressed; Mod1 is Alt in every layout that X ships.
const CHORD: [MapIndex; 3] = [MapIndex::CONTROL, MapIndex::M1, MapIndex::SHIFT];

/// What a key does on the bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Next,
    Previous,
    Press,
    Leave,
}

/// The keys, by their codes, and where the keyboard was before.
#[derive(Debug)]
pub(super) struct Keyboard {
    keys: Vec<(u8, Key)>,
    space: Vec<u8>,
    /// The keys of each part of the chord.
    chord: [Vec<u8>; 3],
    /// Those of them that are down, as far as was heard. A display can say what is held now, but not what was when a key
    /// was pressed.
    down: Vec<u8>,
    before: Option<(InputFocus, Window)>,
}

impl Keyboard {
    pub(super) fn learn(link: &Link) -> Result<Self, DisplayError> {
        let setup = link.conn.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let count = last.saturating_sub(first).saturating_add(1);
        let mapping = link.conn.get_keyboard_mapping(first, count).map_err(lost)?.reply().map_err(lost)?;
        let per_key = usize::from(mapping.keysyms_per_keycode).max(1);
        let (mut keys, mut space) = (Vec::new(), Vec::new());
        for (symbols, code) in mapping.keysyms.chunks(per_key).zip(first..=last) {
            let Some(symbol) = symbols.first() else { continue };
            if *symbol == SPACE {
                space.push(code);
            }
            keys.extend(meaning(*symbol).map(|key| (code, key)));
        }
        let map = link.conn.get_modifier_mapping().map_err(lost)?.reply().map_err(lost)?;
        let row = usize::from(map.keycodes_per_modifier()).max(1);
        let chord = CHORD.map(|part| {
            let codes = map.keycodes.chunks(row).nth(usize::from(u8::from(part)));
            codes.unwrap_or_default().iter().copied().filter(|code| *code != 0).collect()
        });
        Ok(Self { keys, space, chord, down: Vec::new(), before: None })
    }

    /// The keyboard is laid out otherwise now.
    pub(super) fn relearn(&mut self, keys: Self) {
        *self = Self { before: self.before.take(), down: std::mem::take(&mut self.down), ..keys };
    }

    /// What this key does on the bar.
    pub(super) fn key(&self, code: u32, shifted: bool) -> Option<Key> {
        let (_, key) = self.keys.iter().find(|(known, _)| u32::from(*known) == code)?;
        Some(if *key == Key::Next && shifted { Key::Previous } else { *key })
    }

    /// A key went down, wherever the keyboard is: whether that calls for the bar.
    pub(super) fn pressed(&mut self, code: u32) -> bool {
        let Ok(code) = u8::try_from(code) else { return false };
        if self.chord.iter().any(|part| part.contains(&code)) && !self.down.contains(&code) {
            self.down.push(code);
        }
        self.space.contains(&code)
            && self.chord.iter().all(|part| part.iter().any(|code| self.down.contains(code)))
    }

    /// And up.
    pub(super) fn released(&mut self, code: u32) {
        self.down.retain(|down| u32::from(*down) != code);
    }

    /// The keyboard goes to this window of the bar.
    pub(super) fn bring(&mut self, link: &Link, window: Window) -> Result<(), DisplayError> {
        if self.before.is_none() {
            let now = link.conn.get_input_focus().map_err(lost)?.reply().map_err(lost)?;
            self.before = Some((now.revert_to, now.focus));
        }
        let now = x11rb::CURRENT_TIME;
        link.conn.set_input_focus(InputFocus::POINTER_ROOT, window, now).map_err(lost)?.ignore_error();
        Ok(())
    }

    /// And back to where it was, if that is still there.
    pub(super) fn give_back(&mut self, link: &Link) -> Result<(), DisplayError> {
        if let Some((revert, window)) = self.before.take() {
            let now = x11rb::CURRENT_TIME;
            link.conn.set_input_focus(revert, window, now).map_err(lost)?.ignore_error();
        }
        Ok(())
    }

    /// It went elsewhere by itself.
    pub(super) fn forget(&mut self) {
        self.before = None;
    }
}

const SPACE: u32 = 0x20;

/// What a key of this symbol does.
fn meaning(symbol: u32) -> Option<Key> {
    Some(match symbol {
        0xff09 | 0xff53 | 0xff54 => Key::Next,
        0xfe20 | 0xff51 | 0xff52 => Key::Previous,
        0xff0d | 0xff8d | SPACE => Key::Press,
        0xff1b => Key::Leave,
        _ => return None,
    })
}
