//! Terminals that the person handed over, on which they are asked about what rings.

use super::accounts::Which;
use super::open::Asking;
use super::{Agent, DEAF, News, window};
use crate::surroundings;
use crate::terminal::Terminal;
use crate::texts;
use anyhow::{Result, bail};
use rendezvous_core::{Command, SessionId};
use rendezvous_dbus::agent::{Commander, Surroundings, Waiting};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// One such terminal, as long as its command wants it to be one.
pub(super) struct Inbox {
    pub(super) id: u64,
    commander: Arc<Commander>,
    pub(super) terminal: Arc<Mutex<Terminal>>,
    pub(super) environment: HashMap<String, String>,
    /// Only for whoever has typed the one-time code of this number.
    pub(super) code: Option<u16>,
    /// The guests who wait for them in rooms.
    pub(super) guests: Vec<Which>,
    /// Whether it stays when nothing rings any more.
    stay: bool,
    /// About how many calls the person was asked here.
    asked: u32,
}

impl Inbox {
    /// Says something to the person, unless somebody else talks with them there.
    pub(super) fn say(&self, sentence: &str) {
        if let Ok(terminal) = self.terminal.try_lock() {
            terminal.say(sentence);
        }
    }
}

impl Agent {
    /// Takes a terminal, and asks there about what rings.
    pub(super) fn take_inbox(
        &mut self,
        commander: Arc<Commander>,
        surroundings: Surroundings,
        stay: bool,
        code: Option<u16>,
    ) -> Result<()> {
        let terminal = match surroundings.terminal {
            Some(ends) => Terminal::handed_over(ends)?,
            // The person is at windows, and is asked in one.
            None if window::opens(&surroundings.environment) => Terminal::nowhere(),
            None => bail!(texts::NEEDS_A_TERMINAL),
        };
        self.next_inbox += 1;
        let id = self.next_inbox;
        let (watched, news) = (commander.clone(), self.news.clone());
        tokio::spawn(async move {
            watched.closed().await;
            _ = news.send(News::InboxLeft(id)).await;
        });
        self.inboxes.push(Inbox {
            id,
            commander,
            terminal: Arc::new(Mutex::new(terminal)),
            environment: surroundings::known(surroundings.environment),
            code,
            guests: Vec::new(),
            stay,
            asked: 0,
        });
        Ok(())
    }

    /// Asks wherever nobody is being asked, as long as something rings; gives back what is not needed any more.
    pub(super) async fn ask_in_inboxes(&mut self) {
        for at in 0..self.inboxes.len() {
            let Ok(terminal) = self.inboxes[at].terminal.clone().try_lock_owned() else { continue };
            let Some(session) = self.waiting(self.inboxes[at].code.is_some()) else { continue };
            self.inboxes[at].asked += 1;
            let id = self.inboxes[at].id;
            if self.inboxes[at].code.is_some()
                && let Some(open) = self.open.get_mut(&session)
            {
                // The command that made the code ends as this does.
                open.commander = Some(self.inboxes[at].commander.clone());
            }
            self.ask_at(session, terminal, Some(id));
        }
        let is_used = |inbox: &Inbox| self.open.values().any(|open| open.inbox == Some(inbox.id));
        // A code is good for one call, and its terminal waits for that.
        let is_done = |inbox: &Inbox| match inbox.code {
            Some(_) => inbox.asked > 0 && !is_used(inbox),
            None => !inbox.stay && !is_used(inbox),
        };
        let (done, rest) = std::mem::take(&mut self.inboxes).into_iter().partition(is_done);
        self.inboxes = rest;
        for inbox in done {
            self.withdraw_code(inbox.code).await;
            give_back(inbox);
        }
    }

    /// A session about which the person has still to be asked: one that answers a code, or one that does not.
    fn waiting(&self, answers_code: bool) -> Option<SessionId> {
        let mut waiting = self.open.iter().filter(|(_, open)| matches!(open.asking, Asking::Waits));
        waiting.find(|(_, open)| open.answers_code == answers_code).map(|(session, _)| *session)
    }

    /// The invitations that wait for an answer, asked or not.
    pub(super) fn ringing(&self) -> Vec<Waiting> {
        let rings = self.open.values().filter(|open| !matches!(open.asking, Asking::No));
        rings
            .map(|open| Waiting {
                network: self.accounts.network(open.which).to_owned(),
                contact: open.caller.address.clone(),
                application: open.application.to_string(),
                known: open.caller.line(),
            })
            .collect()
    }

    /// This command wants its terminal back.
    pub(super) async fn leave_inbox(&mut self, commander: &Arc<Commander>) {
        let of_it = self.inboxes.iter().find(|inbox| Arc::ptr_eq(&inbox.commander, commander));
        if let Some(id) = of_it.map(|inbox| inbox.id) {
            self.inbox_left(id).await;
        }
    }

    /// Nobody is left at this terminal: what rings goes on ringing, what goes on there is ended.
    pub(super) async fn inbox_left(&mut self, id: u64) {
        let Some(at) = self.inboxes.iter().position(|inbox| inbox.id == id) else { return };
        let inbox = self.inboxes.remove(at);
        for (session, open) in self.open.iter_mut().filter(|(_, open)| open.inbox == Some(id)) {
            match std::mem::take(&mut open.asking) {
                Asking::Open(question) => {
                    match inbox.code {
                        Some(_) => question.void(),
                        None => question.leave(),
                    }
                    open.asking = Asking::Waits;
                    open.inbox = None;
                }
                Asking::Waits | Asking::No => {
                    let cancel = Command::Cancel { data: String::new() };
                    _ = self.accounts.command(open.which, *session, cancel).await;
                }
            }
        }
        // Nobody else is asked about what answers a code.
        self.withdraw_code(inbox.code).await;
        give_back(inbox);
        self.ask_in_inboxes().await;
    }
}

/// Tells the command that its terminal is its own, as soon as whoever speaks there has finished.
fn give_back(inbox: Inbox) {
    tokio::spawn(async move {
        let free = inbox.terminal.lock().await;
        free.restore();
        drop(free);
        // A command that is gone, or does not listen, needs no terminal.
        _ = tokio::time::timeout(DEAF, inbox.commander.give_back(inbox.asked)).await;
    });
}
