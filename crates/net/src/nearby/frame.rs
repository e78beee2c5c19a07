//! Frames on a link: a length of four bytes, big endian, then so many bytes of JSON.

use super::map::{self, WireMessage};
use crate::Parcel;
use rendezvous_core::Address;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The largest frame: a context piece of 8 KiB, every byte escaped as `\u0000`, and room for the rest.
pub(super) const MAX_FRAME: usize = 64 * 1024;
/// The version of this wire.
pub(super) const VERSION: u32 = 1;

/// Why a link cannot go on, or was not opened.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Reading or writing failed, or TLS did.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The length is over the limit.
    #[error("a frame of {0} bytes; at most {MAX_FRAME} are possible")]
    TooLong(usize),
    /// The JSON is not a frame.
    #[error("not a frame: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The first frame is no greeting of a version that we speak, or a greeting comes later.
    #[error("the other side does not greet in version {VERSION}")]
    NoHello,
    /// The other side did not prove the key of a device.
    #[error("the other side proved no device key")]
    NoKey,
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
    /// There are as many links as there may be.
    #[error("too many links")]
    TooMany,
    /// A message in a frame is not one.
    #[error(transparent)]
    Map(#[from] map::MapError),
    /// Messages of a link are numbered without gaps, and only what was sent is confirmed.
    #[error("a message or its confirmation is out of order")]
    OutOfOrder,
    /// An invitation or an answer names another key than the one that the link proved.
    #[error("a message is signed with another key than the link's")]
    OtherKey,
}

impl FrameError {
    /// Whether the other side broke the rules, as opposed to a link that broke.
    pub(super) fn is_fault(&self) -> bool {
        !matches!(self, Self::Io(_) | Self::Timeout)
    }
}

/// One frame.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "frame", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Frame {
    Hello(Hello),
    /// `number` counts the messages of this direction of this link, from 1.
    Message {
        number: u64,
        message: WireMessage,
    },
    /// The table has every message up to this number.
    Taken {
        number: u64,
    },
    /// This run of the program is over, and with it every session that it had.
    Bye,
}

/// The first frame in each direction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hello {
    pub(super) version: u32,
    /// Where this side listens; its address is the one that the link comes from.
    pub(super) port: u16,
    /// Names this run of the program: 32 random hexadecimal digits. Another one has none of the sessions of this.
    pub(super) instance: String,
}

impl Hello {
    pub(super) fn new(port: u16, instance: [u8; 16]) -> Self {
        let instance = instance.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { version: VERSION, port, instance }
    }

    pub(super) fn is_acceptable(&self) -> bool {
        let is_digit = |c: u8| matches!(c, b'0'..=b'9' | b'a'..=b'f');
        let named = self.instance.len() == 32 && self.instance.bytes().all(is_digit);
        self.version == VERSION && self.port != 0 && named
    }
}

/// Reads the bytes of one frame, without its length, as a link does: everything that a stranger can send ends here.
/// `None` for a frame without a message. Pure.
///
/// # Errors
///
/// [`FrameError`] says why a link that carries these bytes is closed.
pub fn read_frame(bytes: &[u8], from: &Address) -> Result<Option<Parcel>, FrameError> {
    match decode(bytes)? {
        Frame::Hello(hello) if !hello.is_acceptable() => Err(FrameError::NoHello),
        Frame::Hello(_) | Frame::Taken { .. } | Frame::Bye => Ok(None),
        Frame::Message { message, .. } => Ok(Some(map::from_wire(message, from)?)),
    }
}

/// What stands in a frame, behind its length.
pub(super) fn decode(bytes: &[u8]) -> Result<Frame, FrameError> {
    if bytes.len() > MAX_FRAME {
        return Err(FrameError::TooLong(bytes.len()));
    }
    Ok(serde_json::from_slice(bytes)?)
}

pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Frame, FrameError> {
    let length = usize::try_from(stream.read_u32().await?).unwrap_or(usize::MAX);
    if length > MAX_FRAME {
        return Err(FrameError::TooLong(length));
    }
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await?;
    decode(&bytes)
}

pub(super) async fn write(stream: &mut (impl AsyncWrite + Unpin), frame: &Frame) -> Result<(), FrameError> {
    write_bytes(stream, &encode(frame)?).await
}

/// The bytes of a frame, with its length.
pub(super) fn encode(frame: &Frame) -> Result<Vec<u8>, FrameError> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, frame)?;
    let size = bytes.len() - 4;
    let length = u32::try_from(size).ok().filter(|_| size <= MAX_FRAME).ok_or(FrameError::TooLong(size))?;
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    Ok(bytes)
}

pub(super) async fn write_bytes(
    stream: &mut (impl AsyncWrite + Unpin),
    bytes: &[u8],
) -> Result<(), FrameError> {
    stream.write_all(bytes).await?;
    stream.flush().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            _ = read_frame(&bytes, &Address::new("x").unwrap());
        }

        /// A message with a byte changed is the same message, another message, or none: never one with another seal.
        #[test]
        fn a_changed_byte_makes_no_sealed_message_of_a_plain_one(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = br#"{"frame":"message","number":1,"message":{"session":"{07070707-0707-0707-0707-070707070707}","sequence":1,"body":{"type":"decline","by":"person","data":"x"}}}"#.to_vec();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            if let Ok(Some(parcel)) = read_frame(&bytes, &Address::new("x").unwrap()) {
                prop_assert!(parcel.is_whole() && parcel.key().is_none(), "{parcel:?}");
            }
        }
    }

    fn read_text(text: &str) -> Result<Option<Parcel>, FrameError> {
        read_frame(text.as_bytes(), &Address::new("x").unwrap())
    }

    #[test]
    fn a_greeting_is_of_our_version_and_names_a_run() {
        let good =
            r#"{"frame":"hello","version":1,"port":7373,"instance":"00112233445566778899aabbccddeeff"}"#;
        assert!(read_text(good).unwrap().is_none());
        for (from, to) in [
            ("\"version\":1", "\"version\":2"),
            ("7373", "0"),
            ("7373", "65536"),
            ("00112233", "0011223"),
            ("00112233", "0011223G"),
            ("}", ",\"device\":\"x\"}"),
            ("}", ",\"port\":1}"),
        ] {
            assert!(read_text(&good.replacen(from, to, 1)).is_err(), "{from} -> {to}");
        }
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        for bad in [
            "",
            "{}",
            "[]",
            "null",
            r#"{"frame":"other"}"#,
            r#"{"frame":"taken"}"#,
            r#"{"frame":"taken","number":-1}"#,
        ] {
            assert!(matches!(read_text(bad), Err(FrameError::Malformed(_))), "{bad}");
        }
        assert!(matches!(
            read_frame(&[b' '; MAX_FRAME + 1], &Address::new("x").unwrap()),
            Err(FrameError::TooLong(_))
        ));
        let deep = "[".repeat(MAX_FRAME);
        assert!(read_text(&deep).is_err());
    }
}
