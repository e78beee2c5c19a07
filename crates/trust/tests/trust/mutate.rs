//! What somebody between the two can do to a text.

use serde_json::{Map, Value};

/// A text, changed, and what was done to it.
pub(crate) struct Mutant {
    pub(crate) what: String,
    pub(crate) text: String,
}

/// Every field of the object, at every depth: missing, doubled, changed, of another kind, oversized; and one too many.
pub(crate) fn fields(text: &str) -> Vec<Mutant> {
    let object: Map<String, Value> = serde_json::from_str(text).unwrap();
    let mut mutants = Vec::new();
    objects(&object, "", &mut |changed| changed.to_string(), &mut mutants);
    mutants
}

/// `whole` puts a changed object back where it was.
fn objects(
    object: &Map<String, Value>,
    path: &str,
    whole: &mut dyn FnMut(&Raw) -> String,
    mutants: &mut Vec<Mutant>,
) {
    let raw: Raw = Raw(object.iter().map(|(name, value)| (name.clone(), value.to_string())).collect());
    let mut add = |what: String, changed: Raw, whole: &mut dyn FnMut(&Raw) -> String| {
        mutants.push(Mutant { what, text: whole(&changed) });
    };
    add(format!("{path}: one field too many"), raw.with("extra", "1"), whole);
    for (name, value) in object {
        let path = format!("{path}/{name}");
        add(format!("{path}: missing"), raw.without(name), whole);
        add(format!("{path}: doubled"), raw.with(name, &value.to_string()), whole);
        add(
            format!("{path}: renamed"),
            raw.without(name).with(&format!("{name}x"), &value.to_string()),
            whole,
        );
        for (what, changed) in others(value) {
            add(format!("{path}: {what}"), raw.replaced(name, &changed), whole);
        }
    }
    for (name, value) in object {
        if let Value::Object(inner) = value {
            let mut inner_whole = |changed: &Raw| whole(&raw.replaced(name, &changed.to_string()));
            objects(inner, &format!("{path}/{name}"), &mut inner_whole, mutants);
        }
    }
}

/// Values that are not this one.
fn others(value: &Value) -> Vec<(&'static str, String)> {
    let mut all = vec![
        ("null", "null".to_owned()),
        ("true", "true".to_owned()),
        ("a list", "[]".to_owned()),
        ("an object", "{}".to_owned()),
        ("empty", "\"\"".to_owned()),
        ("negative", "-1".to_owned()),
        ("a fraction", "0.5".to_owned()),
        ("huge", "18446744073709551616".to_owned()),
        ("oversized", format!("\"{}\"", "A".repeat(70_000))),
    ];
    let same = value.to_string();
    all.retain(|(_, other)| *other != same);
    match value {
        Value::String(text) => {
            let mut changed = text.clone().into_bytes();
            for (what, at) in [("first letter", 0), ("middle letter", text.len() / 2)] {
                changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
                all.push((what, Value::from(String::from_utf8(changed.clone()).unwrap()).to_string()));
            }
            all.push(("longer", Value::from(format!("{text}A")).to_string()));
            all.push(("four longer", Value::from(format!("{text}AAAA")).to_string()));
            all.push(("shorter", Value::from(&text[..text.len() - 1]).to_string()));
        }
        Value::Number(number) => {
            let number = number.as_u64().unwrap();
            all.push(("one more", (number + 1).to_string()));
            all.push(("as text", format!("\"{number}\"")));
        }
        Value::Array(items) => {
            let mut more = items.clone();
            more.push(Value::from(65_535));
            all.push(("one item more", Value::from(more).to_string()));
            all.push(("a hundred items", Value::from((1..=100).collect::<Vec<u32>>()).to_string()));
        }
        Value::Null | Value::Bool(_) | Value::Object(_) => {}
    }
    all
}

/// An object in which a name can stand twice.
struct Raw(Vec<(String, String)>);

impl Raw {
    fn with(&self, name: &str, value: &str) -> Self {
        let added = (name.to_owned(), value.to_owned());
        Self(self.0.iter().cloned().chain([added]).collect())
    }

    fn without(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(other, _)| other != name).cloned().collect())
    }

    fn replaced(&self, name: &str, value: &str) -> Self {
        self.without(name).with(name, value)
    }
}

impl std::fmt::Display for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fields: Vec<String> = self.0.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        write!(f, "{{{}}}", fields.join(","))
    }
}

/// One byte: another one in its place, one too many, or missing.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slip {
    Replace(u8),
    Insert(u8),
    Remove,
}

impl Slip {
    /// The changed text; nothing when it says the same.
    pub(crate) fn of(self, text: &str, at: usize) -> Option<String> {
        let mut bytes = text.as_bytes().to_vec();
        let at = at % bytes.len();
        match self {
            Self::Replace(byte) => bytes[at] = byte,
            Self::Insert(byte) => bytes.insert(at, byte),
            Self::Remove => {
                bytes.remove(at);
            }
        }
        let changed = String::from_utf8(bytes).ok()?;
        let same: Option<Value> = serde_json::from_str(&changed).ok();
        (same != serde_json::from_str(text).ok()).then_some(changed)
    }
}

pub(crate) fn slips() -> impl proptest::strategy::Strategy<Value = Slip> {
    use proptest::prelude::*;
    prop_oneof![
        3 => (0x20..0x7F_u8).prop_map(Slip::Replace),
        1 => (0x20..0x7F_u8).prop_map(Slip::Insert),
        1 => Just(Slip::Remove),
    ]
}
