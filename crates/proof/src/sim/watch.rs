//! What must hold in every run, by events alone.

use rendezvous_core::{Event, Role, SessionId, State};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the sessions of one device.
#[derive(Debug, Default)]
pub(super) struct Watch {
    sessions: BTreeMap<SessionId, Seen>,
}

/// What is known of one session on one device.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) role: Role,
    pub(super) state: State,
    pub(super) accepted: bool,
    pub(super) launched: bool,
    pub(super) attached: bool,
    pub(super) ended: bool,
    pub(super) sent: u64,
    received: BTreeSet<u64>,
    highest: Option<u64>,
}

impl Watch {
    pub(super) fn made(&mut self, id: SessionId, role: Role) -> &mut Seen {
        self.sessions.entry(id).or_insert(Seen {
            role,
            state: State::Unknown,
            accepted: false,
            launched: false,
            attached: false,
            ended: false,
            sent: 0,
            received: BTreeSet::new(),
            highest: None,
        })
    }

    pub(super) fn get(&self, id: SessionId) -> Option<&Seen> {
        self.sessions.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: SessionId) -> Option<&mut Seen> {
        self.sessions.get_mut(&id)
    }

    pub(super) fn open(&self) -> impl Iterator<Item = (SessionId, &Seen)> {
        self.sessions.iter().filter(|(_, s)| !s.ended).map(|(id, s)| (*id, s))
    }

    /// Takes note of an event; what is wrong with it, if anything is.
    pub(super) fn event(&mut self, id: SessionId, event: &Event) -> Result<(), String> {
        if matches!(event, Event::AppNotPresent { .. }) {
            return Ok(());
        }
        if matches!(event, Event::Invited(_)) && self.sessions.contains_key(&id) {
            return Err("an invitation comes a second time".into());
        }
        let seen = self.made(id, Role::Invitee);
        if seen.ended {
            return Err(format!("after the end comes {event:?}"));
        }
        match event {
            Event::StateChanged { previous, current } => seen.changed(*previous, *current),
            Event::Launch if seen.launched => Err("an application starts twice".into()),
            Event::Launch if seen.role == Role::Invitee && !seen.accepted => {
                Err("an application starts and nobody said yes".into())
            }
            Event::Launch => {
                seen.launched = true;
                Ok(())
            }
            Event::ContextData(text) => seen.came(id, text),
            Event::Ended { .. } if !seen.state.is_final() => {
                Err(format!("the end comes in {:?}", seen.state))
            }
            Event::Ended { .. } => {
                seen.ended = true;
                Ok(())
            }
            Event::Invited(_)
            | Event::AppNotPresent { .. }
            | Event::Ringing(_)
            | Event::Accepted { .. }
            | Event::Declined { .. }
            | Event::Cancelled { .. }
            | Event::SendError(_) => Ok(()),
        }
    }
}

impl Seen {
    fn changed(&mut self, previous: State, current: State) -> Result<(), String> {
        if previous != self.state {
            return Err(format!("{previous:?} is named, {:?} it was", self.state));
        }
        if previous.is_final() {
            return Err(format!("{current:?} follows {previous:?}"));
        }
        if matches!(current, State::Accepted | State::Connected)
            && self.role == Role::Invitee
            && !self.accepted
        {
            return Err(format!("{current:?} and nobody said yes"));
        }
        if current == State::Connected && !self.attached {
            return Err("connected without the application".into());
        }
        self.state = current;
        Ok(())
    }

    /// Texts carry their session and number; each comes once, in order, in its own session.
    fn came(&mut self, id: SessionId, text: &str) -> Result<(), String> {
        if self.state != State::Connected {
            return Err(format!("a text comes in {:?}", self.state));
        }
        let number = text
            .split_once(' ')
            .filter(|(session, _)| *session == id.to_string())
            .and_then(|(_, rest)| rest.split(' ').next()?.parse::<u64>().ok());
        let Some(number) = number else { return Err(format!("a text of elsewhere comes: {text:.60}")) };
        if !self.received.insert(number) || self.highest.is_some_and(|highest| number < highest) {
            return Err(format!("text {number} comes after {:?}", self.highest));
        }
        self.highest = Some(number);
        Ok(())
    }
}
