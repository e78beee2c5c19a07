//! The wire without its streams, for the oracles of the fuzzer. Not part of the contract.

use super::FrameError;
use super::frame::{self, Frame};
use super::map;
use crate::Parcel;
use rendezvous_core::Address;

/// What a frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A greeting, and whether a link would begin with it.
    Hello {
        /// Whether it is of our version, with a port and a name that can be.
        acceptable: bool,
    },
    /// A message.
    Message {
        /// Its number on the link.
        number: u64,
        /// As the driver gets it. Its signature, if it has one, is not checked.
        parcel: Box<Parcel>,
    },
    /// The other side leaves.
    Bye,
    /// A message of ours was taken.
    Taken {
        /// Which.
        number: u64,
    },
}

/// Reads what stands in a frame, behind its length, as a link with `from` does.
pub fn decode(bytes: &[u8], from: &Address) -> Result<Heard, FrameError> {
    Ok(match frame::decode(bytes)? {
        Frame::Hello(hello) => Heard::Hello { acceptable: hello.is_acceptable() },
        Frame::Message { number, message } => {
            Heard::Message { number, parcel: Box::new(map::from_wire(message, from)?) }
        }
        Frame::Taken { number } => Heard::Taken { number },
        Frame::Bye => Heard::Bye,
    })
}

/// Writes what stands in the frame of a message, behind its length, as a link does; `None` for one that cannot travel as it is.
pub fn encode(number: u64, parcel: Parcel) -> Option<Result<Vec<u8>, FrameError>> {
    let message = map::to_wire(parcel)?;
    Some(frame::encode(&Frame::Message { number, message }).map(|mut bytes| bytes.split_off(4)))
}
