//! What the two people write to each other, on the expert's side: between the page and the other application.

use super::clock;
use crate::page::{ChatLine, Page, ToPage};
use crate::terminal::Terminal;
use crate::texts;
use rendezvous_assist::chat::{ChatGate, ChatText};
use std::collections::VecDeque;
use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes of text that are kept for a page that is opened anew; written as JSON they still fit into one message to it.
const KEPT: usize = 24 * 1024;
/// Messages that are kept, so that many short ones fit too.
const KEPT_LINES: usize = 200;

/// The chat as far as it has come.
#[derive(Default)]
pub(super) struct Chat {
    theirs: ChatGate,
    own: ChatGate,
    lines: VecDeque<ChatLine>,
}

impl Chat {
    /// A new page learns what was written before it was there.
    pub(super) fn open(&self, page: &Page) {
        if !self.lines.is_empty() {
            page.send(&ToPage::History { lines: self.lines.iter().cloned().collect() });
        }
    }

    /// The other person wrote. Without a page it stands on the terminal.
    pub(super) fn they_wrote(&mut self, who: &str, text: &ChatText, page: &Page, terminal: &Terminal) {
        if !self.theirs.admit(clock::now()) {
            return;
        }
        let at = self.keep(false, text);
        if !page.send(&ToPage::Chat { text: text.as_str().to_owned(), at }) {
            terminal.say(&texts::wrote(who, text.as_str(), terminal.columns()));
            terminal.say(texts::READ_ON_THE_PAGE);
        }
    }

    pub(super) fn they_are_typing(&mut self, typing: bool, page: &Page) {
        if self.theirs.admit_typing(clock::now()) {
            page.send(&ToPage::Typing { typing });
        }
    }

    /// The person here wrote; whether it is to be sent.
    pub(super) fn you_wrote(&mut self, text: &ChatText) -> bool {
        let passes = self.own.admit(clock::now());
        if passes {
            self.keep(true, text);
        }
        passes
    }

    /// The person here is writing; whether that is to be told.
    pub(super) fn you_are_typing(&mut self) -> bool {
        self.own.admit_typing(clock::now())
    }

    /// Says what was left out, to the one who would miss it.
    pub(super) fn tick(&mut self, page: &Page) {
        for (gate, own) in [(&mut self.theirs, false), (&mut self.own, true)] {
            let count = gate.take_dropped();
            if count > 0 {
                tracing::warn!(count, own, "Messages came too fast and were left out");
                page.send(&ToPage::Missed { count, own });
            }
        }
    }

    fn keep(&mut self, own: bool, text: &ChatText) -> u64 {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let at = u64::try_from(at).unwrap_or(u64::MAX);
        self.lines.push_back(ChatLine { own, text: text.as_str().to_owned(), at });
        while self.lines.len() > KEPT_LINES
            || self.lines.iter().map(|line| line.text.len()).sum::<usize>() > KEPT
        {
            self.lines.pop_front();
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_written_fits_into_one_message_for_a_new_page() {
        let mut chat = Chat::default();
        for text in ["\"\\\n".repeat(660) + "x", "x".to_owned(), "ü".repeat(2000)] {
            let text = ChatText::new(&text).unwrap();
            for _ in 0..500 {
                chat.keep(true, &text);
            }
            let history = ToPage::History { lines: chat.lines.iter().cloned().collect() };
            assert!(serde_json::to_string(&history).unwrap().len() <= 64 * 1024);
            assert!(chat.lines.len() > 3);
        }
    }
}
