//! The transition function of consent, on plain data.
//!
//! [`State`] holds no grant, no queue and no clock, so it can be cloned, compared and hashed: a model checker explores
//! the very function that ships. [`Consent`](super::Consent) owns the live grants and carries out each [`Effect`].

mod asking;
mod falling;

use super::floors::{Closed, Floors, tell};
use super::news::{Announcement, ConsentError, FloorState, Reason, ViewState};
use super::patience::Patience;
use super::question::{Question, QuestionId, QuestionKind};
use super::rights::{Limits, Right};
use super::{Input, floors::Floor};
use crate::Time;
use crate::brakes::{Brakes, Facts, Verdict};
use crate::mutant::{Mutant, on};

/// Where consent stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    limits: Limits,
    brakes: Brakes,
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
    /// Issue the grant for this.
    Grant(Right),
    /// Kill the grant for this, now.
    Revoke(Right),
    /// Tell the person that a request for control is held up.
    Hold(Verdict),
    /// Remember for this contact that there is no control before this moment.
    Block(Time),
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
    /// The person was asked for the view.
    Open(Open),
    /// Final.
    Over(Reason),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Open {
    view: View,
    floors: Floors,
    patience: Patience,
}

/// Whether the expert may see the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum View {
    /// The person is asked.
    Asked(Question),
    /// Yes, until this moment; `None`: as long as the help lasts. At most one floor is asked for.
    Granted { until: Option<Time>, pending: Option<Pending> },
    /// Not for a while. No floor is granted.
    Hidden { by: Hiding, until: Option<Time> },
}

/// A floor that the person is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Pending {
    right: Right,
    question: Question,
}

/// Why the screen is hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Hiding {
    /// The person did it.
    Person,
    /// The bar is not there.
    Bar,
    Both,
}

impl State {
    /// Nothing is allowed and nobody is asked.
    #[must_use]
    pub fn new(limits: Limits, facts: &Facts) -> Self {
        Self { limits, brakes: Brakes::new(facts), phase: Phase::Waiting, questions: 0 }
    }

    /// One step: first whatever was due by `now`, so that a late answer finds its question gone, then the input.
    /// Appends what is to be carried out to `effects`.
    ///
    /// # Errors
    ///
    /// The input has no meaning at this moment and changed nothing; due timers still fired.
    pub fn step(&mut self, now: Time, input: Input, effects: &mut Vec<Effect>) -> Result<(), ConsentError> {
        if !(on(Mutant::LateAnswerCounts) && matches!(input, Input::Answer { .. })) {
            self.fire_timers(now, effects);
        }
        match input {
            Input::Connected => self.connected(now, effects),
            Input::Answer { question, yes } => self.answer(now, question, yes, effects),
            Input::Began { question, how } => self.began(now, question, how, effects),
            Input::Request(right) => self.request(now, right, effects),
            Input::Release(right) => self.release(now, right, effects),
            Input::TakeBack(right) => self.take_back(now, right, effects),
            Input::Pause => self.hide(now, Hiding::Person, effects),
            Input::Resume => self.show(now, Hiding::Person, effects),
            Input::BarGone => self.hide(now, Hiding::Bar, effects),
            Input::BarBack => self.show(now, Hiding::Bar, effects),
            Input::Stop => self.end(Reason::Stopped, effects),
            Input::Locked => self.away(now, Mutant::OutlivesLock, effects),
            Input::Suspended => self.away(now, Mutant::OutlivesSuspend, effects),
            Input::Disconnected => self.disconnected(now, effects),
            Input::Ended => self.end(Reason::SessionEnded, effects),
            Input::Timeout => Ok(()),
        }
    }

    /// When [`Input::Timeout`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        let Phase::Open(open) = &self.phase else { return None };
        let View::Granted { until, pending } = open.view else { return self.question().map(|q| q.until) };
        let floors = open.floors.granted().filter_map(|(_, until)| until);
        floors.chain(until).chain(pending.map(|pending| pending.question.until)).min()
    }

    /// The question that is open.
    #[must_use]
    pub fn question(&self) -> Option<Question> {
        match self.view()? {
            View::Asked(question) => Some(question),
            View::Granted { pending, .. } => pending.map(|pending| pending.question),
            View::Hidden { .. } => None,
        }
    }

    /// Whether the expert may have this now.
    #[must_use]
    pub fn may(&self, right: Right) -> bool {
        let Phase::Open(Open { view: View::Granted { .. }, floors, .. }) = &self.phase else { return false };
        right == Right::View || matches!(floors.get(right), Some(Floor::Granted { .. }))
    }

    /// Whether the expert may see the screen.
    #[must_use]
    pub fn may_view(&self) -> bool {
        self.may(Right::View)
    }

    /// Until when the expert may have this; `None`: not at all, or as long as the help lasts.
    #[must_use]
    pub fn until(&self, right: Right) -> Option<Time> {
        let Phase::Open(Open { view: View::Granted { until, .. }, floors, .. }) = &self.phase else {
            return None;
        };
        match floors.get(right) {
            None => *until,
            Some(Floor::Granted { until }) => until,
            Some(Floor::None | Floor::Closed(_)) => None,
        }
    }

    /// Whether the screen is hidden for a while, by the person or because the bar is not there.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        matches!(self.view(), Some(View::Hidden { .. }))
    }

    /// Whether the person themselves has hidden the screen.
    #[must_use]
    pub fn is_paused_by_person(&self) -> bool {
        matches!(self.view(), Some(View::Hidden { by: Hiding::Person | Hiding::Both, .. }))
    }

    /// How it stands with a floor, as the expert was last told; `None` before the first request.
    #[must_use]
    pub fn floor(&self, right: Right) -> Option<FloorState> {
        let Phase::Open(open) = &self.phase else { return None };
        match open.view {
            View::Granted { pending: Some(pending), .. } if pending.right == right => {
                Some(FloorState::Pending)
            }
            _ => open.floors.get(right)?.announced(),
        }
    }

    /// Why everything is over; `None` while it is not.
    #[must_use]
    pub fn over(&self) -> Option<Reason> {
        match &self.phase {
            Phase::Over(reason) => Some(*reason),
            Phase::Waiting | Phase::Open(_) => None,
        }
    }

    /// The same state with every moment counted from `now` and every question from the newest: whatever is past counts
    /// as now. States that are equal so behave alike from here on, which lets a model checker visit each only once.
    #[must_use]
    pub fn seen_from(&self, now: Time) -> Self {
        let question = |question: Question| Question {
            id: QuestionId(self.questions.wrapping_sub(question.id.0)),
            until: question.until.seen_from(now),
            ..question
        };
        let mut seen = self.clone();
        seen.questions = 0;
        seen.brakes = self.brakes.seen_from(now);
        if let Phase::Open(open) = &mut seen.phase {
            open.floors = open.floors.seen_from(now);
            open.patience = open.patience.seen_from(now);
            match &mut open.view {
                View::Asked(asked) => *asked = question(*asked),
                View::Granted { until, pending } => {
                    *until = until.map(|until| until.seen_from(now));
                    *pending = pending.map(|p| Pending { question: question(p.question), ..p });
                }
                View::Hidden { until, .. } => *until = until.map(|until| until.seen_from(now)),
            }
        }
        seen
    }

    fn view(&self) -> Option<View> {
        match &self.phase {
            Phase::Open(open) => Some(open.view),
            Phase::Waiting | Phase::Over(_) => None,
        }
    }

    fn open(&mut self) -> Result<&mut Open, ConsentError> {
        match &mut self.phase {
            Phase::Open(open) => Ok(open),
            Phase::Waiting => Err(ConsentError::ViewFirst),
            Phase::Over(_) => Err(ConsentError::Over),
        }
    }

    /// What there is to decide about a floor: only while the screen is seen.
    fn seen(&mut self) -> Result<Seen<'_>, ConsentError> {
        let limits = self.limits;
        let Open { view, floors, patience } = self.open()?;
        match view {
            View::Granted { pending, .. } => Ok(Seen { pending, floors, patience, limits }),
            View::Asked(_) => Err(ConsentError::ViewFirst),
            View::Hidden { .. } => Err(ConsentError::Paused),
        }
    }

    fn new_question(&mut self, now: Time, kind: QuestionKind) -> Question {
        // The person's patience and the need for a yes keep this far from the end of the numbers.
        self.questions = self.questions.saturating_add(1);
        let time = self.limits.question;
        let until = if on(Mutant::NoTimeLimit) { Time(u64::MAX) } else { now.after(time) };
        Question { id: QuestionId(self.questions), kind, until }
    }
}

/// The floors, while the screen is seen.
struct Seen<'a> {
    pending: &'a mut Option<Pending>,
    floors: &'a mut Floors,
    patience: &'a mut Patience,
    limits: Limits,
}

impl Seen<'_> {
    /// Takes the question for a floor off the screen, if there is one and it is for this (`None`: for any). Counts it as
    /// asked in vain, when the expert is why it goes: else a question could be made to flicker under the person's
    /// pointer.
    fn withdraw(
        &mut self,
        now: Time,
        only: Option<Right>,
        (closed, counts): (Closed, bool),
        effects: &mut Vec<Effect>,
    ) -> bool {
        let Some(pending) = self.pending.filter(|p| only.is_none_or(|right| p.right == right)) else {
            return false;
        };
        if !on(Mutant::WithdrawnStays) {
            *self.pending = None;
        }
        effects.push(Effect::Withdraw(pending.question.id));
        if counts {
            self.patience.refused(now, &self.limits);
        } else {
            self.patience.rest(now, &self.limits);
        }
        self.floors.close(pending.right, closed, effects);
        true
    }
}

fn tell_view(state: ViewState) -> Effect {
    Effect::Tell(Announcement::View(state))
}

#[cfg(test)]
impl QuestionId {
    /// A question that this machine did not ask, to answer it in a test.
    pub(super) fn other(self, distance: u32) -> Self {
        Self(self.0.wrapping_add(distance))
    }
}
