//! One session: its phases, and what each command, message, report and moment does to it.
//!
//! The transition functions stand in `local` (this side's calls), `remote` (the other side's messages), `report` (what
//! the network says) and `timing`; `link` is one device at the other end, `ending` the way out. This file owns the
//! state and the few steps that all of them share.

mod digest;
mod ending;
mod link;
mod local;
mod remote;
mod report;
mod timing;

use crate::context::Assembly;
use crate::mutant::{self, Mutant};
use crate::{
    Address, Application, ApplicationId, Body, Code, Endpoint, Event, Invite, LEGACY_VERSION, Output,
    SessionConfig, SessionError, SessionId, SessionResult, State, Time, VERSION,
};
use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use link::Link;

pub(crate) use remote::Verdict;

/// Which side of the invitation we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// We sent it.
    Inviter,
    /// We received it.
    Invitee,
}

/// One session. [`Sessions`](crate::Sessions) owns and drives it.
#[derive(Clone, Debug)]
pub struct Session {
    id: SessionId,
    role: Role,
    config: Arc<SessionConfig>,
    contact: Option<Address>,
    application: Option<ApplicationId>,
    app_invite: bool,
    peer_version: u16,
    phase: Phase,
    /// The devices at the other end: those that ring, or the one that the session is with and those that lost.
    links: Vec<Link>,
    /// The device that the session is with, once there is one. Only it may speak from then on.
    bound: Option<u16>,
    /// When the invitation runs out.
    expires: Time,
    /// What the table has not collected yet. Empty, and without memory of its own, between inputs.
    pub(crate) outputs: VecDeque<Output>,
}

/// Where a session stands, with what belongs to that phase. [`Session::state`] maps it to the public state.
#[derive(Clone, Debug)]
enum Phase {
    /// Made here; nobody is invited yet.
    Ready { application: Option<Box<Application>>, until: Time },
    /// The inviter's invitation is out. Devices that appear get it too.
    Inviting { invite: Arc<Invite> },
    /// The invitee's person is being asked.
    Ringing,
    /// The invitee said yes; the inviter has not confirmed.
    Accepting { until: Time },
    /// Confirmed; the applications start and attach.
    Joining { here: bool, there: bool, until: Time },
    /// Both applications hold their session. Its timer is that of the two devices: see the table's pairs.
    Connected { incoming: Assembly },
    /// Final, but `Ended` still waits for the outcome of the ending's messages.
    Ending(Box<Ending>),
    /// Over. A result does not determine the state, so both are kept.
    Ended { state: State, result: SessionResult },
}

/// What `Ended` will say, and what it waits for.
#[derive(Clone, Debug)]
struct Ending {
    state: State,
    result: SessionResult,
    data: String,
    /// Said before `Ended` when the ending's message could not be delivered; a Terminate has none.
    failure: Option<Code>,
    undelivered: bool,
    until: Time,
}

impl Session {
    /// A session of ours. It is `Ready`.
    pub(crate) fn create(now: Time, id: SessionId, config: &Arc<SessionConfig>) -> Self {
        let until = now.after(config.preparing);
        let phase = Phase::Ready { application: None, until };
        let mut session = Self {
            id,
            role: Role::Inviter,
            config: config.clone(),
            contact: None,
            application: None,
            app_invite: false,
            peer_version: VERSION,
            phase,
            links: Vec::new(),
            bound: None,
            expires: until,
            outputs: VecDeque::new(),
        };
        session.event(Event::StateChanged { previous: State::Unknown, current: State::Ready });
        session
    }

    /// The session of an invitation that came in: it rings, and tells the inviter so.
    pub(crate) fn invitee(
        now: Time,
        id: SessionId,
        from: Endpoint,
        invite: Arc<Invite>,
        version: u16,
        config: &Arc<SessionConfig>,
    ) -> Self {
        let mut session = Self {
            id,
            role: Role::Invitee,
            config: config.clone(),
            contact: Some(from.contact.clone()),
            application: Some(invite.application),
            app_invite: invite.app_invite,
            peer_version: version,
            phase: Phase::Ringing,
            links: alloc::vec![Link::to(from)],
            bound: Some(0),
            expires: now.after(invite.lifetime.min(config.longest)),
            outputs: VecDeque::new(),
        };
        session.links[0].next_in = 1;
        session.event(Event::Invited(invite));
        session.event(Event::StateChanged { previous: State::Unknown, current: State::Invitation });
        session.send(now, 0, Body::Ringing);
        session
    }

    /// The public state.
    #[must_use]
    pub fn state(&self) -> State {
        match &self.phase {
            Phase::Ready { .. } => State::Ready,
            Phase::Inviting { .. } | Phase::Ringing => State::Invitation,
            Phase::Accepting { .. } | Phase::Joining { .. } => State::Accepted,
            Phase::Connected { .. } => State::Connected,
            Phase::Ending(ending) => ending.state,
            Phase::Ended { state, .. } => *state,
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

    /// The other person (`User`); `NO_USER_INVITED` before anybody is invited.
    pub fn user(&self) -> Result<&Address, SessionError> {
        self.contact.as_ref().ok_or(SessionError::Refused(Code::NoUserInvited))
    }

    /// What it is for (`Application`); `APP_NOT_SPECIFIED` before that is said.
    pub fn application(&self) -> Result<ApplicationId, SessionError> {
        self.application.ok_or(SessionError::Refused(Code::AppNotSpecified))
    }

    /// The device at the other end, once there is one.
    #[must_use]
    pub fn endpoint(&self) -> Option<&Endpoint> {
        self.bound_link().and_then(|link| link.endpoint.as_ref())
    }

    /// The protocol version of the other side; ours until it has answered.
    #[must_use]
    pub fn peer_version(&self) -> u16 {
        self.peer_version
    }

    /// Whether the other side is of the time before this protocol.
    #[must_use]
    pub fn is_legacy(&self) -> bool {
        self.peer_version == LEGACY_VERSION
    }

    /// Whether it is a legacy application invite, which carries no context data.
    #[must_use]
    pub fn is_app_invite(&self) -> bool {
        self.app_invite
    }

    /// How it ended, once it has; the state is then final too.
    #[must_use]
    pub fn result(&self) -> Option<SessionResult> {
        match &self.phase {
            Phase::Ending(ending) => Some(ending.result),
            Phase::Ended { result, .. } => Some(*result),
            _ => None,
        }
    }

    /// Whether `Ended` has been told.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Ended { .. })
    }

    /// Whether our invitation is out and unanswered.
    pub(crate) fn is_inviting(&self) -> bool {
        matches!(self.phase, Phase::Inviting { .. })
    }

    /// Whether our person is being asked.
    pub(crate) fn is_ringing(&self) -> bool {
        matches!(self.phase, Phase::Ringing)
    }

    /// The device whose silence ends this session.
    pub(crate) fn paired(&self) -> Option<&Endpoint> {
        let stands =
            matches!(self.phase, Phase::Accepting { .. } | Phase::Joining { .. } | Phase::Connected { .. });
        if stands { self.endpoint() } else { None }
    }

    /// When the invitation runs out, or ran out.
    pub(crate) fn expires(&self) -> Time {
        self.expires
    }

    fn bound_link(&self) -> Option<&Link> {
        self.bound.and_then(|bound| self.links.get(usize::from(bound)))
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event { session: self.id, event });
    }

    /// Moves to another phase and says so when the public state changed.
    fn enter(&mut self, phase: Phase) {
        let previous = self.state();
        self.phase = phase;
        let current = self.state();
        if current != previous {
            let previous = if mutant::on(Mutant::WrongPrevious) { current } else { previous };
            self.event(Event::StateChanged { previous, current });
        }
    }
}
