//! Where this program shares no terminal: nothing is started, and the sentence says so.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rendezvous_assist::grant::{ControlGrant, ViewGrant};
use rendezvous_assist::terminal::Size;

use super::ShellError;

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

/// Never had.
#[derive(Debug)]
pub struct Hands(Infallible);

impl Hands {
    /// The person here typed this.
    pub fn type_own(&self, _: &[u8]) {
        match self.0 {}
    }

    /// The other person typed this.
    #[must_use]
    pub fn type_theirs(&self, _: &[u8]) -> bool {
        match self.0 {}
    }

    /// The other person may type.
    pub fn allow(&self, _: ControlGrant) {
        match self.0 {}
    }

    /// The other person may not type any more.
    pub fn forbid(&self) {
        match self.0 {}
    }

    /// How many bytes of the other person were typed.
    #[must_use]
    pub fn typed(&self) -> u32 {
        match self.0 {}
    }
}
