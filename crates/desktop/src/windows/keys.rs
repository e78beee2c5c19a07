//! What a key does in a window.

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, Keycode};
use xkeysym::Keysym;

use super::form::Key;
use crate::DisplayError;
use crate::x11::link::{Link, lost};

/// The modifier that shifts.
const SHIFT: u32 = 1;
/// Modifiers with which a key is a command for somebody else: Control, Alt, Super.
const COMMANDS: u32 = 4 | 8 | 64;

/// The keyboard's layout.
#[derive(Debug)]
pub(super) struct Keys {
    first: Keycode,
    per_key: usize,
    symbols: Vec<u32>,
}

impl Keys {
    pub(super) fn learn(link: &Link) -> Result<Self, DisplayError> {
        let setup = link.conn.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let count = last.saturating_sub(first).saturating_add(1);
        let mapping = link.conn.get_keyboard_mapping(first, count).map_err(lost)?.reply().map_err(lost)?;
        Ok(Self { first, per_key: usize::from(mapping.keysyms_per_keycode).max(1), symbols: mapping.keysyms })
    }

    /// What this key does, with these modifiers, in this group of the layout.
    pub(super) fn meaning(&self, code: u32, modifiers: u32, group: u8) -> Option<Key> {
        let shifted = modifiers & SHIFT != 0;
        let plain = self.symbol(code, 0, false)?;
        let key = match plain {
            0xff09 if shifted => Key::Previous,
            0xff09 => Key::Next,
            0xfe20 => Key::Previous,
            0xff0d | 0xff8d => Key::Press,
            0xff1b => Key::Escape,
            0xff08 => Key::Backspace,
            0xff51 | 0xff96 => Key::Left,
            0xff52 | 0xff97 => Key::Up,
            0xff53 | 0xff98 => Key::Right,
            0xff54 | 0xff99 => Key::Down,
            _ if modifiers & COMMANDS != 0 => return None,
            _ => {
                let symbol = self.symbol(code, group, shifted).or_else(|| self.symbol(code, 0, shifted))?;
                Key::Letter(Keysym::from(symbol).key_char()?)
            }
        };
        Some(key)
    }

    /// A layout's table has two columns for each of its first two groups.
    fn symbol(&self, code: u32, group: u8, shifted: bool) -> Option<u32> {
        let key = usize::try_from(code).ok()?.checked_sub(usize::from(self.first))?;
        let column = usize::from(group.min(1)) * 2;
        let at = |column: usize| {
            let symbol = (column < self.per_key).then(|| self.symbols.get(key * self.per_key + column))??;
            Some(*symbol).filter(|symbol| *symbol != 0)
        };
        if shifted { at(column + 1).or_else(|| at(column)) } else { at(column) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        let row = |a: u32, b: u32, c: u32, d: u32| [a, b, c, d];
        let symbols = [
            row(0xff09, 0xfe20, 0, 0),
            row(u32::from(b'a'), u32::from(b'A'), 0x6c6, 0x6e6),
            row(0xff0d, 0, 0, 0),
            row(u32::from(b' '), 0, 0, 0),
        ];
        Keys { first: 8, per_key: 4, symbols: symbols.concat() }
    }

    #[test]
    fn keys_mean_what_their_layout_says() {
        let keys = keys();
        assert_eq!(keys.meaning(8, 0, 0), Some(Key::Next));
        assert_eq!(keys.meaning(8, SHIFT, 0), Some(Key::Previous));
        assert_eq!(keys.meaning(9, 0, 0), Some(Key::Letter('a')));
        assert_eq!(keys.meaning(9, SHIFT, 0), Some(Key::Letter('A')));
        assert_eq!(keys.meaning(9, 0, 1), Some(Key::Letter('ф')), "the second group");
        assert_eq!(keys.meaning(9, 4, 0), None, "with Control it is somebody else's");
        assert_eq!(keys.meaning(10, 0, 1), Some(Key::Press));
        assert_eq!(keys.meaning(11, 0, 1), Some(Key::Letter(' ')));
        for code in [0, 7, 12, 255, u32::MAX] {
            assert_eq!(keys.meaning(code, 0, 0), None);
        }
    }
}
