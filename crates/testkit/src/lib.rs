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

pub mod home;
pub mod wait;

/// On a system that is no Unix only the tests of single crates run. They need the path of a link, and no link.
#[cfg(not(unix))]
pub mod relay {
    pub mod path;

    pub use self::path::Rules;
}

#[cfg(unix)]
pub mod at_spi;
#[cfg(unix)]
mod authority;
#[cfg(unix)]
pub mod avahi;
#[cfg(unix)]
pub mod bus;
#[cfg(unix)]
pub mod capture;
#[cfg(unix)]
pub mod code;
#[cfg(unix)]
pub mod dns;
#[cfg(unix)]
pub mod hand;
#[cfg(unix)]
pub mod keyring;
#[cfg(unix)]
pub mod machines;
#[cfg(unix)]
pub mod monitors;
#[cfg(unix)]
pub mod painter;
#[cfg(unix)]
pub mod panes;
#[cfg(unix)]
pub mod ports;
#[cfg(unix)]
pub mod process;
#[cfg(unix)]
pub mod relay;
#[cfg(unix)]
pub mod screen;
#[cfg(unix)]
pub mod terminal;
#[cfg(unix)]
mod transcript;
#[cfg(unix)]
pub mod turn;
#[cfg(unix)]
pub mod windows;
#[cfg(unix)]
pub mod workload;
#[cfg(unix)]
pub mod xmpp;
#[cfg(unix)]
pub mod xserver;
