//! The thread that plays back the expert's pointer and keys, as long as control is granted.

use super::guard::Guard;
use anyhow::Result;
use rendezvous_assist::Time;
use rendezvous_assist::grant::ControlGrant;
use rendezvous_assist::input::{HELD_FOR, InputEvent, InputGate};
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

fn play(injector: &mut impl Inject, orders: &mpsc::Receiver<Order>) -> Result<(), InjectError> {
    let mut gate = InputGate::new();
    let begun = Instant::now();
    loop {
        let order = match orders.recv_timeout(HELD_FOR) {
            Ok(order) => order,
            Err(mpsc::RecvTimeoutError::Disconnected) => return Ok(()),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                // The page is not heard any more, or has nothing to say because nothing is held.
                if injector.is_holding() {
                    tracing::info!("Nothing is heard of the page: everything is let go of");
                    injector.release_all()?;
                }
                continue;
            }
        };
        let now = Time(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
        match order {
            Order::Play(event) if gate.admit(now, event) => injector.apply(event)?,
            Order::Play(_) => {}
            Order::Share(part) => injector.share(part),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_assist::input::{BURST, Key, Meant};

    /// Tells what is done with it.
    struct Told {
        holding: bool,
        tell: mpsc::Sender<String>,
    }

    impl Inject for Told {
        fn apply(&mut self, event: InputEvent) -> Result<(), InjectError> {
            self.holding |= matches!(event, InputEvent::Press { .. });
            self.tell.send(format!("{event:?}")).map_err(|_| InjectError::Revoked)
        }

        fn share(&mut self, part: Option<Rect>) {
            _ = self.tell.send(format!("share {part:?}"));
        }

        fn is_holding(&self) -> bool {
            self.holding
        }

        fn release_all(&mut self) -> Result<(), InjectError> {
            self.holding = false;
            self.tell.send("release all".into()).map_err(|_| InjectError::Revoked)
        }
    }

    fn playing() -> (mpsc::Sender<Order>, mpsc::Receiver<String>, std::thread::JoinHandle<()>) {
        let (orders, receiver) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let result = play(&mut Told { holding: false, tell }, &receiver);
            assert_eq!(result, Ok(()));
        });
        (orders, told, thread)
    }

    fn press(code: &str) -> Order {
        Order::Play(InputEvent::Press { key: Key::from_code(code).unwrap(), meant: Meant::Place })
    }

    #[test]
    fn what_is_held_is_let_go_of_when_nothing_more_is_heard() {
        let (orders, told, thread) = playing();
        orders.send(press("ShiftLeft")).unwrap();
        assert!(told.recv().unwrap().starts_with("Press"));
        assert_eq!(told.recv().unwrap(), "release all", "without another word");
        orders.send(Order::Share(None)).unwrap();
        assert_eq!(told.recv().unwrap(), "share None", "it goes on");
        drop(orders);
        thread.join().unwrap();
        assert_eq!(told.recv(), Err(mpsc::RecvError), "and is let go of once");
    }

    #[test]
    fn a_flood_is_bounded_and_what_is_shared_is_heard_all_the_same() {
        let (orders, told, thread) = playing();
        for _ in 0..10_000 {
            orders.send(Order::Play(InputEvent::Wheel { dx: 0, dy: 20 })).unwrap();
        }
        orders.send(Order::Share(None)).unwrap();
        drop(orders);
        thread.join().unwrap();
        let told: Vec<String> = told.iter().collect();
        assert_eq!(told.last().map(String::as_str), Some("share None"));
        // How long it took depends on the machine; ten seconds would be far too much.
        assert!(
            told.len() < usize::try_from(BURST + 5000).unwrap() / 20,
            "{} turns of the wheel",
            told.len()
        );
    }
}
