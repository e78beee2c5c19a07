//! The X11 desktop against real X servers.
//!
//! One binary, so that it links once. Every test starts the servers that it needs, on display numbers that the servers
//! choose, and ends them by their own process id. They need `xvfb`, `xserver-xephyr`, `x11-xkb-utils` and `xterm`, and fail without.
#![expect(clippy::unwrap_used, reason = "in a test a panic is a failure, which is what is wanted")]

#[cfg(all(feature = "h264", feature = "vp9"))]
mod decode;
#[cfg(all(feature = "h264", feature = "vp9"))]
mod encode;
mod finger;
mod keyboard;
mod monitors;
#[cfg(feature = "windows")]
mod moves;
#[cfg(feature = "windows")]
#[path = "hostile.rs"]
mod needs_xephyr_hostile;
#[cfg(feature = "windows")]
#[path = "questions.rs"]
mod needs_xephyr_questions;
#[path = "stop.rs"]
mod needs_xephyr_stop;
#[cfg(feature = "windows")]
#[path = "talk.rs"]
mod needs_xephyr_talk;
#[path = "bar.rs"]
mod needs_xvfb_bar;
#[path = "capture.rs"]
mod needs_xvfb_capture;
#[path = "cursor.rs"]
mod needs_xvfb_cursor;
#[path = "guard.rs"]
mod needs_xvfb_guard;
#[cfg(feature = "windows")]
#[path = "hidden.rs"]
mod needs_xvfb_hidden;
#[path = "inject.rs"]
mod needs_xvfb_inject;
#[path = "limits.rs"]
mod needs_xvfb_limits;
#[path = "revoke.rs"]
mod needs_xvfb_revoke;
#[path = "sentry.rs"]
mod needs_xvfb_sentry;
#[cfg(all(feature = "h264", feature = "vp9"))]
#[path = "stream.rs"]
mod needs_xvfb_stream;
#[path = "switch.rs"]
mod needs_xvfb_switch;
#[path = "typing.rs"]
mod needs_xvfb_typing;
#[path = "window.rs"]
mod needs_xvfb_window;
mod paint;
mod person;
mod relay;
mod server;
#[path = "test_picture.rs"]
mod test_picture;
#[cfg(all(feature = "h264", feature = "vp9"))]
mod vp9_decoder;
