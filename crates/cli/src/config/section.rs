//! Reads a section key by key, so that whatever is left over was not known.

use super::{ConfigError, KEYS, Value};
use crate::suggest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A table that is being read.
pub(super) struct Section<'t> {
    text: &'t str,
    name: &'static str,
    at: usize,
    table: DeTable<'t>,
}

/// A text and where it stands.
pub(super) struct Text {
    pub(super) value: String,
    pub(super) at: usize,
}

impl<'t> Section<'t> {
    pub(super) fn new(text: &'t str, name: &'static str, table: DeTable<'t>) -> Self {
        Self { text, name, at: 0, table }
    }

    pub(super) fn error(&self, at: usize, problem: String) -> ConfigError {
        ConfigError { line: line_of(self.text, at), problem }
    }

    /// A problem of the section as a whole.
    pub(super) fn error_here(&self, problem: String) -> ConfigError {
        self.error(self.at, problem)
    }

    pub(super) fn text(&mut self, key: &str) -> Result<Option<Text>, ConfigError> {
        self.take(key, |value| match value {
            DeValue::String(text) => Ok(text.into_owned()),
            _ => Err("a text in quotes"),
        })
        .map(|found| found.map(|(value, at)| Text { value, at }))
    }

    /// A list of texts, each with its place.
    pub(super) fn texts(&mut self, key: &str) -> Result<Option<Vec<Text>>, ConfigError> {
        const EXPECTED: &str = "a list of texts in quotes, as in [\"one\", \"two\"]";
        let found = self.take(key, |value| match value {
            DeValue::Array(values) => values
                .into_iter()
                .map(|value| match apart(value) {
                    (at, DeValue::String(text)) => Ok(Text { value: text.into_owned(), at }),
                    _ => Err(EXPECTED),
                })
                .collect::<Result<Vec<_>, _>>(),
            _ => Err(EXPECTED),
        })?;
        Ok(found.map(|(texts, _)| texts))
    }

    pub(super) fn required(&mut self, key: &str, expected: &str) -> Result<Text, ConfigError> {
        let at = self.at;
        let found = self.text(key)?;
        found.ok_or_else(|| self.error(at, format!("\"{key}\" is missing; expected {expected}")))
    }

    pub(super) fn truth(&mut self, key: &str) -> Result<Option<bool>, ConfigError> {
        let found = self.take(key, |value| value.as_bool().ok_or("true or false"))?;
        Ok(found.map(|(value, _)| value))
    }

    pub(super) fn table(&mut self, name: &'static str) -> Result<Option<Section<'t>>, ConfigError> {
        let found = self.take(name, |value| match value {
            DeValue::Table(table) => Ok(table),
            _ => Err(format!("a section: write [{name}]")),
        })?;
        Ok(found.map(|(table, at)| Section { text: self.text, name, at, table }))
    }

    /// A list of sections. Its keys are documented under `name`, which is also what stands between two brackets.
    pub(super) fn tables(&mut self, key: &str, name: &'static str) -> Result<Vec<Section<'t>>, ConfigError> {
        let wrong = || format!("[[{name}]], with two brackets on either side");
        let found = self.take(key, |value| match value {
            DeValue::Array(values) => values
                .into_iter()
                .map(|value| {
                    let at = value.span().start;
                    match value.into_inner() {
                        DeValue::Table(table) => Ok((at, table)),
                        _ => Err(wrong()),
                    }
                })
                .collect::<Result<Vec<_>, _>>(),
            _ => Err(wrong()),
        })?;
        let sections = found.map(|(tables, _)| tables).unwrap_or_default();
        Ok(sections.into_iter().map(|(at, table)| Section { text: self.text, name, at, table }).collect())
    }

    /// Whatever is left over is refused.
    pub(super) fn end(self) -> Result<(), ConfigError> {
        let Some((key, _)) = self.table.iter().min_by_key(|(key, _)| key.span().start) else { return Ok(()) };
        let typed = key.get_ref();
        let mut known: Vec<&str> = match self.name {
            "" => KEYS.iter().map(|(section, ..)| *section).filter(|name| !name.contains('.')).collect(),
            name => KEYS.iter().filter(|(section, ..)| *section == name).map(|(_, key, _)| *key).collect(),
        };
        known.dedup();
        let place = match self.name {
            "" => "a section".to_owned(),
            "account" | "ice.turn" => format!("a key of [[{}]]", self.name),
            name => format!("a key of [{name}]"),
        };
        let hint = match suggest::nearest(typed, known.iter().copied()) {
            Some(name) => format!(". Did you mean \"{name}\"?"),
            None => format!("; expected {}", enumerate(&known)),
        };
        Err(self.error(key.span().start, format!("\"{typed}\" is not {place}{hint}")))
    }

    fn take<T, E: std::fmt::Display>(
        &mut self,
        key: &str,
        read: impl FnOnce(DeValue<'t>) -> Result<T, E>,
    ) -> Result<Option<(T, usize)>, ConfigError> {
        let Some(value) = self.table.remove(key) else { return Ok(None) };
        let (at, value) = apart(value);
        match read(value) {
            Ok(read) => Ok(Some((read, at))),
            Err(expected) => Err(self.error(at, format!("\"{key}\" is something else; expected {expected}"))),
        }
    }
}

fn apart(value: Value<'_>) -> (usize, DeValue<'_>) {
    let value: Spanned<DeValue<'_>> = value;
    (value.span().start, value.into_inner())
}

fn enumerate(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// Lines count from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}
