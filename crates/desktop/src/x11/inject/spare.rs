//! Keys that type nothing, lent to characters that the novice's layout does not have.
//!
//! Programs look up what a key types when they get to it, which may be a while after it was pressed. So a key that was
//! lent keeps its character for as long as there are others to lend, and at least for a moment after it was pressed.

use std::time::{Duration, Instant};

use x11rb::protocol::xproto::ConnectionExt as _;
use xkeysym::Keysym;

use super::layout::{Layout, lower, upper};
use crate::DisplayError;
use crate::x11::link::{Link, lost};

/// How long a program may take until it looks up what was pressed.
pub(super) const LOOKED_UP: Duration = Duration::from_millis(150);

/// The most keys that are lent at once.
const MOST: u32 = 64;

/// Every program of the desktop reads the whole keyboard anew when a key is lent. So after the first [`MOST`] it takes at
/// least this from one to the next: far more than anybody writes, and bearable when it is all that somebody does.
const PACE: Duration = Duration::from_millis(25);

/// The keys that are lent, the one that was used longest ago first.
#[derive(Debug, Default)]
pub(super) struct Spares {
    lent: Vec<Lent>,
    /// When as many have been lent as may be by then.
    paced: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Lent {
    code: u8,
    symbols: [u32; 2],
    used: Instant,
}

/// What came of wanting a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lending {
    /// This key now types the character.
    Key(u8),
    /// All are in use; ask again then.
    Later(Instant),
    /// This keyboard has no key to lend.
    Never,
}

impl Spares {
    /// The keys that are lent.
    pub(super) fn codes(&self) -> impl Iterator<Item = u8> + '_ {
        self.lent.iter().map(|lent| lent.code)
    }

    /// Picks the key for a character; [`bind`](Self::bind) then makes it one.
    pub(super) fn pick(&self, now: Instant, layout: &Layout, is_held: impl Fn(u8) -> bool) -> Lending {
        if let Some(from) =
            self.paced.and_then(|paced| paced.checked_sub(PACE * MOST)).filter(|from| *from > now)
        {
            return Lending::Later(from);
        }
        if self.lent.len() < MOST as usize
            && let Some(code) = layout.empty().find(|code| self.codes().all(|lent| lent != *code))
        {
            return Lending::Key(code);
        }
        let oldest = self.lent.iter().find(|lent| !is_held(lent.code));
        match oldest.map(|lent| (lent.code, lent.used + LOOKED_UP)) {
            None => Lending::Never,
            Some((code, free)) if free <= now => Lending::Key(code),
            Some((_, free)) => Lending::Later(free),
        }
    }

    /// Makes the key type the character: a letter small and capital, so that Shift and Caps Lock work as on any other.
    pub(super) fn bind(
        &mut self,
        now: Instant,
        link: &Link,
        code: u8,
        character: char,
    ) -> Result<(), DisplayError> {
        let (small, capital) = (lower(character), upper(character));
        let pair = if lower(capital) == small { [small, capital] } else { [character; 2] };
        let symbols = pair.map(symbol);
        self.lent.retain(|lent| lent.code != code);
        self.lent.push(Lent { code, symbols, used: now });
        self.paced = Some(self.paced.map_or(now, |paced| paced.max(now)) + PACE);
        link.conn.change_keyboard_mapping(1, code, 2, &symbols).map_err(lost)?.check().map_err(lost)
    }

    /// A key that is lent was pressed.
    pub(super) fn used(&mut self, now: Instant, code: u8) {
        if let Some(at) = self.lent.iter().position(|lent| lent.code == code) {
            let lent = self.lent.remove(at);
            self.lent.push(Lent { used: now, ..lent });
        }
    }

    /// Somebody may have changed the layout: what is not as we left it is ours no longer. Returns those keys.
    pub(super) fn follow(&mut self, layout: &Layout) -> Vec<u8> {
        let ours = |lent: &Lent| layout.symbol(lent.code, 0, 0) == Some(lent.symbols[0]);
        let gone = self.lent.iter().filter(|lent| !ours(lent)).map(|lent| lent.code).collect();
        self.lent.retain(ours);
        gone
    }

    /// When every program has looked up what was pressed.
    pub(super) fn settled(&self) -> Option<Instant> {
        self.lent.iter().map(|lent| lent.used + LOOKED_UP).max()
    }

    /// Takes every key back. They type nothing again.
    pub(super) fn take_back(&mut self, link: &Link) -> Result<(), DisplayError> {
        for lent in self.lent.drain(..) {
            take_back(link, lent.code)?;
        }
        Ok(())
    }
}

/// Makes a key type nothing.
pub(super) fn take_back(link: &Link, code: u8) -> Result<(), DisplayError> {
    link.conn.change_keyboard_mapping(1, code, 1, &[0]).map_err(lost)?.ignore_error();
    Ok(())
}

/// The symbol of a character: Latin-1 is its own, and every other has the one that Unicode gives it.
fn symbol(character: char) -> u32 {
    match u32::from(character) {
        latin @ (0x20..=0x7e | 0xa0..=0xff) => latin,
        _ => match Keysym::from_char(character).raw() {
            0 => 0x0100_0000 | u32::from(character),
            known => known,
        },
    }
}
