//! Stanzas as somebody sees them who owns the server: texts.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// The value of an attribute, of whichever element has it first.
pub(super) fn attribute<'a>(stanza: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = stanza.split_once(&format!(" {name}='"))?;
    Some(rest.split_once('\'')?.0)
}

/// The same stanza with another value.
pub(super) fn with_attribute(stanza: &str, name: &str, value: &str) -> String {
    match attribute(stanza, name) {
        Some(old) => stanza.replacen(&format!(" {name}='{old}'"), &format!(" {name}='{value}'"), 1),
        None => stanza.to_owned(),
    }
}

/// The account that an address belongs to.
pub(super) fn bare(address: &str) -> &str {
    address.split('/').next().unwrap_or(address)
}

/// What the two applications say to each other, where it is said in one piece.
pub(super) fn context(stanza: &str) -> Option<String> {
    let (_, element) = stanza.split_once("<context ")?;
    let (_, text) = element.split_once('>')?;
    let (text, _) = text.split_once("</context>")?;
    String::from_utf8(STANDARD.decode(text).ok()?).ok()
}

/// The same stanza in which they say this.
pub(super) fn with_context(stanza: &str, said: &str) -> Result<String> {
    let at = stanza.find("<context ").context("it carries a text")?;
    let from = at + stanza[at..].find('>').context("an element")? + 1;
    let to = from + stanza[from..].find("</context>").context("an element")?;
    Ok(format!("{}{}{}", &stanza[..from], STANDARD.encode(said), &stanza[to..]))
}

/// What happens at this place of a session; nothing for what belongs to none.
pub(super) fn place(stanza: &str) -> Option<String> {
    if attribute(stanza, "type") != Some("set") {
        return None;
    }
    let has = |element: &str| stanza.contains(&format!("<{element} "));
    for element in ["invite", "ringing", "accept", "decline", "cancel", "terminate"] {
        if has(element) {
            return Some(element.to_owned());
        }
    }
    if has("attached") {
        return Some("attached".to_owned());
    }
    match attribute(stanza, "action") {
        Some("session-initiate") => return Some("confirm".to_owned()),
        Some("session-accept") => return Some("attached".to_owned()),
        _ => {}
    }
    kind(&context(stanza)?)
}

/// What kind of text it is: of a signed one, what is signed.
fn kind(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    match value["type"].as_str()? {
        "ctx" => kind(value["body"].as_str()?),
        other => Some(other.to_owned()),
    }
}
