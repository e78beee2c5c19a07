//! This program was built without windows: the two write to each other on the terminal.

use super::Wrote;
use rendezvous_assist::chat::ChatText;
use rendezvous_desktop::Suspension;
use std::convert::Infallible;

/// There is none.
#[derive(Debug)]
pub(crate) struct Chatting(Infallible);

impl Chatting {
    pub(crate) fn here(_: &Suspension, _: &str) -> Option<Self> {
        None
    }

    pub(crate) fn open(&mut self) {
        match self.0 {}
    }

    pub(crate) fn they_wrote(&mut self, _: &ChatText) {
        match self.0 {}
    }

    pub(crate) fn you_wrote(&mut self, _: &ChatText) {
        match self.0 {}
    }

    pub(crate) fn they_are_typing(&mut self, _: bool) {
        match self.0 {}
    }

    pub(crate) fn missed(&mut self, _: u64) {
        match self.0 {}
    }

    pub(super) async fn next(&mut self) -> Wrote {
        match self.0 {}
    }
}
