//! The thread that plays back the expert's pointer and keys, as long as control is granted.

use rendezvous_assist::Time;
use rendezvous_assist::grant::ControlGrant;
use rendezvous_assist::input::{InputEvent, InputGate};
use rendezvous_desktop::x11::X11Injector;
use rendezvous_desktop::{Inject, InjectError};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Input that waits for the thread; more is dropped. The gate behind it admits less than this in a tenth of a second.
const QUEUE: usize = 64;

/// How long the end waits until every key is up.
const LETTING_GO: Duration = Duration::from_secs(1);

/// Plays back what it is given. Dropping it lets go of every key, and waits for that.
#[derive(Debug)]
pub(super) struct Hands {
    events: Option<mpsc::SyncSender<InputEvent>>,
    /// Closed when the thread is done, with every key up.
    done: mpsc::Receiver<()>,
}

impl Hands {
    /// Starts with the permission in hand.
    pub(super) fn start(grant: ControlGrant, display: String) -> Self {
        let (events, receiver) = mpsc::sync_channel(QUEUE);
        let (working, done) = mpsc::channel();
        std::thread::spawn(move || {
            if let Err(error) = play(grant, &display, &receiver)
                && error != InjectError::Revoked
            {
                tracing::warn!(%error, "Pointer and keys cannot be used");
            }
            drop(working);
        });
        Self { events: Some(events), done }
    }

    /// Plays one event. When too many wait, a press or a move is dropped; false when a release could not be played: then
    /// these hands must go, and with them everything that they hold.
    pub(super) fn play(&self, event: InputEvent) -> bool {
        let release =
            matches!(event, InputEvent::Release { .. } | InputEvent::Button { down: false, .. });
        let Some(events) = &self.events else { return !release };
        match events.try_send(event) {
            // A thread that has ended has let go of everything.
            Ok(()) | Err(mpsc::TrySendError::Disconnected(_)) => true,
            Err(mpsc::TrySendError::Full(_)) => !release,
        }
    }
}

impl Drop for Hands {
    fn drop(&mut self) {
        self.events = None;
        // The process may end right after this, and with it every thread.
        if self.done.recv_timeout(LETTING_GO) == Err(mpsc::RecvTimeoutError::Timeout) {
            tracing::warn!("Keys may still be pressed: the display does not answer");
        }
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
