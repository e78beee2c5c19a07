//! What is about to be pressed, told line by line to a second process that lets go of it if this one dies. What a line says is
//! each system's own.

use std::fmt;
use std::io::Write;

use crate::DisplayError;

/// Where notes go.
pub(crate) struct Notes(Option<Box<dyn Write + Send>>);

impl Notes {
    /// Notes for the process at the other end of this pipe.
    pub(crate) fn to(pipe: Box<dyn Write + Send>) -> Self {
        Self(Some(pipe))
    }

    /// Nobody is told.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// Tells what is about to be done. When nobody listens any more, that is like the loss of the display: it may not be
    /// done.
    pub(crate) fn before(&mut self, note: impl fmt::Display) -> Result<(), DisplayError> {
        self.tell(note)
            .map_err(|error| DisplayError::Lost(format!("the process that lets go of keys is gone: {error}")))
    }

    /// Tells what was undone. Letting go never depends on who listens.
    pub(crate) fn after(&mut self, note: impl fmt::Display) {
        if let Err(error) = self.tell(note) {
            tracing::debug!(%error, "Nobody hears what was let go of");
        }
    }

    fn tell(&mut self, note: impl fmt::Display) -> std::io::Result<()> {
        let Some(pipe) = &mut self.0 else { return Ok(()) };
        pipe.write_all(format!("{note}\n").as_bytes())?;
        pipe.flush()
    }
}

impl fmt::Debug for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Notes(told)" } else { "Notes(none)" })
    }
}
