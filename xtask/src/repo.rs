//! This repository: where it is, how its programs are built, which files it has.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::process::{Launch, Log, Process};

use crate::say;

/// Longer than any single command of ours may take.
const LONG: Duration = Duration::from_hours(1);

/// The directory of the workspace.
pub(crate) fn root() -> PathBuf {
    // Cargo says it when it runs us; the compiled-in value serves who runs the binary by hand.
    let manifest =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    manifest.parent().map(Path::to_owned).unwrap_or(manifest)
}

/// A place for files that a task leaves to be looked at, inside cargo's target directory.
pub(crate) fn output(name: &str) -> Result<PathBuf> {
    let path = target().join(name);
    fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
    Ok(path)
}

fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |path| root().join(path))
}

/// The cargo that runs us.
pub(crate) fn cargo() -> Launch {
    Launch::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        // What cargo set for us would make the inner cargo build things again that have not changed.
        .without("CARGO_MANIFEST_DIR")
        .without("CARGO_MANIFEST_PATH")
}

/// The program, in the surroundings that the tests have. Dependencies are built anew for every selection of crates, and of tests
/// or none; the smallest example there is makes this selection the same as theirs, so that whoever needs both builds them once.
pub(crate) const AS_THE_TESTS: &[&str] = &["--workspace", "--bin", "rendezvous", "--example", "vectors"];

/// How the program is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    Debug,
    Release,
}

/// Builds the `rendezvous` program and returns where it is. Says beforehand how long a first build takes.
pub(crate) fn build_program(profile: Profile) -> Result<PathBuf> {
    let (folder, flags): (_, &[&str]) = match profile {
        Profile::Debug => ("debug", AS_THE_TESTS),
        Profile::Release => ("release", &["--package", "rendezvous", "--release"]),
    };
    announce_first_build(profile);
    run(&cargo().arg("build").args(flags), LONG)?;
    Ok(target().join(folder).join("rendezvous"))
}

/// Tells how long it will take, when nothing was built yet.
pub(crate) fn announce_first_build(profile: Profile) {
    let (folder, time) = match profile {
        Profile::Debug => ("debug", "5 to 10 minutes"),
        Profile::Release => ("release", "8 to 15 minutes"),
    };
    if !target().join(folder).join("rendezvous").exists() {
        say::line(format_args!(
            "The first build takes {time} on two cores, most of it for encoder and cryptography. Later ones take seconds."
        ));
    }
}

/// Runs a command in the repository, with its output here and nothing to read, and fails when it fails.
pub(crate) fn run(launch: &Launch, within: Duration) -> Result<()> {
    let status = Process::start(launch, Log::Ours)?.wait_exit(within)?;
    ensure!(status.success(), "`{}` failed ({status})", launch.line());
    Ok(())
}

/// Runs a command in the repository and returns what it prints.
pub(crate) fn read(launch: &Launch) -> Result<String> {
    let output = launch.command().output().with_context(|| format!("cannot start `{}`", launch.line()))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "`{}` failed ({}):\n{}",
        launch.line(),
        output.status,
        errors.trim_end()
    );
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` printed something that is not text", launch.line()))
}

/// Every file of the repository, relative to its root, in order. Build products are none.
pub(crate) fn files() -> Result<Vec<PathBuf>> {
    let root = root();
    let mut found = Vec::new();
    collect(&root, &root, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(root: &Path, directory: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    const PRODUCTS: [&str; 3] = [".git", "node_modules", "target"];
    let entries = fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    for entry in entries {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() && !PRODUCTS.iter().any(|product| entry.file_name() == *product) {
            collect(root, &entry.path(), found)?;
        } else if kind.is_file() {
            let path = entry.path();
            found.push(path.strip_prefix(root).unwrap_or(&path).to_owned());
        }
    }
    Ok(())
}
