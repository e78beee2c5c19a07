//! `cargo xtask sim`: whole sessions in virtual time over a seeded bad link.

use anyhow::Result;

use crate::prove_session;

/// Which runs.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Repeats the run of this seed and tells all of it
    #[arg(long)]
    seed: Option<u64>,
    /// So many runs
    #[arg(long, default_value_t = 100_000)]
    runs: u64,
    /// The seed of the first
    #[arg(long, default_value_t = 1)]
    from: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let which = match arguments.seed {
        Some(seed) => vec!["--seed".to_owned(), seed.to_string()],
        None => vec![format!("--runs={}", arguments.runs), format!("--from={}", arguments.from)],
    };
    let mut line = vec!["sim"];
    line.extend(which.iter().map(String::as_str));
    prove_session::part(&[], &line)
}
