//! How something rises: what is asked, and what an answer does. The only place where a right comes to be.

use super::{
    Announcement, Closed, ConsentError, Effect, Floor, FloorState, Floors, Hiding, Mutant, Open, Patience,
    Pending, Phase, QuestionId, QuestionKind, Reason, Right, State, Time, Verdict, View, ViewState, on, tell,
    tell_view,
};
use crate::brakes::Beginning;
use crate::consent::rights::Lifetime;

impl State {
    pub(super) fn connected(&mut self, now: Time, effects: &mut Vec<Effect>) -> Result<(), ConsentError> {
        match &self.phase {
            Phase::Waiting => {}
            Phase::Over(_) if on(Mutant::FinalIsNotFinal) => {}
            Phase::Open(Open { view: View::Hidden { .. }, .. }) if on(Mutant::ConnectedResumes) => {
                return self.show(now, Hiding::Person, effects);
            }
            Phase::Open(_) => return Err(ConsentError::AlreadyConnected),
            Phase::Over(_) => return Err(ConsentError::Over),
        }
        let question = self.new_question(now, QuestionKind::May(Right::View));
        let (floors, patience) = (Floors::default(), Patience::default());
        self.phase = Phase::Open(Open { view: View::Asked(question), floors, patience });
        effects.extend([Effect::Ask(question), tell_view(ViewState::Asked)]);
        if on(Mutant::ConnectedGrants) {
            return self.answer(now, question.id, true, effects);
        }
        Ok(())
    }

    /// The answer of the person to the question that is open.
    pub(super) fn answer(
        &mut self,
        now: Time,
        id: QuestionId,
        yes: bool,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ConsentError> {
        if let Phase::Over(_) = self.phase {
            return Err(ConsentError::Over);
        }
        let is_open = |question: &super::Question| question.id == id || on(Mutant::AnyQuestion);
        let question = self.question().filter(is_open).ok_or(ConsentError::NoSuchQuestion)?;
        match question.kind {
            QuestionKind::May(Right::View) if yes => self.grant_view(now, effects),
            QuestionKind::May(Right::View) => self.refuse_view(Reason::ViewDenied, effects),
            QuestionKind::HowItBegan if yes => return Err(ConsentError::NotAnAnswer),
            QuestionKind::May(right) if yes => self.grant_floor(now, right, effects)?,
            QuestionKind::May(_) | QuestionKind::HowItBegan => self.refuse_floor(now, effects)?,
        }
        Ok(())
    }

    /// The person said how this began: then control can be asked for, or not for a day.
    pub(super) fn began(
        &mut self,
        now: Time,
        id: QuestionId,
        how: Beginning,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ConsentError> {
        if let Phase::Over(_) = self.phase {
            return Err(ConsentError::Over);
        }
        let question = self.question().filter(|q| q.id == id).ok_or(ConsentError::NoSuchQuestion)?;
        if question.kind != QuestionKind::HowItBegan {
            return Err(ConsentError::NotAnAnswer);
        }
        let block = self.limits.block;
        let Some(until) = self.brakes.told(now, how, block) else {
            return self.ask_floor(now, Right::Control, QuestionKind::May(Right::Control), effects);
        };
        let seen = self.seen()?;
        *seen.pending = None;
        seen.patience.refused(now, &seen.limits);
        effects.push(Effect::Block(until));
        seen.floors.close(Right::Control, held(), effects);
        Ok(())
    }

    /// The expert asks for a floor.
    pub(super) fn request(
        &mut self,
        now: Time,
        right: Right,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ConsentError> {
        let lifetime = self.limits.lifetime(right);
        let seen = self.seen()?;
        let floor = seen.floors.get(right).ok_or(ConsentError::NotAFloor)?;
        let is_asked = seen.pending.is_some_and(|pending| pending.right == right);
        if is_asked && on(Mutant::SecondRequestAnswers) {
            return self.grant_floor(now, right, effects);
        }
        if is_asked || matches!(floor, Floor::Granted { .. }) {
            if on(Mutant::ErrorsCount) {
                seen.patience.rest(now, &seen.limits);
            }
            if on(Mutant::RequestRenews) && !is_asked {
                seen.floors.set(right, Floor::Granted { until: lifetime.end(now) });
            }
            return Err(ConsentError::AlreadyRequested);
        }
        let is_possible = lifetime != Lifetime::Never || on(Mutant::PolicyIgnored);
        let is_free = seen.pending.is_none() || on(Mutant::QuestionReplaced);
        if !is_possible || !is_free || !seen.patience.lets_ask(now, &seen.limits) {
            // Answered without asking; a state that says more, such as *revoked*, is not worth keeping.
            seen.floors.close(right, Closed::Refused, effects);
            return Ok(());
        }
        if on(Mutant::RequestGrants) {
            return self.grant_floor(now, right, effects);
        }
        let kind = match self.brakes.verdict(now) {
            _ if right != Right::Control => QuestionKind::May(right),
            Verdict::Allow => QuestionKind::May(right),
            Verdict::AskHowItBegan => QuestionKind::HowItBegan,
            verdict @ (Verdict::Wait(_) | Verdict::Blocked(_)) => {
                effects.push(Effect::Hold(verdict));
                self.seen()?.floors.close(right, held(), effects);
                return Ok(());
            }
        };
        self.ask_floor(now, right, kind, effects)?;
        effects.push(tell(right, FloorState::Pending));
        Ok(())
    }

    /// Shows again what was hidden, when nothing hides it any more: what was seen before, and no more than that.
    pub(super) fn show(
        &mut self,
        now: Time,
        no_more: Hiding,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ConsentError> {
        let Phase::Open(open) = &mut self.phase else {
            let is_over = matches!(self.phase, Phase::Over(_));
            return Err(if is_over { ConsentError::Over } else { ConsentError::NotPaused });
        };
        let View::Hidden { by, until } = open.view else { return Err(ConsentError::NotPaused) };
        if let Some(by) = by.without(no_more)? {
            open.view = View::Hidden { by, until };
            return Ok(());
        }
        let goes_on = Effect::Tell(Announcement::Paused(false));
        if until.is_some_and(|until| until <= now) {
            effects.push(goes_on);
            return self.ask_view(now, effects);
        }
        open.view = View::Granted { until, pending: None };
        effects.extend([Effect::Grant(Right::View), goes_on]);
        if on(Mutant::ResumeGivesAll)
            && open.floors.get(Right::Control) == Some(Floor::Closed(Closed::Revoked))
        {
            return self.grant_floor(now, Right::Control, effects);
        }
        Ok(())
    }

    /// Asks for the view once more. Nothing of what was granted before is left.
    pub(super) fn ask_view(&mut self, now: Time, effects: &mut Vec<Effect>) -> Result<(), ConsentError> {
        let question = self.new_question(now, QuestionKind::May(Right::View));
        let open = self.open()?;
        open.view = View::Asked(question);
        effects.extend([Effect::Ask(question), tell_view(ViewState::Asked)]);
        Ok(())
    }

    fn ask_floor(
        &mut self,
        now: Time,
        right: Right,
        kind: QuestionKind,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ConsentError> {
        let question = self.new_question(now, kind);
        let seen = self.seen()?;
        seen.floors.set(right, Floor::None);
        *seen.pending = Some(Pending { right, question });
        effects.push(Effect::Ask(question));
        Ok(())
    }

    fn grant_view(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let Phase::Open(open) = &mut self.phase else { return };
        let until = self.limits.lifetime(Right::View).end(now);
        open.view = View::Granted { until, pending: None };
        self.brakes.shown(now, self.limits.wait);
        effects.extend([Effect::Grant(Right::View), tell_view(ViewState::Granted)]);
    }

    fn grant_floor(
        &mut self,
        now: Time,
        right: Right,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ConsentError> {
        let right = if on(Mutant::YesGrantsControl) { Right::Control } else { right };
        let seen = self.seen()?;
        if !on(Mutant::AnswerTwice) {
            *seen.pending = None;
        }
        seen.floors.set(right, Floor::Granted { until: seen.limits.lifetime(right).end(now) });
        effects.extend([Effect::Grant(right), tell(right, FloorState::Granted)]);
        Ok(())
    }

    pub(super) fn refuse_view(&mut self, reason: Reason, effects: &mut Vec<Effect>) {
        self.phase = Phase::Over(reason);
        effects.extend([tell_view(ViewState::Denied), Effect::End(reason)]);
    }

    fn refuse_floor(&mut self, now: Time, effects: &mut Vec<Effect>) -> Result<(), ConsentError> {
        let seen = self.seen()?;
        if let Some(pending) = seen.pending.take() {
            seen.patience.refused(now, &seen.limits);
            seen.floors.close(pending.right, Closed::Denied, effects);
        }
        Ok(())
    }

    /// What has run out by now: first the question, then the floors, then the view.
    pub(super) fn fire_timers(&mut self, now: Time, effects: &mut Vec<Effect>) {
        let Phase::Open(open) = &self.phase else { return };
        match open.view {
            View::Asked(question) if question.until <= now => {
                effects.push(Effect::Withdraw(question.id));
                self.refuse_view(Reason::NoAnswer, effects);
            }
            View::Granted { until, pending } => {
                if let Some(pending) = pending.filter(|pending| pending.question.until <= now) {
                    self.is_silent(now, pending, effects);
                }
                self.expire(now, effects);
                if until.is_some_and(|until| until <= now) && !on(Mutant::NoExpiry) {
                    // It is of this phase, so there is something to fall and somebody to ask.
                    _ = self.ask_view_anew(now, effects);
                }
            }
            View::Asked(_) | View::Hidden { .. } => {}
        }
    }

    fn is_silent(&mut self, now: Time, pending: Pending, effects: &mut Vec<Effect>) {
        if on(Mutant::SilenceIsYes) {
            _ = self.grant_floor(now, pending.right, effects);
        } else if let Ok(mut seen) = self.seen() {
            seen.withdraw(now, None, (Closed::Denied, true), effects);
        }
    }
}

impl Hiding {
    /// What still hides the screen when this does not any more.
    fn without(self, no_more: Self) -> Result<Option<Self>, ConsentError> {
        match (self, no_more) {
            (Self::Both, Self::Person) if on(Mutant::ResumeWithoutBar) => Ok(None),
            (Self::Both, Self::Bar) if on(Mutant::BarEndsPause) => Ok(None),
            (Self::Both, Self::Person) => Ok(Some(Self::Bar)),
            (Self::Both, Self::Bar) => Ok(Some(Self::Person)),
            (Self::Person, Self::Person) | (Self::Bar, Self::Bar) => Ok(None),
            (Self::Person, Self::Bar) | (Self::Bar, Self::Person) | (_, Self::Both) => {
                Err(ConsentError::NotPaused)
            }
        }
    }
}

/// How a request ends that the brakes hold up: in the same word as any other that this machine refuses.
fn held() -> Closed {
    if on(Mutant::BrakesAreTold) { Closed::Denied } else { Closed::Refused }
}
