//! What a person types at their end of a shared terminal.
//!
//! Keys are bytes, and go to the program as they are. What is taken out on the way: pasted text, which comes in brackets
//! and is made harmless, and **Ctrl-]**, which speaks to us.
//!
//! At the sharer's end ([`Chord`]) Ctrl-] twice takes typing back at once, and a third time ends everything. One alone goes
//! to the program, which may want it; two in a row no program wants. At the viewer's end Ctrl-] begins a command.

use std::time::Duration;

use super::screen::is_harmless;
use super::wire::MAX_PASTE;
use crate::Time;

/// Ctrl-].
pub const CTRL_BRACKET: u8 = 0x1d;

/// What belongs to one chord follows within this time.
pub const TOGETHER: Duration = Duration::from_secs(1);

/// What is read at once of a terminal, for [`Strokes::read`].
pub const READ: usize = 4096;

const BEGIN: &[u8] = b"\x1b[200~";
const END: &[u8] = b"\x1b[201~";

/// What was typed.
#[derive(Clone, PartialEq, Eq)]
pub enum Stroke {
    /// Keys, as the terminal sent them.
    Keys(Vec<u8>),
    /// Text that was pasted, or a part of it; harmless.
    Paste(String),
}

/// Nobody's typing belongs into a log.
impl std::fmt::Debug for Stroke {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Keys(keys) => write!(f, "Keys({})", keys.len()),
            Self::Paste(text) => write!(f, "Paste({})", text.len()),
        }
    }
}

/// Tells pasted text from keys.
#[derive(Debug, Default)]
pub struct Strokes {
    pasting: bool,
    /// What may be the beginning of a bracket, or of a letter.
    rest: Vec<u8>,
}

impl Strokes {
    /// Nothing was typed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what came from the terminal.
    pub fn read(&mut self, bytes: &[u8]) -> Vec<Stroke> {
        let mut all = std::mem::take(&mut self.rest);
        all.extend_from_slice(bytes);
        let mut strokes = Vec::new();
        let mut rest = all.as_slice();
        while !rest.is_empty() {
            let bracket = if self.pasting { END } else { BEGIN };
            if let Some(at) = find(rest, bracket) {
                self.push(&mut strokes, &rest[..at]);
                self.pasting = !self.pasting;
                rest = &rest[at + bracket.len()..];
                continue;
            }
            let kept = self.to_keep(rest, bracket);
            let (now, later) = rest.split_at(rest.len() - kept);
            self.push(&mut strokes, now);
            self.rest = later.to_vec();
            break;
        }
        strokes
    }

    /// How many bytes at the end may belong to what comes next. A lone Escape is a key, and is not kept waiting.
    fn to_keep(&self, bytes: &[u8], bracket: &[u8]) -> usize {
        let least = if self.pasting { 1 } else { 3 };
        let begun = (least..bracket.len()).rev().find(|length| bytes.ends_with(&bracket[..*length]));
        if let Some(length) = begun {
            return length;
        }
        if !self.pasting {
            return 0;
        }
        // Half a letter.
        match str::from_utf8(bytes) {
            Err(error) if error.error_len().is_none() => bytes.len() - error.valid_up_to(),
            _ => 0,
        }
    }

    fn push(&self, strokes: &mut Vec<Stroke>, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if !self.pasting {
            return strokes.push(Stroke::Keys(bytes.to_vec()));
        }
        let mut part = String::new();
        for c in harmless_paste(&String::from_utf8_lossy(bytes)).chars() {
            if part.len() + c.len_utf8() > MAX_PASTE {
                strokes.push(Stroke::Paste(std::mem::take(&mut part)));
            }
            part.push(c);
        }
        if !part.is_empty() {
            strokes.push(Stroke::Paste(part));
        }
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Pasted text without what is no text: controls could end the brackets around it, or be keys.
#[must_use]
pub fn harmless_paste(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| is_harmless(*c) || matches!(c, '\n' | '\t')).collect()
}

/// Pasted text as the program is given it.
#[must_use]
pub fn pasted(text: &str, in_brackets: bool) -> Vec<u8> {
    // Enter is what a terminal sends at the end of a line.
    let text = harmless_paste(text).replace('\n', "\r");
    if in_brackets { [BEGIN, text.as_bytes(), END].concat() } else { text.into_bytes() }
}

/// What the chord of the sharer does; the stronger one later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// Nobody else types any more.
    TakeBack,
    /// Everything is over.
    Stop,
}

/// Hears the sharer's chord among the keys.
#[derive(Debug, Default)]
pub struct Chord {
    /// How often in a row, and when last.
    heard: u8,
    last: Time,
    /// The first one waits until it is known what it is: programs that want one would take the next key for a part of it.
    waits: bool,
}

impl Chord {
    /// What these keys leave for the program, and what they do.
    pub fn hear(&mut self, now: Time, keys: &[u8]) -> (Vec<u8>, Option<Act>) {
        let mut left: Vec<u8> = self.release(now).into_iter().collect();
        let mut act = None;
        for key in keys {
            if *key != CTRL_BRACKET {
                left.extend(std::mem::take(&mut self.waits).then_some(CTRL_BRACKET));
                self.heard = 0;
                left.push(*key);
                continue;
            }
            let goes_on = self.heard > 0 && now.since(self.last) <= TOGETHER;
            self.heard = if goes_on { self.heard.saturating_add(1) } else { 1 };
            self.last = now;
            self.waits = self.heard == 1;
            match self.heard {
                1 => {}
                2 => act = act.max(Some(Act::TakeBack)),
                _ => act = Some(Act::Stop),
            }
        }
        (left, act)
    }

    /// The one that waited, when nothing has followed it in time: it is the program's.
    pub fn release(&mut self, now: Time) -> Option<u8> {
        let is_alone = self.waits && now.since(self.last) > TOGETHER;
        self.waits &= !is_alone;
        is_alone.then_some(CTRL_BRACKET)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Stroke {
        Stroke::Keys(text.as_bytes().to_vec())
    }

    fn paste(text: &str) -> Stroke {
        Stroke::Paste(text.to_owned())
    }

    #[test]
    fn pasted_text_is_told_from_keys() {
        let mut strokes = Strokes::new();
        assert_eq!(strokes.read(b"ls\r"), [keys("ls\r")]);
        assert_eq!(strokes.read(b"a\x1b[200~b\r\nc\x1b[201~d"), [keys("a"), paste("b\nc"), keys("d")]);
        assert_eq!(strokes.read(b"\x1b"), [keys("\x1b")], "Escape does not wait");
        assert_eq!(strokes.read(b"\x1b[A"), [keys("\x1b[A")]);
    }

    #[test]
    fn wherever_it_is_cut_it_is_the_same() {
        let all = "x\u{1b}[200~ab\u{e4}c\u{4e16}\u{1b}[201~y".as_bytes();
        for cut in 1..all.len() {
            // The first two bytes of a bracket are an Escape of its own when they come alone.
            if (2..=3).contains(&cut) {
                continue;
            }
            let mut strokes = Strokes::new();
            let read = [strokes.read(&all[..cut]), strokes.read(&all[cut..])].concat();
            let text: String = read
                .iter()
                .map(|stroke| match stroke {
                    Stroke::Keys(keys) => String::from_utf8_lossy(keys).to_uppercase(),
                    Stroke::Paste(text) => text.clone(),
                })
                .collect();
            assert_eq!(text, "Xabäc世Y", "cut at {cut}");
        }
    }

    #[test]
    fn pasted_text_cannot_end_its_brackets_and_holds_no_keys() {
        let hostile = "rm\u{1b}[201~\u{3}\u{1d}\u{9b}201~ x\ny";
        assert_eq!(harmless_paste(hostile), "rm[201~201~ x\ny");
        assert_eq!(pasted(hostile, true), b"\x1b[200~rm[201~201~ x\ry\x1b[201~");
        assert_eq!(pasted("a\nb", false), b"a\rb");
        let mut strokes = Strokes::new();
        assert_eq!(strokes.read(b"\x1b[200~\x1d\x1d\x1d\x1b[201~"), [], "and no chord");
    }

    #[test]
    fn long_text_comes_in_parts() {
        let text = format!("\u{1b}[200~{}\u{1b}[201~", "世".repeat(5000));
        let parts = Strokes::new().read(text.as_bytes());
        assert_eq!(parts.len(), 2);
        let all: String = parts
            .iter()
            .map(|part| match part {
                Stroke::Paste(text) => text.as_str(),
                Stroke::Keys(_) => "keys",
            })
            .collect();
        assert_eq!(all, "世".repeat(5000));
    }

    #[test]
    fn twice_takes_back_and_three_times_ends() {
        let mut chord = Chord::default();
        assert_eq!(chord.hear(Time(0), b"a\x1d"), (b"a".to_vec(), None));
        assert_eq!(chord.hear(Time(500), b"\x1d"), (Vec::new(), Some(Act::TakeBack)));
        assert_eq!(chord.hear(Time(1000), b"\x1d"), (Vec::new(), Some(Act::Stop)));
        assert_eq!(
            chord.hear(Time(1100), b"b"),
            (b"b".to_vec(), None),
            "the program has heard nothing of it"
        );
        assert_eq!(Chord::default().hear(Time(0), b"\x1d\x1d\x1d\x1d"), (Vec::new(), Some(Act::Stop)));
    }

    #[test]
    fn what_is_not_together_is_no_chord_and_is_the_programs() {
        let mut chord = Chord::default();
        assert_eq!(chord.hear(Time(0), b"\x1d"), (Vec::new(), None));
        assert_eq!(chord.release(Time(500)), None);
        assert_eq!(chord.release(Time(1100)), Some(CTRL_BRACKET));
        assert_eq!(chord.release(Time(1200)), None, "once");
        assert_eq!(chord.hear(Time(1300), b"\x1d"), (Vec::new(), None), "too late");
        assert_eq!(chord.hear(Time(1400), b"x"), (b"\x1dx".to_vec(), None), "something else follows");
        assert_eq!(chord.hear(Time(1500), b"\x1dx\x1d"), (b"\x1dx".to_vec(), None), "something in between");
        assert_eq!(chord.hear(Time(1600), b"\x1dy"), (b"y".to_vec(), Some(Act::TakeBack)));
        assert_eq!(chord.hear(Time(9000), b"z"), (b"z".to_vec(), None));
    }
}
