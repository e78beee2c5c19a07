//! The X11 desktop against real X servers.
//!
//! One binary, so that it links once. Every test starts the servers that it needs, on display numbers that the servers
//! choose, and ends them by their own process id. They need `xvfb` and `xserver-xephyr` and fail without.
#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure, which is what is wanted")]

mod capture;
mod cursor;
mod inject;
mod limits;
mod paint;
mod person;
mod relay;
mod revoke;
mod server;
mod stop;
mod stream;
