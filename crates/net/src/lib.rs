//! Networks that carry rendezvous sessions, and the one driver that runs sessions over them.
//!
//! A [`Network`] carries [`Parcel`]s between devices and reports what became of each. The [`Driver`] owns the pure table
//! of sessions, a network and the clock; programs talk to it through a [`Handle`]. It signs what invites and accepts, and
//! nothing of that kind reaches the table without a signature that verifies. Nothing else in the house decides what a
//! message means.
//!
//! Networks: [`nearby`] (feature `nearby`), with no account and no server; [`xmpp`] (feature `xmpp`), an account that the
//! person already has; [`loopback`], within one process, whose link is as bad as a test wants it.
#![forbid(unsafe_code)]

mod answers;
mod clock;
mod driver;
mod elsewhere;
mod ice_server;
pub mod loopback;
mod network;
mod parcel;
#[cfg(feature = "xmpp")]
mod prompt;
mod seldom;
#[cfg(all(test, any(feature = "nearby", feature = "xmpp")))]
mod vectors;
mod vouch;

#[cfg(feature = "nearby")]
pub mod nearby;
#[cfg(feature = "xmpp")]
pub mod xmpp;

pub use clock::{Clock, Sleep};
pub use driver::{CallError, Census, Driver, Handle, Happening, Seen, SessionInfo, Status};
pub use elsewhere::{Asked, Call};
pub use ice_server::{IceLogin, IceServer, IceServerRow, MAX_ICE_SERVERS};
pub use network::{Listed, Network, NetworkEvent};
pub use parcel::{Parcel, Proof, Seal};
pub use seldom::Seldom;
pub use vouch::{Account, VouchError, novice, side};
