//! A terminal as Windows has it: a console, to which processes are attached. One process is at one console at a time.
//!
//! What is typed is read as keys, and made into lines here: a read of the system's own that waits for a line cannot be called
//! off, and would swallow the answer to the next question.

mod system;

use super::{Mode, Word};
use anyhow::{Result, bail};
use rendezvous_dbus::terminal::Ends;
use std::collections::VecDeque;
use std::fs::{File, TryLockError};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use system::Console;

/// Says to an application at whose console its person is.
pub(crate) const VARIABLE: &str = "RENDEZVOUS_CONSOLE";

/// Whoever reads looks so often whether that is still wanted.
const LOOK: Duration = Duration::from_millis(100);

/// Nobody types a longer line.
const LONGEST_LINE: usize = 4000;

const BACKSPACE: char = '\u{8}';
const END_OF_INPUT: char = '\u{1a}';

/// The console that this process is attached to.
#[derive(Debug)]
pub(super) struct Device {
    console: Console,
    /// A process that is at it: whoever began this.
    owner: u32,
    typed: Mutex<Typed>,
}

/// Says on the window of this process' console whose it is; the system writes the program's path there.
pub(crate) fn name_window() {
    Console::name_window("Rendezvous");
}

/// What was typed and not read yet.
#[derive(Debug)]
struct Typed {
    mode: Mode,
    /// The line so far.
    line: String,
    /// What is ready to be read.
    ready: VecDeque<u8>,
    is_over: bool,
}

impl Device {
    pub(super) fn own() -> Result<Option<Self>> {
        let named = std::env::var(VARIABLE).ok().and_then(|number| number.parse().ok());
        if let Some(process) = named {
            return Ok(Self::at(process).ok());
        }
        if !Console::is_ours() {
            return Ok(None);
        }
        Ok(Console::open().ok().map(|console| Self::of(console, std::process::id())))
    }

    /// A console in a window of its own, for this process, which leaves the one where it is.
    pub(super) fn in_window() -> Result<Self> {
        Console::open_window()?;
        Ok(Self::of(Console::open()?, std::process::id()))
    }

    pub(super) fn handed_over(Ends(process): Ends) -> Result<Self> {
        match Self::at(process) {
            Ok(device) => Ok(device),
            Err(error) => {
                tracing::info!(%error, "The console cannot be used");
                bail!(crate::texts::NEEDS_A_TERMINAL)
            }
        }
    }

    fn at(process: u32) -> io::Result<Self> {
        Console::attach(process)?;
        Ok(Self::of(Console::open()?, process))
    }

    fn of(console: Console, owner: u32) -> Self {
        let typed = Typed { mode: Mode::Lines, line: String::new(), ready: VecDeque::new(), is_over: false };
        Self { console, owner, typed: typed.into() }
    }

    /// Whoever is to be at it attaches itself.
    pub(super) fn ends(&self) -> Result<Ends> {
        Ok(Ends(self.owner))
    }

    /// Consoles cannot be locked, so a file stands for each.
    pub(super) fn take_word(&self) -> Option<Word> {
        let path = std::env::temp_dir().join(format!("rendezvous-console-{}.lock", self.owner));
        // One that cannot be locked is not worth being silent for.
        let Ok(file) = File::options().write(true).create(true).truncate(false).open(path) else {
            return Some(Word { _lock: None });
        };
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => None,
            _ => Some(Word { _lock: Some(file) }),
        }
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> Option<(u16, u16)> {
        self.console.size()
    }

    /// What comes before a line that replaces the one that stands there. Not every console understands more than blanks.
    pub(super) fn clear_line(&self) -> String {
        let columns = self.size().map_or(80, |(columns, _)| columns);
        format!("\r{}\r", " ".repeat(usize::from(columns.saturating_sub(1))))
    }

    pub(super) fn enter(&self, mode: Mode) {
        let mut typed = self.typed();
        typed.mode = mode;
        typed.line.clear();
        typed.ready.clear();
        self.console.enter(mode == Mode::Raw);
    }

    pub(super) fn restore(&self) {
        self.console.restore();
    }

    pub(super) fn forget_what_was_typed(&self) {
        self.console.flush();
    }

    /// A console takes what it is given.
    #[expect(clippy::unused_self, reason = "other terminals have to be asked")]
    pub(super) fn is_writable(&self, _: Duration) -> bool {
        true
    }

    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        // Whoever writes may cut a letter in two at the end of what is written at once.
        let whole = match str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) if error.valid_up_to() > 0 => {
                str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
            }
            Err(_) => {
                self.console.write("\u{fffd}")?;
                return Ok(1);
            }
        };
        self.console.write(whole)?;
        Ok(whole.len())
    }

    /// What was typed; `None` when nothing was for a tenth of a second, or what was is not wanted any more.
    pub(super) fn wait_and_read(&self, bytes: &mut [u8], stopped: &AtomicBool) -> io::Result<Option<usize>> {
        if self.typed().ready.is_empty() {
            if !self.console.wait(LOOK)? || stopped.load(Ordering::SeqCst) {
                return Ok(None);
            }
            if let Some(key) = self.console.key()? {
                self.take(key)?;
            }
        }
        let mut typed = self.typed();
        if typed.ready.is_empty() {
            return Ok(typed.is_over.then_some(0));
        }
        let many = typed.ready.len().min(bytes.len());
        for (byte, ready) in bytes.iter_mut().zip(typed.ready.drain(..many)) {
            *byte = ready;
        }
        Ok(Some(many))
    }

    fn take(&self, key: char) -> io::Result<()> {
        let shown = self.typed().take(key);
        if shown.is_empty() { Ok(()) } else { self.console.write(&shown) }
    }

    fn typed(&self) -> MutexGuard<'_, Typed> {
        self.typed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Typed {
    /// Takes a key; what is to be shown for it.
    fn take(&mut self, key: char) -> String {
        if matches!(self.mode, Mode::Keys | Mode::Raw) {
            self.ready.extend(key.encode_utf8(&mut [0; 4]).bytes());
            return String::new();
        }
        let is_shown = self.mode == Mode::Lines;
        match key {
            '\r' | '\n' => {
                let mut line = std::mem::take(&mut self.line);
                line.push('\n');
                self.ready.extend(line.bytes());
                "\r\n".to_owned()
            }
            BACKSPACE => match self.line.pop() {
                Some(_) if is_shown => "\u{8} \u{8}".to_owned(),
                _ => String::new(),
            },
            END_OF_INPUT if self.line.is_empty() => {
                self.is_over = true;
                String::new()
            }
            key if key.is_control() || self.line.len() >= LONGEST_LINE => String::new(),
            key => {
                self.line.push(key);
                if is_shown { key.to_string() } else { String::new() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(mode: Mode, keys: &str) -> (String, String) {
        let mut typed = Typed { mode, line: String::new(), ready: VecDeque::new(), is_over: false };
        let shown = keys.chars().map(|key| typed.take(key)).collect();
        (shown, String::from_utf8(typed.ready.into()).unwrap())
    }

    #[test]
    fn keys_become_lines_when_they_are_ended() {
        assert_eq!(typed(Mode::Lines, "yé"), ("yé".into(), String::new()));
        assert_eq!(typed(Mode::Lines, "nx\u{8}o\r"), ("nx\u{8} \u{8}o\r\n".into(), "no\n".into()));
        assert_eq!(typed(Mode::Lines, "\u{8}\u{1b}y\r"), ("y\r\n".into(), "y\n".into()));
    }

    #[test]
    fn a_secret_is_not_shown_and_keys_are_no_lines() {
        assert_eq!(typed(Mode::Secret, "ab\u{8}c\r"), ("\r\n".into(), "ac\n".into()));
        assert_eq!(typed(Mode::Keys, "ü\u{1b}\r"), (String::new(), "ü\u{1b}\r".into()));
    }
}
