//! One session: its phases, and what each command, message and moment does to it.
//!
//! The transition functions stand in `local` (this side's calls), `remote` (the other side's messages) and `timing`;
//! this file owns the state and the few steps that all three share.

mod local;
mod remote;
mod timing;

use crate::context::Assembly;
use crate::{
    Address, ApplicationId, Body, CancelReason, Code, DeclinedBy, Endpoint, Invite, SessionId, SessionResult,
    State, Time, To,
};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use core::time::Duration;

pub(crate) use remote::{Verdict, body_fits};

/// Which side of the invitation we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// We sent it.
    Inviter,
    /// We received it.
    Invitee,
}

/// How long things may take. Every phase that is not final has one of these as its timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionConfig {
    /// How long an invitation of ours rings; 2 minutes. A longer lifetime from elsewhere is cut to a day.
    pub ringing: Duration,
    /// How long an invitee who said yes waits for the inviter's confirmation; 30 seconds.
    pub confirming: Duration,
    /// How long both applications may take to start and attach; 60 seconds.
    pub attaching: Duration,
    /// After so much quiet from us an `Alive` goes out; 30 seconds.
    pub alive: Duration,
    /// So much quiet from them ends the session; 90 seconds.
    pub silence: Duration,
    /// How long `Ended` waits to learn whether the ending reached the other side; 5 seconds.
    pub goodbye: Duration,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            ringing: Duration::from_secs(120),
            confirming: Duration::from_secs(30),
            attaching: Duration::from_secs(60),
            alive: Duration::from_secs(30),
            silence: Duration::from_secs(90),
            goodbye: Duration::from_secs(5),
        }
    }
}

/// What this side wants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// The invited person said yes. Nothing else in the world accepts.
    Accept {
        /// Opaque text for the inviter's application, at most 512 bytes.
        data: String,
    },
    /// The invited side says no.
    Decline {
        /// The person, or which rule in their place.
        by: DeclinedBy,
        /// Opaque text, at most 512 bytes.
        data: String,
    },
    /// Call it off: withdraws an invitation of ours, ends what followed.
    Cancel {
        /// Opaque text, at most 512 bytes.
        data: String,
    },
    /// The application here holds the session.
    Attach,
    /// The application here could not be started, or is gone without having ended the session.
    ApplicationGone,
    /// The application sends a text of at most 64 KiB. Taken is not delivered: see [`Event::SendError`].
    SendContext(String),
    /// The application ends the session.
    Terminate {
        /// Travels verbatim; zero becomes `SESSION_CANCELLED_LOCAL` here and `…_REMOTE` there.
        result: SessionResult,
        /// Opaque text, at most 512 bytes.
        data: String,
    },
}

/// What happened. After one input events come in this order: `StateChanged`, the specific one, `Ended` last.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event {
    /// The first event of an invitee's session.
    Invited(Invite),
    /// The public state changed.
    StateChanged {
        /// What it was.
        previous: State,
        /// What it is.
        current: State,
    },
    /// The invitation is in front of the person, on this device.
    Ringing(Endpoint),
    /// The other side said yes.
    Accepted {
        /// The inviter's application gets this text.
        data: String,
    },
    /// Start the application now.
    Launch,
    /// The other side said no.
    Declined {
        /// Who.
        by: DeclinedBy,
    },
    /// The inviter withdrew.
    Cancelled {
        /// Why.
        reason: CancelReason,
    },
    /// The other application sent this text.
    ContextData(String),
    /// Something could not be delivered.
    SendError(Code),
    /// The end, exactly once.
    Ended {
        /// How it ended.
        result: SessionResult,
        /// The data of the ending, from whichever side ended it.
        data: String,
    },
}

/// One session. [`Sessions`](crate::Sessions) owns and drives it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    id: SessionId,
    role: Role,
    contact: Address,
    application: ApplicationId,
    config: SessionConfig,
    phase: Phase,
    /// The device at the other end, once one is fixed. Only it may speak from then on.
    endpoint: Option<Endpoint>,
    next_out: u32,
    inbox: Inbox,
    awaiting: BTreeMap<u32, Sent>,
    last_heard: Time,
    last_sent: Time,
    effects: VecDeque<Effect>,
}

/// Where a session stands, with what belongs to that phase. [`Session::state`] maps it to the public state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Phase {
    /// Made, not yet set up.
    New,
    /// The inviter's invitation is out.
    Inviting { until: Time },
    /// The invitee's person is being asked.
    Ringing { until: Time },
    /// The invitee said yes; the inviter has not confirmed.
    Accepting { until: Time },
    /// Confirmed; the applications start and attach.
    Joining { here: bool, there: bool, until: Time },
    /// Both applications hold their session.
    Connected { incoming: Assembly },
    /// Final, but `Ended` still waits for the outcome of the ending's message.
    Ending { state: State, result: SessionResult, data: String, until: Time },
    /// Over. A result does not determine the state, so both are kept.
    Ended { state: State, result: SessionResult },
}

/// What left and is not answered yet, by what its failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Sent {
    Invite,
    Accept,
    Context,
    /// An ending, with the code for when it cannot be delivered; a Terminate has none.
    Ending(Option<Code>),
    Other,
}

/// What a session wants from its table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Effect {
    Send { sequence: u32, to: To, body: Body },
    Event(Event),
}

/// Messages that came before their turn, and the number whose turn it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Inbox {
    next: u32,
    held: BTreeMap<u32, Body>,
}

impl Session {
    /// A session of our own invitation. It is `Ready`; the table sends the invitation next.
    pub(crate) fn inviter(
        now: Time,
        id: SessionId,
        contact: Address,
        application: ApplicationId,
        config: SessionConfig,
    ) -> Self {
        Self::new(now, id, Role::Inviter, contact, application, config)
    }

    fn new(
        now: Time,
        id: SessionId,
        role: Role,
        contact: Address,
        application: ApplicationId,
        config: SessionConfig,
    ) -> Self {
        Self {
            id,
            role,
            contact,
            application,
            config,
            phase: Phase::New,
            endpoint: None,
            next_out: 0,
            inbox: Inbox::default(),
            awaiting: BTreeMap::new(),
            last_heard: now,
            last_sent: now,
            effects: VecDeque::new(),
        }
    }

    /// The public state.
    #[must_use]
    pub fn state(&self) -> State {
        match &self.phase {
            // An inviter's session is made ready; an invitee's has no past before it rings.
            Phase::New if self.role == Role::Invitee => State::Unknown,
            Phase::New => State::Ready,
            Phase::Inviting { .. } | Phase::Ringing { .. } => State::Invitation,
            Phase::Accepting { .. } | Phase::Joining { .. } => State::Accepted,
            Phase::Connected { .. } => State::Connected,
            Phase::Ending { state, .. } | Phase::Ended { state, .. } => *state,
        }
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// Which side we are.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// The other person.
    #[must_use]
    pub fn contact(&self) -> &Address {
        &self.contact
    }

    /// What it is for.
    #[must_use]
    pub fn application(&self) -> ApplicationId {
        self.application
    }

    /// Whether `Ended` has been told.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Ended { .. })
    }

    /// Whether this device is the one at the other end, or could become it.
    pub(crate) fn is_with(&self, endpoint: &Endpoint) -> bool {
        match &self.endpoint {
            Some(ours) => ours == endpoint,
            None => self.contact == endpoint.contact,
        }
    }

    pub(crate) fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    fn event(&mut self, event: Event) {
        self.effects.push_back(Effect::Event(event));
    }

    fn send(&mut self, now: Time, kind: Sent, body: Body) {
        let to = match &self.endpoint {
            Some(endpoint) => To::Endpoint(endpoint.clone()),
            None => To::Contact(self.contact.clone()),
        };
        let sequence = self.next_out;
        self.next_out += 1;
        self.last_sent = now;
        self.awaiting.insert(sequence, kind);
        self.effects.push_back(Effect::Send { sequence, to, body });
    }

    /// Moves to another phase and says so when the public state changed.
    fn enter(&mut self, phase: Phase) {
        let previous = self.state();
        self.phase = phase;
        let current = self.state();
        if current != previous {
            self.event(Event::StateChanged { previous, current });
        }
    }

    /// Ends here and now, without telling the other side.
    fn end(&mut self, state: State, result: impl Into<SessionResult>, data: String, specific: Option<Event>) {
        let result = result.into();
        self.enter(Phase::Ended { state, result });
        if let Some(event) = specific {
            self.event(event);
        }
        self.event(Event::Ended { result, data });
    }

    /// Ends here and tells the other side; `Ended` follows when that message's outcome is known, or soon after.
    fn end_and_tell(&mut self, now: Time, end: Farewell) {
        let until = now.after(self.config.goodbye);
        self.send(now, Sent::Ending(end.failure), end.message);
        self.enter(Phase::Ending { state: end.state, result: end.result, data: end.data, until });
    }

    /// `Ending` is over: the outcome is known, or waited for long enough.
    fn say_ended(&mut self) {
        if let Phase::Ending { state, result, data, .. } = &mut self.phase {
            let (state, result, data) = (*state, *result, core::mem::take(data));
            self.phase = Phase::Ended { state, result };
            self.event(Event::Ended { result, data });
        }
    }
}

/// An ending that the other side is told of.
struct Farewell {
    state: State,
    result: SessionResult,
    data: String,
    message: Body,
    failure: Option<Code>,
}

impl Farewell {
    /// A failure that both sides end with.
    fn failed(code: Code) -> Self {
        Self {
            state: State::Terminated,
            result: code.into(),
            data: String::new(),
            message: Body::Terminate { failed: true, result: code.into(), data: String::new() },
            failure: None,
        }
    }
}
