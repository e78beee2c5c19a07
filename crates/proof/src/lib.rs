//! The proof of the session and of consent: a model checker over the shipped transition functions, seeded faults that it
//! must notice, and what is generated and measured from the same code.
//!
//! A crate of its own, unpublished, because of its dependencies: a model checker and a benchmark harness are nobody
//! else's business, and its feature `mutants` must not reach anything that ships.

pub mod check;
pub mod consent;
pub mod heap;
pub mod load;
pub mod model;
#[cfg(feature = "mutants")]
pub mod mutants;
pub mod outcome;
pub mod sim;
pub mod states;
pub mod tally;
pub mod weigh;
