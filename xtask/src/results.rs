//! `cargo xtask results`: writes `docs/results.md` from a run of the suite that every network passes.

use std::time::Duration;

use anyhow::Result;

use crate::{repo, say};

/// Most of it is building.
const BUDGET: Duration = Duration::from_mins(15);

pub(crate) fn run() -> Result<()> {
    let test = ["test", "--quiet", "--workspace", "--test", "conformance", "the_page_of_results"];
    repo::run(&repo::cargo().args(test).envs([("RENDEZVOUS_WRITE_RESULTS", "1")]), BUDGET)?;
    say::line("docs/results.md says what comes of what now.");
    Ok(())
}
