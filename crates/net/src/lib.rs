//! Networks that carry rendezvous sessions, and the one driver that runs sessions over them.
//!
//! A [`Network`] carries [`Message`](rendezvous_core::Message)s between devices and reports what became of each. The
//! [`Driver`] owns the pure table of sessions, a network and the clock; programs talk to it through a [`Handle`].
//! Nothing else in the house decides what a message means.
//!
//! Networks: [`nearby`] (feature `nearby`), with no account and no server.
#![forbid(unsafe_code)]

mod clock;
mod driver;
mod network;

#[cfg(feature = "nearby")]
pub mod nearby;

pub use driver::{CallError, Driver, Handle, Happening, SessionInfo};
pub use network::{Network, NetworkEvent};
