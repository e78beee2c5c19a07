//! What of the proof of consent fits into the ordinary tests. `cargo xtask prove consent` runs all of it.

use rendezvous_proof::consent::{Requirement, SCENARIOS, exhaust};

#[test]
fn the_small_configurations_of_consent_hold_in_every_state() {
    let mut states = 0;
    for scenario in SCENARIOS.iter().filter(|s| s.quick) {
        let outcome = exhaust(scenario);
        if let Some(violation) = outcome.violation {
            let tale = violation.dialogue.join("\n");
            panic!("{}: {:?}\n{tale}", scenario.name, violation.fault);
        }
        assert!(outcome.is_exhausted, "{} was left before its end", scenario.name);
        println!("{}: {} states in {:?}", scenario.name, outcome.states, outcome.time);
        states += outcome.states;
    }
    assert!(states > 1_000, "only {states} states: a configuration has lost its people");
    for requirement in Requirement::ALL {
        assert!(requirement.cases() > 0, "never tried: {}", requirement.name());
    }
}
