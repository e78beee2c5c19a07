//! Keys as Windows knows them: by the scan codes of the first PC keyboards, which Linux numbers its keys by too.

use std::fmt;

use rendezvous_assist::input::{Button, Key};

/// A key by its place. Every keyboard of Windows has the same codes for the same places.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Stroke(u16);

/// In the high byte: the key came later than the first 83, and has the code of one of those.
const EXTENDED: u16 = 0xe000;

/// In the high byte: it is no scan code but a virtual key, for the one key that no single code stands for.
const VIRTUAL: u16 = 0xff00;

/// `VK_PAUSE`.
const PAUSE: u16 = VIRTUAL | 0x13;

pub(super) const SHIFT: u8 = 1;
pub(super) const CONTROL: u8 = 2;
pub(super) const ALT: u8 = 4;

/// Every key that is a modifier, the keys of Windows among them, which change no character.
const MODIFIERS: [(Stroke, u8); 8] = [
    (Stroke::LEFT_SHIFT, SHIFT),
    (Stroke::RIGHT_SHIFT, SHIFT),
    (Stroke::LEFT_CONTROL, CONTROL),
    (Stroke::RIGHT_CONTROL, CONTROL),
    (Stroke::LEFT_ALT, ALT),
    (Stroke::RIGHT_ALT, ALT),
    (Stroke::WINDOWS[0], 0),
    (Stroke::WINDOWS[1], 0),
];

/// What can be pressed and must be let go of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    Key(Stroke),
    /// Of the hand of the computer, not of the person: they may have swapped them.
    Button(Button),
}

impl Stroke {
    pub(super) const LEFT_SHIFT: Self = Self(0x2a);
    pub(super) const RIGHT_SHIFT: Self = Self(0x36);
    pub(super) const LEFT_CONTROL: Self = Self(0x1d);
    pub(super) const RIGHT_CONTROL: Self = Self(0xe01d);
    pub(super) const LEFT_ALT: Self = Self(0x38);
    /// On many keyboards it is *AltGr*.
    pub(super) const RIGHT_ALT: Self = Self(0xe038);
    /// The two with the sign of Windows.
    pub(super) const WINDOWS: [Self; 2] = [Self(0xe05b), Self(0xe05c)];

    /// The key at the same place.
    pub(super) fn at(key: Key) -> Self {
        let evdev = key.evdev();
        let scan = LATER.iter().find(|(later, _)| *later == evdev).map(|(_, scan)| *scan);
        Self(scan.unwrap_or(u16::from(evdev)))
    }

    /// From what `MapVirtualKeyExW` says, with `0xe0` in the high byte for an extended one; none for what is not there, or has
    /// more codes than one.
    pub(super) fn mapped(scan: u32) -> Option<Self> {
        let scan = u16::try_from(scan).ok()?;
        matches!(scan, 1..=0x7f | 0xe001..=0xe07f).then_some(Self(scan))
    }

    /// From a number that was written down; none for what is no key.
    pub(super) fn read(number: u16) -> Option<Self> {
        if number == PAUSE { Some(Self(PAUSE)) } else { Self::mapped(number.into()) }
    }

    pub(super) fn number(self) -> u16 {
        self.0
    }

    /// The virtual key, if it is one.
    pub(super) fn virtual_key(self) -> Option<u16> {
        (self.0 & 0xff00 == VIRTUAL).then_some(self.0 & 0xff)
    }

    pub(super) fn scan(self) -> u16 {
        self.0 & 0xff
    }

    pub(super) fn is_extended(self) -> bool {
        self.0 & 0xff00 == EXTENDED
    }

    /// Which of the modifiers that choose a character it is.
    pub(super) fn modifiers(self) -> u8 {
        MODIFIERS.iter().find(|(stroke, _)| *stroke == self).map_or(0, |(_, mask)| *mask)
    }

    /// Whether it repeats while it is down. Modifiers do not, nor do keys that lock.
    pub(super) fn repeats(self) -> bool {
        const LOCKS: [u16; 3] = [0x3a, 0x45, 0x46];
        !LOCKS.contains(&self.0) && self.0 != PAUSE && !MODIFIERS.iter().any(|(stroke, _)| *stroke == self)
    }
}

/// Keys whose code is not that of Linux: Linux input event code, scan code.
#[rustfmt::skip]
const LATER: &[(u8, u16)] = &[
    // The number pad's Enter and division, and Control, Alt, Windows and menu to the right.
    (96, 0xe01c), (98, 0xe035), (97, 0xe01d), (100, 0xe038), (125, 0xe05b), (126, 0xe05c), (127, 0xe05d),
    // Home, up, page up, left, right, end, down, page down, insert, delete.
    (102, 0xe047), (103, 0xe048), (104, 0xe049), (105, 0xe04b), (106, 0xe04d), (107, 0xe04f), (108, 0xe050),
    (109, 0xe051), (110, 0xe052), (111, 0xe053),
    (119, PAUSE),
    // The number pad's equals sign and comma, and the keys of Japan, Brazil and Korea.
    (117, 0x59), (121, 0x7e), (89, 0x73), (124, 0x7d), (92, 0x79), (94, 0x7b), (93, 0x70), (122, 0x72), (123, 0x71),
];

/// What is typed stays out of logs.
impl fmt::Debug for Stroke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stroke")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn stroke(code: &str) -> Stroke {
        Stroke::at(Key::from_code(code).unwrap())
    }

    #[test]
    fn every_key_has_a_code_of_its_own() {
        let codes: HashSet<_> = Key::all().map(Stroke::at).collect();
        assert_eq!(codes.len(), Key::all().count());
        for code in codes {
            assert_eq!(Stroke::read(code.number()), Some(code), "{:x}", code.number());
            assert!(code.scan() < 0x80);
        }
    }

    #[test]
    fn keys_are_where_the_first_pc_had_them() {
        for (code, number) in [
            ("Escape", 0x01),
            ("KeyA", 0x1e),
            ("Space", 0x39),
            ("F12", 0x58),
            ("IntlBackslash", 0x56),
            ("Numpad7", 0x47),
            ("Home", 0xe047),
            ("NumpadEnter", 0xe01c),
            ("AltRight", 0xe038),
            ("Pause", 0xff13),
        ] {
            assert_eq!(stroke(code).number(), number, "{code}");
        }
        assert_eq!(stroke("Pause").virtual_key(), Some(0x13));
        assert!(stroke("Home").is_extended() && !stroke("Numpad7").is_extended());
    }

    #[test]
    fn no_key_is_print_screen_or_one_that_turns_the_computer_off() {
        // Print Screen, System Request, power, sleep, wake.
        for number in [0xe037, 0x54, 0xe05e, 0xe05f, 0xe063] {
            assert!(Key::all().all(|key| Stroke::at(key).number() != number), "{number:x}");
        }
    }

    #[test]
    fn what_is_no_key_is_not_read() {
        for number in [0, 0x80, 0xff, 0xe000, 0xe080, 0xe11d, 0xff00, 0xff12, 0xffff, 0x1234] {
            assert_eq!(Stroke::read(number), None, "{number:x}");
        }
        assert_eq!(Stroke::mapped(0), None);
        assert_eq!(Stroke::mapped(0xe11d), None);
    }

    #[test]
    fn letters_repeat_and_modifiers_and_locks_do_not() {
        for code in ["KeyA", "Backspace", "ArrowLeft", "NumpadEnter"] {
            assert!(stroke(code).repeats(), "{code}");
        }
        for code in ["ShiftLeft", "ControlRight", "AltRight", "MetaLeft", "CapsLock", "NumLock", "Pause"] {
            assert!(!stroke(code).repeats(), "{code}");
        }
        assert_eq!(stroke("AltRight").modifiers(), ALT);
        assert_eq!(stroke("MetaLeft").modifiers(), 0);
    }
}
