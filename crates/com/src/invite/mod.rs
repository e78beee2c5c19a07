//! *Session Invite*, the older of the two interfaces (reference 3): programs that were written for it, scripts among them,
//! ask the agent for sessions, where the Rendezvous API hands them over.
//!
//! Here is what is published of it, without any Windows: names, members and their arguments, limits, and which events a
//! session raises in which order. The objects are in `windows::invite`.
//!
//! Two things are not as they were. *Nothing here accepts*: `Accept` brings the agent's prompt before the person, and an
//! `OnInvitation` that was handled does not take it away. And *nobody's address is told*: `RemoteAddress` stays empty, and
//! applications that mean to connect say where in their context data.

pub mod event;
pub mod member;

use crate::hresult::Hresult;
use crate::names::Guid;
use rendezvous_core::{Code, MAX_DATA};

/// `LIBID` of the *Messenger Private Type Library*.
pub const LIBRARY: Guid = Guid(0x53CE_D51D_432B_45B2_A3E0_0CE2_C242_35D4);
/// `IID_IMsgrSessionManager`.
pub const MANAGER: Guid = Guid(0x305D_86C6_6896_4099_91F5_CB7B_A773_3563);
/// `IID_IMsgrSession`.
pub const SESSION: Guid = Guid(0x42D7_CAFC_0167_4941_A5D8_9FD7_F104_C41A);
/// `IID_IMsgrLock`.
pub const LOCK: Guid = Guid(0x3660_2AFA_4859_4DF5_820B_BF35_ACAA_16CA);
/// `DIID_DMsgrSessionManagerEvents`.
pub const MANAGER_EVENTS: Guid = Guid(0x52AC_8B62_8F88_46CA_902A_1F91_06B0_A9F4);
/// `DIID_DMsgrSessionEvents`.
pub const SESSION_EVENTS: Guid = Guid(0x1847_A74F_2E7F_43AF_B7F9_55A4_DE32_76F5);

/// The class that programs create, a name of our own.
pub const MANAGER_CLASS: Guid = Guid(0x4F65_940E_597C_4608_8578_104E_90A7_B1FE);
/// What a session is an object of. Nobody creates it.
pub const SESSION_CLASS: Guid = Guid(0x1B1C_7DB8_C490_489F_9A76_D12A_6B5D_8BC8);
/// The class as scripts call it.
pub const PROGRAM_ID: &str = "Rendezvous.SessionManager";
/// Where programs look for what stands in Messenger's place (reference 3.8).
pub const CLIENTS: &str = r"SOFTWARE\Microsoft\MessengerService\Clients";
/// Where applications of Session Invite are registered (reference 3.3).
pub const APPLICATIONS: &str = r"SOFTWARE\Microsoft\MessengerService\SessionManager\Apps";

/// The most characters of one context text (reference 3.4).
pub const MAX_CONTEXT: usize = 300;
/// The most characters of an address.
pub const MAX_ADDRESS: usize = 30;

/// Characters as these interfaces count them: units of UTF-16.
fn characters(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Whether `SendContextData` takes this text.
///
/// # Errors
///
/// `SR_CONTEXT_DATA_OVER_LIMIT`.
pub fn check_context(text: &str) -> Result<(), Hresult> {
    match characters(text) <= MAX_CONTEXT {
        true => Ok(()),
        false => Err(Hresult(Code::ContextDataOverLimit.number())),
    }
}

/// Whether this may be a `LocalAddress`.
///
/// # Errors
///
/// `E_INVALIDARG`.
pub fn check_address(text: &str) -> Result<(), Hresult> {
    if characters(text) <= MAX_ADDRESS { Ok(()) } else { Err(Hresult::INVALID_ARGUMENT) }
}

/// Whether this may be the data of an invitation, an answer or an ending.
///
/// # Errors
///
/// `E_INVALIDARG`.
pub fn check_data(text: &str) -> Result<(), Hresult> {
    if text.len() <= MAX_DATA { Ok(()) } else { Err(Hresult::INVALID_ARGUMENT) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_holds_exactly() {
        let long = "😀".repeat(200);
        assert_eq!(check_context(&"x".repeat(300)), Ok(()));
        assert_eq!(check_context(&"x".repeat(301)), Err(Hresult(0x8100_0611)));
        assert_eq!(check_context(&long), Err(Hresult(0x8100_0611)), "two units each");
        assert_eq!(check_address(&"x".repeat(30)), Ok(()));
        assert_eq!(check_address(&"x".repeat(31)), Err(Hresult::INVALID_ARGUMENT));
        assert_eq!(check_data(&"x".repeat(512)), Ok(()));
        assert_eq!(check_data(&"x".repeat(513)), Err(Hresult::INVALID_ARGUMENT));
    }
}
