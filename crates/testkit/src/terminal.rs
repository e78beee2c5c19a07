//! A person at a terminal: reads what a program says, answers its questions, presses Ctrl-C.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use portable_pty::{Child, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::Pid;

use crate::process::{Launch, end_group};
use crate::transcript::Transcript;
use crate::wait;

/// The size of the terminal, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Characters in a line.
    pub columns: u16,
    /// Lines.
    pub rows: u16,
}

/// Wide enough that few sentences of ours are broken in two.
pub const WIDE: Size = Size { columns: 200, rows: 50 };

/// How often a measurement looks.
const LOOK: Duration = Duration::from_micros(50);

/// A person in front of a program that runs on a pseudo-terminal. Dropping them ends the program.
pub struct Person {
    name: String,
    child: Box<dyn Child + Send + Sync>,
    leader: Option<Pid>,
    ended: Option<ExitStatus>,
    keyboard: Box<dyn Write + Send>,
    screen: Arc<Mutex<Transcript>>,
    /// How much of the screen's text was read by [`Person::expect`].
    read: usize,
    // The terminal hangs up when this goes.
    terminal: Box<dyn MasterPty + Send>,
}

impl Person {
    /// Sits the person down at a new terminal and starts the program on it. `name` is for failures: "the novice".
    ///
    /// # Errors
    ///
    /// When the terminal cannot be opened or the program cannot be started.
    pub fn start(name: &str, launch: &Launch, size: Size) -> Result<Self> {
        let size = PtySize { rows: size.rows, cols: size.columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).context("cannot open a pseudo-terminal")?;
        let command = launch.clone().env("TERM", "xterm-256color").on_pty();
        let child = pair
            .slave
            .spawn_command(command)
            .with_context(|| format!("cannot start `{}` for {name}", launch.name()))?;
        // Our copy of the program's side must go, or the end of the program would never be seen here.
        drop(pair.slave);

        let screen = Arc::default();
        let reader = pair.master.try_clone_reader()?;
        thread::Builder::new().name(format!("screen of {name}")).spawn({
            let screen = Arc::clone(&screen);
            move || read_screen(reader, &screen)
        })?;
        Ok(Self {
            name: format!("{name} (`{}`)", launch.name()),
            leader: child.process_id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw),
            child,
            ended: None,
            keyboard: pair.master.take_writer()?,
            screen,
            read: 0,
            terminal: pair.master,
        })
    }

    /// Reads on until `text` appears, and returns everything that was new up to its end. What was read is not found
    /// again by the next call.
    ///
    /// # Errors
    ///
    /// With the whole screen in the message, when the text does not appear in time or the program ends without it.
    pub fn expect(&mut self, text: &str, within: Duration) -> Result<String> {
        self.expect_one_of(&[text], within).map(|(_, read)| read)
    }

    /// Reads on until one of `texts` appears, and returns its number with what was read: for questions that can end
    /// in several ways. Of two that appear together, the one that stands first.
    ///
    /// # Errors
    ///
    /// As [`Person::expect`].
    pub fn expect_one_of(&mut self, texts: &[&str], within: Duration) -> Result<(usize, String)> {
        let what = format!(
            "{} to read {}",
            self.name,
            texts.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(" or ")
        );
        let mut searched = self.read;
        wait::until(&what, within, || self.find(texts, &mut searched, &what)).with_context(|| self.quote())
    }

    /// Presses keys and measures how long it takes until `text` stands among what is new since the last time something was
    /// read. Nothing is read by it. For measurements: it looks without a pause.
    ///
    /// # Errors
    ///
    /// When the terminal is gone, or the text does not appear in time.
    pub fn answer_time(&mut self, keys: &str, text: &str, within: Duration) -> Result<Duration> {
        let begun = Instant::now();
        self.press(keys)?;
        loop {
            if lock(&self.screen).text()[self.read..].contains(text) {
                return Ok(begun.elapsed());
            }
            if begun.elapsed() > within {
                bail!("{} did not read {text:?}\n{}", self.name, self.quote());
            }
            thread::sleep(LOOK);
        }
    }

    /// `searched`: how far it was looked for so far. A program may write a hundred megabytes meanwhile.
    fn find(&mut self, texts: &[&str], searched: &mut usize, what: &str) -> Result<Option<(usize, String)>> {
        // Asked before the screen is looked at: what was written before the end must have a chance to arrive.
        let is_over = self.has_ended()? && self.is_hung_up();
        let found = {
            let screen = lock(&self.screen);
            let all = screen.text();
            let longest = texts.iter().map(|text| text.len()).max().unwrap_or(0);
            let from = all.floor_char_boundary(searched.saturating_sub(longest)).max(self.read);
            *searched = all.len();
            // A sentence is the same wherever a narrow terminal breaks it.
            let new = all[from..].replace('\n', " ");
            let ends = texts.iter().enumerate();
            ends.filter_map(|(number, text)| Some((new.find(&text.replace('\n', " "))?, number, text.len())))
                .min()
                .map(|(at, number, length)| (number, all[self.read..from + at + length].to_owned()))
        };
        if found.is_none() && is_over {
            bail!("the program ended before {what}");
        }
        self.read += found.as_ref().map_or(0, |(_, text)| text.len());
        Ok(found)
    }

    /// Reads whatever is new.
    pub fn read_on(&mut self) -> String {
        let new = lock(&self.screen).text()[self.read..].to_owned();
        self.read += new.len();
        new
    }

    /// Everything that the program ever wrote.
    pub fn screen(&self) -> String {
        lock(&self.screen).text().to_owned()
    }

    /// The bytes that the program wrote, sequences and all.
    pub fn written(&self) -> Vec<u8> {
        lock(&self.screen).written().to_vec()
    }

    /// Makes the terminal larger or smaller.
    ///
    /// # Errors
    ///
    /// When the terminal is gone.
    pub fn resize(&self, size: Size) -> Result<()> {
        let size = PtySize { rows: size.rows, cols: size.columns, pixel_width: 0, pixel_height: 0 };
        self.terminal.resize(size).context("the terminal has no other size")
    }

    /// Types a line and Enter.
    ///
    /// # Errors
    ///
    /// When the terminal is gone.
    pub fn type_line(&mut self, line: &str) -> Result<()> {
        self.press(&format!("{line}\r"))
    }

    /// Presses keys, as the bytes that a terminal sends for them.
    ///
    /// # Errors
    ///
    /// When the terminal is gone.
    pub fn press(&mut self, keys: &str) -> Result<()> {
        self.keyboard
            .write_all(keys.as_bytes())
            .and_then(|()| self.keyboard.flush())
            .with_context(|| format!("cannot type for {}", self.name))
    }

    /// Presses Ctrl-C.
    ///
    /// # Errors
    ///
    /// When the terminal is gone.
    pub fn interrupt(&mut self) -> Result<()> {
        self.press("\x03")
    }

    /// The process id of the program, while it runs.
    pub fn process_id(&self) -> Option<u32> {
        self.child.process_id()
    }

    /// Whether the program has ended.
    ///
    /// # Errors
    ///
    /// When the system cannot tell.
    pub fn has_ended(&mut self) -> Result<bool> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait()?;
        }
        Ok(self.ended.is_some())
    }

    /// Waits until the program ends by itself, and tells how.
    ///
    /// # Errors
    ///
    /// With the whole screen in the message, when it does not end in time.
    pub fn wait_exit(&mut self, within: Duration) -> Result<ExitStatus> {
        let what = format!("the program of {} to end", self.name);
        wait::until(what, within, || Ok(self.has_ended()?.then(|| self.ended.clone()).flatten()))
            .with_context(|| self.quote())
    }

    /// Ends the program and everything in its group.
    pub fn end(&mut self) {
        if self.ended.is_some() {
            return;
        }
        if let Some(leader) = self.leader {
            end_group(leader, || self.child.try_wait().is_ok_and(|status| status.is_some()));
        }
        // It was collected above or has just been killed: this returns at once.
        self.ended = self.child.wait().ok();
    }

    /// The reader thread lets go of its half when the terminal is closed from the other side.
    fn is_hung_up(&self) -> bool {
        Arc::strong_count(&self.screen) == 1
    }

    fn quote(&self) -> String {
        let screen = self.screen();
        format!("the screen of {}:\n-----\n{}\n-----", self.name, screen.trim_end())
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        self.end();
    }
}

fn read_screen(mut from: Box<dyn Read + Send>, screen: &Arc<Mutex<Transcript>>) {
    let mut buffer = [0; 4096];
    // An error is how Linux says that the other side is closed.
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        lock(screen).write(&buffer[..length]);
    }
}

fn lock(screen: &Mutex<Transcript>) -> MutexGuard<'_, Transcript> {
    screen.lock().unwrap_or_else(PoisonError::into_inner)
}
