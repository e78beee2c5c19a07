//! What a benchmark runs on: without it a figure says nothing.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rendezvous_testkit::wait;

/// The machine, and how busy it was before.
pub(super) fn conditions() -> Result<String> {
    Ok(format!("{}, load before {}", name()?, load()))
}

/// The machine.
pub(super) fn name() -> Result<String> {
    let processors = fs::read_to_string("/proc/cpuinfo").context("cannot read /proc/cpuinfo")?;
    let field = |name: &str| {
        processors.lines().find(|line| line.starts_with(name)).and_then(|line| line.split_once(": "))
    };
    let model = field("model name").map_or("unknown processor", |(_, model)| model);
    let cores = processors.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    // What its owner calls a kernel says nothing about it.
    let kernel = kernel.trim().split('-').next().unwrap_or("of an unknown version");
    Ok(format!("{cores} cores of {model}, Linux {kernel}"))
}

/// How many programs wanted to run on average over the last minute.
pub(super) fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or("unknown").to_owned()
}

/// The time that all processors together have worked so far.
pub(super) fn busy() -> Result<Duration> {
    let stat = fs::read_to_string("/proc/stat").context("cannot read /proc/stat")?;
    let ticks = busy_ticks(&stat).context("/proc/stat does not say how busy the machine is")?;
    Ok(Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second().max(1)))
}

/// See proc_stat(5): user, nice, system, (idle, iowait,) irq, softirq, steal.
fn busy_ticks(stat: &str) -> Option<u64> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let fields: Vec<u64> = line.split_whitespace().filter_map(|field| field.parse().ok()).collect();
    Some([0, 1, 2, 5, 6, 7].iter().filter_map(|&at| fields.get(at)).sum())
}

/// Waits until the machine has less to do than `most` of one core over a second, but no longer than `patience`; what it
/// had to do in the last second, as a part of one core.
pub(super) fn wait_idle(most: f64, patience: Duration) -> Result<f64> {
    let start = Instant::now();
    loop {
        let (before, since) = (busy()?, Instant::now());
        wait::observe(Duration::from_secs(1))?;
        let part = busy()?.saturating_sub(before).as_secs_f64() / since.elapsed().as_secs_f64();
        if part <= most || start.elapsed() >= patience {
            return Ok(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_busy_is_not_idle() {
        let stat = "cpu  100 20 30 5000 400 1 2 4 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
        assert_eq!(busy_ticks(stat), Some(157));
        assert_eq!(busy_ticks("intr 1"), None);
    }
}
