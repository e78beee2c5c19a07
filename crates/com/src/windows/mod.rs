//! The half that runs on Windows.
//!
//! Everything unsafe is in the modules that `cargo xtask tidy` lists. Calls to others go through `call`, objects of ours
//! are one to a file, and an interface pointer never leaves its apartment except through `global`.

pub mod application;
mod call;
mod connections;
mod dispatch;
mod factory;
mod global;
pub mod im;
mod interfaces;
pub mod invite;
mod listeners;
pub mod living;
mod point;
mod points;
pub mod registry;
pub mod server;
mod session;
mod sink;
mod system;
#[cfg(test)]
mod tests;
mod text;
mod variant;
mod worker;

use crate::hresult::Hresult;

/// Why something of COM failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComError {
    /// A call failed.
    #[error("{what} failed: {number}")]
    Call {
        /// What was tried.
        what: &'static str,
        /// What it returned.
        number: Hresult,
    },
    /// The other process is gone, or the session is over.
    #[error("the session is over, or the program that owned it is gone")]
    Gone,
    /// It did not come in time.
    #[error("{0} did not come in time")]
    Timeout(&'static str),
    /// The registry cannot be read or written.
    #[error("cannot change the registry at {key}: {why}")]
    Registry {
        /// Which key.
        key: String,
        /// Why, as the system says it.
        why: String,
    },
    /// A thread could not be started.
    #[error("no thread could be started: {0}")]
    Thread(String),
}

impl ComError {
    fn call(what: &'static str) -> impl Fn(Hresult) -> Self {
        move |number| match number.is_gone() {
            true => Self::Gone,
            false => Self::Call { what, number },
        }
    }
}

/// What a call returned, as a result.
fn done(number: windows_core::HRESULT) -> Result<(), Hresult> {
    let number = Hresult(number.0.cast_unsigned());
    if number.is_failure() { Err(number) } else { Ok(()) }
}

/// What one of our methods returns.
fn answer(result: Result<(), Hresult>) -> windows_core::HRESULT {
    let number = result.map_or_else(|number| number, |()| Hresult::OK);
    windows_core::HRESULT(number.0.cast_signed())
}

/// Our way to write a name, as the system's.
fn guid(guid: crate::names::Guid) -> windows_core::GUID {
    windows_core::GUID::from_u128(guid.0)
}
