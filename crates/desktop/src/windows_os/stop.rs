//! What stops everything: Escape three times, or Ctrl+Alt+Shift+Escape once.
//!
//! A hook hears keys before every program, whoever has the focus. Any keyboard will do, one on the screen for somebody who
//! cannot use another too. Only the expert's own Escapes, which our injector marks, do not count together to three: whoever helps
//! must be able to leave an editor. The chord means only this, so it counts wherever it comes from.
//!
//! A program that was started under control can set a hook of its own later, and keep keys from ours until ours is set anew.
//! Against programs of the same user Windows protects nobody.

use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use rendezvous_assist::grant::{Brake, ViewGrant};

use super::system::hook::{Heard, KeyHook, Whose};
use crate::DisplayError;
use crate::capture::{GRANT_TICK, LONGEST_WAIT};
use crate::triple_escape::TripleEscape;
use crate::watch::{StopError, StopSignal};

/// Listens for as long as the help lasts, also while a question stands and while the screen is hidden.
#[derive(Debug)]
pub struct StopKeys {
    brake: Brake,
    hook: KeyHook,
    heard: TripleEscape,
}

impl StopKeys {
    /// Listens until the brake is pulled.
    ///
    /// # Errors
    ///
    /// [`StopError::Revoked`] when the grant is dead; Windows then never hears of us. [`StopError::Display`] when it does not
    /// tell of keys wherever they go.
    pub fn watch(grant: &ViewGrant, brake: Brake) -> Result<Self, StopError> {
        if !grant.is_live() {
            return Err(StopError::Revoked);
        }
        Ok(Self { brake, hook: KeyHook::set()?, heard: TripleEscape::default() })
    }

    /// Blocks until the person pressed what stops everything, or `timeout` is over.
    ///
    /// # Errors
    ///
    /// [`StopError::Revoked`] within 50 ms of the brake.
    pub fn wait(&mut self, timeout: Duration) -> Result<StopSignal, StopError> {
        let deadline = Instant::now() + timeout.min(LONGEST_WAIT);
        loop {
            if self.brake.is_pulled() {
                return Err(StopError::Revoked);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.hook.heard.recv_timeout(left.min(GRANT_TICK)) {
                Ok(heard) if self.hear(heard) => return Ok(StopSignal::Stop),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return Ok(StopSignal::Quiet),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(DisplayError::Lost("keys are not heard any more".to_owned()).into());
                }
            }
        }
    }

    /// Whether this is what stops everything.
    fn hear(&mut self, heard: Heard) -> bool {
        let Heard { down, time, whose, is_chord } = heard;
        match (down, whose) {
            (true, _) if is_chord => true,
            (_, Whose::Expert) | (false, Whose::Program) => false,
            (true, Whose::Person) => self.heard.press(time),
            (false, Whose::Person) => {
                self.heard.release(time);
                false
            }
            (true, Whose::Program) => self.heard.press_of_program(time),
        }
    }
}
