//! `cargo xtask test`: every check in one run, each with its time, and a word on all that was left out.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rendezvous_testkit::wait;

use crate::say;
use crate::stages::{self, Context, Outcome, Stage};
use crate::table::Table;
use crate::windows;

/// What all stages together may take, from a cold checkout on two cores.
const BUDGET: Duration = Duration::from_mins(45);

/// What to test.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only this stage; can be given several times
    #[arg(long, value_name = "STAGE", value_parser = stages::NAMES)]
    only: Vec<String>,
    /// Installs nothing: what needs a missing system package is left out, and named
    #[arg(long)]
    no_install: bool,
    /// Everything that runs on Windows, at full length and under Wine, and nothing else
    #[arg(long, conflicts_with = "only")]
    windows: bool,
    /// Of these only the trials whose line has this in it; can be given several times
    #[arg(long, value_name = "WORDS", requires = "windows")]
    trial: Vec<String>,
}

/// One line of the table at the end.
struct Line {
    stage: &'static str,
    time: Duration,
    end: End,
}

enum End {
    /// With what was left out inside.
    Passed(Vec<String>),
    Failed(String),
    Skipped(String),
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let start = Instant::now();
    if arguments.windows {
        return windows::full(arguments.no_install, &arguments.trial, start + BUDGET);
    }
    let chosen =
        |stage: &&Stage| arguments.only.is_empty() || arguments.only.iter().any(|only| only == stage.name);
    let mut context = Context { no_install: arguments.no_install, deadline: start + BUDGET, is_built: true };

    let mut lines = Vec::new();
    for stage in stages::ALL.iter().filter(chosen) {
        lines.push(run_stage(stage, &mut context));
        if wait::is_interrupted() {
            bail!("interrupted");
        }
    }

    let time = start.elapsed();
    say::heading("Result");
    say::line(table(&lines));
    let is_late = time > BUDGET;
    say::line(format_args!("\nTime: {} of {}.", minutes(time), minutes(BUDGET)));
    if is_late {
        say::line(
            "That is over the budget: make a stage faster, or move its long part to `cargo xtask prove`.",
        );
    }
    let count = |wanted: fn(&End) -> bool| lines.iter().filter(|line| wanted(&line.end)).count();
    let failed = count(|end| matches!(end, End::Failed(_))) + usize::from(is_late);
    // The last line is plain, for people and programs that read only it.
    say::line(format_args!(
        "{} passed, {failed} failed, {} skipped",
        count(|end| matches!(end, End::Passed(_))),
        count(|end| matches!(end, End::Skipped(_))),
    ));
    if failed > 0 {
        std::process::exit(1);
    }
    Ok(())
}

fn run_stage(stage: &Stage, context: &mut Context) -> Line {
    say::heading(format_args!("{}: {}", stage.name, stage.what));
    let start = Instant::now();
    let end = if start >= context.deadline {
        End::Failed("the time budget was used up before".into())
    } else {
        match (stage.run)(context) {
            Ok(Outcome::Passed { left_out }) => End::Passed(left_out),
            Ok(Outcome::Skipped(reason)) => End::Skipped(reason),
            Err(error) => {
                say::error(&error);
                End::Failed(format!("{error:#}").lines().next().unwrap_or_default().to_owned())
            }
        }
    };
    Line { stage: stage.name, time: start.elapsed(), end }
}

fn table(lines: &[Line]) -> Table {
    let mut table = Table::new(["stage", "result", "time", "remarks"]);
    for line in lines {
        let (result, remarks) = match &line.end {
            End::Passed(left_out) => {
                ("passed", left_out.iter().map(|what| format!("left out: {what}")).collect())
            }
            End::Failed(reason) => ("FAILED", vec![reason.clone()]),
            End::Skipped(reason) => ("skipped", vec![reason.clone()]),
        };
        table.row([line.stage, result, &format!("{:.1} s", line.time.as_secs_f32()), &remarks.join("; ")]);
    }
    table
}

fn minutes(time: Duration) -> String {
    format!("{} min {:02} s", time.as_secs() / 60, time.as_secs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_was_left_out_and_why() {
        let lines = [
            Line { stage: "build", time: Duration::from_millis(1500), end: End::Passed(vec![]) },
            Line { stage: "tests", time: Duration::from_secs(2), end: End::Passed(vec!["a test".into()]) },
            Line { stage: "viewer", time: Duration::ZERO, end: End::Skipped("no node".into()) },
            Line { stage: "demo", time: Duration::ZERO, end: End::Failed("no picture".into()) },
        ];
        let text = table(&lines).to_string();
        for expected in [
            "build   passed   1.5 s",
            "left out: a test",
            "skipped  0.0 s  no node",
            "FAILED   0.0 s  no picture",
        ] {
            assert!(text.contains(expected), "{expected:?} is not in\n{text}");
        }
    }

    #[test]
    fn times_are_minutes_and_seconds() {
        assert_eq!(minutes(Duration::from_secs(125)), "2 min 05 s");
    }

    #[test]
    fn a_stage_is_not_begun_after_the_budget() {
        let stage = Stage { name: "late", what: "", run: |_| unreachable!("the budget is used up") };
        let mut context = Context { no_install: true, deadline: Instant::now(), is_built: true };
        assert!(
            matches!(run_stage(&stage, &mut context).end, End::Failed(reason) if reason.contains("budget"))
        );
    }
}
