//! Windows has no journal that takes what a program of the person's says and lets none take it away again, so heads are kept in
//! the record alone.

use rendezvous_trust::chain::Head;
use std::convert::Infallible;
use std::io;

/// Never had.
#[derive(Debug)]
pub(super) struct Journal(Infallible);

impl Journal {
    pub(super) fn open() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn tell(&self, _: &str, _: u64, _: Head) -> io::Result<()> {
        match self.0 {}
    }
}

/// There is nobody to ask.
pub(super) fn heads(_: &str) -> Result<Vec<Head>, String> {
    Err("there is no journal on Windows".to_owned())
}
