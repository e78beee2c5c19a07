//! The second process, which lets go of what is pressed when this one is killed.

use crate::os;
use anyhow::{Context, Result, ensure};
use rendezvous_desktop::x11::let_go_at_end;
use std::io::Read;
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};

/// What it says when it is there.
const READY: &[u8] = b"ready\n";

/// The running process. It ends when its notes do.
#[derive(Debug)]
pub(super) struct Guard {
    child: Child,
}

impl Guard {
    /// Starts it; what is told to the pipe is what it lets go of when the pipe breaks.
    pub(super) fn start(display: &str) -> Result<(Self, ChildStdin)> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let mut command = Command::new(program);
        // Whatever ends this process by its terminal must not end that one before it has done its work.
        let mut child = os::in_a_group_of_its_own(&mut command)
            .args(["let-go", display])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the process that lets go of keys")?;
        let notes = child.stdin.take().context("it was asked for above")?;
        let mut said = [0; READY.len()];
        let out = child.stdout.take().context("it was asked for above")?;
        let guard = Self { child };
        // It says this, or ends.
        let read = out.take(READY.len() as u64).read_exact(&mut said);
        ensure!(read.is_ok() && said == READY, "the process that lets go of keys cannot do it");
        Ok((guard, notes))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Its notes have ended, or it has.
        _ = self.child.wait();
    }
}

/// The work of the second process.
pub(crate) fn let_go(display: &str) -> Result<ExitCode> {
    let_go_at_end(Some(display), std::io::stdin().lock(), std::io::stdout().lock())?;
    Ok(ExitCode::SUCCESS)
}
