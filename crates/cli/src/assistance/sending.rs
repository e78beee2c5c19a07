//! A file for the expert, chosen in a window, where the person here has no terminal.
//!
//! Looking for it decides nothing: that is a page, which anybody may use who has pointer and keys, also a keyboard on the screen. What
//! is chosen there is asked about in a question, as everything is that leaves this computer, and that one hears only the person's
//! own fingers: whoever has pointer and keys does not send themselves what they like.
//!
//! What happens in the window is pure (`machine`), what stands in it is in `texts::sending`, when it hears a press says `turning`, and
//! `folder` is what is looked at. A folder
//! may be on a disk that does not answer, so each is looked at on a thread of its own, one at a time (`looks`), and nobody waits for one
//! for long.

#[cfg(feature = "windows")]
pub(crate) mod folder;
#[cfg(feature = "windows")]
mod looks;
#[cfg(feature = "windows")]
pub(crate) mod machine;
#[cfg(feature = "windows")]
mod turning;

#[cfg(not(feature = "windows"))]
#[path = "sending/nowhere.rs"]
mod window;
#[cfg(feature = "windows")]
#[path = "sending/windows.rs"]
mod window;

pub(super) use window::Sending;

use super::files::Chosen;

/// What the person wants.
#[derive(Debug)]
#[cfg_attr(not(feature = "windows"), expect(dead_code, reason = "without windows nobody chooses in one"))]
pub(super) enum Wanted {
    /// This file is to be sent, once they have said so.
    Send(Box<Chosen>),
    /// The one that is on its way is not to arrive.
    Stop,
    /// There are no windows any more.
    Gone,
}

/// What they want next; never, where there is no window for it.
pub(super) async fn next(sending: &mut Option<Sending>) -> Wanted {
    match sending {
        Some(sending) => sending.next().await,
        None => std::future::pending().await,
    }
}
