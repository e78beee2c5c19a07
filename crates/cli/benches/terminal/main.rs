//! How fast a shared terminal is: how soon a key is seen, and what a hundred megabytes cost, beside the same shell through
//! OpenSSH. `cargo xtask bench terminal` runs this and makes a table of it.
//!
//! Everything is real: the program as it is shipped, two agents at terminals, a shell; and OpenSSH's server and client on
//! loopback, with the keys and ciphers that they choose. What is played are the two people.

#![expect(clippy::print_stdout, reason = "this program talks to whoever runs the benchmark")]

#[path = "../../tests/people/acquainted.rs"]
mod acquainted;
#[path = "../network/figures.rs"]
mod figures;
mod ours;
mod ssh;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use figures::{Figures, Times};
use ours::Shared;
use rendezvous_testkit::home::Home;
use rendezvous_testkit::terminal::Person;
use ssh::Server;
use std::fmt::Display;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The program, built as it is shipped.
const PROGRAM: &str = env!("CARGO_BIN_EXE_rendezvous");
/// What takes longer is broken.
const SOON: Duration = Duration::from_secs(60);
/// The bars: the same time half as long again, or so much more.
const RATIO: f64 = 1.5;
const MORE: f64 = 3.0;
/// The most memory of either side, in MiB.
const MOST_MEMORY: f64 = 64.0;
/// A line is begun anew after so many letters.
const LINE: usize = 20;

#[derive(Debug, Parser)]
struct Arguments {
    /// Measures this build of the program instead of the one that was built with this
    #[arg(long, default_value = PROGRAM)]
    program: PathBuf,
    /// Where the figures are written to, one JSON object a line
    #[arg(long)]
    figures: Option<PathBuf>,
    /// How many keys are pressed on each way
    #[arg(long, default_value_t = 400)]
    keys: usize,
    /// How many megabytes are written
    #[arg(long, default_value_t = 100)]
    megabytes: usize,
    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build()?;
    let path = arguments.figures.as_deref();
    runtime.block_on(figures::measured(path, async |figures| {
        tokio::task::block_in_place(|| run(&arguments, figures))
    }))
}

fn run(arguments: &Arguments, figures: &mut Figures) -> Result<()> {
    let place = Home::new("flood")?;
    let large = large_file(&place, arguments.megabytes)?;
    say("A shell is shared, and the viewer may type");
    let mut shared = Shared::start(&arguments.program)?;
    say("The same shell through OpenSSH");
    let server = Server::start()?;
    let mut ssh = server.log_in()?;
    for person in [&mut shared.viewer, &mut ssh] {
        plain_shell(person)?;
    }
    echoes(arguments.keys, &mut shared, &mut ssh, figures)?;
    floods(&large, arguments.megabytes, &mut shared, &mut ssh, figures)
}

/// The same shell for both, without anybody's settings.
fn plain_shell(person: &mut Person) -> Result<()> {
    person.type_line("exec env PS1='> ' bash --norc --noediting")?;
    person.type_line("echo =$((6*7))=")?;
    person.expect("=42=", SOON)?;
    Ok(())
}

/// From a key to its letter on the terminal of who pressed it: in turns, so that both meet the same machine.
fn echoes(keys: usize, shared: &mut Shared, ssh: &mut Person, figures: &mut Figures) -> Result<()> {
    let (mut ours, mut theirs) = (Times::default(), Times::default());
    for round in 0..keys.div_ceil(LINE) {
        line_of_keys(&mut shared.viewer, round, &mut ours)?;
        line_of_keys(ssh, round, &mut theirs)?;
    }
    let (middle, other) = (ours.quantile(0.5), theirs.quantile(0.5));
    let bar = (other * RATIO).max(other + MORE);
    figures.note(format!("a key until it is seen through OpenSSH, {} times", theirs.len()), theirs.both());
    figures.bar(
        format!("a key until the viewer sees it, {} times", ours.len()),
        ours.both(),
        format!("p50 at most 1.5× or 3 ms more: {bar:.2} ms"),
        middle <= bar,
    );
    Ok(())
}

/// A line of letters, each timed; and away with it.
fn line_of_keys(person: &mut Person, round: usize, times: &mut Times) -> Result<()> {
    // No two lines begin alike, so that nothing of an earlier one is taken for an answer.
    let mut line = format!("{round}x");
    person.answer_time(&line.clone(), &line, SOON)?;
    for letter in ('a'..='z').take(LINE) {
        line.push(letter);
        times.add(person.answer_time(&letter.to_string(), &line, SOON)?);
    }
    // Ctrl-U, and what shows that it was heard.
    person.press("\u{15}")?;
    person.read_on();
    person.type_line(&format!("echo =$(({round}+1000))="))?;
    person.expect(&format!("={}=", round + 1000), SOON)?;
    Ok(())
}

/// `cat` of a large file: how long it takes, what it costs in memory, and whether who types can end it.
fn floods(
    large: &Path,
    megabytes: usize,
    shared: &mut Shared,
    ssh: &mut Person,
    figures: &mut Figures,
) -> Result<()> {
    let ours = flood(&mut shared.viewer, large)?;
    let theirs = flood(ssh, large)?;
    figures.note(format!("cat of {megabytes} MB through OpenSSH"), format!("{theirs:.1} s"));
    figures.note(format!("cat of {megabytes} MB, shared"), format!("{ours:.1} s"));
    let ended = interrupt(&mut shared.viewer, large)?;
    let theirs = interrupt(ssh, large)?;
    figures.note("Ctrl-C in the middle of it through OpenSSH, until the prompt", format!("{theirs:.0} ms"));
    figures.bar(
        "Ctrl-C in the middle of it by the viewer, until the prompt",
        format!("{ended:.0} ms"),
        "at most 500 ms",
        ended <= 500.0,
    );
    for (side, memory) in
        [("the sharer's", shared.sharer_memory()?), ("the viewer's", shared.viewer_memory()?)]
    {
        figures.bar(
            format!("the most memory that {side} application ever had"),
            format!("{memory:.1} MiB"),
            "at most 64 MiB",
            memory <= MOST_MEMORY,
        );
    }
    Ok(())
}

fn flood(person: &mut Person, large: &Path) -> Result<f64> {
    person.read_on();
    let begun = Instant::now();
    person.type_line(&format!("cat {}; echo =$((7*8))=", large.display()))?;
    person.expect("=56=", SOON * 5)?;
    Ok(begun.elapsed().as_secs_f64())
}

fn interrupt(person: &mut Person, large: &Path) -> Result<f64> {
    person.read_on();
    person.type_line(&format!("cat {0} {0} {0} {0}", large.display()))?;
    person.expect("megabytes", SOON)?;
    rendezvous_testkit::wait::observe(Duration::from_millis(500))?;
    person.read_on();
    let begun = Instant::now();
    person.press("\u{3}")?;
    person.type_line("echo =$((8*9))=")?;
    person.expect("=72=", SOON)?;
    Ok(begun.elapsed().as_secs_f64() * 1000.0)
}

/// Lines as a log has them.
fn large_file(place: &Home, megabytes: usize) -> Result<PathBuf> {
    let path = place.join("large.txt");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
    let mut written = 0;
    for number in 0_u64.. {
        let line = format!("{number:>10}  one line of many megabytes, as a log has them, with some length\n");
        file.write_all(line.as_bytes())?;
        written += line.len();
        if written >= megabytes * 1_000_000 {
            break;
        }
    }
    file.flush()?;
    Ok(path)
}

/// The most memory that a process ever had, in MiB.
fn peak(id: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).context("no VmHWM")?;
    let kib: f64 = line.split_whitespace().nth(1).context("no figure")?.parse()?;
    ensure!(kib > 0.0, "{line}");
    Ok(kib / 1024.0)
}

/// Says a line.
fn say(text: impl Display) {
    println!("{text}");
}
