//! Processes that are held for a while, so that a state lasts.

use crate::alone::Someone;
use crate::house::{SOON, send};
use anyhow::{Context as _, Result};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::wait;
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use rustix::process::Signal;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

/// The one agent of a person. While it starts a program there are two for a moment, until that is another program.
pub(super) fn agent_of(someone: &Someone) -> Result<u32> {
    wait::until("one agent to be there", SOON, || Ok(someone.agent().ok()))
        .with_context(|| format!("{:?}", someone.agents()))
}

/// Stops a process, and returns when it stands still.
pub(super) fn stop(id: u32) -> Result<()> {
    send(id, Signal::STOP)?;
    let stands = || Ok((state_of(id) == Some('T')).then_some(()));
    wait::until(format_args!("process {id} to stand still"), SOON, stands)
}

/// Kills a process as a crash would, and returns when nothing that it had open is left.
pub(super) fn kill(id: u32) -> Result<()> {
    send(id, Signal::KILL)?;
    // As long as one of its threads is on its way out, its sockets may be there yet.
    let threads = || fs::read_dir(format!("/proc/{id}/task")).map_or(0, Iterator::count);
    let gone = || {
        let is_over = matches!(state_of(id), None | Some('Z' | 'X')) && threads() <= 1;
        Ok(is_over.then_some(()))
    };
    wait::until(format_args!("process {id} to be gone"), SOON, gone)
}

/// The letter of a process's state: see proc_pid_stat(5).
fn state_of(id: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // It stands behind the name, which can contain anything.
    stat.rsplit(") ").next()?.chars().next()
}

/// Lets a process go on, if it is still there.
pub(super) fn go_on(id: u32) {
    // Killed meanwhile, perhaps.
    _ = send(id, Signal::CONT);
}

/// Keeps an agent from starting *hello*: its log is a pipe, and whoever opens that to write waits for somebody who reads.
pub(super) struct Gate {
    path: PathBuf,
    reader: Option<File>,
}

impl Gate {
    pub(super) fn close(home: &Home) -> Result<Self> {
        let path = home.join("hello.log");
        // It is there when hello has been said before.
        _ = fs::remove_file(&path);
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).context("cannot make a pipe")?;
        Ok(Self { path, reader: None })
    }

    /// Lets it start. What it logs stays in the pipe.
    pub(super) fn open(&mut self) -> Result<()> {
        let flags = i32::try_from(OFlags::NONBLOCK.bits())?;
        self.reader = Some(OpenOptions::new().read(true).custom_flags(flags).open(&self.path)?);
        Ok(())
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        // The next log is a file again.
        _ = fs::remove_file(&self.path);
    }
}
