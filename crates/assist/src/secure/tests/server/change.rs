//! What the server does with a text.

use serde_json::{Map, Value, json};

use super::super::pair::key;
use super::Record;

/// Numbers that look random and are the same each time.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It does not arrive.
    Drop,
    /// It arrives twice.
    Double,
    /// It arrives after the one behind it.
    Later,
    /// Its sender gets it too, or instead.
    Reflect,
    Bounce,
    /// An earlier one of this session takes its place, or comes before it.
    Replay,
    Repeat,
    /// The text of another session at this place.
    Foreign,
    /// One field of it is of another session.
    ForeignField,
    /// A field is missing, or there twice.
    Strip,
    DoubleField,
    /// One bit is another one.
    Flip,
    /// The server's own key.
    OwnKey,
    /// What is signed says something else: certificates, roles, candidates.
    Inner,
    /// Nothing that belongs here.
    Nonsense,
}

impl Change {
    pub(super) const ALL: [Self; 15] = [
        Self::Drop,
        Self::Double,
        Self::Later,
        Self::Reflect,
        Self::Bounce,
        Self::Replay,
        Self::Repeat,
        Self::Foreign,
        Self::ForeignField,
        Self::Strip,
        Self::DoubleField,
        Self::Flip,
        Self::OwnKey,
        Self::Inner,
        Self::Nonsense,
    ];

    /// Whether the text itself does not arrive as it was sent.
    pub(super) const fn replaces(self) -> bool {
        !matches!(self, Self::Double | Self::Reflect | Self::Repeat)
    }

    /// What is delivered in the place of a text: to whom, and what.
    pub(super) fn of(
        self,
        to: usize,
        text: &str,
        place: usize,
        record: &[&str],
        other: &Record,
        chance: &mut Chance,
    ) -> Vec<(usize, String)> {
        let whole = || (to, text.to_owned());
        let earlier = |chance: &mut Chance| record[chance.below(record.len())].to_owned();
        let foreign = other.get(place).map_or_else(|| "{}".to_owned(), |(_, text)| text.clone());
        match self {
            Self::Drop => vec![],
            Self::Double => vec![whole(), whole()],
            Self::Later => vec![whole()],
            Self::Reflect => vec![(1 - to, text.to_owned()), whole()],
            Self::Bounce => vec![(1 - to, text.to_owned())],
            Self::Replay => vec![(to, earlier(chance))],
            Self::Repeat => vec![(to, earlier(chance)), whole()],
            Self::Foreign => vec![(to, foreign)],
            Self::ForeignField => vec![(to, with_field_of(text, &foreign, chance))],
            Self::Strip => vec![(to, without_field(text, chance))],
            Self::DoubleField => vec![(to, with_doubled_field(text, chance))],
            Self::Flip => vec![(to, flipped(text, chance))],
            Self::OwnKey => vec![(to, with_own_key(text, chance))],
            Self::Inner => vec![(to, with_other_body(text, chance))],
            Self::Nonsense => vec![(to, "{}".to_owned())],
        }
    }
}

fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap()
}

/// The name of a field that is not the same in every text.
fn field(object: &Map<String, Value>, chance: &mut Chance) -> String {
    let names: Vec<&String> = object.keys().filter(|name| *name != "v" && *name != "type").collect();
    names[chance.below(names.len())].clone()
}

fn with_field_of(text: &str, foreign: &str, chance: &mut Chance) -> String {
    let (mut ours, theirs) = (object(text), object(foreign));
    let name = field(&ours, chance);
    let taken = theirs.get(&name).cloned().unwrap_or(Value::Null);
    ours.insert(name, taken);
    Value::Object(ours).to_string()
}

fn without_field(text: &str, chance: &mut Chance) -> String {
    let mut object = object(text);
    let names: Vec<String> = object.keys().cloned().collect();
    object.remove(&names[chance.below(names.len())]);
    Value::Object(object).to_string()
}

fn with_doubled_field(text: &str, chance: &mut Chance) -> String {
    let object = object(text);
    let names: Vec<&String> = object.keys().collect();
    let name = names[chance.below(names.len())];
    let end = text.rfind('}').unwrap();
    format!("{},{}:{}}}", &text[..end], json!(name), object[name])
}

/// A bit of any byte, as far as the text remains one.
fn flipped(text: &str, chance: &mut Chance) -> String {
    loop {
        let mut bytes = text.as_bytes().to_vec();
        let at = chance.below(bytes.len());
        bytes[at] ^= 1 << chance.below(7);
        if let Ok(changed) = String::from_utf8(bytes) {
            return changed;
        }
    }
}

/// Whoever stands between has keys, too.
fn with_own_key(text: &str, chance: &mut Chance) -> String {
    use base64::Engine as _;
    let base64 = |bytes: &[u8]| Value::from(base64::engine::general_purpose::STANDARD.encode(bytes));
    let mut object = object(text);
    let mut signature = [0; 64];
    signature.iter_mut().for_each(|byte| *byte = chance.next() as u8);
    for name in ["proof", "signature", "mac", "element"] {
        if object.contains_key(name) {
            object.insert(name.into(), base64(&signature));
        }
    }
    if object.contains_key("key") {
        object.insert("key".into(), base64(key(66).public().as_bytes()));
    }
    object.insert("v".into(), json!(1));
    Value::Object(object).to_string()
}

/// What a server would want to say in the name of one of the two.
fn with_other_body(text: &str, chance: &mut Chance) -> String {
    let mut outer = object(text);
    let Some(body) = outer.get("body").and_then(Value::as_str) else { return flipped(text, chance) };
    let mut body: Value = serde_json::from_str(body).unwrap();
    let print = ["CC"; 32].join(":");
    let address = json!([{ "foundation": "1", "component": 1, "protocol": "udp", "priority": 1,
        "address": "203.0.113.66", "port": 666, "type": "host" }]);
    match body["type"].as_str().unwrap() {
        "media" | "bind" => match chance.below(4) {
            0 => body["fingerprint"] = json!("zMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMw="),
            1 => body["setup"] = json!(if body["setup"] == "active" { "passive" } else { "active" }),
            2 => body["generation"] = json!(2),
            _ => drop(body.as_object_mut().unwrap().remove("fingerprint")),
        },
        "describe" | "answer" => {
            let it = &mut body["description"];
            match chance.below(7) {
                0 => it["fingerprint"] = json!(print),
                1 => drop(it.as_object_mut().unwrap().remove("fingerprint")),
                2 => it["fingerprint"] = json!(format!("{} {print}", it["fingerprint"].as_str().unwrap())),
                3 => it["setup"] = json!("active"),
                4 => it["candidates"] = address,
                5 => it["ufrag"] = json!("mallory"),
                _ => it["pwd"] = json!("mallorymallorymallorymallory"),
            }
        }
        _ => body["role"] = json!(if body["role"] == "novice" { "expert" } else { "novice" }),
    }
    outer.insert("body".into(), Value::from(body.to_string()));
    Value::Object(outer).to_string()
}
