//! `cargo xtask bench contract`: how soon an application holds its session, and how many texts two of them exchange through
//! two agents, each figure beside the bar that it must keep.

use anyhow::Result;

use super::figures;

/// What `bench contract` can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Say which system packages are missing instead of installing them
    #[arg(long)]
    pub(super) no_install: bool,
}

pub(super) fn run() -> Result<()> {
    figures::run(
        "contract",
        &[],
        "both agents and both applications on this machine, linked by TLS over 127.0.0.1.",
    )
}
