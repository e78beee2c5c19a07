//! Who is at the other end, without I/O: device keys, the one encoding of what is signed, and words for the ear.
#![forbid(unsafe_code)]

pub mod key;
pub mod words;

mod contact;
mod encode;
mod time;
mod wire;

pub use contact::{Contact, ContactError};
pub use key::{DeviceKey, PublicKey, Signature};
pub use time::UnixTime;
pub use wire::WireError;
