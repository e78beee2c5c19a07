//! What is pressed, told to a second process that lets go of it if this one dies.
//!
//! An X server keeps a key down that was pressed through XTEST, also when the program that pressed it is gone. A program
//! that is killed cannot let go of anything. So whoever injects tells what it is about to press, line by line, to a
//! process of its own, which does nothing until the line breaks, and then lets go of what was told last.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};

use x11rb::protocol::xkb::{ConnectionExt as _, Group};
use x11rb::protocol::xproto::ModMask;
use x11rb::wrapper::ConnectionExt as _;

use super::hands::{Held, fake};
use super::layout::keyboard;
use super::spare::take_back;
use crate::DisplayError;
use crate::x11::link::{Link, lost};

/// The longest line that is read.
const MAX_LINE: u64 = 32;

/// What was done to the display, and has to be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Note {
    /// Is about to go down.
    Down(Held),
    /// Is up.
    Up(Held),
    /// This key is about to type something that it did not.
    Lent(u8),
    /// It types nothing again.
    TakenBack(u8),
    /// This group was chosen by the person, and another is about to be.
    Group(u8),
    /// The person's group is chosen again.
    GroupAgain,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Down(Held::Key(code)) => write!(f, "key down {code}"),
            Self::Up(Held::Key(code)) => write!(f, "key up {code}"),
            Self::Down(Held::Button(number)) => write!(f, "button down {number}"),
            Self::Up(Held::Button(number)) => write!(f, "button up {number}"),
            Self::Lent(code) => write!(f, "lent {code}"),
            Self::TakenBack(code) => write!(f, "back {code}"),
            Self::Group(group) => write!(f, "group {group}"),
            Self::GroupAgain => f.write_str("group again"),
        }
    }
}

impl Note {
    fn read(line: &str) -> Option<Self> {
        if line == "group again" {
            return Some(Self::GroupAgain);
        }
        let (what, number) = line.rsplit_once(' ')?;
        let number = number.parse().ok()?;
        Some(match what {
            "key down" => Self::Down(Held::Key(number)),
            "key up" => Self::Up(Held::Key(number)),
            "button down" => Self::Down(Held::Button(number)),
            "button up" => Self::Up(Held::Button(number)),
            "lent" => Self::Lent(number),
            "back" => Self::TakenBack(number),
            "group" => Self::Group(number),
            _ => return None,
        })
    }
}

/// What has to be undone, as far as it was told.
#[derive(Debug, Default, PartialEq, Eq)]
struct Debts {
    held: Vec<Held>,
    lent: Vec<u8>,
    group: Option<u8>,
}

impl Debts {
    fn note(&mut self, note: Note) {
        match note {
            Note::Down(what) => {
                self.held.retain(|held| *held != what);
                self.held.push(what);
            }
            Note::Up(what) => self.held.retain(|held| *held != what),
            Note::Lent(code) => {
                self.lent.retain(|lent| *lent != code);
                self.lent.push(code);
            }
            Note::TakenBack(code) => self.lent.retain(|lent| *lent != code),
            Note::Group(group) => self.group = Some(group),
            Note::GroupAgain => self.group = None,
        }
    }
}

/// The work of the second process: connects to `display`, says on `ready` that it is there, and reads notes until they
/// end, whyever they do. Then it lets go of everything that they left pressed.
///
/// # Errors
///
/// When the display cannot be used; before the notes end, that means that nothing may be pressed.
pub fn let_go_at_end(
    display: Option<&str>,
    notes: impl Read,
    mut ready: impl Write,
) -> Result<(), DisplayError> {
    let link = Link::connect(display)?;
    link.require("XTEST")?;
    let has_groups = link.has("XKEYBOARD")?;
    if has_groups {
        link.conn.xkb_use_extension(1, 0).map_err(lost)?.reply().map_err(lost)?;
    }
    // Whoever started us and does not read this is about to end, and then so are the notes.
    _ = ready.write_all(b"ready\n").and_then(|()| ready.flush());
    let debts = collect(notes);
    for what in debts.held.iter().rev() {
        fake(&link, *what, false)?;
    }
    if let Some(group) = debts.group.filter(|_| has_groups) {
        choose_group(&link, group)?;
    }
    for code in &debts.lent {
        take_back(&link, *code)?;
    }
    link.conn.sync().map_err(lost)
}

/// Reads until the notes end. What is no note ends them, too.
fn collect(notes: impl Read) -> Debts {
    let mut debts = Debts::default();
    let mut notes = BufReader::new(notes);
    let mut line = String::new();
    loop {
        line.clear();
        match notes.by_ref().take(MAX_LINE).read_line(&mut line) {
            Ok(read) if read > 0 => match line.strip_suffix('\n').and_then(Note::read) {
                Some(note) => debts.note(note),
                None => return debts,
            },
            Ok(_) | Err(_) => return debts,
        }
    }
}

/// Chooses a group of the keyboard.
pub(super) fn choose_group(link: &Link, group: u8) -> Result<(), DisplayError> {
    let none = ModMask::from(0_u8);
    link.conn
        .xkb_latch_lock_state(keyboard(), none, none, true, Group::from(group), none, false, 0)
        .map_err(lost)?
        .ignore_error();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Note; 8] = [
        Note::Down(Held::Key(38)),
        Note::Up(Held::Key(255)),
        Note::Down(Held::Button(1)),
        Note::Up(Held::Button(9)),
        Note::Lent(120),
        Note::TakenBack(0),
        Note::Group(3),
        Note::GroupAgain,
    ];

    #[test]
    fn every_note_is_read_as_it_was_told() {
        for note in ALL {
            let line = note.to_string();
            assert_eq!(Note::read(&line), Some(note), "{line}");
            assert!(line.len() < usize::try_from(MAX_LINE).unwrap());
        }
        for line in ["", "key", "key down", "key down 256", "key down -1", "key  down 1", "lent 1 2"] {
            assert_eq!(Note::read(line), None, "{line}");
        }
    }

    #[test]
    fn what_is_left_is_what_went_down_and_did_not_come_up() {
        let told =
            "key down 38\nbutton down 1\nlent 120\nkey down 50\nkey up 38\ngroup 1\nlent 121\nback 120\n";
        let left = Debts { held: vec![Held::Button(1), Held::Key(50)], lent: vec![121], group: Some(1) };
        assert_eq!(collect(told.as_bytes()), left);
        let more = format!("{told}button up 1\nkey up 50\ngroup again\nback 121\n");
        assert_eq!(collect(more.as_bytes()), Debts::default());
    }

    #[test]
    fn notes_that_break_off_count_as_far_as_they_are_whole() {
        let left = Debts { held: vec![Held::Key(38)], ..Debts::default() };
        assert_eq!(collect(&b"key down 38\nkey up 3"[..]), left);
        assert_eq!(collect(&b"key down 38\n\xff\xfe\nkey up 38\n"[..]), left);
        assert_eq!(collect(&[b"key down 38\n".as_slice(), &[b'x'; 1000]].concat()[..]), left);
    }
}
