//! What the passing of time does.

use super::ending::{Finish, cancel};
use super::{Phase, Session};
use crate::mutant::{self, Mutant};
use crate::{CancelReason, Code, State, Time};
use alloc::string::String;

impl Session {
    /// When time alone changes something here. `None` for a connected session, whose timer is that of the two devices,
    /// and for one that is over.
    #[must_use]
    pub fn timeout(&self) -> Option<Time> {
        let phase = match &self.phase {
            Phase::Ready { until, .. } => (!mutant::on(Mutant::NoTimerReady)).then_some(*until),
            Phase::Inviting { .. } => (!mutant::on(Mutant::NoTimerInviting)).then_some(self.expires),
            Phase::Ringing => (!mutant::on(Mutant::NoTimerRinging)).then_some(self.expires),
            Phase::Accepting { until } => (!mutant::on(Mutant::NoTimerAccepting)).then_some(*until),
            Phase::Joining { until, .. } => (!mutant::on(Mutant::NoTimerJoining)).then_some(*until),
            Phase::Ending(ending) => (!mutant::on(Mutant::NoTimerEnding)).then_some(ending.until),
            Phase::Connected { .. } | Phase::Ended { .. } => None,
        };
        match (phase, self.gap()) {
            (Some(a), Some((b, _))) => Some(a.min(b)),
            (a, b) => a.or(b.map(|(at, _)| at)),
        }
    }

    /// When the oldest gap in the order cannot be repaired any more, and on which link.
    fn gap(&self) -> Option<(Time, usize)> {
        if self.state().is_final() {
            return None;
        }
        let gap = |(at, link): (usize, &super::Link)| {
            link.early.as_ref().filter(|_| !link.left).map(|e| (e.since.after(self.config.repair), at))
        };
        self.links.iter().enumerate().filter_map(gap).min()
    }

    /// Does what is due at `now`, and nothing else.
    pub(crate) fn tick(&mut self, now: Time) {
        if self.timeout().is_none_or(|at| at > now) {
            return;
        }
        if let Some((_, link)) = self.gap().filter(|(at, _)| *at <= now) {
            return self.give_up_gap(now, link);
        }
        match self.phase {
            Phase::Connected { .. } | Phase::Ended { .. } => {}
            Phase::Ready { .. } => {
                self.finish(now, Finish::quiet(State::Terminated, Code::SessionTimeout));
            }
            Phase::Inviting { .. } => {
                let body = cancel(CancelReason::Timeout, String::new());
                let finish = Finish::quiet(State::Terminated, Code::SessionTimeout);
                self.finish(now, finish.telling(body, Some(Code::CancelSendFailure)));
            }
            Phase::Ringing => self.finish(now, Finish::quiet(State::Terminated, Code::SessionTimeout)),
            Phase::Accepting { .. } => self.finish(now, Finish::failed(Code::SessionTimeout)),
            Phase::Joining { here, .. } => {
                let code = if here { Code::SessionTimeout } else { Code::ApplicationLaunchFailed };
                self.finish(now, Finish::failed(code));
            }
            Phase::Ending(ref mut ending) => {
                // Nobody knows whether the other side was told; that is worth a word.
                ending.undelivered = true;
                self.say_ended();
            }
        }
    }

    /// What is missing did not come. If what follows is an end, it ends; else nothing can be relied on any more.
    fn give_up_gap(&mut self, now: Time, link: usize) {
        let Some(early) = self.links[link].early.take() else { return };
        let ending = early.messages.into_iter().find(|(_, body)| body.is_ending());
        if let Some((sequence, body)) = ending {
            self.links[link].next_in = sequence.saturating_add(1);
            self.obey(now, link, body);
        }
        if self.state().is_final() {
            return;
        }
        if self.is_inviting() {
            self.links[link].left = true;
            if self.anyone_left() {
                return;
            }
        }
        self.break_off(now);
    }

    /// Whether a timer or the devices' pair will end this phase. Each that is not final has one of the two.
    #[must_use]
    pub fn has_a_timer(&self) -> bool {
        self.timeout().is_some() || self.paired().is_some() || self.state().is_final()
    }
}
