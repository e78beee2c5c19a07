//! What a benchmark runs on: without it a figure says nothing.

use std::fs;

use anyhow::{Context as _, Result};

/// The machine, and how busy it was before.
pub(super) fn conditions() -> Result<String> {
    let processors = fs::read_to_string("/proc/cpuinfo").context("cannot read /proc/cpuinfo")?;
    let field = |name: &str| {
        processors.lines().find(|line| line.starts_with(name)).and_then(|line| line.split_once(": "))
    };
    let model = field("model name").map_or("unknown processor", |(_, model)| model);
    let cores = processors.lines().filter(|line| line.starts_with("processor")).count();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown");
    Ok(format!("{cores} cores of {model}, Linux {}, load before {load}", kernel.trim()))
}
