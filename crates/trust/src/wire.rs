//! Texts from elsewhere: bounded, versioned JSON objects in which every field is there exactly once and none is more.
//!
//! `serde`'s derived readers would do for honest texts. What is authenticated here is read by one small reader instead,
//! so that a doubled, missing, unknown or oversized field is a typed error at every depth.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// The version that every text of this crate carries as `"v"`.
pub(crate) const FORMAT: u64 = 1;

/// Why a text was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WireError {
    /// Longer than a text of this kind can be; this many bytes.
    TooLong(usize),
    /// Not a JSON object of texts, whole numbers, lists and objects; or a field is doubled.
    NotJson,
    /// `"v"` is missing or of a version that is not spoken here.
    Version,
    /// `"type"` is missing or not the one that is due.
    Type,
    /// This field is missing.
    Missing(&'static str),
    /// This field has a value that cannot be.
    Value(&'static str),
    /// There is a field that does not belong here.
    Unknown,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(bytes) => write!(f, "the text is too long: {bytes} bytes"),
            Self::NotJson => f.write_str("the text is not a JSON object in which every field is there once"),
            Self::Version => f.write_str("the text has no version that is spoken here; one side is too old"),
            Self::Type => f.write_str("the text is not the one that is due"),
            Self::Missing(field) => write!(f, "the field {field:?} is missing"),
            Self::Value(field) => write!(f, "the field {field:?} has a value that cannot be"),
            Self::Unknown => f.write_str("there is a field that does not belong here"),
        }
    }
}

impl std::error::Error for WireError {}

/// An object that is being taken apart.
#[derive(Debug)]
pub(crate) struct Object(Vec<(String, Json)>);

impl Object {
    /// Reads an object of at most `most` bytes and checks its version.
    pub(crate) fn read(text: &str, most: usize) -> Result<Self, WireError> {
        if text.len() > most {
            return Err(WireError::TooLong(text.len()));
        }
        let Ok(Json::Object(object)) = serde_json::from_str(text) else { return Err(WireError::NotJson) };
        let mut object = Self(object);
        match object.take("v") {
            Ok(Json::Number(FORMAT)) => Ok(object),
            _ => Err(WireError::Version),
        }
    }

    /// Reads a message of the type that is due.
    pub(crate) fn message(text: &str, most: usize, due: &str) -> Result<Self, WireError> {
        let mut object = Self::read(text, most)?;
        match object.take("type") {
            Ok(Json::Text(kind)) if kind == due => Ok(object),
            _ => Err(WireError::Type),
        }
    }

    pub(crate) fn text(&mut self, name: &'static str) -> Result<String, WireError> {
        match self.take(name)? {
            Json::Text(text) => Ok(text),
            _ => Err(WireError::Value(name)),
        }
    }

    pub(crate) fn number(&mut self, name: &'static str) -> Result<u64, WireError> {
        match self.take(name)? {
            Json::Number(number) => Ok(number),
            _ => Err(WireError::Value(name)),
        }
    }

    /// A number or `null`; the field itself must be there.
    pub(crate) fn optional_number(&mut self, name: &'static str) -> Result<Option<u64>, WireError> {
        match self.take(name)? {
            Json::Null => Ok(None),
            Json::Number(number) => Ok(Some(number)),
            _ => Err(WireError::Value(name)),
        }
    }

    /// A text or `null`; the field itself must be there.
    pub(crate) fn optional_text(&mut self, name: &'static str) -> Result<Option<String>, WireError> {
        match self.take(name)? {
            Json::Null => Ok(None),
            Json::Text(text) => Ok(Some(text)),
            _ => Err(WireError::Value(name)),
        }
    }

    /// Exactly `N` bytes in padded base64.
    pub(crate) fn bytes<const N: usize>(&mut self, name: &'static str) -> Result<[u8; N], WireError> {
        let text = self.text(name)?;
        let bytes = STANDARD.decode(text).map_err(|_| WireError::Value(name))?;
        bytes.try_into().map_err(|_| WireError::Value(name))
    }

    pub(crate) fn numbers(&mut self, name: &'static str) -> Result<Vec<u64>, WireError> {
        let number = |item| match item {
            Json::Number(number) => Ok(number),
            _ => Err(WireError::Value(name)),
        };
        self.list(name)?.into_iter().map(number).collect()
    }

    pub(crate) fn objects(&mut self, name: &'static str) -> Result<Vec<Self>, WireError> {
        let object = |item| match item {
            Json::Object(fields) => Ok(Self(fields)),
            _ => Err(WireError::Value(name)),
        };
        self.list(name)?.into_iter().map(object).collect()
    }

    pub(crate) fn object(&mut self, name: &'static str) -> Result<Self, WireError> {
        match self.take(name)? {
            Json::Object(fields) => Ok(Self(fields)),
            _ => Err(WireError::Value(name)),
        }
    }

    /// Every field has been taken.
    pub(crate) fn end(self) -> Result<(), WireError> {
        if self.0.is_empty() { Ok(()) } else { Err(WireError::Unknown) }
    }

    fn list(&mut self, name: &'static str) -> Result<Vec<Json>, WireError> {
        match self.take(name)? {
            Json::List(items) => Ok(items),
            _ => Err(WireError::Value(name)),
        }
    }

    fn take(&mut self, name: &'static str) -> Result<Json, WireError> {
        let place = self.0.iter().position(|(field, _)| field == name).ok_or(WireError::Missing(name))?;
        Ok(self.0.swap_remove(place).1)
    }
}

/// An object that is being written, its fields in the order of the calls.
#[derive(Debug)]
pub(crate) struct Writer(String);

impl Writer {
    /// A message: version and type come first.
    pub(crate) fn message(kind: &str) -> Self {
        Self::file().text("type", kind)
    }

    /// A text with a version and no type.
    pub(crate) fn file() -> Self {
        Self::object().number("v", FORMAT)
    }

    /// An object within another.
    pub(crate) fn object() -> Self {
        Self(String::from("{"))
    }

    pub(crate) fn text(self, name: &str, value: &str) -> Self {
        self.raw(name, &serde_json::Value::from(value).to_string())
    }

    pub(crate) fn optional_text(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self.raw(name, "null"),
        }
    }

    pub(crate) fn number(self, name: &str, value: u64) -> Self {
        self.raw(name, &value.to_string())
    }

    pub(crate) fn optional_number(self, name: &str, value: Option<u64>) -> Self {
        self.raw(name, &value.map_or_else(|| String::from("null"), |value| value.to_string()))
    }

    pub(crate) fn bytes(self, name: &str, value: &[u8]) -> Self {
        self.text(name, &STANDARD.encode(value))
    }

    pub(crate) fn list(self, name: &str, items: impl IntoIterator<Item = String>) -> Self {
        let items: Vec<String> = items.into_iter().collect();
        self.raw(name, &format!("[{}]", items.join(",")))
    }

    pub(crate) fn nested(self, name: &str, object: Self) -> Self {
        let object = object.finish();
        self.raw(name, &object)
    }

    pub(crate) fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn raw(mut self, name: &str, json: &str) -> Self {
        let comma = if self.0.len() > 1 { "," } else { "" };
        self.0.push_str(comma);
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
        self.0.push_str(json);
        self
    }
}

/// The JSON that is spoken here: no fractions, no negative numbers, no truth values, and no name twice in an object.
#[derive(Debug)]
enum Json {
    Null,
    Number(u64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("texts, whole numbers, lists and objects")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json, A::Error> {
        // No object here has more; the bound keeps the search for doubles from growing with the square of the text.
        const MOST_FIELDS: usize = 16;
        let mut object: Vec<(String, Json)> = Vec::new();
        while let Some((name, value)) = fields.next_entry::<String, Json>()? {
            if object.len() == MOST_FIELDS || object.iter().any(|(other, _)| *other == name) {
                return Err(A::Error::custom("a field is doubled, or there are too many"));
            }
            object.push((name, value));
        }
        Ok(Json::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<(u64, [u8; 3]), WireError> {
        let mut object = Object::message(text, 100, "t")?;
        let found = (object.number("n")?, object.bytes("b")?);
        object.end()?;
        Ok(found)
    }

    #[test]
    fn what_was_written_is_read() {
        let text = Writer::message("t").number("n", 7).bytes("b", b"abc").finish();
        assert_eq!(text, r#"{"v":1,"type":"t","n":7,"b":"YWJj"}"#);
        assert_eq!(read(&text), Ok((7, *b"abc")));
    }

    #[test]
    fn every_other_text_is_a_typed_error() {
        for (text, expected) in [
            ("", WireError::NotJson),
            ("[]", WireError::NotJson),
            (r#"{"v":1,"v":1,"type":"t","n":7,"b":"YWJj"}"#, WireError::NotJson),
            (r#"{"v":1,"type":"t","n":7,"b":"YWJj"} x"#, WireError::NotJson),
            (r#"{"v":1,"type":"t","n":7.0,"b":"YWJj"}"#, WireError::NotJson),
            (r#"{"v":1,"type":"t","n":-7,"b":"YWJj"}"#, WireError::NotJson),
            (r#"{"v":1,"type":"t","n":true,"b":"YWJj"}"#, WireError::NotJson),
            (r#"{"v":2,"type":"t","n":7,"b":"YWJj"}"#, WireError::Version),
            (r#"{"v":"1","type":"t","n":7,"b":"YWJj"}"#, WireError::Version),
            (r#"{"type":"t","n":7,"b":"YWJj"}"#, WireError::Version),
            (r#"{"v":1,"type":"u","n":7,"b":"YWJj"}"#, WireError::Type),
            (r#"{"v":1,"n":7,"b":"YWJj"}"#, WireError::Type),
            (r#"{"v":1,"type":"t","b":"YWJj"}"#, WireError::Missing("n")),
            (r#"{"v":1,"type":"t","n":null,"b":"YWJj"}"#, WireError::Value("n")),
            (r#"{"v":1,"type":"t","n":[7],"b":"YWJj"}"#, WireError::Value("n")),
            (r#"{"v":1,"type":"t","n":7,"b":"YWI="}"#, WireError::Value("b")),
            (r#"{"v":1,"type":"t","n":7,"b":"YWJjZA=="}"#, WireError::Value("b")),
            (r#"{"v":1,"type":"t","n":7,"b":" YWJj"}"#, WireError::Value("b")),
            (r#"{"v":1,"type":"t","n":7,"b":"YWJj","x":1}"#, WireError::Unknown),
        ] {
            assert_eq!(read(text), Err(expected), "{text}");
        }
        assert_eq!(read(&" ".repeat(101)), Err(WireError::TooLong(101)));
    }

    #[test]
    fn doubles_are_found_at_every_depth() {
        let nested = r#"{"v":1,"type":"t","o":{"n":1,"n":1}}"#;
        assert_eq!(Object::message(nested, 100, "t").map(|_| ()), Err(WireError::NotJson));
        let deep = format!(r#"{{"v":1,"o":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(Object::read(&deep, 100_000).map(|_| ()), Err(WireError::NotJson));
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in ".{0,80}") {
            let _ = read(&text);
        }

        #[test]
        fn any_text_survives(text in any::<String>()) {
            let written = Writer::file().text("a", &text).finish();
            prop_assert_eq!(Object::read(&written, usize::MAX).unwrap().text("a").unwrap(), text);
        }
    }
}
