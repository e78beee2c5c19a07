//! All sessions of one account: finds the one that a message is for, refuses what none expects.

use crate::session::{Effect, Verdict, body_fits};
use crate::{
    Address, ApplicationId, Body, Code, Command, DeclinedBy, Endpoint, Event, Invite, Message, Role, Session,
    SessionConfig, SessionError, SessionId, Time,
};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;

/// At most so many invitations wait for an answer here at once; the rest are declined as busy.
const MAX_RINGING: usize = 3;

/// A two-person application that is installed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its name, the same on every machine.
    pub id: ApplicationId,
    /// Its name for a person, at most 256 bytes.
    pub name: String,
    /// Where others get it, at most 256 bytes; may be empty.
    pub url: String,
}

/// Identifies a message that was given to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token {
    /// The session that sent it.
    pub session: SessionId,
    /// Its place in that session; `None` for an answer outside of any session, whose outcome nobody waits for.
    pub sequence: Option<u32>,
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum To {
    /// Every device of this contact that can take it.
    Contact(Address),
    /// One device.
    Endpoint(Endpoint),
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// The other side has it.
    Delivered,
    /// It never will.
    Failed,
}

/// What happens to the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// This side invites somebody.
    Invite {
        /// Fresh random bits.
        session: SessionId,
        /// Whom.
        contact: Address,
        /// To what; must be installed here.
        application: ApplicationId,
        /// Opaque text for the invitee's application, at most 512 bytes.
        data: String,
    },
    /// A call from this side.
    Command {
        /// On this session.
        session: SessionId,
        /// What it wants.
        command: Command,
    },
    /// A message came in. The network vouches for `from`.
    Received {
        /// The device that sent it.
        from: Endpoint,
        /// What it sent.
        message: Message,
    },
    /// The network reports on a message.
    Delivery {
        /// Which.
        token: Token,
        /// What became of it.
        outcome: Delivery,
    },
    /// The network lost a device for good.
    Lost(Endpoint),
    /// Time has passed.
    Timeout,
}

/// What the table wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Give this to the network and report its outcome.
    Send {
        /// Names it in the report.
        token: Token,
        /// Where to.
        to: To,
        /// What.
        message: Message,
    },
    /// Something happened in a session.
    Event {
        /// Which.
        session: SessionId,
        /// What.
        event: Event,
    },
    /// Nothing more until this moment or the next input.
    Timeout(Option<Time>),
}

/// Messages that changed nothing, by why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Came again.
    pub double: u64,
    /// Not legal for the role and phase of its session.
    pub illegal: u64,
    /// Not from the device that the session is with.
    pub foreign: u64,
    /// Carried more than it may.
    pub oversized: u64,
    /// For no session that exists here.
    pub unknown: u64,
}

/// The table. See the crate's page for how to drive it.
#[derive(Debug)]
pub struct Sessions {
    me: Address,
    config: SessionConfig,
    applications: BTreeMap<ApplicationId, Application>,
    sessions: BTreeMap<SessionId, Session>,
    outputs: VecDeque<Output>,
    dropped: Dropped,
}

impl Sessions {
    /// A table for the account `me`.
    #[must_use]
    pub fn new(me: Address, config: SessionConfig) -> Self {
        Self {
            me,
            config,
            applications: BTreeMap::new(),
            sessions: BTreeMap::new(),
            outputs: VecDeque::new(),
            dropped: Dropped::default(),
        }
    }

    /// Makes an application known; invitations to others are declined as not installed.
    pub fn install(&mut self, application: Application) {
        self.applications.insert(application.id, application);
    }

    /// The application with this name, if it is installed here.
    #[must_use]
    pub fn application(&self, id: ApplicationId) -> Option<&Application> {
        self.applications.get(&id)
    }

    /// The session with this name.
    #[must_use]
    pub fn get(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(&id)
    }

    /// All sessions that are not over.
    pub fn iter(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    /// How many messages changed nothing.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// Takes one input. Drain [`Self::poll_output`] afterwards, also after an error.
    pub fn handle_input(&mut self, now: Time, input: Input) -> Result<(), SessionError> {
        match input {
            Input::Invite { session, contact, application, data } => {
                self.invite(now, session, contact, application, data)
            }
            Input::Command { session, command } => {
                let found = self.sessions.get_mut(&session).ok_or(SessionError::NoSuchSession(session))?;
                found.command(now, command)?;
                self.collect(session);
                Ok(())
            }
            Input::Received { from, message } => {
                self.receive(now, &from, message);
                Ok(())
            }
            Input::Delivery { token, outcome } => {
                if let (Some(session), Some(sequence)) =
                    (self.sessions.get_mut(&token.session), token.sequence)
                {
                    session.delivery(now, sequence, outcome == Delivery::Delivered);
                    self.collect(token.session);
                }
                Ok(())
            }
            Input::Lost(endpoint) => {
                self.each(|session| {
                    if session.is_with(&endpoint) {
                        session.lost(now);
                    }
                });
                Ok(())
            }
            Input::Timeout => {
                self.each(|session| session.tick(now));
                Ok(())
            }
        }
    }

    /// What to do next; [`Output::Timeout`] when there is nothing more for now.
    pub fn poll_output(&mut self) -> Output {
        self.outputs
            .pop_front()
            .unwrap_or_else(|| Output::Timeout(self.sessions.values().filter_map(Session::timeout).min()))
    }

    fn invite(
        &mut self,
        now: Time,
        id: SessionId,
        contact: Address,
        application: ApplicationId,
        data: String,
    ) -> Result<(), SessionError> {
        let application =
            self.applications.get(&application).ok_or(SessionError::Refused(Code::AppNotSpecified))?;
        if contact == self.me {
            return Err(SessionError::Refused(Code::InvitedSelf));
        }
        if self.sessions.contains_key(&id) {
            return Err(SessionError::Refused(Code::SessionNotReady));
        }
        let invite = Invite {
            application: application.id,
            name: application.name.clone(),
            url: application.url.clone(),
            data,
            lifetime: self.config.ringing,
            from: self.me.clone(),
        };
        let mut session = Session::inviter(now, id, contact, application.id, self.config);
        session.invite(now, invite)?;
        self.sessions.insert(id, session);
        self.collect(id);
        Ok(())
    }

    fn receive(&mut self, now: Time, from: &Endpoint, message: Message) {
        let Message { session: id, sequence, body } = message;
        let verdict = match (self.sessions.get_mut(&id), body) {
            (Some(session), body) => session.receive(now, from, sequence, body),
            (None, Body::Invite(invite)) if sequence == 0 => self.invited(now, id, from, invite),
            (None, Body::UnknownSession) => return,
            (None, _) => {
                self.dropped.unknown += 1;
                return self.answer(from, id, Body::UnknownSession);
            }
        };
        match verdict {
            Verdict::Taken => {}
            Verdict::Double => self.dropped.double += 1,
            Verdict::Illegal => self.dropped.illegal += 1,
            Verdict::Foreign => self.dropped.foreign += 1,
            Verdict::Oversized => self.dropped.oversized += 1,
        }
        self.collect(id);
    }

    /// An invitation for which there is no session yet: rings, or is declined by rule.
    fn invited(&mut self, now: Time, id: SessionId, from: &Endpoint, invite: Invite) -> Verdict {
        let invite = Invite { from: from.contact.clone(), ..invite };
        let declined = |by| Body::Decline { by, data: String::new() };
        if !body_fits(&Body::Invite(invite.clone())) {
            return Verdict::Oversized;
        }
        if !self.applications.contains_key(&invite.application) {
            self.answer(from, id, declined(DeclinedBy::NotInstalled));
        } else if self.is_busy_for(from) {
            self.answer(from, id, declined(DeclinedBy::Busy));
        } else {
            self.sessions.insert(id, Session::invitee(now, id, from.clone(), invite, self.config));
        }
        Verdict::Taken
    }

    /// One open invitation a contact, and few in all.
    fn is_busy_for(&self, from: &Endpoint) -> bool {
        let mut open = self.sessions.values().filter(|s| s.role() == Role::Invitee && !s.state().is_final());
        open.clone().count() >= MAX_RINGING || open.any(|s| *s.contact() == from.contact)
    }

    /// Answers a message outside of any session. Its outcome is nobody's concern.
    fn answer(&mut self, to: &Endpoint, session: SessionId, body: Body) {
        self.outputs.push_back(Output::Send {
            token: Token { session, sequence: None },
            to: To::Endpoint(to.clone()),
            message: Message { session, sequence: 0, body },
        });
    }

    fn each(&mut self, mut act: impl FnMut(&mut Session)) {
        let ids: alloc::vec::Vec<_> = self.sessions.keys().copied().collect();
        for id in ids {
            if let Some(session) = self.sessions.get_mut(&id) {
                act(session);
                self.collect(id);
            }
        }
    }

    /// Moves what a session wants into the outputs, and forgets the session when it is over.
    fn collect(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        while let Some(effect) = session.poll_effect() {
            self.outputs.push_back(match effect {
                Effect::Send { sequence, to, body } => Output::Send {
                    token: Token { session: id, sequence: Some(sequence) },
                    to,
                    message: Message { session: id, sequence, body },
                },
                Effect::Event(event) => Output::Event { session: id, event },
            });
        }
        if session.is_over() {
            self.sessions.remove(&id);
        }
    }
}
