//! Private sockets between processes of one user. What that takes is another thing on each system; what it gives is one.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

pub use system::{PrivateSocket, Stream, connect, pair};

/// Speaks D-Bus over it. Who is at the other end is known: sockets are had from this module, or inherited.
pub fn speak(stream: Stream) -> zbus::connection::Builder<'static> {
    system::speak(stream)
}
