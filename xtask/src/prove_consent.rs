//! `cargo xtask prove consent`: at full length what `cargo xtask test` runs shortened of consent. One line for each
//! requirement: what was tried, how often, and the result. What the lines are stands in `parts`.

mod parts;

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_testkit::process::{Log, Process};
use rendezvous_testkit::wait;

use self::parts::{By, PARTS, Part};
use crate::packages::{self, Need};
use crate::prove_network::{Programs, build, choose, judge, run_part};
use crate::{prove_session, repo, say};

/// All of it must be done in this time, on two cores.
const BUDGET: Duration = Duration::from_hours(1);

/// Runs all parts, or those that are named.
pub(crate) fn run(only: &[String], is_list: bool) -> Result<()> {
    let start = Instant::now();
    let said = |part: &Part| (part.name, part.what);
    let Some(chosen) = choose("consent", PARTS, said, only, is_list)? else { return Ok(()) };
    let tests = chosen.iter().any(|part| part.as_tests().is_some());
    let programs = if tests { install().and_then(|()| build())? } else { Programs::new() };
    let deadline = start + BUDGET;
    // What mostly waits goes beside what is timed.
    let (waiting, timed): (Vec<&Part>, Vec<&Part>) = chosen.into_iter().partition(|part| part.waits());
    let open = |parts: Vec<&Part>| -> Vec<&str> {
        parts.into_iter().filter(|part| !is_proven(part, &programs, deadline)).map(|part| part.name).collect()
    };
    let open: Vec<&str> = thread::scope(|scope| {
        let beside = scope.spawn(|| open(waiting));
        let mut all = open(timed);
        all.extend(beside.join().unwrap_or_else(|_| vec!["a part"]));
        all
    });
    let time = start.elapsed();
    if !open.is_empty() {
        let again: String = open.iter().map(|name| format!(" --only {name}")).collect();
        bail!("not proven, after {:.0} s; to go on: cargo xtask prove consent{again}", time.as_secs_f32());
    }
    let what = if only.is_empty() { "All of it" } else { "What was asked for" };
    say::line(format_args!("{what} is proven, in {:.0} s.", time.as_secs_f32()));
    ensure!(time <= BUDGET, "that is longer than the {} minutes it may take", BUDGET.as_secs() / 60);
    Ok(())
}

/// A proof leaves nothing out.
fn install() -> Result<()> {
    let needs = [Need::Build, Need::Trace, Need::Desktop, Need::Window, Need::Machines, Need::Prosody];
    packages::ensure(&needs, false)?;
    let missing = packages::missing(&needs);
    ensure!(missing.is_empty(), "not installed: {}", missing.join(", "));
    Ok(())
}

/// Runs one, and says its line.
fn is_proven(part: &Part, programs: &Programs, deadline: Instant) -> bool {
    let start = Instant::now();
    let result = match part.by {
        _ if wait::is_interrupted() => Err(anyhow::anyhow!("interrupted")),
        By::Model { features, arguments } => run_model(part, features, arguments, deadline),
        By::Tests(..) | By::LongTests(..) => {
            let part = part.as_tests().expect("it is one of tests");
            run_part(&part, programs, deadline)
        }
    };
    let said = match &result {
        Ok(counted) => counted.clone(),
        Err(error) => format!("FAILED: {error:#}"),
    };
    say::line(format_args!("{:<44}  {said}   {:.0} s", part.what, start.elapsed().as_secs_f32()));
    result.is_ok()
}

/// The proof's own program, optimised.
fn run_model(part: &Part, features: &[&str], arguments: &[&str], deadline: Instant) -> Result<String> {
    let log = repo::output("prove/consent")?.join(format!("{}.log", part.name));
    let at = || format!("see {}", log.display());
    let left = deadline.saturating_duration_since(Instant::now());
    let launch = prove_session::launch(features, arguments);
    let status = Process::start(&launch, Log::File(&log))?.wait_exit(left).with_context(at)?;
    ensure!(status.success(), "{status}; {}", at());
    judge(part.count, 1, &fs::read_to_string(&log)?).with_context(at)
}
