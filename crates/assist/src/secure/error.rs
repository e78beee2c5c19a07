//! Why it is not known who is there.

use std::fmt;

use rendezvous_trust::code::CodeError;
use rendezvous_trust::{AUTHENTICATION_FAILED, AuthenticationError};

/// Why two applications could not be sure of each other. Each of these ends the session with [`AUTHENTICATION_FAILED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecureError {
    /// A message of the handshake, or a signed one, is not what it must be.
    Authentication(AuthenticationError),
    /// The one-time code did not bring the two together.
    Code(CodeError),
    /// The other side typed a code, and none is open here.
    NoCode,
    /// The other side said that it has typed a code, and does not show it.
    UnusedCode,
    /// The other side does not say what it knows.
    Standing,
    /// The novice typed other words, three times.
    WrongWords,
    /// The expert did not hear that the words were right.
    NotHeard,
    /// The other side sends more than can wait.
    TooMuch,
    /// Nothing of this kind is due.
    NotDue,
    /// It is over.
    Over,
}

impl SecureError {
    /// The result that the session ends with: `AUTHENTICATION_FAILED`, whatever it was.
    #[must_use]
    pub const fn result(&self) -> u32 {
        AUTHENTICATION_FAILED
    }
}

impl From<AuthenticationError> for SecureError {
    fn from(error: AuthenticationError) -> Self {
        Self::Authentication(error)
    }
}

impl From<CodeError> for SecureError {
    fn from(error: CodeError) -> Self {
        Self::Code(error)
    }
}

impl fmt::Display for SecureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authentication(error) => error.fmt(f),
            Self::Code(error) => error.fmt(f),
            Self::NoCode => f.write_str("the other side typed a code, and none is open here"),
            Self::UnusedCode => f.write_str("the other side said that it has the code, and did not show it"),
            Self::Standing => f.write_str("the other side does not say what it knows"),
            Self::WrongWords => f.write_str("the words that were typed are not the ones that were read"),
            Self::NotHeard => f.write_str("the words were not confirmed"),
            Self::TooMuch => f.write_str("the other side sends more than can wait"),
            Self::NotDue => f.write_str("nothing of this kind is due"),
            Self::Over => f.write_str("this is over"),
        }
    }
}

impl std::error::Error for SecureError {}
