//! Reads a policy key by key, so that whatever is left over was not known.

use std::fmt;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Allow, At, Helpers, KEYS, Lifetimes, Log, Part, Rules, Warnings};

/// The most bytes of a file.
pub const MAX_FILE: usize = 256 * 1024;

/// The most contacts, and the most domains, in a file.
pub const MAX_LIST: usize = 1024;

/// The most characters of a warning.
pub const MAX_WARNING: usize = 500;

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// In this line, from 1.
    pub line: usize,
    /// What, and what would be right.
    pub problem: String,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for PolicyError {}

pub(super) fn rules(text: &str) -> Result<Rules, PolicyError> {
    if text.len() > MAX_FILE {
        return Err(PolicyError { line: 1, problem: "the file is too long for a policy".to_owned() });
    }
    let table = DeTable::parse(text).map_err(|error| PolicyError {
        line: line_of(text, error.span().map_or(0, |span| span.start)),
        problem: format!("this is not TOML: {}", error.message()),
    })?;
    let mut root = Section { text, name: "", table: table.into_inner() };
    let rules = Rules {
        asking: root.section("asking", part)?,
        offered: root.section("offered", part)?,
        allow: root.section("allow", |section| {
            Ok(Allow {
                files: section.truth("files")?,
                clipboard: section.truth("clipboard")?,
                drawing: section.truth("drawing")?,
                terminal: section.truth("terminal")?,
            })
        })?,
        helping: root.section("helping", |section| section.truth("allowed"))?,
        helpers: root.section("helpers", |section| {
            Ok(Helpers {
                contacts: section.list("contacts", is_address, "an address, as in \"maria@example.org\"")?,
                domains: section.list("domains", is_domain, "a domain, as in \"example.org\"")?,
                verified: section.truth("verified")?,
            })
        })?,
        lifetimes: root.section("lifetimes", |section| {
            Ok(Lifetimes {
                invitation: section.number("invitation-seconds", 10, 120)?,
                code: section.number("code-minutes", 1, 10)?,
                control: section.number("control-minutes", 1, 480)?,
            })
        })?,
        warnings: root.section("warnings", |section| {
            Ok(Warnings { view: section.warning("view")?, control: section.warning("control")? })
        })?,
        log: root.section("log", |section| {
            Ok(Log { sessions: section.truth("sessions")?, journal: section.truth("journal")? })
        })?,
        kbps: root.section("bandwidth", |section| section.number("kbit-per-second", 100, 1_000_000))?,
    };
    root.end()?;
    Ok(rules)
}

fn part(section: &mut Section<'_>) -> Result<Part, PolicyError> {
    Ok(Part { allowed: section.truth("allowed")?, control: section.truth("control")? })
}

fn is_address(text: &str) -> bool {
    (1..=255).contains(&text.len()) && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn is_domain(text: &str) -> bool {
    is_address(text) && !text.contains(['@', '/', '*'])
}

/// A table that is being read.
struct Section<'t> {
    text: &'t str,
    name: &'static str,
    table: DeTable<'t>,
}

impl<'t> Section<'t> {
    /// Reads a section to its end; one that is missing decides nothing.
    fn section<T: Default>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Section<'t>) -> Result<T, PolicyError>,
    ) -> Result<T, PolicyError> {
        let expected = format!("a section: write [{name}]");
        let found = self.take(name, &expected, |value| match value {
            DeValue::Table(table) => Some(table),
            _ => None,
        })?;
        let Some(At { value: table, .. }) = found else { return Ok(T::default()) };
        let mut section = Section { text: self.text, name, table };
        let read = read(&mut section)?;
        section.end()?;
        Ok(read)
    }

    fn truth(&mut self, key: &str) -> Result<Option<At<bool>>, PolicyError> {
        self.take(key, "true or false", |value| value.as_bool())
    }

    fn number(&mut self, key: &str, least: u64, most: u64) -> Result<Option<At<u64>>, PolicyError> {
        let expected = format!("a whole number from {least} to {most}");
        self.take(key, &expected, |value| {
            let DeValue::Integer(number) = value else { return None };
            let number = u64::from_str_radix(number.as_str(), number.radix()).ok()?;
            (least..=most).contains(&number).then_some(number)
        })
    }

    fn warning(&mut self, key: &str) -> Result<Option<At<String>>, PolicyError> {
        let expected =
            format!("a text of 1 to {MAX_WARNING} characters in quotes, in lines without other controls");
        self.take(key, &expected, |value| {
            let DeValue::String(text) = value else { return None };
            let is_text = !text.trim().is_empty() && !text.chars().any(|c| c.is_control() && c != '\n');
            (is_text && text.chars().count() <= MAX_WARNING).then(|| text.into_owned())
        })
    }

    fn list(
        &mut self,
        key: &str,
        is_one: fn(&str) -> bool,
        one: &str,
    ) -> Result<Option<At<Vec<String>>>, PolicyError> {
        let expected = format!("a list of at most {MAX_LIST}, each {one}");
        self.take(key, &expected, |value| {
            let DeValue::Array(values) = value else { return None };
            if values.len() > MAX_LIST {
                return None;
            }
            let text = |value: Spanned<DeValue<'_>>| match value.into_inner() {
                DeValue::String(text) if is_one(&text) => Some(text.into_owned()),
                _ => None,
            };
            values.into_iter().map(text).collect()
        })
    }

    fn take<T>(
        &mut self,
        key: &str,
        expected: &str,
        read: impl FnOnce(DeValue<'t>) -> Option<T>,
    ) -> Result<Option<At<T>>, PolicyError> {
        let Some(value) = self.table.remove(key) else { return Ok(None) };
        let line = line_of(self.text, value.span().start);
        match read(value.into_inner()) {
            Some(value) => Ok(Some(At { value, line })),
            None => {
                let problem = format!("\"{key}\" is something else; expected {expected}");
                Err(PolicyError { line, problem })
            }
        }
    }

    /// Whatever is left over is refused.
    fn end(self) -> Result<(), PolicyError> {
        let Some((key, _)) = self.table.iter().min_by_key(|(key, _)| key.span().start) else { return Ok(()) };
        let typed = key.get_ref();
        let known: Vec<&str> = match self.name {
            "" => {
                let mut sections: Vec<_> = KEYS.iter().map(|key| key.section).collect();
                sections.dedup();
                sections
            }
            name => KEYS.iter().filter(|key| key.section == name).map(|key| key.name).collect(),
        };
        let place =
            if self.name.is_empty() { "a section".to_owned() } else { format!("a key of [{}]", self.name) };
        let problem = format!("\"{typed}\" is not {place}; expected {}", known.join(", "));
        Err(PolicyError { line: line_of(self.text, key.span().start), problem })
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}
