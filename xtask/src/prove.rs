//! `cargo xtask prove`: at full length what `cargo xtask test` runs shortened.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_testkit::process::{Launch, Log, Process};

use crate::{prove_consent, prove_network, prove_session, repo, say};

/// One proof: properties over random inputs, in rounds. Each round has a seed of its own, so that a run can be gone on
/// with where it was interrupted, and a round can be repeated.
struct Proof {
    /// As given to `--only`.
    name: &'static str,
    what: &'static str,
    /// Arguments of `cargo test` that select its tests.
    tests: &'static [&'static str],
    rounds: u64,
}

const PROOFS: &[Proof] = &[
    Proof {
        name: "consent",
        what: "whatever comes from outside, only the person's own answer grants anything",
        tests: &["--package", "rendezvous-assist", "--lib", "consent::"],
        rounds: 200,
    },
    Proof {
        name: "session",
        what: "no message in any order accepts a session, and foreign or doubled ones change nothing",
        tests: &["--package", "rendezvous-core", "--test", "sessions", "hostile::"],
        rounds: 200,
    },
    Proof {
        name: "oracles",
        what: "the fuzzer's oracles notice faults that are seeded into the session",
        tests: &["--package", "rendezvous-oracles", "--features", "mutants", "--test", "mutants"],
        // Its inputs are the same in every round.
        rounds: 1,
    },
];

/// Random cases for a property in one round, where the property itself does not say how many.
const CASES: &str = "2000";

/// A round may take this long.
const LIMIT: Duration = Duration::from_hours(1);

/// What to prove.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A proof with a program of its own
    #[arg(value_name = "SUBJECT", conflicts_with_all = ["seed", "rounds"])]
    subject: Option<Subject>,
    /// Only this proof, or this part of the network's or of consent's; can be given several times
    #[arg(long, value_name = "PROOF")]
    only: Vec<String>,
    /// The seed of the first round, to go on after an interruption; each round has the next one
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many rounds, instead of all; with --seed, repeats one
    #[arg(long, value_name = "NUMBER")]
    rounds: Option<u64>,
    /// Lists the proofs and runs none
    #[arg(long)]
    list: bool,
}

/// A proof with a program of its own.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Subject {
    /// The session: every state of every configuration, and every seeded fault
    Session,
    /// Keys, networks and agents: hostile peers, cut connections, killed agents and servers
    Network,
    /// Consent: every state, every seeded fault, and what the programs do before a yes and after a stop
    Consent,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    match arguments.subject {
        None => {}
        Some(Subject::Network) => return prove_network::run(&arguments.only, arguments.list),
        Some(Subject::Consent) => return prove_consent::run(&arguments.only, arguments.list),
        Some(Subject::Session) => {
            ensure!(arguments.only.is_empty() && !arguments.list, "the proof of the session is one");
            return prove_session::run();
        }
    }
    if let Some(unknown) = arguments.only.iter().find(|only| PROOFS.iter().all(|proof| proof.name != **only))
    {
        bail!("there is no proof `{unknown}`; `cargo xtask prove --list` names those that exist");
    }
    let chosen =
        |proof: &&Proof| arguments.only.is_empty() || arguments.only.iter().any(|only| only == proof.name);
    for proof in PROOFS.iter().filter(chosen) {
        say::heading(format_args!("{}: {}", proof.name, proof.what));
        if !arguments.list {
            run_rounds(proof, arguments)?;
        }
    }
    Ok(())
}

fn run_rounds(proof: &Proof, arguments: &Arguments) -> Result<()> {
    let start = Instant::now();
    let end = arguments.seed + arguments.rounds.unwrap_or(proof.rounds);
    for seed in arguments.seed..end {
        let launch = repo::cargo()
            .args(["test", "--quiet"])
            .args(proof.tests)
            .env("PROPTEST_CASES", CASES)
            .env("PROPTEST_RNG_SEED", seed.to_string());
        let passed = run_tests(&launch).with_context(|| {
            format!("to repeat it: cargo xtask prove --only {} --seed {seed}", proof.name)
        })?;
        say::line(format_args!("seed {seed}: {passed} tests passed"));
    }
    say::line(format_args!(
        "{}: no counterexample, seeds {} to {}, {:.0} s",
        proof.name,
        arguments.seed,
        end - 1,
        start.elapsed().as_secs_f32()
    ));
    Ok(())
}

/// Runs the tests of one round and tells how many passed. None is a failure: a filter that fits nothing proves
/// nothing.
fn run_tests(launch: &Launch) -> Result<u32> {
    let log = repo::output("prove")?.join("last.log");
    let status = Process::start(launch, Log::File(&log))?.wait_exit(LIMIT)?;
    let said = fs::read_to_string(&log)?;
    let passed: u32 = said.lines().filter_map(passed_in).sum();
    ensure!(status.success() && passed > 0, "`{}` ended with {status}:\n{said}", launch.line());
    Ok(passed)
}

/// Reads `test result: ok. 20 passed; 0 failed; …`.
pub(crate) fn passed_in(line: &str) -> Option<u32> {
    line.strip_prefix("test result: ok. ")?.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_counted() {
        assert_eq!(passed_in("test result: ok. 20 passed; 0 failed; 0 ignored"), Some(20));
        assert_eq!(passed_in("running 20 tests"), None);
    }

    #[test]
    fn names_are_unique() {
        for (number, proof) in PROOFS.iter().enumerate() {
            assert!(PROOFS[..number].iter().all(|other| other.name != proof.name), "{}", proof.name);
        }
    }
}
