//! What is pressed, told to a second process that lets go of it if this one dies.
//!
//! Windows keeps a key down that was pressed by a program, also when the program is gone, and a program that is killed lets
//! go of nothing. So whoever injects tells what it is about to press, line by line, to a process of its own, which does
//! nothing until the line breaks.

use std::fmt;
use std::io::{BufRead, BufReader, Read};

use rendezvous_assist::input::Button;

use super::strokes::{Held, Stroke};

/// The longest line that is read.
const MAX_LINE: u64 = 32;

/// The names of buttons.
const BUTTONS: [(Button, &str); 5] = [
    (Button::Left, "left"),
    (Button::Middle, "middle"),
    (Button::Right, "right"),
    (Button::Back, "back"),
    (Button::Forward, "forward"),
];

/// What was done, and has to be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Note {
    /// Is about to go down.
    Down(Held),
    /// Is up.
    Up(Held),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (way, what) = match self {
            Self::Down(what) => ("down", what),
            Self::Up(what) => ("up", what),
        };
        match what {
            Held::Key(stroke) => write!(f, "{way} key {:x}", stroke.number()),
            Held::Button(button) => {
                let name = BUTTONS.iter().find(|(known, _)| known == button).map_or("", |(_, name)| name);
                write!(f, "{way} button {name}")
            }
        }
    }
}

impl Note {
    fn read(line: &str) -> Option<Self> {
        let (way, what) = line.split_once(' ')?;
        let what = match what.split_once(' ')? {
            ("key", number) => Held::Key(Stroke::read(u16::from_str_radix(number, 16).ok()?)?),
            ("button", name) => {
                Held::Button(BUTTONS.iter().find(|(_, known)| *known == name).map(|(button, _)| *button)?)
            }
            _ => return None,
        };
        match way {
            "down" => Some(Self::Down(what)),
            "up" => Some(Self::Up(what)),
            _ => None,
        }
    }
}

/// Reads until the notes end, or until something comes that is none; what is left pressed then, in its order.
pub(super) fn left_down(notes: impl Read) -> Vec<Held> {
    let mut held: Vec<Held> = Vec::new();
    let mut notes = BufReader::new(notes);
    let mut line = String::new();
    loop {
        line.clear();
        match notes.by_ref().take(MAX_LINE).read_line(&mut line) {
            Ok(read) if read > 0 => match line.strip_suffix('\n').and_then(Note::read) {
                Some(Note::Down(what)) => {
                    held.retain(|other| *other != what);
                    held.push(what);
                }
                Some(Note::Up(what)) => held.retain(|other| *other != what),
                None => return held,
            },
            Ok(_) | Err(_) => return held,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notes::Notes;

    fn key(number: u16) -> Held {
        Held::Key(Stroke::read(number).unwrap())
    }

    #[test]
    fn every_note_is_read_as_it_was_told() {
        let keys = [key(0x1e), key(0xe01d), key(0xff13)];
        for what in BUTTONS.map(|(button, _)| Held::Button(button)).into_iter().chain(keys) {
            for note in [Note::Down(what), Note::Up(what)] {
                let line = note.to_string();
                assert_eq!(Note::read(&line), Some(note), "{line}");
                assert!(line.len() < usize::try_from(MAX_LINE).unwrap());
            }
        }
    }

    #[test]
    fn what_is_no_note_is_not_read() {
        for line in
            ["", "down", "down key", "down key 0", "down key 80", "down key -1", "key 1e", "down  key 1e"]
        {
            assert_eq!(Note::read(line), None, "{line}");
        }
        for line in
            ["down button", "down button Left", "held button left", "down key 1e 1e", "down key 10000"]
        {
            assert_eq!(Note::read(line), None, "{line}");
        }
    }

    #[test]
    fn what_is_left_is_what_went_down_and_did_not_come_up() {
        let told = "down key 1e\ndown button left\ndown key e01d\nup key 1e\n";
        let left = vec![Held::Button(Button::Left), key(0xe01d)];
        assert_eq!(left_down(told.as_bytes()), left);
        assert_eq!(left_down(format!("{told}up button left\nup key e01d\n").as_bytes()), []);
    }

    #[test]
    fn notes_that_break_off_count_as_far_as_they_are_whole() {
        assert_eq!(left_down(&b"down key 1e\nup key 1"[..]), [key(0x1e)]);
        assert_eq!(left_down(&b"down key 1e\n\xff\xfe\nup key 1e\n"[..]), [key(0x1e)]);
        assert_eq!(left_down(&[b"down key 1e\n".as_slice(), &[b'x'; 1000]].concat()[..]), [key(0x1e)]);
    }

    #[test]
    fn what_is_told_is_what_is_read() {
        let (mut read, write) = std::io::pipe().unwrap();
        let mut notes = Notes::to(Box::new(write));
        notes.before(Note::Down(key(0x1e))).unwrap();
        drop(notes);
        assert_eq!(left_down(&mut read), [key(0x1e)]);
        assert!(Notes::none().before(Note::Down(key(0x1e))).is_ok());
    }
}
