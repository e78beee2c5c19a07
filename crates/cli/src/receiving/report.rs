//! What is heard of a file that comes.

use rendezvous_assist::files::FileName;

/// What is heard of it.
#[derive(Debug)]
pub(crate) enum Report {
    /// So many bytes were taken.
    Stored(u64),
    /// It has this name now.
    Placed(FileName),
    /// What arrived is not what was sent.
    Broken,
    /// It came whole, and nobody may hand over files any more, or nobody wants it.
    Unwanted,
    /// It cannot be stored.
    Failed(anyhow::Error),
}
