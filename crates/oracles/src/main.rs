//! Writes the seeds of the fuzz targets, and asks an oracle about a file. `cargo xtask fuzz` calls it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use rendezvous_oracles::{ORACLES, find};

#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Writes every seed to its file, below this directory
    Seeds {
        /// `fuzz/seeds`
        directory: PathBuf,
    },
    /// Asks the oracle of a target about a file
    Replay {
        /// The target
        target: String,
        /// The input
        file: PathBuf,
    },
}

fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Seeds { directory } => write_seeds(&directory),
        Task::Replay { target, file } => {
            let oracle = find(&target).with_context(|| format!("there is no target `{target}`"))?;
            let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            (oracle.check)(&bytes);
            Ok(())
        }
    }
}

/// Seeds that are not made any more go: an old one would be kept for ever otherwise.
fn write_seeds(directory: &Path) -> Result<()> {
    for oracle in ORACLES {
        let directory = directory.join(oracle.name);
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
        for seed in (oracle.seeds)() {
            fs::write(directory.join(seed.name), seed.bytes)?;
        }
    }
    Ok(())
}
