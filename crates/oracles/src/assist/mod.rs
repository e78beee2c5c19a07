//! What the two applications and the expert's page say to each other.

mod description;
mod inbox;
mod input;
mod policy;
mod signal;
mod terminal;

pub(crate) use description::{description, description_seeds};
pub(crate) use inbox::{inbox, inbox_seeds};
pub(crate) use input::{input, input_seeds};
pub(crate) use policy::{policy, policy_seeds};
pub(crate) use signal::{signal, signal_seeds};
pub(crate) use terminal::{terminal, terminal_seeds};
