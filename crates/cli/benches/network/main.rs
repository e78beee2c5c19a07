//! How fast sessions are over real servers, and what the agent weighs: idle, with a thousand sessions, under a flood.
//! `cargo xtask bench net` runs this and makes a table of it.
//!
//! Everything is real but the people and the contacts' devices: the servers are the packaged Prosody and ejabberd with their
//! limits raised, the agent is the program as it is shipped, its applications are processes. The contacts' devices run this
//! project's own driver over a client of few words, since a thousand agents would measure the machine.

#![expect(clippy::print_stdout, reason = "this program talks to whoever runs the benchmark")]

mod agent;
mod crowd;
mod figures;
mod flood;
mod idle;
mod latency;
mod peer;
mod plain;
mod sessions;
mod wire;

use anyhow::{Context as _, Result};
use clap::Parser;
use figures::Figures;
use rendezvous_testkit::xmpp::{Ejabberd, Prosody, Setup};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Latency,
    Idle,
    Sessions,
    Flood,
}

#[derive(Debug, Parser)]
struct Arguments {
    /// Only these parts
    #[arg(long, value_enum)]
    part: Vec<Part>,
    /// Where the figures are written to, one JSON object a line
    #[arg(long)]
    figures: Option<PathBuf>,
    /// Invitations that are timed on each server
    #[arg(long, default_value_t = 200)]
    rounds: usize,
    /// Seconds that the idle agent is watched
    #[arg(long, default_value_t = 60)]
    idle: u64,
    /// Sessions at once
    #[arg(long, default_value_t = 1_000)]
    sessions: usize,
    /// Seconds of each flood
    #[arg(long, default_value_t = 60)]
    flood: u64,
    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    raise_files()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build()?;
    let path = arguments.figures.as_deref();
    runtime.block_on(figures::measured(path, async |figures| run(&arguments, figures).await))
}

async fn run(arguments: &Arguments, figures: &mut Figures) -> Result<()> {
    let wanted = |part| arguments.part.is_empty() || arguments.part.contains(&part);
    if wanted(Part::Latency) {
        say("An invitation beside a bare request, over Prosody");
        let prosody = Prosody::start_for_load(&Setup::alice_and_bob())?;
        latency::run(figures, "Prosody", prosody.place(), true, arguments.rounds).await.context("Prosody")?;
    }
    let users = vec!["alice", "bob", idle::USER, sessions::USER, flood::USER];
    let ejabberd = Ejabberd::start_for_load(&Setup { users, ..Setup::alice_and_bob() })?;
    if wanted(Part::Latency) {
        say("An invitation beside a bare request, over ejabberd");
        // Its proof that ties a login to the connection is wrong in Debian 12.
        latency::run(figures, "ejabberd", ejabberd.place(), false, arguments.rounds)
            .await
            .context("ejabberd")?;
    }
    if wanted(Part::Idle) {
        say("An agent to which nothing happens");
        idle::run(figures, &ejabberd, Duration::from_secs(arguments.idle)).await.context("the idle agent")?;
    }
    if wanted(Part::Sessions) {
        say("Many sessions at once");
        sessions::run(figures, &ejabberd, arguments.sessions).await.context("many sessions")?;
    }
    if wanted(Part::Flood) {
        say("Invitations without end");
        let length = Duration::from_secs(arguments.flood);
        flood::run(figures, &ejabberd, length, length / 3).await.context("the flood")?;
    }
    Ok(())
}

/// A thousand connections and a thousand terminals take more descriptors than a process usually has.
fn raise_files() -> Result<()> {
    let most = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most })
        .context("cannot raise the limit of files")
}

/// Says a line.
fn say(text: impl Display) {
    println!("{text}");
}
