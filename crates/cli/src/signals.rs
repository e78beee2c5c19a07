//! The ways in which a person, or their system, tells a program to end.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C, a request to end, or a terminal that is gone. From [`EndSignals::listen`] on none of them ends the process
/// by itself any more.
#[derive(Debug)]
pub(crate) struct EndSignals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    suspend: Option<Signal>,
}

impl EndSignals {
    /// Listens from now on. To be called before anything begins that must not be left half done.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            suspend: None,
        })
    }

    /// Counts Ctrl-Z as an end too. For a command whose terminal somebody else asks questions on: a shell that took the
    /// terminal back would share what is typed with them.
    pub(crate) fn or_suspended(self) -> io::Result<Self> {
        let suspend = signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?;
        Ok(Self { suspend: Some(suspend), ..self })
    }

    /// Returns when one of them came. Safe to cancel.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
            Some(_) = async { self.suspend.as_mut()?.recv().await } => {}
        }
    }
}
