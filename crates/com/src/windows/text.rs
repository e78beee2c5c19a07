//! `BSTR`: text with its length in front of it, in memory of the system's.
#![expect(unsafe_code, reason = "pointers to text of others")]

use crate::hresult::Hresult;
use crate::wide;
use windows_core::BSTR;

windows_link::link!("oleaut32.dll" "system" fn SysStringByteLen(text: *const u16) -> u32);

/// Text for a call or an answer.
pub(super) fn new(text: &str) -> BSTR {
    BSTR::from_wide(&wide::write(text))
}

/// The units of a text. Null is the empty one.
///
/// # Safety
///
/// The pointer is null or a `BSTR` that lives during the call.
pub(super) unsafe fn units<'a>(text: *const u16) -> Result<&'a [u16], Hresult> {
    if text.is_null() {
        return Ok(&[]);
    }
    // SAFETY: it is a `BSTR`, so its length in bytes stands in front of it.
    let bytes = unsafe { SysStringByteLen(text) } as usize;
    if bytes % 2 != 0 {
        return Err(Hresult::INVALID_ARGUMENT);
    }
    // SAFETY: so many units follow, which are aligned as the system's memory is.
    Ok(unsafe { std::slice::from_raw_parts(text, bytes / 2) })
}

/// Reads a text.
///
/// # Errors
///
/// `E_INVALIDARG` when it is no text: half a character, or half a unit.
///
/// # Safety
///
/// As for [`units`].
pub(super) unsafe fn read(text: *const u16) -> Result<String, Hresult> {
    // SAFETY: our caller promises the same.
    let units = unsafe { units(text) }?;
    wide::read(units).map_err(|_| Hresult::INVALID_ARGUMENT)
}
