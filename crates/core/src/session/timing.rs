//! What the passing of time does.

use super::{Farewell, Phase, Sent, Session};
use crate::{Body, CancelReason, Code, State, Time};
use alloc::string::String;

impl Session {
    /// When time alone changes something here; `None` when it never will.
    #[must_use]
    pub fn timeout(&self) -> Option<Time> {
        match &self.phase {
            Phase::New | Phase::Ended { .. } => None,
            Phase::Inviting { until } | Phase::Ringing { until } | Phase::Ending { until, .. } => {
                Some(*until)
            }
            Phase::Accepting { until } => Some(*until),
            Phase::Joining { until, .. } => Some((*until).min(self.next_sign_of_life())),
            Phase::Connected { .. } => Some(self.next_sign_of_life()),
        }
    }

    fn next_sign_of_life(&self) -> Time {
        self.last_sent.after(self.config.alive).min(self.last_heard.after(self.config.silence))
    }

    /// Does what is due at `now`, and nothing else.
    pub(crate) fn tick(&mut self, now: Time) {
        if self.timeout().is_none_or(|at| at > now) {
            return;
        }
        match self.phase {
            Phase::New | Phase::Ended { .. } => {}
            Phase::Ending { .. } => self.say_ended(),
            Phase::Inviting { .. } => self.end_and_tell(
                now,
                Farewell {
                    state: State::Terminated,
                    result: Code::SessionTimeout.into(),
                    data: String::new(),
                    message: Body::Cancel { reason: CancelReason::Timeout, data: String::new() },
                    failure: Some(Code::CancelSendFailure),
                },
            ),
            Phase::Ringing { .. } => self.end(State::Terminated, Code::SessionTimeout, String::new(), None),
            Phase::Accepting { .. } => self.end_and_tell(now, Farewell::failed(Code::SessionTimeout)),
            Phase::Joining { here, until, .. } if until <= now => {
                let code = if here { Code::SessionTimeout } else { Code::ApplicationLaunchFailed };
                self.end_and_tell(now, Farewell::failed(code));
            }
            Phase::Joining { .. } | Phase::Connected { .. } => self.show_life(now),
        }
    }

    fn show_life(&mut self, now: Time) {
        if self.last_heard.after(self.config.silence) <= now {
            self.end(State::Terminated, Code::ConnectionFailure, String::new(), None);
        } else {
            self.send(now, Sent::Other, Body::Alive);
        }
    }
}
