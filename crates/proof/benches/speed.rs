//! How fast the session is. `cargo xtask bench core` runs this and holds it against its bars.

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use rendezvous_core::Role;
use rendezvous_proof::load::{Crowd, FIRST_TEXT, Two};
use rendezvous_proof::sim::Random;
use std::cell::RefCell;
use std::hint::black_box;

/// Inputs are made in small heaps between the measurements, so that they are as warm as what a network hands over.
const HEAP: BatchSize = BatchSize::NumIterations(64);
/// The sessions of the small table, and those that are spoken in.
const FEW: usize = 100;
/// The sessions of the large one.
const MANY: usize = 100_000;
/// More than any cache of the processor holds.
const CACHES: usize = 64 << 20;

fn lives(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("session");
    group.throughput(Throughput::Elements(1));
    let mut two = Two::default();
    group.bench_function("life", |bencher| bencher.iter(|| two.live()));
    group.finish();
}

/// From the network to the application: a text for one of the sessions that are spoken in.
struct Route {
    crowd: RefCell<Crowd>,
    count: usize,
    next: RefCell<(Vec<u32>, Random)>,
}

impl Route {
    fn new(count: usize) -> Self {
        let crowd = RefCell::new(Crowd::connected(count, Role::Invitee));
        Self { crowd, count, next: RefCell::new((vec![FIRST_TEXT; count], Random::new(1))) }
    }

    /// Speaks in `active` sessions, spread over the table; `between` happens before every heap of messages.
    fn measure(
        &self,
        group: &mut BenchmarkGroup<'_, WallTime>,
        name: &str,
        active: usize,
        heap: BatchSize,
        between: impl Fn(),
    ) {
        group.bench_function(format!("{name}/{}", self.count), |bencher| {
            bencher.iter_batched(
                || {
                    let (next, random) = &mut *self.next.borrow_mut();
                    let n = random.below(active as u64) as usize * (self.count / active);
                    between();
                    next[n] += 1;
                    self.crowd.borrow().text(n, next[n] - 1)
                },
                |input| assert_eq!(self.crowd.borrow_mut().take(input), 1, "the text did not come"),
                heap,
            );
        });
    }
}

fn routing(criterion: &mut Criterion) {
    let mut memory = vec![0u8; CACHES];
    let memory = RefCell::new(&mut memory);
    // What a program does between two messages: something else.
    let something_else = || {
        let memory = &mut **memory.borrow_mut();
        memory.iter_mut().step_by(64).for_each(|byte| *byte = byte.wrapping_add(1));
        black_box(&*memory);
    };
    let mut group = criterion.benchmark_group("route");
    for count in [FEW, MANY] {
        let route = Route::new(count);
        route.measure(&mut group, "talking", FEW, HEAP, || {});
        route.measure(&mut group, "all", count, HEAP, || {});
        group.sample_size(20);
        route.measure(&mut group, "cold", FEW, BatchSize::PerIteration, something_else);
        group.sample_size(100);
    }
    group.finish();
}

criterion_group!(benches, lives, routing);
criterion_main!(benches);
