//! `cargo xtask bench net`: how fast sessions are over real servers, what the agent weighs and what it bears, each figure
//! beside the bar that it must keep.

use anyhow::Result;

use super::figures;

/// What `bench net` can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Say which system packages are missing instead of installing them
    #[arg(long)]
    pub(super) no_install: bool,
    /// Only these parts: latency, idle, sessions, flood
    #[arg(long)]
    part: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let parts: Vec<&str> = arguments.part.iter().flat_map(|part| ["--part", part]).collect();
    figures::run(
        "network",
        &parts,
        "servers, contacts and agent on this machine. Prosody and ejabberd as Debian packages them but for raised limits: \
         no rate limit; ejabberd with a backlog of 1,024 and 16,384 files; the agent with 16,384 files.",
    )
}
