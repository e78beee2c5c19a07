//! One thing of a text, which is made another one while all the rest stays: the key, a signature, the fingerprint of a
//! certificate, the candidates of a connection, and who is who in it.

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::change::{Chance, Others};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Key,
    Signature,
    Fingerprint,
    Candidates,
    Role,
}

/// What is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// One of the server's own takes its place.
    Swap,
    /// It is left out.
    Strip,
    /// What the receiver itself said last takes its place.
    Reflect,
    /// What was said at this place of another session takes its place.
    Replay,
}

use Deed::{Reflect, Replay, Strip, Swap};

/// One thing, all that is done with it, and which of the texts it stands in.
type Tried = (Thing, &'static [Deed], &'static [(&'static str, usize)]);

/// What is tried with each, and in which of the texts. Before the second to speak there is nothing to reflect; of roles there
/// are two, so that another session has no other one than the server.
pub(super) const TRIED: &[Tried] = &[
    (Thing::Key, &[Swap, Strip, Replay], &[("h1", 0), ("h2", 0)]),
    (Thing::Key, &[Reflect], &[("h2", 0)]),
    (Thing::Signature, &[Swap, Strip, Replay], &[("h3", 0), ("h4", 0), ("bind", 0), ("describe", 0)]),
    (Thing::Signature, &[Swap, Strip, Replay, Reflect], &[("answer", 0)]),
    (Thing::Signature, &[Reflect], &[("h4", 0), ("bind", 0), ("bind", 1)]),
    (Thing::Fingerprint, &[Swap, Strip, Replay], &[("media", 0), ("bind", 0), ("bind", 1), ("describe", 0)]),
    (Thing::Fingerprint, &[Swap, Strip, Replay, Reflect], &[("answer", 0)]),
    (Thing::Fingerprint, &[Reflect], &[("bind", 0), ("bind", 1)]),
    (Thing::Candidates, &[Swap, Strip], &[("describe", 0)]),
    (Thing::Candidates, &[Swap, Strip, Replay, Reflect], &[("answer", 0)]),
    (Thing::Role, &[Swap, Strip], &[("hello", 0), ("media", 0), ("bind", 0), ("describe", 0)]),
    (Thing::Role, &[Swap, Strip, Reflect], &[("hello", 1), ("answer", 0)]),
];

impl Thing {
    /// What is counted.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::Key => "keys",
            Self::Signature => "signatures",
            Self::Fingerprint => "fingerprints",
            Self::Candidates => "candidates",
            Self::Role => "roles",
        }
    }

    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Key => &["key"],
            Self::Signature => &["signature", "proof"],
            Self::Fingerprint => &["fingerprint"],
            Self::Candidates => &["candidates"],
            Self::Role => &["role", "setup"],
        }
    }

    /// What the server has of this kind, in the place of this.
    fn own(self, before: &Value, own_key: &str, chance: &mut Chance) -> Value {
        let mut bytes = |count: usize| -> Vec<u8> {
            (0..count).map(|_| u8::try_from(chance.below(256)).unwrap_or_default()).collect()
        };
        match (self, before.as_str()) {
            (Self::Key, _) => json!(own_key),
            (Self::Signature, _) => json!(STANDARD.encode(bytes(64))),
            // In a description it is written as browsers write it.
            (Self::Fingerprint, Some(text)) if text.contains(':') => {
                let pairs: Vec<String> = bytes(32).iter().map(|byte| format!("{byte:02X}")).collect();
                json!(pairs.join(":"))
            }
            (Self::Fingerprint, _) => json!(STANDARD.encode(bytes(32))),
            (Self::Candidates, _) => json!([{ "foundation": "1", "component": 1, "protocol": "udp",
                "priority": 2_130_706_431_u32, "address": "127.0.0.1", "port": 9, "type": "host" }]),
            (Self::Role, Some("novice")) => json!("expert"),
            (Self::Role, Some("expert")) => json!("novice"),
            (Self::Role, Some("passive")) => json!("active"),
            (Self::Role, _) => json!("passive"),
        }
    }
}

impl Deed {
    /// What is counted.
    pub(super) fn name(self) -> &'static str {
        match self {
            Swap => "swapped",
            Strip => "stripped",
            Reflect => "reflected",
            Replay => "replayed",
        }
    }
}

/// The text with another one of this thing, and all else as it was.
pub(super) fn changed(
    text: &str,
    (thing, deed): (Thing, Deed),
    others: &Others<'_>,
    own_key: &str,
    chance: &mut Chance,
) -> Result<String> {
    let before = of(text, thing).with_context(|| format!("there is no {thing:?} in {text}"))?;
    let other = match deed {
        Swap => Some(thing.own(&before, own_key, chance)),
        Strip => None,
        Reflect => {
            Some(others.reflected.and_then(|text| of(text, thing)).context("there is nothing to reflect")?)
        }
        Replay => Some(others.foreign.and_then(|text| of(text, thing)).context("there is no other session")?),
    };
    ensure!(other.as_ref() != Some(&before), "it would be the same: {before}");
    let mut text: Value = serde_json::from_str(text)?;
    put(&mut text, thing, other).context("it was there")?;
    Ok(text.to_string())
}

/// What a text has of it.
pub(super) fn of(text: &str, thing: Thing) -> Option<Value> {
    let text: Value = serde_json::from_str(text).ok()?;
    let object = text.as_object()?;
    if let Some(name) = name(object, thing) {
        return object.get(name).cloned();
    }
    let body: Value = serde_json::from_str(object.get("body")?.as_str()?).ok()?;
    let inner = body.get("description").unwrap_or(&body).as_object()?;
    inner.get(name(inner, thing)?).cloned()
}

fn name(object: &Map<String, Value>, thing: Thing) -> Option<&'static str> {
    thing.names().iter().copied().find(|name| object.contains_key(*name))
}

/// In the text itself, in the body that it signs, or in the description that this carries.
fn put(text: &mut Value, thing: Thing, value: Option<Value>) -> Option<()> {
    let object = text.as_object_mut()?;
    let Some(name) = name(object, thing) else {
        let mut body: Value = serde_json::from_str(object.get("body")?.as_str()?).ok()?;
        match body.get_mut("description") {
            Some(description) => put(description, thing, value)?,
            None => put(&mut body, thing, value)?,
        }
        object.insert("body".into(), json!(body.to_string()));
        return Some(());
    };
    match value {
        Some(value) => drop(object.insert(name.into(), value)),
        None => drop(object.remove(name)),
    }
    Some(())
}
