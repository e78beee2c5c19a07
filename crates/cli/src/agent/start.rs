//! How an agent begins: its socket, and what it says when it can be used.

use super::accounts::Accounts;
use crate::home::Home;
use crate::terminal::Terminal;
use crate::{os, private, texts};
use anyhow::{Result, bail};
use rendezvous_dbus::{DbusError, socket::PrivateSocket};
use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

/// An agent that is on its way out may take so long.
const OUTGOING: Duration = Duration::from_secs(5);

/// Takes the lock that makes this process the agent. Whoever starts one in the background has made sure that none can
/// be reached, so one that still holds the lock is about to end.
pub(super) async fn be_the_only_one(home: &Home, is_started_for_a_command: bool) -> Result<File> {
    let deadline = Instant::now() + OUTGOING;
    loop {
        match private::try_lock(&home.agent_lock())? {
            Some(lock) => return Ok(lock),
            None if is_started_for_a_command && Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            None => bail!(texts::AGENT_RUNS),
        }
    }
}

/// The socket that the system handed over, else one of our own.
pub(super) fn socket(home: &Home) -> Result<PrivateSocket> {
    if let Some(handed_over) = os::activation_socket()? {
        return Ok(handed_over);
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
        return os::leave_who_started_us();
    }
    let mut out = std::io::stdout().lock();
    for (place, me) in accounts.places() {
        writeln!(out, "{}\n{}", texts::ready(place), texts::known_as(me))?;
    }
    writeln!(out, "{}", if terminal.is_some() { texts::LEAVE_OPEN } else { texts::ANSWER_IN_INBOX })?;
    Ok(out.flush()?)
}
