//! Who is at the other end, without I/O.
//!
//! The server between two people, the relay and the name that somebody gives themselves are not trusted; the person at
//! this machine is. This crate turns that into values: it never touches a file, a socket, a clock or a source of
//! randomness. Time is [`UnixTime`] and comes first; random bytes are arguments, drawn by the caller for one use.
//!
//! In the order in which two people meet them:
//!
//! 1. [`key`]: every device of every user has an Ed25519 key.
//! 2. [`invite`]: invitations and answers are signed with it.
//! 3. [`handshake`]: the two applications agree on a transcript that nobody between them can choose.
//! 4. The other side's key is in the [`pins`]; or the people compare words ([`confirm`], [`words`]); or one typed the
//!    other's one-time code ([`mod@code`]). Only then there is a [`Secured`].
//! 5. [`channel`]: every message between the applications is signed. [`bind`]: so are the certificates of the connection,
//!    and only a [`bind::Bound`] lets it begin.
//!
//! Beside these: [`chain`] is the record of a session, in which an entry cannot be changed without the next one showing it,
//! and [`facts`] is what the brakes against fraud have to remember of people.
//!
//! Two sentences carry the safety of it. *There is one mode*: every error ends in [`AUTHENTICATION_FAILED`], and the
//! machine that met it is dead. *Evidence is a type*: a pin is made of a [`Verified`], which only words and codes make; a
//! [`Secured`] is made of one or of a pin; a connection of a [`bind::Bound`].
//!
//! What is claimed, against whom, and what is not, stands in `docs/trust.md`.
#![forbid(unsafe_code)]

pub mod bind;
pub mod chain;
pub mod channel;
pub mod code;
pub mod confirm;
pub mod facts;
pub mod handshake;
pub mod invite;
pub mod key;
pub mod pins;
pub mod words;

mod contact;
mod encode;
mod time;
mod verified;
mod wire;

pub use contact::{Contact, ContactError};
pub use handshake::{AuthenticationError, Exchanged, Secured};
pub use key::{DeviceKey, PublicKey, Signature};
pub use time::UnixTime;
pub use verified::{How, Verified};
pub use wire::WireError;

/// `SR_AUTHENTICATION_FAILED` of the Rendezvous API: the result of a session that ends by an error of this crate.
pub const AUTHENTICATION_FAILED: u32 = 0x8100_0604;
