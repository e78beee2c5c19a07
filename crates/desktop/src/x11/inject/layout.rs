//! What each key types, as the X server has it at the moment.
//!
//! The rules are those of the X Keyboard Extension's protocol specification, section 12: the group picks a type of key,
//! the type and the modifiers pick a level, and group and level pick the symbol. The caller gives the modifiers of the
//! keyboard, real ones only: bit 0 is Shift, bit 1 Lock, bit 2 Control, bits 3 to 7 are Mod1 to Mod5.

use x11rb::protocol::xkb::{self, ConnectionExt as _, GetMapReply, ID, MapPart, VMod};
use x11rb::protocol::xproto::ModMask;
use xkeysym::Keysym;

use crate::DisplayError;
use crate::x11::link::{Link, lost};

pub(super) const SHIFT: u8 = 1;
pub(super) const LOCK: u8 = 2;
pub(super) const CONTROL: u8 = 4;
/// Mod1, which is Alt in every layout that X ships.
pub(super) const ALT: u8 = 8;
/// Mod4, which is Super.
pub(super) const SUPER: u8 = 64;

const NO_SYMBOL: u32 = 0;
const LEVEL3_SHIFT: u32 = 0xfe03;
const LEVEL5_SHIFT: u32 = 0xfe11;

/// A keyboard's layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    first: u8,
    keys: Vec<Cap>,
    types: Vec<KeyType>,
    /// The modifiers that choose between the characters of a key, each with a key that is one.
    pub(super) choosers: Vec<Chooser>,
}

/// A modifier that chooses between the characters of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chooser {
    pub(super) mask: u8,
    pub(super) code: u8,
}

/// One key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Cap {
    types: [u8; 4],
    group_info: u8,
    width: u8,
    symbols: Vec<u32>,
    /// What it is as a modifier.
    modifiers: u8,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct KeyType {
    mask: u8,
    levels: Vec<Level>,
}

/// These modifiers lead to this level, and these of them stay to change what it types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Level {
    modifiers: u8,
    level: u8,
    preserved: u8,
}

impl Layout {
    /// A keyboard without keys.
    pub(super) const fn none() -> Self {
        Self { first: 0, keys: Vec::new(), types: Vec::new(), choosers: Vec::new() }
    }

    /// Asks the server for the layout of the keyboard.
    pub(super) fn read(link: &Link) -> Result<Self, DisplayError> {
        let parts = MapPart::KEY_TYPES | MapPart::KEY_SYMS | MapPart::MODIFIER_MAP;
        let none = MapPart::from(0_u8);
        let map = link
            .conn
            .xkb_get_map(keyboard(), parts, none, 0, 0, 0, 0, 0, 0, 0, 0, VMod::from(0_u16), 0, 0, 0, 0, 0, 0)
            .map_err(lost)?
            .reply()
            .map_err(lost)?;
        Ok(Self::of(&map))
    }

    fn of(map: &GetMapReply) -> Self {
        let symbols = map.map.syms_rtrn.as_deref().unwrap_or_default();
        let mut keys: Vec<Cap> = symbols.iter().map(Cap::of).collect();
        for key in map.map.modmap_rtrn.as_deref().unwrap_or_default() {
            let at = usize::from(key.keycode.saturating_sub(map.first_key_sym));
            if let Some(cap) = keys.get_mut(at) {
                cap.modifiers = bits(key.mods);
            }
        }
        let types = map.map.types_rtrn.as_deref().unwrap_or_default().iter().map(KeyType::of).collect();
        let mut layout = Self { first: map.first_key_sym, keys, types, choosers: Vec::new() };
        layout.choosers = layout.find_choosers();
        layout
    }

    /// The codes of all keys.
    pub(super) fn codes(&self) -> impl Iterator<Item = u8> + '_ {
        (self.first..=u8::MAX).take(self.keys.len())
    }

    /// How many groups there are, 1 to 4.
    pub(super) fn groups(&self) -> u8 {
        self.keys.iter().map(Cap::groups).max().unwrap_or(1).clamp(1, 4)
    }

    /// What a key is as a modifier; 0 when it is none.
    pub(super) fn modifiers(&self, code: u8) -> u8 {
        self.cap(code).map_or(0, |cap| cap.modifiers)
    }

    /// The symbol that a key has; `None` when it has none.
    pub(super) fn symbol(&self, code: u8, group: u8, modifiers: u8) -> Option<u32> {
        self.resolve(code, group, modifiers).map(|(symbol, _)| symbol)
    }

    /// The character that a key types, also when a program capitalizes it because of Caps Lock.
    pub(super) fn character(&self, code: u8, group: u8, modifiers: u8) -> Option<char> {
        let (symbol, left) = self.resolve(code, group, modifiers)?;
        let character = Keysym::new(symbol).key_char()?;
        Some(if left & LOCK != 0 { upper(character) } else { character })
    }

    /// A key with one of these symbols where no modifier is down: the one at `place` if it has one, else the first with
    /// the first of them.
    pub(super) fn find(&self, symbols: &[u32], place: u8, group: u8) -> Option<u8> {
        let has = |code: u8, symbol: u32| self.symbol(code, group, 0) == Some(symbol);
        if symbols.iter().any(|symbol| has(place, *symbol)) {
            return Some(place);
        }
        symbols.iter().find_map(|symbol| self.codes().find(|code| has(*code, *symbol)))
    }

    /// The key that is the modifier for the third character of a key.
    pub(super) fn level3(&self) -> Option<u8> {
        self.find_first(&[LEVEL3_SHIFT])
    }

    /// Whether the key, pressed with these modifiers, is a command to the display server itself: leave to another virtual
    /// terminal, end the server, change the video mode, break a grab.
    pub(super) fn commands_server(&self, code: u8, group: u8, modifiers: u8) -> bool {
        self.symbol(code, group, modifiers).is_some_and(
            |symbol| matches!(symbol, 0x1008_fe01..=0x1008_fe0c | 0x1008_fe20..=0x1008_fe25 | 0xfed5),
        )
    }

    /// Keys that type nothing at all and are no modifiers.
    pub(super) fn empty(&self) -> impl Iterator<Item = u8> + '_ {
        self.codes().filter(|code| {
            self.cap(*code)
                .is_some_and(|cap| cap.modifiers == 0 && cap.symbols.iter().all(|s| *s == NO_SYMBOL))
        })
    }

    fn find_choosers(&self) -> Vec<Chooser> {
        [&[0xffe1, 0xffe2][..], &[LEVEL3_SHIFT], &[LEVEL5_SHIFT]]
            .into_iter()
            .filter_map(|symbols| {
                let code = self.find_first(symbols)?;
                let mask = self.modifiers(code);
                (mask != 0).then_some(Chooser { mask, code })
            })
            .collect()
    }

    /// A modifier key with one of these symbols.
    fn find_first(&self, symbols: &[u32]) -> Option<u8> {
        self.codes().find(|code| {
            self.modifiers(*code) != 0 && self.symbol(*code, 0, 0).is_some_and(|s| symbols.contains(&s))
        })
    }

    fn cap(&self, code: u8) -> Option<&Cap> {
        self.keys.get(usize::from(code.checked_sub(self.first)?))
    }

    /// The symbol, and the modifiers that did not go into choosing it.
    fn resolve(&self, code: u8, group: u8, modifiers: u8) -> Option<(u32, u8)> {
        let cap = self.cap(code)?;
        let group = cap.group(group)?;
        let kind = self.types.get(usize::from(*cap.types.get(usize::from(group))?))?;
        let active = modifiers & kind.mask;
        let found = kind.levels.iter().find(|level| level.modifiers == active);
        let (level, preserved) = found.map_or((0, 0), |level| (level.level, level.preserved));
        let at = usize::from(group) * usize::from(cap.width) + usize::from(level);
        let symbol = cap.symbols.get(at).filter(|symbol| **symbol != NO_SYMBOL && level < cap.width)?;
        Some((*symbol, modifiers & !(kind.mask & !preserved)))
    }
}

impl Cap {
    fn of(map: &xkb::KeySymMap) -> Self {
        let (types, group_info, width) = (map.kt_index, map.group_info, map.width);
        Self { types, group_info, width, symbols: map.syms.clone(), modifiers: 0 }
    }

    fn groups(&self) -> u8 {
        self.group_info & 0x0f
    }

    /// The group that counts for this key, which may have fewer than the keyboard.
    fn group(&self, group: u8) -> Option<u8> {
        let groups = self.groups();
        match self.group_info & 0xc0 {
            _ if groups == 0 => None,
            _ if group < groups => Some(group),
            // Clamped, redirected, wrapped.
            0x40 => Some(groups - 1),
            0x80 => Some((self.group_info >> 4) & 3).filter(|to| *to < groups).or(Some(0)),
            _ => Some(group % groups),
        }
    }
}

impl KeyType {
    fn of(kind: &xkb::KeyType) -> Self {
        let preserved = kind.preserve.iter().map(|mods| bits(mods.mask)).chain(std::iter::repeat(0));
        let levels = kind
            .map
            .iter()
            .zip(preserved)
            .filter(|(entry, _)| entry.active)
            .map(|(entry, preserved)| Level {
                modifiers: bits(entry.mods_mask),
                level: entry.level,
                preserved,
            })
            .collect();
        Self { mask: bits(kind.mods_mask), levels }
    }
}

/// The keyboard that programs hear.
pub(super) fn keyboard() -> xkb::DeviceSpec {
    u16::from(ID::USE_CORE_KBD)
}

/// The eight real modifiers.
pub(super) fn bits(modifiers: ModMask) -> u8 {
    u8::try_from(u16::from(modifiers) & 0xff).unwrap_or_default()
}

/// Its capital, where that is one character.
pub(super) fn upper(character: char) -> char {
    single(character, character.to_uppercase())
}

/// Its small letter, where that is one character.
pub(super) fn lower(character: char) -> char {
    single(character, character.to_lowercase())
}

fn single(character: char, mut other: impl Iterator<Item = char>) -> char {
    match (other.next(), other.next()) {
        (Some(one), None) => one,
        _ => character,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) const LEVEL3: u8 = 128;

    /// A small keyboard from code 10 on, in one group: a letter with Caps Lock, a digit with three characters, a letter
    /// whose type knows nothing of Caps Lock, a 1 of the number pad, F1, Shift and AltGr, and a key that is empty.
    pub(in super::super) fn small() -> Layout {
        let level = |modifiers, level| Level { modifiers, level, preserved: 0 };
        let types = vec![
            KeyType { mask: SHIFT | LOCK, levels: vec![level(SHIFT, 1), level(LOCK, 1)] },
            KeyType { mask: SHIFT | LEVEL3, levels: vec![level(SHIFT, 1), level(LEVEL3, 2)] },
            KeyType { mask: 0, levels: Vec::new() },
            KeyType { mask: CONTROL | ALT, levels: vec![level(CONTROL | ALT, 1)] },
        ];
        let key = |kind: u8, symbols: &[u32], modifiers| Cap {
            types: [kind; 4],
            group_info: 1,
            width: u8::try_from(symbols.len()).unwrap(),
            symbols: symbols.to_vec(),
            modifiers,
        };
        let keys = vec![
            key(0, &[0x61, 0x41], 0),
            key(1, &[0x32, 0x22, 0xb2], 0),
            key(1, &[0xe9, 0x32], 0),
            key(2, &[0xffb1], 0),
            key(3, &[0xffbe, 0x1008_fe01], 0),
            key(2, &[0xffe1], SHIFT),
            key(2, &[LEVEL3_SHIFT], LEVEL3),
            key(2, &[NO_SYMBOL], 0),
        ];
        let mut layout = Layout { first: 10, keys, types, choosers: Vec::new() };
        layout.choosers = layout.find_choosers();
        layout
    }

    #[test]
    fn modifiers_choose_the_character() {
        let layout = small();
        let typed = |code, modifiers| layout.character(code, 0, modifiers);
        assert_eq!((typed(10, 0), typed(10, SHIFT)), (Some('a'), Some('A')));
        assert_eq!((typed(10, LOCK), typed(10, SHIFT | LOCK)), (Some('A'), Some('a')));
        assert_eq!((typed(11, LEVEL3), typed(11, SHIFT | LEVEL3)), (Some('²'), Some('2')), "no such level");
        assert_eq!((typed(12, 0), typed(12, LOCK)), (Some('é'), Some('É')), "programs capitalize it");
        assert_eq!((typed(9, 0), typed(17, 0), typed(18, 0)), (None, None, None));
    }

    #[test]
    fn modifiers_and_empty_keys_are_found() {
        let layout = small();
        let choosers = [Chooser { mask: SHIFT, code: 15 }, Chooser { mask: LEVEL3, code: 16 }];
        assert_eq!(layout.choosers, choosers);
        assert_eq!((layout.level3(), layout.empty().collect::<Vec<_>>()), (Some(16), vec![17]));
        assert_eq!(layout.find(&[0xffbf, 0xffbe], 10, 0), Some(14));
        assert_eq!(layout.find(&[0xffbf], 14, 0), None);
    }

    #[test]
    fn a_command_to_the_server_is_one_only_with_its_modifiers() {
        let layout = small();
        assert!(
            layout.commands_server(14, 0, CONTROL | ALT)
                && layout.commands_server(14, 0, CONTROL | ALT | LOCK)
        );
        assert!(!layout.commands_server(14, 0, CONTROL) && !layout.commands_server(10, 0, CONTROL | ALT));
    }

    #[test]
    fn a_key_with_fewer_groups_than_the_keyboard_has_one_for_each() {
        let cap = |group_info| Cap { group_info, ..Cap::default() };
        let groups = |info| [0, 1, 2, 3].map(|group| cap(info).group(group));
        assert_eq!(groups(0x02), [0, 1, 0, 1].map(Some), "wrapped");
        assert_eq!(groups(0x42), [0, 1, 1, 1].map(Some), "clamped");
        assert_eq!(groups(0x92), [0, 1, 1, 1].map(Some), "redirected to the second");
        assert_eq!(groups(0xb2), [0, 1, 0, 0].map(Some), "redirected to one that is not there");
        assert_eq!(groups(0x00), [None; 4]);
    }
}
