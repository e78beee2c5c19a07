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

    pub(crate) fn say_over(&mut self, _: &str, _: Duration, _: bool, _: Option<&str>) {
        match self.0 {}
    }

    pub(super) async fn answer(&mut self) -> Answer {
        match self.0 {}
    }
}

/// What there would be to tell in a window of its own.
#[derive(Clone, Debug)]
pub(crate) enum Told<'a> {
    Failed(rendezvous_core::SessionResult),
    Sentence(&'a str),
}

/// There is none, so it is only written down.
pub(crate) fn tell(_: &str, told: &Told<'_>, _: &std::collections::HashMap<String, String>) {
    match told {
        Told::Failed(result) => tracing::debug!(?result, "There is no window to tell this in"),
        Told::Sentence(sentence) => tracing::debug!(sentence, "There is no window to tell this in"),
    }
}

/// Never.
pub(crate) fn can_ask_in(_: impl Fn(&str) -> Option<String>) -> bool {
    false
}

/// Never asked.
pub(crate) fn ring_of(
    _: &std::collections::HashMap<String, String>,
    caller: &crate::standing::Caller,
    _: bool,
    _: rendezvous_core::ApplicationId,
    _: Option<&str>,
) -> super::Ring {
    let (no, yes) = (String::new(), String::new());
    super::Ring { heading: caller.who.clone(), line: caller.line(), meaning: String::new(), no, yes }
}

/// There is no window for it.
pub(crate) fn ring() -> anyhow::Result<ExitCode> {
    anyhow::bail!("this program was built without windows")
}

/// There is no window for them.
pub(crate) fn last_words(_: &crate::args::LastWords) -> anyhow::Result<ExitCode> {
    anyhow::bail!("this program was built without windows")
}
