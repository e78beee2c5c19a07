//! Holds what happens against the requirements, by what can be seen from outside.

use super::Requirement;
use super::scenario::Scenario;
use super::world::World;
use rendezvous_assist::Time;
use rendezvous_assist::brakes::{A_DAY, Beginning, Facts, Met};
use rendezvous_assist::consent::{
    Announcement, ConsentError, Effect, FloorState, Input, Lifetime, Limits, Question, QuestionId,
    QuestionKind, Right,
};

/// What was seen so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Seen {
    limits: Limits,
    /// The question on the screen.
    pub(super) open: Option<Question>,
    /// The last one that is not there any more.
    pub(super) gone: Option<QuestionId>,
    /// What is granted, and until when.
    live: [Option<Option<Time>>; 6],
    told: [Option<FloorState>; 6],
    /// How the view that is hidden would have ended.
    hidden: Option<Option<Time>>,
    by_person: bool,
    without_bar: bool,
    pub(super) over: bool,
    /// Questions that ended without a yes, and when there may be the next.
    in_vain: u8,
    quiet_until: Time,
    brakes: Held,
}

/// What holds control up, as anybody could tell who read the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Held {
    untold: bool,
    new: bool,
    seen_first: Option<Time>,
    blocked_until: Option<Time>,
}

impl Seen {
    pub(super) fn new(limits: Limits, facts: &Facts) -> Self {
        Self {
            limits,
            open: None,
            gone: None,
            live: [None; 6],
            told: [None; 6],
            hidden: None,
            by_person: false,
            without_bar: false,
            over: false,
            in_vain: 0,
            quiet_until: Time(0),
            brakes: Held {
                untold: !facts.has_had_control,
                new: facts.met == Met::ByCode || facts.known_for < A_DAY,
                seen_first: None,
                blocked_until: facts.blocked_until,
            },
        }
    }

    /// The same with every moment counted from `now`.
    pub(super) fn seen_from(&self, now: Time) -> Self {
        let from = |time: Time| Time(time.0.saturating_sub(now.0));
        let mut seen = *self;
        if self.over {
            // What went before makes no difference to what may happen now.
            (seen.told, seen.hidden, seen.by_person, seen.without_bar) = ([None; 6], None, false, false);
            (seen.in_vain, seen.quiet_until) = (0, now);
        }
        // Names of questions are told apart by which they are, not by their number.
        seen.open = None;
        seen.gone = None;
        seen.live = self.live.map(|live| live.map(|until| until.map(from)));
        seen.hidden = seen.hidden.map(|until| until.map(from));
        seen.quiet_until = from(seen.quiet_until);
        seen.brakes.blocked_until = self.brakes.blocked_until.map(from).filter(|until| until.0 > 0);
        let waited = |since: Time| Time(since.after(self.limits.wait).0.saturating_sub(now.0));
        seen.brakes.seen_first = self.brakes.seen_first.map(waited);
        seen
    }

    fn may(&self, right: Right) -> bool {
        self.live[right as usize].is_some()
    }

    fn any_floor(&self) -> bool {
        Right::FLOORS.into_iter().any(|right| self.may(right))
    }

    fn anything(&self) -> bool {
        self.any_floor() || self.may(Right::View)
    }

    /// Whether control is held up now: told in one word, whatever it is.
    fn is_held(&self, now: Time) -> bool {
        let Held { new, seen_first, blocked_until, .. } = self.brakes;
        let waits = new && seen_first.is_none_or(|since| now < since.after(self.limits.wait));
        waits || blocked_until.is_some_and(|until| now < until)
    }

    fn end_of(&self, right: Right, now: Time) -> Option<Time> {
        match self.limits.lifetime(right) {
            Lifetime::Never => Some(now),
            Lifetime::For(time) => Some(now.after(time)),
            Lifetime::Session => None,
        }
    }
}

impl World {
    /// After one step.
    pub(super) fn judge(
        &mut self,
        scenario: &Scenario,
        before: &Self,
        input: Input,
        result: Result<(), ConsentError>,
        effects: &[Effect],
    ) {
        self.judge_end(before, input, result, effects);
        if before.seen.over {
            return;
        }
        self.judge_answer(input, result);
        for effect in effects {
            self.happen(before, input, *effect);
        }
        self.remember(before, input, result);
        self.judge_fall(input, result);
        self.judge_state(scenario);
        self.judge_words(before, input, result);
        self.judge_error(before, result, effects);
        self.judge_time();
    }

    /// What is over stays over.
    fn judge_end(
        &mut self,
        before: &Self,
        input: Input,
        result: Result<(), ConsentError>,
        effects: &[Effect],
    ) {
        if !before.seen.over {
            return;
        }
        Requirement::Stop.tried();
        let expected = if input == Input::Timeout { Ok(()) } else { Err(ConsentError::Over) };
        if result != expected || !effects.is_empty() || self.state.over().is_none() {
            self.violate(Requirement::Stop, "something happens after the end");
        }
    }

    /// Whether an answer was taken that could not count.
    fn judge_answer(&mut self, input: Input, result: Result<(), ConsentError>) {
        let (Input::Answer { question, .. } | Input::Began { question, .. }) = input else { return };
        Requirement::OneAnswer.tried();
        let stands = self.seen.open.is_some_and(|open| open.id == question && self.now < open.until);
        if result.is_ok() {
            if !stands {
                self.violate(Requirement::OneAnswer, "an answer counts to a question that is not there");
            }
            self.close();
        }
    }

    fn close(&mut self) {
        if let Some(open) = self.seen.open.take() {
            self.seen.gone = Some(open.id);
        }
    }

    fn happen(&mut self, before: &Self, input: Input, effect: Effect) {
        match effect {
            Effect::Ask(question) => self.asked(input, question),
            Effect::Withdraw(id) => {
                Requirement::OneQuestion.tried();
                if self.seen.open.is_none_or(|open| open.id != id) {
                    self.violate(Requirement::OneQuestion, "a question is withdrawn that was not there");
                }
                if let Some(open) = self.seen.open {
                    self.in_vain(input, open);
                }
                self.close();
            }
            Effect::Grant(right) => self.granted(before, input, right),
            Effect::Revoke(right) => self.seen.live[right as usize] = None,
            Effect::Tell(Announcement::Floor(right, state)) => self.seen.told[right as usize] = Some(state),
            Effect::Tell(Announcement::View(_) | Announcement::Paused(_)) => {}
            Effect::Block(until) => self.seen.brakes.blocked_until = Some(until),
            Effect::Hold(_) => {}
            Effect::End(_) => self.seen.over = true,
        }
    }

    fn asked(&mut self, input: Input, question: Question) {
        Requirement::OneQuestion.tried();
        if self.seen.open.is_some() {
            self.violate(Requirement::OneQuestion, "a question goes up beside another");
        }
        if question.until > self.now.after(self.seen.limits.question) {
            self.violate(Requirement::Ends, "a question stands for longer than it may");
        }
        let right = match question.kind {
            QuestionKind::May(right) => right,
            QuestionKind::HowItBegan => Right::Control,
        };
        if self.seen.limits.lifetime(right) == Lifetime::Never {
            self.violate(Requirement::Policy, "the person is asked for what may not be");
        }
        if right != Right::View {
            Requirement::Patience.tried();
            // The question that follows the story is a part of the same request.
            let follows = matches!(input, Input::Began { .. });
            if self.now < self.seen.quiet_until && !follows {
                self.violate(Requirement::Patience, "the person is asked again too soon");
            }
            if self.seen.in_vain >= self.seen.limits.refusals {
                self.violate(Requirement::Patience, "the person is asked once too often");
            }
        }
        if right == Right::Control && self.seen.is_held(self.now) {
            self.violate(Requirement::Brakes, "the person is asked for what the brakes hold up");
        }
        self.seen.open = Some(question);
    }

    /// A question ended without a yes.
    fn in_vain(&mut self, input: Input, question: Question) {
        let by_machine = matches!(input, Input::Pause | Input::BarGone | Input::Locked | Input::Suspended);
        // When it ran out in this very step, that is why.
        let counts = !by_machine || question.until <= self.now;
        let is_view = question.kind == QuestionKind::May(Right::View);
        self.seen.in_vain = self.seen.in_vain.saturating_add(u8::from(counts && !is_view));
        if !is_view {
            self.seen.quiet_until = self.now.after(self.seen.limits.quiet);
        }
    }

    fn granted(&mut self, before: &Self, input: Input, right: Right) {
        Requirement::Consent.tried();
        if input == Input::Timeout || !input.is_local() {
            self.violate(Requirement::Rises, format!("{right:?} is granted by {input:?}"));
        }
        let seen = &before.seen;
        let is_yes = |question, yes| {
            let open = seen.open.filter(|open| open.id == question && before.now < open.until);
            yes && open.is_some_and(|open| open.kind == QuestionKind::May(right))
        };
        let shows = right == Right::View && seen.hidden.is_some();
        let is_allowed = match input {
            Input::Answer { question, yes } => is_yes(question, yes),
            Input::Resume => shows && seen.by_person,
            Input::BarBack => shows && seen.without_bar,
            _ => false,
        };
        if !is_allowed {
            self.violate(Requirement::Consent, format!("{right:?} is granted, and nobody said yes to it"));
        }
        let by_other = match input {
            Input::Resume => seen.without_bar,
            Input::BarBack => seen.by_person,
            _ => false,
        };
        if by_other {
            self.violate(Requirement::Hidden, "it is shown while somebody else hides it");
        }
        if right == Right::Control && (self.seen.brakes.untold || self.seen.is_held(self.now)) {
            self.violate(Requirement::Brakes, "control is granted and the brakes hold");
        }
        let until = match (input, seen.hidden) {
            (Input::Resume | Input::BarBack, Some(until)) if right == Right::View => until,
            _ => self.seen.end_of(right, self.now),
        };
        self.seen.live[right as usize] = Some(until);
        if right == Right::View {
            self.seen.brakes.seen_first.get_or_insert(self.now);
        }
    }

    /// What anybody knows who saw this happen.
    fn remember(&mut self, before: &Self, input: Input, result: Result<(), ConsentError>) {
        if let (Input::Began { how: Beginning::IAsked, .. }, Ok(())) = (input, result) {
            self.seen.brakes.untold = false;
        }
        if let (Input::Began { how: Beginning::TheyCame | Beginning::AMessage, .. }, Ok(())) = (input, result)
        {
            self.seen.brakes.blocked_until = Some(self.now.after(self.seen.limits.block));
        }
        let is_no = matches!(input, Input::Answer { yes: false, .. })
            || matches!(input, Input::Began { how, .. } if how != Beginning::IAsked);
        if is_no && result.is_ok() && !self.seen.over {
            self.seen.in_vain = self.seen.in_vain.saturating_add(1);
            self.seen.quiet_until = self.now.after(self.seen.limits.quiet);
        }
        if let (Input::TakeBack(right), Ok(())) = (input, result)
            && before.seen.may(right)
        {
            self.seen.quiet_until = self.now.after(self.seen.limits.quiet);
        }
        match (input, result) {
            (Input::Pause, Ok(())) => self.seen.by_person = true,
            (Input::BarGone, Ok(())) => self.seen.without_bar = true,
            (Input::Resume, Ok(())) => self.seen.by_person = false,
            (Input::BarBack, Ok(())) => self.seen.without_bar = false,
            _ => {}
        }
        let hides = matches!(input, Input::Pause | Input::BarGone) && result.is_ok();
        if hides && self.seen.hidden.is_none() {
            self.seen.hidden = before.seen.live[Right::View as usize];
        }
        if !self.seen.by_person && !self.seen.without_bar {
            self.seen.hidden = None;
        }
    }

    /// What must have fallen by now.
    fn judge_fall(&mut self, input: Input, result: Result<(), ConsentError>) {
        if self.seen.anything() {
            Requirement::Outlives.tried();
        }
        let floors_fall = matches!(input, Input::Disconnected | Input::Locked | Input::Suspended);
        if floors_fall && self.seen.any_floor() {
            self.violate(Requirement::Outlives, format!("something granted outlives {input:?}"));
        }
        let given_up = match input {
            Input::Release(right) | Input::TakeBack(right) if result.is_ok() => self.seen.may(right),
            _ => false,
        };
        let late = self.seen.live.iter().flatten().flatten().any(|until| *until <= self.now);
        if given_up || late {
            self.violate(Requirement::Outlives, "something granted outlives its end");
        }
        if !self.seen.may(Right::View) && self.seen.any_floor() && !self.seen.over {
            let hidden = self.seen.hidden.is_some();
            let requirement = if hidden { Requirement::Hidden } else { Requirement::Outlives };
            self.violate(requirement, "a floor stands without the view");
        }
        if self.seen.by_person || self.seen.without_bar {
            Requirement::Hidden.tried();
            if self.seen.anything() {
                self.violate(Requirement::Hidden, "something is shared that is hidden");
            }
        }
        if self.seen.over && self.seen.anything() {
            self.violate(Requirement::Stop, "something lives after the end");
        }
    }

    /// What consent says of itself.
    fn judge_state(&mut self, scenario: &Scenario) {
        Requirement::Exact.tried();
        for right in scenario.floors.iter().copied().chain([Right::View]) {
            let (live, may) = (self.seen.live[right as usize], self.state.may(right));
            if may != live.is_some() || may && self.state.until(right) != live.flatten() {
                self.violate(Requirement::Exact, format!("{right:?} is not as it was granted"));
            }
            let told = self.seen.told[right as usize];
            if told.is_some() {
                Requirement::Truth.tried();
            }
            let true_to_life = (told == Some(FloorState::Granted)) == live.is_some() || right == Right::View;
            if !self.seen.over && (self.state.floor(right) != told || !true_to_life) {
                let how = format!("told of {right:?}: {told:?}; it is {:?}", self.state.floor(right));
                self.violate(Requirement::Truth, how);
            }
        }
        if self.state.question().map(|question| question.id) != self.seen.open.map(|open| open.id) {
            self.violate(Requirement::OneQuestion, "what stands on the screen is not what is asked");
        }
    }

    /// Which word a request of the expert gets.
    fn judge_words(&mut self, before: &Self, input: Input, result: Result<(), ConsentError>) {
        let held = match input {
            Input::Request(right) if result.is_ok() => {
                if self.seen.limits.lifetime(right) == Lifetime::Never {
                    Requirement::Policy.tried();
                }
                right == Right::Control && before.seen.is_held(self.now)
            }
            Input::Began { how: Beginning::TheyCame | Beginning::AMessage, .. } => result.is_ok(),
            _ => false,
        };
        if held {
            Requirement::Brakes.tried();
            Requirement::Oracle.tried();
            if self.seen.told[Right::Control as usize] != Some(FloorState::Refused) {
                self.violate(Requirement::Oracle, "the expert is told of the brakes in a word of its own");
            }
        }
        if !input.is_local() || input == Input::Timeout {
            Requirement::Rises.tried();
        }
    }

    /// Whatever is refused leaves things as the clock alone would.
    fn judge_error(&mut self, before: &Self, result: Result<(), ConsentError>, effects: &[Effect]) {
        if result.is_ok() {
            return;
        }
        Requirement::Errors.tried();
        let (mut alone, mut due) = (before.state.clone(), Vec::new());
        _ = alone.step(self.now, Input::Timeout, &mut due);
        if alone != self.state || due != effects {
            self.violate(Requirement::Errors, "what was refused has changed something");
        }
    }

    /// Time alone ends every question, and whatever has a limit.
    fn judge_time(&mut self) {
        let (mut state, mut now) = (self.state.clone(), self.now);
        if state.question().is_some() || state.deadline().is_some() {
            Requirement::Ends.tried();
        }
        for _ in 0..16 {
            let Some(due) = state.deadline() else { break };
            now = due.max(now);
            let mut effects = Vec::new();
            _ = state.step(now, Input::Timeout, &mut effects);
            if let Some(right) =
                effects.iter().find_map(|e| if let Effect::Grant(r) = e { Some(*r) } else { None })
            {
                return self.violate(Requirement::Rises, format!("{right:?} is granted by time alone"));
            }
        }
        if state.question().is_some() || state.deadline().is_some() {
            self.violate(Requirement::Ends, "time alone does not end it");
        }
    }
}
