//! `cargo xtask bench terminal`: a shared terminal beside the same shell through OpenSSH, each figure beside the bar that it
//! must keep.

use std::path::PathBuf;

use anyhow::Result;

use super::figures;
use crate::repo;

const CONDITIONS: &str =
    "both people and both shells on this machine, terminals of 100 by 31, over its own addresses.";

/// What `bench terminal` can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Measures this build of the program instead of a new one
    #[arg(long)]
    program: Option<PathBuf>,
    /// Say which system packages are missing instead of installing them
    #[arg(long)]
    pub(super) no_install: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let Some(program) = &arguments.program else { return figures::run("terminal", &[], CONDITIONS) };
    // What plays the two people is no part of what is measured, and need not be built as it is shipped.
    let launch = repo::cargo()
        .args(["test", "--quiet", "--workspace", "--bench", "terminal", "--", "--program"])
        .arg(program.canonicalize()?);
    figures::run_by("terminal", launch, CONDITIONS)
}
