//! Every check and every chore of this repository, defined once. `cargo xtask` lists them.

mod bench;
mod browser;
mod demo;
mod edges;
mod fuzz;
mod package;
mod packages;
mod processes;
mod prove;
mod prove_consent;
mod prove_network;
mod prove_session;
mod repo;
mod results;
mod say;
mod sim;
mod stages;
mod states;
mod table;
mod test;
mod tidy;

use std::env;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use rendezvous_testkit::wait;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// Every check and every chore of this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Shows the main job: one person helps another, and you play both
    Demo(demo::Arguments),
    /// Runs all tests and checks, and names what it had to leave out
    Test(test::Arguments),
    /// Runs at full length what `test` runs shortened
    Prove(prove::Arguments),
    /// Lives whole sessions in virtual time over a seeded bad link; repeats any of them
    Sim(sim::Arguments),
    /// Feeds every decoder with what a fuzzer thinks of
    Fuzz(fuzz::Arguments),
    /// Writes docs/session.md from the code of the session
    States,
    /// Writes docs/results.md from a run of the networks' suite
    Results,
    /// Measures, beside others, on this machine
    Bench(bench::Arguments),
    /// Makes what is installed: a Debian package and the sources of a Flatpak
    Package(package::Arguments),
    /// Checks sizes, words, manifests and licences
    Tidy,
    /// Checks that no crate depends on one that it must not know
    Edges,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match prepare().and_then(|()| run(arguments.task)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    match task {
        Task::Demo(arguments) => demo::run(&arguments),
        Task::Test(arguments) => test::run(&arguments),
        Task::Prove(arguments) => prove::run(&arguments),
        Task::Sim(arguments) => sim::run(&arguments),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
        Task::States => states::run(),
        Task::Results => results::run(),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Package(arguments) => package::run(&arguments),
        Task::Tidy => tidy::run(),
        Task::Edges => edges::run(),
    }
}

fn prepare() -> Result<()> {
    // Every task means the repository, wherever it is called from.
    env::set_current_dir(repo::root())?;
    end_on_interrupt()
}

/// The first Ctrl-C ends every wait, so that all that was started is ended on the way out. The second one leaves at
/// once.
fn end_on_interrupt() -> Result<()> {
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, 130, wait::interrupt_flag())?;
        flag::register(signal, wait::interrupt_flag())?;
    }
    Ok(())
}
