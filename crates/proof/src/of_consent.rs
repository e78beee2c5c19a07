//! The proof of consent on the command line.

use super::holds;
use rendezvous_proof::consent::{self, Requirement, SCENARIOS, Scenario};
use std::time::Duration;

/// The model checker must be done in this time.
const TIME: Duration = Duration::from_mins(10);

fn chosen(names: &[String]) -> impl Iterator<Item = &'static Scenario> {
    SCENARIOS.iter().filter(move |s| names.is_empty() || names.iter().any(|n| n == s.name))
}

pub(crate) fn list(names: &[String]) -> bool {
    chosen(names).for_each(|scenario| println!("{:<22} {}", scenario.name, scenario.what));
    true
}

pub(crate) fn check(names: &[String], at_least: usize) -> bool {
    let mut missing = Vec::new();
    let (mut states, mut steps, mut time, mut count) = (0, 0, Duration::ZERO, 0);
    for scenario in chosen(names) {
        let outcome = consent::exhaust(scenario);
        println!("{}", outcome);
        if let Some(violation) = &outcome.violation {
            println!("{violation}");
            missing.push(format!("{} is broken in {}", violation.fault.requirement.name(), scenario.name));
        } else if !outcome.is_exhausted {
            missing.push(format!("{} was not exhausted", scenario.name));
        }
        (states, steps, time) = (states + outcome.states, steps + outcome.steps, time + outcome.time);
        count += 1;
    }
    println!("\nEach of these was held against everything that could break it:");
    for requirement in Requirement::ALL {
        let (name, cases, with) = (requirement.name(), requirement.cases(), requirement.tried_with());
        println!("{name}: {cases} {with}");
        if cases == 0 && names.is_empty() {
            missing.push(format!("it was never tried whether {name}"));
        }
    }
    if count == 0 {
        missing.push("no configuration was run".to_owned());
    }
    if states < at_least {
        missing.push(format!("{states} unique states are fewer than {at_least}"));
    }
    if time > TIME {
        missing.push(format!("{} s are more than {}", time.as_secs(), TIME.as_secs()));
    }
    println!(
        "{states} unique states of consent, 0 grants without a yes: {count} configurations, {steps} steps, {:.0} s",
        time.as_secs_f32()
    );
    holds(&missing)
}

/// Seeds faults and sees whether they are noticed.
#[cfg(feature = "mutants")]
pub(crate) fn mutants(names: &[String], places: &[String], all: bool, at_least: usize) -> bool {
    use rendezvous_assist::mutant::Mutant;
    use rendezvous_proof::tally::{self, FaultBar, Faults};
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    let mut faults = Faults::default();
    for mutant in
        Mutant::ALL.iter().filter(|m| names.is_empty() || names.iter().any(|n| *n == format!("{m:?}")))
    {
        let hunt = consent::hunt(*mutant, &places);
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
    println!("\n{} of {} requirements noticed a fault", faults.noticed_by.len(), Requirement::ALL.len());
    println!("{killed} of {count} mutants of consent killed");
    let all = if names.is_empty() && places.is_empty() { Requirement::ALL } else { &[] };
    let requirements = all.iter().map(|requirement| requirement.name()).collect();
    holds(&tally::faults(&faults, &FaultBar { count: at_least, time: super::HUNT, requirements }))
}
