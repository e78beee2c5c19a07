//! What the two people write to each other, on the novice's terminal.
//!
//! Nothing that the expert writes appears while a question stands, so that no line of theirs can be taken for a part of
//! it; and no question appears while the person here writes, so that no word of theirs can be taken for its answer.

use super::Novice;
use crate::assistance::clock;
use crate::texts;
use rendezvous_assist::chat::{ChatGate, ChatText};
use rendezvous_assist::signal::NoviceSays;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Messages that wait while a question stands; more are dropped, and that is said.
const MOST_WAITING: usize = 20;
/// Who writes says so again this often, and counts as writing for twice as long.
const TYPING_AGAIN: Duration = Duration::from_secs(3);

/// What the two write to each other.
#[derive(Debug, Default)]
pub(super) struct Talk {
    gate: ChatGate,
    /// What came while a question stood.
    waiting: VecDeque<ChatText>,
    missed: u64,
    /// When the expert last said that they are writing.
    their_typing: Option<Instant>,
    /// When the expert was last told that the person here is writing.
    own_typing: Option<Instant>,
    /// Whether the person here is writing a line; the terminal's thread knows first.
    writing: Arc<AtomicBool>,
    /// The line so far.
    draft: String,
    /// The path of a file, while that is what they write.
    path: Option<String>,
}

impl Talk {
    pub(super) fn is_writing(&self) -> bool {
        self.writing.load(Ordering::SeqCst)
    }

    pub(super) fn writing(&self) -> Arc<AtomicBool> {
        self.writing.clone()
    }

    pub(super) fn draft(&self) -> &str {
        &self.draft
    }

    /// The path that the person types, while they do.
    pub(super) fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    pub(super) fn choose(&mut self, path: String) {
        self.path = Some(path);
    }

    pub(super) fn chosen(&mut self) {
        self.path = None;
    }

    pub(super) fn they_are_typing(&self) -> bool {
        self.their_typing.is_some_and(|at| at.elapsed() < TYPING_AGAIN * 2)
    }
}

impl Novice {
    /// The expert wrote.
    pub(super) fn expert_wrote(&mut self, text: ChatText) {
        if !self.talk.gate.admit(clock::now()) {
            return;
        }
        self.talk.their_typing = None;
        if self.keys.is_some() {
            self.show_message(&text);
            self.show_status();
        } else if self.talk.waiting.len() < MOST_WAITING {
            self.talk.waiting.push_back(text);
        } else {
            self.talk.missed += 1;
        }
    }

    pub(super) fn expert_is_typing(&mut self, typing: bool) {
        if self.talk.gate.admit_typing(clock::now()) {
            self.talk.their_typing = typing.then(Instant::now);
            self.show_status();
        }
    }

    /// Shows what had to wait, and says what was left out.
    pub(super) fn catch_up(&mut self) {
        if self.keys.is_none() {
            return;
        }
        while let Some(text) = self.talk.waiting.pop_front() {
            self.show_message(&text);
        }
        let missed = std::mem::take(&mut self.talk.missed) + self.talk.gate.take_dropped();
        if missed > 0 {
            self.terminal.say(&texts::missed_messages(&self.who, missed));
        }
    }

    /// The person here writes a line, and has come this far.
    pub(super) async fn writes(&mut self, draft: String) {
        let again = self.talk.own_typing.is_none_or(|at| at.elapsed() >= TYPING_AGAIN);
        self.talk.draft = draft;
        if !self.talk.draft.is_empty() && again {
            self.talk.own_typing = Some(Instant::now());
            self.send(NoviceSays::Typing(true)).await;
        }
        self.show_status();
    }

    /// The person here has finished a line.
    pub(super) async fn wrote(&mut self, line: &str) {
        self.talk.draft.clear();
        match ChatText::new(line) {
            Some(text) => {
                let columns = self.terminal.columns();
                self.terminal.say(&texts::wrote(texts::YOU, text.as_str(), columns));
                self.send(NoviceSays::Chat(text)).await;
            }
            None if self.talk.own_typing.is_some() => self.send(NoviceSays::Typing(false)).await,
            None => {}
        }
        self.talk.own_typing = None;
        self.show_status();
    }

    fn show_message(&self, text: &ChatText) {
        self.terminal.say(&texts::wrote(&self.who, text.as_str(), self.terminal.columns()));
    }
}
