//! This program was built without windows: everything is asked on the terminal.

use super::{Answer, Ask};
use rendezvous_desktop::Suspension;
use std::convert::Infallible;
use std::process::ExitCode;
use std::time::Duration;

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

    pub(crate) fn is_open(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn withdraw(&mut self) {
        match self.0 {}
    }

    pub(crate) fn say_over(&mut self, _: &str, _: Duration, _: bool) {
        match self.0 {}
    }

    pub(super) async fn answer(&mut self) -> Answer {
        match self.0 {}
    }
}

/// There is no window for them.
pub(crate) fn last_words(_: u64, _: bool) -> anyhow::Result<ExitCode> {
    anyhow::bail!("this program was built without windows")
}
