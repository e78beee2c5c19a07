//! `log verify`: whether a record is as it was written, as far as that can be found out.

use super::session::{Kept, MOST_RECORDS, kept, name_of};
use super::{journal, show};
use crate::home::Home;
use crate::terminal::printable;
use crate::texts;
use anyhow::{Context, Result, bail};
use rendezvous_assist::record::compare;
use rendezvous_trust::chain::{Checked, Head, MAX_RECORD, check};
use serde_json::json;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;

/// What is known from elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Against<'a> {
    pub(super) head: Option<&'a str>,
    pub(super) with: Option<&'a Path>,
}

/// What was found out about a record.
struct Verdict {
    name: String,
    entries: usize,
    head: Option<Head>,
    /// What is wrong. Nothing: it is as it was written, as far as that can be said.
    faults: Vec<String>,
    /// What there is to know besides.
    notes: Vec<String>,
}

/// Looks at one record or all of them. Fails when something is wrong with one.
pub(super) fn run(home: &Home, session: Option<&str>, against: Against<'_>, json: bool) -> Result<ExitCode> {
    let verdicts = match session {
        Some(_) => vec![judge(&show::chosen(home, session)?, against)?],
        None => all(home, against)?,
    };
    let mut out = std::io::stdout().lock();
    if json {
        let rows: Vec<_> = verdicts.iter().map(row).collect();
        writeln!(out, "{}", serde_json::Value::from(rows))?;
    } else if verdicts.is_empty() {
        writeln!(out, "{}", texts::NO_RECORDS)?;
    } else {
        for verdict in &verdicts {
            writeln!(out, "{}", printable(&text(verdict)))?;
        }
    }
    let is_sound = verdicts.iter().all(|verdict| verdict.faults.is_empty());
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Every record, and those of which the list says that there is one.
fn all(home: &Home, against: Against<'_>) -> Result<Vec<Verdict>> {
    let kept = kept(home)?;
    let mut verdicts = Vec::new();
    for one in &kept {
        verdicts.push(judge(one, against)?);
    }
    for entry in super::all(home)? {
        let (Some(session), Some(told)) = (entry.session, entry.head) else { continue };
        let name = name_of(&session);
        // The oldest go by themselves, and the list is longer than they are.
        let is_older = kept.len() >= MOST_RECORDS
            && kept.first().is_some_and(|first| first.name != name && began_before(first, entry.at));
        match verdicts.iter_mut().find(|verdict| verdict.name == name) {
            Some(verdict) => {
                let bytes = kept.iter().find(|kept| kept.name == name).map(Kept::read).transpose()?;
                let has =
                    bytes.zip(Head::from_text(&told)).is_some_and(|(bytes, head)| check(&bytes).has(head));
                if !has {
                    verdict.faults.push(texts::HEAD_OF_LIST_MISSING.to_owned());
                }
            }
            None if is_older => {}
            None => verdicts.push(Verdict {
                name,
                entries: 0,
                head: None,
                faults: vec![texts::RECORD_MISSING.to_owned()],
                notes: Vec::new(),
            }),
        }
    }
    Ok(verdicts)
}

fn began_before(first: &Kept, at: u64) -> bool {
    let stem = first.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let first = stem.split('-').next().and_then(|digits| digits.parse::<u64>().ok());
    first.is_some_and(|first| at < first)
}

fn judge(kept: &Kept, against: Against<'_>) -> Result<Verdict> {
    let goes_on = kept.goes_on();
    let checked = check(&kept.read()?);
    let mut faults: Vec<String> = checked.faults.iter().map(ToString::to_string).collect();
    let mut notes = Vec::new();
    let has_end =
        checked.entries.last().is_some_and(|entry| entry.fields.get("what") == Some(&json!("ended")));
    match (has_end, goes_on) {
        (true, _) => {}
        (false, true) => notes.push(texts::RECORD_GOES_ON.to_owned()),
        (false, false) => notes.push(texts::RECORD_HAS_NO_END.to_owned()),
    }
    match journal::heads(&kept.name) {
        Ok(heads) if heads.is_empty() => notes.push(texts::JOURNAL_KNOWS_NOTHING.to_owned()),
        Ok(heads) => match heads.iter().filter(|head| !checked.has(**head)).count() {
            0 => notes.push(texts::journal_agrees(heads.len())),
            missing => faults.push(texts::journal_disagrees(missing)),
        },
        Err(why) => notes.push(texts::journal_not_asked(&why)),
    }
    if let Some(head) = against.head {
        let head = Head::from_text(head.trim()).context(texts::NOT_A_HASH)?;
        if checked.has(head) {
            notes.push(texts::HEAD_IS_THERE.to_owned());
        } else {
            faults.push(texts::HEAD_MISSING.to_owned());
        }
    }
    if let Some(path) = against.with {
        let other = other_side(path)?;
        faults.extend(other.faults.iter().map(|fault| texts::in_other_record(&fault.to_string())));
        match compare(&checked.entries, &other.entries) {
            Ok(agreement) => notes.push(texts::records_agree(agreement)),
            Err(disagreement) => faults.push(disagreement.to_string()),
        }
    }
    Ok(Verdict {
        name: kept.name.clone(),
        entries: checked.entries.len(),
        head: checked.head(),
        faults,
        notes,
    })
}

fn other_side(path: &Path) -> Result<Checked> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    if !file.metadata()?.is_file() {
        bail!("{} is not a file", path.display());
    }
    let mut bytes = Vec::new();
    file.take(MAX_RECORD as u64 + 1).read_to_end(&mut bytes)?;
    Ok(check(&bytes))
}

fn row(verdict: &Verdict) -> serde_json::Value {
    json!({
        "session": verdict.name,
        "sound": verdict.faults.is_empty(),
        "entries": verdict.entries,
        "head": verdict.head.map(Head::to_text),
        "faults": verdict.faults,
        "notes": verdict.notes,
    })
}

fn text(verdict: &Verdict) -> String {
    let name: String = verdict.name.chars().take(8).collect();
    let mut lines = vec![match verdict.faults.is_empty() {
        true => texts::record_is_sound(&name, verdict.entries, verdict.head),
        false => texts::record_was_changed(&name),
    }];
    lines.extend(verdict.faults.iter().chain(&verdict.notes).map(|line| format!("  {line}")));
    lines.join("\n")
}
