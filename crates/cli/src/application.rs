//! Taking over what an application inherits from whoever started it.
#![expect(unsafe_code, reason = "an inherited descriptor is a bare number")]

use anyhow::{Context, Result, bail};
use rendezvous_dbus::SOCKET_VARIABLE;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Once;

/// The descriptor that the private socket is inherited as.
pub(crate) const SOCKET_FD: RawFd = 3;

/// The private socket to the IM program that started this process. Only once.
pub(crate) fn inherited_socket() -> Result<UnixStream> {
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
