//! The suite that every network must pass: the same cases over each, those that a network cannot have left out with
//! the reason.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]
#![expect(clippy::print_stderr, reason = "a long run says what it lived through, a skipped one why")]

mod cases;
mod crowd;
mod flood;
mod links;
mod lives;
mod person;
mod results;
mod script;
mod servers;
mod two;
mod world;

use world::World;

/// Lives through a case once for each seed of its world.
fn over<W: World, F: Future<Output = ()>>(case: impl Fn(W) -> F) {
    for seed in 0..W::SEEDS {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().start_paused(W::IS_VIRTUAL).build().unwrap();
        let life = std::panic::AssertUnwindSafe(|| runtime.block_on(case(W::new(seed))));
        // The panic has been told; what is missing is in which life it was.
        assert!(std::panic::catch_unwind(life).is_ok(), "it went wrong with seed {seed}");
    }
}
