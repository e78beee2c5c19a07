//! The proof on the command line. `cargo xtask prove session` runs it.

#![expect(clippy::print_stdout, reason = "this program talks to whoever runs the proof")]

use clap::Parser;
use rendezvous_proof::check::{self, Outcome, Violation};
use rendezvous_proof::model::{Requirement, SCENARIOS};
use rendezvous_proof::sim;
use std::process::ExitCode;
use std::time::Instant;

#[derive(Debug, Parser)]
#[command(name = "rendezvous-proof")]
enum Task {
    /// Visits every state of the named configurations, or of all
    Check {
        /// Names of configurations
        names: Vec<String>,
        /// Lists them and runs none
        #[arg(long)]
        list: bool,
        /// Fails with fewer unique states
        #[arg(long, default_value_t = 0)]
        at_least: usize,
    },
    /// Prints what the session does, as a page
    States,
    /// Whole sessions in virtual time over a seeded bad link
    Sim {
        /// Repeats the run of this seed and tells all of it
        #[arg(long)]
        seed: Option<u64>,
        /// So many runs
        #[arg(long, default_value_t = 100_000)]
        runs: u64,
        /// The seed of the first
        #[arg(long, default_value_t = 1)]
        from: u64,
    },
    /// Seeds faults and sees whether they are noticed; without names all of them
    #[cfg(feature = "mutants")]
    Mutants {
        /// Names of faults
        names: Vec<String>,
        /// Prints every counter-example
        #[arg(long)]
        tell: bool,
        /// Fails with fewer faults
        #[arg(long, default_value_t = 0)]
        at_least: usize,
    },
}

fn main() -> ExitCode {
    let holds = match Task::parse() {
        Task::Check { names, list, at_least } => check(&names, list, at_least),
        Task::States => {
            print!("{}", rendezvous_proof::states::page());
            true
        }
        Task::Sim { seed: Some(seed), .. } => replay(seed),
        Task::Sim { seed: None, runs, from } => simulate(from, runs),
        #[cfg(feature = "mutants")]
        Task::Mutants { names, tell, at_least } => mutants(&names, tell, at_least),
    };
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check(names: &[String], list: bool, at_least: usize) -> bool {
    let mut outcomes = Vec::new();
    for scenario in SCENARIOS.iter().filter(|s| names.is_empty() || names.iter().any(|n| n == s.name)) {
        if list {
            println!("{:<22} {}", scenario.name, scenario.what);
            continue;
        }
        let outcome = check::exhaust(scenario, 2);
        println!("{}", line(&outcome));
        if let Some(violation) = &outcome.violation {
            tell(violation);
        }
        outcomes.push(outcome);
    }
    if list {
        return true;
    }
    let steps: usize = outcomes.iter().map(|o| o.steps).sum();
    println!();
    for requirement in Requirement::ALL {
        let broken = outcomes
            .iter()
            .find(|o| o.violation.as_ref().is_some_and(|v| v.fault.requirement == *requirement));
        let result = broken.map_or("holds".to_owned(), |o| format!("BROKEN in {}", o.scenario.name));
        println!("{:<76} after each of {steps} steps: {result}", requirement.name());
    }
    let states: usize = outcomes.iter().map(|o| o.states).sum();
    println!("unique states: {states}");
    if states < at_least {
        println!("That is too few: {at_least} are wanted. A configuration has lost its people.");
    }
    states >= at_least && outcomes.iter().all(|o| o.violation.is_none())
}

fn replay(seed: u64) -> bool {
    let report = sim::run(seed, true);
    report.tale.iter().for_each(|line| println!("{line}"));
    println!("seed {seed}: {report}");
    if let Some(fault) = &report.fault {
        println!("FAULT {fault}");
    }
    report.fault.is_none()
}

fn simulate(from: u64, runs: u64) -> bool {
    let start = Instant::now();
    let (total, faults) = sim::many(from, runs);
    for (seed, fault) in &faults {
        println!("FAULT in seed {seed}, {fault}\n  repeat it with: cargo xtask sim --seed {seed}");
    }
    println!("{total}");
    println!("{runs} runs in {:.1} s, {} with a fault", start.elapsed().as_secs_f32(), faults.len());
    faults.is_empty()
}

fn line(outcome: &Outcome) -> String {
    let Outcome { scenario, states, steps, depth, time, violation } = outcome;
    let result = if violation.is_some() { "BROKEN" } else { "exhausted" };
    let seconds = time.as_secs_f32();
    format!(
        "{:<22} {states:>9} states {steps:>10} steps  depth {depth:>3} {seconds:>6.1} s  {result}",
        scenario.name
    )
}

fn tell(violation: &Violation) {
    println!("  {}: {}", violation.fault.requirement.name(), violation.fault.how);
    violation.dialogue.iter().for_each(|line| println!("    {line}"));
}

#[cfg(feature = "mutants")]
fn mutants(names: &[String], all: bool, at_least: usize) -> bool {
    use rendezvous_core::mutant::Mutant;
    use rendezvous_proof::mutants::hunt;
    let chosen = |m: &&Mutant| names.is_empty() || names.iter().any(|n| *n == format!("{m:?}"));
    let (mut killed, mut count, mut time) = (0, 0, std::time::Duration::ZERO);
    for mutant in Mutant::ALL.iter().filter(chosen) {
        let hunt = hunt(*mutant);
        count += 1;
        time += hunt.time;
        let seconds = hunt.time.as_secs_f32();
        match hunt.caught.as_ref().and_then(|o| o.violation.as_ref().map(|v| (o, v))) {
            Some((outcome, violation)) => {
                killed += 1;
                let (place, steps) = (outcome.scenario.name, violation.steps);
                println!(
                    "{:<22} killed in {seconds:>5.1} s, {steps:>2} steps, {place}",
                    format!("{mutant:?}")
                );
                println!("  {} → {}", mutant.fault(), violation.fault.requirement.name());
                if all {
                    tell(violation);
                }
            }
            None => println!("{:<22} SURVIVES, {seconds:.1} s\n  {}", format!("{mutant:?}"), mutant.fault()),
        }
    }
    println!(
        "mutants killed: {killed}/{count} (on average {:.1} s)",
        time.as_secs_f32() / count.max(1) as f32
    );
    killed == count
}
