//! How the person stops it all: Escape three times on the desktop, and keys or a word on the terminal.
//!
//! Whoever hears it pulls the brake on the spot, on a thread of its own, so that nothing that the program may be waiting
//! for delays it.

use rendezvous_assist::grant::{Brake, ViewGrant};
use rendezvous_desktop::DisplayError;
use rendezvous_desktop::x11::{StopError, StopKeys, StopSignal};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Escape so often within [`ESCAPES_WITHIN`] stops everything.
const ESCAPES: usize = 3;
const ESCAPES_WITHIN: Duration = Duration::from_secs(2);
const ESCAPE: u8 = 0x1b;

/// What was heard of the desktop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The person wants it all to stop.
    Stop,
    /// The display is lost, and why: it can neither be seen nor stopped any more.
    Lost(DisplayError),
}

/// Listens from now on, for as long as the help goes on, also while the screen is hidden: until the receiver is dropped. When the person wants it all to stop it pulls the brake at once, and then
/// says so. Where nothing of a display is shared there is only the terminal to listen to.
pub(super) fn listen(
    grant: ViewGrant,
    display: Option<&str>,
    brake: Brake,
) -> Result<mpsc::Receiver<Heard>, StopError> {
    let (sender, receiver) = mpsc::channel(1);
    let Some(display) = display else { return Ok(receiver) };
    let mut keys = StopKeys::watch(grant, Some(display))?;
    std::thread::spawn(move || {
        loop {
            match keys.wait_while(Duration::from_secs(60), || !sender.is_closed()) {
                Ok(StopSignal::Quiet) => {}
                Ok(StopSignal::Stop) => {
                    brake.pull();
                    _ = sender.blocking_send(Heard::Stop);
                    return;
                }
                Err(StopError::Display(error)) => {
                    brake.pull();
                    _ = sender.blocking_send(Heard::Lost(error));
                    return;
                }
                Err(StopError::Revoked) => return,
            }
        }
    });
    Ok(receiver)
}

/// Hears single keys of the terminal: `s`, or Escape three times.
#[derive(Debug, Default)]
pub(super) struct StopTyped(Vec<Instant>);

impl StopTyped {
    /// Something else was typed in between.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// Whether this key is the one that stops everything.
    pub(super) fn hears(&mut self, key: u8) -> bool {
        if key != ESCAPE {
            self.0.clear();
            return matches!(key, b's' | b'S' | b'q');
        }
        self.0.retain(|at| at.elapsed() < ESCAPES_WITHIN);
        self.0.push(Instant::now());
        self.0.len() >= ESCAPES
    }
}

/// Whether the line that answers a question says that all of it is to stop.
pub(super) fn is_stop(line: &str) -> bool {
    let escapes = line.bytes().filter(|byte| *byte == ESCAPE).count();
    escapes >= ESCAPES || matches!(line.to_ascii_lowercase().as_str(), "s" | "stop")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_or_three_escapes_stop() {
        let heard = |keys: &[u8]| {
            let mut typed = StopTyped::default();
            keys.iter().any(|key| typed.hears(*key))
        };
        for stop in [&b"s"[..], b"S", b"q", b"\x1b\x1b\x1b", b"xt\x1b\x1b\x1b"] {
            assert!(heard(stop), "{stop:?}");
        }
        for other in [&b"t"[..], b"y\n", b"\x1b\x1b", b"\x1b\x1bx\x1b", b""] {
            assert!(!heard(other), "{other:?}");
        }
        assert!(is_stop("s") && is_stop("Stop") && is_stop("\x1b\x1b\x1b"));
        assert!(!is_stop("") && !is_stop("n") && !is_stop("y") && !is_stop("\x1b\x1b"));
    }
}
