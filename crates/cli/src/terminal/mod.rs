//! The person's terminal: lines for reading, questions, and single keys while something is shared.
//!
//! Every *yes* of this program is typed here. The terminal is the person's own, handed over by the command that they
//! started; nothing else can answer in their place.

#[cfg(windows)]
mod console;
#[cfg(unix)]
mod tty;
mod wrap;

#[cfg(windows)]
use console::Device;
#[cfg(windows)]
pub(crate) use console::{VARIABLE as CONSOLE, name_window};
#[cfg(unix)]
use tty::Device;

use anyhow::Result;
use rendezvous_assist::terminal::Size;
use rendezvous_assist::terminal::keys::READ;
use rendezvous_dbus::terminal::Ends;
use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use wrap::wrapped;
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

/// A terminal, which is put back at the end as it was found; or none, where the person is at windows instead. What is said at
/// none is said to nobody, and nothing is ever typed there.
#[derive(Clone, Debug)]
pub(crate) struct Terminal(Option<Arc<Device>>);

/// What becomes of what is typed, until it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Whole lines, which are shown.
    Lines,
    /// Whole lines, which are not.
    Secret,
    /// Each key by itself, not shown. Those that end a program still do.
    Keys,
    /// Each key by itself, and none means anything to the terminal.
    Raw,
}

/// The right to speak at a terminal, until this is dropped or the process ends. The command that called and the
/// application that follows are two processes at one terminal; without this, a late line of the one could wipe out a
/// question of the other.
#[derive(Debug)]
pub(crate) struct Word {
    _lock: Option<File>,
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
        Ok(Device::own()?.map(|device| Self(Some(Arc::new(device)))))
    }

    /// One in a window that is opened for this process and goes with it.
    #[cfg(windows)]
    pub(crate) fn in_window() -> Result<Self> {
        Ok(Self(Some(Arc::new(Device::in_window()?))))
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
    pub(crate) fn handed_over(ends: Ends) -> Result<Self> {
        Ok(Self(Some(Arc::new(Device::handed_over(ends)?))))
    }

    /// What another process needs to be at it; nothing where there is no terminal.
    pub(crate) fn ends(&self) -> Result<Option<Ends>> {
        self.0.as_ref().map(|device| device.ends()).transpose()
    }

    /// Tries to take the word; `None` when another process has it.
    pub(crate) fn take_word(&self) -> Option<Word> {
        match &self.0 {
            Some(device) => device.take_word(),
            None => Some(Word { _lock: None }),
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

    /// Shows lines of text, broken between words where the terminal is narrower.
    pub(crate) fn say(&self, text: &str) {
        self.write(&format!("{}\n", wrapped(&printable(text), self.columns())), SLOW);
    }

    /// Shows a line that the next one replaces.
    pub(crate) fn status(&self, text: &str) {
        let line: String = printable(text).chars().take(self.columns() - 1).collect();
        self.write(&line, Duration::ZERO);
    }

    /// How many letters have room in a line, as far as that is known.
    pub(crate) fn columns(&self) -> usize {
        let size = self.0.as_ref().and_then(|device| device.size());
        size.map_or(80, |(columns, _)| columns.max(20)).into()
    }

    /// Shows a question; the answer is typed behind it.
    pub(crate) fn prompt(&self, text: &str) {
        self.write(&format!("{} ", wrapped(&printable(text), self.columns())), SLOW);
    }

    /// Lines typed from now on; what was typed before does not count.
    pub(crate) fn lines(&self) -> Typed<String> {
        self.enter(Mode::Lines);
        self.read(4096, |bytes| Some(String::from_utf8_lossy(bytes).trim().to_owned()))
    }

    /// A line that is not shown while it is typed. `None` when the terminal is gone.
    pub(crate) async fn secret(&self, prompt: &str) -> Option<Zeroizing<String>> {
        self.0.as_ref()?;
        self.enter(Mode::Secret);
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
        self.enter(Mode::Keys);
        self.read(1, move |bytes| bytes.first().and_then(|key| read(*key)))
    }

    /// Whatever is typed from now on, as bytes: no key means anything to the terminal itself. `read` is as for [`Self::keys`],
    /// of as many bytes as came together.
    pub(crate) fn raw<T: Send + 'static>(
        &self,
        read: impl FnMut(&[u8]) -> Option<T> + Send + 'static,
    ) -> Typed<T> {
        self.enter(Mode::Raw);
        self.read(READ, read)
    }

    /// How large it is; nothing where it does not say.
    pub(crate) fn size(&self) -> Option<Size> {
        let (columns, rows) = self.0.as_ref()?.size()?;
        (columns > 0 && rows > 0).then(|| Size::nearest(columns, rows))
    }

    /// Writes what was made for a terminal, however long that takes, while `is_wanted`. False: the terminal is gone, or it
    /// is not wanted any more.
    pub(crate) fn paint(&self, bytes: &[u8], mut is_wanted: impl FnMut() -> bool) -> bool {
        let Some(device) = &self.0 else { return false };
        let mut rest = bytes;
        while !rest.is_empty() {
            if !is_wanted() {
                return false;
            }
            if !device.is_writable(PAINTING) {
                continue;
            }
            // Little enough that a terminal which takes something takes all of it.
            match device.write(&rest[..rest.len().min(AT_ONCE)]) {
                Ok(n) => rest = &rest[n..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        true
    }

    /// Puts the terminal back into the mode that it was found in.
    pub(crate) fn restore(&self) {
        if let Some(device) = &self.0 {
            device.restore();
        }
    }

    /// What was typed ahead answers a question that nobody has read.
    fn enter(&self, mode: Mode) {
        if let Some(device) = &self.0 {
            device.enter(mode);
            device.forget_what_was_typed();
        }
    }

    /// A terminal that is gone cannot be told so; its reader notices. One that takes nothing, because it is stopped or
    /// its line is slow, is given up on after a moment: nothing that is shown is worth waiting for.
    fn write(&self, text: &str, patience: Duration) {
        let Some(device) = &self.0 else { return };
        let text = format!("{}{text}", device.clear_line());
        let mut rest = text.as_bytes();
        while !rest.is_empty() && device.is_writable(patience) {
            match device.write(rest) {
                Ok(n) => rest = &rest[n..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
        _ = std::io::stdout().flush();
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
        let Some(device) = self.0.clone() else { return Typed { receiver, stop, _nobody: Some(sender) } };
        let stopped = stop.clone();
        std::thread::spawn(move || {
            let mut bytes = vec![0; at_most];
            while !stopped.load(Ordering::SeqCst) {
                match device.wait_and_read(&mut bytes, &stopped) {
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
