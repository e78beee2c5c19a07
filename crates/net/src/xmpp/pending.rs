//! What we asked and was not answered yet. Pure.

use jid::FullJid;
use rendezvous_core::{Delivery, Time, Token};
use std::collections::HashMap;
use std::time::Duration;

/// No answer from a device for so long: the question is taken as lost. Every answer of the device counts, because a
/// server that slows us down answers them one after the other.
const PATIENCE: Duration = Duration::from_secs(30);
/// So many questions may be open.
pub(super) const MAX_OPEN: usize = 16_384;

/// A question to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// A message of the table's.
    Message {
        /// To which sending it belongs: one to a contact goes to each of their devices.
        sending: u64,
        /// Whether it may wait for the device to come back.
        waits: bool,
    },
    /// What the device can do.
    Info,
}

struct Open {
    to: FullJid,
    question: Question,
    until: Time,
}

/// One sending to one or several devices.
struct Sending {
    token: Token,
    open: usize,
    delivered: bool,
    unknown: bool,
}

/// An answer, put to its question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) to: FullJid,
    pub(super) question: Question,
}

/// The open questions.
#[derive(Default)]
pub(super) struct Pending {
    open: HashMap<String, Open>,
    sendings: HashMap<u64, Sending>,
    next: u64,
}

impl Pending {
    /// Whether so many more questions, of whatever kind, may be open.
    pub(super) fn has_room(&self, questions: usize) -> bool {
        self.open.len().saturating_add(questions) <= MAX_OPEN
    }

    /// Whether there is room for what is said only because somebody asked for it. Whoever asks without end, and does not
    /// answer, leaves room for everything else.
    pub(super) fn has_room_for_answers(&self) -> bool {
        self.open.len() < MAX_OPEN / 2
    }

    /// Opens a sending to so many devices.
    pub(super) fn send(&mut self, token: Token, devices: usize) -> u64 {
        self.next += 1;
        self.sendings.insert(self.next, Sending { token, open: devices, delivered: false, unknown: false });
        self.next
    }

    pub(super) fn ask(&mut self, now: Time, id: String, to: FullJid, question: Question) {
        self.open.insert(id, Open { to, question, until: now.after(PATIENCE) });
    }

    /// Somebody answered a question with this name. Only the device that was asked can.
    pub(super) fn answer(&mut self, now: Time, id: &str, from: &FullJid) -> Option<Answered> {
        if self.open.get(id)?.to != *from {
            return None;
        }
        let Open { to, question, .. } = self.open.remove(id)?;
        for open in self.open.values_mut().filter(|open| open.to == to) {
            open.until = now.after(PATIENCE);
        }
        Some(Answered { to, question })
    }

    /// What became of one part of a sending; the outcome when that was the last part.
    pub(super) fn settle(&mut self, sending: u64, outcome: Delivery) -> Option<(Token, Delivery)> {
        let entry = self.sendings.get_mut(&sending)?;
        match outcome {
            Delivery::Delivered => entry.delivered = true,
            Delivery::Unknown => entry.unknown = true,
            Delivery::Failed => {}
        }
        entry.open = entry.open.saturating_sub(1);
        if entry.open > 0 {
            return None;
        }
        let Sending { token, delivered, unknown, .. } = self.sendings.remove(&sending)?;
        let outcome = match (delivered, unknown) {
            (true, _) => Delivery::Delivered,
            (false, true) => Delivery::Unknown,
            (false, false) => Delivery::Failed,
        };
        Some((token, outcome))
    }

    /// Gives up the questions to a device: it is another one since.
    pub(super) fn give_up(&mut self, device: &FullJid) -> Vec<Answered> {
        self.remove(|open| open.to == *device)
    }

    /// Gives up all questions: the session with the server is another one since.
    pub(super) fn give_up_all(&mut self) -> Vec<Answered> {
        self.remove(|_| true)
    }

    /// Gives up what was not answered in time.
    pub(super) fn overdue(&mut self, now: Time) -> Vec<Answered> {
        self.remove(|open| open.until <= now)
    }

    fn remove(&mut self, which: impl Fn(&Open) -> bool) -> Vec<Answered> {
        let found = self.open.extract_if(|_, open| which(open));
        found.map(|(_, open)| Answered { to: open.to, question: open.question }).collect()
    }

    /// The time that we were cut off does not count.
    pub(super) fn renew(&mut self, now: Time) {
        self.open.values_mut().for_each(|open| open.until = now.after(PATIENCE));
    }

    pub(super) fn due(&self) -> Option<Time> {
        self.open.values().map(|open| open.until).min()
    }
}
