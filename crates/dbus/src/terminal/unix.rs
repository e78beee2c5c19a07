//! Two descriptors. Whoever holds them has the terminal, also when the command is gone.

use std::os::fd::OwnedFd;
use zbus::fdo;

/// Input and output.
pub type Ends = [OwnedFd; 2];

/// The same in a call: nothing, or both.
pub(crate) type Wire = Vec<zbus::OwnedFd>;

pub(crate) fn to_wire(terminal: Option<Ends>) -> Wire {
    terminal.into_iter().flatten().map(zbus::OwnedFd::from).collect()
}

pub(crate) fn from_wire(wire: Wire) -> fdo::Result<Option<Ends>> {
    let ends: Vec<OwnedFd> = wire.into_iter().map(OwnedFd::from).collect();
    match Ends::try_from(ends) {
        Ok(ends) => Ok(Some(ends)),
        Err(none) if none.is_empty() => Ok(None),
        Err(_) => Err(fdo::Error::InvalidArgs("a terminal is two descriptors: input and output".into())),
    }
}
