//! How an agent begins: its socket, and what it says when it can be used.

use super::accounts::Accounts;
use crate::home::Home;
use crate::terminal::Terminal;
use crate::{application, texts};
use anyhow::{Context, Result, bail};
use rendezvous_dbus::{DbusError, socket::PrivateSocket};
use std::io::Write;

/// The socket that the system handed over, else one of our own.
pub(super) fn socket(home: &Home) -> Result<PrivateSocket> {
    if let Some(listener) = application::activation_socket()? {
        return Ok(PrivateSocket::adopt(listener)?);
    }
    match PrivateSocket::listen(&home.agent_socket()) {
        Err(DbusError::Socket { error, .. }) if error.kind() == std::io::ErrorKind::AddrInUse => {
            bail!(texts::AGENT_RUNS)
        }
        other => Ok(other?),
    }
}

/// Says that others can reach us: to the person, or to the command that waits for it.
pub(super) fn greet(accounts: &Accounts, terminal: Option<&Terminal>, detached: bool) -> Result<()> {
    if detached {
        // Whoever started us reads our errors until this closes them.
        let nowhere = std::fs::OpenOptions::new().write(true).open("/dev/null")?;
        return rustix::stdio::dup2_stderr(&nowhere).context("cannot leave the command that started this");
    }
    let mut out = std::io::stdout().lock();
    for place in accounts.places() {
        writeln!(out, "{}\n{}", texts::ready(place), texts::LOOPBACK_ONLY)?;
    }
    writeln!(out, "{}", if terminal.is_some() { texts::LEAVE_OPEN } else { texts::ANSWER_IN_INBOX })?;
    Ok(out.flush()?)
}
