//! An application as a process of its own, with its end of a private socket.

use super::Place;
use crate::application::hello::HELLO;
use crate::home::Home;
use crate::surroundings::{HANDED_OVER, RETURNED};
use crate::{log, os};
use anyhow::{Context, Result, bail};
use rendezvous_core::ApplicationId;
use std::process::{Command, Stdio};
use tokio::process::Child;

/// Where the errors of all applications of others go.
const LOG_OF_OTHERS: &str = "applications";

/// One of the applications inside this program.
pub(super) fn inside(home: &Home, application: ApplicationId) -> Result<Command> {
    let name = match application {
        HELLO => "hello",
        ApplicationId::ASK | ApplicationId::OFFER => "assist",
        ApplicationId::SHARE_TERMINAL | ApplicationId::VIEW_TERMINAL => "terminal",
        // Between the answer and the start its registration went.
        other => bail!("{other} is not registered any more"),
    };
    let mut command = Command::new(std::env::current_exe().context("cannot find this program")?);
    command.args(["application", name]).stderr(Stdio::from(log::open(home, name)?));
    // Programs that it starts itself have nothing of that: it takes it out of their surroundings.
    command.env(RETURNED.0, RETURNED.1);
    Ok(command)
}

/// One that somebody registered: its program, and the words that follow.
pub(super) fn registered(home: &Home, words: &[String]) -> Result<Command> {
    let (program, arguments) = words.split_first().context("the registration names no program")?;
    let mut command = Command::new(program);
    command.args(arguments).stderr(Stdio::from(log::of_others(home, LOG_OF_OTHERS)?));
    Ok(command)
}

/// Starts it at its person's terminal, in its person's surroundings.
pub(super) fn spawn(mut command: Command, home: &Home, place: &Place) -> Result<Child> {
    match &place.terminal {
        Some(terminal) => os::at_terminal(&mut command, terminal)?,
        None => _ = command.stdin(Stdio::null()).stdout(Stdio::null()),
    }
    for name in HANDED_OVER {
        command.env_remove(name);
    }
    command.envs(&place.environment).envs(home.variable());
    let mut command = tokio::process::Command::from(command);
    command.kill_on_drop(true).spawn().context("cannot start the application")
}
