//! How fast the session is. `cargo xtask bench core` runs this and holds it against its bars.

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use rendezvous_core::Role;
use rendezvous_proof::load::{Crowd, FIRST_TEXT, Two};
use rendezvous_proof::sim::Random;
use std::cell::RefCell;
use std::time::Duration;

/// Inputs are made in small heaps between the measurements, so that they are as warm as what a network hands over.
const HEAP: BatchSize = BatchSize::NumIterations(64);
/// The sessions of the small table, and those that are spoken in.
const FEW: usize = 100;
/// The sessions of the large one.
const MANY: usize = 100_000;

/// Time that a core works for us: what others do on the same machine meanwhile is not in it.
struct CoreTime;

impl Measurement for CoreTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::try_from(time).expect("a thread has not worked for less than no time")
    }

    fn end(&self, start: Duration) -> Duration {
        self.start().saturating_sub(start)
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, time: &Duration) -> f64 {
        WallTime.to_f64(time)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

fn lives(criterion: &mut Criterion<CoreTime>) {
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

    /// Speaks in `active` sessions, spread over the table.
    fn measure(&self, group: &mut BenchmarkGroup<'_, CoreTime>, name: &str, active: usize) {
        group.bench_function(format!("{name}/{}", self.count), |bencher| {
            bencher.iter_batched(
                || {
                    let (next, random) = &mut *self.next.borrow_mut();
                    let n = random.below(active as u64) as usize * (self.count / active);
                    next[n] += 1;
                    self.crowd.borrow().text(n, next[n] - 1)
                },
                |input| assert_eq!(self.crowd.borrow_mut().take(input), 1, "the text did not come"),
                HEAP,
            );
        });
    }
}

fn routing(criterion: &mut Criterion<CoreTime>) {
    let mut group = criterion.benchmark_group("route");
    for count in [FEW, MANY] {
        let route = Route::new(count);
        route.measure(&mut group, "talking", FEW);
        route.measure(&mut group, "all", count);
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CoreTime);
    targets = lives, routing
}
criterion_main!(benches);
