//! What the two applications and the expert's page say to each other.

mod description;
mod input;
mod policy;
mod signal;

pub(crate) use description::{description, description_seeds};
pub(crate) use input::{input, input_seeds};
pub(crate) use policy::{policy, policy_seeds};
pub(crate) use signal::{signal, signal_seeds};
