//! A benchmark of the program that cargo builds and runs by itself: it writes its figures down, each with its bar.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_testkit::process::{Launch, Log, Process};
use serde_json::Value;

use super::machine;
use crate::table::Table;
use crate::{repo, say};

/// Longer than all of it takes, with a first build.
const LONG: Duration = Duration::from_mins(60);

/// Runs the benchmark of this name with these arguments, and shows its figures with the conditions under which they came
/// about.
///
/// # Errors
///
/// When it does not end well, or a figure falls short of its bar.
pub(super) fn run(name: &str, arguments: &[&str], conditions: &str) -> Result<()> {
    repo::announce_first_build(repo::Profile::Release);
    let launch = repo::cargo()
        .args(["bench", "--quiet", "--package", "rendezvous", "--bench", name, "--"])
        .args(arguments);
    run_by(name, launch, conditions)
}

/// The same by another command, which takes what is said to the benchmark at its end.
///
/// # Errors
///
/// As [`run`].
pub(super) fn run_by(name: &str, launch: Launch, conditions: &str) -> Result<()> {
    let machine = machine::conditions()?;
    let figures = repo::output(&format!("bench-{name}"))?.join("figures.jsonl");
    // Those of an earlier run could be taken for these.
    if figures.exists() {
        fs::remove_file(&figures).with_context(|| format!("cannot remove {}", figures.display()))?;
    }
    let launch = launch.arg("--figures").arg(&figures);
    let status = Process::start(&launch, Log::Ours)?.wait_exit(LONG)?;
    let Ok(text) = fs::read_to_string(&figures) else { bail!("the benchmark did not end ({status})") };
    let rows = rows(&text).with_context(|| format!("in {}", figures.display()))?;
    say::heading("Result");
    say::line(table(&rows));
    say::line(format_args!("\n{machine}, load after {}; one run, in release, {conditions}", load()));
    let short = rows.iter().filter(|row| row.holds == Some(false)).count();
    ensure!(short == 0, "{short} figures fall short of their bars");
    ensure!(status.success(), "the benchmark failed ({status})");
    Ok(())
}

/// How busy the machine is.
fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}

/// What was measured.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    what: String,
    figure: String,
    bar: String,
    /// `None` where there is no bar.
    holds: Option<bool>,
}

/// The figures that the benchmark wrote down, one JSON object a line.
fn rows(text: &str) -> Result<Vec<Row>> {
    let row = |line: &str| -> Result<Row> {
        let row: Value = serde_json::from_str(line)?;
        let text =
            |name: &str| row[name].as_str().map(str::to_owned).with_context(|| format!("no {name}: {line}"));
        let holds = match &row["holds"] {
            Value::Null => None,
            Value::Bool(holds) => Some(*holds),
            _ => bail!("this is no verdict: {line}"),
        };
        Ok(Row { what: text("what")?, figure: text("figure")?, bar: text("bar")?, holds })
    };
    let rows = text.lines().map(row).collect::<Result<Vec<_>>>()?;
    ensure!(!rows.is_empty(), "nothing was measured");
    Ok(rows)
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new(["", "figure", "bar", "result"]);
    for Row { what, figure, bar, holds } in rows {
        let result = match holds {
            None => "-",
            Some(true) => "holds",
            Some(false) => "FALLS SHORT",
        };
        let bar = if bar.is_empty() { "-" } else { bar };
        table.row([what, figure, bar, result]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_and_nothing_else_is_taken_for_one() {
        let text = r#"{"what":"a","figure":"1","bar":"","holds":null}
{"what":"b","figure":"2","bar":"at most 1","holds":false}"#;
        let read = rows(text).unwrap();
        assert_eq!(read.iter().map(|row| row.holds).collect::<Vec<_>>(), [None, Some(false)]);
        let shown = table(&read).to_string();
        assert_eq!(shown.matches("FALLS SHORT").count(), 1, "{shown}");
        for other in ["", "{}", r#"{"what":"a","figure":"1","bar":"","holds":"yes"}"#, "nonsense"] {
            assert!(rows(other).is_err(), "{other}");
        }
    }
}
