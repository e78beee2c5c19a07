//! What this side's calls do.

use super::ending::{Finish, cancel};
use super::link::Link;
use super::{Phase, Role, Session};
use crate::mutant::{self, Mutant};
use crate::{
    Address, Application, Body, CancelReason, Code, Command, DeclinedBy, Endpoint, Event, Invite,
    LEGACY_CONTEXT, MAX_CONTEXT, MAX_DATA, SessionError, SessionResult, State, Time, Versions, context,
};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

type Answer = Result<(), SessionError>;

fn refused(code: Code) -> Answer {
    Err(SessionError::Refused(code))
}

impl Session {
    /// Says what the session is for.
    pub(crate) fn set_application(&mut self, application: &Application) -> Answer {
        let Phase::Ready { application: chosen, .. } = &mut self.phase else {
            return refused(Code::SessionNotReady);
        };
        self.application = Some(application.id);
        self.app_invite = application.legacy;
        *chosen = Some(Box::new(application.clone()));
        Ok(())
    }

    /// Whether an invitation can be sent, as far as this session and the call itself go (reference 3.4: Invite).
    pub(crate) fn can_invite(&self, me: &Address, contact: &Address, data: &str) -> Answer {
        match (self.role, &self.phase) {
            (Role::Invitee, _) => refused(Code::NotInviter),
            (Role::Inviter, Phase::Ready { application: None, .. }) => refused(Code::AppNotSpecified),
            (Role::Inviter, Phase::Ready { .. }) if contact == me => refused(Code::InvitedSelf),
            (Role::Inviter, Phase::Ready { .. }) => within_limit(data),
            (Role::Inviter, _) => refused(Code::SessionNotReady),
        }
    }

    /// Sends the invitation: to these devices, or to all that the network finds when none is known.
    pub(crate) fn invite(
        &mut self,
        now: Time,
        me: &Address,
        contact: Address,
        data: String,
        devices: impl Iterator<Item = Endpoint>,
    ) -> Answer {
        self.can_invite(me, &contact, &data)?;
        let Phase::Ready { application, .. } = &mut self.phase else { return refused(Code::SessionNotReady) };
        let Some(application) = application.take() else { return refused(Code::AppNotSpecified) };
        let invite = Arc::new(Invite {
            application: application.id,
            name: application.name,
            url: application.url,
            data,
            lifetime: self.config.ringing,
            versions: Versions::OURS,
            app_invite: application.legacy,
            from: me.clone(),
        });
        self.contact = Some(contact);
        self.expires = now.after(self.config.ringing);
        self.links = devices.map(Link::to).collect();
        if self.links.is_empty() {
            self.links = alloc::vec![Link::to_all()];
        }
        for link in 0..self.links.len() {
            self.send(now, link, Body::Invite(invite.clone()));
        }
        self.enter(Phase::Inviting { invite });
        Ok(())
    }

    /// Carries out a call, or refuses it and changes nothing. `SetApplication` and `Invite` need the table.
    pub(crate) fn command(&mut self, now: Time, command: Command) -> Answer {
        match command {
            Command::SetApplication(_) | Command::Invite { .. } => refused(Code::SessionNotReady),
            Command::Accept { data } => self.accept(now, data),
            Command::Decline { by, data } => self.decline(now, by, data),
            Command::Cancel { data } => self.cancel(now, data),
            Command::Attach => self.attach(now),
            Command::ApplicationGone => self.fail(now, Code::ApplicationLaunchFailed),
            Command::Fail(code) => self.fail(now, code),
            Command::SendContext(text) => self.send_context(now, &text),
            Command::Terminate { result, data } => self.terminate(now, result, data),
        }
    }

    fn accept(&mut self, now: Time, data: String) -> Answer {
        if mutant::on(Mutant::InviterAccepts) && self.is_inviting() {
            self.bound = Some(0);
            self.join(now, true, false);
            return Ok(());
        }
        let twice = mutant::on(Mutant::AcceptTwice) && matches!(self.phase, Phase::Accepting { .. });
        if !twice {
            self.must_be_asked()?;
        }
        within_limit(&data)?;
        self.send(now, 0, Body::Accept { version: self.peer_version, data });
        self.enter(Phase::Accepting { until: now.after(self.config.confirming) });
        Ok(())
    }

    fn decline(&mut self, now: Time, by: DeclinedBy, data: String) -> Answer {
        let after = mutant::on(Mutant::DeclineAfterAccept) && matches!(self.phase, Phase::Accepting { .. });
        if !after {
            self.must_be_asked()?;
        }
        within_limit(&data)?;
        let body = Body::Decline { by, data: data.clone() };
        let finish = Finish::quiet(State::Declined, Code::InvitationDeclined).with_data(data);
        self.finish(now, finish.telling(body, Some(Code::DeclineSendFailure)));
        Ok(())
    }

    /// Only an invitee whose person is being asked can answer (reference 3.4: Accept, Decline).
    fn must_be_asked(&self) -> Answer {
        match (self.role, &self.phase) {
            (Role::Inviter, _) => refused(Code::NotInvitee),
            (Role::Invitee, Phase::Ringing) => Ok(()),
            (Role::Invitee, _) => refused(Code::SessionStateInvalid),
        }
    }

    fn cancel(&mut self, now: Time, data: String) -> Answer {
        within_limit(&data)?;
        match &self.phase {
            Phase::Ready { .. } => {
                let finish = Finish::quiet(State::Cancelled, Code::SessionCancelledLocal).with_data(data);
                self.finish(now, finish);
                Ok(())
            }
            Phase::Inviting { .. } => {
                let body = cancel(CancelReason::Withdrawn, data.clone());
                let finish = Finish::quiet(State::Cancelled, Code::SessionCancelledLocal).with_data(data);
                self.finish(now, finish.telling(body, Some(Code::CancelSendFailure)));
                Ok(())
            }
            Phase::Ringing if data.is_empty() => self.decline(now, DeclinedBy::Person, data),
            Phase::Ringing => refused(Code::NotInviter),
            _ => self.terminate(now, SessionResult::SUCCESS, data),
        }
    }

    /// An invitation in the other direction goes first, or was accepted here.
    pub(crate) fn give_way(&mut self, now: Time) {
        if !self.is_inviting() {
            return;
        }
        let reason = CancelReason::Crossed;
        let finish = Finish::quiet(State::Cancelled, Code::SessionCancelledLocal)
            .with_event(Event::Cancelled { reason })
            .telling(cancel(reason, String::new()), Some(Code::CancelSendFailure));
        self.finish(now, finish);
    }

    /// They accepted an invitation of ours, so theirs need not ring here any more.
    pub(crate) fn stop_ringing(&mut self, now: Time) {
        if !self.is_ringing() {
            return;
        }
        let body = Body::Decline { by: DeclinedBy::Crossed, data: String::new() };
        let finish = Finish::quiet(State::Cancelled, Code::CancelBeforeConnect)
            .with_event(Event::Cancelled { reason: CancelReason::Crossed })
            .telling(body, Some(Code::DeclineSendFailure));
        self.finish(now, finish);
    }

    fn attach(&mut self, now: Time) -> Answer {
        let (Phase::Joining { here: false, there, .. }, Some(bound)) = (&self.phase, self.bound) else {
            return refused(Code::SessionStateInvalid);
        };
        let there = *there;
        self.send(now, usize::from(bound), Body::Attached);
        self.join(now, true, there || mutant::on(Mutant::OneAttachConnects));
        Ok(())
    }

    /// `Connected` only when both sides have attached.
    pub(super) fn join(&mut self, now: Time, here: bool, there: bool) {
        if here && there {
            return self.enter(Phase::Connected { incoming: context::Assembly::default() });
        }
        let until = match self.phase {
            Phase::Joining { until, .. } => until,
            _ => now.after(self.config.attaching),
        };
        self.enter(Phase::Joining { here, there, until });
    }

    /// Something outside of the session failed.
    fn fail(&mut self, now: Time, code: Code) -> Answer {
        let launched = matches!(self.phase, Phase::Joining { .. } | Phase::Connected { .. });
        match self.phase {
            _ if code == Code::ApplicationLaunchFailed && !launched => refused(Code::SessionStateInvalid),
            Phase::Accepting { .. } | Phase::Joining { .. } | Phase::Connected { .. } => {
                self.finish(now, Finish::failed(code));
                Ok(())
            }
            Phase::Inviting { .. } => {
                let body = cancel(CancelReason::Withdrawn, String::new());
                self.finish(now, Finish::quiet(State::Terminated, code).telling(body, None));
                Ok(())
            }
            Phase::Ringing => {
                let body = Body::Decline { by: DeclinedBy::Policy, data: String::new() };
                self.finish(now, Finish::quiet(State::Terminated, code).telling(body, None));
                Ok(())
            }
            Phase::Ready { .. } | Phase::Ending(_) | Phase::Ended { .. } => {
                refused(Code::SessionStateInvalid)
            }
        }
    }

    fn send_context(&mut self, now: Time, text: &str) -> Answer {
        let early = mutant::on(Mutant::SendBeforeConnected) && matches!(self.phase, Phase::Joining { .. });
        let (Phase::Connected { .. } | Phase::Joining { .. }, Some(bound)) = (&self.phase, self.bound) else {
            return refused(Code::SessionStateInvalid);
        };
        if !early && !matches!(self.phase, Phase::Connected { .. }) {
            return refused(Code::SessionStateInvalid);
        }
        if self.app_invite {
            return refused(Code::NotValidForAppInvite);
        }
        let over = text.len() > MAX_CONTEXT || self.is_legacy() && text.chars().count() > LEGACY_CONTEXT;
        if over {
            return refused(Code::ContextDataOverLimit);
        }
        let (bound, limit) = (usize::from(bound), self.config.limits.in_flight);
        let under_way = self.links[bound].in_flight();
        if under_way + text.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
            return Err(SessionError::TooMuchInFlight(under_way));
        }
        let pieces: Vec<_> = context::cut(text);
        let first = self.links[bound].next_out;
        for chunk in pieces {
            self.send_part(now, bound, Body::Context(chunk), first);
        }
        Ok(())
    }

    fn terminate(&mut self, now: Time, result: SessionResult, data: String) -> Answer {
        within_limit(&data)?;
        if !matches!(self.phase, Phase::Accepting { .. } | Phase::Joining { .. } | Phase::Connected { .. }) {
            return refused(Code::SessionStateInvalid);
        }
        let here = match result {
            SessionResult::SUCCESS => Code::SessionCancelledLocal.into(),
            other => other,
        };
        let body = Body::Terminate { failed: false, result, data: data.clone() };
        self.finish(now, Finish::quiet(State::Cancelled, here).with_data(data).telling(body, None));
        Ok(())
    }
}

fn within_limit(data: &str) -> Answer {
    if data.len() > MAX_DATA { Err(SessionError::DataOverLimit(data.len())) } else { Ok(()) }
}
