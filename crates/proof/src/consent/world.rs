//! A state of the model: consent itself, the moment, and what was seen of it from outside.

use super::judge::Seen;
use super::scenario::{Scenario, TICK};
use super::{Fault, Requirement};
use rendezvous_assist::Time;
use rendezvous_assist::brakes::Beginning;
use rendezvous_assist::consent::{Input, QuestionKind, Right, State};
use std::hash::{Hash, Hasher};

/// When everything begins.
pub(super) const START: Time = Time(1_000_000);

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The expert, the person, the machine or its timer.
    Give(Input),
    /// Time passes. The timer that is due may come late.
    Tick,
}

/// A state of the model.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) now: Time,
    pub(super) state: State,
    pub(super) seen: Seen,
    pub(super) fault: Option<Box<Fault>>,
}

impl PartialEq for World {
    fn eq(&self, other: &Self) -> bool {
        self.relative() == other.relative()
    }
}

/// Moments count by their distance from now.
impl Hash for World {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.relative().hash(hasher);
    }
}

impl World {
    /// Nothing has happened.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        let (limits, facts) = (scenario.limits(), scenario.facts());
        let state = State::new(limits, &facts);
        Self { now: START, state, seen: Seen::new(limits, &facts), fault: None }
    }

    fn relative(&self) -> (State, Seen, bool, &Option<Box<Fault>>) {
        let (state, seen) = (self.state.seen_from(self.now), self.seen.seen_from(self.now));
        (state, seen, self.seen.gone.is_some(), &self.fault)
    }

    pub(super) fn holds(&self, requirement: Requirement) -> bool {
        self.fault.as_ref().is_none_or(|fault| fault.requirement != requirement)
    }

    /// What was violated.
    #[must_use]
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_deref()
    }

    pub(super) fn violate(&mut self, requirement: Requirement, how: impl Into<String>) {
        if self.fault.is_none() {
            self.fault = Some(Box::new(Fault { requirement, how: how.into() }));
        }
    }

    /// Everything that anybody could do. The expert is not bound to any order.
    pub(super) fn actions(&self, scenario: &Scenario, actions: &mut Vec<Action>) {
        if self.fault.is_some() {
            return;
        }
        let mut inputs = vec![
            Input::Connected,
            Input::Disconnected,
            Input::Ended,
            Input::Request(Right::View),
            Input::Pause,
            Input::Resume,
            Input::Stop,
            Input::Locked,
            Input::Suspended,
            Input::BarGone,
            Input::BarBack,
            Input::Timeout,
        ];
        let floors = scenario.floors.iter().copied();
        inputs.extend(
            floors.flat_map(|right| [Input::Request(right), Input::Release(right), Input::TakeBack(right)]),
        );
        if let Some(shown) = self.seen.open {
            let question = shown.id;
            inputs.extend([true, false].map(|yes| Input::Answer { question, yes }));
            if shown.kind == QuestionKind::HowItBegan {
                let all = [Beginning::IAsked, Beginning::TheyCame, Beginning::AMessage];
                inputs.extend(all.map(|how| Input::Began { question, how }));
            }
        }
        // A click on a question that has just gone.
        if let Some(question) = self.seen.gone {
            inputs.push(Input::Answer { question, yes: true });
            inputs.push(Input::Began { question, how: Beginning::IAsked });
        }
        actions.extend(inputs.into_iter().map(Action::Give));
        if !self.seen.over {
            actions.push(Action::Tick);
        }
    }

    /// Takes one step, and writes down what happened.
    pub(super) fn step(&self, scenario: &Scenario, action: Action, tale: Option<&mut Vec<String>>) -> Self {
        let mut next = self.clone();
        let Action::Give(input) = action else {
            next.now = self.now.after(TICK);
            if let Some(tale) = tale {
                tale.push("time passes".to_owned());
            }
            return next;
        };
        let mut effects = Vec::new();
        let result = next.state.step(next.now, input, &mut effects);
        if let Some(tale) = tale {
            let who = match input {
                Input::Timeout => "the timer",
                Input::Locked | Input::Suspended | Input::BarGone | Input::BarBack => "the machine",
                input if input.is_local() => "the person",
                _ => "THE EXPERT",
            };
            tale.push(format!("{who}: {input:?}"));
            tale.extend(effects.iter().map(|effect| format!("    {effect:?}")));
            tale.extend(result.err().map(|error| format!("    refused: {error}")));
        }
        next.judge(scenario, self, input, result, &effects);
        next
    }
}
