//! The desktop on X11.
//!
//! Each part opens a connection of its own, so that a slow picture never delays a key, and a stuck key never a Stop.

pub mod bar;
mod capture;
pub mod clipboard;
mod cursor;
mod devices;
pub mod drawing;
mod inject;
pub(crate) mod link;
pub(crate) mod monitors;
pub(crate) mod pixels;
pub(crate) mod prompts;
mod sentry;
mod shm;
mod source;
mod stop;
mod window;
pub mod windows;

use rendezvous_assist::screen::Size;

use crate::DisplayError;

pub use crate::watch::{Alarm, StopError, StopSignal, Taken};
pub use capture::X11Capturer;
pub use inject::{X11Injector, let_go_at_end};
pub use sentry::Sentry;
pub use stop::StopKeys;

/// Whether this display could be shared, and how large it is. Takes no picture and listens to nothing.
///
/// # Errors
///
/// A sentence for the person when it could not.
pub fn probe(display: &str) -> Result<Size, DisplayError> {
    let link = link::Link::connect(Some(display))?;
    for extension in ["DAMAGE", "XFIXES", "XTEST", "XInputExtension"] {
        link.require(extension)?;
    }
    Ok(link.size)
}
