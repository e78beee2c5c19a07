//! Why a local call was refused.

use crate::{Code, SessionId};
use core::fmt;

/// A call from this side was refused; the session is as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionError {
    /// No session of that name is open here.
    NoSuchSession(SessionId),
    /// The call is not possible now; the published result says why.
    Refused(Code),
    /// Invitation, answer or ending data of this many bytes is over the limit of 512.
    DataOverLimit(usize),
}

impl SessionError {
    /// The published result for this refusal, where one exists.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Refused(code) => Some(*code),
            Self::NoSuchSession(_) | Self::DataOverLimit(_) => None,
        }
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchSession(id) => write!(f, "there is no open session {id}"),
            Self::Refused(code) => write!(f, "{}", code.text()),
            Self::DataOverLimit(n) => {
                write!(f, "the data has {n} bytes, at most {} are possible", crate::MAX_DATA)
            }
        }
    }
}

impl core::error::Error for SessionError {}
