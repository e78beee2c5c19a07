//! The Rendezvous contract between an IM program and an application, as COM on Windows.
//!
//! These are the interfaces that gave this project its name, where they were defined (reference 1):
//!
//! ```text
//! IM program                                      application
//!    │  IRendezvousApplication::SetRendezvousSession  ▶│
//!    │◀ IRendezvousSession::SendContextData, Terminate │
//!    │  DRendezvousSessionEvents (IDispatch::Invoke)  ▶│
//! ```
//!
//! What is published of them (names, numbers, arguments, limits) and what follows from it stands in modules that know
//! no Windows, so that it is tested everywhere. On Windows there are besides:
//!
//! - `application`: the side that is given a session. A class factory for a local server or a DLL makes objects that
//!   accept both orders (connected before or after the hand-over) and both endings (a last state, or a termination).
//!   What an IM program does not say there, two applications of ours tell each other ([`introduction`]).
//! - `im`: the side that owns sessions and hands one to whichever application is registered.
//! - `session_invite`: the older interface, which programs and scripts ask for sessions ([`invite`]).
//! - `registration`: writes and removes what [`registration`] says, and nothing else.
//!
//! Our own classes have names of our own; those of Microsoft are never registered or taken over.
//!
//! Nothing here accepts: accepting is an act of the person at the agent's prompt. The older interface has an `Accept`, which
//! brings that prompt before them.
#![deny(unsafe_code)]

pub mod course;
pub mod hresult;
pub mod introduction;
pub mod invite;
pub mod member;
pub mod names;
pub mod numbers;
pub mod own;
pub mod registration;
pub mod wide;

#[cfg(windows)]
mod windows;

#[cfg(windows)]
pub use windows::{ComError, application, im, invite as session_invite, living, registry, server};

/// What an application is told, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEvent {
    /// The state changed.
    StateChanged {
        /// What it was, as the IM program said.
        previous: rendezvous_core::State,
        /// What it is.
        current: rendezvous_core::State,
    },
    /// The other application sent this.
    ContextData(String),
    /// Something that was sent did not arrive.
    SendError(rendezvous_core::SessionResult),
    /// The end, exactly once.
    Ended {
        /// How it ended.
        result: rendezvous_core::SessionResult,
        /// The data of the ending.
        data: String,
    },
    /// The IM program is gone, and the session with it. Nothing follows.
    Lost,
}
