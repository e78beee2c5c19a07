//! What every system does in its own way: files for one person alone, processes, private sockets, where things are. The rest
//! of the program says what it wants, and does not ask on which system it is.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;

use std::path::PathBuf;

/// Where this user's programs keep things; a directory of ours in each.
#[derive(Clone, Debug)]
pub(crate) struct Directories {
    /// What the person wrote.
    pub(crate) config: PathBuf,
    /// What must not be lost.
    pub(crate) data: PathBuf,
    /// What is good to have.
    pub(crate) state: PathBuf,
    /// What lives as long as the person is logged in.
    pub(crate) runtime: PathBuf,
}
