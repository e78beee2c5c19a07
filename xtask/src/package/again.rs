//! The same package from the same sources: built so that no path of a machine gets in, and built twice to show it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::deb::{self, Package};
use super::flatpak;
use crate::repo;
use crate::say;

/// For a whole build with the program optimised in one piece.
const LONG: Duration = Duration::from_hours(1);

/// What stands in the program instead of the directories of the sources, of the crates from the registry, and of the
/// build.
const SOURCES: &str = "/usr/src/rendezvous";
const CRATES: &str = "/usr/src/cargo";
const TARGET: &str = "/usr/src/target";

/// Builds the program from `sources` into a directory of its own below `into`, and packs it there.
///
/// # Errors
///
/// When the build or the packing fails.
pub(super) fn build_and_pack(sources: &Path, into: &Path) -> Result<Package> {
    let program = build(sources, into)?;
    flatpak::write(&into.join("flatpak"))?;
    deb::pack(&program, into)
}

/// Builds all of it again from a copy of the sources somewhere else, and compares.
///
/// # Errors
///
/// When the second package differs, with the first byte that does.
pub(super) fn compare(first: &Package) -> Result<()> {
    let elsewhere = repo::output("package-again")?;
    let sources = elsewhere.join("sources");
    copy_sources(&sources)?;
    let second = deb::pack(&build(&sources, &elsewhere)?, &elsewhere)?;
    if second.hash == first.hash {
        return Ok(());
    }
    let programs = ["package", "package-again"].map(|name| repo::output(name).map(installed));
    let [one, other] = programs;
    let differ = deb::first_difference(&one?, &other?)?;
    bail!(
        "the two packages differ: {} and {}. The programs in them {}",
        first.hash,
        second.hash,
        differ.map_or_else(|| "are the same".to_owned(), |byte| format!("differ from byte {byte} on"))
    );
}

fn installed(directory: PathBuf) -> PathBuf {
    directory.join("root/usr/bin/rendezvous")
}

fn build(sources: &Path, into: &Path) -> Result<PathBuf> {
    let target = into.join("build");
    if !target.join("release/rendezvous").exists() {
        say::line(
            "The package's program is built apart from others, with no path of this machine in it: 8 to 15 minutes.",
        );
    }
    let crates = env::var_os("CARGO_HOME")
        .map_or_else(|| Path::new(&env::var_os("HOME").unwrap_or_default()).join(".cargo"), PathBuf::from);
    // The last one that fits is taken, and the first build's target directory is inside the sources.
    let replaced = [(sources, SOURCES), (crates.as_path(), CRATES), (target.as_path(), TARGET)];
    let rust = replaced.map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).join("\x1f");
    let c = replaced.map(|(from, to)| format!("-ffile-prefix-map={}={to}", from.display())).join(" ");
    let launch = repo::cargo()
        .args(["build", "--release", "--locked", "--package", "rendezvous", "--manifest-path"])
        .arg(sources.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_ENCODED_RUSTFLAGS", rust)
        .env("CFLAGS", &c)
        .env("CXXFLAGS", &c);
    repo::run(&launch, LONG)?;
    Ok(target.join("release/rendezvous"))
}

fn copy_sources(to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to).context("cannot take away the copy of before")?;
    }
    for file in repo::files()? {
        let copy = to.join(&file);
        fs::create_dir_all(copy.parent().context("a file is in a directory")?)?;
        fs::copy(repo::root().join(&file), &copy)
            .with_context(|| format!("cannot copy {}", file.display()))?;
    }
    Ok(())
}
