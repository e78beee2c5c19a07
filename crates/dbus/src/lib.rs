//! The Rendezvous contract between an IM program and an application, on D-Bus.
//!
//! An IM program hands a session to an application with one call, and neither knows the other's insides:
//!
//! ```text
//! IM program (here: the agent)                      application
//!    │  im.rendezvous.Application1.SetRendezvousSession  ▶│
//!    │◀ im.rendezvous.Session1.SendContextData, Terminate │
//!    │  StateChanged, ContextData, SendError, Ended      ▶│
//! ```
//!
//! [`im`] is the side that owns sessions, [`application`] the side that is given one, [`agent`] what is asked of our own
//! agent. All of it runs over a private socket between two processes of the same user, so nothing needs a message bus;
//! [`socket`] makes and guards such a socket. It runs over a session bus too, for programs of others. What is published of
//! it stands in `docs/dbus`, and is what our objects say of themselves.
//!
//! There is no `Accept` on any interface: accepting is an act of the person at the agent's own prompt.
#![forbid(unsafe_code)]

pub mod agent;
pub mod application;
mod bus;
mod callers;
pub mod im;
mod pump;
mod serve;
mod session;
pub mod socket;
pub mod terminal;
mod user;

/// The interface that an application implements.
pub const APPLICATION_INTERFACE: &str = "im.rendezvous.Application1";
/// Where an application implements it.
pub const APPLICATION_PATH: &str = "/im/rendezvous/Application";
/// The interface of a session, which the IM program implements.
pub const SESSION_INTERFACE: &str = "im.rendezvous.Session1";
/// The agent's name on a session bus.
pub const AGENT_NAME: &str = "im.rendezvous.Agent";
/// The interface of the agent on a session bus.
pub const AGENT_INTERFACE: &str = "im.rendezvous.Agent1";
/// The interface of the agent at its private socket, for the commands of this program. It is not published.
pub const COMMANDS_INTERFACE: &str = "im.rendezvous.Commands1";
/// Where the agent implements both.
pub const AGENT_PATH: &str = "/im/rendezvous/Agent";
/// Names the descriptor of the private socket to a spawned application; on Windows, where a process inherits none, the file
/// that says where the socket is.
pub const SOCKET_VARIABLE: &str = if cfg!(windows) { "RENDEZVOUS_SOCKET" } else { "RENDEZVOUS_SOCKET_FD" };

/// A call over a private socket that has no answer by then has failed.
const CALL_PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// Why something on a bus or private socket failed.
#[derive(Debug, thiserror::Error)]
pub enum DbusError {
    /// The other process answered with an error, or is gone.
    #[error("{0}")]
    Bus(#[from] zbus::Error),
    /// The socket cannot be used.
    #[error("{what}: {error}")]
    Socket {
        /// What was tried, with the path.
        what: String,
        /// Why it failed.
        error: std::io::Error,
    },
    /// It did not come in time.
    #[error("{0} did not come in time")]
    Timeout(&'static str),
    /// On the bus this name is another user's.
    #[error("{0} on the bus is another user's program")]
    ForeignUser(String),
    /// The other process sent something that the contract does not know.
    #[error("the other process broke the contract: {0}")]
    Contract(&'static str),
}

impl DbusError {
    /// Whether it may be otherwise when it is tried at once again: an application on a bus takes one session after the
    /// other, and between two of them nobody has its name.
    fn is_transient(&self) -> bool {
        use zbus::fdo::Error::{LimitsExceeded, NameHasNoOwner};
        match self {
            Self::Bus(error) => {
                bus::is(error, |error| matches!(error, NameHasNoOwner(_) | LimitsExceeded(_)))
            }
            _ => false,
        }
    }

    /// What the other side's error says in plain words, without the name of the D-Bus error.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Bus(zbus::Error::MethodError(_, Some(text), _)) => text.clone(),
            Self::Bus(zbus::Error::FDO(error)) => match error.as_ref() {
                zbus::fdo::Error::Failed(text) | zbus::fdo::Error::InvalidArgs(text) => text.clone(),
                other => other.to_string(),
            },
            other => other.to_string(),
        }
    }
}

/// The object path of a session.
#[doc(hidden)]
#[must_use]
pub fn session_path(id: rendezvous_core::SessionId) -> zbus::OwnedObjectPath {
    let hex: String = id.0.iter().map(|byte| format!("{byte:02x}")).collect();
    zbus::OwnedObjectPath::try_from(format!("/im/rendezvous/session/{hex}"))
        .expect("hexadecimal digits make a path")
}

/// The session that a path names.
#[doc(hidden)]
#[must_use]
pub fn session_of(path: &str) -> Option<rendezvous_core::SessionId> {
    path.strip_prefix("/im/rendezvous/session/")?.parse().ok()
}
