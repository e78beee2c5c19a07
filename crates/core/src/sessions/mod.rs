//! All sessions of one account: finds the one that a message is for, refuses what none expects, keeps to the limits,
//! and decides what needs more than one session: crossing invitations, signs of life, what is remembered of the past.

mod calls;
mod contacts;
mod digest;
mod incoming;
mod pairs;
mod slots;
mod tombs;

use crate::{
    Address, Application, ApplicationId, Body, Dropped, Endpoint, Input, Message, Output, Registry, Session,
    SessionConfig, SessionError, SessionId, Time, To, Token,
};
use alloc::collections::{BTreeSet, VecDeque};
use alloc::sync::Arc;
use contacts::Contacts;
use pairs::Pairs;
use slots::Slots;
use tombs::Tombs;

/// What goes off at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Timer {
    Session(u32),
    Pair(u32),
}

/// The table. See the crate's page for how to drive it.
#[derive(Clone, Debug)]
pub struct Sessions {
    me: Address,
    config: Arc<SessionConfig>,
    registry: Arc<Registry>,
    online: bool,
    slots: Slots,
    contacts: Contacts,
    pairs: Pairs,
    tombs: Tombs,
    /// Never late; may be early, and then nothing happens.
    timers: BTreeSet<(Time, Timer)>,
    /// So many invitations are in front of our person.
    ringing: u32,
    outputs: VecDeque<Output>,
    /// Lent to whichever session is at work, so that none keeps memory for outputs.
    spare: VecDeque<Output>,
    dropped: Dropped,
}

impl Sessions {
    /// A table for the account `me`.
    #[must_use]
    pub fn new(me: Address, config: SessionConfig) -> Self {
        Self {
            me,
            config: Arc::new(config),
            registry: Arc::default(),
            online: true,
            slots: Slots::default(),
            contacts: Contacts::default(),
            pairs: Pairs::default(),
            tombs: Tombs::default(),
            timers: BTreeSet::new(),
            ringing: 0,
            outputs: VecDeque::new(),
            spare: VecDeque::new(),
            dropped: Dropped::default(),
        }
    }

    /// The applications of this machine; invitations to others are declined as not installed.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// To register and remove applications. Sessions that go on are not touched by it.
    pub fn registry_mut(&mut self) -> &mut Registry {
        Arc::make_mut(&mut self.registry)
    }

    /// Makes one of our own applications known; one of that name that is known already stays as it is.
    pub fn install(&mut self, application: Application) {
        _ = self.registry_mut().add(application);
    }

    /// The application with this name, if it is registered here.
    #[must_use]
    pub fn application(&self, id: ApplicationId) -> Option<&Application> {
        self.registry.get(id)
    }

    /// Our own address.
    #[must_use]
    pub fn me(&self) -> &Address {
        &self.me
    }

    /// The session with this name, until it is over.
    #[must_use]
    pub fn get(&self, id: SessionId) -> Option<&Session> {
        self.slots.find(id).and_then(|slot| self.slots.get(slot)).map(|entry| &entry.session)
    }

    /// All sessions that are not over.
    pub fn iter(&self) -> impl Iterator<Item = &Session> {
        self.slots.iter().map(|entry| &entry.session)
    }

    /// How many sessions are not over.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether all sessions are over.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many sessions that are over are remembered; at most [`Limits::tombstones`](crate::Limits::tombstones).
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.tombs.len()
    }

    /// Of how many contacts anything is remembered: sessions, devices, or how often they invite.
    #[must_use]
    pub fn known_contacts(&self) -> usize {
        self.contacts.by_address.len()
    }

    /// How many messages changed nothing.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// Takes one input. Drain [`Self::poll_output`] afterwards, also after an error.
    pub fn handle_input(&mut self, now: Time, input: Input) -> Result<(), SessionError> {
        self.tombs.forget(now);
        match input {
            Input::Create { session } => return self.create(now, session),
            Input::Invite { session, contact, application, data } => {
                return self.invite(now, session, contact, application, data);
            }
            Input::Command { session, command } => return self.command(now, session, command),
            Input::Received { from, message } => self.receive(now, &from, message),
            Input::Delivery { token, outcome } => {
                if let (Some(slot), Some(sequence)) = (self.slots.find(token.session), token.sequence) {
                    self.within(now, slot, |s| s.delivery(now, token.link, sequence, outcome));
                }
            }
            Input::Appeared(endpoint) => self.appeared(now, &endpoint),
            Input::Disappeared(endpoint) => self.disappeared(now, &endpoint),
            Input::Lost(endpoint) => {
                for slot in self.with_contact(&endpoint.contact) {
                    self.within(now, slot, |session| session.lost(now, &endpoint));
                }
            }
            Input::Online => {
                self.online = true;
                for slot in self.slots.numbers() {
                    self.within(now, slot, |session| session.reconnected(now));
                }
            }
            Input::Offline => {
                self.online = false;
                self.nobody_is_seen(now);
            }
            Input::Timeout => self.tick(now),
        }
        Ok(())
    }

    /// What to do next; [`Output::Timeout`] when there is nothing more for now. The moment may be earlier than
    /// anything that is due then.
    pub fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or_else(|| Output::Timeout(self.timeout()))
    }

    /// The moment that [`Output::Timeout`] will name.
    #[must_use]
    pub fn timeout(&self) -> Option<Time> {
        self.timers.first().map(|(at, _)| *at)
    }

    fn tick(&mut self, now: Time) {
        while let Some((at, timer)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, timer));
            match timer {
                Timer::Session(slot) => {
                    if let Some(entry) = self.slots.get_mut(slot).filter(|e| e.scheduled == Some(at)) {
                        entry.scheduled = None;
                        self.within(now, slot, |session| session.tick(now));
                    }
                }
                Timer::Pair(number) => self.tick_pair(now, number),
            }
        }
    }

    /// Lets one session work, then takes what it wants done and brings the table up to date with it.
    fn within<R>(&mut self, now: Time, slot: u32, act: impl FnOnce(&mut Session) -> R) -> Option<R> {
        let entry = self.slots.get_mut(slot)?;
        let rang = entry.session.is_ringing();
        entry.session.outputs = core::mem::take(&mut self.spare);
        let result = act(&mut entry.session);
        self.spare = core::mem::take(&mut entry.session.outputs);
        let rings = entry.session.is_ringing();
        self.ringing = self.ringing.saturating_add(u32::from(rings)).saturating_sub(u32::from(rang));
        self.settle_pair(now, slot);
        self.collect(now, slot);
        self.settle_timer(now, slot);
        Some(result)
    }

    /// Moves what a session wants into the outputs.
    fn collect(&mut self, now: Time, slot: u32) {
        let pair = self.slots.get(slot).and_then(|e| e.pair);
        if let Some(pair) = pair.and_then(|number| self.pairs.get_mut(number)) {
            let heard = |output: &Output| matches!(output, Output::Send { to: To::Endpoint(to), .. } if *to == pair.endpoint);
            // What is answered to others is no sign of life for the one at the other end.
            if self.spare.iter().any(heard) {
                pair.last_sent = now;
            }
        }
        self.outputs.append(&mut self.spare);
    }

    /// Sets the timer of a session, or removes the session when it is over.
    fn settle_timer(&mut self, now: Time, slot: u32) {
        let Some(entry) = self.slots.get_mut(slot) else { return };
        if entry.session.is_over() {
            if let Some(at) = entry.scheduled {
                self.timers.remove(&(at, Timer::Session(slot)));
            }
            let Some(entry) = self.slots.remove(slot) else { return };
            if let Ok(contact) = entry.session.user() {
                self.contacts.leave(now, contact, slot);
            }
            return self.bury(now, &entry.session);
        }
        let due = entry.session.timeout();
        match (entry.scheduled, due) {
            // A timer that is early does no harm.
            (Some(at), Some(due)) if at <= due => {}
            (scheduled, due) => {
                entry.scheduled = due;
                if let Some(at) = scheduled {
                    self.timers.remove(&(at, Timer::Session(slot)));
                }
                if let Some(at) = due {
                    self.timers.insert((at, Timer::Session(slot)));
                }
            }
        }
    }

    /// Answers a message outside of any order. Its outcome is nobody's concern.
    fn answer(&mut self, to: &Endpoint, session: SessionId, sequence: u32, body: Body) {
        self.outputs.push_back(Output::Send {
            token: Token { session, link: 0, sequence: None },
            to: To::Endpoint(to.clone()),
            message: Message { session, sequence, body },
        });
    }
}
