//! What ends a handshake, and everything that rests on it.

use std::fmt;

use super::ParameterError;
use crate::AUTHENTICATION_FAILED;
use crate::key::KeyError;
use crate::wire::WireError;

/// Why the other side is not who it should be, or does not behave like it. Each of these ends the session with
/// [`AUTHENTICATION_FAILED`]; none has a way around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthenticationError {
    /// The message is not one that is due here.
    Wire(WireError),
    /// The key cannot be one.
    Key(KeyError),
    /// The other side shows our own key: a reflection.
    OwnKey,
    /// The other side shows another key than the one that signed its invitation or answer.
    OtherKey,
    /// Our own parameters cannot be.
    Parameters(ParameterError),
    /// The other side sees this part of the session differently.
    Differs(&'static str),
    /// The revealed value is not the promised one.
    Commitment,
    /// The answer is not to our message.
    Transcript,
    /// A signature does not verify.
    Signature,
    /// A message was lost, doubled or put in another place.
    Sequence {
        /// The number that was due.
        due: u64,
        /// The number that came.
        came: u64,
    },
    /// Certificates of another generation than the one that is due.
    Generation {
        /// The generation that was due.
        due: u32,
        /// The generation that came.
        came: u32,
    },
    /// The two sides of the connection cannot be as they say: the same certificate twice, or roles that do not fit.
    Media,
    /// Only the other side may do this.
    WrongSide,
    /// Nothing of this kind is due.
    NotDue,
    /// An error came before; nothing is accepted any more.
    Dead,
}

impl AuthenticationError {
    /// The result that the session ends with: `AUTHENTICATION_FAILED`, whatever it was.
    #[must_use]
    pub const fn result(&self) -> u32 {
        AUTHENTICATION_FAILED
    }
}

impl fmt::Display for AuthenticationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wire(error) => error.fmt(f),
            Self::Key(error) => error.fmt(f),
            Self::OwnKey => f.write_str("the other side shows this device's own key"),
            Self::OtherKey => f.write_str("the other side shows another key than the one that signed before"),
            Self::Parameters(error) => error.fmt(f),
            Self::Differs(field) => write!(f, "the other side has another view of the {field}"),
            Self::Commitment => f.write_str("the revealed value is not the promised one"),
            Self::Transcript => f.write_str("the answer is not to what was sent from here"),
            Self::Signature => f.write_str("the signature does not verify"),
            Self::Sequence { due, came } => write!(f, "message {due} was due and {came} came"),
            Self::Generation { due, came } => {
                write!(f, "certificates of generation {due} were due and of {came} came")
            }
            Self::Media => f.write_str("the two sides of the connection do not fit together"),
            Self::WrongSide => f.write_str("only the other side may do this"),
            Self::NotDue => f.write_str("nothing of this kind is due"),
            Self::Dead => f.write_str("the handshake has failed before"),
        }
    }
}

impl std::error::Error for AuthenticationError {}

impl From<WireError> for AuthenticationError {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

impl From<KeyError> for AuthenticationError {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl From<ParameterError> for AuthenticationError {
    fn from(error: ParameterError) -> Self {
        Self::Parameters(error)
    }
}
