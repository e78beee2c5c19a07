//! What this side's calls do.

use super::{Command, Farewell, Phase, Role, Sent, Session};
use crate::context;
use crate::{
    Body, CancelReason, Code, DeclinedBy, Event, Invite, MAX_CONTEXT, MAX_DATA, SessionError, SessionResult,
    State, Time,
};
use alloc::string::String;

impl Session {
    /// Sends the invitation of a fresh session.
    pub(crate) fn invite(&mut self, now: Time, invite: Invite) -> Result<(), SessionError> {
        if self.role != Role::Inviter || self.phase != Phase::New {
            return Err(SessionError::Refused(Code::SessionNotReady));
        }
        within_limit(&invite.data)?;
        let until = now.after(invite.lifetime);
        self.send(now, Sent::Invite, Body::Invite(invite));
        self.enter(Phase::Inviting { until });
        Ok(())
    }

    /// Carries out a call, or refuses it and changes nothing.
    pub(crate) fn command(&mut self, now: Time, command: Command) -> Result<(), SessionError> {
        match command {
            Command::Accept { data } => self.accept(now, data),
            Command::Decline { by, data } => self.decline(now, by, data),
            Command::Cancel { data } => self.cancel(now, data),
            Command::Attach => self.attach(now),
            Command::ApplicationGone => self.application_gone(now),
            Command::SendContext(text) => self.send_context(now, &text),
            Command::Terminate { result, data } => self.terminate(now, result, data),
        }
    }

    fn accept(&mut self, now: Time, data: String) -> Result<(), SessionError> {
        self.must_be_asked()?;
        within_limit(&data)?;
        self.send(now, Sent::Accept, Body::Accept { data });
        self.enter(Phase::Accepting { until: now.after(self.config.confirming) });
        Ok(())
    }

    fn decline(&mut self, now: Time, by: DeclinedBy, data: String) -> Result<(), SessionError> {
        self.must_be_asked()?;
        within_limit(&data)?;
        self.end_and_tell(
            now,
            Farewell {
                state: State::Declined,
                result: Code::InvitationDeclined.into(),
                data: data.clone(),
                message: Body::Decline { by, data },
                failure: Some(Code::DeclineSendFailure),
            },
        );
        Ok(())
    }

    /// Only an invitee whose person is being asked can answer (reference 3.4: Accept, Decline).
    fn must_be_asked(&self) -> Result<(), SessionError> {
        match (self.role, &self.phase) {
            (Role::Inviter, _) => Err(SessionError::Refused(Code::NotInvitee)),
            (Role::Invitee, Phase::Ringing { .. }) => Ok(()),
            (Role::Invitee, _) => Err(SessionError::Refused(Code::SessionStateInvalid)),
        }
    }

    fn cancel(&mut self, now: Time, data: String) -> Result<(), SessionError> {
        within_limit(&data)?;
        match &self.phase {
            Phase::Inviting { .. } => {
                self.end_and_tell(
                    now,
                    Farewell {
                        state: State::Cancelled,
                        result: Code::SessionCancelledLocal.into(),
                        data: data.clone(),
                        message: Body::Cancel { reason: CancelReason::Withdrawn, data },
                        failure: Some(Code::CancelSendFailure),
                    },
                );
                Ok(())
            }
            Phase::Ringing { .. } => Err(SessionError::Refused(Code::NotInviter)),
            _ => self.terminate(now, SessionResult::SUCCESS, data),
        }
    }

    fn attach(&mut self, now: Time) -> Result<(), SessionError> {
        let Phase::Joining { here: false, there, until } = self.phase else {
            return Err(SessionError::Refused(Code::SessionStateInvalid));
        };
        self.send(now, Sent::Other, Body::Attached);
        self.join(true, there, until);
        Ok(())
    }

    /// `Connected` only when both sides have attached.
    pub(super) fn join(&mut self, here: bool, there: bool, until: Time) {
        if here && there {
            self.enter(Phase::Connected { incoming: context::Assembly::default() });
        } else {
            self.enter(Phase::Joining { here, there, until });
        }
    }

    fn application_gone(&mut self, now: Time) -> Result<(), SessionError> {
        match self.phase {
            Phase::Joining { .. } | Phase::Connected { .. } => {
                self.end_and_tell(now, Farewell::failed(Code::ApplicationLaunchFailed));
                Ok(())
            }
            _ => Err(SessionError::Refused(Code::SessionStateInvalid)),
        }
    }

    fn send_context(&mut self, now: Time, text: &str) -> Result<(), SessionError> {
        if !matches!(self.phase, Phase::Connected { .. }) {
            return Err(SessionError::Refused(Code::SessionStateInvalid));
        }
        if text.len() > MAX_CONTEXT {
            return Err(SessionError::Refused(Code::ContextDataOverLimit));
        }
        for chunk in context::cut(text) {
            self.send(now, Sent::Context, Body::Context(chunk));
        }
        Ok(())
    }

    fn terminate(&mut self, now: Time, result: SessionResult, data: String) -> Result<(), SessionError> {
        within_limit(&data)?;
        if !matches!(self.phase, Phase::Accepting { .. } | Phase::Joining { .. } | Phase::Connected { .. }) {
            return Err(SessionError::Refused(Code::SessionStateInvalid));
        }
        let here = match result {
            SessionResult::SUCCESS => Code::SessionCancelledLocal.into(),
            other => other,
        };
        self.end_and_tell(
            now,
            Farewell {
                state: State::Cancelled,
                result: here,
                data: data.clone(),
                message: Body::Terminate { failed: false, result, data },
                failure: None,
            },
        );
        Ok(())
    }

    /// The network says that a message arrived, or that it could not be delivered.
    pub(crate) fn delivery(&mut self, now: Time, sequence: u32, delivered: bool) {
        let Some(kind) = self.awaiting.remove(&sequence) else { return };
        match (kind, delivered) {
            (Sent::Ending(code), false) => {
                if let Some(code) = code {
                    self.event(Event::SendError(code));
                }
                self.say_ended();
            }
            (Sent::Ending(_), true) => self.say_ended(),
            (_, true) => {}
            (Sent::Invite, false) if matches!(self.phase, Phase::Inviting { .. }) => {
                self.fail_to_send(Code::InvitationSendFailure);
            }
            (Sent::Accept, false) if matches!(self.phase, Phase::Accepting { .. }) => {
                self.fail_to_send(Code::AcceptSendFailure);
            }
            (Sent::Context, false) if matches!(self.phase, Phase::Connected { .. }) => {
                self.event(Event::SendError(Code::ContextDataSendFailure));
            }
            (Sent::Other, false) if matches!(self.phase, Phase::Joining { .. } | Phase::Connected { .. }) => {
                self.lost(now);
            }
            (_, false) => {}
        }
    }

    fn fail_to_send(&mut self, code: Code) {
        self.end(State::Terminated, code, String::new(), Some(Event::SendError(code)));
    }

    /// The network says that the device at the other end is gone.
    pub(crate) fn lost(&mut self, _now: Time) {
        match self.phase {
            Phase::New | Phase::Ended { .. } => {}
            Phase::Ending { .. } => self.say_ended(),
            Phase::Inviting { .. }
            | Phase::Ringing { .. }
            | Phase::Accepting { .. }
            | Phase::Joining { .. }
            | Phase::Connected { .. } => {
                self.end(State::Terminated, Code::ConnectionFailure, String::new(), None);
            }
        }
    }
}

fn within_limit(data: &str) -> Result<(), SessionError> {
    if data.len() > MAX_DATA { Err(SessionError::DataOverLimit(data.len())) } else { Ok(()) }
}
