//! `log show` and `log export`: one record, for its person, and as it is for somebody else.

use super::session::{Kept, kept, name_of};
use crate::home::Home;
use crate::private;
use crate::terminal::printable;
use crate::texts;
use anyhow::{Result, bail};
use rendezvous_trust::chain::{Checked, Entry, check};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// The record that is meant by the beginning of its session's name; the last one without it.
pub(super) fn chosen(home: &Home, session: Option<&str>) -> Result<Kept> {
    let all = kept(home)?;
    let Some(typed) = session else {
        return all.into_iter().next_back().ok_or_else(|| anyhow::anyhow!(texts::NO_RECORDS));
    };
    let beginning = name_of(typed);
    let found: Vec<Kept> = all.into_iter().filter(|kept| kept.name.starts_with(&beginning)).collect();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => bail!(texts::no_such_record(typed)),
        several => bail!(texts::several_records(typed, several.len())),
    }
}

/// Prints everything that was written down of one session. Fails when something is wrong with it.
pub(super) fn run(home: &Home, session: Option<&str>, json: bool) -> Result<ExitCode> {
    let kept = chosen(home, session)?;
    let checked = check(&kept.read()?);
    let mut out = std::io::stdout().lock();
    if json {
        let faults: Vec<_> = checked.faults.iter().map(ToString::to_string).collect();
        let entries: Vec<_> = checked.entries.iter().map(row).collect();
        writeln!(out, "{}", json!({ "session": kept.name, "entries": entries, "faults": faults }))?;
    } else {
        writeln!(out, "{}", printable(&text(&kept.name, &checked)))?;
    }
    Ok(if checked.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The record of a session as its person reads it, line by line.
#[cfg(feature = "windows")]
pub(crate) fn lines(home: &Home, session: &str) -> Result<Vec<String>> {
    let kept = chosen(home, Some(session))?;
    Ok(text(&kept.name, &check(&kept.read()?)).lines().map(str::to_owned).collect())
}

/// The record as it is.
pub(super) fn export(home: &Home, session: Option<&str>, to: Option<&Path>) -> Result<ExitCode> {
    let kept = chosen(home, session)?;
    let bytes = kept.read()?;
    match to {
        None => std::io::stdout().lock().write_all(&bytes)?,
        Some(path) if path.symlink_metadata().is_ok() => {
            bail!(texts::file_is_there(&path.display().to_string()))
        }
        Some(path) => private::write_new(path, &bytes)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn row(entry: &Entry) -> Value {
    let mut fields = entry.fields.clone();
    fields.insert("n".to_owned(), entry.number.into());
    fields.insert("at".to_owned(), entry.at.0.into());
    fields.insert("hash".to_owned(), entry.head.to_text().into());
    Value::Object(fields)
}

fn text(name: &str, checked: &Checked) -> String {
    let field = |name: &str| {
        let found = checked.entries.iter().find_map(|entry| entry.fields.get(name)?.as_str());
        found.map(str::to_owned)
    };
    let who = field("name").or_else(|| field("contact")).unwrap_or_else(|| texts::SOMEBODY.to_owned());
    let is_novice = field("side").as_deref() == Some("novice");
    let lent = texts::Lent::by(field("application").and_then(|id| id.parse().ok()));
    let mut lines = vec![texts::record_of(name)];
    for entry in &checked.entries {
        let sentence = texts::record_entry(&entry.fields, &who, (is_novice, lent));
        lines.push(format!("{}  {sentence}", texts::second(entry.at.0)));
    }
    lines.extend(checked.faults.iter().map(|fault| texts::record_fault(&fault.to_string())));
    lines.join("\n")
}
