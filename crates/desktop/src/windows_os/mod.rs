//! The desktop on Windows.
//!
//! Pictures come by GDI, which every Windows since 1985 has, on every graphics card and over a remote session too; what
//! changed in them is found by comparing, since GDI tells of no changes. Pointer and keys are played back with `SendInput`,
//! by scan codes of the keyboard that the person has, and each carries a mark by which the hook that listens for the three
//! Escapes knows it for the expert's.
//!
//! Windows has several desktops, one of which has screen, pointer and keyboard: that of the log-in and of the lock, and
//! the secure one where it asks for an administrator, are others than ours. While one of those is in front nothing is taken and
//! nothing played back, and it is said ([`Change::shown`](crate::Change::shown), [`Alarm`]).
//!
//! # Where this has run
//!
//! **Nothing of it has run on real Windows**; `docs/windows-desktop.md` says what was tried under Wine
//! (`cargo xtask test --windows`), and what is open.
//!
//! Everything unsafe is in `system`. What knows no Windows (`tiles`, `glyph`, `places`, `strokes`, `choice`, `notes`) is
//! built and tested everywhere.

#[cfg(windows)]
mod capture;
mod choice;
#[cfg(windows)]
mod cursor;
mod glyph;
#[cfg(windows)]
mod guard;
#[cfg(windows)]
mod hands;
#[cfg(windows)]
mod inject;
mod notes;
mod places;
mod rhythm;
#[cfg(windows)]
mod screens;
#[cfg(windows)]
mod sentry;
#[cfg(windows)]
mod stop;
mod strokes;
#[cfg(windows)]
mod system;
mod tiles;
#[cfg(windows)]
mod typing;

#[cfg(windows)]
pub use self::{
    capture::GdiCapturer, guard::let_go_at_end, inject::WindowsInjector, sentry::Sentry, stop::StopKeys,
};
#[cfg(windows)]
pub use crate::watch::{Alarm, StopError, StopSignal, Taken};

/// Whether the desktop in front could be shared, and how large its main screen is. Takes no picture and listens to nothing.
///
/// # Errors
///
/// A sentence for the person when it could not.
#[cfg(windows)]
pub fn probe() -> Result<rendezvous_assist::screen::Size, crate::DisplayError> {
    screens::probe()
}
