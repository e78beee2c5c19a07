//! Why a local call was refused.

use crate::{ApplicationId, Code, SessionId};
use core::fmt;

/// `E_INVALIDARG`.
const E_INVALIDARG: u32 = 0x8007_0057;
/// `E_OUTOFMEMORY`, which the published pages list for texts that cannot be taken now.
const E_OUTOFMEMORY: u32 = 0x8007_000E;
/// `E_FAIL`.
const E_FAIL: u32 = 0x8000_4005;
/// `MSGR_E_NOT_LOGGED_ON` (reference 3.6).
pub const MSGR_E_NOT_LOGGED_ON: u32 = 0x8100_031E;

/// A call from this side was refused; everything is as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionError {
    /// No session of that name is or was open here.
    NoSuchSession(SessionId),
    /// A session of that name exists, or existed a short while ago; names are never used again.
    NameTaken(SessionId),
    /// The call is not possible now; the published result says why.
    Refused(Code),
    /// This side is offline: `MSGR_E_NOT_LOGGED_ON`.
    NotLoggedOn,
    /// An application must be registered here before it can be invited to.
    UnknownApplication(ApplicationId),
    /// Invitation, answer or ending data of this many bytes is over the limit of 512.
    DataOverLimit(usize),
    /// So many bytes of context texts are under way already; try again when some have arrived.
    TooMuchInFlight(usize),
    /// So many sessions with this contact are open already.
    TooManySessions(u32),
    /// This session, with the same contact and for the same application, was accepted and is not over.
    AlreadyOpen(SessionId),
}

impl SessionError {
    /// The published result for this refusal, where one exists.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Refused(code) => Some(*code),
            Self::NoSuchSession(_)
            | Self::NameTaken(_)
            | Self::NotLoggedOn
            | Self::UnknownApplication(_)
            | Self::DataOverLimit(_)
            | Self::TooMuchInFlight(_)
            | Self::TooManySessions(_)
            | Self::AlreadyOpen(_) => None,
        }
    }

    /// The number that the published interfaces return for this refusal.
    #[must_use]
    pub fn number(&self) -> u32 {
        match self {
            Self::Refused(code) => code.number(),
            Self::NotLoggedOn => MSGR_E_NOT_LOGGED_ON,
            Self::UnknownApplication(_) | Self::DataOverLimit(_) | Self::NameTaken(_) => E_INVALIDARG,
            Self::TooMuchInFlight(_) | Self::TooManySessions(_) => E_OUTOFMEMORY,
            Self::NoSuchSession(_) | Self::AlreadyOpen(_) => E_FAIL,
        }
    }
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchSession(id) => write!(f, "there is no open session {id}; begin a new one"),
            Self::NameTaken(id) => {
                write!(f, "the name {id} was used before; every session needs fresh random bits")
            }
            Self::Refused(code) => write!(f, "{} {}", code.text(), code.remedy()),
            Self::NotLoggedOn => f.write_str("this side is offline; sign in first"),
            Self::UnknownApplication(id) => {
                write!(f, "the application {id} is not registered here; register it first")
            }
            Self::DataOverLimit(n) => {
                write!(f, "the data has {n} bytes, at most {} are possible; send less", crate::MAX_DATA)
            }
            Self::TooMuchInFlight(n) => {
                write!(f, "{n} bytes are under way already; send again when some have arrived")
            }
            Self::AlreadyOpen(id) => {
                write!(f, "the session {id} with this contact for this application is open; end it first")
            }
            Self::TooManySessions(n) => {
                write!(f, "there are {n} sessions with this contact already; end one first")
            }
        }
    }
}

impl core::error::Error for SessionError {}
