//! The events of `DMsgrSessionEvents`, and which of them a session raises in which order (reference 3.5, 4.1).
//!
//! The order is: the state, what happened, and `OnTermination` last and once. What a refusal or a cancellation carries is
//! known with the end, so `OnDeclined` and `OnCancelled` come right before that.

use crate::member::Argument;
use crate::{numbers, wide};
use rendezvous_core::{Code, Event, SessionResult, State};

/// `OnReadyToLaunch`.
pub const READY_TO_LAUNCH: i32 = 109;
/// `BeforeAppLaunch`, whose argument a listener may change.
pub const BEFORE_LAUNCH: i32 = 112;
/// `OnInvitation`, at the manager.
pub const INVITATION: i32 = 100;
/// `OnAppRegistered`, at the manager.
pub const REGISTERED: i32 = 101;
/// `OnAppUnRegistered`, at the manager.
pub const UNREGISTERED: i32 = 102;
/// `OnAppShutdown`, at the manager.
pub const SHUTDOWN: i32 = 126;

/// An event with its arguments, in the order in which they are declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// The DISPID.
    pub number: i32,
    /// What it says.
    pub arguments: Vec<Argument>,
}

/// A session, as its listeners have been told of it.
#[derive(Clone, Debug, Default)]
pub struct Telling {
    /// A call from here ended it.
    is_ended_here: bool,
    /// What is said with the data of the end.
    specific: Option<i32>,
    state: Option<State>,
}

impl Telling {
    /// From now on an end is our own doing.
    pub fn end_here(&mut self) {
        self.is_ended_here = true;
    }

    /// What is raised for this event, in order.
    pub fn of(&mut self, event: &Event) -> Vec<Raised> {
        match event {
            Event::StateChanged { previous, current } => {
                self.state = Some(*current);
                vec![raised(103, vec![Argument::Number(numbers::of_state(*previous))])]
            }
            Event::Accepted { data } => vec![raised(105, vec![text(data)])],
            Event::Declined { .. } => {
                self.specific = Some(106);
                Vec::new()
            }
            Event::Cancelled { .. } => {
                self.specific = Some(107);
                Vec::new()
            }
            Event::ContextData(data) => vec![raised(110, vec![text(data)])],
            Event::SendError(code) => vec![raised(111, vec![result((*code).into())])],
            Event::Ended { result: number, data } => self.end(*number, data),
            Event::Invited(_) | Event::AppNotPresent { .. } | Event::Ringing(_) | Event::Launch => Vec::new(),
        }
    }

    fn end(&mut self, number: SessionResult, data: &str) -> Vec<Raised> {
        let is_over_there = self.state == Some(State::Cancelled)
            && !self.is_ended_here
            && number.code() != Some(Code::SessionCancelledLocal);
        let specific = self.specific.take().or(is_over_there.then_some(107));
        let specific = specific.map(|specific| raised(specific, vec![text(data)]));
        specific.into_iter().chain([raised(108, vec![result(number), text(data)])]).collect()
    }
}

fn raised(number: i32, arguments: Vec<Argument>) -> Raised {
    Raised { number, arguments }
}

fn text(text: &str) -> Argument {
    Argument::Text(wide::write(text))
}

fn result(result: SessionResult) -> Argument {
    Argument::Number(numbers::of_result(result))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_core::{CancelReason, DeclinedBy};

    fn numbers_of(telling: &mut Telling, events: &[Event]) -> Vec<i32> {
        events.iter().flat_map(|event| telling.of(event)).map(|raised| raised.number).collect()
    }

    fn change(previous: State, current: State) -> Event {
        Event::StateChanged { previous, current }
    }

    fn ended(code: Code) -> Event {
        Event::Ended { result: code.into(), data: "why".into() }
    }

    #[test]
    fn an_accepted_invitation_is_told_in_the_published_order() {
        let events = [
            change(State::Ready, State::Invitation),
            change(State::Invitation, State::Accepted),
            Event::Accepted { data: "yes".into() },
            Event::Launch,
            change(State::Accepted, State::Connected),
            Event::ContextData("text".into()),
            Event::SendError(Code::ContextDataSendFailure),
            change(State::Connected, State::Cancelled),
            ended(Code::SessionCancelledRemote),
        ];
        assert_eq!(
            numbers_of(&mut Telling::default(), &events),
            [103, 103, 105, 103, 110, 111, 103, 107, 108]
        );
    }

    #[test]
    fn a_refusal_and_a_withdrawal_carry_the_data_of_the_end() {
        for (event, state, code, number) in [
            (Event::Declined { by: DeclinedBy::Person }, State::Declined, Code::InvitationDeclined, 106),
            (
                Event::Cancelled { reason: CancelReason::Withdrawn },
                State::Cancelled,
                Code::CancelBeforeConnect,
                107,
            ),
        ] {
            let mut telling = Telling::default();
            let all: Vec<_> = [change(State::Invitation, state), event, ended(code)]
                .iter()
                .flat_map(|event| telling.of(event))
                .collect();
            assert_eq!(all.iter().map(|raised| raised.number).collect::<Vec<_>>(), [103, number, 108]);
            assert_eq!(all[1].arguments, [text("why")]);
            assert_eq!(all[2].arguments, [result(code.into()), text("why")]);
        }
    }

    #[test]
    fn what_was_ended_here_was_not_cancelled_there() {
        let end = [change(State::Connected, State::Cancelled), ended(Code::SessionCancelledRemote)];
        let mut here = Telling::default();
        here.end_here();
        assert_eq!(numbers_of(&mut here, &end), [103, 108]);
        let local = [change(State::Connected, State::Cancelled), ended(Code::SessionCancelledLocal)];
        assert_eq!(numbers_of(&mut Telling::default(), &local), [103, 108]);
        let failed = [change(State::Connected, State::Terminated), ended(Code::ConnectionFailure)];
        assert_eq!(numbers_of(&mut Telling::default(), &failed), [103, 108]);
    }
}
