//! What fits into the ordinary tests. `cargo xtask prove session` runs all of it.

use rendezvous_proof::check::{self, exhaust};
use rendezvous_proof::model::SCENARIOS;
use rendezvous_proof::sim;

#[test]
fn the_small_configurations_hold_in_every_state() {
    let mut states = 0;
    for scenario in SCENARIOS.iter().filter(|s| s.quick) {
        let outcome = exhaust(scenario, 2, usize::MAX);
        if let Some(violation) = outcome.violation {
            let tale = violation.dialogue.join("\n");
            panic!("{}: {:?}\n{tale}", scenario.name, violation.fault);
        }
        assert!(outcome.is_exhausted, "{} was left before its end", scenario.name);
        states += outcome.states;
    }
    assert!(states > 100_000, "only {states} states: a configuration has lost its people");
}

#[test]
fn two_threads_visit_what_one_visits() {
    for scenario in ["two", "fork", "glare"].map(|name| check::scenario(name).expect("it is there")) {
        let [one, two] = [1, 2].map(|threads| exhaust(scenario, threads, usize::MAX));
        assert_eq!((one.states, one.steps), (two.states, two.steps), "{}", scenario.name);
    }
}

#[test]
fn a_hundred_thousand_lives_over_a_bad_link() {
    let (total, faults) = sim::many(1, 100_000);
    assert_eq!(faults, [], "repeat with `cargo xtask sim --seed`");
    assert!(total.connected > 100_000 && total.texts > 100_000 && total.lost > 100_000, "{total}");
}

#[test]
fn a_seed_does_the_same_every_time() {
    let (first, second) = (sim::run(7, true), sim::run(7, true));
    assert!(first.tale.len() > 20);
    assert_eq!(first.tale, second.tale);
    assert_ne!(first.tale, sim::run(8, true).tale);
}
