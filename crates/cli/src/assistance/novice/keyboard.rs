//! What single keys of the terminal mean while the screen may be seen, and the line that the person writes.
//!
//! The line is edited here and not by the terminal, so that what the other person writes can appear above it, and so that
//! *Escape three times* stops everything also in the middle of a sentence.

use crate::assistance::stop::StopTyped;
use rendezvous_assist::chat::MAX_CHARACTERS;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a key does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Everything stops.
    Stop,
    /// Control is taken back.
    TakeBack,
    /// The screen is hidden, or shown again.
    Pause,
    /// Another screen is shown.
    NextScreen,
    /// The line that is being written is now this.
    Draft(String),
    /// The line is finished.
    Send(String),
    /// The path of a file is now this.
    Path(String),
    /// It is finished: this file is offered.
    Offer(String),
    /// Whatever file is on its way stops.
    StopFiles,
}

/// Reads keys, one byte after the other.
#[derive(Debug)]
pub(super) struct Keyboard {
    stop: StopTyped,
    /// Whether a line is being written. Known outside at once: a question must not appear under the person's fingers.
    writing: Arc<AtomicBool>,
    line: Vec<u8>,
    /// The path of a file, while that is written and not the line.
    path: Option<Vec<u8>>,
    escape: Escape,
}

/// Where we are in what the arrow keys and their like send, so that none of their letters counts as a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escape {
    No,
    /// After the escape itself.
    Begun,
    /// In a sequence with parameters, until its last byte.
    Parameters,
    /// One more byte.
    Last,
}

impl Keyboard {
    /// Not writing; `draft` is what was written before and not sent.
    pub(super) fn new(writing: Arc<AtomicBool>, draft: &str) -> Self {
        writing.store(false, Ordering::SeqCst);
        Self { stop: StopTyped::default(), writing, line: draft.into(), path: None, escape: Escape::No }
    }

    /// What this byte does, if anything.
    pub(super) fn press(&mut self, key: u8) -> Option<Act> {
        let was_writing = self.writing.load(Ordering::SeqCst);
        if self.is_of_a_sequence(key) {
            return None;
        }
        if !was_writing || key == ESCAPE {
            if self.stop.hears(key) {
                return Some(Act::Stop);
            }
        } else {
            self.stop.forget();
        }
        match key {
            ESCAPE => None,
            _ if was_writing => self.write(key),
            b't' | b'T' => Some(Act::TakeBack),
            b'p' | b'P' => Some(Act::Pause),
            b'x' | b'X' => Some(Act::StopFiles),
            b'f' | b'F' => {
                self.writing.store(true, Ordering::SeqCst);
                self.path = Some(Vec::new());
                Some(self.draft())
            }
            b'm' | b'M' => Some(Act::NextScreen),
            b'c' | b'C' => {
                self.writing.store(true, Ordering::SeqCst);
                Some(self.draft())
            }
            _ => None,
        }
    }

    /// Follows the sequences of keys that are no letters.
    fn is_of_a_sequence(&mut self, key: u8) -> bool {
        let (next, is_part) = match (self.escape, key) {
            (_, ESCAPE) => (Escape::Begun, false),
            (Escape::Begun, b'[') => (Escape::Parameters, true),
            (Escape::Begun, b'O') => (Escape::Last, true),
            (Escape::Parameters, b' '..=b'?') => (Escape::Parameters, true),
            (Escape::Parameters | Escape::Last, _) => (Escape::No, true),
            (Escape::Begun | Escape::No, _) => (Escape::No, false),
        };
        self.escape = next;
        if is_part {
            self.stop.forget();
        }
        is_part
    }

    fn write(&mut self, key: u8) -> Option<Act> {
        let line = self.path.as_mut().unwrap_or(&mut self.line);
        match key {
            b'\r' | b'\n' => {
                self.writing.store(false, Ordering::SeqCst);
                return Some(match self.path.take() {
                    Some(path) => Act::Offer(text(&path)),
                    None => Act::Send(text(&std::mem::take(&mut self.line))),
                });
            }
            0x08 | 0x7f => {
                // A letter may be several bytes: its first is none of those that follow.
                while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
            }
            // Ctrl-U.
            0x15 => line.clear(),
            b'\t' => line.push(b' '),
            0..0x20 => return None,
            _ if text(line).chars().count() >= MAX_CHARACTERS => return None,
            _ => line.push(key),
        }
        Some(self.draft())
    }

    fn draft(&self) -> Act {
        match &self.path {
            Some(path) => Act::Path(text(path)),
            None => Act::Draft(text(&self.line)),
        }
    }
}

const ESCAPE: u8 = 0x1b;

fn text(line: &[u8]) -> String {
    // Between the bytes of one letter it is not there yet.
    line.utf8_chunks().map(|chunk| chunk.valid()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyboard() -> Keyboard {
        Keyboard::new(Arc::default(), "")
    }

    fn typed(keyboard: &mut Keyboard, keys: &str) -> Vec<Act> {
        keys.bytes().filter_map(|key| keyboard.press(key)).collect()
    }

    fn last(keyboard: &mut Keyboard, keys: &str) -> Option<Act> {
        typed(keyboard, keys).pop()
    }

    #[test]
    fn single_keys_act_and_others_do_nothing() {
        assert_eq!(typed(&mut keyboard(), "t"), [Act::TakeBack]);
        assert_eq!(typed(&mut keyboard(), "pP"), [Act::Pause, Act::Pause]);
        assert_eq!(typed(&mut keyboard(), "m"), [Act::NextScreen]);
        assert_eq!(typed(&mut keyboard(), "y 1\n\r"), []);
        assert_eq!(typed(&mut keyboard(), "x"), [Act::StopFiles]);
        assert_eq!(typed(&mut keyboard(), "s"), [Act::Stop]);
        assert_eq!(typed(&mut keyboard(), "\u{1b}\u{1b}\u{1b}"), [Act::Stop]);
    }

    #[test]
    fn in_a_line_letters_are_letters() {
        let mut keyboard = keyboard();
        assert_eq!(last(&mut keyboard, "cstop, qpt"), Some(Act::Draft("stop, qpt".into())));
        assert_eq!(last(&mut keyboard, "\r"), Some(Act::Send("stop, qpt".into())));
        assert_eq!(last(&mut keyboard, "p"), Some(Act::Pause), "and afterwards they are keys again");
    }

    #[test]
    fn a_path_is_no_message_and_leaves_the_one_that_is_being_written_alone() {
        let mut keyboard = Keyboard::new(Arc::default(), "half a");
        assert_eq!(last(&mut keyboard, "f/tmp/x p"), Some(Act::Path("/tmp/x p".into())));
        assert_eq!(last(&mut keyboard, "\r"), Some(Act::Offer("/tmp/x p".into())));
        assert_eq!(last(&mut keyboard, "c b\r"), Some(Act::Send("half a b".into())));
    }

    #[test]
    fn escape_three_times_stops_in_a_line_too() {
        let acts = typed(&mut keyboard(), "chello\u{1b}\u{1b}\u{1b}");
        assert_eq!(acts.last(), Some(&Act::Stop));
        let acts = typed(&mut keyboard(), "ch\u{1b}e\u{1b}l\u{1b}o");
        assert_eq!(
            acts.last(),
            Some(&Act::Draft("helo".into())),
            "with letters between them they are not three"
        );
    }

    #[test]
    fn arrow_keys_and_their_like_are_no_letters() {
        for sequence in ["\u{1b}[A", "\u{1b}[C", "\u{1b}OP", "\u{1b}OS", "\u{1b}[15~", "\u{1b}[1;5C"] {
            assert_eq!(typed(&mut keyboard(), sequence), [], "{sequence:?}");
            assert_eq!(typed(&mut keyboard(), &sequence.repeat(5)), [], "{sequence:?}");
            let mut keyboard = keyboard();
            assert_eq!(last(&mut keyboard, &format!("ca{sequence}b")), Some(Act::Draft("ab".into())));
        }
    }

    #[test]
    fn a_line_is_edited() {
        let mut keyboard = keyboard();
        assert_eq!(last(&mut keyboard, "cäö\u{7f}"), Some(Act::Draft("ä".into())));
        assert_eq!(last(&mut keyboard, "\u{7f}\u{7f}\u{8}"), Some(Act::Draft(String::new())));
        assert_eq!(last(&mut keyboard, "👍 ok\u{15}no"), Some(Act::Draft("no".into())));
        assert_eq!(last(&mut keyboard, "\u{3}\u{1}\tx\r"), Some(Act::Send("no x".into())));
    }

    #[test]
    fn a_line_has_an_end_and_no_half_letters() {
        let mut keyboard = keyboard();
        let long = format!("c{}", "ä".repeat(MAX_CHARACTERS + 50));
        let Some(Act::Draft(line)) = last(&mut keyboard, &long) else { panic!("it is being written") };
        assert_eq!(line, "ä".repeat(MAX_CHARACTERS));
        let mut keyboard = Keyboard::new(Arc::default(), "");
        keyboard.press(b'c');
        assert_eq!(keyboard.press(0xc3), Some(Act::Draft(String::new())));
        assert_eq!(keyboard.press(0xa4), Some(Act::Draft("ä".into())));
    }

    #[test]
    fn what_was_not_sent_is_there_again() {
        let writing = Arc::new(AtomicBool::new(true));
        let mut keyboard = Keyboard::new(writing.clone(), "half a");
        assert!(!writing.load(Ordering::SeqCst), "keys are keys until the person writes again");
        assert_eq!(last(&mut keyboard, "c sentence"), Some(Act::Draft("half a sentence".into())));
        assert!(writing.load(Ordering::SeqCst));
    }
}
