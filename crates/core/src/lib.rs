//! The rendezvous session: one invitation to one contact for one application, and what follows.
//!
//! This crate is the contract. It has no I/O, no clock and no randomness; whoever drives it brings all three. Facts
//! about the system that it revives (Windows Messenger's *Session Invite* and the *Rendezvous API*) keep their
//! published numbers: the eight states in [`State`], the flags in [`flags`], the thirty results in [`Code`].
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
//! Two sentences carry the safety of it. *Only a local act accepts*: no message, in any order, moves an invitee's
//! session to `Accepted`; only [`Command::Accept`] does. *Every message is legal for one role and phase only*: all
//! others are dropped and counted in [`Sessions::dropped`], and change nothing.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod context;
mod error;
pub mod flags;
mod id;
mod message;
mod result;
mod session;
mod sessions;
mod state;
mod time;

pub use error::SessionError;
pub use id::{Address, ApplicationId, Endpoint, IdError, SessionId};
pub use message::{Body, CancelReason, Chunk, DeclinedBy, Invite, Message};
pub use result::{Code, SessionResult};
pub use session::{Command, Event, Role, Session, SessionConfig};
pub use sessions::{Application, Delivery, Dropped, Input, Output, Sessions, To, Token};
pub use state::State;
pub use time::Time;

/// The most bytes of data that an invitation, an answer or an ending may carry (reference 3.4).
pub const MAX_DATA: usize = 512;
/// The most bytes of one context text (DESIGN 4).
pub const MAX_CONTEXT: usize = 64 * 1024;
/// Context travels in pieces of at most this many bytes.
pub const CONTEXT_CHUNK: usize = 8 * 1024;
