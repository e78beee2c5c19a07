//! The proof on the command line. `cargo xtask prove session` and `cargo xtask prove consent` run it.

#![expect(clippy::print_stdout, reason = "this program talks to whoever runs the proof")]

mod of_consent;

use clap::Parser;
use rendezvous_proof::check;
use rendezvous_proof::model::{Requirement, SCENARIOS, Scenario};
use rendezvous_proof::sim;
use rendezvous_proof::tally::{self, ModelBar};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The model checker must be done in this time, on two cores.
const TIME: Duration = Duration::from_mins(15);
/// And with so much memory.
const MEMORY: u64 = 8 << 30;
/// A fault must be noticed in this time on average.
#[cfg(feature = "mutants")]
const HUNT: Duration = Duration::from_secs(10);

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
        /// Leaves a configuration after so many steps, and fails: for a machine that has not the memory
        #[arg(long, default_value_t = usize::MAX)]
        at_most: usize,
    },
    /// Visits every state of consent in the named configurations, or in all
    Consent {
        /// Names of configurations
        names: Vec<String>,
        /// Lists them and runs none
        #[arg(long)]
        list: bool,
        /// Fails with fewer unique states
        #[arg(long, default_value_t = 0)]
        at_least: usize,
    },
    /// Seeds faults in consent and sees whether they are noticed; without names all of them
    #[cfg(feature = "mutants")]
    ConsentMutants {
        /// Names of faults
        names: Vec<String>,
        /// Looks for them in this configuration
        #[arg(long = "in", value_name = "CONFIGURATION")]
        places: Vec<String>,
        /// Prints every counter-example
        #[arg(long)]
        tell: bool,
        /// Fails with fewer faults
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
        /// Looks for them in this configuration, instead of where each should show
        #[arg(long = "in", value_name = "CONFIGURATION")]
        places: Vec<String>,
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
        Task::Check { names, list: true, .. } => list(&names),
        Task::Check { names, list: false, at_least, at_most } => check(&names, at_least, at_most),
        Task::Consent { names, list: true, .. } => of_consent::list(&names),
        Task::Consent { names, list: false, at_least } => of_consent::check(&names, at_least),
        #[cfg(feature = "mutants")]
        Task::ConsentMutants { names, places, tell, at_least } => {
            of_consent::mutants(&names, &places, tell, at_least)
        }
        Task::States => {
            print!("{}", rendezvous_proof::states::page());
            true
        }
        Task::Sim { seed: Some(seed), .. } => replay(seed),
        Task::Sim { seed: None, runs, from } => simulate(from, runs),
        #[cfg(feature = "mutants")]
        Task::Mutants { names, places, tell, at_least } => mutants(&names, &places, tell, at_least),
    };
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn chosen(names: &[String]) -> impl Iterator<Item = &'static Scenario> {
    SCENARIOS.iter().filter(move |s| names.is_empty() || names.iter().any(|n| n == s.name))
}

fn list(names: &[String]) -> bool {
    chosen(names).for_each(|scenario| println!("{:<22} {}", scenario.name, scenario.what));
    true
}

fn check(names: &[String], at_least: usize, at_most: usize) -> bool {
    let mut outcomes = Vec::new();
    for scenario in chosen(names) {
        let outcome = check::exhaust(scenario, 2, at_most);
        println!("{}", outcome);
        if let Some(violation) = &outcome.violation {
            println!("{violation}");
        }
        outcomes.push(outcome);
    }
    println!("\nEach of these was held against everything that could break it:");
    for requirement in Requirement::ALL {
        let broken = outcomes
            .iter()
            .find(|o| o.violation.as_ref().is_some_and(|v| v.fault.requirement == *requirement));
        let result = broken.map_or("holds".to_owned(), |o| format!("BROKEN in {}", o.scenario.name));
        let (name, cases, with) = (requirement.name(), requirement.cases(), requirement.tried_with());
        println!("{name:<76} {cases:>9} {with}: {result}");
    }
    let (states, steps) = outcomes.iter().fold((0, 0), |sum, o| (sum.0 + o.states, sum.1 + o.steps));
    let time: Duration = outcomes.iter().map(|o| o.time).sum();
    let memory = tally::most_memory();
    let most = memory.map_or("memory unknown".to_owned(), |bytes| format!("at most {} MiB", bytes >> 20));
    println!("{} configurations, {steps} steps, {:.0} s, {most}", outcomes.len(), time.as_secs_f32());
    println!("unique states: {states}");
    let tried: Vec<_> = Requirement::ALL.iter().map(|r| (r.name(), r.cases())).collect();
    let bar = ModelBar { states: at_least, time: TIME, memory: MEMORY, all_tried: names.is_empty() };
    holds(&tally::model(&outcomes, &tried, memory, &bar))
}

/// Says what is missing. True when nothing is.
fn holds(missing: &[String]) -> bool {
    missing.iter().for_each(|what| println!("FALLS SHORT: {what}"));
    missing.is_empty()
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

#[cfg(feature = "mutants")]
fn mutants(names: &[String], places: &[String], all: bool, at_least: usize) -> bool {
    use rendezvous_core::mutant::Mutant;
    use rendezvous_proof::mutants::hunt;
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    let chosen = |m: &&Mutant| names.is_empty() || names.iter().any(|n| *n == format!("{m:?}"));
    let mut faults = tally::Faults::default();
    for mutant in Mutant::ALL.iter().filter(chosen) {
        let hunt = hunt(*mutant, &places);
        let (name, seconds) = (format!("{mutant:?}"), hunt.time.as_secs_f32());
        faults.count += 1;
        faults.time += hunt.time;
        let Some((outcome, violation)) = hunt.caught.as_ref().and_then(|o| Some((o, o.violation.as_ref()?)))
        else {
            println!("{name:<22} SURVIVES, {seconds:.1} s\n  {}", mutant.fault());
            faults.survivors.push(name);
            continue;
        };
        let (place, steps) = (outcome.scenario.name, violation.steps);
        println!("{name:<22} killed in {seconds:>5.1} s, {steps:>2} steps, {place}");
        println!("  {} → {}", mutant.fault(), violation.fault.requirement.name());
        faults.noticed_by.insert(violation.fault.requirement.name());
        if all {
            println!("{violation}");
        }
    }
    let (count, killed) = (faults.count, faults.count - faults.survivors.len());
    let average = faults.time.as_secs_f32() / count.max(1) as f32;
    println!("\n{} of {} requirements noticed a fault", faults.noticed_by.len(), Requirement::ALL.len());
    println!("mutants killed: {killed}/{count} (on average {average:.1} s)");
    let all = if names.is_empty() && places.is_empty() { Requirement::ALL } else { &[] };
    let requirements = all.iter().map(|requirement| requirement.name()).collect();
    holds(&tally::faults(&faults, &tally::FaultBar { count: at_least, time: HUNT, requirements }))
}
