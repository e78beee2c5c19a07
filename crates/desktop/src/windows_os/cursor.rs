//! What the pointer looks like and where it is. Windows tells nobody that it moved, so it is asked.

use std::time::{Duration, Instant};

use rendezvous_assist::screen::CursorEvent;

use super::places::Area;
use super::system::pointer::{self, Look};

const ASK_EVERY: Duration = Duration::from_millis(16);

/// Follows the pointer.
#[derive(Debug)]
pub(super) struct CursorWatch {
    ask_from: Instant,
    place: Option<CursorEvent>,
    look: Option<Look>,
}

impl CursorWatch {
    pub(super) fn begin(now: Instant) -> Self {
        Self { ask_from: now, place: None, look: None }
    }

    /// When there is something to ask.
    pub(super) fn due(&self) -> Instant {
        self.ask_from
    }

    /// What changed since the last time. Outside of what is shared, `ground`, there is nothing to tell of it, not even what it
    /// looks like: what somebody drags is part of that.
    pub(super) fn take(&mut self, ground: Area, now: Instant) -> Vec<CursorEvent> {
        if now < self.ask_from {
            return Vec::new();
        }
        self.ask_from = now + ASK_EVERY;
        let found = pointer::pointer().and_then(|pointer| {
            let (x, y) = ground.place_of(pointer.x, pointer.y)?;
            Some((x, y, pointer.look?))
        });
        let place = found.map_or(CursorEvent::Gone, |(x, y, _)| CursorEvent::Moved(x, y));
        let shape = found.and_then(|(.., look)| self.new_look(look));
        let moved = (self.place.replace(place.clone()).as_ref() != Some(&place)).then_some(place);
        shape.into_iter().chain(moved).collect()
    }

    /// It is on no desktop that is shared.
    pub(super) fn gone(&mut self) -> Vec<CursorEvent> {
        let was_there = matches!(self.place.replace(CursorEvent::Gone), Some(CursorEvent::Moved(..)));
        if was_there { vec![CursorEvent::Gone] } else { Vec::new() }
    }

    fn new_look(&mut self, look: Look) -> Option<CursorEvent> {
        if self.look == Some(look) {
            return None;
        }
        let shape = pointer::glyph(look)?.shape()?;
        self.look = Some(look);
        Some(CursorEvent::Shape(shape))
    }
}
