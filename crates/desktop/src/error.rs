//! Why a display cannot be used.

use thiserror::Error;

/// The display cannot be used, or no longer. Each message is a sentence for the person: what was wrong, what was
/// expected, what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DisplayError {
    /// No X server answered.
    #[error(
        "no X server answers at display \"{display}\": {reason}; check that DISPLAY names the desktop to share"
    )]
    Unreachable {
        /// The display that was tried; the value of `DISPLAY` when none was named.
        display: String,
        /// What the connection said.
        reason: String,
    },
    /// The X server lacks an extension.
    #[error("the X server has no {0} extension, which is needed here; start it without switching {0} off")]
    Extension(&'static str),
    /// The screen keeps its pixels in a way that we cannot read.
    #[error(
        "the screen has {0}; only 24-bit or 32-bit true colour can be shared, so change the colour depth"
    )]
    Pixels(String),
    /// The display is Wayland's compatibility layer, whose picture is black.
    #[error(
        "this desktop runs Wayland, and what X programs see of it is black; \
         log in to an X11 session (on the login screen, often \"on Xorg\") to share it"
    )]
    Wayland,
    /// The X server went away or refused a request that it must serve.
    #[error("the X server gave up on us: {0}; the desktop may have been closed")]
    Lost(String),
    /// Windows refused something that every desktop of it has.
    #[error("Windows does not {what}: {why}; sit at this computer yourself, not in a service, and try again")]
    Refused {
        /// What was asked of it.
        what: &'static str,
        /// What it said.
        why: String,
    },
    /// On this system only whole screens can be shared.
    #[error("one window alone cannot be shared on Windows yet; share a whole screen")]
    OnlyScreens,
}
