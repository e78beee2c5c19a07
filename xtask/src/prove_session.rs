//! `cargo xtask prove session`: every state of every named configuration, every seeded fault, and lives at random.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::process::Launch;

use crate::{repo, say};

/// All of it must be done in this time, on two cores.
const BUDGET: Duration = Duration::from_mins(20);
/// So many unique states at least, or a configuration has lost its people.
const STATES: &str = "5000000";
/// So many seeded faults at least.
const MUTANTS: &str = "25";

pub(crate) fn run() -> Result<()> {
    let start = Instant::now();
    say::heading("Every state of every configuration, over the session as it ships");
    part(&[], &["check", "--at-least", STATES]).context("the model checker found something")?;
    say::heading("Seeded faults, each to be noticed");
    part(&["--features", "mutants"], &["mutants", "--tell", "--at-least", MUTANTS])
        .context("a fault was not noticed, so the proof proves less than it says")?;
    say::heading("A hundred thousand lives over a bad link");
    part(&[], &["sim"]).context("a life went wrong; repeat it by its seed")?;
    let time = start.elapsed();
    say::line(format_args!("The session is proven, in {:.0} s.", time.as_secs_f32()));
    ensure!(time <= BUDGET, "that is longer than the {} minutes it may take", BUDGET.as_secs() / 60);
    Ok(())
}

/// Runs the proof's own program, optimised: in the ordinary build this takes hours.
pub(crate) fn part(features: &[&str], arguments: &[&str]) -> Result<()> {
    repo::run(&launch(features, arguments), BUDGET)
}

pub(crate) fn launch(features: &[&str], arguments: &[&str]) -> Launch {
    repo::cargo()
        .args(["run", "--quiet", "--release", "--package", "rendezvous-proof"])
        .args(features)
        .arg("--")
        .args(arguments)
}
