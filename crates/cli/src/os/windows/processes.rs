//! Other processes, and what this one leaves behind it.

use super::system;
use anyhow::Result;
use std::io;
use std::os::windows::process::CommandExt as _;
use std::process::Command;

/// `CREATE_NEW_PROCESS_GROUP`
const NEW_GROUP: u32 = 0x200;
/// `DETACHED_PROCESS`
const DETACHED: u32 = 8;

/// Whatever ends or stops this process by its console does not end that one.
pub(crate) fn in_a_group_of_its_own(command: &mut Command) -> &mut Command {
    command.creation_flags(NEW_GROUP)
}

/// A process that goes on when whoever started it is gone, and has no console.
pub(crate) fn in_the_background(command: &mut Command) -> &mut Command {
    command.creation_flags(NEW_GROUP | DETACHED)
}

/// Whoever started it saw to that.
pub(crate) fn leave_terminal() {}

/// Whoever started us reads our errors until this closes them.
pub(crate) fn leave_who_started_us() -> Result<()> {
    Ok(system::close_errors()?)
}

/// Whether there is a process of this number.
pub(crate) fn is_running(process: u32) -> bool {
    system::is_running(process)
}

/// A process cannot become another one here.
pub(crate) fn become_it(_: &mut Command) -> io::Error {
    io::ErrorKind::Unsupported.into()
}

/// Users have no numbers here.
pub(crate) fn has_user_id(_: u32) -> bool {
    false
}
