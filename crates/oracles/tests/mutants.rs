//! The oracles bite: faults that the proof seeds into the session show here too, to one side that knows nothing of the
//! other's. `cargo xtask prove --only oracles` tries them.
#![cfg(feature = "mutants")]

use std::panic::{catch_unwind, set_hook, take_hook};

use Mutant::*;
use rendezvous_core::mutant::{Mutant, seed};
use rendezvous_oracles::{Random, find};

/// So many inputs by chance are enough for each.
const INPUTS: u64 = 10_000;

/// What one side can see by itself. The others need a second table, or a promise to somebody else: the model checker has
/// both, and notices all.
const SEEN: &[Mutant] = &[RemoteAccept];

/// Whether an input shows the fault.
fn is_noticed(mutant: Option<Mutant>, name: &str) -> bool {
    let oracle = find(name).expect("the oracle exists");
    let seeds: Vec<Vec<u8>> = (oracle.seeds)().into_iter().map(|seed| seed.bytes).collect();
    let mut random = Random::new(1);
    seed(mutant);
    let is_noticed = (0..INPUTS).any(|_| {
        let input = random.input(&seeds);
        catch_unwind(|| (oracle.check)(&input)).is_err()
    });
    seed(None);
    is_noticed
}

#[test]
fn seeded_faults_are_noticed() {
    // Many panics are expected; their words are not.
    set_hook(Box::new(|_| {}));
    let is_seen = |mutant| is_noticed(mutant, "table") || is_noticed(mutant, "context");
    let unseen: Vec<_> = SEEN.iter().filter(|mutant| !is_seen(Some(**mutant))).collect();
    let is_healthy = !is_seen(None);
    drop(take_hook());
    assert!(unseen.is_empty(), "not noticed: {unseen:?}");
    assert!(is_healthy, "something is noticed where no fault is");
}
