//! This program was built without windows: everything is asked on the terminal.

use super::{Answer, Ask};
use rendezvous_desktop::Suspension;
use std::convert::Infallible;

/// There is none.
#[derive(Debug)]
pub(crate) struct Asking(Infallible);

impl Asking {
    pub(crate) fn here(_: &Suspension) -> Option<Self> {
        None
    }

    pub(crate) fn ask(&mut self, _: &str, _: Ask<'_>) {
        match self.0 {}
    }

    pub(crate) fn withdraw(&mut self) {
        match self.0 {}
    }

    pub(super) async fn answer(&mut self) -> Answer {
        match self.0 {}
    }
}
