//! Builds the targets: the ordinary compiler and its stable flags, no nightly, no `cargo-fuzz`.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rendezvous_testkit::process::Launch;

use crate::{repo, say};

pub(super) const MANIFEST: &str = "fuzz/Cargo.toml";

/// No build takes longer.
pub(super) const LONG: Duration = Duration::from_hours(1);

/// Lets the fuzzer see which edges a run takes, and what was compared with what. `--cfg fuzzing`, which other tools
/// add, is left out: some libraries weaken themselves by it, and what ships is what shall be fuzzed.
const EYES: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Builds all targets; returns the directory in which their programs are.
pub(super) fn programs() -> Result<PathBuf> {
    let host = host()?;
    let directory = repo::output("fuzz")?;
    let programs = directory.join(&host).join("release");
    if !programs.exists() {
        say::line(
            "The first build of the targets takes 3 to 8 minutes on two cores. Later ones take seconds.",
        );
    }
    lock()?;
    let build = repo::cargo()
        .args(["build", "--release", "--manifest-path", MANIFEST])
        // With a target the flags are for it alone: build scripts have no fuzzer to report to.
        .args(["--target", &host])
        .arg("--target-dir")
        .arg(&directory)
        .env("RUSTFLAGS", EYES.join(" "))
        .without("CARGO_ENCODED_RUSTFLAGS");
    repo::run(&build, LONG)?;
    Ok(programs)
}

/// What the targets are made of, as cargo tells it.
pub(crate) fn metadata() -> Result<String> {
    lock()?;
    repo::read(&repo::cargo().args(["metadata", "--format-version", "1", "--manifest-path", MANIFEST]))
}

/// The oracles' own program, built like any other.
pub(super) fn oracles(arguments: &[&str]) -> Launch {
    repo::cargo().args(["run", "--quiet", "--package", "rendezvous-oracles", "--"]).args(arguments)
}

/// The versions that are fuzzed are those that ship: cargo takes what it needs from the main lock, and adds the fuzzer.
fn lock() -> Result<()> {
    let (main, own) = ("Cargo.lock", "fuzz/Cargo.lock");
    let changed = |path| fs::metadata(path).and_then(|data| data.modified());
    let is_current = matches!((changed(main), changed(own)), (Ok(main), Ok(own)) if main <= own);
    if !is_current {
        fs::copy(main, own).context("cannot copy Cargo.lock")?;
    }
    Ok(())
}

/// The name of this machine's kind, as the compiler spells it.
fn host() -> Result<String> {
    let version = repo::read(&Launch::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV` does not name the host")
}
