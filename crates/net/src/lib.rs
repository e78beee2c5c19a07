//! Networks that carry rendezvous sessions, and the one driver that runs sessions over them.
//!
//! A [`Network`] carries [`Parcel`]s between devices and reports what became of each. The [`Driver`] owns the pure table
//! of sessions, a network and the clock; programs talk to it through a [`Handle`]. It signs what invites and accepts, and
//! nothing of that kind reaches the table without a signature that verifies. Nothing else in the house decides what a
//! message means.
//!
//! Networks: [`nearby`] (feature `nearby`), with no account and no server; [`xmpp`] (feature `xmpp`), an account that the
//! person already has.
#![forbid(unsafe_code)]

mod clock;
mod driver;
mod network;
mod parcel;
mod vouch;

#[cfg(feature = "nearby")]
pub mod nearby;
#[cfg(feature = "xmpp")]
pub mod xmpp;

pub use driver::{CallError, Driver, Handle, Happening, Seen, SessionInfo, Status};
pub use network::{Listed, Network, NetworkEvent};
pub use parcel::{Parcel, Proof, Seal};
pub use vouch::{Account, VouchError, novice, side};
