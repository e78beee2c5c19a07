//! How a session goes as an application sees it, whichever way its IM program tells it.
//!
//! IM programs differ, and the reference describes two of them (2.5): one is connected when it hands the session over and
//! says so to nobody, another says it afterwards; one ends with a last state, another with a termination and no state.
//! Here all of them become one course: states that only rise, and one end. Pure: time comes in first.

use crate::SessionEvent;
use crate::member::Said;
use rendezvous_core::{Code, SessionResult, State, Time};
use std::collections::VecDeque;
use std::time::Duration;

/// Whoever ends with a last state may tell the result right after it. No longer than this is waited for that.
pub const RESULT_FOLLOWS: Duration = Duration::from_secs(1);

/// What is heard of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The IM program raised an event; for a changed state, what `get_State` said inside it.
    Said(Said, Option<State>),
    /// The session was looked at: an IM program may change it and raise nothing.
    Looked(State),
    /// The IM program is gone.
    Gone,
    /// Time has passed.
    Timeout,
}

/// What comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Tell the application.
    Tell(SessionEvent),
    /// Nothing more: come back with what is heard next, or at this moment.
    Timeout(Option<Time>),
}

/// The course of one session.
#[derive(Clone, Debug)]
pub struct Course {
    phase: Phase,
    outputs: VecDeque<SessionEvent>,
}

#[derive(Clone, Debug)]
enum Phase {
    /// It goes on; the highest state that was told.
    Open(State),
    /// It is over with this state, and its result may follow.
    Ending { state: State, until: Time },
    /// The end was told.
    Over,
}

impl Course {
    /// A session that was handed over in this state.
    #[must_use]
    pub fn new(now: Time, state: State) -> Self {
        let phase = match state.is_final() {
            true => Phase::Ending { state, until: now.after(RESULT_FOLLOWS) },
            false => Phase::Open(state),
        };
        Self { phase, outputs: VecDeque::new() }
    }

    /// Takes what was heard. Drain [`poll_output`](Self::poll_output) after each.
    pub fn handle_input(&mut self, now: Time, heard: Heard) {
        match (&self.phase, heard) {
            (Phase::Over, _) => {}
            (_, Heard::Gone) => self.end(SessionEvent::Lost),
            (_, Heard::Said(Said::Termination { result, data }, _)) => {
                self.end(SessionEvent::Ended { result, data });
            }
            (Phase::Open(known), Heard::Said(Said::StateChanged { previous }, Some(current))) => {
                let known = *known;
                self.rise(now, known, previous, current);
            }
            (Phase::Open(known), Heard::Looked(current)) => {
                let known = *known;
                self.rise(now, known, known, current);
            }
            (Phase::Open(_), Heard::Said(Said::ContextData(text), _)) => {
                self.outputs.push_back(SessionEvent::ContextData(text));
            }
            (Phase::Open(_), Heard::Said(Said::SendError(result), _)) => {
                self.outputs.push_back(SessionEvent::SendError(result));
            }
            (Phase::Ending { state, until }, Heard::Timeout | Heard::Looked(_)) if *until <= now => {
                let (result, data) = (result_of(*state), String::new());
                self.end(SessionEvent::Ended { result, data });
            }
            // What says nothing new, and what comes after the last state.
            (Phase::Open(_), Heard::Said(Said::StateChanged { .. }, None) | Heard::Timeout)
            | (Phase::Ending { .. }, _) => {}
        }
    }

    /// What comes of it, until it is the timeout.
    pub fn poll_output(&mut self) -> Output {
        match (self.outputs.pop_front(), &self.phase) {
            (Some(event), _) => Output::Tell(event),
            (None, Phase::Ending { until, .. }) => Output::Timeout(Some(*until)),
            (None, Phase::Open(_) | Phase::Over) => Output::Timeout(None),
        }
    }

    /// Whether the end was told.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    /// States only rise; what does not was told before, or is no state of a session that somebody was given.
    fn rise(&mut self, now: Time, known: State, previous: State, current: State) {
        let is_news = match current {
            State::Other(_) | State::Unknown => false,
            published => matches!(known, State::Other(_)) || published.number() > known.number(),
        };
        if !is_news {
            return;
        }
        self.outputs.push_back(SessionEvent::StateChanged { previous, current });
        self.phase = match current.is_final() {
            true => Phase::Ending { state: current, until: now.after(RESULT_FOLLOWS) },
            false => Phase::Open(current),
        };
    }

    fn end(&mut self, event: SessionEvent) {
        self.outputs.push_back(event);
        self.phase = Phase::Over;
    }
}

/// The result of a session whose IM program told only the last state.
fn result_of(state: State) -> SessionResult {
    match state {
        State::Declined => Code::InvitationDeclined.into(),
        State::Terminated => Code::ConnectionFailure.into(),
        _ => Code::SessionCancelledRemote.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1000);
    const LATER: Time = Time(2000);

    fn change(previous: State, current: State) -> Heard {
        Heard::Said(Said::StateChanged { previous }, Some(current))
    }

    fn told(previous: State, current: State) -> SessionEvent {
        SessionEvent::StateChanged { previous, current }
    }

    fn termination(number: u32) -> Heard {
        Heard::Said(Said::Termination { result: SessionResult(number), data: "bye".into() }, None)
    }

    fn ended(number: u32) -> SessionEvent {
        SessionEvent::Ended { result: SessionResult(number), data: "bye".into() }
    }

    fn play(state: State, heard: impl IntoIterator<Item = (Time, Heard)>) -> Vec<SessionEvent> {
        let mut course = Course::new(NOW, state);
        let mut events = Vec::new();
        for (now, heard) in heard {
            course.handle_input(now, heard);
            while let Output::Tell(event) = course.poll_output() {
                events.push(event);
            }
        }
        events
    }

    #[test]
    fn both_orders_of_connecting() {
        let before = play(State::Connected, [(NOW, change(State::Accepted, State::Connected))]);
        assert_eq!(before, [], "it was connected already, and says so again");
        let after = play(State::Accepted, [(NOW, change(State::Accepted, State::Connected))]);
        assert_eq!(after, [told(State::Accepted, State::Connected)]);
        let silent = play(State::Accepted, [(NOW, Heard::Looked(State::Connected))]);
        assert_eq!(silent, [told(State::Accepted, State::Connected)], "nobody said it");
    }

    #[test]
    fn both_endings_and_both_together_are_one_end() {
        let cancelled = change(State::Connected, State::Cancelled);
        let told = told(State::Connected, State::Cancelled);
        let by_default =
            SessionEvent::Ended { result: Code::SessionCancelledRemote.into(), data: String::new() };
        let only_state = [(NOW, cancelled.clone()), (NOW, Heard::Timeout), (LATER, Heard::Timeout)];
        assert_eq!(play(State::Connected, only_state), [told.clone(), by_default]);
        assert_eq!(play(State::Connected, [(NOW, termination(7))]), [ended(7)]);
        let both = [(NOW, cancelled.clone()), (NOW, termination(7)), (LATER, Heard::Timeout)];
        assert_eq!(play(State::Connected, both), [told, ended(7)]);
        let turned_round = [(NOW, termination(7)), (NOW, cancelled), (LATER, Heard::Timeout)];
        assert_eq!(play(State::Connected, turned_round), [ended(7)]);
    }

    #[test]
    fn nothing_follows_the_end() {
        let text = Heard::Said(Said::ContextData("late".into()), None);
        let all = [
            (NOW, termination(0)),
            (NOW, termination(1)),
            (NOW, text.clone()),
            (NOW, Heard::Looked(State::Terminated)),
            (NOW, Heard::Gone),
            (LATER, Heard::Timeout),
        ];
        assert_eq!(play(State::Connected, all), [ended(0)]);
        let last_state = [(NOW, change(State::Connected, State::Terminated)), (NOW, text)];
        assert_eq!(play(State::Connected, last_state), [told(State::Connected, State::Terminated)]);
    }

    #[test]
    fn an_im_program_that_is_gone_is_lost_once() {
        assert_eq!(play(State::Connected, [(NOW, Heard::Gone), (NOW, Heard::Gone)]), [SessionEvent::Lost]);
        assert_eq!(play(State::Accepted, [(NOW, Heard::Gone)]), [SessionEvent::Lost]);
        assert_eq!(play(State::Cancelled, [(NOW, Heard::Gone)]), [SessionEvent::Lost]);
    }

    #[test]
    fn states_only_rise_and_strange_ones_are_no_news() {
        for (known, current) in [
            (State::Connected, State::Accepted),
            (State::Connected, State::Unknown),
            (State::Connected, State::Other(8)),
            (State::Accepted, State::Invitation),
        ] {
            assert_eq!(play(known, [(NOW, change(known, current)), (NOW, Heard::Looked(current))]), []);
        }
        let strange = play(State::Other(9), [(NOW, change(State::Other(9), State::Connected))]);
        assert_eq!(strange, [told(State::Other(9), State::Connected)]);
    }

    #[test]
    fn a_session_that_was_over_when_it_came_ends() {
        let mut course = Course::new(NOW, State::Declined);
        assert_eq!(course.poll_output(), Output::Timeout(Some(LATER)));
        course.handle_input(LATER, Heard::Timeout);
        let expected = SessionEvent::Ended { result: Code::InvitationDeclined.into(), data: String::new() };
        assert_eq!(course.poll_output(), Output::Tell(expected));
        assert_eq!(course.poll_output(), Output::Timeout(None));
        assert!(course.is_over());
    }

    /// Whatever an IM program says in whatever order, an application hears at most one end, and nothing after it.
    #[test]
    fn every_order_of_four_ends_at_most_once() {
        let text = Heard::Said(Said::ContextData("text".into()), None);
        let all = [
            change(State::Accepted, State::Connected),
            change(State::Connected, State::Cancelled),
            change(State::Connected, State::Other(77)),
            Heard::Said(Said::StateChanged { previous: State::Connected }, None),
            termination(3),
            text,
            Heard::Looked(State::Terminated),
            Heard::Gone,
            Heard::Timeout,
        ];
        let orders = all.len().pow(4);
        for order in 0..orders {
            let picks = (0..4).map(|place| order / all.len().pow(place) % all.len());
            let heard = picks.zip([NOW, NOW, LATER, LATER]).map(|(pick, now)| (now, all[pick].clone()));
            let events = play(State::Accepted, heard);
            let is_end =
                |event: &SessionEvent| matches!(event, SessionEvent::Ended { .. } | SessionEvent::Lost);
            let ends = events.iter().filter(|event| is_end(event)).count();
            assert!(ends == 0 || ends == 1 && events.last().is_some_and(is_end), "{order}: {events:?}");
        }
    }
}
