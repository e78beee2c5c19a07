//! What every application inside this program does: takes over what it inherits from whoever started it, waits until both
//! sides hold their session ([`connected`]), and makes sure who is at the other end ([`meeting`]).
#![expect(unsafe_code, reason = "an inherited descriptor is a bare number")]

pub(crate) mod code;
pub(crate) mod ending;
pub(crate) mod hello;
pub(crate) mod meeting;
mod party;
pub(crate) mod secured;
pub(crate) mod source;
#[cfg(test)]
mod tests;

use crate::asking::{Told, can_ask_in, tell};
use crate::contacts::Contacts;
use crate::home::Home;
use crate::terminal::Terminal;
use anyhow::{Context, Result, bail};
use command_fds::{CommandFdExt, FdMapping};
use ending::{Ending, Watch};
use rendezvous_core::{Code, Role, State};
use rendezvous_dbus::SOCKET_VARIABLE;
use rendezvous_dbus::application::{Events, HeldSession, SessionEvent};
use std::collections::HashMap;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Command;
use std::sync::Once;
use std::time::Duration;

/// The descriptor that the private socket is inherited as.
const SOCKET_FD: RawFd = 3;

/// The agent hands the session over at once, or something is broken.
pub(crate) const HAND_OVER: Duration = Duration::from_secs(20);
/// The other side's application may take so long to start and to do what it must without its person.
pub(crate) const GREETING: Duration = Duration::from_secs(60);
/// After we ended the session its end is told within this time.
pub(crate) const GOODBYE: Duration = Duration::from_secs(6);

/// Where the person here is: at this process's terminal, or, where there is none, at windows; `None` at neither.
pub(crate) fn place() -> Result<Option<Terminal>> {
    let has_windows = || can_ask_in(|name| std::env::var(name).ok());
    Ok(Terminal::own()?.or_else(|| has_windows().then(Terminal::nowhere)))
}

/// How it ended, in a window: where there is no terminal, and nobody else here says it. Whoever ended it here knows it.
pub(crate) fn tell_end(terminal: &Terminal, who: &str, role: Role, ending: Ending) {
    let is_known = ending.result == Code::SessionCancelledLocal.into();
    if terminal.is_nowhere() && role == Role::Invitee && !is_known {
        tell(who, &Told::Failed(ending.result), &HashMap::new());
    }
}

/// The private socket to the IM program that started this process. Only once.
fn inherited_socket() -> Result<UnixStream> {
    let named = std::env::var(SOCKET_VARIABLE).with_context(|| {
        format!("{SOCKET_VARIABLE} is not set; this is started by \"rendezvous agent\", not by hand")
    })?;
    if named != SOCKET_FD.to_string() {
        bail!(
            "{SOCKET_VARIABLE} is \"{named}\", expected {SOCKET_FD}; this is started by \"rendezvous agent\", not by hand"
        );
    }
    let socket = UnixStream::from(take()?);
    socket.peer_addr().with_context(|| format!("descriptor {SOCKET_FD} is not a socket"))?;
    Ok(socket)
}

/// The listening socket that the system's manager (`systemd.socket`) handed to the agent, if it did. Only once.
pub(crate) fn activation_socket() -> Result<Option<UnixListener>> {
    let variable = |name| std::env::var(name).ok();
    if variable("LISTEN_PID") != Some(std::process::id().to_string()) {
        return Ok(None);
    }
    if variable("LISTEN_FDS").as_deref() != Some("1") {
        bail!(
            "the system handed over another number of sockets than one; use the unit files that come with this"
        );
    }
    let socket = UnixListener::from(take()?);
    socket.local_addr().with_context(|| format!("descriptor {SOCKET_FD} is not a listening socket"))?;
    Ok(Some(socket))
}

/// The other way round: a program that is started gets this end of a private socket.
pub(crate) fn hand_socket(command: &mut Command, socket: UnixStream) -> Result<()> {
    // What the system's manager told this process is not meant for others.
    for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] {
        command.env_remove(name);
    }
    command.env(SOCKET_VARIABLE, SOCKET_FD.to_string());
    command.fd_mappings(vec![FdMapping { parent_fd: socket.into(), child_fd: SOCKET_FD }])?;
    Ok(())
}

/// Takes the one descriptor that is inherited.
fn take() -> Result<OwnedFd> {
    static TAKEN: Once = Once::new();
    let mut first = false;
    TAKEN.call_once(|| first = true);
    if !first {
        bail!("the inherited socket was taken before");
    }
    // SAFETY: the starting process put a socket at this number, as its variables say, nothing in this process opened a
    // descriptor of that number, and the `Once` above lets only one owner be made of it.
    let socket = unsafe { OwnedFd::from_raw_fd(SOCKET_FD) };
    // Programs that this one starts, the browser above all, have no business with it.
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)
        .with_context(|| format!("descriptor {SOCKET_FD} cannot be kept from other programs"))?;
    Ok(socket)
}

/// What the person here calls whoever is at the other end: by the name that they gave, never by one that those chose.
pub(crate) fn called(home: &Home, session: &HeldSession) -> String {
    let address = &session.remote_user;
    let name = session.introduction.network.as_deref().and_then(|network| {
        let contacts = Contacts::load(home)
            .inspect_err(|error| tracing::warn!(error = format!("{error:#}"), "No names are known"));
        Some(contacts.ok()?.name(network, address)?.to_owned())
    });
    name.unwrap_or_else(|| address.clone())
}

/// Waits until both applications hold their session; how it ended, when it ended before that. Then the command that
/// called still has the word on its terminal.
pub(crate) async fn connected(session: &HeldSession, events: &mut Events) -> Option<Ending> {
    let mut state = session.state;
    let said_elsewhere = session.role == Role::Inviter;
    while state != State::Connected {
        match events.next().await {
            SessionEvent::StateChanged { current, .. } => state = current,
            SessionEvent::Ended { result, .. } => {
                return Some(Ending { result, lost: false, said_elsewhere, by_us: false });
            }
            SessionEvent::Lost => return Some(Watch::new(session.role).lost()),
            SessionEvent::ContextData(_) | SessionEvent::SendError(_) => {}
        }
    }
    None
}
