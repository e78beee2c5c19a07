//! What all runs say together, and where that falls short of what is wanted.

use crate::check::Outcome;
use std::collections::BTreeSet;
use std::time::Duration;

/// What the model checker has to come to.
#[derive(Clone, Copy, Debug)]
pub struct ModelBar {
    /// Unique states at least, over all configurations.
    pub states: usize,
    /// In this time.
    pub time: Duration,
    /// With so many bytes of memory.
    pub memory: u64,
    /// Whether each requirement must have been tried: in one configuration alone not all can be.
    pub all_tried: bool,
}

/// What the seeded faults have to come to.
#[derive(Clone, Debug)]
pub struct FaultBar {
    /// So many at least.
    pub count: usize,
    /// No longer than this for each on average.
    pub time: Duration,
    /// Requirements of which each must have noticed one: a requirement that notices nothing may ask for nothing.
    pub requirements: Vec<&'static str>,
}

/// What became of the seeded faults.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// So many were seeded.
    pub count: usize,
    /// Names of those that nobody noticed.
    pub survivors: Vec<String>,
    /// For all of them together.
    pub time: Duration,
    /// By which requirements they were noticed.
    pub noticed_by: BTreeSet<&'static str>,
}

/// What is missing of the proof by model; empty when nothing is. `memory` is the most that was used, if it is known.
#[must_use]
pub fn model(
    outcomes: &[Outcome],
    tried: &[(&str, u64)],
    memory: Option<u64>,
    bar: &ModelBar,
) -> Vec<String> {
    let mut missing = Vec::new();
    if outcomes.is_empty() {
        missing.push("no configuration was run".to_owned());
    }
    for outcome in outcomes {
        if outcome.violation.is_some() {
            missing.push(format!("a requirement is broken in {}", outcome.scenario.name));
        } else if !outcome.is_exhausted {
            missing.push(format!("{} was not exhausted", outcome.scenario.name));
        }
    }
    let states: usize = outcomes.iter().map(|o| o.states).sum();
    if states < bar.states {
        missing.push(format!(
            "{states} unique states are fewer than {}: a configuration has lost its people",
            bar.states
        ));
    }
    if bar.all_tried {
        let never = tried.iter().filter(|(_, cases)| *cases == 0);
        missing.extend(never.map(|(name, _)| format!("it was never tried whether {name}")));
    }
    let time: Duration = outcomes.iter().map(|o| o.time).sum();
    if time > bar.time {
        missing.push(format!("{} s are more than {}", time.as_secs(), bar.time.as_secs()));
    }
    if let Some(memory) = memory.filter(|memory| *memory > bar.memory) {
        missing.push(format!("{} MiB of memory are more than {}", memory >> 20, bar.memory >> 20));
    }
    missing
}

/// What is missing of the proof that the proof notices faults; empty when nothing is.
#[must_use]
pub fn faults(faults: &Faults, bar: &FaultBar) -> Vec<String> {
    let Faults { count, survivors, time, noticed_by } = faults;
    let mut missing: Vec<String> =
        survivors.iter().map(|name| format!("{name} survives: the proof proves less than it says")).collect();
    if *count < bar.count.max(1) {
        missing.push(format!("{count} faults are fewer than {}", bar.count.max(1)));
    }
    let blind = bar.requirements.iter().filter(|name| !noticed_by.contains(*name));
    missing.extend(blind.map(|name| format!("no fault was noticed by this: {name}")));
    let average = time.checked_div(u32::try_from(*count).unwrap_or(u32::MAX)).unwrap_or_default();
    if average > bar.time {
        missing.push(format!(
            "{:.1} s a fault are more than {:.1}",
            average.as_secs_f32(),
            bar.time.as_secs_f32()
        ));
    }
    missing
}

/// The most memory that this process has had, in bytes, where the system says it.
#[must_use]
pub fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Violation, scenario};
    use crate::model::{Fault, Requirement};

    const BAR: ModelBar =
        ModelBar { states: 10, time: Duration::from_secs(10), memory: 1 << 30, all_tried: true };

    fn outcome() -> Outcome {
        Outcome {
            scenario: scenario("two").expect("it is there"),
            states: 10,
            steps: 20,
            depth: 5,
            time: Duration::from_secs(10),
            is_exhausted: true,
            violation: None,
        }
    }

    fn check(outcome: Outcome, cases: u64, memory: u64, expected: &[&str]) {
        let missing = model(&[outcome], &[("it holds", cases)], Some(memory), &BAR);
        assert_eq!(missing.len(), expected.len(), "{missing:?}");
        for (missing, expected) in missing.iter().zip(expected) {
            assert!(missing.contains(expected), "{missing} is not about {expected}");
        }
    }

    #[test]
    fn every_shortfall_of_a_model_is_one() {
        check(outcome(), 1, 1 << 30, &[]);
        check(Outcome { is_exhausted: false, ..outcome() }, 1, 0, &["two was not exhausted"]);
        check(Outcome { states: 9, ..outcome() }, 1, 0, &["9 unique states"]);
        check(Outcome { time: Duration::from_secs(11), ..outcome() }, 1, 0, &["11 s are more"]);
        check(outcome(), 0, 0, &["never tried whether it holds"]);
        check(outcome(), 1, (1 << 30) + 1, &["MiB"]);
        let fault = Fault { requirement: Requirement::Consent, how: String::new() };
        let violation = Some(Violation { fault, dialogue: Vec::new(), steps: 1 });
        check(Outcome { is_exhausted: false, violation, ..outcome() }, 1, 0, &["broken in two"]);
        assert_eq!(model(&[], &[], None, &ModelBar { states: 0, ..BAR }), ["no configuration was run"]);
    }

    #[test]
    fn every_shortfall_of_the_faults_is_one() {
        let bar = FaultBar { count: 2, time: Duration::from_secs(10), requirements: Vec::new() };
        let good = Faults { count: 2, time: Duration::from_secs(20), ..Faults::default() };
        assert!(faults(&good, &bar).is_empty());
        let survivors = vec!["NoTimer".to_owned()];
        assert!(faults(&Faults { survivors, ..good.clone() }, &bar)[0].starts_with("NoTimer survives"));
        assert_eq!(
            faults(&Faults { count: 1, ..good.clone() }, &bar).len(),
            2,
            "too few, and too slow for so few"
        );
        assert_eq!(faults(&Faults { time: Duration::from_secs(21), ..good.clone() }, &bar).len(), 1);
        let needed = FaultBar { requirements: vec!["it holds"], ..bar.clone() };
        assert_eq!(faults(&good, &needed), ["no fault was noticed by this: it holds"]);
        assert!(faults(&Faults { noticed_by: BTreeSet::from(["it holds"]), ..good }, &needed).is_empty());
        assert_eq!(faults(&Faults::default(), &FaultBar { count: 0, ..bar }).len(), 1, "none proves nothing");
    }
}
