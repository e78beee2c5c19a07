//! What the other side's messages do. Each is legal for one role and phase only; the rest changes nothing.

use super::{Farewell, Inbox, Phase, Role, Sent, Session, SessionConfig};
use crate::context::TooLong;
use crate::{
    Body, CancelReason, Chunk, Code, DeclinedBy, Endpoint, Event, Invite, MAX_DATA, SessionId, SessionResult,
    State, Time,
};
use alloc::string::String;
use core::time::Duration;

/// An invitation from elsewhere never rings longer than this.
const LONGEST_RINGING: Duration = Duration::from_secs(24 * 60 * 60);
/// So many messages may come before their turn.
const MAX_HELD: usize = 32;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was legal.
    Taken,
    /// It came again.
    Double,
    /// It is not legal for this role and phase.
    Illegal,
    /// It is not from the device at the other end.
    Foreign,
    /// It carries more than it may.
    Oversized,
}

impl Session {
    /// The session of an invitation that came in: it rings, and tells the inviter so.
    pub(crate) fn invitee(
        now: Time,
        id: SessionId,
        from: Endpoint,
        invite: Invite,
        config: SessionConfig,
    ) -> Self {
        let mut session = Self::new(now, id, Role::Invitee, from.contact.clone(), invite.application, config);
        session.endpoint = Some(from);
        session.inbox.next = 1;
        session.send(now, Sent::Other, Body::Ringing);
        let until = now.after(invite.lifetime.min(LONGEST_RINGING));
        session.event(Event::Invited(invite));
        session.enter(Phase::Ringing { until });
        session
    }

    /// Takes a message from `from`, or drops it.
    pub(crate) fn receive(&mut self, now: Time, from: &Endpoint, sequence: u32, body: Body) -> Verdict {
        if from.contact != self.contact || self.endpoint.as_ref().is_some_and(|e| e != from) {
            return Verdict::Foreign;
        }
        if !body_fits(&body) {
            return Verdict::Oversized;
        }
        if body == Body::UnknownSession {
            // It has no place in the order: the other side has forgotten all order.
            self.lost(now);
            return Verdict::Taken;
        }
        self.last_heard = now;
        if sequence < self.inbox.next || self.inbox.held.contains_key(&sequence) {
            return Verdict::Double;
        }
        if self.inbox.held.len() >= MAX_HELD {
            self.break_off(now);
            return Verdict::Illegal;
        }
        self.inbox.held.insert(sequence, body);
        let mut verdict = Verdict::Taken;
        while let Some(body) = self.inbox.turn() {
            verdict = self.obey(now, from, body);
        }
        verdict
    }

    /// One message whose turn has come.
    fn obey(&mut self, now: Time, from: &Endpoint, body: Body) -> Verdict {
        match (self.role, &mut self.phase, body) {
            (Role::Inviter, Phase::Inviting { .. }, Body::Ringing) => {
                self.event(Event::Ringing(from.clone()))
            }
            (Role::Inviter, Phase::Inviting { .. }, Body::Accept { data }) => self.accepted(now, from, data),
            (Role::Inviter, Phase::Inviting { .. }, Body::Decline { by, data }) => self.declined(by, data),
            (
                Role::Invitee,
                Phase::Ringing { .. } | Phase::Accepting { .. },
                Body::Cancel { reason, data },
            ) => {
                self.withdrawn(reason, data);
            }
            (Role::Invitee, Phase::Accepting { .. }, Body::Confirm) => {
                let until = now.after(self.config.attaching);
                self.enter(Phase::Joining { here: false, there: false, until });
                self.event(Event::Launch);
            }
            (_, Phase::Joining { here, there: false, until }, Body::Attached) => {
                let (here, until) = (*here, *until);
                self.join(here, true, until);
            }
            (_, Phase::Connected { incoming }, Body::Context(chunk)) => match incoming.add(chunk) {
                Ok(Some(text)) => self.event(Event::ContextData(text)),
                Ok(None) => {}
                Err(TooLong) => self.break_off(now),
            },
            (_, Phase::Joining { .. } | Phase::Connected { .. }, Body::Alive) => {}
            (Role::Invitee, Phase::Accepting { .. }, Body::Alive) => {}
            (
                _,
                Phase::Accepting { .. } | Phase::Joining { .. } | Phase::Connected { .. },
                Body::Terminate { failed, result, data },
            ) => {
                self.terminated(failed, result, data);
            }
            // The invitee may give up between its Accept and our Confirm; the two cross, and this one arrives first.
            (Role::Inviter, Phase::Inviting { .. }, Body::Terminate { failed, result, data }) => {
                self.terminated(failed, result, data);
            }
            _ => return Verdict::Illegal,
        }
        Verdict::Taken
    }

    fn accepted(&mut self, now: Time, from: &Endpoint, data: String) {
        self.endpoint = Some(from.clone());
        self.send(now, Sent::Other, Body::Confirm);
        let until = now.after(self.config.attaching);
        self.enter(Phase::Joining { here: false, there: false, until });
        self.event(Event::Accepted { data });
        self.event(Event::Launch);
    }

    fn declined(&mut self, by: DeclinedBy, data: String) {
        self.end(State::Declined, Code::InvitationDeclined, data, Some(Event::Declined { by }));
    }

    fn withdrawn(&mut self, reason: CancelReason, data: String) {
        let (state, code) = match reason {
            CancelReason::Timeout => (State::Terminated, Code::SessionTimeout),
            CancelReason::Withdrawn | CancelReason::AnsweredElsewhere => {
                (State::Cancelled, Code::CancelBeforeConnect)
            }
        };
        self.end(state, code, data, Some(Event::Cancelled { reason }));
    }

    /// Rule 4: a failure keeps its result; an ordinary end is `Cancelled`, verbatim unless it said nothing.
    fn terminated(&mut self, failed: bool, result: SessionResult, data: String) {
        let connected = matches!(self.phase, Phase::Connected { .. });
        match (failed, result) {
            (true, result) => self.end(State::Terminated, result, data, None),
            (false, SessionResult::SUCCESS) if connected => {
                self.end(State::Cancelled, Code::SessionCancelledRemote, data, None);
            }
            (false, SessionResult::SUCCESS) => {
                self.end(State::Cancelled, Code::CancelBeforeConnect, data, None)
            }
            (false, result) => self.end(State::Cancelled, result, data, None),
        }
    }

    /// The other side broke the protocol beyond repair.
    fn break_off(&mut self, now: Time) {
        if !self.state().is_final() {
            self.end_and_tell(now, Farewell::failed(Code::SessionProtocolError));
        }
    }
}

impl Inbox {
    fn turn(&mut self) -> Option<Body> {
        let body = self.held.remove(&self.next)?;
        self.next += 1;
        Some(body)
    }
}

/// Whether everything in it is within its limit.
pub(crate) fn body_fits(body: &Body) -> bool {
    match body {
        Body::Invite(Invite { name, url, data, .. }) => {
            name.len() <= 256 && url.len() <= 256 && data.len() <= MAX_DATA
        }
        Body::Accept { data }
        | Body::Decline { data, .. }
        | Body::Cancel { data, .. }
        | Body::Terminate { data, .. } => data.len() <= MAX_DATA,
        Body::Context(Chunk { text, .. }) => text.len() <= crate::CONTEXT_CHUNK,
        Body::Ringing | Body::Confirm | Body::Attached | Body::Alive | Body::UnknownSession => true,
    }
}
