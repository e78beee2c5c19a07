//! Tables in virtual time: two, several devices, and one against a hostile peer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod bad;
mod calls;
mod crossing;
mod delivery;
mod forking;
mod hostile;
mod limits;
mod matrix;
mod pair;
mod party;
mod path;
mod reference;
mod rules;
