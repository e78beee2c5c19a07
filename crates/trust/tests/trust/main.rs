//! The whole of the crate as its users see it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod sounds;
