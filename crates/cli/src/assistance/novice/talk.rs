//! What the two people write to each other, on the novice's terminal, or in a window where there is none.
//!
//! Nothing that the expert writes appears while a question stands, so that no line of theirs can be taken for a part of
//! it; and no question appears while the person here writes, so that no word of theirs can be taken for its answer.

use super::Novice;
use crate::asking::Asking;
use crate::assistance::clock;
use crate::chatting::Wrote;
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
/// Whoever has not touched a key of a window for so long does not write in it any more: what waits for that goes on.
const WRITING: Duration = Duration::from_secs(10);

/// What the two write to each other.
#[derive(Debug, Default)]
pub(super) struct Talk {
    gate: ChatGate,
    /// What came while a question stood.
    waiting: VecDeque<ChatText>,
    missed: u64,
    /// What else is to be read in the window of the chat, as soon as no question stands.
    note: Option<String>,
    /// When the expert last said that they are writing.
    their_typing: Option<Instant>,
    /// When the expert was last told that the person here is writing.
    own_typing: Option<Instant>,
    /// When the person last changed what they write in a window, while they do.
    in_window: Option<Instant>,
    /// Whether the person here is writing a line; the terminal's thread knows first.
    writing: Arc<AtomicBool>,
    /// The line so far.
    draft: String,
    /// The path of a file, while that is what they write.
    path: Option<String>,
}

impl Talk {
    pub(super) fn is_writing(&self) -> bool {
        self.writing.load(Ordering::SeqCst) || self.in_window.is_some_and(|at| at.elapsed() < WRITING)
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
        if self.may_be_written_to() {
            self.show_message(&text);
            self.show_status();
        } else if self.talk.waiting.len() < MOST_WAITING {
            self.talk.waiting.push_back(text);
        } else {
            self.talk.missed += 1;
        }
    }

    /// Whether nothing stands anywhere that a line of theirs could be taken for a part of.
    fn may_be_written_to(&self) -> bool {
        let is_asked = self.chat.is_some() && self.asking.as_ref().is_some_and(Asking::is_open);
        self.keys.is_some() && !is_asked && self.leaving.is_none()
    }

    pub(super) fn expert_is_typing(&mut self, typing: bool) {
        if self.talk.gate.admit_typing(clock::now()) {
            self.talk.their_typing = typing.then(Instant::now);
            self.show_typing();
            self.show_status();
        }
    }

    /// Shows what had to wait, and says what was left out.
    pub(super) fn catch_up(&mut self) {
        self.show_typing();
        if self.talk.in_window.is_some() && !self.talk.is_writing() {
            self.talk.in_window = None;
            self.goes_on();
        }
        if !self.may_be_written_to() {
            return;
        }
        while let Some(text) = self.talk.waiting.pop_front() {
            self.show_message(&text);
        }
        if let (Some(chat), Some(note)) = (&mut self.chat, self.talk.note.take()) {
            chat.note(note);
        }
        let missed = std::mem::take(&mut self.talk.missed) + self.talk.gate.take_dropped();
        if missed > 0 {
            self.terminal.say(&texts::missed_messages(&self.who, missed));
            if let Some(chat) = &mut self.chat {
                chat.missed(missed);
            }
        }
    }

    /// Something that the person should read, which may have a name from elsewhere in it.
    pub(super) fn note_down(&mut self, note: String) {
        self.talk.note = Some(note);
        self.catch_up();
    }

    /// The person wants to write.
    pub(super) fn opens_chat(&mut self) {
        if let Some(chat) = &mut self.chat {
            chat.open();
        }
    }

    /// The person did something in the window of the chat.
    pub(super) async fn chat_says(&mut self, wrote: Wrote) {
        match wrote {
            Wrote::Draft(draft) => {
                self.talk.in_window = (!draft.is_empty()).then(Instant::now);
                self.is_writing(!draft.is_empty()).await;
            }
            Wrote::Sent(line) => {
                self.talk.in_window = None;
                self.wrote(&line).await;
            }
            Wrote::Closed => self.talk.in_window = None,
            Wrote::Gone => (self.chat, self.talk.in_window) = (None, None),
        }
        if !self.talk.is_writing() {
            self.goes_on();
        }
    }

    /// Whether the expert writes at the moment is said in the window, too.
    fn show_typing(&mut self) {
        let typing = self.talk.they_are_typing();
        if let Some(chat) = &mut self.chat {
            chat.they_are_typing(typing);
        }
    }

    /// The person here writes a line, and has come this far.
    pub(super) async fn writes(&mut self, draft: String) {
        self.talk.draft = draft;
        self.is_writing(!self.talk.draft.is_empty()).await;
        self.show_status();
    }

    /// Tells the expert that the person here is writing, now and then.
    async fn is_writing(&mut self, writing: bool) {
        let again = self.talk.own_typing.is_none_or(|at| at.elapsed() >= TYPING_AGAIN);
        if writing && again {
            self.talk.own_typing = Some(Instant::now());
            self.send(NoviceSays::Typing(true)).await;
        }
    }

    /// The person here has finished a line.
    pub(super) async fn wrote(&mut self, line: &str) {
        self.talk.draft.clear();
        match ChatText::new(line) {
            Some(text) => {
                let columns = self.terminal.columns();
                self.terminal.say(&texts::wrote(texts::YOU, text.as_str(), columns));
                if let Some(chat) = &mut self.chat {
                    chat.you_wrote(&text);
                }
                self.send(NoviceSays::Chat(text)).await;
            }
            None if self.talk.own_typing.is_some() => self.send(NoviceSays::Typing(false)).await,
            None => {}
        }
        self.talk.own_typing = None;
        self.show_status();
    }

    fn show_message(&mut self, text: &ChatText) {
        if let Some(chat) = &mut self.chat {
            chat.they_wrote(text);
        }
        self.terminal.say(&texts::wrote(&self.who, text.as_str(), self.terminal.columns()));
    }
}
