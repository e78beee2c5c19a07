//! The thread that plays back the expert's pointer and keys, as long as control is granted.

use super::guard::Guard;
use anyhow::Result;
use rendezvous_assist::Time;
use rendezvous_assist::grant::ControlGrant;
use rendezvous_assist::input::{InputEvent, InputGate};
use rendezvous_desktop::x11::X11Injector;
use rendezvous_desktop::{Inject, InjectError, Stage};
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
    pub(super) fn start(grant: ControlGrant, display: String, stage: Stage) -> Self {
        let (events, receiver) = mpsc::sync_channel(QUEUE);
        let (working, done) = mpsc::channel();
        std::thread::spawn(move || {
            if let Err(error) = work(grant, &display, &stage, &receiver, working) {
                tracing::warn!("Pointer and keys cannot be used: {error:#}");
            }
        });
        Self { events: Some(events), done }
    }

    /// Plays one event. When too many wait, a press or a move is dropped; false when a release could not be played: then
    /// these hands must go, and with them everything that they hold.
    pub(super) fn play(&self, event: InputEvent) -> bool {
        let release = matches!(event, InputEvent::Release { .. } | InputEvent::Button { down: false, .. });
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

/// The whole life of the thread. `working` is closed as soon as every key is up.
fn work(
    grant: ControlGrant,
    display: &str,
    stage: &Stage,
    events: &mpsc::Receiver<InputEvent>,
    working: mpsc::Sender<()>,
) -> Result<()> {
    // Without it a key could stay down for ever, so then nothing is pressed. It ends after the injector.
    let (_guard, notes) = Guard::start(display)?;
    let mut injector = match X11Injector::open_guarded(grant, Some(display), notes) {
        Err(InjectError::Revoked) => return Ok(()),
        injector => injector?,
    };
    let played = play(&mut injector, stage, events);
    let released = injector.release_all();
    drop(working);
    match played {
        Err(InjectError::Revoked) => {}
        played => played?,
    }
    Ok(released?)
}

fn play(
    injector: &mut X11Injector,
    stage: &Stage,
    events: &mpsc::Receiver<InputEvent>,
) -> Result<(), InjectError> {
    let mut gate = InputGate::new();
    let begun = Instant::now();
    let mut place = None;
    while let Ok(event) = events.recv() {
        let now = Time(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
        // What was begun on one screen does not go on on another, and where nothing is shared nothing is played back.
        let place_now = stage.get();
        if place != place_now {
            injector.release_all()?;
            injector.share(place_now);
            place = place_now;
        }
        if gate.admit(now, event) && place.is_some() {
            injector.apply(event)?;
        }
    }
    Ok(())
}
