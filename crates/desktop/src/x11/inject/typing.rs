//! Typing what the expert means on the keyboard that the novice has.
//!
//! A key of the expert says what it types there. Here the key is looked for that types the same, with whatever Shift and
//! its like have to do for that. What has to change is *borrowed* for as long as the key is down, so that it repeats
//! rightly, and given back before anything else happens. A character that no key has is lent a spare one.

use std::time::Instant;

use rendezvous_assist::input::{Key, Meant};
use x11rb::connection::Connection;
use x11rb::protocol::xkb::{ConnectionExt as _, EventType, MapPart, SelectEventsAux};
use x11rb::wrapper::ConnectionExt as _;

use super::choice::{Choice, Standing, Wanted, choose, shortcut_letter};
use super::guard::{Note, choose_group};
use super::hands::{Hands, Held, Outcome};
use super::layout::{ALT, CONTROL, LOCK, Layout, SHIFT, SUPER, bits, keyboard};
use super::spare::{Lending, Spares};
use super::symbols::symbols;
use crate::DisplayError;
use crate::x11::link::{Link, lost};

/// X key codes are those of the kernel plus this.
const EVDEV_TO_X: u8 = 8;

/// The novice's keyboard, and the expert's fingers on it.
#[derive(Debug, Default)]
pub(super) struct Keyboard {
    /// None where the server cannot say: then keys are pressed by their places.
    layout: Option<Layout>,
    /// The layout may have changed since it was read.
    pub(super) is_stale: bool,
    pub(super) spares: Spares,
    fingers: Vec<Finger>,
    borrowed: Borrowed,
}

/// A key of the expert that is down, and the key that it holds down here.
#[derive(Clone, Copy, Debug)]
struct Finger {
    key: Key,
    meant: Meant,
    code: u8,
}

/// What is otherwise than the expert and the person have it, for the sake of one key.
#[derive(Debug, Default)]
struct Borrowed {
    by: Option<Key>,
    /// Keys that the expert holds, and that are up for now.
    lifted: Vec<u8>,
    /// Keys that nobody holds, and that are down for now.
    added: Vec<u8>,
    /// The group that the person chose.
    group: Option<u8>,
}

/// Where a key is found.
enum Found {
    Place(u8),
    Choice(Choice, Standing),
    Later(Instant),
    Nowhere,
}

impl Keyboard {
    /// Learns the layout, and asks to be told when it changes.
    pub(super) fn learn(link: &Link) -> Result<Self, DisplayError> {
        if !link.has("XKEYBOARD")? {
            return Ok(Self::default());
        }
        let answer = link.conn.xkb_use_extension(1, 0).map_err(lost)?.reply().map_err(lost)?;
        if !answer.supported {
            return Ok(Self::default());
        }
        let news = EventType::NEW_KEYBOARD_NOTIFY | EventType::MAP_NOTIFY;
        let parts = MapPart::KEY_TYPES | MapPart::KEY_SYMS | MapPart::MODIFIER_MAP;
        let none = EventType::from(0_u8);
        link.conn
            .xkb_select_events(keyboard(), none, news, parts, parts, &SelectEventsAux::new())
            .map_err(lost)?
            .check()
            .map_err(lost)?;
        Ok(Self { layout: Some(Layout::read(link)?), ..Self::default() })
    }

    /// Whether anything is otherwise than the person has it.
    pub(super) fn is_borrowing(&self) -> bool {
        let Borrowed { lifted, added, group, .. } = &self.borrowed;
        !lifted.is_empty() || !added.is_empty() || group.is_some()
    }
}

impl Hands {
    pub(super) fn press_key(
        &mut self,
        now: Instant,
        key: Key,
        meant: Meant,
    ) -> Result<Outcome, DisplayError> {
        match self.keyboard.fingers.iter().find(|finger| finger.key == key) {
            Some(finger) if finger.meant == meant => return Ok(Outcome::Done),
            Some(_) => self.release_key(key)?,
            None => {}
        }
        let code = match self.find(now, Some(key), meant)? {
            Found::Place(code) => code,
            Found::Choice(choice, standing) => {
                self.borrow(Some(key), choice, standing)?;
                choice.code
            }
            Found::Later(then) => return Ok(Outcome::Later(then)),
            Found::Nowhere => return Ok(Outcome::Done),
        };
        self.free(code)?;
        self.keyboard.spares.used(now, code);
        self.keyboard.fingers.push(Finger { key, meant, code });
        self.press(Held::Key(code))?;
        Ok(Outcome::Done)
    }

    pub(super) fn release_key(&mut self, key: Key) -> Result<(), DisplayError> {
        let fingers = &mut self.keyboard.fingers;
        let Some(at) = fingers.iter().position(|finger| finger.key == key) else { return Ok(()) };
        let code = fingers.remove(at).code;
        let lifted = &mut self.keyboard.borrowed.lifted;
        if lifted.contains(&code) {
            lifted.retain(|lifted| *lifted != code);
            self.forget(Held::Key(code))?;
        } else {
            self.release(Held::Key(code))?;
        }
        if self.keyboard.borrowed.by == Some(key) { self.give_back() } else { Ok(()) }
    }

    /// Types a character that no key of the expert stands for.
    pub(super) fn type_character(&mut self, now: Instant, character: char) -> Result<Outcome, DisplayError> {
        match self.find(now, None, Meant::Character(character))? {
            Found::Choice(choice, standing) => {
                self.borrow(None, choice, standing)?;
                self.free(choice.code)?;
                self.keyboard.spares.used(now, choice.code);
                self.press(Held::Key(choice.code))?;
                self.release(Held::Key(choice.code))?;
                self.give_back()?;
                Ok(Outcome::Done)
            }
            Found::Later(then) => Ok(Outcome::Later(then)),
            Found::Place(_) | Found::Nowhere => Ok(Outcome::Done),
        }
    }

    /// Makes everything as the expert and the person have it.
    pub(super) fn give_back(&mut self) -> Result<(), DisplayError> {
        let Borrowed { lifted, added, group, .. } = std::mem::take(&mut self.keyboard.borrowed);
        for code in added {
            self.release(Held::Key(code))?;
        }
        for code in lifted {
            self.press_again(code)?;
        }
        if let Some(group) = group {
            choose_group(&self.link, group)?;
            self.link.conn.flush().map_err(lost)?;
            self.notes.after(Note::GroupAgain);
        }
        Ok(())
    }

    /// All fingers go up; the keys follow.
    pub(super) fn forget_keys(&mut self) -> Result<(), DisplayError> {
        self.keyboard.fingers.clear();
        self.keyboard.borrowed.lifted.clear();
        // Those that were added are among what is held.
        self.keyboard.borrowed.added.clear();
        self.give_back()
    }

    /// Takes back the spare keys that were lent.
    pub(super) fn take_back_spares(&mut self) -> Result<(), DisplayError> {
        // What somebody has made a key of their own meanwhile is not ours any more.
        self.follow_display()?;
        self.follow_layout()?;
        let codes: Vec<u8> = self.keyboard.spares.codes().collect();
        self.keyboard.spares.take_back(&self.link)?;
        self.link.conn.sync().map_err(lost)?;
        codes.into_iter().for_each(|code| self.notes.after(Note::TakenBack(code)));
        Ok(())
    }

    fn find(&mut self, now: Instant, key: Option<Key>, meant: Meant) -> Result<Found, DisplayError> {
        self.give_back()?;
        self.follow_layout()?;
        let place = key.map_or(0, place);
        if self.keyboard.layout.is_none() {
            return Ok(if key.is_some() { Found::Place(place) } else { Found::Nowhere });
        }
        let standing = self.standing()?;
        let found = match meant {
            Meant::Character(character) => self.find_character(now, key, character, standing)?,
            Meant::Place => Found::Place(place),
            Meant::Key(other) => {
                let at = self::place(other);
                Found::Place(self.layout().find(symbols(other), at, standing.group).unwrap_or(at))
            }
            Meant::AltGraph => self.layout().level3().map_or(Found::Nowhere, Found::Place),
        };
        let refused = match found {
            Found::Place(code) => self.layout().commands_server(code, standing.group, standing.modifiers),
            _ => false,
        };
        Ok(if refused { Found::Nowhere } else { found })
    }

    fn find_character(
        &mut self,
        now: Instant,
        key: Option<Key>,
        character: char,
        mut standing: Standing,
    ) -> Result<Found, DisplayError> {
        let is_shortcut = standing.ours & (CONTROL | ALT | SUPER) != 0;
        let mut wanted =
            Wanted { character, place: key.map_or(0, place), keypad: key.is_some_and(Key::is_keypad) };
        if is_shortcut {
            // A keyboard whose digits need Shift still has Ctrl+1 on the key with the 1.
            let is_digit = key.is_some_and(Key::is_digit) && standing.modifiers & SHIFT == 0;
            if is_digit && !character.is_ascii_digit() {
                return Ok(Found::Place(wanted.place));
            }
            // Caps Lock is no part of a shortcut.
            standing.modifiers &= !LOCK;
            wanted.character = shortcut_letter(character, standing.modifiers);
        }
        if let Some(choice) = self.choose(standing, wanted, is_shortcut) {
            return Ok(Found::Choice(choice, standing));
        }
        match self.lend(now, wanted.character)? {
            Lending::Key(_) => {
                let choice = self.choose(standing, wanted, is_shortcut);
                Ok(choice.map_or(Found::Nowhere, |choice| Found::Choice(choice, standing)))
            }
            Lending::Later(then) => Ok(Found::Later(then)),
            Lending::Never => Ok(Found::Nowhere),
        }
    }

    /// A shortcut is found by programs also where its letter is in another group, so for one the group stays.
    fn choose(&self, standing: Standing, wanted: Wanted, is_shortcut: bool) -> Option<Choice> {
        let choice = choose(self.layout(), standing, wanted)?;
        Some(if is_shortcut { Choice { group: standing.group, ..choice } } else { choice })
    }

    /// Makes a spare key type this character.
    fn lend(&mut self, now: Instant, character: char) -> Result<Lending, DisplayError> {
        let is_held = |code| self.held.contains(&Held::Key(code));
        let lending = self.keyboard.spares.pick(now, self.layout(), is_held);
        if let Lending::Key(code) = lending {
            self.notes.before(Note::Lent(code))?;
            self.keyboard.spares.bind(now, &self.link, code, character)?;
            // The news of that is there already, since the server has answered.
            self.follow_display()?;
            self.keyboard.is_stale = true;
            self.follow_layout()?;
        }
        Ok(lending)
    }

    fn follow_layout(&mut self) -> Result<(), DisplayError> {
        if !std::mem::take(&mut self.keyboard.is_stale) || self.keyboard.layout.is_none() {
            return Ok(());
        }
        let layout = Layout::read(&self.link)?;
        let gone = self.keyboard.spares.follow(&layout);
        self.keyboard.layout = Some(layout);
        gone.into_iter().for_each(|code| self.notes.after(Note::TakenBack(code)));
        Ok(())
    }

    fn standing(&self) -> Result<Standing, DisplayError> {
        let state = self.link.conn.xkb_get_state(keyboard()).map_err(lost)?.reply().map_err(lost)?;
        let ours = self.held.iter().fold(0, |ours, held| match held {
            Held::Key(code) => ours | self.layout().modifiers(*code),
            Held::Button(_) => ours,
        });
        Ok(Standing { group: u8::from(state.group), modifiers: bits(state.mods), ours })
    }

    /// Changes what has to be otherwise for this key.
    fn borrow(&mut self, by: Option<Key>, choice: Choice, standing: Standing) -> Result<(), DisplayError> {
        let (lift, add) = (standing.modifiers & !choice.modifiers, choice.modifiers & !standing.modifiers);
        let layout = self.layout();
        let is_lifted = |held: &Held| matches!(held, Held::Key(code) if layout.modifiers(*code) & lift != 0);
        let lifted: Vec<Held> = self.held.iter().copied().filter(is_lifted).collect();
        let added: Vec<u8> = layout.choosers.iter().filter(|c| c.mask & add != 0).map(|c| c.code).collect();
        self.keyboard.borrowed.by = by;
        for held in lifted {
            if let Held::Key(code) = held {
                self.keyboard.borrowed.lifted.push(code);
            }
            // It stays in the books, since it goes down again.
            super::hands::fake(&self.link, held, false)?;
        }
        for code in added {
            self.keyboard.borrowed.added.push(code);
            self.press(Held::Key(code))?;
        }
        if choice.group != standing.group {
            self.notes.before(Note::Group(standing.group))?;
            self.keyboard.borrowed.group = Some(standing.group);
            choose_group(&self.link, choice.group)?;
        }
        Ok(())
    }

    fn press_again(&self, code: u8) -> Result<(), DisplayError> {
        match self.held.contains(&Held::Key(code)) {
            true => super::hands::fake(&self.link, Held::Key(code), true),
            false => Ok(()),
        }
    }

    /// A key that another finger holds down comes up first, so that it can go down again. That finger then holds nothing.
    fn free(&mut self, code: u8) -> Result<(), DisplayError> {
        if !self.held.contains(&Held::Key(code)) {
            return Ok(());
        }
        self.keyboard.fingers.retain(|finger| finger.code != code);
        self.release(Held::Key(code))
    }

    fn layout(&self) -> &Layout {
        static NONE: Layout = Layout::none();
        self.keyboard.layout.as_ref().unwrap_or(&NONE)
    }
}

/// The code of the key at the same place.
fn place(key: Key) -> u8 {
    key.evdev().saturating_add(EVDEV_TO_X)
}
