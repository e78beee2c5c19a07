//! Files between the two people, over a data channel of their own, without I/O.
//!
//! Whoever has a file *offers* it by name and size; the other side's person takes it or not; then it goes over in
//! [`Chunk`]s, never more than [`WINDOW`] bytes ahead of what was stored, and at its end comes a hash of all of it. Only when
//! that is right does the receiving side give the file its name. A connection that is lost interrupts nothing but the
//! bytes: what was stored is kept, and the sender goes on from there.
//!
//! [`Incoming`] is the receiving half and asks the person; it takes nothing without a live
//! [`FilesGrant`](crate::grant::FilesGrant), and before the person has said yes to this very file there is neither a file
//! nor a place for it. [`Outgoing`] is the sending half. Both deal with one file at a time; others wait.
//!
//! What the other side calls a file is a label: [`FileName`] is what is left of it, one component of a path that harms
//! neither a terminal nor a directory.

mod hash;
mod incoming;
mod message;
mod name;
mod outgoing;
#[cfg(test)]
mod tests;

pub use self::hash::{FileHash, PieceHasher};
pub use self::incoming::{Incoming, IncomingInput, IncomingOutput, Offered};
pub use self::message::{Chunk, Message, MessageError, Refusal};
pub use self::name::FileName;
pub use self::outgoing::{Outgoing, OutgoingInput, OutgoingOutput, Over};

/// The most bytes of a file.
pub const MAX_FILE: u64 = 16 << 30;

/// The most bytes of a file in one chunk.
pub const MAX_CHUNK: usize = 60 * 1024;

/// So many bytes may be on their way that were not stored yet.
pub const WINDOW: u64 = 4 << 20;

/// How often the sender is told what was stored, in bytes.
pub const TELL_EVERY: u64 = 256 << 10;

/// The most files that wait for their turn, on each side.
pub const MAX_WAITING: usize = 8;

/// After so many files in a row that the person did not want, they are asked for no more of them in this session.
pub const MAX_UNWANTED: u8 = 5;
