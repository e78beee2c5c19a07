//! The rendezvous session: one invitation to one contact for one application, and what follows.
//!
//! This crate is the contract. It has no I/O, no clock and no randomness; whoever drives it brings all three. Facts
//! about the system that it revives (Windows Messenger's *Session Invite* and the *Rendezvous API*) keep their
//! published numbers: the eight states in [`State`], the flags in [`flags`], the thirty results in [`Code`], the lock in
//! [`LockStatus`]. `docs/session.md` shows every transition, generated from this code.
//!
//! # One rule
//!
//! [`Sessions`] takes one input at a time and must be drained after each:
//!
//! ```text
//! sessions.handle_input(now, input)?;
//! loop {
//!     match sessions.poll_output() {
//!         Output::Send { .. } => ..,      // give it to the network, report what became of its token
//!         Output::Event { .. } => ..,     // tell the person or the application
//!         Output::Timeout(at) => break,   // nothing more; come back at `at`, or with the next input
//!     }
//! }
//! ```
//!
//! # The way of a session
//!
//! ```text
//! inviter                                  invitee
//! Ready ── Invite ───────────────────────▶ Invitation
//! Invitation ◀────────────────── Ringing ──
//!            ◀─────────────────── Accept ── Accepted      (the person said yes)
//! Accepted ─── Confirm ──────────────────▶               both launch the application now
//!          ◀──────── Attached ───────────▶
//! Connected ◀─────── Context ────────────▶ Connected
//! Cancelled ◀─────── Terminate ──────────▶ Cancelled
//! ```
//!
//! An invitation goes to every device of the contact, also to those that appear while it rings. The first to accept is
//! the one; the others are told so. Messages are numbered per session and device: a network says of each whether it
//! was delivered, and what may not have been is sent again after [`Input::Online`] or [`Input::Appeared`]; receivers
//! drop doubles and restore the order. Every phase that is not final has a timer, and what stands between two devices
//! ends when one of them is silent for too long. So nothing hangs, whoever restarts.
//!
//! Two sentences carry the safety of it. *Only a local act accepts*: no message, in any order, moves an invitee's
//! session to `Accepted`; only [`Command::Accept`] does. *Every message is legal for one role and phase only*: all
//! others are dropped and counted in [`Sessions::dropped`], and change nothing.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod config;
mod context;
mod error;
mod event;
pub mod flags;
mod id;
mod input;
mod lock;
mod message;
#[doc(hidden)]
pub mod mutant;
mod registry;
mod result;
mod session;
mod sessions;
mod state;
mod time;

pub use config::{Limits, SessionConfig};
pub use error::{MSGR_E_NOT_LOGGED_ON, SessionError};
pub use event::{Command, Event};
pub use id::{Address, ApplicationId, Endpoint, IdError, SessionId};
pub use input::{Delivery, Dropped, Input, Output, To, Token};
pub use lock::{LockError, LockStatus};
pub use message::{
    Body, CancelReason, Chunk, DeclinedBy, Invite, LEGACY_VERSION, MAX_ALIVE, Message, VERSION, Versions,
};
pub use registry::{Application, MAX_GUID, MAX_PATH, Registration, RegistrationError, Registry};
pub use result::{Code, SessionResult};
pub use session::{Role, Session};
pub use sessions::Sessions;
pub use state::State;
pub use time::Time;

/// The most bytes of data that an invitation, an answer or an ending may carry (reference 3.4).
pub const MAX_DATA: usize = 512;
/// The most bytes of one context text (DESIGN 4).
pub const MAX_CONTEXT: usize = 64 * 1024;
/// The most characters of one context text to a peer of the time before this protocol (reference 3.4).
pub const LEGACY_CONTEXT: usize = 300;
/// Context travels in pieces of at most this many bytes.
pub const CONTEXT_CHUNK: usize = 8 * 1024;
/// The most bytes of an application's name or URL (reference 3.3).
pub const MAX_LABEL: usize = 256;
