//! This program was built without windows: files are chosen on the terminal.

use super::Wanted;
use rendezvous_desktop::Suspension;
use std::convert::Infallible;

/// There is none.
#[derive(Debug)]
pub(in crate::assistance) struct Sending(Infallible);

impl Sending {
    pub(in crate::assistance) fn here(_: &Suspension, _: &str) -> Option<Self> {
        None
    }

    pub(in crate::assistance) fn open(&mut self) {
        match self.0 {}
    }

    pub(in crate::assistance) fn is_shown(&self) -> bool {
        match self.0 {}
    }

    pub(in crate::assistance) fn answered(&mut self, _: bool) {
        match self.0 {}
    }

    pub(in crate::assistance) fn progress(&mut self, _: Option<(u64, u64)>) {
        match self.0 {}
    }

    pub(in crate::assistance) fn over(&mut self, _: &str) {
        match self.0 {}
    }

    pub(super) async fn next(&mut self) -> Wanted {
        match self.0 {}
    }
}
