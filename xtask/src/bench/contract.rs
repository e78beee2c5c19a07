//! `cargo xtask bench contract`: how soon an application holds its session, and how many texts two of them exchange through
//! two agents, each figure beside the bar that it must keep.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_testkit::process::{Log, Process};

use super::machine;
use super::net::{load, rows, table};
use crate::{repo, say};

/// Longer than all of it takes, with a first build.
const LONG: Duration = Duration::from_mins(45);

/// What `bench contract` can be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Say which system packages are missing instead of installing them
    #[arg(long)]
    pub(super) no_install: bool,
}

pub(super) fn run() -> Result<()> {
    let conditions = machine::conditions()?;
    let figures = repo::output("bench-contract")?.join("figures.jsonl");
    // Those of an earlier run could be taken for these.
    if figures.exists() {
        fs::remove_file(&figures).with_context(|| format!("cannot remove {}", figures.display()))?;
    }
    repo::announce_first_build(repo::Profile::Release);
    let launch = repo::cargo()
        .args(["bench", "--quiet", "--package", "rendezvous", "--bench", "contract", "--", "--figures"])
        .arg(&figures);
    let status = Process::start(&launch, Log::Ours)?.wait_exit(LONG)?;
    let Ok(text) = fs::read_to_string(&figures) else { bail!("the benchmark did not end ({status})") };
    let rows = rows(&text).with_context(|| format!("in {}", figures.display()))?;
    say::heading("Result");
    say::line(table(&rows));
    say::line(format_args!(
        "\n{conditions}, load after {}; one run, in release, both agents and both applications on this machine, linked by \
         TLS over 127.0.0.1.",
        load()
    ));
    let short = rows.iter().filter(|row| row.holds == Some(false)).count();
    ensure!(short == 0, "{short} figures fall short of their bars");
    ensure!(status.success(), "the benchmark failed ({status})");
    Ok(())
}
