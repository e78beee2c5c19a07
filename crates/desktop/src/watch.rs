//! What whoever listens for the person on their desktop hears, on every system.

use thiserror::Error;

use crate::DisplayError;

/// What came out of one wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopSignal {
    /// The person pressed what stops everything: do it now.
    Stop,
    /// Nothing, and the time is over.
    Quiet,
}

/// Why nobody listens for the stop keys.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StopError {
    /// There was no permission to see the screen, or everything was stopped.
    #[error("there is nothing to stop: this screen is not shared")]
    Revoked,
    /// The display cannot be used. Whoever shares must stop sharing: the person has lost a way to stop it.
    #[error(transparent)]
    Display(#[from] DisplayError),
}

/// What came out of one wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// A real mouse or keyboard was taken from the person: nobody else may have control. Nothing is played back until
    /// the next wait has begun, and half a second longer.
    Device(Taken),
    /// The screen was locked, its saver began, or, on Windows, another desktop came in front, as where an administrator is asked for.
    Locked,
    /// Nothing, and the time is over.
    Quiet,
}

/// What happened to a device of the person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was switched off, taken off the pointer or keyboard of the desktop, or unplugged.
    Away,
    /// What it does was changed: other symbols on its keys, other places, other buttons, or it was slowed down.
    Remapped,
}
