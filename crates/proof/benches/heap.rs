//! What sessions weigh, by an allocator that counts. `cargo xtask bench core` runs this.

#![expect(clippy::print_stdout, reason = "this program talks to whoever runs the benchmark")]

use rendezvous_proof::heap::Counting;
use rendezvous_proof::weigh;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> ExitCode {
    let weights = weigh::all(100_000);
    weights.iter().for_each(|weight| println!("{weight}"));
    if weights.iter().all(weigh::Weight::holds) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
