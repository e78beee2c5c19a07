//! How fast the contract is: how soon an application holds its session, its start included, and how many texts two
//! applications exchange through two agents. `cargo xtask bench contract` runs this and makes a table of it.
//!
//! Everything is real: the program as it is shipped, its agents at terminals, its private sockets and a session bus. What is
//! played are the two people, and the application that talks, which is this very program in another role.

#![expect(clippy::print_stdout, reason = "this program talks to whoever runs the benchmark")]

#[path = "../network/figures.rs"]
mod figures;
mod launch;
mod talk;
mod talker;

use anyhow::Result;
use clap::Parser;
use figures::Figures;
use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;

/// The program, built as it is shipped.
const PROGRAM: &str = env!("CARGO_BIN_EXE_rendezvous");

#[derive(Debug, Parser)]
struct Arguments {
    /// Where the figures are written to, one JSON object a line
    #[arg(long)]
    figures: Option<PathBuf>,
    /// How often an application is started in each way
    #[arg(long, default_value_t = 100)]
    launches: usize,
    /// So many texts go one way in each session
    #[arg(long, default_value_t = 50_000)]
    texts: usize,
    /// Sessions, one after the other, in each way
    #[arg(long, default_value_t = 3)]
    sessions: usize,
    /// Be the application that talks; it gets its session as its standard input
    #[arg(long, hide = true)]
    talker: Option<PathBuf>,
    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build()?;
    if let Some(place) = &arguments.talker {
        runtime.block_on(talker::run(place, arguments.texts))?;
        return Ok(ExitCode::SUCCESS);
    }
    let path = arguments.figures.as_deref();
    runtime.block_on(figures::measured(path, async |figures| run(&arguments, figures).await))
}

async fn run(arguments: &Arguments, figures: &mut Figures) -> Result<()> {
    say("An application is started and takes its session");
    launch::run(figures, arguments.launches).await?;
    say("Two applications talk through two agents");
    talk::run(figures, arguments.texts, arguments.sessions).await
}

/// Says a line.
fn say(text: impl Display) {
    println!("{text}");
}
