//! Two devices and the sessions that stand between them: signs of life, and silence.

use super::{Sessions, Timer};
use crate::message::MAX_ALIVE;
use crate::mutant::{self, Mutant};
use crate::session::Verdict;
use crate::{Body, Endpoint, SessionId, Time};
use alloc::vec::Vec;

/// Our device and one of a contact.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) endpoint: Endpoint,
    pub(super) last_heard: Time,
    pub(super) last_sent: Time,
    /// When the table's timer for it goes off; not later than anything is due.
    scheduled: Option<Time>,
    /// The numbers of the sessions between the two; never empty.
    pub(super) sessions: Vec<u32>,
}

/// Pairs by number.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs {
    all: Vec<Option<Pair>>,
    free: Vec<u32>,
}

impl Pairs {
    fn add(&mut self, pair: Pair) -> u32 {
        if let Some(number) = self.free.pop() {
            self.all[place(number)] = Some(pair);
            return number;
        }
        self.all.push(Some(pair));
        u32::try_from(self.all.len() - 1).expect("a table has fewer than 2^32 pairs")
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut Pair> {
        self.all.get_mut(place(number))?.as_mut()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Pair> {
        self.all.iter().flatten()
    }

    /// Takes a session out; the pair goes with its last one, and leaves the time of its timer.
    fn leave(&mut self, number: u32, slot: u32) -> Option<Time> {
        let pair = self.get_mut(number)?;
        pair.sessions.retain(|s| *s != slot);
        if !pair.sessions.is_empty() {
            return None;
        }
        self.free.push(number);
        self.all[place(number)].take().and_then(|pair| pair.scheduled)
    }
}

fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl Sessions {
    /// Puts a session where it belongs: between the two devices of its phase, or nowhere.
    pub(super) fn settle_pair(&mut self, now: Time, slot: u32) {
        let Some(entry) = self.slots.get(slot) else { return };
        let (current, wanted) = (entry.pair, entry.session.paired());
        match (current, wanted) {
            (Some(_), Some(_)) | (None, None) => {}
            (Some(number), None) => {
                if let Some(at) = self.pairs.leave(number, slot) {
                    self.timers.remove(&(at, Timer::Pair(number)));
                }
                self.set_pair(slot, None);
            }
            (None, Some(endpoint)) => {
                let endpoint = endpoint.clone();
                let number = self.pair_with(now, endpoint, slot);
                self.set_pair(slot, Some(number));
            }
        }
    }

    fn set_pair(&mut self, slot: u32, pair: Option<u32>) {
        if let Some(entry) = self.slots.get_mut(slot) {
            entry.pair = pair;
        }
    }

    fn pair_with(&mut self, now: Time, endpoint: Endpoint, slot: u32) -> u32 {
        let known = self.known_pair(&endpoint);
        if let Some((number, pair)) = known.and_then(|n| self.pairs.get_mut(n).map(|p| (n, p))) {
            pair.sessions.push(slot);
            return number;
        }
        let sessions = alloc::vec![slot];
        let pair = Pair { endpoint, last_heard: now, last_sent: now, scheduled: None, sessions };
        let number = self.pairs.add(pair);
        self.schedule_pair(number);
        number
    }

    /// The pair with this device, found by way of the contact's sessions.
    fn known_pair(&self, endpoint: &Endpoint) -> Option<u32> {
        let slots = &self.contacts.get(&endpoint.contact)?.sessions;
        let of = |slot: &u32| {
            let entry = self.slots.get(*slot)?;
            entry.pair.filter(|_| entry.session.paired() == Some(endpoint))
        };
        slots.iter().find_map(of)
    }

    /// Sets the timer of a pair that has none.
    fn schedule_pair(&mut self, number: u32) {
        let (alive, silence) = (self.config.alive, self.config.silence);
        let Some(pair) = self.pairs.get_mut(number).filter(|_| !mutant::on(Mutant::NoSilence)) else {
            return;
        };
        let due = pair.last_sent.after(alive).min(pair.last_heard.after(silence));
        pair.scheduled = Some(due);
        self.timers.insert((due, Timer::Pair(number)));
    }

    /// A pair's timer went off. It may be early, since words in the meantime do not move it.
    pub(super) fn tick_pair(&mut self, now: Time, number: u32) {
        let (alive, silence) = (self.config.alive, self.config.silence);
        let Some(pair) = self.pairs.get_mut(number) else { return };
        pair.scheduled = None;
        if pair.last_heard.after(silence) <= now {
            for slot in pair.sessions.clone() {
                self.within(now, slot, |session| session.silent(now));
            }
            return;
        }
        if pair.last_sent.after(alive) <= now {
            pair.last_sent = now;
            let (to, slots) = (pair.endpoint.clone(), pair.sessions.clone());
            let id = |slot: &u32| self.slots.get(*slot).map(|e| e.session.id());
            let mut sessions: Vec<SessionId> = slots.iter().filter_map(id).take(MAX_ALIVE).collect();
            sessions.sort_unstable();
            self.answer(&to, SessionId::NIL, 0, Body::Alive { sessions });
        }
        self.schedule_pair(number);
    }

    /// A device is there again, and may have begun anew: it is asked at once about everything that has it at the other
    /// end, so that nobody waits for what is forgotten over there.
    pub(super) fn ask_for_signs(&mut self, now: Time, endpoint: &Endpoint) {
        let stands = |slot: &u32| {
            let session = &self.slots.get(*slot)?.session;
            (session.endpoint() == Some(endpoint) && !session.state().is_final()).then(|| session.id())
        };
        let slots = self.with_contact(&endpoint.contact);
        let mut sessions: Vec<SessionId> = slots.iter().filter_map(stands).take(MAX_ALIVE).collect();
        if sessions.is_empty() {
            return;
        }
        sessions.sort_unstable();
        let pair = self.known_pair(endpoint);
        if let Some(pair) = pair.and_then(|number| self.pairs.get_mut(number)) {
            pair.last_sent = now;
        }
        self.answer(endpoint, SessionId::NIL, 0, Body::Alive { sessions });
    }

    /// A device says that it is there, and which sessions it believes to stand between it and us.
    pub(super) fn alive(&mut self, now: Time, from: &Endpoint, sessions: &[SessionId]) -> Verdict {
        let pair = self.known_pair(from).and_then(|number| self.pairs.get_mut(number));
        let is_pair = pair.is_some();
        if let Some(pair) = pair {
            pair.last_heard = now;
        }
        if self.disown(from, sessions) || is_pair { Verdict::Taken } else { Verdict::Unknown }
    }

    /// Says of which of these sessions we know nothing; whether we know of any.
    fn disown(&mut self, from: &Endpoint, sessions: &[SessionId]) -> bool {
        let mut any = false;
        for id in sessions {
            let session = self.slots.find(*id).and_then(|slot| self.slots.get(slot)).map(|e| &e.session);
            let stands = session.is_some_and(|s| s.user().is_ok_and(|user| *user == from.contact));
            any |= stands;
            if !stands {
                self.answer(from, *id, 0, Body::UnknownSession);
            }
        }
        any
    }
}
