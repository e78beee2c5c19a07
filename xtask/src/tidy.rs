//! `cargo xtask tidy`: what no compiler checks, and what would rot without a check.

mod licences;
mod manifests;
mod rules;
mod sizes;
mod source;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::{repo, say};

/// A file of the repository and what is in it.
pub(crate) struct Text {
    /// Relative to the repository.
    path: PathBuf,
    text: String,
}

impl Text {
    fn is(&self, extension: &str) -> bool {
        self.path.extension().is_some_and(|found| found == extension)
    }

    /// Rust in a `tests` or `benches` directory, or in a file of tests that a module names.
    fn is_test(&self) -> bool {
        self.path.iter().any(|part| part == "tests" || part == "benches" || part == "tests.rs")
    }

    /// As one writes it in a table: with slashes.
    fn name(&self) -> String {
        self.path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
    }
}

/// What the checks found.
#[derive(Debug, Default)]
struct Findings {
    faults: Vec<String>,
    notes: Vec<String>,
}

impl Findings {
    fn fault(&mut self, what: impl Into<String>) {
        self.faults.push(what.into());
    }

    fn note(&mut self, what: impl Into<String>) {
        self.notes.push(what.into());
    }
}

pub(crate) fn run() -> Result<()> {
    let texts = read_all()?;
    let mut findings = Findings::default();
    for text in &texts {
        sizes::check(text, &mut findings);
        words::check(text, &mut findings);
    }
    rules::check_tables(&texts, &mut findings);
    manifests::check(&texts, &mut findings)?;
    licences::check(&mut findings)?;

    for note in &findings.notes {
        say::line(format_args!("note: {note}"));
    }
    ensure!(findings.faults.is_empty(), "not tidy:\n  {}", findings.faults.join("\n  "));
    say::line(format_args!("{} files are tidy.", texts.len()));
    Ok(())
}

/// All files that are text. Pictures are not.
fn read_all() -> Result<Vec<Text>> {
    let read = |path: PathBuf| match fs::read(Path::new(&path)) {
        Ok(bytes) => Ok(String::from_utf8(bytes).ok().map(|text| Text { path, text })),
        Err(error) => Err(anyhow::Error::new(error).context(format!("cannot read {}", path.display()))),
    };
    repo::files()?.into_iter().map(read).filter_map(Result::transpose).collect()
}

#[cfg(test)]
fn findings_of(path: &str, text: &str, check: fn(&Text, &mut Findings)) -> Vec<String> {
    let mut findings = Findings::default();
    check(&Text { path: path.into(), text: text.into() }, &mut findings);
    findings.faults
}
