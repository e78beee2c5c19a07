//! `cargo xtask bench assist`: how soon the expert sees what happens and what that costs, beside VNC and RDP; how long the
//! first picture takes; how a bad link is borne; and what the novice's side weighs.

mod compare;
mod figures;
mod likeness;
mod measure;
mod peer;
mod sight;
mod stage;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;
use rendezvous_testkit::workload::Scene;

use self::compare::Plan;
use self::peer::Peer;
use self::stage::Stage;
use super::machine;
use crate::demo::fetch_browser_driver;
use crate::repo::{self, Profile};
use crate::say;

/// How to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only these scenes: terminal, page, typing, window, still
    #[arg(long, value_enum)]
    workload: Vec<Workload>,
    /// Only these programs
    #[arg(long, value_enum)]
    peer: Vec<Peer>,
    /// How often each program has its turn
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
    /// For how many seconds each scene is watched
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(2..=120))]
    seconds: u64,
    /// Measures this build of the program instead of a new one
    #[arg(long)]
    program: Option<PathBuf>,
    /// How our video is encoded, as `[assist] codec` of the configuration says it
    #[arg(long)]
    codec: Option<String>,
    /// Installs nothing
    #[arg(long)]
    pub(super) no_install: bool,
}

/// A scene, as the command line names it.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Workload {
    Terminal,
    Page,
    Typing,
    Window,
    Still,
}

impl From<Workload> for Scene {
    fn from(workload: Workload) -> Self {
        match workload {
            Workload::Terminal => Self::Terminal,
            Workload::Page => Self::Page,
            Workload::Typing => Self::Typing,
            Workload::Window => Self::Window,
            Workload::Still => Self::Still,
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let program = match &arguments.program {
        Some(program) => program.canonicalize()?,
        None => repo::build_program(Profile::Release)?,
    };
    fetch_browser_driver()?;
    say::line(machine::conditions()?);
    let mut stage = Stage::set_up(program, arguments.codec.clone())?;
    let all = |chosen: Vec<Peer>| if chosen.is_empty() { Peer::value_variants().to_vec() } else { chosen };
    let plan = Plan {
        peers: all(arguments.peer.clone()),
        scenes: match arguments.workload.is_empty() {
            true => Scene::ALL.to_vec(),
            false => arguments.workload.iter().copied().map(Scene::from).collect(),
        },
        rounds: arguments.rounds,
        length: Duration::from_secs(arguments.seconds),
        patience: Duration::from_secs(20),
    };
    compare::compare(&mut stage, &plan)?;
    Ok(())
}
