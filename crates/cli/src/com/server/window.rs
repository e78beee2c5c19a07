//! Where the person is who is asked.

use crate::terminal::{self, Terminal};
use anyhow::{Context as _, Result};

/// Whose the console is at which the person is asked.
#[derive(Debug)]
pub(super) enum Window {
    /// There was nothing to ask yet, or an application is at the console of somebody else.
    Unopened,
    /// That of the process which our surroundings name.
    Elsewhere(Terminal),
    /// This process has it, and it goes with it: Windows opened it when it started us, or we did. It is kept for the last words: whoever
    /// looked for it again could leave it by that.
    Ours(Terminal),
}

impl Window {
    /// The console where the person is: the one that our surroundings name, or a window of our own.
    pub(super) fn open(&mut self) -> Result<Terminal> {
        if let Self::Elsewhere(terminal) | Self::Ours(terminal) = self {
            return Ok(terminal.clone());
        }
        let is_named = std::env::var_os(terminal::CONSOLE).is_some();
        let terminal = match Terminal::own()? {
            Some(terminal) if is_named => {
                *self = Self::Elsewhere(terminal.clone());
                return Ok(terminal);
            }
            Some(terminal) => terminal,
            None => Terminal::in_window().context("cannot open a window for the person")?,
        };
        terminal::name_window();
        *self = Self::Ours(terminal.clone());
        Ok(terminal)
    }

    /// Says something where something was asked.
    pub(super) fn say(&self, sentence: &str) {
        if let Self::Elsewhere(terminal) | Self::Ours(terminal) = self {
            terminal.say(sentence);
        }
    }

    /// No question is open any more, however it ended.
    pub(super) fn restore(&self) {
        if let Self::Elsewhere(terminal) | Self::Ours(terminal) = self {
            terminal.restore();
        }
    }

    /// An application is at it now. What is somebody else's is left as it was found, which is nobody's to do later.
    pub(super) fn hand_over(&mut self) {
        if let Self::Elsewhere(_) = self {
            *self = Self::Unopened;
        }
    }
}
