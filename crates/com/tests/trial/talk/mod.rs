//! A small application for trials: it says hello, does what the other side asks, and ends.
//!
//! What it is asked are context texts: `echo:TEXT`, `flood:N`, `end:NUMBER`, `count` (how many texts that were no request
//! came so far), `who`. The inviter begins with `from the first`, the invitee answers `from the second`, and the inviter
//! ends, unless `COM_TRIAL_STAYS` is set in its environment.

use rendezvous_com::SessionEvent;
use rendezvous_com::application::{Events, HeldSession, Host};
use rendezvous_com::living;
use rendezvous_core::{Role, SessionResult, State};
use std::fs::OpenOptions;
use std::io::Write;

/// What takes sessions here: a thread for each.
pub(crate) struct Talker;

impl Host for Talker {
    fn take(&self, session: HeldSession, events: Events) {
        std::thread::spawn(move || {
            let end = Talk { session, count: 0 }.go_on(events);
            note(&format!("session over: {end:?}"));
        });
    }
}

struct Talk {
    session: HeldSession,
    count: usize,
}

impl Talk {
    fn go_on(mut self, mut events: Events) -> SessionEvent {
        if self.session.state == State::Connected {
            self.begin();
        }
        loop {
            match events.next_blocking() {
                SessionEvent::StateChanged { current: State::Connected, .. } => self.begin(),
                SessionEvent::StateChanged { .. } | SessionEvent::SendError(_) => {}
                SessionEvent::ContextData(text) => self.hear(&text),
                end @ (SessionEvent::Ended { .. } | SessionEvent::Lost) => return end,
            }
        }
    }

    fn begin(&self) {
        let stays = std::env::var_os("COM_TRIAL_STAYS").is_some();
        if self.session.role == Role::Inviter && !stays {
            self.say("from the first");
        }
    }

    fn hear(&mut self, text: &str) {
        let (verb, rest) = text.split_once(':').unwrap_or((text, ""));
        match verb {
            "from the first" => self.say("from the second"),
            "from the second" => self.end(SessionResult::SUCCESS, "done"),
            "echo" => self.say(rest),
            "flood" => (0..rest.parse().unwrap_or(0_u32)).for_each(|number| self.say(&number.to_string())),
            "end" => self.end(SessionResult(rest.parse().unwrap_or(0)), "as asked"),
            "count" => self.say(&format!("count:{}", self.count)),
            "who" => {
                let novice = self.session.activity.is_novice(self.session.role);
                let process = std::process::id();
                self.say(&format!("who:{}:{novice}:{process}", self.session.remote_user));
            }
            _ => self.count += 1,
        }
    }

    fn say(&self, text: &str) {
        if let Err(error) = self.session.send_context_data(text) {
            note(&format!("cannot send: {error}"));
        }
    }

    fn end(&self, result: SessionResult, data: &str) {
        if let Err(error) = self.session.terminate(result, data) {
            note(&format!("cannot end: {error}"));
        }
    }
}

/// Writes a line where the trial looks, with the process that it is of, and what is alive there.
pub(crate) fn note(line: &str) {
    let Some(path) = std::env::var_os("COM_TRIAL_LOG") else { return };
    // Appending is no single step under Wine: of two processes that write at once, one would write over the other's line.
    let mut beside = path.clone();
    beside.push(".turn");
    let turn = OpenOptions::new().write(true).create(true).truncate(false).open(beside);
    let Ok(turn) = turn.and_then(|turn| turn.lock().map(|()| turn)) else { return };
    let Ok(mut file) = OpenOptions::new().append(true).create(true).open(path) else { return };
    let line = format!("{} {line}; objects {}\n", std::process::id(), living::objects());
    // Without a place to write there is nothing to be said.
    _ = file.write_all(line.as_bytes());
    drop(turn);
}
