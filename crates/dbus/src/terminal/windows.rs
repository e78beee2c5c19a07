//! A console, which on Windows belongs to processes and not to descriptors: it is named by one that is attached to it, and is
//! gone with the last of them.

use zbus::fdo;

/// The number of a process at that console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends(pub u32);

/// The same in a call: nothing, or one.
pub(crate) type Wire = Vec<u32>;

pub(crate) fn to_wire(terminal: Option<Ends>) -> Wire {
    terminal.into_iter().map(|Ends(process)| process).collect()
}

pub(crate) fn from_wire(wire: Wire) -> fdo::Result<Option<Ends>> {
    match wire[..] {
        [] => Ok(None),
        [process] => Ok(Some(Ends(process))),
        _ => Err(fdo::Error::InvalidArgs("a terminal is the number of one process".into())),
    }
}
