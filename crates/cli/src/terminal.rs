//! The person's terminal: lines for reading, questions, and single keys while something is shared.
//!
//! Every *yes* of this program is typed here. The terminal is the person's own, handed over by the command that they
//! started; nothing else can answer in their place.

use anyhow::{Context, Result, bail};
use rendezvous_assist::terminal::Size;
use rendezvous_assist::terminal::keys::READ;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use rustix::io::Errno;
use rustix::termios::{
    self, InputModes, LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios,
};
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

/// What opens a terminal on a desktop, best first.
pub(crate) const PROGRAMS: [&str; 2] = ["x-terminal-emulator", "xterm"];

/// So long may a terminal be slow to take a line that matters; a status line is simply left out.
const SLOW: Duration = Duration::from_millis(300);

/// Who paints looks so often whether that is still wanted.
const PAINTING: Duration = Duration::from_millis(100);

/// So many bytes are written at once to a terminal that is painted.
const AT_ONCE: usize = 1024;

/// Nobody has that much to say before it is another's turn.
const LONGEST_WORD: Duration = Duration::from_secs(5);

/// The two ends of a terminal, and the mode that it was found in; or none, where the person is at windows instead. What is
/// said at none is said to nobody, and nothing is ever typed there.
#[derive(Clone, Debug)]
pub(crate) struct Terminal(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    input: OwnedFd,
    output: OwnedFd,
    found: Termios,
}

/// The right to speak at a terminal, until this is dropped or the process ends. The command that called and the
/// application that follows are two processes at one terminal; without this, a late line of the one could wipe out a
/// question of the other.
#[derive(Debug)]
pub(crate) struct Word {
    _lock: Option<OwnedFd>,
}

/// Keys or lines, as they are typed. Reading stops when this is dropped; nothing typed later is taken.
#[derive(Debug)]
pub(crate) struct Typed<T> {
    receiver: mpsc::UnboundedReceiver<T>,
    stop: Arc<AtomicBool>,
    /// Where nobody types: kept so that it does not look like a terminal that is gone.
    _nobody: Option<mpsc::UnboundedSender<T>>,
}

impl Terminal {
    /// This process's own terminal; `None` when its input or output is something else.
    pub(crate) fn own() -> Result<Option<Self>> {
        let input = io::stdin().as_fd().try_clone_to_owned()?;
        let output = io::stdout().as_fd().try_clone_to_owned()?;
        if !termios::isatty(&input) || !termios::isatty(&output) {
            return Ok(None);
        }
        let found = termios::tcgetattr(&input).context("cannot read the terminal's mode")?;
        Ok(Some(Self(Some(Arc::new(Inner { input, output, found })))))
    }

    /// None: the person is asked in windows.
    pub(crate) fn nowhere() -> Self {
        Self(None)
    }

    /// Whether there is none.
    pub(crate) fn is_nowhere(&self) -> bool {
        self.0.is_none()
    }

    /// A terminal that another process handed over.
    pub(crate) fn handed_over([input, output]: [OwnedFd; 2]) -> Result<Self> {
        if !termios::isatty(&input) || !termios::isatty(&output) {
            bail!(crate::texts::NEEDS_A_TERMINAL);
        }
        let found = termios::tcgetattr(&input).context("cannot read the terminal's mode")?;
        Ok(Self(Some(Arc::new(Inner { input, output, found }))))
    }

    /// Copies of both ends, for another process; nothing where there is no terminal.
    pub(crate) fn ends(&self) -> Result<Option<[OwnedFd; 2]>> {
        let Some(inner) = &self.0 else { return Ok(None) };
        Ok(Some([inner.input.try_clone()?, inner.output.try_clone()?]))
    }

    /// Tries to take the word; `None` when another process has it.
    pub(crate) fn take_word(&self) -> Option<Word> {
        let Some(inner) = &self.0 else { return Some(Word { _lock: None }) };
        // A second open file of the same device: locks belong to open files, and others have copies of this one.
        let path = format!("/proc/self/fd/{}", inner.output.as_raw_fd());
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        // A terminal that cannot be locked (another user's, after su) is not worth being silent for.
        let Ok(file) = open(path, flags, Mode::empty()) else { return Some(Word { _lock: None }) };
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => None,
            _ => Some(Word { _lock: Some(file) }),
        }
    }

    /// Takes the word as soon as it is free. `None` after a while: whoever still has it then hangs, and the others may
    /// speak all the same.
    pub(crate) async fn wait_for_word(&self) -> Option<Word> {
        let deadline = Instant::now() + LONGEST_WORD;
        loop {
            match self.take_word() {
                None if Instant::now() < deadline => tokio::time::sleep(Duration::from_millis(10)).await,
                word => return word,
            }
        }
    }

    /// Shows a line of text.
    pub(crate) fn say(&self, text: &str) {
        self.write(&format!("\r\x1b[K{}\n", printable(text)), SLOW);
    }

    /// Shows a line that the next one replaces.
    pub(crate) fn status(&self, text: &str) {
        let line: String = printable(text).chars().take(self.columns() - 1).collect();
        self.write(&format!("\r\x1b[K{line}"), Duration::ZERO);
    }

    /// How many letters have room in a line, as far as that is known.
    pub(crate) fn columns(&self) -> usize {
        let size = self.0.as_ref().and_then(|inner| termios::tcgetwinsize(&inner.output).ok());
        size.map_or(80, |size| size.ws_col.max(20)).into()
    }

    /// Shows a question; the answer is typed behind it.
    pub(crate) fn prompt(&self, text: &str) {
        self.write(&format!("\r\x1b[K{} ", printable(text)), SLOW);
    }

    /// Lines typed from now on; what was typed before does not count.
    pub(crate) fn lines(&self) -> Typed<String> {
        self.restore();
        self.forget_what_was_typed();
        self.read(4096, |bytes| Some(String::from_utf8_lossy(bytes).trim().to_owned()))
    }

    /// A line that is not shown while it is typed. `None` when the terminal is gone.
    pub(crate) async fn secret(&self, prompt: &str) -> Option<Zeroizing<String>> {
        let mut mode = self.0.as_ref()?.found.clone();
        mode.local_modes.remove(LocalModes::ECHO);
        self.set(&mode);
        self.forget_what_was_typed();
        let mut lines = self.read(4096, |bytes| {
            let text = String::from_utf8_lossy(bytes);
            Some(Zeroizing::new(text.trim_end_matches(['\n', '\r']).to_owned()))
        });
        self.prompt(prompt);
        lines.next().await
    }

    /// Single keys typed from now on, not shown. `read` hears each byte on the reading thread, whatever else the program
    /// is waiting for, and makes of it what the program is to hear.
    pub(crate) fn keys<T: Send + 'static>(
        &self,
        mut read: impl FnMut(u8) -> Option<T> + Send + 'static,
    ) -> Typed<T> {
        let Some(inner) = &self.0 else { return self.read(1, |_| None) };
        let mut mode = inner.found.clone();
        mode.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        // Ctrl-S would hold up every line that follows.
        mode.input_modes.remove(InputModes::IXON);
        mode.special_codes[SpecialCodeIndex::VMIN] = 1;
        mode.special_codes[SpecialCodeIndex::VTIME] = 0;
        self.set(&mode);
        self.forget_what_was_typed();
        self.read(1, move |bytes| bytes.first().and_then(|key| read(*key)))
    }

    /// Whatever is typed from now on, as bytes: no key means anything to the terminal itself. `read` is as for [`Self::keys`],
    /// of as many bytes as came together.
    pub(crate) fn raw<T: Send + 'static>(
        &self,
        read: impl FnMut(&[u8]) -> Option<T> + Send + 'static,
    ) -> Typed<T> {
        let Some(inner) = &self.0 else { return self.read(READ, |_| None) };
        let mut mode = inner.found.clone();
        mode.make_raw();
        // What is shown meanwhile brings its own line ends, and what others write there should stay readable.
        mode.output_modes = inner.found.output_modes;
        self.set(&mode);
        self.forget_what_was_typed();
        self.read(READ, read)
    }

    /// How large it is; nothing where it does not say.
    pub(crate) fn size(&self) -> Option<Size> {
        let size = termios::tcgetwinsize(&self.0.as_ref()?.output).ok()?;
        (size.ws_col > 0 && size.ws_row > 0).then(|| Size::nearest(size.ws_col, size.ws_row))
    }

    /// Writes what was made for a terminal, however long that takes, while `is_wanted`. False: the terminal is gone, or it
    /// is not wanted any more.
    pub(crate) fn paint(&self, bytes: &[u8], mut is_wanted: impl FnMut() -> bool) -> bool {
        let Some(inner) = &self.0 else { return false };
        let mut rest = bytes;
        while !rest.is_empty() {
            if !is_wanted() {
                return false;
            }
            if !inner.is_writable(PAINTING) {
                continue;
            }
            // Little enough that a terminal which takes something takes all of it.
            match rustix::io::write(&inner.output, &rest[..rest.len().min(AT_ONCE)]) {
                Ok(n) => rest = &rest[n..],
                Err(Errno::INTR) => {}
                Err(_) => return false,
            }
        }
        true
    }

    /// Puts the terminal back into the mode that it was found in.
    pub(crate) fn restore(&self) {
        if let Some(inner) = &self.0 {
            self.set(&inner.found);
        }
    }

    /// What was typed ahead answers a question that nobody has read.
    fn forget_what_was_typed(&self) {
        if let Some(inner) = &self.0 {
            _ = termios::tcflush(&inner.input, QueueSelector::IFlush);
        }
    }

    /// At once: the other ways wait until the terminal has taken all output, which may be never.
    fn set(&self, mode: &Termios) {
        if let Some(inner) = &self.0 {
            _ = termios::tcsetattr(&inner.input, OptionalActions::Now, mode);
        }
    }

    /// A terminal that is gone cannot be told so; its reader notices. One that takes nothing, because it is stopped or
    /// its line is slow, is given up on after a moment: nothing that is shown is worth waiting for.
    fn write(&self, text: &str, patience: Duration) {
        let Some(inner) = &self.0 else { return };
        let mut rest = text.as_bytes();
        while !rest.is_empty() && inner.is_writable(patience) {
            match rustix::io::write(&inner.output, rest) {
                Ok(n) => rest = &rest[n..],
                Err(Errno::INTR) => {}
                Err(_) => return,
            }
        }
        _ = io::stdout().flush();
    }

    /// Reads on a thread of its own, which looks every tenth of a second whether it is still wanted. A blocking read
    /// that outlived its question would swallow the answer to the next one.
    fn read<T: Send + 'static>(
        &self,
        at_most: usize,
        mut convert: impl FnMut(&[u8]) -> Option<T> + Send + 'static,
    ) -> Typed<T> {
        // Without a bound, since a full channel would keep this thread from reading the key that stops everything; nobody
        // but the person types into it.
        let (sender, receiver) = mpsc::unbounded_channel();
        let stop = Arc::new(AtomicBool::new(false));
        let Some(terminal) = self.0.clone() else { return Typed { receiver, stop, _nobody: Some(sender) } };
        let stopped = stop.clone();
        std::thread::spawn(move || {
            let mut bytes = vec![0; at_most];
            while !stopped.load(Ordering::SeqCst) {
                match terminal.wait_and_read(&mut bytes, &stopped) {
                    Ok(None) => {}
                    Ok(Some(0)) | Err(_) => return,
                    Ok(Some(n)) => {
                        if let Some(typed) = convert(&bytes[..n])
                            && sender.send(typed).is_err()
                        {
                            return;
                        }
                    }
                }
            }
        });
        Typed { receiver, stop, _nobody: None }
    }
}

impl Inner {
    fn is_writable(&self, patience: Duration) -> bool {
        let patience = Timespec { tv_sec: 0, tv_nsec: patience.subsec_nanos().into() };
        let mut fds = [PollFd::new(&self.output, PollFlags::OUT)];
        poll(&mut fds, Some(&patience)).is_ok_and(|ready| ready > 0)
    }

    fn wait_and_read(&self, bytes: &mut [u8], stopped: &AtomicBool) -> io::Result<Option<usize>> {
        let patience = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
        let mut fds = [PollFd::new(&self.input, PollFlags::IN)];
        match poll(&mut fds, Some(&patience)) {
            Ok(0) | Err(Errno::INTR) => Ok(None),
            Ok(_) if stopped.load(Ordering::SeqCst) => Ok(None),
            Ok(_) => Ok(Some(rustix::io::read(&self.input, bytes)?)),
            Err(error) => Err(error.into()),
        }
    }
}

impl<T> Typed<T> {
    /// The next one; `None` when the terminal is gone.
    pub(crate) async fn next(&mut self) -> Option<T> {
        self.receiver.recv().await
    }
}

impl<T> Drop for Typed<T> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        _ = termios::tcsetattr(&self.input, OptionalActions::Now, &self.found);
    }
}

/// Text from elsewhere must not steer the terminal: controls and direction marks become `·`.
pub(crate) fn printable(text: &str) -> String {
    let harmless = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if harmless(c) || c == '\n' { c } else { '·' }).collect()
}

/// Whether a typed line is a yes. Everything else is a no.
pub(crate) fn is_yes(line: &str) -> bool {
    matches!(line.to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        for yes in ["y", "Y", "yes", "YES"] {
            assert!(is_yes(yes));
        }
        for no in ["", "n", "no", "ye", "yy", "y y", "ok", "j", "\u{1b}y"] {
            assert!(!is_yes(no), "{no}");
        }
    }

    #[test]
    fn foreign_text_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c\u{7}"), "a·[2Jb·c·");
    }
}
