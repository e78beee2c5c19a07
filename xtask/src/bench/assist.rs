//! `cargo xtask bench assist`: how soon the expert sees what happens and what that costs, beside VNC and RDP; how long the
//! first picture takes; how a bad link is borne; and what the novice's side weighs.

mod bad_link;
mod bars;
mod compare;
mod figures;
mod first;
mod likeness;
mod measure;
mod memory;
mod peer;
mod plot;
mod report;
mod sight;
mod stage;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::ValueEnum;
use rendezvous_testkit::workload::{SCREEN, Scene};

use self::bad_link::BadLink;
use self::compare::{Compared, Plan};
use self::figures::Summary;
use self::first::First;
use self::memory::Memory;
use self::peer::Peer;
use self::stage::Stage;
use super::machine;
use crate::demo::fetch_browser_driver;
use crate::repo::{self, Profile};
use crate::say;

/// How to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only these parts
    #[arg(long, value_enum)]
    part: Vec<Part>,
    /// Only these scenes of the comparison
    #[arg(long, value_enum)]
    workload: Vec<Workload>,
    /// Only these programs of the comparison
    #[arg(long, value_enum)]
    peer: Vec<Peer>,
    /// How often each program has its turn
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
    /// For how many seconds each scene is watched
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(2..=120))]
    seconds: u64,
    /// For how many hours memory is watched
    #[arg(long, default_value_t = 0.05)]
    hours: f64,
    /// For how many minutes the bad link has to be borne
    #[arg(long, default_value_t = 5.0)]
    minutes: f64,
    /// All of it once and shortly, to see whether it works: no figures to be quoted
    #[arg(long, conflicts_with = "write")]
    quick: bool,
    /// Measures this build of the program instead of a new one
    #[arg(long)]
    program: Option<PathBuf>,
    /// How our video is encoded, as `[assist] codec` of the configuration says it
    #[arg(long)]
    codec: Option<String>,
    /// Writes what was found into docs/benchmarks.md, with its plot
    #[arg(long)]
    write: bool,
    /// Installs nothing
    #[arg(long)]
    pub(super) no_install: bool,
}

/// What can be measured by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The same scenes through every program
    Compare,
    /// From accepting to the first picture
    First,
    /// What the novice's side weighs
    Memory,
    /// A link of 1 Mbit/s, 5 % loss and 200 ms
    BadLink,
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

/// What was found: what was not measured is missing.
#[derive(Debug, Default)]
struct Results {
    compared: Compared,
    first: Option<First>,
    memory: Option<Memory>,
    bad_link: Option<BadLink>,
    /// What it was found on, as sentences.
    conditions: Vec<String>,
}

impl Results {
    fn summary(&self, scene: Scene, peer: Peer) -> Option<&Summary> {
        self.compared.figures.get(&(scene, peer))
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let program = match &arguments.program {
        Some(program) => program.canonicalize()?,
        None => repo::build_program(Profile::Release)?,
    };
    fetch_browser_driver()?;
    let (begin, before) = (Instant::now(), machine::load());
    let mut stage = Stage::set_up(program, arguments.codec.clone())?;
    let mut results = Results::default();
    let wants = |part| arguments.part.is_empty() || arguments.part.contains(&part);
    let quick = arguments.quick;
    if wants(Part::Compare) {
        results.compared = compare::compare(&mut stage, &plan(arguments))?;
    }
    if wants(Part::First) {
        results.first = Some(first::first(&mut stage, if quick { 1 } else { 3 })?);
    }
    if wants(Part::Memory) {
        let length =
            Duration::from_secs_f64(if quick { 20.0 } else { arguments.hours.clamp(0.005, 100.0) * 3600.0 });
        results.memory = Some(memory::memory(&mut stage, length)?);
    }
    let version = stage.browser.version()?;
    if wants(Part::BadLink) {
        let length =
            Duration::from_secs_f64(if quick { 30.0 } else { arguments.minutes.clamp(0.5, 600.0) * 60.0 });
        results.bad_link = Some(bad_link::bad_link(&mut stage, length)?);
    }
    results.conditions = conditions(arguments, &results, &version, &before, begin.elapsed())?;
    say::heading("Result");
    say::line(report::text(&results));
    if arguments.write {
        report::write(&results)?;
    }
    let short = report::short(&results);
    ensure!(short == 0, "{short} figures fall short of their bars");
    Ok(())
}

fn plan(arguments: &Arguments) -> Plan {
    let all =
        |chosen: &[Peer]| if chosen.is_empty() { Peer::value_variants().to_vec() } else { chosen.to_vec() };
    let scenes: Vec<_> = arguments.workload.iter().copied().map(Scene::from).collect();
    let quick = arguments.quick;
    Plan {
        peers: all(&arguments.peer),
        scenes: if scenes.is_empty() { Scene::ALL.to_vec() } else { scenes },
        rounds: if quick { 1 } else { arguments.rounds },
        length: Duration::from_secs(if quick { 3 } else { arguments.seconds }),
        patience: Duration::from_secs(if quick { 1 } else { 20 }),
    }
}

/// What it was found on. Without this a figure says nothing.
fn conditions(
    arguments: &Arguments,
    results: &Results,
    browser: &str,
    before: &str,
    length: Duration,
) -> Result<Vec<String>> {
    let mut said = vec![format!(
        "{}, load before {before}, after {}; Chromium {browser}; {}; a screen of {} by {} pixels. All of it took {:.0} min.",
        machine::name()?,
        machine::load(),
        peer::versions(),
        SCREEN.0,
        SCREEN.1,
        length.as_secs_f64() / 60.0,
    )];
    let compared = &results.compared;
    if let (Some((least, most)), Some(codec)) = (compared.busy_before, &compared.codec) {
        let plan = plan(arguments);
        let others = compared.figures.values().map(|summary| summary.others).fold(0.0, f64::max);
        said.push(format!(
            "Compared in {} rounds, every program in turn, {} s for each scene. Before a turn {least:.2} to {most:.2} cores were busy; meanwhile other \
             programs took at most {others:.0} % of a core. Our video was {codec} all the time, with one setting{}.",
            plan.rounds,
            plan.length.as_secs(),
            arguments.codec.as_ref().map_or_else(String::new, |codec| format!(" (`codec = \"{codec}\"`)")),
        ));
    }
    said.extend(compared.failures.iter().map(|failure| format!("{failure}.")));
    if let Some(first) = &results.first {
        for (network, by) in
            [("nearby", first.nearby), ("over XMPP, with Prosody on the same machine", first.xmpp)]
        {
            said.push(format!(
                "Allow → first picture, {network}: {:.0} ms with both sides running, {:.0} ms cold.",
                by.running.after_allow, by.cold.after_allow
            ));
        }
    }
    if let Some(link) = &results.bad_link {
        said.push(format!(
            "The bad link was borne for {:.1} min, with {:.1} updates a second.",
            link.length.as_secs_f64() / 60.0,
            link.updates
        ));
    }
    Ok(said)
}
