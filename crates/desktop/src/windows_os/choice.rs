//! Which key types a character, and when none does.

use super::strokes::{ALT, CONTROL, SHIFT};

/// What is known of the person's keyboard.
pub(super) trait Layout {
    /// The virtual key with which it types this character, and the modifiers that it takes, if it has one.
    fn find(&self, character: char) -> Option<(u8, u8)>;

    /// What a virtual key types with these modifiers; none for a dead key, and for one that types nothing or more than one.
    fn types(&self, key: u8, modifiers: u8, caps_lock: bool) -> Option<char>;
}

/// How it stands with the keyboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// Which modifiers are down.
    pub(super) modifiers: u8,
    /// Those of them that nobody holds but the expert.
    pub(super) ours: u8,
    pub(super) caps_lock: bool,
    /// The expert holds *AltGr*: Alt and Control are down for the sake of a character.
    pub(super) alt_graph: bool,
    /// The expert holds a key of Windows.
    pub(super) windows: bool,
}

/// How a character is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// With this virtual key, while these modifiers are down.
    Key { key: u8, modifiers: u8 },
    /// As a character, without a key: the keyboard has none for it.
    Letter,
    /// No key of this keyboard has it, and a shortcut needs one.
    Place,
}

impl Standing {
    /// What the expert holds makes a command of a key.
    pub(super) fn is_shortcut(self) -> bool {
        self.windows || (!self.alt_graph && self.ours & (CONTROL | ALT) != 0)
    }
}

/// How this character is typed now.
pub(super) fn choose(layout: &impl Layout, standing: Standing, character: char) -> Way {
    if standing.is_shortcut() {
        return shortcut(layout, standing, character);
    }
    let Some((key, needed)) = layout.find(character) else { return Way::Letter };
    // With Caps Lock, Shift means the opposite for most letters. What is true of this keyboard only it knows.
    [needed, needed ^ SHIFT]
        .into_iter()
        .find(|modifiers| {
            let lifted = standing.modifiers & !modifiers;
            lifted & !standing.ours == 0
                && layout.types(key, *modifiers, standing.caps_lock) == Some(character)
        })
        .map_or(Way::Letter, |modifiers| Way::Key { key, modifiers })
}

/// A shortcut is a key, whatever it types just now: what is held stays held, and Caps Lock is no part of it.
fn shortcut(layout: &impl Layout, standing: Standing, character: char) -> Way {
    let small = lower(character);
    let Some((key, needed)) = layout.find(small) else { return Way::Place };
    // A keyboard whose digits need Shift still has Ctrl+1 on the key with the 1.
    let added = if small.is_ascii_alphanumeric() { 0 } else { needed & SHIFT };
    Way::Key { key, modifiers: standing.modifiers | added }
}

/// The small letter, where there is exactly one.
fn lower(character: char) -> char {
    let mut all = character.to_lowercase();
    match (all.next(), all.next()) {
        (Some(small), None) => small,
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A keyboard with `a A @` on one key, `1` with Shift and `&` without on another, a dead `^`, and `+` with Shift.
    struct Small;

    const A: u8 = 0x41;
    const ONE: u8 = 0x31;
    const DEAD: u8 = 0xdc;
    const PLUS: u8 = 0xbb;

    impl Layout for Small {
        fn find(&self, character: char) -> Option<(u8, u8)> {
            Some(match character {
                'a' => (A, 0),
                'A' => (A, SHIFT),
                '@' => (A, CONTROL | ALT),
                '&' => (ONE, 0),
                '1' => (ONE, SHIFT),
                '^' => (DEAD, 0),
                '+' => (PLUS, SHIFT),
                _ => return None,
            })
        }

        fn types(&self, key: u8, modifiers: u8, caps_lock: bool) -> Option<char> {
            Some(match (key, modifiers, caps_lock) {
                (A, 0, false) | (A, SHIFT, true) => 'a',
                (A, SHIFT, false) | (A, 0, true) => 'A',
                (A, both, _) if both == CONTROL | ALT => '@',
                (ONE, 0, _) => '&',
                (ONE, SHIFT, _) => '1',
                (PLUS, SHIFT, _) => '+',
                _ => return None,
            })
        }
    }

    fn ours(modifiers: u8) -> Standing {
        Standing { modifiers, ours: modifiers, ..Standing::default() }
    }

    fn key(key: u8, modifiers: u8) -> Way {
        Way::Key { key, modifiers }
    }

    #[test]
    fn a_character_is_typed_with_what_its_key_needs() {
        assert_eq!(choose(&Small, ours(0), 'a'), key(A, 0));
        assert_eq!(choose(&Small, ours(0), 'A'), key(A, SHIFT));
        assert_eq!(choose(&Small, ours(SHIFT), 'a'), key(A, 0));
        assert_eq!(choose(&Small, ours(0), '@'), key(A, CONTROL | ALT));
    }

    #[test]
    fn caps_lock_changes_nothing_of_what_is_typed() {
        let caps = Standing { caps_lock: true, ..ours(0) };
        assert_eq!(choose(&Small, caps, 'a'), key(A, SHIFT));
        assert_eq!(choose(&Small, caps, 'A'), key(A, 0));
        assert_eq!(choose(&Small, caps, '1'), key(ONE, SHIFT));
    }

    #[test]
    fn what_no_key_types_by_itself_is_a_letter() {
        assert_eq!(choose(&Small, ours(0), '日'), Way::Letter);
        assert_eq!(choose(&Small, ours(0), '^'), Way::Letter, "its key is a dead one");
    }

    #[test]
    fn what_the_person_holds_stays_down() {
        let persons = Standing { modifiers: SHIFT, ..Standing::default() };
        assert_eq!(choose(&Small, persons, 'a'), Way::Letter);
        assert_eq!(choose(&Small, persons, 'A'), key(A, SHIFT));
    }

    #[test]
    fn a_shortcut_keeps_what_is_held() {
        assert_eq!(choose(&Small, ours(CONTROL), 'a'), key(A, CONTROL));
        assert_eq!(choose(&Small, ours(CONTROL | SHIFT), 'A'), key(A, CONTROL | SHIFT));
        assert_eq!(choose(&Small, ours(CONTROL), '1'), key(ONE, CONTROL));
        assert_eq!(choose(&Small, ours(CONTROL), '+'), key(PLUS, CONTROL | SHIFT));
        assert_eq!(choose(&Small, ours(ALT), 'я'), Way::Place);
        let windows = Standing { windows: true, ..ours(0) };
        assert_eq!(choose(&Small, windows, 'a'), key(A, 0));
    }

    #[test]
    fn alt_graph_is_for_characters_and_no_shortcut() {
        let standing = Standing { alt_graph: true, ..ours(CONTROL | ALT) };
        assert_eq!(choose(&Small, standing, '@'), key(A, CONTROL | ALT));
        assert_eq!(choose(&Small, standing, 'a'), key(A, 0));
        assert_eq!(choose(&Small, standing, '€'), Way::Letter);
    }
}
