//! The thread that plays back the expert's pointer and keys, as long as control is granted.

use super::guard::Guard;
use anyhow::Result;
use rendezvous_assist::Time;
use rendezvous_assist::grant::ControlGrant;
use rendezvous_assist::input::{HELD_FOR, InputEvent, InputGate};
use rendezvous_desktop::x11::X11Injector;
use rendezvous_desktop::{Inject, InjectError, Stage, Suspension};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Input that waits for the thread; more is dropped. A page keeps so much while the way is stuck, and it comes all at once.
const QUEUE: usize = 256;

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
    /// Starts with the permission in hand. While `suspension` holds them back, they play nothing.
    pub(super) fn start(grant: ControlGrant, display: String, stage: Stage, suspension: Suspension) -> Self {
        let (events, receiver) = mpsc::sync_channel(QUEUE);
        let (working, done) = mpsc::channel();
        std::thread::spawn(move || {
            if let Err(error) = work(grant, &display, (&stage, &suspension), &receiver, working) {
                tracing::warn!("Pointer and keys cannot be used: {error:#}");
            }
        });
        Self { events: Some(events), done }
    }

    /// Plays one event. When too many wait, a press or a move is dropped; false when a release could not be played, or
    /// nothing can: then these hands must go, and with them everything that they hold.
    pub(super) fn play(&self, event: InputEvent) -> bool {
        let release = matches!(event, InputEvent::Release { .. } | InputEvent::Button { down: false, .. });
        let Some(events) = &self.events else { return !release };
        match events.try_send(event) {
            Ok(()) => true,
            // A thread that has ended has let go of everything, and plays nothing any more: nobody has control of that.
            Err(mpsc::TrySendError::Disconnected(_)) => false,
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
    (stage, suspension): (&Stage, &Suspension),
    events: &mpsc::Receiver<InputEvent>,
    working: mpsc::Sender<()>,
) -> Result<()> {
    // Without it a key could stay down for ever, so then nothing is pressed. It ends after the injector.
    let (_guard, notes) = Guard::start(display)?;
    let mut injector = match X11Injector::open_guarded(grant, Some(display), notes, suspension) {
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
    injector: &mut impl Inject,
    stage: &Stage,
    events: &mpsc::Receiver<InputEvent>,
) -> Result<(), InjectError> {
    let mut gate = InputGate::new();
    let begun = Instant::now();
    let mut place = None;
    loop {
        let event = match events.recv_timeout(HELD_FOR) {
            Ok(event) => event,
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_assist::input::{BURST, Key, Meant, RATE};
    use rendezvous_desktop::Rect;

    const SCREEN: Rect = Rect { x: 0, y: 0, width: 640, height: 480 };

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

    /// Plays on a whole screen.
    fn playing() -> (mpsc::Sender<InputEvent>, mpsc::Receiver<String>, std::thread::JoinHandle<()>) {
        let (events, receiver) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let stage = Stage::default();
            stage.set(Some(SCREEN));
            assert_eq!(play(&mut Told { holding: false, tell }, &stage, &receiver), Ok(()));
        });
        (events, told, thread)
    }

    #[test]
    fn what_is_held_is_let_go_of_when_nothing_more_is_heard() {
        let (events, told, thread) = playing();
        let key = Key::from_code("ShiftLeft").unwrap();
        events.send(InputEvent::Press { key, meant: Meant::Place }).unwrap();
        let heard: Vec<String> = told.iter().take(4).collect();
        assert_eq!(heard[..2], ["release all".to_owned(), format!("share {:?}", Some(SCREEN))]);
        assert!(heard[2].starts_with("Press"), "{heard:?}");
        assert_eq!(heard[3], "release all", "without another word");
        events.send(InputEvent::Move { x: 1, y: 1 }).unwrap();
        assert!(told.recv().unwrap().starts_with("Move"), "it goes on");
        drop(events);
        thread.join().unwrap();
        assert_eq!(told.recv(), Err(mpsc::RecvError), "and is let go of once");
    }

    #[test]
    fn a_flood_is_bounded_and_what_is_held_comes_up_all_the_same() {
        let (events, told, thread) = playing();
        let key = Key::from_code("KeyA").unwrap();
        events.send(InputEvent::Press { key, meant: Meant::Character('a') }).unwrap();
        for _ in 0..10_000 {
            events.send(InputEvent::Wheel { dx: 0, dy: 20 }).unwrap();
        }
        events.send(InputEvent::Release { key }).unwrap();
        drop(events);
        thread.join().unwrap();
        let told: Vec<String> = told.iter().collect();
        assert!(told.last().is_some_and(|last| last.starts_with("Release")), "{:?}", told.last());
        // How long it took depends on the machine; ten seconds would be far too much.
        let turns = told.iter().filter(|what| what.starts_with("Wheel")).count();
        assert!(turns <= usize::try_from(BURST + 10 * RATE).unwrap() / 20, "{turns} turns of the wheel");
    }
}
