//! The person's shell on a pseudo-terminal. `portable-pty` makes the terminal the shell's own and starts it there, which
//! would be unsafe code of ours.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rendezvous_assist::grant::ViewGrant;
use rendezvous_assist::terminal::Size;

use super::{Hands, ShellError};

/// So much is read at once.
const CHUNK: usize = 16 * 1024;

/// What the shell is told that its terminal is: the emulator understands what is written for it.
const TERM: &str = "xterm-256color";

/// A shell that runs. Dropping it hangs up, as closing a terminal's window does.
pub struct Shell {
    terminal: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
}

impl Shell {
    /// Starts the shell, on behalf of whoever may be seen to use it. What it writes is handed to `written` on a thread of its
    /// own, which waits while that does; empty when nothing more will come. `held` is as for [`Hands`].
    ///
    /// # Errors
    ///
    /// See [`ShellError`].
    pub fn start(
        grant: &ViewGrant,
        shell: &str,
        size: Size,
        held: Arc<AtomicBool>,
        written: impl FnMut(Vec<u8>) -> bool + Send + 'static,
    ) -> Result<(Self, Hands), ShellError> {
        if !grant.is_live() {
            return Err(ShellError::Revoked);
        }
        let why = |error| ShellError::Terminal(format!("{error:#}"));
        let pair = native_pty_system().openpty(pty_size(size)).map_err(why)?;
        let reader = pair.master.try_clone_reader().map_err(why)?;
        let writer = pair.master.take_writer().map_err(why)?;
        let child = pair
            .slave
            .spawn_command(command(shell))
            .map_err(|error| ShellError::Start(shell.to_owned(), error.to_string()))?;
        // Our copy of the shell's side must go, or its end would never be heard of.
        drop(pair.slave);
        thread::spawn(move || read(reader, written));
        Ok((Self { terminal: pair.master, child }, Hands::new(writer, held)))
    }

    /// The terminal has another size.
    pub fn resize(&self, size: Size) {
        // A shell that has just ended needs none.
        _ = self.terminal.resize(pty_size(size));
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // As the end of a terminal: the shell and what it runs in front are told so, and what ignores that goes on alone.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl std::fmt::Debug for Shell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shell").finish_non_exhaustive()
    }
}

fn read(mut from: Box<dyn Read + Send>, mut written: impl FnMut(Vec<u8>) -> bool) {
    let mut buffer = vec![0; CHUNK];
    // An error is how Linux says that nobody has the other side any more.
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if !written(buffer[..length].to_vec()) {
            return;
        }
    }
    _ = written(Vec::new());
}

fn command(shell: &str) -> CommandBuilder {
    let mut command = CommandBuilder::new(shell);
    command.env("TERM", TERM);
    command.env("COLORTERM", "truecolor");
    // What this process was told of how it was started is nothing to the shell.
    for name in ["LINES", "COLUMNS", "TERMCAP", "MALLOC_MMAP_THRESHOLD_", "RENDEZVOUS_SOCKET_FD"] {
        command.env_remove(name);
    }
    if let Some(home) = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_dir()) {
        command.cwd(home);
    }
    command
}

fn pty_size(size: Size) -> PtySize {
    PtySize { rows: size.rows(), cols: size.columns(), pixel_width: 0, pixel_height: 0 }
}
