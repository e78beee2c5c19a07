//! Files: how fast one goes from the page to the novice's disk beside `scp` over the same wire, and what that does to the
//! picture meanwhile.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::machines::Machines;
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::wait;
use rendezvous_testkit::workload::{Scene, Workload};

use super::peer::ours::Ours;
use super::sight::Eye;
use super::stage::{EXPERT, NOVICE, SOON, Stage};
use crate::bench::machine;
use crate::demo::fetch_browser_driver;
use crate::repo::{self, Profile};
use crate::say;

/// How to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How large the file is, in megabytes
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=4000))]
    megabytes: u64,
    /// For how many seconds the picture is watched, without a file and with one
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u64).range(2..=60))]
    seconds: u64,
    /// Measures this build of the program instead of a new one
    #[arg(long)]
    program: Option<PathBuf>,
    /// Installs nothing
    #[arg(long)]
    pub(crate) no_install: bool,
}

/// Of what `scp` carries, so much at least.
const LEAST_RATE: f64 = 0.7;
/// The picture is older by so much at most.
const MOST_AGE: f64 = 1.2;

/// Time for the scene to settle.
const SETTLE: Duration = Duration::from_millis(1_500);

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let program = match &arguments.program {
        Some(program) => program.canonicalize()?,
        None => repo::build_program(Profile::Release)?,
    };
    fetch_browser_driver()?;
    let bytes = arguments.megabytes * 1_000_000;
    let before = machine::load();
    let mut stage = Stage::set_up(program, None)?;
    let ours = Ours::start(&stage)?;
    let found = measure(&mut stage, ours, bytes, Duration::from_secs(arguments.seconds))?;
    let Found { scp, alone, file, still, moving } = found;
    let (rate, age) = (file / scp, moving / still);
    let judged = |holds: bool| if holds { "holds" } else { "FALLS SHORT" };
    say::heading("Result");
    say::line(format_args!("scp                                      {scp:>7.1} MB/s"));
    say::line(format_args!("a file from the page, nothing else moves {alone:>7.1} MB/s"));
    say::line(format_args!("a file from the page beside the picture  {file:>7.1} MB/s"));
    let best = alone / scp;
    let holds = judged(best >= LEAST_RATE);
    say::line(format_args!(
        "  beside scp: {best:.2} alone, {rate:.2} with the picture; at least {LEAST_RATE}: {holds}"
    ));
    say::line(format_args!("the picture's age, median, without       {still:>7.1} ms"));
    say::line(format_args!("the picture's age, median, with the file {moving:>7.1} ms"));
    say::line(format_args!("  times {age:.2}; at most {MOST_AGE}: {}", judged(age <= MOST_AGE)));
    say::line(format_args!(
        "\n{}, load before {before}, after {}; {} MB of zeros, Chromium {}, two machines in one with a wire between them, the \
         picture a scrolling terminal.",
        machine::name()?,
        machine::load(),
        arguments.megabytes,
        stage.browser.version()?
    ));
    ensure!(best >= LEAST_RATE && age <= MOST_AGE, "a figure falls short of its bar");
    Ok(())
}

/// Megabytes a second, and milliseconds.
struct Found {
    scp: f64,
    alone: f64,
    file: f64,
    still: f64,
    moving: f64,
}

fn measure(stage: &mut Stage, mut ours: Ours, bytes: u64, length: Duration) -> Result<Found> {
    let scp = scp(&stage.machines, bytes)?;
    ours.call(stage)?;
    give(stage, bytes, "first.bin")?;
    ours.allow_files()?;
    let begun = ours.take_file()?;
    let alone = rate(bytes, ours.has_file(begun, SOON * 4)?);

    let work = Workload::start(&stage.screen, &stage.sheets, Scene::Terminal)?;
    let eye = Eye::Page;
    eye.begin(&mut stage.browser)?;
    eye.wait_readable(&mut stage.browser)?;
    wait::observe(SETTLE)?;
    let still = age(stage, &eye, length)?;
    give(stage, bytes, "second.bin")?;
    let begun = ours.take_file()?;
    wait::observe(SETTLE)?;
    let moving = age(stage, &eye, length)?;
    let file = rate(bytes, ours.has_file(begun, SOON * 10)?);
    drop(work);
    ours.hang_up(stage)?;
    ours.leave()?;
    Ok(Found { scp, alone, file, still, moving })
}

fn rate(bytes: u64, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64()
}

/// The person at the page chooses a file of this size.
fn give(stage: &mut Stage, bytes: u64, name: &str) -> Result<()> {
    let choose = format!(
        "(() => {{ const input = document.querySelector('#files-input'); const all = new DataTransfer(); \
         const part = new Uint8Array(1e6); \
         all.items.add(new File(Array({}).fill(part), '{name}')); input.files = all.files; \
         input.dispatchEvent(new Event('change')); return true; }})()",
        bytes / 1_000_000
    );
    stage.browser.evaluate(&choose).map(drop)
}

/// How old the picture is, in the middle of all that was read within this time.
fn age(stage: &mut Stage, eye: &Eye, length: Duration) -> Result<f64> {
    eye.begin(&mut stage.browser)?;
    wait::observe(length)?;
    let mut ages: Vec<f64> = eye.readings(&mut stage.browser)?.iter().map(|reading| reading.age).collect();
    ensure!(ages.len() > 10, "the picture was read {} times only", ages.len());
    ages.sort_by(f64::total_cmp);
    Ok(ages[ages.len() / 2])
}

/// The same bytes by `scp`, from the expert's machine to the novice's, the best of three.
fn scp(machines: &Machines, bytes: u64) -> Result<f64> {
    let home = Home::new("scp")?;
    let (key, host) = (home.join("key"), home.join("host"));
    for file in [&key, &host] {
        let made = Launch::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(file)
            .command()
            .status()?;
        ensure!(made.success(), "ssh-keygen makes no key");
    }
    let config = home.join("sshd_config");
    let allowed = home.join("key.pub");
    let text = format!(
        "Port 2222\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPidFile none\n\
         Subsystem sftp internal-sftp\n",
        host.display(),
        allowed.display()
    );
    fs::write(&config, text)?;
    fs::create_dir_all("/run/sshd").context("sshd wants a directory of its own")?;
    let server = Launch::new("/usr/sbin/sshd").args(["-D", "-e", "-f"]).arg(&config);
    let log = home.join("log");
    let _server = Process::start(&machines.on(NOVICE, &server), Log::File(&log))?;
    let source = home.join("source");
    fs::File::create(&source)?.set_len(bytes)?;
    let mut best = Duration::MAX;
    for round in 0..3 {
        let to = format!("root@{}:{}", Machines::address(NOVICE), home.join("copy").display());
        let begun = Instant::now();
        copy(machines, &key, &source, &to, round == 0)?;
        best = best.min(begun.elapsed());
    }
    Ok(rate(bytes, best))
}

fn copy(machines: &Machines, key: &Path, source: &Path, to: &str, is_first: bool) -> Result<()> {
    let launch = Launch::new("scp")
        .args([
            "-q",
            "-P",
            "2222",
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
            "-i",
        ])
        .arg(key)
        .arg(source)
        .arg(to);
    let tries = if is_first { SOON } else { Duration::from_secs(1) };
    // The server takes a moment to listen.
    wait::until("scp to copy", tries, || {
        Ok(machines.on(EXPERT, &launch).command().output()?.status.success().then_some(()))
    })
}
