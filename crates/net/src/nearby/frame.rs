//! Frames on a link: a length of four bytes, big endian, then so many bytes of JSON.

use super::map::WireMessage;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// The largest frame: a context piece of 8 KiB, every byte escaped as `\u0000`, and room for the rest.
const MAX_FRAME: usize = 64 * 1024;
/// The version of this wire.
pub(super) const VERSION: u32 = 1;

/// Why a link cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The length is over the limit.
    #[error("a frame of {0} bytes; at most {MAX_FRAME} are possible")]
    TooLong(usize),
    /// The JSON is not a frame.
    #[error("not a frame: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The first frame is no greeting of a version that we speak.
    #[error("the other side does not greet in version {VERSION}")]
    NoHello,
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
    /// A message in a frame is not one.
    #[error(transparent)]
    Map(#[from] super::MapError),
}

/// One frame.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "frame", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Frame {
    Hello(Hello),
    /// `number` counts the messages of this direction of this link.
    Message {
        number: u64,
        message: WireMessage,
    },
    /// The table has the message with this number.
    Taken {
        number: u64,
    },
}

/// The first frame in each direction.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hello {
    pub(super) version: u32,
    /// Where this side listens; its address is the one that the link comes from.
    pub(super) port: u16,
    /// The name of the device, at most 64 bytes.
    pub(super) device: String,
}

impl Hello {
    pub(super) fn new(port: u16, device: String) -> Self {
        Self { version: VERSION, port, device }
    }

    pub(super) fn is_acceptable(&self) -> bool {
        let name_ok =
            self.device.len() <= 64 && !self.device.chars().any(|c| c.is_control() || c.is_whitespace());
        self.version == VERSION && self.port != 0 && name_ok
    }
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

/// What stands in a frame, behind its length.
pub(super) fn decode(bytes: &[u8]) -> Result<Frame, FrameError> {
    if bytes.len() > MAX_FRAME {
        return Err(FrameError::TooLong(bytes.len()));
    }
    Ok(serde_json::from_slice(bytes)?)
}

pub(super) async fn write(stream: &mut (impl AsyncWrite + Unpin), frame: &Frame) -> Result<(), FrameError> {
    let (length, bytes) = encode(frame)?;
    stream.write_u32(length).await?;
    stream.write_all(&bytes).await?;
    stream.flush().await?;
    Ok(())
}

/// A frame's length, and what stands behind it.
pub(super) fn encode(frame: &Frame) -> Result<(u32, Vec<u8>), FrameError> {
    let bytes = serde_json::to_vec(frame)?;
    let length = u32::try_from(bytes.len()).ok().filter(|_| bytes.len() <= MAX_FRAME);
    Ok((length.ok_or(FrameError::TooLong(bytes.len()))?, bytes))
}
