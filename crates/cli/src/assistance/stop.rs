//! The thread that listens for Escape three times, on the person's own keyboard.

use rendezvous_assist::grant::ViewGrant;
use rendezvous_desktop::x11::{StopError, StopKeys, StopSignal};
use std::time::Duration;
use tokio::sync::mpsc;

/// Listens as long as the screen may be seen; sends one message when the person wants it all to stop.
pub(super) fn listen(grant: ViewGrant, display: String) -> Result<mpsc::Receiver<()>, StopError> {
    let mut keys = StopKeys::watch(grant, Some(&display))?;
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        loop {
            match keys.wait(Duration::from_secs(60)) {
                Ok(StopSignal::Quiet) if sender.is_closed() => return,
                Ok(StopSignal::Quiet) => {}
                // A display that is lost can neither be seen nor stopped: the same as a stop.
                Ok(StopSignal::Stop) | Err(StopError::Display(_)) => {
                    _ = sender.blocking_send(());
                    return;
                }
                Err(StopError::Revoked) => return,
            }
        }
    });
    Ok(receiver)
}
