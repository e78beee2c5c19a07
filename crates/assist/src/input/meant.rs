//! What the expert means by a key: what it types on their keyboard, which may be laid out otherwise than the novice's.

use super::Key;

/// The most characters in one piece of text.
pub const MAX_CHARACTERS: usize = 16;

/// What a key means, apart from where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    /// The key at this place, whatever it does on the novice's keyboard.
    Place,
    /// This character; never a control character.
    Character(char),
    /// What this key does, wherever the novice has it.
    Key(Key),
    /// The modifier for the third character of a key.
    AltGraph,
}

/// A short piece of text without control characters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text {
    characters: [char; MAX_CHARACTERS],
    length: usize,
}

impl Meant {
    /// What `KeyboardEvent.key` (W3C UI Events) says that a key at this place means; `None`: nothing that may be sent.
    pub(super) fn read(place: Key, key: Option<&str>) -> Option<Self> {
        let Some(key) = key else { return Some(Self::Place) };
        let mut characters = key.chars();
        if let (Some(character), None) = (characters.next(), characters.next()) {
            return is_text(character).then_some(Self::Character(character));
        }
        if key == "AltGraph" {
            return Some(Self::AltGraph);
        }
        let (_, codes) = NAMED.iter().find(|(name, _)| *name == key)?;
        // Most names are also the code of the one key that has them.
        let codes = if codes.is_empty() { &[key][..] } else { codes };
        let keys = || codes.iter().filter_map(|code| Key::from_code(code));
        keys().find(|known| *known == place).or_else(|| keys().next()).map(Self::Key)
    }
}

impl Text {
    /// A piece of text; `None` when it is empty, too long, or has anything in it that is not text.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let mut characters = ['\0'; MAX_CHARACTERS];
        let mut length = 0;
        for character in text.chars() {
            *characters.get_mut(length)? = character;
            length += 1;
            if !is_text(character) {
                return None;
            }
        }
        (length > 0).then_some(Self { characters, length })
    }

    /// Its characters, 1 to [`MAX_CHARACTERS`].
    #[must_use]
    pub fn characters(&self) -> &[char] {
        self.characters.get(..self.length).unwrap_or_default()
    }
}

/// What is typed stays out of logs.
impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Text({} characters)", self.length)
    }
}

/// Neither a control character nor one of the 66 code points that are no characters.
fn is_text(character: char) -> bool {
    let code = u32::from(character);
    !character.is_control() && !(0xfdd0..=0xfdef).contains(&code) && code & 0xfffe != 0xfffe
}

/// The names of `KeyboardEvent.key` that may be sent, and the keys that have them. None: the key whose code is the name.
const NAMED: &[(&str, &[&str])] = &[
    ("Alt", &["AltLeft", "AltRight"]),
    ("Control", &["ControlLeft", "ControlRight"]),
    ("Shift", &["ShiftLeft", "ShiftRight"]),
    ("Meta", &["MetaLeft", "MetaRight"]),
    ("Enter", &["Enter", "NumpadEnter"]),
    ("HangulMode", &["Lang1"]),
    ("HanjaMode", &["Lang2"]),
    ("KanaMode", &[]),
    ("Convert", &[]),
    ("NonConvert", &[]),
    ("Escape", &[]),
    ("Tab", &[]),
    ("Backspace", &[]),
    ("Insert", &[]),
    ("Delete", &[]),
    ("Home", &[]),
    ("End", &[]),
    ("PageUp", &[]),
    ("PageDown", &[]),
    ("ArrowUp", &[]),
    ("ArrowDown", &[]),
    ("ArrowLeft", &[]),
    ("ArrowRight", &[]),
    ("ContextMenu", &[]),
    ("CapsLock", &[]),
    ("NumLock", &[]),
    ("ScrollLock", &[]),
    ("Pause", &[]),
    ("F1", &[]),
    ("F2", &[]),
    ("F3", &[]),
    ("F4", &[]),
    ("F5", &[]),
    ("F6", &[]),
    ("F7", &[]),
    ("F8", &[]),
    ("F9", &[]),
    ("F10", &[]),
    ("F11", &[]),
    ("F12", &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: &str) -> Key {
        Key::from_code(code).unwrap()
    }

    fn read(code: &str, key_text: &str) -> Option<Meant> {
        Meant::read(key(code), Some(key_text))
    }

    #[test]
    fn every_name_has_a_key() {
        for (name, codes) in NAMED {
            assert!(matches!(read("Space", name), Some(Meant::Key(_))), "{name}");
            assert!(codes.iter().all(|code| Key::from_code(code).is_some()), "{name}");
        }
    }

    #[test]
    fn a_character_is_meant_wherever_it_is_typed() {
        assert_eq!(read("KeyY", "z"), Some(Meant::Character('z')));
        assert_eq!(read("Space", " "), Some(Meant::Character(' ')));
        assert_eq!(read("KeyE", "€"), Some(Meant::Character('€')));
        assert_eq!(read("Quote", "😀"), Some(Meant::Character('😀')));
        assert_eq!(Meant::read(key("KeyA"), None), Some(Meant::Place));
    }

    #[test]
    fn a_name_means_the_key_at_its_place_if_that_has_it() {
        assert_eq!(read("ShiftRight", "Shift"), Some(Meant::Key(key("ShiftRight"))));
        assert_eq!(read("NumpadEnter", "Enter"), Some(Meant::Key(key("NumpadEnter"))));
        assert_eq!(read("CapsLock", "Escape"), Some(Meant::Key(key("Escape"))));
        assert_eq!(read("Numpad7", "Home"), Some(Meant::Key(key("Home"))));
        assert_eq!(read("CapsLock", "Control"), Some(Meant::Key(key("ControlLeft"))));
        assert_eq!(read("AltRight", "AltGraph"), Some(Meant::AltGraph));
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for text in
            ["", "\n", "\u{7f}", "\u{9b}", "\u{ffff}", "\u{fdd0}", "ab", "e\u{301}", "Dead", "Process", "F13"]
        {
            assert_eq!(read("KeyA", text), None, "{text:?}");
        }
        for text in ["Power", "PrintScreen", "AudioVolumeMute", "Unidentified", "KeyA", "shift", "WakeUp"] {
            assert_eq!(read("KeyA", text), None, "{text:?}");
        }
    }

    #[test]
    fn text_is_bounded_and_only_text() {
        assert_eq!(Text::new("日本").unwrap().characters(), ['日', '本']);
        let longest = "ä".repeat(MAX_CHARACTERS);
        assert_eq!(Text::new(&longest).unwrap().characters().len(), MAX_CHARACTERS);
        for text in ["", "a\nb", "a\tb", "\u{1b}[A", &format!("{longest}ä")] {
            assert_eq!(Text::new(text), None, "{text:?}");
        }
        assert_eq!(format!("{:?}", Text::new("secret")), "Some(Text(6 characters))", "it is nobody's to log");
    }
}
