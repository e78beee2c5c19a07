//! What the tests, the demo and the benchmarks share: a person at a terminal, servers of our own (X, XMPP, DNS, message
//! buses, a keyring), several machines in one, a painted clock, and processes that end with the test that started them.
//!
//! Three rules hold everywhere in this crate:
//!
//! - **Every wait has a deadline** and says what it was waiting for when it fails ([`wait::until`]). Nothing sleeps
//!   and hopes.
//! - **Only what we started is ended**, by its own process id, when its owner is dropped ([`process::Process`]).
//! - **People answer.** Questions are answered through a pseudo-terminal, as a person would ([`terminal::Person`]);
//!   no program of ours has a switch that answers for them.
//!
//! Tests that need a program from outside carry its name in theirs (`needs_xvfb_…`, `needs_strace_…`), so that
//! `cargo xtask test` can leave them out, and say so, on a machine where it is not installed.

pub mod at_spi;
pub mod avahi;
pub mod bus;
pub mod capture;
pub mod code;
pub mod dns;
pub mod hand;
pub mod home;
pub mod keyring;
pub mod machines;
pub mod monitors;
pub mod painter;
pub mod panes;
pub mod ports;
pub mod process;
pub mod relay;
pub mod screen;
pub mod terminal;
pub mod turn;
pub mod wait;
pub mod windows;
pub mod workload;
pub mod xmpp;
pub mod xserver;

mod authority;
mod transcript;
