//! The XMPP network against real servers on loopback, with the rate limits that their distributions have.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]
#![expect(clippy::print_stderr, reason = "a skipped test says why, a long one what it counted")]

mod beside;
mod codes;
mod cuts;
mod ground;
mod login;
mod person;
mod places;
mod reconnect;
mod server;
mod services;
mod session;
