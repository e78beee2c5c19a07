//! The licences of everything that we build on, against the list in `deny.toml`.
//!
//! The file is the one that cargo-deny reads, and cargo-deny is run too where it is installed; this check needs
//! nothing but cargo.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result};
use rendezvous_testkit::process::find_program;
use serde_json::Value;
use toml::Table;

use super::Findings;
use crate::{fuzz, repo, say};

/// What `deny.toml` allows.
#[derive(Debug, Default)]
struct Allowed {
    everywhere: BTreeSet<String>,
    /// Crate and licence.
    exceptions: BTreeSet<(String, String)>,
}

pub(super) fn check(findings: &mut Findings) -> Result<()> {
    let allowed = Allowed::read(&fs::read_to_string("deny.toml").context("cannot read deny.toml")?)?;
    let metadata =
        repo::read(&repo::cargo().args(["metadata", "--format-version", "1", "--all-features", "--locked"]))?;
    for metadata in [metadata, fuzz::metadata()?] {
        let metadata: Value = serde_json::from_str(&metadata).context("`cargo metadata` printed no JSON")?;
        for package in metadata["packages"].as_array().into_iter().flatten() {
            // Crates without a source are our own.
            if !package["source"].is_null() {
                allowed.check(package, findings);
            }
        }
    }
    if find_program("cargo-deny").is_some() {
        say::line("cargo-deny is installed: it checks the same list.");
        let deny = repo::cargo().args(["deny", "check", "bans", "licenses", "sources"]);
        repo::run(&deny, std::time::Duration::from_mins(5))?;
    }
    Ok(())
}

impl Allowed {
    fn read(text: &str) -> Result<Self> {
        let file: Table = text.parse().context("deny.toml is not TOML")?;
        let licenses = file.get("licenses").context("deny.toml has no [licenses]")?;
        let strings = |value: &toml::Value| -> Vec<String> {
            value
                .get("allow")
                .and_then(toml::Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|entry| entry.as_str().map(str::to_owned))
                .collect()
        };
        let mut exceptions = BTreeSet::new();
        for exception in licenses.get("exceptions").and_then(toml::Value::as_array).into_iter().flatten() {
            let name = exception
                .get("crate")
                .and_then(toml::Value::as_str)
                .context("an exception in deny.toml names no crate")?;
            exceptions.extend(strings(exception).into_iter().map(|licence| (name.to_owned(), licence)));
        }
        Ok(Self { everywhere: strings(licenses).into_iter().collect(), exceptions })
    }

    fn check(&self, package: &Value, findings: &mut Findings) {
        let name = package["name"].as_str().unwrap_or("a crate without a name");
        let Some(expression) = package["license"].as_str() else {
            findings.fault(format!(
                "`{name}` names no licence: look into it, and say what you found in deny.toml"
            ));
            return;
        };
        let is_allowed = |licence: &str| {
            self.everywhere.contains(licence)
                || self.exceptions.contains(&(name.to_owned(), licence.to_owned()))
        };
        match Expression::new(expression).holds(is_allowed) {
            Some(true) => {}
            Some(false) => {
                findings.fault(format!("`{name}` is under `{expression}`, which deny.toml does not allow"))
            }
            None => findings.fault(format!("`{name}`: `{expression}` is not a licence expression (SPDX)")),
        }
    }
}

/// A licence expression of SPDX: `MIT OR (Apache-2.0 WITH LLVM-exception AND ISC)`.
struct Expression<'a> {
    words: Vec<&'a str>,
    at: usize,
}

impl<'a> Expression<'a> {
    fn new(text: &'a str) -> Self {
        // Parentheses are words of their own. A slash is what crates wrote for OR before there was a standard.
        let words = text
            .split_inclusive(['(', ')', ' ', '/'])
            .flat_map(|piece| {
                let word = piece.trim_end_matches(['(', ')', ' ', '/']);
                [word, piece[word.len()..].trim()]
            })
            .filter(|word| !word.is_empty())
            .collect();
        Self { words, at: 0 }
    }

    /// Whether the expression holds when the licences for which `is_allowed` says so are allowed; `None` when it is
    /// no expression.
    fn holds(mut self, is_allowed: impl Fn(&str) -> bool) -> Option<bool> {
        let value = self.any(&is_allowed)?;
        (self.at == self.words.len()).then_some(value)
    }

    fn any(&mut self, is_allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
        let mut value = self.all(is_allowed)?;
        while self.take("OR") || self.take("/") {
            value |= self.all(is_allowed)?;
        }
        Some(value)
    }

    fn all(&mut self, is_allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
        let mut value = self.one(is_allowed)?;
        while self.take("AND") {
            value &= self.one(is_allowed)?;
        }
        Some(value)
    }

    fn one(&mut self, is_allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
        if self.take("(") {
            let value = self.any(is_allowed)?;
            return self.take(")").then_some(value);
        }
        let licence = self.next().filter(|word| !["OR", "AND", "WITH", ")", "/"].contains(word))?;
        if self.take("WITH") {
            let exception = self.next()?;
            return Some(is_allowed(&format!("{licence} WITH {exception}")));
        }
        Some(is_allowed(licence))
    }

    fn take(&mut self, word: &str) -> bool {
        let is_it = self.words.get(self.at) == Some(&word);
        self.at += usize::from(is_it);
        is_it
    }

    fn next(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.at).copied()?;
        self.at += 1;
        Some(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let is_allowed = |licence: &str| ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].contains(&licence);
        for (expression, expected) in [
            ("MIT", Some(true)),
            ("GPL-3.0-only", Some(false)),
            ("MIT OR GPL-3.0-only", Some(true)),
            ("MIT AND GPL-3.0-only", Some(false)),
            ("GPL-3.0-only OR MIT AND ISC", Some(true)),
            ("(GPL-3.0-only OR MIT) AND ISC", Some(true)),
            ("(MIT OR ISC) AND Unicode-3.0", Some(false)),
            ("Apache-2.0 WITH LLVM-exception OR Zlib", Some(true)),
            ("Apache-2.0 WITH Other", Some(false)),
            ("Unlicense/MIT", Some(true)),
            ("MIT OR", None),
            ("(MIT", None),
            ("MIT ISC", None),
            ("", None),
        ] {
            assert_eq!(Expression::new(expression).holds(is_allowed), expected, "{expression}");
        }
    }

    #[test]
    fn an_exception_is_for_one_crate() {
        let file = "[licenses]\nallow = [\"MIT\"]\nexceptions = [{ allow = [\"OpenSSL\"], crate = \"a\" }]\n";
        let allowed = Allowed::read(file).unwrap();
        let faults = |name: &str| {
            let mut findings = Findings::default();
            allowed.check(&serde_json::json!({ "name": name, "license": "MIT AND OpenSSL" }), &mut findings);
            findings.faults
        };
        assert_eq!(faults("a"), Vec::<String>::new());
        assert_eq!(faults("b"), ["`b` is under `MIT AND OpenSSL`, which deny.toml does not allow"]);
    }
}
