//! The record of a session as a chain: each entry names the hash of the one before, so that none can be changed, taken
//! out or moved without another one showing it.
//!
//! An entry is one line: a JSON object that begins with its number, its time and the hash of the line before, and ends
//! with its own hash. The hash covers every byte of the line up to itself. Keeping the lines is the caller's affair.
//!
//! What [`check`] cannot find: a chain that was written anew as a whole, by whoever can write the file; and an end that was
//! cut off at the end of a line. For both the heads have to be known from elsewhere: [`Head`]s are made to be told.

use std::fmt;

use serde_json::{Map, Value};

use crate::encode::{Domain, Hash, Statement};
use crate::time::UnixTime;

/// The most bytes of one entry, without its line end.
pub const MAX_ENTRY: usize = 4 * 1024;

/// The most bytes of a record that is read.
pub const MAX_RECORD: usize = 4 * 1024 * 1024;

/// The fields that the chain itself writes.
const OWN: [&str; 4] = ["n", "at", "prev", "hash"];

/// What stands between an entry and its hash.
const MARK: &str = ",\"hash\":\"";

/// The hash of an entry, and with it of every entry before.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Head(Hash);

impl Head {
    /// What the first entry names as the one before.
    pub const NONE: Self = Self([0; 32]);

    /// 64 hexadecimal digits.
    #[must_use]
    pub fn to_text(self) -> String {
        use fmt::Write as _;
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The reverse; `None` for every other text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 64 || !text.bytes().all(is_digit) {
            return None;
        }
        let mut hash = [0; 32];
        for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(hash))
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Head({})", self.to_text())
    }
}

/// A chain that is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    next: u64,
    head: Head,
}

impl Default for Chain {
    fn default() -> Self {
        Self::new()
    }
}

impl Chain {
    /// A chain without an entry.
    #[must_use]
    pub const fn new() -> Self {
        Self { next: 0, head: Head::NONE }
    }

    /// The number of the entry that comes next.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// The hash of the entry that came last.
    #[must_use]
    pub const fn head(&self) -> Head {
        self.head
    }

    /// The line of the next entry, with its end. `None`, and nothing changed, when it would be longer than
    /// [`MAX_ENTRY`] or has a field that is the chain's own.
    pub fn append(&mut self, at: UnixTime, fields: &Map<String, Value>) -> Option<String> {
        if fields.keys().any(|name| OWN.contains(&name.as_str())) {
            return None;
        }
        let mut line = format!(r#"{{"n":{},"at":{},"prev":"{}""#, self.next, at.0, self.head.to_text());
        for (name, value) in fields {
            line += &format!(",{}:{value}", Value::from(name.as_str()));
        }
        let head = hash(line.as_bytes());
        line += &format!("{MARK}{}\"}}", head.to_text());
        if line.len() > MAX_ENTRY {
            return None;
        }
        (self.next, self.head) = (self.next + 1, head);
        line.push('\n');
        Some(line)
    }
}

/// An entry that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its number, from 0.
    pub number: u64,
    /// When it was written, by the clock of that computer.
    pub at: UnixTime,
    /// What it says.
    pub fields: Map<String, Value>,
    /// Its hash.
    pub head: Head,
}

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// In this line, from 1.
    pub line: usize,
    /// What.
    pub what: Wrong,
}

/// The ways in which an entry can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wrong {
    /// It was changed after it was written: its hash is another.
    Changed,
    /// It is no entry at all.
    NoEntry,
    /// It was not written to its end: the last line, when a computer stopped in that moment.
    Torn,
    /// Entries are missing before it: so many.
    Missing(u64),
    /// It stands in another place than it was written to, or twice.
    Moved,
    /// It does not follow from the entry before it: that one was changed, or is of another record.
    Follows,
    /// The record is longer than one can be; what comes from here on was not read.
    TooLong,
}

/// A record that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    /// Every entry that can be read, also those that something is wrong with.
    pub entries: Vec<Entry>,
    /// What is wrong, in the order of the lines. Nothing: the lines that are there are as they were written.
    pub faults: Vec<Fault>,
}

impl Checked {
    /// The hash of the last entry.
    #[must_use]
    pub fn head(&self) -> Option<Head> {
        self.entries.last().map(|entry| entry.head)
    }

    /// Whether an entry has this hash: everything up to it is as it was when the hash was told.
    #[must_use]
    pub fn has(&self, head: Head) -> bool {
        self.entries.iter().any(|entry| entry.head == head)
    }
}

/// Reads a record and says what is wrong with it. Takes any bytes.
#[must_use]
pub fn check(bytes: &[u8]) -> Checked {
    let mut checked = Checked::default();
    let mut before = Chain::new();
    let within = &bytes[..bytes.len().min(MAX_RECORD)];
    let mut lines = within.split_inclusive(|byte| *byte == b'\n').enumerate();
    let mut fault = |line: usize, what| checked.faults.push(Fault { line: line + 1, what });
    for (at, line) in lines.by_ref() {
        let Some(whole) = line.strip_suffix(b"\n") else {
            fault(at, if within.len() < bytes.len() { Wrong::TooLong } else { Wrong::Torn });
            break;
        };
        let Some((entry, prev, is_sound)) = read(whole) else {
            fault(at, Wrong::NoEntry);
            continue;
        };
        // A changed entry is named for that alone: what it names, and is named by, is the hash that it had.
        if !is_sound {
            fault(at, Wrong::Changed);
        } else if entry.number > before.next {
            fault(at, Wrong::Missing(entry.number - before.next));
        } else if entry.number < before.next {
            fault(at, Wrong::Moved);
        } else if prev != before.head {
            fault(at, Wrong::Follows);
        }
        before = Chain { next: entry.number.saturating_add(1), head: entry.head };
        checked.entries.push(entry);
    }
    if within.len() < bytes.len() && !checked.faults.iter().any(|fault| fault.what == Wrong::TooLong) {
        let line = within.iter().filter(|byte| **byte == b'\n').count() + 1;
        checked.faults.push(Fault { line, what: Wrong::TooLong });
    }
    checked
}

/// An entry, the hash that it names, and whether its own is right.
fn read(line: &[u8]) -> Option<(Entry, Head, bool)> {
    if line.len() > MAX_ENTRY {
        return None;
    }
    let line = std::str::from_utf8(line).ok()?;
    let (body, rest) = line.rsplit_once(MARK)?;
    let head = Head::from_text(rest.strip_suffix("\"}")?)?;
    let Ok(Value::Object(mut fields)) = serde_json::from_str(&format!("{body}}}")) else { return None };
    let number = fields.remove("n")?.as_u64()?;
    let at = UnixTime(fields.remove("at")?.as_u64()?);
    let prev = Head::from_text(fields.remove("prev")?.as_str()?)?;
    let is_sound = hash(body.as_bytes()) == head;
    Some((Entry { number, at, fields, head }, prev, is_sound))
}

fn hash(body: &[u8]) -> Head {
    Head(Statement::new(Domain::Record).bytes(body).hash())
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed => f.write_str("this entry was changed after it was written"),
            Self::NoEntry => f.write_str("this is not an entry"),
            Self::Torn => f.write_str("the last entry was not written to its end"),
            Self::Missing(1) => f.write_str("an entry before this one is missing"),
            Self::Missing(entries) => write!(f, "{entries} entries before this one are missing"),
            Self::Moved => {
                f.write_str("this entry is in another place than it was written to, or there twice")
            }
            Self::Follows => {
                f.write_str("this entry does not follow from the one before it, which was changed")
            }
            Self::TooLong => f.write_str("the record is longer than one can be; the rest was not read"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(what: &str) -> Map<String, Value> {
        Map::from_iter([("what".to_owned(), Value::from(what))])
    }

    fn record(entries: usize) -> Vec<String> {
        let mut chain = Chain::new();
        (0..entries)
            .map(|n| {
                let at = UnixTime(1_795_000_000 + n as u64);
                chain.append(at, &fields(&format!("entry {n}, \"quoted\"\n"))).expect("it is short")
            })
            .collect()
    }

    fn faults(lines: &[String]) -> Vec<(usize, Wrong)> {
        check(lines.concat().as_bytes()).faults.iter().map(|fault| (fault.line, fault.what)).collect()
    }

    #[test]
    fn what_was_written_is_read_and_nothing_is_wrong_with_it() {
        let lines = record(5);
        let checked = check(lines.concat().as_bytes());
        assert_eq!(checked.faults, []);
        assert_eq!(checked.entries.len(), 5);
        assert_eq!(checked.entries[4].fields, fields("entry 4, \"quoted\"\n"));
        assert_eq!((checked.entries[4].number, checked.entries[4].at), (4, UnixTime(1_795_000_004)));
        assert!(checked.has(checked.head().unwrap()) && !checked.has(Head::NONE));
        assert_eq!(check(b""), Checked::default());
    }

    #[test]
    fn every_kind_of_edit_is_named_with_its_line() {
        let lines = record(5);
        let changed = |n: usize| {
            let mut lines = lines.clone();
            lines[n] = lines[n].replace("entry", "Entry");
            lines
        };
        for n in 0..5 {
            assert_eq!(faults(&changed(n)), [(n + 1, Wrong::Changed)]);
        }
        let mut removed = lines.clone();
        removed.drain(1..3);
        assert_eq!(faults(&removed), [(2, Wrong::Missing(2))]);
        assert_eq!(faults(&lines[1..]), [(1, Wrong::Missing(1))], "the beginning was cut off");
        let mut swapped = lines.clone();
        swapped.swap(1, 2);
        assert_eq!(faults(&swapped), [(2, Wrong::Missing(1)), (3, Wrong::Moved), (4, Wrong::Missing(1))]);
        let mut doubled = lines.clone();
        doubled.insert(2, lines[1].clone());
        assert_eq!(faults(&doubled), [(3, Wrong::Moved)]);
        let mut cut = lines.clone();
        cut[2].truncate(40);
        cut[2].push('\n');
        assert_eq!(faults(&cut), [(3, Wrong::NoEntry), (4, Wrong::Missing(1))]);
        let mut torn = lines.clone();
        torn[4].truncate(60);
        assert_eq!(faults(&torn), [(5, Wrong::Torn)]);
        let mut blank = lines.clone();
        blank.insert(1, "\n".to_owned());
        assert_eq!(faults(&blank), [(2, Wrong::NoEntry)]);
    }

    #[test]
    fn an_entry_that_was_changed_with_its_hash_is_shown_by_the_next_one() {
        let (lines, mut forged) = (record(4), record(4));
        // What somebody writes who knows how.
        let first = check(lines[0].as_bytes()).head().unwrap();
        let mut chain = Chain { next: 1, head: first };
        forged[1] = chain.append(UnixTime(1), &fields("another")).unwrap();
        assert_eq!(faults(&forged), [(3, Wrong::Follows)]);
        // And what cannot be found: everything from there on written anew, or the end cut off.
        for line in &mut forged[2..] {
            *line = chain.append(UnixTime(1), &fields("another")).unwrap();
        }
        assert_eq!(faults(&forged), []);
        assert_eq!(faults(&lines[..2]), []);
        // But for who has heard the head.
        let told = check(lines.concat().as_bytes()).head().unwrap();
        assert!(!check(forged.concat().as_bytes()).has(told));
        assert!(!check(lines[..2].concat().as_bytes()).has(told));
    }

    #[test]
    fn what_is_too_long_or_the_chains_own_is_not_written() {
        let mut chain = Chain::new();
        assert_eq!(chain.append(UnixTime(1), &fields(&"x".repeat(MAX_ENTRY))), None);
        for own in OWN {
            assert_eq!(chain.append(UnixTime(1), &Map::from_iter([(own.to_owned(), Value::Null)])), None);
        }
        assert_eq!(chain, Chain::new());
        let endless = vec![b'x'; MAX_RECORD + 1];
        assert_eq!(check(&endless).faults, [Fault { line: 1, what: Wrong::TooLong }]);
        let lines = vec![b'\n'; MAX_RECORD + 1];
        assert_eq!(check(&lines).faults.last().map(|fault| fault.what), Some(Wrong::TooLong));
    }

    #[test]
    fn a_head_is_64_small_digits() {
        let head = hash(b"x");
        assert_eq!(Head::from_text(&head.to_text()), Some(head));
        for bad in ["", "00", &"g".repeat(64), &"A".repeat(64), &"é".repeat(32), &"0".repeat(65)] {
            assert_eq!(Head::from_text(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_checked(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let checked = check(&bytes);
            prop_assert!(bytes.is_empty() || !checked.faults.is_empty());
        }

        #[test]
        fn no_byte_changes_unnoticed(at in 0..10_000_usize, with in any::<u8>()) {
            let sound = record(4).concat().into_bytes();
            let mut bytes = sound.clone();
            let at = at % bytes.len();
            bytes[at] = with;
            prop_assert_eq!(check(&bytes).faults.is_empty(), bytes == sound);
        }
    }
}
