//! What the expert may do besides seeing: five floors, each on its own.

use super::news::{Announcement, FloorState};
use super::rights::Right;
use super::state::Effect;
use crate::Time;

/// All floors. The one that is being asked for is known by its question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Floors([Floor; Right::FLOORS.len()]);

/// Who has one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Floor {
    /// Nobody asked yet, or the answer is awaited.
    #[default]
    None,
    /// The expert, until this moment; `None`: as long as the help lasts.
    Granted { until: Option<Time> },
    /// Nobody; this is how the last request ended.
    Closed(Closed),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Closed {
    Denied,
    Refused,
    Released,
    Revoked,
    Expired,
}

impl Floors {
    /// This floor; `None` for the view, which is none.
    pub(super) fn get(&self, right: Right) -> Option<Floor> {
        right.index().checked_sub(1).and_then(|index| self.0.get(index)).copied()
    }

    pub(super) fn set(&mut self, right: Right, floor: Floor) {
        if let Some(place) = right.index().checked_sub(1).and_then(|index| self.0.get_mut(index)) {
            *place = floor;
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Right, Floor)> + use<> {
        Right::FLOORS.into_iter().zip(self.0)
    }

    /// What the expert has now.
    pub(super) fn granted(&self) -> impl Iterator<Item = (Right, Option<Time>)> + use<> {
        self.iter().filter_map(|(right, floor)| match floor {
            Floor::Granted { until } => Some((right, until)),
            Floor::None | Floor::Closed(_) => None,
        })
    }

    /// Takes a floor away, whoever has it, and says how.
    pub(super) fn close(&mut self, right: Right, closed: Closed, effects: &mut Vec<Effect>) {
        if matches!(self.get(right), Some(Floor::Granted { .. })) {
            effects.push(Effect::Revoke(right));
        }
        self.set(right, Floor::Closed(closed));
        effects.push(tell(right, closed.announced()));
    }

    /// Takes away whatever the expert has.
    pub(super) fn revoke_all(&mut self, effects: &mut Vec<Effect>) {
        for (right, _) in self.granted() {
            self.close(right, Closed::Revoked, effects);
        }
    }

    /// The same with every moment counted from `now`.
    pub(super) fn seen_from(mut self, now: Time) -> Self {
        for floor in &mut self.0 {
            if let Floor::Granted { until: Some(until) } = floor {
                *until = until.seen_from(now);
            }
        }
        self
    }
}

impl Floor {
    pub(super) fn announced(self) -> Option<FloorState> {
        match self {
            Self::None => None,
            Self::Granted { .. } => Some(FloorState::Granted),
            Self::Closed(closed) => Some(closed.announced()),
        }
    }
}

impl Closed {
    fn announced(self) -> FloorState {
        match self {
            Self::Denied => FloorState::Denied,
            Self::Refused => FloorState::Refused,
            Self::Released => FloorState::Released,
            Self::Revoked => FloorState::Revoked,
            Self::Expired => FloorState::Expired,
        }
    }
}

pub(super) fn tell(right: Right, state: FloorState) -> Effect {
    Effect::Tell(Announcement::Floor(right, state))
}
