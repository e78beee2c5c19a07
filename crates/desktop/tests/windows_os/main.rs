//! The desktop on Windows, against a desktop of Wine's on an X server (`cargo xtask test --windows`); elsewhere there is
//! nothing here.
//!
//! A program in C shows colours and says what mouse and keyboard do to it. Whoever has started these tests presses real keys,
//! those of the X server, when asked over a socket. All tests share one desktop, so they run one after the other.
#![cfg(windows)]
#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure, which is what is wanted")]

mod away;
mod capture;
mod cursor;
mod guard;
mod hand;
mod inject;
#[path = "../person/mod.rs"]
mod person;
mod pointer;
mod revoke;
mod stop;
mod typing;
mod window;
