//! What the two people write to each other beside the picture.
//!
//! A [`ChatText`] is harmless to show: it is short, has few lines, and holds nothing that steers a terminal or turns
//! the direction of writing. What it *says* is still the other person's, so whoever shows it says on every line whose
//! words these are. A [`ChatGate`] bounds how often the other side may write.

use crate::Time;

/// The most characters of one message.
pub const MAX_CHARACTERS: usize = 2000;

/// The most lines of one message; what goes beyond is joined to the last.
pub const MAX_LINES: usize = 40;

/// Messages a second that pass in the long run.
pub const RATE: u32 = 10;

/// Messages that pass at once after a pause.
pub const BURST: u32 = 20;

/// News of somebody writing, a second and at once.
const TYPING: (u32, u32) = (4, 8);

/// What one message costs, in thousandths: the bucket fills by its rate in thousandths a millisecond.
const COST: u32 = 1000;

/// A message of one person to the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChatText(String);

impl ChatText {
    /// Takes the harm out of a text. `None`: there is nothing to read in it, or it is longer than [`MAX_CHARACTERS`].
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        if text.chars().count() > MAX_CHARACTERS {
            return None;
        }
        let text = text.replace("\r\n", "\n").chars().map(harmless).collect::<String>();
        let mut lines: Vec<&str> = Vec::new();
        for line in text.split('\n').map(str::trim_end) {
            // Gaps of any height say no more than one empty line, and push what is above out of sight.
            if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
                lines.push(line);
            }
        }
        if lines.last().is_some_and(|last| last.is_empty()) {
            lines.pop();
        }
        let rest = lines.split_off(lines.len().min(MAX_LINES));
        let mut text = lines.join("\n");
        for line in rest.iter().filter(|line| !line.is_empty()) {
            text.push(' ');
            text.push_str(line.trim_start());
        }
        (!text.trim().is_empty()).then_some(Self(text))
    }

    /// The text; its lines are separated by line feeds.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Controls and direction marks become `·`, every kind of line break a line feed, a tab a space.
fn harmless(c: char) -> char {
    match c {
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        '\t' => ' ',
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '·',
        c if c.is_control() => '·',
        c => c,
    }
}

/// Bounds how often the other side may write. Excess is dropped, and counted so that the person can be told.
#[derive(Clone, Debug)]
pub struct ChatGate {
    messages: Bucket,
    typing: Bucket,
    dropped: u64,
}

impl ChatGate {
    /// A gate with the whole burst free.
    #[must_use]
    pub fn new() -> Self {
        Self { messages: Bucket::new((RATE, BURST)), typing: Bucket::new(TYPING), dropped: 0 }
    }

    /// Whether a message may pass. `false`: drop it; it is counted.
    #[must_use = "a message that may not pass must be dropped"]
    pub fn admit(&mut self, now: Time) -> bool {
        let passes = self.messages.pay(now);
        self.dropped = self.dropped.saturating_add(u64::from(!passes));
        passes
    }

    /// Whether the news that they are writing, or not any more, may pass. Nobody misses one that may not.
    #[must_use = "news that may not pass must be dropped"]
    pub fn admit_typing(&mut self, now: Time) -> bool {
        self.typing.pay(now)
    }

    /// How many messages were dropped since this was asked last.
    pub fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }
}

impl Default for ChatGate {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Clone, Debug)]
struct Bucket {
    rate: u32,
    full: u32,
    credit: u32,
    filled: Option<Time>,
}

impl Bucket {
    fn new((rate, burst): (u32, u32)) -> Self {
        Self { rate, full: burst * COST, credit: burst * COST, filled: None }
    }

    fn pay(&mut self, now: Time) -> bool {
        let since = self.filled.map_or(0, |earlier| now.since(earlier).as_millis());
        self.filled = self.filled.max(Some(now));
        let gained = u32::try_from(since).unwrap_or(u32::MAX).saturating_mul(self.rate);
        self.credit = self.credit.saturating_add(gained).min(self.full);
        match self.credit.checked_sub(COST) {
            Some(rest) => {
                self.credit = rest;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cleaned(text: &str) -> Option<String> {
        ChatText::new(text).map(|text| text.as_str().to_owned())
    }

    #[test]
    fn what_people_write_stays_as_it_is() {
        for text in ["Hello", "Grüße, こんにちは, 👩‍👩‍👧", "ls -l\n  total 4", "one\n\ntwo", "« a » <b> & \"c\""]
        {
            assert_eq!(cleaned(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn nothing_in_a_text_steers_a_terminal_or_turns_the_writing() {
        assert_eq!(cleaned("a\u{1b}[2Jb\u{7}\u{9b}c").as_deref(), Some("a·[2Jb··c"));
        assert_eq!(cleaned("x\u{202e}y\u{2066}z\u{61c}\u{200f}").as_deref(), Some("x·y·z··"));
        assert_eq!(cleaned("a\r\nb\rc\u{2028}d\te").as_deref(), Some("a\nb\nc\nd e"));
    }

    #[test]
    fn a_text_without_anything_to_read_is_none() {
        for text in ["", " ", "\n\n", "\t \u{2029}"] {
            assert_eq!(cleaned(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_text_is_short_and_has_few_lines() {
        assert!(cleaned(&"ä".repeat(MAX_CHARACTERS)).is_some());
        assert_eq!(cleaned(&"ä".repeat(MAX_CHARACTERS + 1)), None);
        let tall = cleaned(&"x\n\n\n".repeat(300)).unwrap();
        assert_eq!(tall.lines().count(), MAX_LINES);
        assert_eq!(tall.matches('x').count(), 300, "nothing is lost");
    }

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let mut gate = ChatGate::new();
        let passed =
            |gate: &mut ChatGate, now: u64, times: u32| (0..times).filter(|_| gate.admit(Time(now))).count();
        assert_eq!(passed(&mut gate, 0, 100), 20);
        assert_eq!((gate.take_dropped(), gate.take_dropped()), (80, 0));
        assert_eq!(passed(&mut gate, 99, 5), 0);
        assert_eq!(passed(&mut gate, 100, 5), 1);
        assert_eq!((200..=1100).step_by(100).map(|now| passed(&mut gate, now, 5)).sum::<usize>(), 10);
        assert_eq!(passed(&mut gate, 1_000_000, 100), 20, "a pause earns the burst, not more");
    }

    #[test]
    fn news_of_writing_cost_no_message() {
        let mut gate = ChatGate::new();
        assert_eq!((0..100).filter(|_| gate.admit_typing(Time(0))).count(), 8);
        assert_eq!(gate.take_dropped(), 0);
        assert!(gate.admit(Time(0)));
    }

    proptest! {
        #[test]
        fn any_text_becomes_harmless_and_stays_as_it_then_is(text in "[\\PC\\x00-\\x1f\\u{202e}\\u{2028}\n ]{0,400}") {
            if let Some(clean) = ChatText::new(&text) {
                prop_assert_eq!(ChatText::new(clean.as_str()), Some(clean.clone()));
                prop_assert!(!clean.as_str().chars().any(|c| c.is_control() && c != '\n'));
                prop_assert!(clean.as_str().lines().count() <= MAX_LINES);
            }
        }
    }
}
