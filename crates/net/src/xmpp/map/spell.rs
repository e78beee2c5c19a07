//! How single values are spelled: each in exactly one way, so that what was read is what was written.

use super::MapError;
use crate::Proof;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minidom::{Element, ElementBuilder};
use rendezvous_core::SessionResult;
use rendezvous_trust::{PublicKey, Signature};

/// 64 bytes in base64.
const SIGNATURE: usize = 88;

/// A GUID: 8-4-4-4-12 hexadecimal digits in lower case, without braces. A Jingle session id is an XML name token, and
/// braces are not allowed in one.
pub(super) fn guid(bytes: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

pub(super) fn read_guid(text: &str) -> Option<[u8; 16]> {
    let plain = text.len() == 36 && !text.bytes().any(|b| b.is_ascii_uppercase());
    let bytes = text.parse::<rendezvous_core::SessionId>().ok().filter(|_| plain)?.0;
    Some(bytes)
}

/// A decimal number without sign and leading zeros.
pub(super) fn read_number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let plain = digits && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

pub(super) fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

pub(super) fn read_boolean(text: &str) -> Option<bool> {
    match text {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A result: eight hexadecimal digits in lower case, as `8100060a`.
pub(super) fn result(value: SessionResult) -> String {
    format!("{:08x}", value.0)
}

pub(super) fn read_result(text: &str) -> Option<SessionResult> {
    let digits = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
    let plain = text.len() == 8 && digits;
    u32::from_str_radix(text, 16).ok().filter(|_| plain).map(SessionResult)
}

/// Puts a text into an element, in base64: XML has no way to write most control characters.
pub(super) fn text(element: ElementBuilder, value: &str) -> ElementBuilder {
    if value.is_empty() { element } else { element.append(STANDARD.encode(value)) }
}

/// The text that an element holds, of at most `limit` bytes.
pub(super) fn read_text(element: &Element, limit: usize, field: &'static str) -> Result<String, MapError> {
    if element.children().next().is_some() {
        return Err(MapError::Children);
    }
    // Before it is decoded, or even put together.
    if element.texts().map(str::len).sum::<usize>() > limit.div_ceil(3) * 4 {
        return Err(MapError::OverLimit(field));
    }
    let bytes = STANDARD.decode(element.text()).map_err(|_| MapError::Text(field))?;
    if bytes.len() > limit {
        return Err(MapError::OverLimit(field));
    }
    String::from_utf8(bytes).map_err(|_| MapError::Text(field))
}

pub(super) fn signature(value: &Signature) -> String {
    STANDARD.encode(value.as_bytes())
}

pub(super) fn read_proof(key: &str, signature: &str) -> Result<Proof, MapError> {
    let key = PublicKey::from_text(key).map_err(|_| MapError::Key)?;
    if signature.len() != SIGNATURE {
        return Err(MapError::Signature);
    }
    let bytes = STANDARD.decode(signature).map_err(|_| MapError::Signature)?;
    let bytes: [u8; 64] = bytes.try_into().map_err(|_| MapError::Signature)?;
    Ok(Proof { key, signature: Signature::from_bytes(bytes) })
}
