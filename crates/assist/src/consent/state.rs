//! The transition function of consent, on plain data.
//!
//! [`State`] holds no grant, no queue and no clock, so it can be cloned, compared and hashed: a model checker explores
//! the very function that ships. [`Consent`](super::Consent) owns the live grants and carries out each [`Effect`].

use super::{
    ASK_AGAIN_AFTER, Announcement, CONTROL_TIME, ConsentError, ControlState, Input, MAX_REFUSALS,
    QUESTION_TIME, Question, QuestionId, QuestionKind, Reason, ViewState,
};
use crate::Time;

/// Where consent stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct State {
    phase: Phase,
    questions: u32,
}

/// One consequence of a step, carried out in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Ask the person.
    Ask(Question),
    /// Withdraw a question that was not answered.
    Withdraw(QuestionId),
    /// Issue the grant for the view.
    GrantView,
    /// Issue the grant for control.
    GrantControl,
    /// Kill the grant for the view, now.
    RevokeView,
    /// Kill the grant for control, now.
    RevokeControl,
    /// Tell the expert.
    Tell(Announcement),
    /// Everything is over.
    End(Reason),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
enum Phase {
    /// The expert's application is not there yet.
    #[default]
    Waiting,
    /// The person is asked whether the expert may see the screen.
    AskingView(Question),
    /// The expert may see the screen.
    Viewing { floor: Floor, brake: Brake },
    /// The person has hidden the screen for a while. This is how the last request ended, if there was one.
    Paused { closed: Option<Closed>, brake: Brake },
    /// Final.
    Over(Reason),
}

/// Who has pointer and keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Floor {
    /// Nobody asked yet.
    None,
    /// The person is being asked.
    Pending(Question),
    /// The expert, until this moment.
    Granted { until: Time },
    /// Nobody; this is how the last request ended.
    Closed(Closed),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Closed {
    Denied,
    Released,
    Revoked,
    Expired,
}

/// Keeps the expert from wearing the person down with questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Brake {
    /// Questions that ended without a yes.
    refusals: u8,
    /// No question before this moment.
    not_before: Time,
}

impl State {
    /// Nothing is allowed and nobody is asked.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One step: first whatever was due by `now`, so that a late answer finds its question gone, then the input.
    /// Appends what is to be carried out to `effects`.
    ///
    /// # Errors
    ///
    /// The input has no meaning at this moment and changed nothing; due timers still fired.
    pub fn step(&mut self, now: Time, input: Input, effects: &mut Vec<Effect>) -> Result<(), ConsentError> {
        self.fire_timers(now, effects);
        match input {
            Input::Connected => self.connected(now, effects),
            Input::Answer { question, yes } => self.answer(now, question, yes, effects),
            Input::Request => self.request(now, effects),
            Input::Release => self.release(now, effects),
            Input::TakeBack => self.take_back(now, effects),
            Input::Pause => self.pause(now, effects),
            Input::Resume => self.resume(effects),
            Input::Stop => self.end(Reason::Stopped, effects),
            Input::Disconnected => self.disconnected(now, effects),
            Input::Ended => self.end(Reason::SessionEnded, effects),
            Input::Timeout => Ok(()),
        }
    }

    /// When [`Input::Timeout`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        match &self.phase {
            Phase::AskingView(question) | Phase::Viewing { floor: Floor::Pending(question), .. } => {
                Some(question.until)
            }
            Phase::Viewing { floor: Floor::Granted { until }, .. } => Some(*until),
            Phase::Waiting | Phase::Viewing { .. } | Phase::Paused { .. } | Phase::Over(_) => None,
        }
    }

    /// The question that is open.
    #[must_use]
    pub fn question(&self) -> Option<Question> {
        match &self.phase {
            Phase::AskingView(question) | Phase::Viewing { floor: Floor::Pending(question), .. } => {
                Some(*question)
            }
            _ => None,
        }
    }

    /// Whether the expert may see the screen.
    #[must_use]
    pub fn may_view(&self) -> bool {
        matches!(self.phase, Phase::Viewing { .. })
    }

    /// Whether the person has hidden the screen for a while.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        matches!(self.phase, Phase::Paused { .. })
    }

    /// Until when the expert may use pointer and keyboard; `None`: not at all.
    #[must_use]
    pub fn control_until(&self) -> Option<Time> {
        match &self.phase {
            Phase::Viewing { floor: Floor::Granted { until }, .. } => Some(*until),
            _ => None,
        }
    }

    /// How it stands with the floor, as the expert was last told; `None` before the first request.
    #[must_use]
    pub fn control(&self) -> Option<ControlState> {
        match &self.phase {
            Phase::Viewing { floor, .. } => floor.announced(),
            Phase::Paused { closed, .. } => closed.map(Closed::announced),
            Phase::Waiting | Phase::AskingView(_) | Phase::Over(_) => None,
        }
    }

    /// Why everything is over; `None` while it is not.
    #[must_use]
    pub fn over(&self) -> Option<Reason> {
        match &self.phase {
            Phase::Over(reason) => Some(*reason),
            _ => None,
        }
    }

    fn fire_timers(&mut self, now: Time, effects: &mut Vec<Effect>) {
        match &mut self.phase {
            Phase::AskingView(question) if question.until <= now => {
                effects.push(Effect::Withdraw(question.id));
                self.refuse_view(Reason::NoAnswer, effects);
            }
            Phase::Viewing { floor, brake } => match *floor {
                Floor::Pending(question) if question.until <= now => {
                    effects.push(Effect::Withdraw(question.id));
                    brake.refused(now);
                    floor.close(Closed::Denied, effects);
                }
                Floor::Granted { until } if until <= now => floor.close(Closed::Expired, effects),
                _ => {}
            },
            _ => {}
        }
    }

    fn connected(&mut self, now: Time, effects: &mut Vec<Effect>) -> Result<(), ConsentError> {
        match self.phase {
            Phase::Waiting => {
                let question = self.new_question(now, QuestionKind::View);
                self.phase = Phase::AskingView(question);
                effects.extend([Effect::Ask(question), tell_view(ViewState::Asked)]);
                Ok(())
            }
            Phase::AskingView(_) | Phase::Viewing { .. } | Phase::Paused { .. } => {
                Err(ConsentError::AlreadyConnected)
            }
            Phase::Over(_) => Err(ConsentError::Over),
        }
    }

    /// The only place where anything rises that was not allowed before.
    fn answer(
        &mut self,
        now: Time,
        id: QuestionId,
        yes: bool,
        effects: &mut Vec<Effect>,
    ) -> Result<(), ConsentError> {
        match &mut self.phase {
            Phase::AskingView(question) if question.id == id => {
                if yes {
                    self.phase = Phase::Viewing { floor: Floor::None, brake: Brake::default() };
                    effects.extend([Effect::GrantView, tell_view(ViewState::Granted)]);
                } else {
                    self.refuse_view(Reason::ViewDenied, effects);
                }
                Ok(())
            }
            Phase::Viewing { floor, brake } if floor.asks(id) => {
                if yes {
                    *floor = Floor::Granted { until: now.after(CONTROL_TIME) };
                    effects.extend([Effect::GrantControl, tell_control(ControlState::Granted)]);
                } else {
                    brake.refused(now);
                    floor.close(Closed::Denied, effects);
                }
                Ok(())
            }
            Phase::Over(_) => Err(ConsentError::Over),
            Phase::Waiting | Phase::AskingView(_) | Phase::Viewing { .. } | Phase::Paused { .. } => {
                Err(ConsentError::NoSuchQuestion)
            }
        }
    }

    fn request(&mut self, now: Time, effects: &mut Vec<Effect>) -> Result<(), ConsentError> {
        let (floor, brake) = self.viewing()?;
        if matches!(floor, Floor::Pending(_) | Floor::Granted { .. }) {
            return Err(ConsentError::AlreadyRequested);
        }
        if !brake.lets_ask(now) {
            // Answered without asking; a state that says more, such as *revoked*, is not worth keeping.
            floor.close(Closed::Denied, effects);
            return Ok(());
        }
        let question = self.new_question(now, QuestionKind::Control);
        *self.viewing()?.0 = Floor::Pending(question);
        effects.extend([Effect::Ask(question), tell_control(ControlState::Pending)]);
        Ok(())
    }

    fn release(&mut self, now: Time, effects: &mut Vec<Effect>) -> Result<(), ConsentError> {
        let (floor, brake) = self.viewing()?;
        match *floor {
            Floor::Pending(question) => {
                // Counts as a refusal: else a question could be made to flicker under the person's pointer.
                effects.push(Effect::Withdraw(question.id));
                brake.refused(now);
                floor.close(Closed::Released, effects);
                Ok(())
            }
            Floor::Granted { .. } => {
                floor.close(Closed::Released, effects);
                Ok(())
            }
            Floor::None | Floor::Closed(_) => Err(ConsentError::NoControl),
        }
    }

    fn take_back(&mut self, now: Time, effects: &mut Vec<Effect>) -> Result<(), ConsentError> {
        let (floor, brake) = self.viewing()?;
        match *floor {
            Floor::Pending(question) => {
                effects.push(Effect::Withdraw(question.id));
                brake.refused(now);
                floor.close(Closed::Denied, effects);
                Ok(())
            }
            Floor::Granted { .. } => {
                brake.pause(now);
                floor.close(Closed::Revoked, effects);
                Ok(())
            }
            Floor::None | Floor::Closed(_) => Err(ConsentError::NoControl),
        }
    }

    /// Both grants fall. A question goes, and does not count as a refusal: the person has not answered it.
    fn pause(&mut self, now: Time, effects: &mut Vec<Effect>) -> Result<(), ConsentError> {
        let (floor, brake) = self.viewing()?;
        let (mut floor, mut brake) = (*floor, *brake);
        match floor {
            Floor::Pending(question) => {
                effects.push(Effect::Withdraw(question.id));
                brake.pause(now);
                floor.close(Closed::Denied, effects);
            }
            Floor::Granted { .. } => floor.close(Closed::Revoked, effects),
            Floor::None | Floor::Closed(_) => {}
        }
        effects.extend([Effect::RevokeView, Effect::Tell(Announcement::Paused(true))]);
        self.phase = Phase::Paused { closed: floor.closed(), brake };
        Ok(())
    }

    /// What was seen before the pause may be seen again, and no more than that.
    fn resume(&mut self, effects: &mut Vec<Effect>) -> Result<(), ConsentError> {
        match self.phase {
            Phase::Paused { closed, brake } => {
                let floor = closed.map_or(Floor::None, Floor::Closed);
                self.phase = Phase::Viewing { floor, brake };
                effects.extend([Effect::GrantView, Effect::Tell(Announcement::Paused(false))]);
                Ok(())
            }
            Phase::Over(_) => Err(ConsentError::Over),
            Phase::Waiting | Phase::AskingView(_) | Phase::Viewing { .. } => Err(ConsentError::NotPaused),
        }
    }

    fn disconnected(&mut self, now: Time, effects: &mut Vec<Effect>) -> Result<(), ConsentError> {
        match &mut self.phase {
            Phase::Viewing { floor, brake } => {
                match *floor {
                    Floor::Pending(question) => {
                        effects.push(Effect::Withdraw(question.id));
                        brake.refused(now);
                        floor.close(Closed::Released, effects);
                    }
                    Floor::Granted { .. } => floor.close(Closed::Revoked, effects),
                    Floor::None | Floor::Closed(_) => {}
                }
                Ok(())
            }
            Phase::Waiting | Phase::AskingView(_) | Phase::Paused { .. } => Ok(()),
            Phase::Over(_) => Err(ConsentError::Over),
        }
    }

    /// Ends everything: grants first, then the question, then the news, unless nobody is left to hear it.
    fn end(&mut self, reason: Reason, effects: &mut Vec<Effect>) -> Result<(), ConsentError> {
        let told = reason != Reason::SessionEnded;
        match std::mem::replace(&mut self.phase, Phase::Over(reason)) {
            Phase::Over(earlier) => {
                self.phase = Phase::Over(earlier);
                return Err(ConsentError::Over);
            }
            Phase::Waiting => {}
            Phase::AskingView(question) => {
                effects.push(Effect::Withdraw(question.id));
                effects.extend(told.then_some(tell_view(ViewState::Denied)));
            }
            // What was granted has fallen with the pause.
            Phase::Paused { .. } => effects.extend(told.then_some(tell_view(ViewState::Ended))),
            Phase::Viewing { floor, .. } => {
                effects.extend([Effect::RevokeControl, Effect::RevokeView]);
                let lost = match floor {
                    Floor::Pending(question) => {
                        effects.push(Effect::Withdraw(question.id));
                        Some(ControlState::Denied)
                    }
                    Floor::Granted { .. } => Some(ControlState::Revoked),
                    Floor::None | Floor::Closed(_) => None,
                };
                if told {
                    effects.extend(lost.map(tell_control));
                    effects.push(tell_view(ViewState::Ended));
                }
            }
        }
        effects.push(Effect::End(reason));
        Ok(())
    }

    fn refuse_view(&mut self, reason: Reason, effects: &mut Vec<Effect>) {
        self.phase = Phase::Over(reason);
        effects.extend([tell_view(ViewState::Denied), Effect::End(reason)]);
    }

    fn viewing(&mut self) -> Result<(&mut Floor, &mut Brake), ConsentError> {
        match &mut self.phase {
            Phase::Viewing { floor, brake } => Ok((floor, brake)),
            Phase::Waiting | Phase::AskingView(_) => Err(ConsentError::ViewFirst),
            Phase::Paused { .. } => Err(ConsentError::Paused),
            Phase::Over(_) => Err(ConsentError::Over),
        }
    }

    fn new_question(&mut self, now: Time, kind: QuestionKind) -> Question {
        // The brake and the need for a yes keep this far from the end of the numbers.
        self.questions = self.questions.saturating_add(1);
        Question { id: QuestionId(self.questions), kind, until: now.after(QUESTION_TIME) }
    }
}

impl Floor {
    fn asks(self, id: QuestionId) -> bool {
        matches!(self, Self::Pending(question) if question.id == id)
    }

    fn announced(self) -> Option<ControlState> {
        match self {
            Self::None => None,
            Self::Pending(_) => Some(ControlState::Pending),
            Self::Granted { .. } => Some(ControlState::Granted),
            Self::Closed(closed) => Some(closed.announced()),
        }
    }

    fn closed(self) -> Option<Closed> {
        match self {
            Self::Closed(closed) => Some(closed),
            Self::None | Self::Pending(_) | Self::Granted { .. } => None,
        }
    }

    /// Takes control away, whoever has it, and says how.
    fn close(&mut self, closed: Closed, effects: &mut Vec<Effect>) {
        if matches!(self, Self::Granted { .. }) {
            effects.push(Effect::RevokeControl);
        }
        *self = Self::Closed(closed);
        effects.push(tell_control(closed.announced()));
    }
}

impl Closed {
    fn announced(self) -> ControlState {
        match self {
            Self::Denied => ControlState::Denied,
            Self::Released => ControlState::Released,
            Self::Revoked => ControlState::Revoked,
            Self::Expired => ControlState::Expired,
        }
    }
}

impl Brake {
    fn refused(&mut self, now: Time) {
        self.refusals = self.refusals.saturating_add(1);
        self.pause(now);
    }

    fn pause(&mut self, now: Time) {
        self.not_before = now.after(ASK_AGAIN_AFTER);
    }

    fn lets_ask(self, now: Time) -> bool {
        self.refusals < MAX_REFUSALS && self.not_before <= now
    }
}

fn tell_view(state: ViewState) -> Effect {
    Effect::Tell(Announcement::View(state))
}

fn tell_control(state: ControlState) -> Effect {
    Effect::Tell(Announcement::Control(state))
}

#[cfg(test)]
impl QuestionId {
    /// A question that this machine did not ask, to answer it in a test.
    pub(super) fn other(self, distance: u32) -> Self {
        Self(self.0.wrapping_add(distance))
    }
}
