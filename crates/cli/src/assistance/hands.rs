//! The thread that plays back the expert's pointer and keys, as long as control is granted.

use rendezvous_assist::Time;
use rendezvous_assist::grant::ControlGrant;
use rendezvous_assist::input::{InputEvent, InputGate};
use rendezvous_desktop::x11::X11Injector;
use rendezvous_desktop::{Inject, InjectError};
use std::sync::mpsc;
use std::time::Instant;

/// Input that waits for the thread; more is dropped. The gate behind it admits less than this in a tenth of a second.
const QUEUE: usize = 64;

/// Plays back what it is given. Dropping it lets go of every key.
#[derive(Debug)]
pub(super) struct Hands(mpsc::SyncSender<InputEvent>);

impl Hands {
    /// Starts with the permission in hand.
    pub(super) fn start(grant: ControlGrant, display: String) -> Self {
        let (sender, receiver) = mpsc::sync_channel(QUEUE);
        std::thread::spawn(move || {
            if let Err(error) = play(grant, &display, &receiver)
                && error != InjectError::Revoked
            {
                tracing::warn!(%error, "Pointer and keys cannot be used");
            }
        });
        Self(sender)
    }

    /// Plays one event. Too many at once are dropped, except that a release waits its turn.
    pub(super) fn play(&self, event: InputEvent) {
        let release =
            matches!(event, InputEvent::Key { down: false, .. } | InputEvent::Button { down: false, .. });
        // Both fail only when the thread has ended, and then every key is up.
        _ = if release { self.0.send(event).is_ok() } else { self.0.try_send(event).is_ok() };
    }
}

fn play(grant: ControlGrant, display: &str, events: &mpsc::Receiver<InputEvent>) -> Result<(), InjectError> {
    let mut injector = X11Injector::open(grant, Some(display))?;
    let mut gate = InputGate::new();
    let begun = Instant::now();
    while let Ok(event) = events.recv() {
        let now = Time(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
        if gate.admit(now, event) {
            injector.apply(event)?;
        }
    }
    injector.release_all()
}
