//! The window of the chat.

use super::Wrote;
use crate::asking;
use crate::surroundings::x11_display;
use crate::texts::chat::{SEND, Shown, view, written};
use crate::texts::language::Language;
use rendezvous_assist::chat::ChatText;
use rendezvous_desktop::Suspension;
use rendezvous_desktop::windows::{Act, Remark, Told, WindowId, Windows};
use std::collections::VecDeque;
use tokio::sync::mpsc;

/// So much of it stays in the window: the newest, in lines and in characters.
const MOST_KEPT: usize = 50;
const MOST_CHARACTERS: usize = 6_000;

/// The chat, and its window while there is one.
#[derive(Debug)]
pub(crate) struct Chatting {
    display: String,
    suspension: Suspension,
    language: Language,
    who: String,
    remarks: VecDeque<Remark>,
    /// How many there were.
    count: u32,
    draft: String,
    is_typing: bool,
    missed: u64,
    note: Option<String>,
    /// Opened when somebody first writes, or wants to.
    windows: Option<(Windows, mpsc::UnboundedReceiver<Told>)>,
    shown: Option<WindowId>,
    is_gone: bool,
}

/// How a window comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coming {
    /// The person asked for it, and writes.
    WithKeyboard,
    /// By itself.
    Aside,
}

impl Chatting {
    /// Where this desktop can show windows, and the person has not chosen their terminal.
    pub(crate) fn here(suspension: &Suspension, who: &str) -> Option<Self> {
        if !asking::can_ask_in(|name| std::env::var(name).ok()) {
            return None;
        }
        Some(Self {
            display: x11_display().ok()?,
            suspension: suspension.clone(),
            language: Language::here(),
            who: who.to_owned(),
            remarks: VecDeque::new(),
            count: 0,
            draft: String::new(),
            is_typing: false,
            missed: 0,
            note: None,
            windows: None,
            shown: None,
            is_gone: false,
        })
    }

    /// The person wants to write: the window comes, or comes to the front, with the keyboard in it.
    pub(crate) fn open(&mut self) {
        self.close();
        self.show(Coming::WithKeyboard);
    }

    pub(crate) fn they_wrote(&mut self, text: &ChatText) {
        self.is_typing = false;
        self.keep(text, false);
        self.show(Coming::Aside);
    }

    pub(crate) fn you_wrote(&mut self, text: &ChatText) {
        self.keep(text, true);
        self.refresh();
    }

    /// Whether the other one writes at the moment. No window comes for that.
    pub(crate) fn they_are_typing(&mut self, typing: bool) {
        if std::mem::replace(&mut self.is_typing, typing) != typing {
            self.refresh();
        }
    }

    /// Something else that the person should read, such as where a file is. It stands there until the next one.
    pub(crate) fn note(&mut self, note: String) {
        self.note = Some(note);
        self.show(Coming::Aside);
    }

    /// So many messages came too fast to be read.
    pub(crate) fn missed(&mut self, count: u64) {
        self.missed = count;
        self.refresh();
    }

    /// What the person does next.
    pub(super) async fn next(&mut self) -> Wrote {
        loop {
            let Some((_, told)) = &mut self.windows else { return std::future::pending().await };
            match told.recv().await {
                // What was done in a window that is gone meanwhile was done all the same.
                Some(Told::Did(_, act)) => {
                    if let Some(wrote) = self.did(act) {
                        return wrote;
                    }
                }
                Some(Told::Lost(_)) | None => {
                    (self.windows, self.shown, self.is_gone) = (None, None, true);
                    return Wrote::Gone;
                }
            }
        }
    }

    fn did(&mut self, act: Act) -> Option<Wrote> {
        match act {
            Act::Typed(text) => {
                self.draft.clone_from(&text);
                Some(Wrote::Draft(text))
            }
            Act::Entered => Some(self.send()),
            Act::Pressed(button, _) if button == SEND => Some(self.send()),
            Act::Pressed(..) | Act::Closed => {
                self.close();
                Some(Wrote::Closed)
            }
        }
    }

    fn send(&mut self) -> Wrote {
        self.missed = 0;
        Wrote::Sent(std::mem::take(&mut self.draft))
    }

    fn keep(&mut self, text: &ChatText, is_own: bool) {
        self.count = self.count.wrapping_add(1);
        let (who, text) = written(self.language, &self.who, text, is_own);
        self.remarks.push_back(Remark { number: self.count, who, text, is_own });
        let length = |remarks: &VecDeque<Remark>| -> usize {
            remarks.iter().map(|remark| remark.text.chars().count()).sum()
        };
        while self.remarks.len() > MOST_KEPT
            || self.remarks.len() > 1 && length(&self.remarks) > MOST_CHARACTERS
        {
            self.remarks.pop_front();
        }
    }

    /// Shows how it stands, in the window that is there or in a new one.
    fn show(&mut self, coming: Coming) {
        if self.shown.is_some() {
            return self.refresh();
        }
        if self.windows.is_none() && !self.is_gone {
            self.windows = self.begin();
        }
        let view = self.view();
        if let Some((windows, _)) = &self.windows {
            self.shown = Some(match coming {
                Coming::WithKeyboard => windows.show(view),
                Coming::Aside => windows.show_aside(view),
            });
        }
    }

    fn begin(&mut self) -> Option<(Windows, mpsc::UnboundedReceiver<Told>)> {
        let (tell, told) = mpsc::unbounded_channel();
        let tell = move |news| _ = tell.send(news);
        let opened = tokio::task::block_in_place(|| {
            Windows::open(Some(&self.display), None, self.suspension.clone(), tell)
        });
        match opened {
            Ok(windows) => Some((windows, told)),
            Err(error) => {
                tracing::warn!(%error, "There is no window for the chat");
                self.is_gone = true;
                None
            }
        }
    }

    fn refresh(&self) {
        if let (Some((windows, _)), Some(window)) = (&self.windows, self.shown) {
            windows.change(window, self.view());
        }
    }

    fn close(&mut self) {
        if let (Some((windows, _)), Some(window)) = (&self.windows, self.shown.take()) {
            windows.dismiss(window);
        }
    }

    fn view(&self) -> rendezvous_desktop::windows::View {
        let remarks = self.remarks.iter().cloned().collect();
        let (draft, note) = (self.draft.as_str(), self.note.as_deref());
        let shown = Shown { remarks, draft, is_typing: self.is_typing, missed: self.missed, note };
        view(self.language, &self.who, shown)
    }
}
