//! What ends or takes back at once, whatever the program waits for: the keys that stop everything, on the desktop and on the
//! terminal, and what happens to the desktop.
//!
//! Whoever hears *stop* pulls the brake on the spot, on a thread of its own, so that nothing that the program may be waiting
//! for delays it. Whoever sees that a mouse is taken from the person, or that the screen is locked, holds everything back on
//! the spot, and only then says so.

use rendezvous_assist::grant::{Brake, ViewGrant};
use rendezvous_desktop::x11::{Alarm, Sentry, StopError, StopKeys, StopSignal, Taken};
use rendezvous_desktop::{DisplayError, Suspension};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Escape so often within [`ESCAPES_WITHIN`] stops everything.
const ESCAPES: usize = 3;
const ESCAPES_WITHIN: Duration = Duration::from_secs(2);
const ESCAPE: u8 = 0x1b;

/// Threads that listen look so often whether somebody still wants to know.
const LOOK_AROUND: Duration = Duration::from_secs(1);

/// What was heard of the desktop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The person wants it all to stop.
    Stop,
    /// A mouse or keyboard of the person's was taken from them: nobody else may have control.
    Taken(Taken),
    /// The screen is locked, or its saver runs: whoever is there now is asked anew.
    Locked,
    /// The computer is about to sleep, or has slept.
    Slept,
    /// The person hides the screen for a while.
    Pause,
    /// The person shows it again.
    Resume,
    /// The person takes control back.
    TakeBack,
    /// The person wants to write to the expert.
    Write,
    /// The person wants to choose a file for the expert.
    SendFile,
    /// The bar is not there: nothing may be shared.
    BarGone,
    /// It is there again.
    BarBack,
    /// The display is lost, and why: it can neither be seen nor stopped any more.
    Lost(DisplayError),
}

/// Where all of it is told, for others who hear something, and what was told.
pub(super) type Ears = (mpsc::Sender<Heard>, mpsc::Receiver<Heard>);

/// Listens from the first moment in which the screen may be seen until the help is over, or nobody wants to know any more;
/// also while the screen is hidden. Where nothing of a display is shared there is only the terminal to listen to.
pub(super) fn listen(
    grant: &ViewGrant,
    display: Option<&str>,
    brake: Brake,
    suspension: &Suspension,
) -> Result<Ears, StopError> {
    let (sender, receiver) = mpsc::channel(32);
    let others = sender.clone();
    let Some(display) = display else { return Ok((others, receiver)) };
    let keys = StopKeys::watch(grant, brake.clone(), Some(display), suspension)?;
    let sentry = Sentry::post(grant, brake.clone(), Some(display), suspension)?;
    let (stopper, teller) = (brake.clone(), sender.clone());
    std::thread::spawn(move || listen_for_keys(keys, &stopper, &teller));
    std::thread::spawn(move || look_around(sentry, &brake, &sender));
    Ok((others, receiver))
}

fn listen_for_keys(mut keys: StopKeys, brake: &Brake, sender: &mpsc::Sender<Heard>) {
    loop {
        match keys.wait(LOOK_AROUND) {
            Ok(StopSignal::Quiet) if sender.is_closed() => return,
            Ok(StopSignal::Quiet) => {}
            Ok(StopSignal::Stop) => {
                brake.pull();
                _ = sender.blocking_send(Heard::Stop);
                return;
            }
            Err(StopError::Display(error)) => return lose(error, brake, sender),
            Err(StopError::Revoked) => return,
        }
    }
}

fn look_around(mut sentry: Sentry, brake: &Brake, sender: &mpsc::Sender<Heard>) {
    loop {
        let heard = match sentry.wait(LOOK_AROUND) {
            Ok(Alarm::Quiet) if sender.is_closed() => return,
            Ok(Alarm::Quiet) => continue,
            Ok(Alarm::Device(taken)) => Heard::Taken(taken),
            Ok(Alarm::Locked) => Heard::Locked,
            Err(StopError::Display(error)) => return lose(error, brake, sender),
            Err(StopError::Revoked) => return,
        };
        if sender.blocking_send(heard).is_err() {
            return;
        }
    }
}

/// Who cannot hear the person any more stops everything.
fn lose(error: DisplayError, brake: &Brake, sender: &mpsc::Sender<Heard>) {
    brake.pull();
    _ = sender.blocking_send(Heard::Lost(error));
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
