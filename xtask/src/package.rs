//! `cargo xtask package`: what is installed, as a Debian package, and the proof that it comes and goes cleanly.
//!
//! `tree` says which file goes where, `deb` packs it, `sbom` lists what is inside, `flatpak` is the other way to install it;
//! `clean_root` installs, uses and removes the package on a system that has nothing else, and `again` builds it a second
//! time somewhere else.

mod again;
mod clean_root;
mod deb;
mod flatpak;
mod sbom;
mod tree;

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::packages::{self, Need};
use crate::repo::{self, Profile};
use crate::say;

/// What to pack, and what to try with it.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Packs this build of the program instead of a new one
    #[arg(long, value_name = "FILE", conflicts_with = "twice")]
    program: Option<PathBuf>,
    /// Installs the package on a clean system of its own, plays the demo with it there, removes it, and looks at what is
    /// left. Needs root
    #[arg(long)]
    check: bool,
    /// Builds it a second time in another directory and compares: some 20 minutes
    #[arg(long)]
    twice: bool,
    /// Installs nothing here
    #[arg(long)]
    no_install: bool,
}

/// What packing cannot do without.
pub(crate) const NEEDED: &[Need] = &[Need::Build, Need::Packing];

/// And what the clean system needs besides.
pub(crate) const NEEDED_BY_CHECK: &[Need] = &[Need::CleanRoot, Need::Page, Need::Desktop, Need::Browser];

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let needs = if arguments.check { [NEEDED, NEEDED_BY_CHECK].concat() } else { NEEDED.to_vec() };
    packages::ensure(&needs, arguments.no_install)?;
    let missing = packages::missing(&needs);
    if !missing.is_empty() {
        bail!("the package cannot be made without {}", missing.join(", "));
    }
    let package = match &arguments.program {
        Some(program) => deb::pack(program, &repo::output("package")?)?,
        None => again::build_and_pack(&repo::root(), &repo::output("package")?)?,
    };
    say::line(format_args!("{}\nSHA-256 {}", package.path.display(), package.hash));
    if arguments.twice {
        again::compare(&package)?;
        say::line("Built again in another directory it is the same, byte by byte.");
    }
    if arguments.check {
        clean_root::check(&package)?;
        say::line("It was installed, used and removed on a clean system, and nothing is left of it.");
    }
    Ok(())
}

/// The stage of the tests: the same with the program as the tests have built it.
///
/// # Errors
///
/// When a file is missing or not valid, or the package leaves something behind.
pub(crate) fn check_stage(with_clean_root: bool) -> Result<()> {
    let place = repo::output("package-check")?;
    flatpak::write(&place.join("flatpak"))?;
    let package = deb::pack(&repo::build_program(Profile::Debug)?, &place)?;
    if with_clean_root {
        clean_root::check(&package)?;
    }
    Ok(())
}
