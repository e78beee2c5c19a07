//! The way out: the state changes at once, `Ended` follows when it is known whether the other side was told.

use super::{Ending, Phase, Role, Session};
use crate::mutant::{self, Mutant};
use crate::{Body, CancelReason, Code, Event, SessionResult, State, Time};
use alloc::boxed::Box;
use alloc::string::String;

/// How a session ends.
pub(super) struct Finish {
    pub(super) state: State,
    pub(super) result: SessionResult,
    pub(super) data: String,
    /// Told between the change of state and `Ended`.
    pub(super) specific: Option<Event>,
    /// What the other side is told, if it has to be.
    pub(super) farewell: Option<Farewell>,
}

pub(super) struct Farewell {
    pub(super) body: Body,
    /// Said when it cannot be delivered.
    pub(super) failure: Option<Code>,
    /// A device that knows already.
    pub(super) except: Option<usize>,
}

impl Finish {
    /// Without a word to the other side.
    pub(super) fn quiet(state: State, result: impl Into<SessionResult>) -> Self {
        Self { state, result: result.into(), data: String::new(), specific: None, farewell: None }
    }

    /// A failure that both sides end with.
    pub(super) fn failed(code: Code) -> Self {
        let body = Body::Terminate { failed: true, result: code.into(), data: String::new() };
        Self::quiet(State::Terminated, code).telling(body, None)
    }

    pub(super) fn with_data(self, data: String) -> Self {
        Self { data, ..self }
    }

    pub(super) fn with_event(self, event: Event) -> Self {
        Self { specific: Some(event), ..self }
    }

    pub(super) fn telling(self, body: Body, failure: Option<Code>) -> Self {
        Self { farewell: Some(Farewell { body, failure, except: None }), ..self }
    }

    pub(super) fn except(mut self, link: usize) -> Self {
        if let Some(farewell) = &mut self.farewell {
            farewell.except = Some(link);
        }
        self
    }
}

/// An invitation's end at the inviter, told to every device that has it.
pub(super) fn cancel(reason: CancelReason, data: String) -> Body {
    Body::Cancel { reason, data }
}

impl Session {
    pub(super) fn finish(&mut self, now: Time, finish: Finish) {
        let Finish { state, result, data, specific, farewell } = finish;
        let failure = farewell.as_ref().and_then(|f| f.failure);
        if let Some(Farewell { body, except, .. }) = farewell {
            self.tell_everyone(now, &body, except);
        }
        let until = now.after(self.config.goodbye);
        let ending = Ending { state, result, data, failure, undelivered: false, until };
        self.enter(Phase::Ending(Box::new(ending)));
        if let Some(event) = specific {
            self.event(event);
        }
        self.end_if_told();
    }

    /// Sends an ending to the device at the other end, or to all that ring.
    fn tell_everyone(&mut self, now: Time, body: &Body, except: Option<usize>) {
        if let Some(bound) = self.bound {
            return self.send(now, usize::from(bound), body.clone());
        }
        // By way of the contact it counts as told when one device has it, so those that are known are told themselves.
        for link in self.open_links().filter(|l| Some(*l) != except) {
            self.send(now, link, body.clone());
        }
    }

    /// Says `Ended` when no ending of ours is under way any more.
    pub(super) fn end_if_told(&mut self) {
        let awaits = match self.bound_link() {
            Some(link) => link.awaits_ending(),
            None => self.links.iter().any(|l| l.awaits_ending()),
        };
        if !awaits {
            self.say_ended();
        }
    }

    /// The outcome is known, or was waited for long enough.
    pub(super) fn say_ended(&mut self) {
        let Phase::Ending(ending) = &mut self.phase else { return };
        let (state, result, failure) = (ending.state, ending.result, ending.failure);
        let (data, undelivered) = (core::mem::take(&mut ending.data), ending.undelivered);
        if let Some(code) = failure.filter(|_| undelivered) {
            self.event(Event::SendError(code));
        }
        if mutant::on(Mutant::EndedTwice) && !data.is_empty() {
            self.event(Event::Ended { result, data: data.clone() });
        }
        self.phase = Phase::Ended { state, result };
        self.event(Event::Ended { result, data });
    }

    /// The other side, or the way to it, is gone.
    pub(super) fn broken(&mut self, now: Time) {
        match self.phase {
            Phase::Ready { .. } | Phase::Ended { .. } => {}
            Phase::Ending(_) => self.say_ended(),
            Phase::Inviting { .. }
            | Phase::Ringing
            | Phase::Accepting { .. }
            | Phase::Joining { .. }
            | Phase::Connected { .. } => {
                self.finish(now, Finish::quiet(State::Terminated, Code::ConnectionFailure));
            }
        }
    }

    /// The other side broke the protocol beyond repair.
    pub(super) fn break_off(&mut self, now: Time) {
        if self.state().is_final() {
            return;
        }
        let failed = Finish::failed(Code::SessionProtocolError);
        let finish = match self.role {
            Role::Inviter if self.is_inviting() => Finish { farewell: None, ..failed }
                .telling(cancel(CancelReason::Withdrawn, String::new()), None),
            Role::Inviter | Role::Invitee => failed,
        };
        self.finish(now, finish);
    }
}
