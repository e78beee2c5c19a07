//! What the expert does, as things to do one after the other, whatever system they are done on.

use rendezvous_assist::input::{Button, InputEvent, Key, Meant};

/// One thing to do; a text is one for each of its characters.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    Move(u16, u16),
    Button(Button, bool),
    Wheel(i8, i8),
    Press(Key, Meant),
    Release(Key),
    Type(char),
}

impl Act {
    /// What an event comes to.
    pub(crate) fn of(event: InputEvent) -> Vec<Self> {
        match event {
            InputEvent::Move { x, y } => vec![Self::Move(x, y)],
            InputEvent::Button { button, down } => vec![Self::Button(button, down)],
            InputEvent::Wheel { dx, dy } => vec![Self::Wheel(dx, dy)],
            InputEvent::Press { key, meant } => vec![Self::Press(key, meant)],
            InputEvent::Release { key } => vec![Self::Release(key)],
            InputEvent::Text(text) => text.characters().iter().copied().map(Self::Type).collect(),
            InputEvent::Held => Vec::new(),
        }
    }
}
