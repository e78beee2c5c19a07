//! The functions of Windows that are called here, each behind one that is safe.

pub(super) mod desktop;
pub(super) mod hook;
pub(super) mod input;
pub(super) mod keyboard;
pub(super) mod picture;
pub(super) mod pointer;

use crate::DisplayError;

/// What a call of Windows that has just failed said.
fn refused(what: &'static str) -> DisplayError {
    DisplayError::Refused { what, why: std::io::Error::last_os_error().to_string() }
}
