//! The thread that plays back the expert's pointer and keys, as long as control is granted.

use super::guard::Guard;
use anyhow::Result;
use rendezvous_assist::Time;
use rendezvous_assist::grant::ControlGrant;
use rendezvous_assist::input::{InputEvent, InputGate};
use rendezvous_desktop::x11::X11Injector;
use rendezvous_desktop::{Inject, InjectError, Rect};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Input that waits for the thread; more is dropped. The gate behind it admits less than this in a tenth of a second.
const QUEUE: usize = 64;

/// How long the end waits until every key is up.
const LETTING_GO: Duration = Duration::from_secs(1);

/// What the thread is given.
#[derive(Clone, Copy, Debug)]
enum Order {
    Play(InputEvent),
    /// From now on this part of the screen is shared; `None`: all of it.
    Share(Option<Rect>),
}

/// Plays back what it is given. Dropping it lets go of every key, and waits for that.
#[derive(Debug)]
pub(super) struct Hands {
    events: Option<mpsc::SyncSender<Order>>,
    /// Closed when the thread is done, with every key up.
    done: mpsc::Receiver<()>,
}

impl Hands {
    /// Starts with the permission in hand.
    pub(super) fn start(grant: ControlGrant, display: String) -> Self {
        let (events, receiver) = mpsc::sync_channel(QUEUE);
        let (working, done) = mpsc::channel();
        std::thread::spawn(move || {
            if let Err(error) = work(grant, &display, &receiver, working) {
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
        match events.try_send(Order::Play(event)) {
            // A thread that has ended has let go of everything.
            Ok(()) | Err(mpsc::TrySendError::Disconnected(_)) => true,
            Err(mpsc::TrySendError::Full(_)) => !release,
        }
    }

    /// From now on this part of the screen is shared, or all of it: the places that the expert names after this count in
    /// it. False when the display does not take what is played: then these hands must go.
    #[must_use = "hands that do not know what is shared must go"]
    #[expect(dead_code, reason = "for whoever switches monitors and windows")]
    pub(super) fn share(&self, part: Option<Rect>) -> bool {
        let Some(events) = &self.events else { return true };
        !matches!(events.try_send(Order::Share(part)), Err(mpsc::TrySendError::Full(_)))
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
    orders: &mpsc::Receiver<Order>,
    working: mpsc::Sender<()>,
) -> Result<()> {
    // Without it a key could stay down for ever, so then nothing is pressed. It ends after the injector.
    let (_guard, notes) = Guard::start(display)?;
    let mut injector = match X11Injector::open_guarded(grant, Some(display), notes) {
        Err(InjectError::Revoked) => return Ok(()),
        injector => injector?,
    };
    let played = play(&mut injector, orders);
    let released = injector.release_all();
    drop(working);
    match played {
        Err(InjectError::Revoked) => {}
        played => played?,
    }
    Ok(released?)
}

fn play(injector: &mut X11Injector, orders: &mpsc::Receiver<Order>) -> Result<(), InjectError> {
    let mut gate = InputGate::new();
    let begun = Instant::now();
    while let Ok(order) = orders.recv() {
        let now = Time(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
        match order {
            Order::Play(event) if gate.admit(now, event) => injector.apply(event)?,
            Order::Play(_) => {}
            Order::Share(part) => injector.share(part),
        }
    }
    Ok(())
}
