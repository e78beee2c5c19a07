//! The person at this machine, and what they do only on X11 so far.

use rendezvous_assist::Time;
use rendezvous_assist::consent::Input;
use rendezvous_desktop::Suspension;
use rendezvous_desktop::x11::StopKeys;

use crate::server::Server;

#[path = "../person/mod.rs"]
mod anywhere;

pub(crate) use anywhere::{Person, dead_view};

impl Person {
    /// Listens for what stops everything, as far as it is told apart from what the expert's hands do.
    pub(crate) fn listens(&self, server: &Server, suspension: &Suspension) -> StopKeys {
        StopKeys::watch(&self.view(), self.brake(), server.at(), suspension)
            .expect("the display tells of keys")
    }

    /// Hides the screen for a while.
    pub(crate) fn pauses(&mut self) {
        self.consent.handle_input(Time(2_500), Input::Pause).expect("there is something to hide");
    }
}
