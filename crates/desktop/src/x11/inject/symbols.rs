//! The symbols of keys that type no character, by which they are found on a keyboard that has them elsewhere.

use rendezvous_assist::input::Key;

/// The symbols that a key has, best first; none for keys that type a character.
pub(super) fn symbols(key: Key) -> &'static [u32] {
    KEYS.iter().find(|(evdev, _)| *evdev == key.evdev()).map_or(&[], |(_, symbols)| symbols)
}

/// Linux input event code, and symbols of X11.
#[rustfmt::skip]
const KEYS: &[(u8, &[u32])] = &[
    (1, &[0xff1b]), (14, &[0xff08]), (15, &[0xff09]), (28, &[0xff0d]), (96, &[0xff8d, 0xff0d]),
    (59, &[0xffbe]), (60, &[0xffbf]), (61, &[0xffc0]), (62, &[0xffc1]), (63, &[0xffc2]), (64, &[0xffc3]),
    (65, &[0xffc4]), (66, &[0xffc5]), (67, &[0xffc6]), (68, &[0xffc7]), (87, &[0xffc8]), (88, &[0xffc9]),

    // Shift, Control, Alt (or Meta, its other name), Super: left and right.
    (42, &[0xffe1, 0xffe2]), (54, &[0xffe2, 0xffe1]), (29, &[0xffe3, 0xffe4]), (97, &[0xffe4, 0xffe3]),
    (56, &[0xffe9, 0xffe7, 0xffea]), (100, &[0xffea, 0xffe8, 0xffe9, 0xffe7]),
    (125, &[0xffeb, 0xffec]), (126, &[0xffec, 0xffeb]),

    (58, &[0xffe5]), (69, &[0xff7f]), (70, &[0xff14]), (119, &[0xff13]), (127, &[0xff67]),
    (110, &[0xff63]), (102, &[0xff50]), (104, &[0xff55]), (111, &[0xffff]), (107, &[0xff57]), (109, &[0xff56]),
    (103, &[0xff52]), (105, &[0xff51]), (108, &[0xff54]), (106, &[0xff53]),
    // Henkan, Muhenkan, Hiragana_Katakana, Hangul, Hangul_Hanja.
    (92, &[0xff23]), (94, &[0xff22]), (93, &[0xff27]), (122, &[0xff31]), (123, &[0xff34]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_that_has_symbols_is_one_that_may_be_pressed() {
        for (evdev, symbols) in KEYS {
            assert!(Key::all().any(|key| key.evdev() == *evdev), "{evdev}");
            assert!(!symbols.is_empty());
        }
        assert_eq!(symbols(Key::from_code("Escape").unwrap()), [0xff1b]);
        assert!(symbols(Key::from_code("KeyA").unwrap()).is_empty());
    }
}
