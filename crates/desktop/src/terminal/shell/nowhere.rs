//! Where this program shares no terminal: nothing is started, and the sentence says so.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rendezvous_assist::grant::ViewGrant;
use rendezvous_assist::terminal::Size;

use super::Hands;

/// Why there is no shell.
#[derive(Debug, thiserror::Error)]
pub enum ShellError {
    /// The permission has ended.
    #[error("the permission to look at the terminal has ended")]
    Revoked,
    /// The system gives no terminal.
    #[error("there is no terminal to be had: {0}")]
    Terminal(String),
    /// The shell cannot be started.
    #[error("\"{0}\" cannot be started: {1}")]
    Start(String, String),
}

/// Never had.
#[derive(Debug)]
pub struct Shell(Infallible);

impl Shell {
    /// Starts the shell.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn start(
        grant: &ViewGrant,
        _: &str,
        _: Size,
        _: Arc<AtomicBool>,
        _: impl FnMut(Vec<u8>) -> bool + Send + 'static,
    ) -> Result<(Self, Hands), ShellError> {
        if !grant.is_live() {
            return Err(ShellError::Revoked);
        }
        Err(ShellError::Terminal("this version shares no terminal on Windows".to_owned()))
    }

    /// The terminal has another size.
    pub fn resize(&self, _: Size) {
        match self.0 {}
    }
}
