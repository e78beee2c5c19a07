//! Two tables in virtual time, and one table against a hostile peer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod hostile;
mod pair;
mod path;
