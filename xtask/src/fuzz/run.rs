//! Runs one target, and reads what the fuzzer says of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::process::{Launch, Log, Process};

use crate::repo;

/// One input that takes longer than so many seconds is a finding.
const SLOW: &str = "10";
/// So is one for which more memory is used than so many MiB.
const MEMORY: &str = "1024";
/// The longest inputs: more than a frame, a context text in pieces or a store of a few pins.
const LONGEST: &str = "4096";
/// To come to an end after the time is over.
const GRACE: Duration = Duration::from_mins(1);

/// What came of a run.
pub(super) struct Report {
    target: String,
    said: Said,
    /// The input that violates a property, when there is one.
    pub(super) crash: Option<Crash>,
}

/// An input that violates a property.
pub(super) struct Crash {
    /// The first line that says why.
    pub(super) what: String,
    /// The file.
    pub(super) input: PathBuf,
}

/// The numbers in what the fuzzer says. They stay texts: they are only shown.
#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    runs: String,
    per_second: String,
    features: String,
    corpus: String,
    new: String,
    why: Option<String>,
    written: Option<PathBuf>,
}

/// Runs a target for a while. What it learns stays below cargo's target directory, for the next time.
pub(super) fn fuzz(target: &str, program: &Path, time: Duration) -> Result<Report> {
    let output = |place: &str| repo::output(&format!("fuzz/{place}/{target}"));
    let (corpus, crashes) = (output("corpus")?, output("crashes")?);
    let log = repo::output("fuzz/logs")?.join(format!("{target}.log"));
    let mut launch = Launch::new(program)
        .arg(format!("-max_total_time={}", time.as_secs()))
        .arg(format!("-artifact_prefix={}/", crashes.display()))
        .arg(format!("-timeout={SLOW}"))
        .arg(format!("-rss_limit_mb={MEMORY}"))
        .arg(format!("-max_len={LONGEST}"))
        .args(["-print_final_stats=1", "-dict=fuzz/words.dict"])
        // What is found goes into the first directory; the others are only read.
        .arg(corpus);
    for place in ["seeds", "crashes"] {
        let directory = Path::new("fuzz").join(place).join(target);
        if directory.exists() {
            launch = launch.arg(directory);
        }
    }
    let status = Process::start(&launch, Log::File(&log))?.wait_exit(time + GRACE)?;
    let said = read(&String::from_utf8_lossy(&fs::read(&log)?));
    if status.success() {
        return Ok(Report { target: target.to_owned(), said, crash: None });
    }
    ensure!(said.written.is_some(), "`{target}` ended ({status}) and left no input; see {}", log.display());
    let what = said.why.clone().unwrap_or_else(|| format!("see {}", log.display()));
    let input = said.written.clone().context("it was there a moment ago")?;
    Ok(Report { target: target.to_owned(), said, crash: Some(Crash { what, input }) })
}

impl Report {
    /// A line of the table.
    pub(super) fn cells(&self) -> [String; 7] {
        let Said { runs, per_second, features, corpus, new, .. } = &self.said;
        let result = if self.crash.is_some() { "CRASH" } else { "holds" };
        [&self.target, runs, per_second, features, corpus, new, result].map(|cell| cell.to_owned())
    }
}

/// Reads the fuzzer's log.
fn read(log: &str) -> Said {
    let mut said = Said::default();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        let stat = |name: &str| line.strip_prefix("stat::").and_then(|rest| rest.strip_prefix(name));
        if let Some(value) = stat("number_of_executed_units:") {
            said.runs = value.trim().to_owned();
        } else if let Some(value) = stat("average_exec_per_sec:") {
            said.per_second = value.trim().to_owned();
        } else if let Some(value) = stat("new_units_added:") {
            said.new = value.trim().to_owned();
        } else if let Some((_, path)) = line.split_once("Test unit written to ") {
            said.written = Some(path.trim().into());
        } else if line.starts_with("thread ") && line.contains(" panicked at ") {
            let reason = lines.peek().copied().unwrap_or_default();
            said.why.get_or_insert_with(|| reason.to_owned());
        } else if let Some((_, error)) = line.split_once("ERROR: libFuzzer: ") {
            said.why.get_or_insert_with(|| error.to_owned());
        } else if line.starts_with('#') {
            let value = |name| line.split_once(name)?.1.split([' ', '/']).next();
            if let (Some(features), Some(corpus)) = (value(" ft: "), value(" corp: ")) {
                (said.features, said.corpus) = (features.to_owned(), corpus.to_owned());
            }
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fuzzers_numbers_are_read() {
        let log = "#2\tINITED cov: 20 ft: 21 corp: 2/15b exec/s: 0 rss: 40Mb\n\
            #900\tNEW    cov: 30 ft: 48 corp: 7/99b lim: 4 exec/s: 0 rss: 74Mb L: 3/3 MS: 1 InsertByte-\n\
            #5000\tDONE   cov: 30 ft: 50 corp: 8/99b lim: 4 exec/s: 2500 rss: 74Mb\n\
            stat::number_of_executed_units: 5000\nstat::average_exec_per_sec:     2500\n\
            stat::new_units_added:          6\n";
        let said = read(log);
        assert_eq!((said.runs.as_str(), said.per_second.as_str()), ("5000", "2500"));
        assert_eq!((said.features.as_str(), said.corpus.as_str(), said.new.as_str()), ("50", "8", "6"));
        assert_eq!((said.why, said.written), (None, None));
    }

    #[test]
    fn a_crash_says_why_and_where() {
        let log = "#2\tINITED cov: 20 ft: 21 corp: 2/15b exec/s: 0 rss: 40Mb\n\
            thread '<unnamed>' (1) panicked at crates/oracles/src/a.rs:1:2:\n\
            a second device wins\nstack backtrace:\n==1== ERROR: libFuzzer: deadly signal\n\
            artifact_prefix='x/'; Test unit written to x/crash-7afc\n";
        let said = read(log);
        assert_eq!(said.why.as_deref(), Some("a second device wins"));
        assert_eq!(said.written.as_deref(), Some(Path::new("x/crash-7afc")));
    }

    #[test]
    fn what_takes_too_long_says_so() {
        let log = "ALARM: working on the last Unit for 11 seconds\n\
            ==1== ERROR: libFuzzer: timeout after 11 seconds\nTest unit written to x/timeout-1\n";
        assert_eq!(read(log).why.as_deref(), Some("timeout after 11 seconds"));
    }
}
