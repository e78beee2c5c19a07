//! `cargo xtask test --windows`: what is only there on Windows, built here and run under Wine.
//!
//! The trials in C know the published interfaces and nothing of ours: one is an IM program that starts our application,
//! one an application that our side starts. Each set of trials has a Windows of its own, made for it and removed after.

mod build;
mod cases;
mod desktop;
mod program;
mod wine;

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use rendezvous_testkit::wait;

use crate::packages::{self, Need};
use crate::say;

use build::Programs;
pub(crate) use build::{Target, prepare};
use cases::{Case, Kind};
use wine::Wine;

/// How often local server and DLL are tried in either kind of apartment, each time on a fresh system.
const FRESH: u32 = 10;

/// What is chosen by its line as trials are, and is none of them.
const CRATES: &str = "tests of the crates that a session is made of, under Wine";
const FRESH_SYSTEMS: &str = "local server and DLL, MTA and STA, on a fresh system";
const DESKTOP: &str = "screen, mouse and keyboard, on a desktop of Wine's";

/// The shortest way through both sides: a stage of `cargo xtask test`.
pub(crate) fn smoke(deadline: Instant) -> Result<()> {
    let programs = build::programs(deadline)?;
    on_a_fresh_system(&programs, &cases::SMOKE, deadline)
}

/// All of it, or the trials that `only` names.
pub(crate) fn full(no_install: bool, only: &[String], deadline: Instant) -> Result<()> {
    packages::ensure(&[Need::Windows, Need::Desktop], no_install)?;
    let missing = packages::missing(&[Need::Windows, Need::Desktop]);
    if !missing.is_empty() {
        bail!("not installed: {}", missing.join(", "));
    }
    if let Target::Missing(reason) = prepare(no_install)? {
        bail!("{reason}");
    }
    let start = Instant::now();
    let programs = build::programs(deadline)?;
    let mut passed = 0;
    if is_meant(CRATES, only) {
        say::heading(CRATES);
        build::test_crates(&Wine::new(&programs)?, deadline)?;
        passed += 1;
    }
    if program::count(only) > 0 {
        say::heading("the whole program, used by two people");
        program::play(&Wine::new(&programs)?, only, deadline)?;
        passed += program::count(only);
    }
    let some: Vec<_> = cases::all().into_iter().filter(|case| is_meant(&case.line(), only)).collect();
    if !some.is_empty() {
        say::heading("trials on one system");
        on_a_fresh_system(&programs, &some, deadline)?;
        passed += some.len();
    }
    if is_meant(FRESH_SYSTEMS, only) {
        passed += on_fresh_systems(&programs, deadline)?;
    }
    if is_meant(DESKTOP, only) {
        say::heading(DESKTOP);
        desktop::tests(&programs, deadline)?;
        passed += 1;
    }
    ensure!(passed > 0, "no trial has that in its line");
    say::line(format_args!("\n{passed} trials passed in {} s.", start.elapsed().as_secs()));
    Ok(())
}

/// Whether a line has any of these words; every line has where there are none.
fn is_meant(line: &str, only: &[String]) -> bool {
    only.is_empty() || only.iter().any(|words| line.contains(words.as_str()))
}

fn on_fresh_systems(programs: &Programs, deadline: Instant) -> Result<usize> {
    for round in 1..=FRESH {
        say::heading(format_args!("{FRESH_SYSTEMS}: {round} of {FRESH}"));
        on_a_fresh_system(programs, &cases::FOUR, deadline)?;
        if wait::is_interrupted() {
            bail!("interrupted");
        }
    }
    Ok(cases::FOUR.len() * FRESH as usize)
}

fn on_a_fresh_system(programs: &Programs, cases: &[Case], deadline: Instant) -> Result<()> {
    let system = Wine::new(programs)?;
    let before = system.registry()?;
    system.register()?;
    for case in cases {
        if Instant::now() >= deadline {
            bail!("the time budget was used up");
        }
        let start = Instant::now();
        let said = case.run(&system)?;
        say::line(format_args!("passed  {:>5.1} s  {}", start.elapsed().as_secs_f32(), case.line()));
        if matches!(case.kind, Kind::Speed | Kind::Im) {
            said.lines().filter(|line| line.contains("p50") || line.contains("grown")).for_each(say::line);
        }
    }
    system.unregister()?;
    let changes = wine::differences(&before, &system.registry()?);
    if !changes.is_empty() {
        bail!("what was registered is not gone:\n  {}", changes.join("\n  "));
    }
    Ok(())
}

/// One trial may take this long on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);
