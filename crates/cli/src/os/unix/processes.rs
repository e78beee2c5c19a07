//! Other processes, and what this one leaves behind it.

use anyhow::{Context, Result};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Whatever ends or stops this process by its terminal does not end that one.
pub(crate) fn in_a_group_of_its_own(command: &mut Command) -> &mut Command {
    command.process_group(0)
}

/// A process that goes on when whoever started it is gone. It leaves the terminal itself.
pub(crate) fn in_the_background(command: &mut Command) -> &mut Command {
    command
}

/// From here on no terminal means anything to this process.
pub(crate) fn leave_terminal() {
    // Fails only where this process leads a session already, and then it is as it should be.
    _ = rustix::process::setsid();
}

/// Whoever started us reads our errors until this closes them.
pub(crate) fn leave_who_started_us() -> Result<()> {
    let nowhere = std::fs::OpenOptions::new().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stderr(&nowhere).context("cannot leave the command that started this")
}

/// Whether there is a process of this number.
pub(crate) fn is_running(process: u32) -> bool {
    let process = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
    process.is_some_and(|process| rustix::process::test_kill_process(process).is_ok())
}

/// Becomes this program. Returns only where that cannot be.
pub(crate) fn become_it(command: &mut Command) -> io::Error {
    command.exec()
}

/// Whether this number, as a bus gives it, is our user's.
pub(crate) fn has_user_id(user: u32) -> bool {
    user == rustix::process::getuid().as_raw()
}
