//! The session: names and numbers from elsewhere, and the table itself under whatever it is told.

mod context;
mod names;
mod numbers;
mod table;
mod watch;

pub(crate) use context::{context, context_seeds};
pub(crate) use names::{name_seeds, names};
pub(crate) use numbers::{number_seeds, numbers};
pub(crate) use table::{table, table_seeds};
