//! The XMPP network against real servers on loopback, with the rate limits that their distributions have.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod login;
mod person;
mod server;
mod session;
