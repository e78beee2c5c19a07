//! What the system knows about running processes: who belongs to whom, and what they cost.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use anyhow::Result;

/// All processes that were started with this environment variable set to this value, and still run.
pub(crate) fn with_environment(name: &str, value: &str) -> Result<BTreeSet<u32>> {
    let wanted = format!("{name}={value}");
    let is_it = |id: &u32| {
        // Processes of others, and those that just ended, cannot be read; they are not ours.
        let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        environment.split(|&byte| byte == 0).any(|entry| entry == wanted.as_bytes())
    };
    Ok(all()?.into_iter().filter(is_it).collect())
}

/// A process and all that it started, and they.
pub(crate) fn tree(root: u32) -> Result<BTreeSet<u32>> {
    let mut found = BTreeSet::from([root]);
    // Parents can have higher numbers than children, so the list is gone through until nothing is new.
    loop {
        let before = found.len();
        for id in all()? {
            if stat(id).is_some_and(|stat| found.contains(&stat.parent)) {
                found.insert(id);
            }
        }
        if found.len() == before {
            return Ok(found);
        }
    }
}

/// The processor time that these processes have used, all cores together.
pub(crate) fn processor_time(processes: &BTreeSet<u32>) -> Duration {
    let ticks: u64 = processes.iter().filter_map(|&id| stat(id)).map(|stat| stat.ticks).sum();
    let per_second = rustix::param::clock_ticks_per_second();
    Duration::from_millis(ticks * 1000 / per_second.max(1))
}

/// A line that names a process, for messages.
pub(crate) fn describe(id: u32) -> String {
    let command = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&command).replace('\0', " ");
    format!("{id} ({})", line.trim_end())
}

fn all() -> Result<Vec<u32>> {
    let mut ids = Vec::new();
    for entry in fs::read_dir("/proc")? {
        ids.extend(entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
    }
    Ok(ids)
}

struct Stat {
    parent: u32,
    /// User and system time.
    ticks: u64,
}

/// Reads `/proc/ID/stat`; see proc_pid_stat(5).
fn stat(id: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
}

fn parse_stat(line: &str) -> Option<Stat> {
    // The second field is a name in parentheses that can contain anything, parentheses too.
    let fields: Vec<_> = line[line.rfind(')')? + 1..].split_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some(Stat { parent: u32::try_from(number(4)?).ok()?, ticks: number(14)? + number(15)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stat_line_is_read_behind_the_name() {
        let line = "42 (a) (b 9) S 7 42 42 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 1 0 100 0 0";
        let stat = parse_stat(line).unwrap();
        assert_eq!((stat.parent, stat.ticks), (7, 300));
        assert!(parse_stat("42 (a) S").is_none());
    }

    #[test]
    fn we_find_ourselves() {
        let us = std::process::id();
        assert!(tree(us).unwrap().contains(&us));
        assert!(describe(us).starts_with(&us.to_string()));
    }
}
