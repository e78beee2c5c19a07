//! A shell on a terminal of its own: looked at only with a grant, typed into by others only with another.
//!
//! [`Shell`] runs the person's shell on a pseudo-terminal. What it writes goes to an [`Emulator`], which knows what would
//! be seen of it, and hands that out as cells. What is typed goes to [`Hands`]: the person's own keys always, the keys of the
//! other person only as long as the [`ControlGrant`](rendezvous_assist::grant::ControlGrant) is live that comes with them, and
//! that is asked again before every few bytes.

mod confined;
mod emulator;
mod hands;
#[cfg_attr(windows, path = "terminal/shell/nowhere.rs")]
mod shell;
mod strings;

pub use emulator::{Emulator, HISTORY};
pub use hands::{Hands, MAX_WAITING};
pub use shell::{Shell, ShellError};
