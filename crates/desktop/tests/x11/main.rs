//! The X11 desktop against real X servers.
//!
//! One binary, so that it links once. Every test starts the servers that it needs, on display numbers that the servers
//! choose, and ends them by their own process id. They need `xvfb` and `xserver-xephyr` and fail without.
#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure, which is what is wanted")]

#[cfg(all(feature = "h264", feature = "vp9"))]
mod decode;
#[cfg(all(feature = "h264", feature = "vp9"))]
mod encode;
#[path = "stop.rs"]
mod needs_xephyr_stop;
#[path = "capture.rs"]
mod needs_xvfb_capture;
#[path = "cursor.rs"]
mod needs_xvfb_cursor;
#[path = "inject.rs"]
mod needs_xvfb_inject;
#[path = "limits.rs"]
mod needs_xvfb_limits;
#[path = "revoke.rs"]
mod needs_xvfb_revoke;
#[cfg(all(feature = "h264", feature = "vp9"))]
#[path = "stream.rs"]
mod needs_xvfb_stream;
mod paint;
mod person;
mod relay;
mod server;
#[cfg(all(feature = "h264", feature = "vp9"))]
mod vp9_decoder;
