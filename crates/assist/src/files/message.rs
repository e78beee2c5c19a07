//! What the two sides say about files on their channel, and how the bytes of one travel.
//!
//! Texts are JSON objects with `"t"`, bytes are binary messages. Each side names the files that *it* sends, so that what
//! is said of a file tells by its kind whose it is.

use std::fmt;

use serde::Deserialize;
use serde_json::json;

use super::hash::FileHash;
use super::name::FileName;
use super::{MAX_CHUNK, MAX_FILE};

/// The most bytes of a text.
pub(super) const MAX_TEXT: usize = 4096;

/// Before the bytes: whose they are, and where in the file.
const HEAD: usize = 12;

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The sender has this file. Said again on a new connection, with the same number.
    Offer {
        /// What it is called from now on.
        id: u32,
        /// Its name, as far as it can be one here.
        name: FileName,
        /// Its bytes.
        size: u64,
    },
    /// The sender has sent all of it.
    End {
        /// Which.
        id: u32,
        /// What it hashes to.
        hash: FileHash,
    },
    /// The sender does not send it, or not any more.
    Withdraw {
        /// Which.
        id: u32,
    },
    /// The receiver takes it, from this byte on.
    Accept {
        /// Which.
        id: u32,
        /// So much of it is there already.
        from: u64,
    },
    /// The receiver has stored so much of it.
    Have {
        /// Which.
        id: u32,
        /// Bytes from its beginning.
        bytes: u64,
    },
    /// The receiver does not take it, or not any more.
    Refuse {
        /// Which.
        id: u32,
        /// Why.
        why: Refusal,
    },
    /// The receiver has all of it, the hash is right, and it has its name.
    Done {
        /// Which.
        id: u32,
    },
}

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The person does not want it, or not any more.
    No,
    /// The person has not allowed files.
    NotAllowed,
    /// It is larger than [`MAX_FILE`].
    TooLarge,
    /// There is no room for it.
    NoRoom,
    /// Too many are waiting.
    Busy,
    /// It did not arrive as it was sent.
    Broken,
    /// It cannot be stored.
    NotStored,
}

impl Refusal {
    const ALL: [Self; 7] =
        [Self::No, Self::NotAllowed, Self::TooLarge, Self::NoRoom, Self::Busy, Self::Broken, Self::NotStored];

    /// The word for it on the channel.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::NotAllowed => "not-allowed",
            Self::TooLarge => "too-large",
            Self::NoRoom => "no-room",
            Self::Busy => "busy",
            Self::Broken => "broken",
            Self::NotStored => "not-stored",
        }
    }
}

/// Why a message was not understood. Nothing of it is to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageError {
    /// Longer than 4096 bytes of text or [`MAX_CHUNK`], or shorter than what must be there.
    Length(usize),
    /// Not a JSON object with a kind that is known.
    Kind,
    /// This field is missing or has a value that cannot be.
    Field(&'static str),
}

#[derive(Deserialize)]
struct Body {
    t: String,
    id: u32,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    hash: Option<String>,
    #[serde(default)]
    from: Option<u64>,
    #[serde(default)]
    bytes: Option<u64>,
    #[serde(default)]
    why: Option<String>,
}

impl Message {
    /// Reads a text that came from the other side.
    ///
    /// # Errors
    ///
    /// It is none of these.
    pub fn parse(text: &str) -> Result<Self, MessageError> {
        if text.len() > MAX_TEXT {
            return Err(MessageError::Length(text.len()));
        }
        if !text.trim_start().starts_with('{') {
            return Err(MessageError::Kind);
        }
        let body: Body = serde_json::from_str(text).map_err(|_| MessageError::Kind)?;
        let id = body.id;
        let bytes = |value: Option<u64>, field| value.ok_or(MessageError::Field(field));
        Ok(match body.t.as_str() {
            "offer" => {
                let name = body.name.ok_or(MessageError::Field("name"))?;
                Self::Offer { id, name: FileName::cleaned(&name), size: bytes(body.size, "size")? }
            }
            "end" => {
                let hash = body.hash.as_deref().and_then(FileHash::parse);
                Self::End { id, hash: hash.ok_or(MessageError::Field("hash"))? }
            }
            "withdraw" => Self::Withdraw { id },
            "accept" => Self::Accept { id, from: within(bytes(body.from, "from")?, "from")? },
            "have" => Self::Have { id, bytes: within(bytes(body.bytes, "bytes")?, "bytes")? },
            "refuse" => {
                let why = body.why.ok_or(MessageError::Field("why"))?;
                let why = Refusal::ALL.into_iter().find(|known| known.name() == why);
                Self::Refuse { id, why: why.ok_or(MessageError::Field("why"))? }
            }
            "done" => Self::Done { id },
            _ => return Err(MessageError::Kind),
        })
    }

    /// The text.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Offer { id, name, size } => {
                json!({ "t": "offer", "id": id, "name": name.as_str(), "size": size })
            }
            Self::End { id, hash } => json!({ "t": "end", "id": id, "hash": hash.to_text() }),
            Self::Withdraw { id } => json!({ "t": "withdraw", "id": id }),
            Self::Accept { id, from } => json!({ "t": "accept", "id": id, "from": from }),
            Self::Have { id, bytes } => json!({ "t": "have", "id": id, "bytes": bytes }),
            Self::Refuse { id, why } => json!({ "t": "refuse", "id": id, "why": why.name() }),
            Self::Done { id } => json!({ "t": "done", "id": id }),
        }
        .to_string()
    }
}

/// A place in a file.
fn within(bytes: u64, field: &'static str) -> Result<u64, MessageError> {
    if bytes <= MAX_FILE { Ok(bytes) } else { Err(MessageError::Field(field)) }
}

/// Bytes of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Of which.
    pub id: u32,
    /// Where they begin in it.
    pub offset: u64,
    /// At least one, at most [`MAX_CHUNK`].
    pub data: Vec<u8>,
}

impl Chunk {
    /// Reads a binary message: the file's number and the place, both with the most significant byte first, and the bytes.
    ///
    /// # Errors
    ///
    /// It is too long, has no bytes, or lies outside of every file.
    pub fn parse(message: &[u8]) -> Result<Self, MessageError> {
        let wrong = MessageError::Length(message.len());
        let (head, data) = message.split_at_checked(HEAD).ok_or(wrong)?;
        if data.is_empty() || data.len() > MAX_CHUNK {
            return Err(wrong);
        }
        let (id, offset) = head.split_at(4);
        let id = u32::from_be_bytes(id.try_into().map_err(|_| wrong)?);
        let offset = u64::from_be_bytes(offset.try_into().map_err(|_| wrong)?);
        let offset = within(offset, "offset")?;
        Ok(Self { id, offset, data: data.to_vec() })
    }

    /// The message.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut message = Vec::with_capacity(HEAD + self.data.len());
        message.extend(self.id.to_be_bytes());
        message.extend(self.offset.to_be_bytes());
        message.extend(&self.data);
        message
    }
}

/// Without the bytes, which are nobody's business.
impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chunk({}, {}, {} bytes)", self.id, self.offset, self.data.len())
    }
}

impl fmt::Display for MessageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(bytes) => write!(f, "a message about files cannot have {bytes} bytes"),
            Self::Kind => f.write_str("this is no message about files"),
            Self::Field(field) => write!(f, "\"{field}\" is missing or has a value that cannot be"),
        }
    }
}

impl std::error::Error for MessageError {}
