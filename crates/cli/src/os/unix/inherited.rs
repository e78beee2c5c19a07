//! What a process inherits of whoever started it, and what it hands on: a private socket, and a terminal.
#![expect(unsafe_code, reason = "an inherited descriptor is a bare number")]

use anyhow::{Context, Result, bail};
use command_fds::{CommandFdExt, FdMapping};
use rendezvous_dbus::SOCKET_VARIABLE;
use rendezvous_dbus::socket::{self, PrivateSocket, Stream};
use rendezvous_dbus::terminal::Ends;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Once;

/// The descriptor that the private socket is inherited as.
const SOCKET_FD: RawFd = 3;

/// A private socket that a program is about to inherit.
#[derive(Debug)]
pub(crate) struct Handing(Stream);

impl Handing {
    /// What this command starts gets one end of it. The directory is for systems on which nothing is inherited.
    pub(crate) fn with(command: &mut Command, _: &Path) -> Result<Self> {
        let (ours, theirs) = socket::pair().context("cannot make a socket pair")?;
        hand_socket(command, theirs)?;
        Ok(Self(ours))
    }

    /// Our end, when the program has the other.
    #[expect(clippy::unused_async, reason = "another system has to wait for it")]
    pub(crate) async fn taken(self) -> Result<Stream> {
        Ok(self.0)
    }
}

/// The private socket to the IM program that started this process. Only once.
#[expect(clippy::unused_async, reason = "another system has to connect")]
pub(crate) async fn inherited_socket() -> Result<Stream> {
    let named = std::env::var(SOCKET_VARIABLE).with_context(|| {
        format!("{SOCKET_VARIABLE} is not set; this is started by \"rendezvous agent\", not by hand")
    })?;
    if named != SOCKET_FD.to_string() {
        bail!(
            "{SOCKET_VARIABLE} is \"{named}\", expected {SOCKET_FD}; this is started by \"rendezvous agent\", not by hand"
        );
    }
    let socket = Stream::from(take()?);
    socket.peer_addr().with_context(|| format!("descriptor {SOCKET_FD} is not a socket"))?;
    Ok(socket)
}

/// The listening socket that the system's manager (`systemd.socket`) handed to the agent, if it did. Only once.
pub(crate) fn activation_socket() -> Result<Option<PrivateSocket>> {
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
    Ok(Some(PrivateSocket::adopt(socket)?))
}

/// The other way round: a program that is started gets this end of a private socket.
pub(crate) fn hand_socket(command: &mut Command, socket: Stream) -> Result<()> {
    // What the system's manager told this process is not meant for others.
    for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] {
        command.env_remove(name);
    }
    command.env(SOCKET_VARIABLE, SOCKET_FD.to_string());
    command.fd_mappings(vec![FdMapping { parent_fd: socket.into(), child_fd: SOCKET_FD }])?;
    Ok(())
}

/// A program that is started meets its person at this terminal.
pub(crate) fn at_terminal(command: &mut Command, terminal: &Ends) -> Result<()> {
    let [input, output] = terminal;
    command.stdin(Stdio::from(input.try_clone()?)).stdout(Stdio::from(output.try_clone()?));
    Ok(())
}

/// Whether what was handed over is a terminal.
pub(crate) fn is_there(terminal: &Ends) -> bool {
    terminal.iter().all(rustix::termios::isatty)
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
