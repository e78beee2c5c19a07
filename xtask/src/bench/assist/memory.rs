//! What the novice's side weighs while a terminal scrolls, from the first minutes to the last.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rendezvous_testkit::wait;
use rendezvous_testkit::workload::{Scene, Workload};

use super::figures::quantile;
use super::peer::ours::Ours;
use super::stage::Stage;
use crate::say;

/// Of all processes of the novice together, each page counted once, in megabytes of 1,024 kB.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Memory {
    pub(super) length: Duration,
    /// The most that was seen.
    pub(super) most: f64,
    /// The median of the last quarter above that of the second; the first is for filling what is filled once.
    pub(super) growth: f64,
}

pub(super) fn memory(stage: &mut Stage, length: Duration) -> Result<Memory> {
    let mut ours = Ours::start(stage)?;
    let _work = Workload::start(&stage.screen, &stage.sheets, Scene::Terminal)?;
    ours.call(stage)?;
    let every = (length / 200).clamp(Duration::from_millis(500), Duration::from_secs(10));
    let (start, mut said) = (Instant::now(), Instant::now());
    let mut seen = Vec::new();
    while start.elapsed() < length {
        wait::observe(every)?;
        seen.push(weigh(&ours)?);
        if said.elapsed() > Duration::from_mins(5) {
            said = Instant::now();
            let last = seen.last().copied().unwrap_or(0.0);
            say::line(format_args!("after {} min: {last:.1} MB", start.elapsed().as_secs() / 60));
        }
    }
    let length = start.elapsed();
    ours.hang_up(stage)?;
    ours.leave()?;
    Ok(Memory { length, most: seen.iter().copied().fold(0.0, f64::max), growth: growth(&seen) })
}

fn growth(seen: &[f64]) -> f64 {
    let quarter = seen.len() / 4;
    let median = |part: &[f64]| quantile(part, 0.5).unwrap_or(0.0);
    median(&seen[seen.len() - quarter..]) - median(&seen[quarter..quarter * 2])
}

fn weigh(ours: &Ours) -> Result<f64> {
    let mut kilobytes = 0;
    for id in ours.novice_processes()? {
        // One that ends meanwhile weighs nothing any more.
        let Ok(rollup) = fs::read_to_string(format!("/proc/{id}/smaps_rollup")) else { continue };
        kilobytes += proportional(&rollup).context("the system does not say what a process weighs")?;
    }
    Ok(kilobytes as f64 / 1024.0)
}

/// The proportional set size, see proc_pid_smaps(5): what several processes share is divided among them.
fn proportional(rollup: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_weighed() {
        let rollup =
            "55-7f ---p 00000000 00:00 0 [rollup]\nRss:  1708 kB\nPss:   464 kB\nPss_Dirty: 112 kB\n";
        assert_eq!(proportional(rollup), Some(464));
        assert_eq!(proportional(""), None);
    }

    #[test]
    fn what_stays_does_not_grow() {
        assert_eq!(growth(&[1.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0]), 0.0);
        let growing: Vec<_> = (0..100).map(f64::from).collect();
        assert_eq!(growth(&growing), 50.0);
        assert_eq!(growth(&[]), 0.0);
    }
}
