//! A shell on a terminal of its own: looked at only with a grant, typed into by others only with another.
//!
//! [`Shell`] runs the person's shell on a pseudo-terminal. What it writes goes to an [`Emulator`], which knows what would
//! be seen of it, and hands that out as cells. What is typed goes to [`Hands`]: the person's own keys always, the keys of the
//! other person only as long as the [`ControlGrant`](rendezvous_assist::grant::ControlGrant) is live that comes with them, and
//! that is asked again before every few bytes.

mod confined;
mod emulator;
#[cfg(unix)]
mod hands;
#[cfg_attr(windows, path = "terminal/shell/nowhere.rs")]
mod shell;
mod strings;

pub use emulator::{Emulator, HISTORY};
#[cfg(unix)]
pub use hands::Hands;
#[cfg(windows)]
pub use shell::Hands;
pub use shell::Shell;

/// So many bytes of the other person wait at most until the program reads them.
pub const MAX_WAITING: usize = 64 * 1024;

/// Why there is no shell.
#[derive(Debug, thiserror::Error)]
pub enum ShellError {
    /// The permission has ended.
    #[error("the permission to look at the terminal has ended")]
    Revoked,
    /// The system gives no terminal.
    #[error("there is no terminal to be had: {0}")]
    Terminal(String),
    /// The shell cannot be started.
    #[error("\"{0}\" cannot be started: {1}")]
    Start(String, String),
}
