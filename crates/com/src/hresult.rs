//! What calls return: the documented numbers (reference 1.2, 1.3), and which of our refusals becomes which of them.

use rendezvous_core::{Code, SessionError};
use rendezvous_net::CallError;
use std::fmt;

/// The number that a call returns. The highest bit says that it failed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hresult(pub u32);

macro_rules! known {
    ($($name:ident = $number:literal, $what:literal;)*) => {
        impl Hresult {
            $(#[doc = $what] pub const $name: Self = Self($number);)*
        }
        const KNOWN: &[(Hresult, &str)] = &[$((Hresult::$name, stringify!($name)),)*];
    };
}

known! {
    OK = 0, "`S_OK`.";
    FALSE = 1, "`S_FALSE`.";
    NOT_IMPLEMENTED = 0x8000_4001, "`E_NOTIMPL`.";
    NO_INTERFACE = 0x8000_4002, "`E_NOINTERFACE`.";
    POINTER = 0x8000_4003, "`E_POINTER`: there is nowhere to put the answer.";
    FAIL = 0x8000_4005, "`E_FAIL`.";
    UNEXPECTED = 0x8000_FFFF, "`E_UNEXPECTED`.";
    INVALID_ARGUMENT = 0x8007_0057, "`E_INVALIDARG`.";
    OUT_OF_MEMORY = 0x8007_000E, "`E_OUTOFMEMORY`: not now; again when something has arrived.";
    MEMBER_NOT_FOUND = 0x8002_0003, "`DISP_E_MEMBERNOTFOUND`.";
    TYPE_MISMATCH = 0x8002_0005, "`DISP_E_TYPEMISMATCH`.";
    UNKNOWN_NAME = 0x8002_0006, "`DISP_E_UNKNOWNNAME`.";
    UNKNOWN_INTERFACE = 0x8002_0001, "`DISP_E_UNKNOWNINTERFACE`: the reserved argument was used.";
    PARAMETER_COUNT = 0x8002_000E, "`DISP_E_BADPARAMCOUNT`.";
    NO_NAMED_ARGUMENTS = 0x8002_0007, "`DISP_E_NONAMEDARGS`.";
    EXCEPTION = 0x8002_0009, "`DISP_E_EXCEPTION`: what was asked was refused, and the exception says how.";
    BAD_INDEX = 0x8002_000B, "`DISP_E_BADINDEX`.";
    CANNOT_WRITE_REGISTRY = 0x8004_0151, "`REGDB_E_WRITEREGDB`.";
    NO_CONNECTION = 0x8004_0200, "`CONNECT_E_NOCONNECTION`.";
    CONNECTION_LIMIT = 0x8004_0201, "`CONNECT_E_ADVISELIMIT`.";
    CANNOT_CONNECT = 0x8004_0202, "`CONNECT_E_CANNOTCONNECT`.";
    NO_AGGREGATION = 0x8004_0110, "`CLASS_E_NOAGGREGATION`.";
    CLASS_NOT_AVAILABLE = 0x8004_0111, "`CLASS_E_CLASSNOTAVAILABLE`.";
    NOT_CONNECTED = 0x8004_01FD, "`CO_E_OBJNOTCONNECTED`.";
    SERVER_DIED = 0x8001_0007, "`RPC_E_SERVER_DIED`.";
    SERVER_DIED_WITHOUT_RUNNING = 0x8001_0012, "`RPC_E_SERVER_DIED_DNE`.";
    DISCONNECTED = 0x8001_0108, "`RPC_E_DISCONNECTED`.";
    SERVER_UNAVAILABLE = 0x8007_06BA, "`RPC_S_SERVER_UNAVAILABLE`.";
    CALL_FAILED = 0x8007_06BE, "`RPC_S_CALL_FAILED`.";
    CALL_FAILED_WITHOUT_RUNNING = 0x8007_06BF, "`RPC_S_CALL_FAILED_DNE`.";
}

impl Hresult {
    /// Whether the call failed.
    #[must_use]
    pub fn is_failure(self) -> bool {
        self.0 >= 0x8000_0000
    }

    /// Whether it says that the process at the other end is gone, or has let the object go for good. Any other failure
    /// is an answer of somebody who is there.
    #[must_use]
    pub fn is_gone(self) -> bool {
        [
            Self::NOT_CONNECTED,
            Self::SERVER_DIED,
            Self::SERVER_DIED_WITHOUT_RUNNING,
            Self::DISCONNECTED,
            Self::SERVER_UNAVAILABLE,
            Self::CALL_FAILED,
            Self::CALL_FAILED_WITHOUT_RUNNING,
        ]
        .contains(&self)
    }

    /// What `SendContextData` and `Terminate` return for a refusal. Only documented numbers: text over a limit is an
    /// argument that cannot be taken, too much under way is memory, and all else is a failure. `get_State` says more.
    #[must_use]
    pub fn of_refusal(error: &CallError) -> Self {
        match error {
            CallError::Refused(
                SessionError::DataOverLimit(_)
                | SessionError::UnknownApplication(_)
                | SessionError::Refused(Code::ContextDataOverLimit),
            ) => Self::INVALID_ARGUMENT,
            CallError::Refused(SessionError::TooMuchInFlight(_) | SessionError::TooManySessions(_)) => {
                Self::OUT_OF_MEMORY
            }
            CallError::Refused(
                SessionError::Refused(_)
                | SessionError::NoSuchSession(_)
                | SessionError::NameTaken(_)
                | SessionError::NotLoggedOn
                | SessionError::AlreadyOpen(_),
            )
            | CallError::Gone
            | CallError::NoRandomness => Self::FAIL,
        }
    }

    /// What a member of *Session Invite* returns for a refusal: the published result, where one says it.
    #[must_use]
    pub fn of_call(error: &CallError) -> Self {
        match error {
            CallError::Refused(error) => Self(error.number()),
            CallError::Gone | CallError::NoRandomness => Self::FAIL,
        }
    }
}

impl fmt::Display for Hresult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = KNOWN.iter().find(|(known, _)| known == self).map(|(_, name)| name.replace('_', " "));
        match name {
            Some(name) => write!(f, "{:#010x} ({})", self.0, name.to_lowercase()),
            None => write!(f, "{:#010x}", self.0),
        }
    }
}

impl fmt::Debug for Hresult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_core::SessionId;

    #[test]
    fn refusals_become_documented_numbers() {
        let id = SessionId([1; 16]);
        for (error, expected) in [
            (SessionError::DataOverLimit(513), Hresult::INVALID_ARGUMENT),
            (SessionError::Refused(Code::ContextDataOverLimit), Hresult::INVALID_ARGUMENT),
            (SessionError::TooMuchInFlight(9), Hresult::OUT_OF_MEMORY),
            (SessionError::Refused(Code::SessionStateInvalid), Hresult::FAIL),
            (SessionError::Refused(Code::NotValidForAppInvite), Hresult::FAIL),
            (SessionError::NoSuchSession(id), Hresult::FAIL),
            (SessionError::NotLoggedOn, Hresult::FAIL),
        ] {
            assert_eq!(Hresult::of_refusal(&CallError::Refused(error.clone())), expected, "{error}");
        }
        assert_eq!(Hresult::of_refusal(&CallError::Gone), Hresult::FAIL);
    }

    #[test]
    fn an_answer_is_no_death() {
        assert!(Hresult::SERVER_UNAVAILABLE.is_gone() && Hresult::DISCONNECTED.is_gone());
        for alive in [Hresult::OK, Hresult::FAIL, Hresult::NO_INTERFACE, Hresult(0x8001_010A)] {
            assert!(!alive.is_gone(), "{alive}");
        }
        assert!(Hresult::FAIL.is_failure() && !Hresult::FALSE.is_failure());
    }

    #[test]
    fn numbers_say_their_names() {
        assert_eq!(Hresult::INVALID_ARGUMENT.to_string(), "0x80070057 (invalid argument)");
        assert_eq!(Hresult(0x8100_0606).to_string(), "0x81000606");
    }
}
