//! The allow-list of keys: a 105-key PC keyboard without *Print Screen*, which is also the system request key, and the
//! keys that Japanese, Korean and Brazilian keyboards have besides.

/// A key by its place on the keyboard, as the Linux input event code (`KEY_A` is 30). X11 adds 8 to it.
///
/// Only keys of the allow-list can be made: no power, sleep or system request key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(u8);

impl Key {
    /// The Linux input event code, 1 to 127.
    #[must_use]
    pub fn evdev(self) -> u8 {
        self.0
    }

    /// The key by its `KeyboardEvent.code` (W3C UI Events); `None`: not on the allow-list.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        KEYS.iter().find(|(name, _)| *name == code).map(|(_, evdev)| Self(*evdev))
    }

    /// Every key of the allow-list.
    pub fn all() -> impl Iterator<Item = Self> {
        KEYS.iter().map(|(_, evdev)| Self(*evdev))
    }

    /// Whether it is a key of the number pad.
    #[must_use]
    pub const fn is_keypad(self) -> bool {
        matches!(self.0, 55 | 71..=83 | 96 | 98 | 117 | 121)
    }

    /// Whether it is one of the ten digits above the letters.
    #[must_use]
    pub const fn is_digit(self) -> bool {
        matches!(self.0, 2..=11)
    }

    pub(super) fn is_control(self) -> bool {
        matches!(self.0, 29 | 97)
    }

    pub(super) fn is_alt(self) -> bool {
        matches!(self.0, 56 | 100)
    }

    /// Whether *Ctrl+Alt* with this key is a command to the display server itself: leave to another virtual terminal
    /// (`F1` to `F12`), end the server (Backspace), change the video mode or break grabs (four keys of the number pad).
    pub(super) fn commands_server(self) -> bool {
        matches!(self.0, 14 | 55 | 59..=68 | 74 | 78 | 87 | 88 | 98)
    }
}

/// `KeyboardEvent.code` and Linux input event code, row by row.
#[rustfmt::skip]
const KEYS: [(&str, u8); 113] = [
    ("Escape", 1), ("F1", 59), ("F2", 60), ("F3", 61), ("F4", 62), ("F5", 63), ("F6", 64), ("F7", 65), ("F8", 66),
    ("F9", 67), ("F10", 68), ("F11", 87), ("F12", 88), ("ScrollLock", 70), ("Pause", 119),

    ("Backquote", 41), ("Digit1", 2), ("Digit2", 3), ("Digit3", 4), ("Digit4", 5), ("Digit5", 6), ("Digit6", 7),
    ("Digit7", 8), ("Digit8", 9), ("Digit9", 10), ("Digit0", 11), ("Minus", 12), ("Equal", 13), ("Backspace", 14),

    ("Tab", 15), ("KeyQ", 16), ("KeyW", 17), ("KeyE", 18), ("KeyR", 19), ("KeyT", 20), ("KeyY", 21), ("KeyU", 22),
    ("KeyI", 23), ("KeyO", 24), ("KeyP", 25), ("BracketLeft", 26), ("BracketRight", 27), ("Enter", 28),

    ("CapsLock", 58), ("KeyA", 30), ("KeyS", 31), ("KeyD", 32), ("KeyF", 33), ("KeyG", 34), ("KeyH", 35),
    ("KeyJ", 36), ("KeyK", 37), ("KeyL", 38), ("Semicolon", 39), ("Quote", 40), ("Backslash", 43),

    ("ShiftLeft", 42), ("IntlBackslash", 86), ("KeyZ", 44), ("KeyX", 45), ("KeyC", 46), ("KeyV", 47), ("KeyB", 48),
    ("KeyN", 49), ("KeyM", 50), ("Comma", 51), ("Period", 52), ("Slash", 53), ("ShiftRight", 54),

    ("ControlLeft", 29), ("MetaLeft", 125), ("AltLeft", 56), ("Space", 57), ("AltRight", 100), ("MetaRight", 126),
    ("ContextMenu", 127), ("ControlRight", 97),

    ("Insert", 110), ("Home", 102), ("PageUp", 104), ("Delete", 111), ("End", 107), ("PageDown", 109),
    ("ArrowUp", 103), ("ArrowLeft", 105), ("ArrowDown", 108), ("ArrowRight", 106),

    ("NumLock", 69), ("NumpadDivide", 98), ("NumpadMultiply", 55), ("NumpadSubtract", 74), ("Numpad7", 71),
    ("Numpad8", 72), ("Numpad9", 73), ("NumpadAdd", 78), ("Numpad4", 75), ("Numpad5", 76), ("Numpad6", 77),
    ("Numpad1", 79), ("Numpad2", 80), ("Numpad3", 81), ("NumpadEnter", 96), ("Numpad0", 82), ("NumpadDecimal", 83),
    ("NumpadEqual", 117), ("NumpadComma", 121),

    ("IntlRo", 89), ("IntlYen", 124), ("Convert", 92), ("NonConvert", 94), ("KanaMode", 93), ("Lang1", 122),
    ("Lang2", 123),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_key_is_there_once() {
        let codes: HashSet<_> = KEYS.iter().map(|(code, _)| code).collect();
        let numbers: HashSet<_> = KEYS.iter().map(|(_, evdev)| evdev).collect();
        assert_eq!((codes.len(), numbers.len()), (113, 113));
        assert!(Key::all().all(|key| (1..=127).contains(&key.evdev())));
    }

    #[test]
    fn rows_run_as_the_kernel_numbers_them() {
        let number = |code: &str| Key::from_code(code).expect(code).evdev();
        let row = |first: u8, codes: &[&str]| {
            for (i, code) in codes.iter().enumerate() {
                assert_eq!(usize::from(number(code)), usize::from(first) + i, "{code}");
            }
        };
        row(
            2,
            &[
                "Digit1", "Digit2", "Digit3", "Digit4", "Digit5", "Digit6", "Digit7", "Digit8", "Digit9",
                "Digit0",
            ],
        );
        row(16, &["KeyQ", "KeyW", "KeyE", "KeyR", "KeyT", "KeyY", "KeyU", "KeyI", "KeyO", "KeyP"]);
        row(30, &["KeyA", "KeyS", "KeyD", "KeyF", "KeyG", "KeyH", "KeyJ", "KeyK", "KeyL"]);
        row(44, &["KeyZ", "KeyX", "KeyC", "KeyV", "KeyB", "KeyN", "KeyM", "Comma", "Period", "Slash"]);
        row(59, &["F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10"]);
        row(
            71,
            &[
                "Numpad7",
                "Numpad8",
                "Numpad9",
                "NumpadSubtract",
                "Numpad4",
                "Numpad5",
                "Numpad6",
                "NumpadAdd",
            ],
        );
        row(
            102,
            &[
                "Home",
                "ArrowUp",
                "PageUp",
                "ArrowLeft",
                "ArrowRight",
                "End",
                "ArrowDown",
                "PageDown",
                "Insert",
            ],
        );
        row(125, &["MetaLeft", "MetaRight", "ContextMenu"]);
    }

    #[test]
    fn what_could_end_more_than_the_help_is_not_there() {
        for code in
            ["Power", "Sleep", "WakeUp", "PrintScreen", "SysRq", "Eject", "F13", "KeyÄ", "keya", "", "Key"]
        {
            assert_eq!(Key::from_code(code), None, "{code}");
        }
        // KEY_SYSRQ, KEY_POWER, KEY_MACRO, KEY_MUTE: never, under any name.
        assert!(Key::all().all(|key| ![99, 116, 112, 113].contains(&key.evdev())));
    }
}
