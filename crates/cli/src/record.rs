//! The record of what happened, session by session: appended to, never changed. It holds who, what, when and how it
//! ended, and nothing of what was said or shown.
//!
//! The agent writes one line for each session; each application of ours writes a record of its own session (`session`), whose
//! entries are a chain, and tells the system's journal of it (`journal`). `show` and `verify` are for whoever reads them.

#[cfg(unix)]
mod journal;
#[cfg(windows)]
#[path = "record/nowhere.rs"]
mod journal;
mod session;
mod show;
mod verify;

pub(crate) use session::{SessionLog, begun, head_of, short};
#[cfg(feature = "windows")]
pub(crate) use show::lines;

use crate::args::{Json, ListOptions, LogOptions, LogVerb};
use crate::home::Home;
use crate::{os, texts};
use anyhow::{Context, Result};
use rendezvous_core::{DeclinedBy, SessionResult};
use serde::{Deserialize, Serialize};
use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::ExitCode;

/// At this size the record is put aside and a new one begun; the one before is kept.
const MAX_FILE: u64 = 1024 * 1024;

/// One session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// When it began, in seconds since 1970.
    pub(crate) at: u64,
    pub(crate) network: String,
    pub(crate) contact: String,
    /// The name that the person gave them then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// A GUID.
    pub(crate) application: String,
    pub(crate) direction: Direction,
    /// Whether the other device was verified: before, or in this very session. Where none has answered, whether any of
    /// theirs was.
    pub(crate) verified: bool,
    /// The number of the result.
    pub(crate) result: u32,
    /// Who said no, where somebody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) declined: Option<String>,
    /// How long the two applications were connected; nothing when they never were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seconds: Option<u64>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) session: Option<String>,
    /// The hash of the last entry of its own record, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) head: Option<String>,
}

/// Who invited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Direction {
    /// The person here.
    Out,
    /// The other one.
    In,
}

/// Appends a line.
pub(crate) fn append(home: &Home, entry: &Entry) -> Result<()> {
    let path = home.record_file();
    if std::fs::metadata(&path).is_ok_and(|about| about.len() > MAX_FILE) {
        std::fs::rename(&path, aside(&path)).context("the full record cannot be put aside")?;
    }
    let mut file = os::for_person_alone(OpenOptions::new().create(true).read(true).append(true))
        .open(&path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    let mut line = serde_json::to_string(entry)?;
    line.push('\n');
    if !ends_a_line(&mut file)? {
        // Half a line, from when the disk was full or the power went.
        line.insert(0, '\n');
    }
    // One write, so that no line is half there.
    file.write_all(line.as_bytes()).and_then(|()| file.sync_data())?;
    Ok(())
}

fn ends_a_line(file: &mut std::fs::File) -> std::io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// `log` and its verbs.
pub(crate) fn run(home: &Home, options: &LogOptions) -> Result<ExitCode> {
    match &options.verb {
        None => list(home, options.list),
        Some(LogVerb::List(options)) => list(home, *options),
        Some(LogVerb::Show { session, json: Json { json } }) => show::run(home, session.as_deref(), *json),
        Some(LogVerb::Verify { session, head, with, json: Json { json } }) => {
            let against = verify::Against { head: head.as_deref(), with: with.as_deref() };
            verify::run(home, session.as_deref(), against, *json)
        }
        Some(LogVerb::Export { session, to }) => show::export(home, session.as_deref(), to.as_deref()),
    }
}

/// Every line that can be read, the oldest first.
pub(crate) fn all(home: &Home) -> Result<Vec<Entry>> {
    let path = home.record_file();
    let mut entries = read(&aside(&path))?;
    entries.extend(read(&path)?);
    Ok(entries)
}

/// What happened lately, the last thing last.
fn list(home: &Home, ListOptions { number: most, json: Json { json } }: ListOptions) -> Result<ExitCode> {
    let entries = all(home)?;
    let entries = &entries[entries.len().saturating_sub(most)..];
    let mut out = std::io::stdout().lock();
    if json {
        serde_json::to_writer(&mut out, entries)?;
        writeln!(out)?;
    } else if entries.is_empty() {
        writeln!(out, "{}", texts::NOTHING_HAPPENED)?;
    } else {
        for entry in entries {
            writeln!(out, "{}", crate::terminal::printable(&sentence(entry)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn sentence(entry: &Entry) -> String {
    let who = entry.name.as_deref().unwrap_or(&entry.contact);
    let application = entry.application.parse().ok();
    let what = texts::what_happened(who, application, entry.direction == Direction::Out);
    let how = match (entry.seconds, entry.declined.as_deref()) {
        (Some(seconds), _) => texts::span(std::time::Duration::from_secs(seconds)),
        (None, Some("person")) if entry.direction == Direction::In => texts::YOU_SAID_NO.to_owned(),
        (None, Some("person")) => texts::THEY_SAID_NO.to_owned(),
        (None, Some(by)) => texts::declined_because(by),
        (None, None) => SessionResult(entry.result).text().trim_end_matches('.').to_owned(),
    };
    let checked = if entry.verified { "verified" } else { texts::NEVER_CHECKED };
    // By this the record of the session is asked for; without one there is nothing to ask for.
    let name = match (&entry.session, &entry.head) {
        (Some(session), Some(_)) => format!(" · {}", short(session)),
        _ => String::new(),
    };
    format!("{}  {what} · {checked} · {how}{name}", texts::moment(entry.at))
}

/// Every line that can be read; one that cannot is left out, so that a damaged line does not hide the others.
fn read(path: &Path) -> Result<Vec<Entry>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let lines = bytes.split(|byte| *byte == b'\n');
    Ok(lines.filter_map(|line| serde_json::from_slice(line).ok()).collect())
}

fn aside(path: &Path) -> std::path::PathBuf {
    path.with_extension("1.jsonl")
}

/// Who said no, where neither a person nor the program did.
pub(crate) const BY_POLICY: &str = "the rules of this computer";

/// The word for who said no.
pub(crate) fn declined_name(by: DeclinedBy) -> &'static str {
    match by {
        DeclinedBy::Person => "person",
        DeclinedBy::NotInstalled => "not installed",
        DeclinedBy::Busy => "busy",
        DeclinedBy::Policy => "a rule",
        DeclinedBy::Version => "another version",
        DeclinedBy::Crossed => "the calls crossed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_core::ApplicationId;
    use rendezvous_testkit::home::Home as Place;

    fn entry(at: u64) -> Entry {
        Entry {
            at,
            network: "nearby".to_owned(),
            contact: "ann".to_owned(),
            name: None,
            application: ApplicationId::ASK.to_string(),
            direction: Direction::Out,
            verified: false,
            result: 0x8100_0602,
            declined: Some("person".to_owned()),
            seconds: None,
            session: None,
            head: None,
        }
    }

    #[test]
    fn what_is_appended_is_read_and_a_damaged_line_hides_nothing() {
        let place = Place::new("record").expect("a place for a test");
        let home = Home::at(place.path().to_owned());
        append(&home, &entry(1)).expect("it is written");
        let mut file = OpenOptions::new().append(true).open(home.record_file()).expect("it is there");
        file.write_all(b"{\"at\": 2\n\xff\xfe\n").expect("it is written");
        append(&home, &entry(3)).expect("it is written");
        // What was cut off in its middle does not take the next line with it.
        file.write_all(b"{\"at\": 4, \"netw").expect("it is written");
        append(&home, &entry(5)).expect("it is written");
        assert_eq!(read(&home.record_file()).expect("it is read"), [entry(1), entry(3), entry(5)]);
    }

    #[test]
    fn a_full_record_is_put_aside_once() {
        let place = Place::new("record").expect("a place for a test");
        let home = Home::at(place.path().to_owned());
        for at in 0..3 {
            std::fs::write(home.record_file(), vec![b'\n'; usize::try_from(MAX_FILE).expect("small") + 1])
                .expect("it is written");
            append(&home, &entry(at)).expect("it is written");
        }
        assert_eq!(read(&home.record_file()).expect("it is read"), [entry(2)]);
        let files = std::fs::read_dir(place.path()).expect("it can be listed").count();
        assert_eq!(files, 2);
    }
}
