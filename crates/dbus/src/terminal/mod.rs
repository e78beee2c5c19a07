//! A person's terminal, on its way from the command that they started to whoever is to ask them there.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::Ends;
#[cfg(unix)]
pub(crate) use unix::{Wire, from_wire, to_wire};
#[cfg(windows)]
pub use windows::Ends;
#[cfg(windows)]
pub(crate) use windows::{Wire, from_wire, to_wire};
