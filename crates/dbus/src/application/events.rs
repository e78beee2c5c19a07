//! What a session's application is told.

use crate::pump::Pump;
use crate::{SESSION_INTERFACE, bus};
use rendezvous_core::{SessionResult, State};
use zbus::message::Type;
use zbus::names::OwnedUniqueName;
use zbus::{MessageStream, OwnedObjectPath};

/// What an application is told, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEvent {
    /// The state changed.
    StateChanged {
        /// What it was.
        previous: State,
        /// What it is.
        current: State,
    },
    /// The other application sent this.
    ContextData(String),
    /// Something that was sent did not arrive.
    SendError(SessionResult),
    /// The end.
    Ended {
        /// How it ended.
        result: SessionResult,
        /// The data of the ending.
        data: String,
    },
    /// The IM program is gone, and the session with it.
    Lost,
}

/// The events of a held session.
#[derive(Debug)]
pub struct Events {
    pump: Pump<SessionEvent>,
    known: State,
}

impl Events {
    /// On a bus only what the session's owner says counts, and that the owner has left.
    pub(super) fn of(stream: MessageStream, owner: Option<OwnedUniqueName>, path: OwnedObjectPath) -> Self {
        let pump = Pump::start(stream, move |message| {
            let header = message.header();
            let sender = header.sender().map(|sender| sender.as_str());
            let ours = message.message_type() == Type::Signal
                && owner.as_ref().is_none_or(|owner| sender == Some(owner.as_str()))
                && header.interface().is_some_and(|i| i.as_str() == SESSION_INTERFACE)
                && header.path().is_some_and(|p| p.as_str() == path.as_str());
            if ours {
                return header.member().and_then(|member| decode(member.as_str(), message));
            }
            let owner = owner.as_ref()?;
            bus::left(message).filter(|name| name == owner.as_str()).map(|_| SessionEvent::Lost)
        });
        Self { pump, known: State::Unknown }
    }

    /// Who began to listen and then looked at the state hears of it a second time when it changed between the two.
    pub(super) fn knowing(self, state: State) -> Self {
        Self { known: state, ..self }
    }

    /// The next event. After [`SessionEvent::Lost`] there are no more. They wait here at no cost to calls; when more
    /// than 8 MiB of them wait, the session counts as lost.
    pub async fn next(&mut self) -> SessionEvent {
        loop {
            let event = self.pump.next().await.unwrap_or(SessionEvent::Lost);
            if !is_old(self.known, &event) {
                return event;
            }
        }
    }
}

/// States only go up, so a change to one that is not above a known one was before it. What is not a state is told.
fn is_old(known: State, event: &SessionEvent) -> bool {
    match event {
        SessionEvent::StateChanged { current: State::Unknown, .. } => false,
        SessionEvent::StateChanged { current, .. } => current.number() <= known.number(),
        _ => false,
    }
}

/// A signal of `Session1` as an event; `None` for those that we do not know.
fn decode(member: &str, message: &zbus::Message) -> Option<SessionEvent> {
    let body = message.body();
    match member {
        "StateChanged" => {
            let (previous, current): (u32, u32) = body.deserialize().ok()?;
            Some(SessionEvent::StateChanged {
                previous: State::from_number(previous),
                current: State::from_number(current),
            })
        }
        "ContextData" => Some(SessionEvent::ContextData(body.deserialize().ok()?)),
        "SendError" => Some(SessionEvent::SendError(SessionResult(body.deserialize().ok()?))),
        "Ended" => {
            let (result, data): (u32, String) = body.deserialize().ok()?;
            Some(SessionEvent::Ended { result: SessionResult(result), data })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_to_a_state_that_was_seen_is_not_told_again() {
        let change = |previous, current| SessionEvent::StateChanged { previous, current };
        let connected = change(State::Accepted, State::Connected);
        let cancelled = change(State::Connected, State::Cancelled);
        assert!(is_old(State::Connected, &connected) && !is_old(State::Accepted, &connected));
        assert!(!is_old(State::Connected, &cancelled));
        assert!(is_old(State::Cancelled, &connected) && is_old(State::Cancelled, &cancelled));
        assert!(!is_old(State::Connected, &change(State::Connected, State::Unknown)));
        assert!(!is_old(State::Cancelled, &SessionEvent::Lost));
    }
}
