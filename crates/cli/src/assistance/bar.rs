//! The bar on the novice's screen: what is pressed on it acts at once, and without it nothing is shared.

use super::stop::Heard;
use rendezvous_assist::grant::{Brake, Curtain, ViewGrant};
use rendezvous_desktop::Suspension;
use rendezvous_desktop::x11::StopError;
use rendezvous_desktop::x11::bar::{Bar, Contents, Press, Pulse};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// How often it is looked whether the bar is there.
const LOOK: Duration = Duration::from_millis(50);

/// Before anything is shared the bar has so long to come into view.
const COMING: Duration = Duration::from_secs(3);

/// What is pressed on the bar or in the tray takes effect at once, and is told of afterwards.
#[derive(Clone, Debug)]
pub(super) struct Presses {
    pub(super) brake: Brake,
    pub(super) curtain: Curtain,
    pub(super) heard: mpsc::Sender<Heard>,
}

/// The bar, and somebody on a thread of their own who hides the screen as soon as it is not there.
#[derive(Debug)]
pub(super) struct WatchedBar {
    bar: Bar,
    over: Arc<AtomicBool>,
}

impl WatchedBar {
    /// Shows it. No picture may be taken before its [`Self::pulse`] beats. Where it does not come into view in time, everything is
    /// hidden, and `heard` is told.
    pub(super) fn show(
        grant: &ViewGrant,
        display: &str,
        contents: Contents,
        presses: Presses,
        suspension: &Suspension,
    ) -> Result<Self, StopError> {
        let Presses { brake, curtain, heard } = presses.clone();
        let bar = Bar::show(grant, Some(display), contents, move |press| presses.act(press))?;
        let (over, pulse) = (Arc::new(AtomicBool::new(false)), bar.pulse());
        let is_over = Arc::clone(&over);
        // Nobody clicks or types before it can be seen, whatever is allowed meanwhile.
        let hold = suspension.hold();
        std::thread::spawn(move || {
            come(&pulse, &is_over);
            drop(hold);
            watch(&pulse, &is_over, (&brake, &curtain), &heard);
        });
        Ok(Self { bar, over })
    }

    /// Whether it is in view, for whoever takes the pictures.
    pub(super) fn pulse(&self) -> Pulse {
        self.bar.pulse()
    }

    /// From now on it says this.
    pub(super) fn say(&self, contents: Contents) {
        self.bar.say(contents);
    }
}

impl Drop for WatchedBar {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
    }
}

impl Presses {
    /// This was pressed.
    pub(super) fn act(&self, press: Press) {
        let news = match press {
            Press::Stop => {
                self.brake.pull();
                Heard::Stop
            }
            Press::Pause => {
                self.curtain.draw();
                Heard::Pause
            }
            Press::Resume => Heard::Resume,
            Press::TakeBack => Heard::TakeBack,
            Press::Write => Heard::Write,
        };
        // Where so much was pressed that nothing more can be told, what it does was done, or is pressed again.
        _ = self.heard.try_send(news);
    }
}

/// Waits until it is in view, but not for ever: then everything is hidden. Until it is, no picture is taken.
fn come(pulse: &Pulse, over: &AtomicBool) {
    let begun = Instant::now();
    while !pulse.is_alive() && begun.elapsed() < COMING && !over.load(Ordering::SeqCst) {
        std::thread::sleep(LOOK / 10);
    }
}

/// Hides the screen as soon as the bar is not there, and only then says so.
fn watch(
    pulse: &Pulse,
    over: &AtomicBool,
    (brake, curtain): (&Brake, &Curtain),
    heard: &mpsc::Sender<Heard>,
) {
    let mut was_alive = true;
    while !over.load(Ordering::SeqCst) && !brake.is_pulled() {
        let is_alive = pulse.is_alive();
        if was_alive != is_alive {
            if !is_alive {
                curtain.draw();
            }
            let news = if is_alive { Heard::BarBack } else { Heard::BarGone };
            if heard.blocking_send(news).is_err() {
                return;
            }
            was_alive = is_alive;
        }
        std::thread::sleep(LOOK);
    }
}
