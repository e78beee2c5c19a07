//! Processes that are stopped for a while, so that a state lasts.

use crate::house::{SOON, send};
use anyhow::{Result, ensure};
use rendezvous_testkit::wait;
use rustix::process::Signal;
use std::fs;
use std::thread;
use std::time::Instant;

/// Stops a process, and returns when it stands still.
pub(super) fn stop(id: u32) -> Result<()> {
    send(id, Signal::STOP)?;
    wait::until(format_args!("process {id} to stand still"), SOON, || {
        let stat = fs::read_to_string(format!("/proc/{id}/stat"))?;
        // The letter of the state stands behind the name, which can contain anything.
        Ok(stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T')).then_some(()))
    })
}

/// Lets a process go on, if it is still there.
pub(super) fn go_on(id: u32) {
    // Killed meanwhile, perhaps.
    _ = send(id, Signal::CONT);
}

/// Waits for the application that this agent starts, and stops it before it has said a word to anybody. `None` when it
/// was quicker; then it runs on.
pub(super) fn stop_application(agent: u32) -> Result<Option<u32>> {
    let deadline = Instant::now() + SOON;
    loop {
        if let Some(application) = application_of(agent) {
            stop(application)?;
            if has_said_nothing(application)? {
                return Ok(Some(application));
            }
            go_on(application);
            return Ok(None);
        }
        ensure!(Instant::now() < deadline, "no application was started");
        // It takes a few milliseconds from its start to its first word: no time for a nap.
        thread::yield_now();
    }
}

fn application_of(agent: u32) -> Option<u32> {
    let tasks = fs::read_dir(format!("/proc/{agent}/task")).ok()?;
    let children = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let children: Vec<u32> = children
        .flat_map(|line| line.split(' ').filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect();
    children.into_iter().find(|id| {
        let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).nth(1) == Some(b"application")
    })
}

/// Whoever talks with others has something that waits for events of theirs.
fn has_said_nothing(application: u32) -> Result<bool> {
    let mut files = fs::read_dir(format!("/proc/{application}/fd"))?.flatten();
    let waits = |path| fs::read_link(path).is_ok_and(|file| file.as_os_str() == "anon_inode:[eventpoll]");
    Ok(!files.any(|file| waits(file.path())))
}
