//! A terminal as Unix has it: two descriptors and a mode.

use super::{Mode, Word};
use anyhow::{Context, Result, bail};
use rendezvous_dbus::terminal::Ends;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode as Permissions, OFlags, open};
use rustix::io::Errno;
use rustix::termios::{
    self, InputModes, LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios,
};
use std::fs::{File, TryLockError};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The two ends, and the mode that it was found in.
#[derive(Debug)]
pub(super) struct Device {
    input: OwnedFd,
    output: OwnedFd,
    found: Termios,
}

impl Device {
    pub(super) fn own() -> Result<Option<Self>> {
        let input = io::stdin().as_fd().try_clone_to_owned()?;
        let output = io::stdout().as_fd().try_clone_to_owned()?;
        if !termios::isatty(&input) || !termios::isatty(&output) {
            return Ok(None);
        }
        Self::of(input, output).map(Some)
    }

    pub(super) fn handed_over([input, output]: Ends) -> Result<Self> {
        if !termios::isatty(&input) || !termios::isatty(&output) {
            bail!(crate::texts::NEEDS_A_TERMINAL);
        }
        Self::of(input, output)
    }

    fn of(input: OwnedFd, output: OwnedFd) -> Result<Self> {
        let found = termios::tcgetattr(&input).context("cannot read the terminal's mode")?;
        Ok(Self { input, output, found })
    }

    /// Copies of both.
    pub(super) fn ends(&self) -> Result<Ends> {
        Ok([self.input.try_clone()?, self.output.try_clone()?])
    }

    pub(super) fn take_word(&self) -> Option<Word> {
        // A second open file of the same device: locks belong to open files, and others have copies of this one.
        let path = format!("/proc/self/fd/{}", self.output.as_raw_fd());
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        // A terminal that cannot be locked (another user's, after su) is not worth being silent for.
        let Ok(file) = open(path, flags, Permissions::empty()) else { return Some(Word { _lock: None }) };
        let file = File::from(file);
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => None,
            _ => Some(Word { _lock: Some(file) }),
        }
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> Option<(u16, u16)> {
        termios::tcgetwinsize(&self.output).ok().map(|size| (size.ws_col, size.ws_row))
    }

    /// What comes before a line that replaces the one that stands there.
    #[expect(clippy::unused_self, reason = "other terminals have to be asked")]
    pub(super) fn clear_line(&self) -> String {
        "\r\x1b[K".to_owned()
    }

    pub(super) fn enter(&self, mode: Mode) {
        let mut wanted = self.found.clone();
        match mode {
            Mode::Lines => {}
            Mode::Secret => wanted.local_modes.remove(LocalModes::ECHO),
            Mode::Keys => {
                wanted.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
                // Ctrl-S would hold up every line that follows.
                wanted.input_modes.remove(InputModes::IXON);
                wanted.special_codes[SpecialCodeIndex::VMIN] = 1;
                wanted.special_codes[SpecialCodeIndex::VTIME] = 0;
            }
            Mode::Raw => {
                wanted.make_raw();
                // What is shown meanwhile brings its own line ends, and what others write there should stay readable.
                wanted.output_modes = self.found.output_modes;
            }
        }
        self.set(&wanted);
    }

    pub(super) fn restore(&self) {
        self.set(&self.found);
    }

    pub(super) fn forget_what_was_typed(&self) {
        _ = termios::tcflush(&self.input, QueueSelector::IFlush);
    }

    /// At once: the other ways wait until the terminal has taken all output, which may be never.
    fn set(&self, mode: &Termios) {
        _ = termios::tcsetattr(&self.input, OptionalActions::Now, mode);
    }

    pub(super) fn is_writable(&self, patience: Duration) -> bool {
        let patience = Timespec { tv_sec: 0, tv_nsec: patience.subsec_nanos().into() };
        let mut fds = [PollFd::new(&self.output, PollFlags::OUT)];
        poll(&mut fds, Some(&patience)).is_ok_and(|ready| ready > 0)
    }

    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(&self.output, bytes)?)
    }

    /// What was typed; `None` when nothing was for a tenth of a second, or what was is not wanted any more.
    pub(super) fn wait_and_read(&self, bytes: &mut [u8], stopped: &AtomicBool) -> io::Result<Option<usize>> {
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

impl Drop for Device {
    fn drop(&mut self) {
        self.restore();
    }
}
