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
