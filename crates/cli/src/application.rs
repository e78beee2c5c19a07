//! Taking over what an application inherits from whoever started it.
#![expect(unsafe_code, reason = "an inherited descriptor is a bare number")]

use anyhow::{Context, Result, bail};
use rendezvous_dbus::SOCKET_VARIABLE;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

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
    static TAKEN: std::sync::Once = std::sync::Once::new();
    let mut first = false;
    TAKEN.call_once(|| first = true);
    if !first {
        bail!("the private socket was taken before");
    }
    // SAFETY: the starting process put its end of a socket pair at this number, as the variable says, nothing in this
    // process opened a descriptor of that number, and the `Once` above lets only one owner be made of it.
    let socket = UnixStream::from(unsafe { OwnedFd::from_raw_fd(SOCKET_FD) });
    // Programs that this one starts, the browser above all, have no business with it.
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)
        .with_context(|| format!("descriptor {SOCKET_FD} cannot be kept from other programs"))?;
    socket.peer_addr().with_context(|| format!("descriptor {SOCKET_FD} is not a socket"))?;
    Ok(socket)
}
