//! `cargo xtask bench terminal`: a shared terminal beside the same shell through OpenSSH, each figure beside the bar that it
//! must keep.

use anyhow::Result;

use super::figures;

/// What `bench terminal` can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Say which system packages are missing instead of installing them
    #[arg(long)]
    pub(super) no_install: bool,
}

pub(super) fn run() -> Result<()> {
    figures::run(
        "terminal",
        &[],
        "both people and both shells on this machine, terminals of 100 by 31, over its own addresses.",
    )
}
