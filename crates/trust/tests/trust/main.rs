//! The whole of the crate as its users see it: two ends that talk, and somebody between them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod bind;
mod channel;
mod codes;
mod confirm;
mod guessing;
mod handshake;
mod invites;
mod middle;
mod mutate;
mod pair;
mod pins;
mod sounds;
mod vectors;
mod vectors_made;
