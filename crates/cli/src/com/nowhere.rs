//! COM is a thing of Windows; elsewhere programs meet on a bus. Nobody can make a value of these types here.

use crate::home::Home;
use anyhow::Result;
use clap::error::ErrorKind;
use clap::{ArgMatches, Command, Error, FromArgMatches, Subcommand};
use rendezvous_core::{Application, Event};
use rendezvous_net::{Handle, SessionInfo};
use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// There is none.
#[derive(Debug)]
pub(crate) enum Verb {}

impl FromArgMatches for Verb {
    fn from_arg_matches(_: &ArgMatches) -> Result<Self, Error> {
        Err(Error::new(ErrorKind::MissingSubcommand))
    }

    fn update_from_arg_matches(&mut self, _: &ArgMatches) -> Result<(), Error> {
        match *self {}
    }
}

impl Subcommand for Verb {
    fn augment_subcommands(command: Command) -> Command {
        command
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        command
    }

    fn has_subcommand(_: &str) -> bool {
        false
    }
}

/// Never called.
#[expect(clippy::unused_async, reason = "the other one waits")]
pub(crate) async fn run(_: &Home, verb: Verb) -> Result<ExitCode> {
    match verb {}
}

/// Never had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {}

impl fmt::Display for Class {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

/// Nothing is registered here in this way.
pub(crate) fn applications() -> Vec<(PathBuf, Application, Class)> {
    Vec::new()
}

/// Never had.
#[derive(Debug)]
pub(crate) enum Handed {}

impl Handed {
    #[expect(clippy::unused_async, reason = "the other one waits")]
    pub(crate) async fn tell(&self, _: &Event) -> Result<(), Infallible> {
        match *self {}
    }

    #[expect(clippy::unused_async, reason = "the other one waits")]
    pub(crate) async fn closed(&self) {
        match *self {}
    }
}

/// Never called.
#[expect(clippy::unused_async, reason = "the other one waits")]
pub(crate) async fn hand_over(class: Class, _: SessionInfo, _: Handle, _: Duration) -> Result<Handed> {
    match class {}
}
