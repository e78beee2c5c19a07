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
        let watched = presses.clone();
        let bar = Bar::show(grant, Some(display), contents, move |press| presses.act(press))?;
        let over = attend(bar.pulse(), watched, suspension);
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
            Press::File => Heard::SendFile,
        };
        // Where so much was pressed that nothing more can be told, what it does was done, or is pressed again.
        _ = self.heard.try_send(news);
    }
}

/// Looks after it from now on, until what is returned is true.
fn attend(pulse: Pulse, presses: Presses, suspension: &Suspension) -> Arc<AtomicBool> {
    let Presses { brake, curtain, heard } = presses;
    let over = Arc::new(AtomicBool::new(false));
    let is_over = Arc::clone(&over);
    // Nobody clicks or types before it can be seen, whatever is allowed meanwhile.
    let hold = suspension.hold();
    std::thread::spawn(move || {
        come(&pulse, &is_over);
        drop(hold);
        watch(&pulse, &is_over, (&brake, &curtain), &heard);
    });
    over
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

#[cfg(test)]
mod tests {
    use super::super::answers;
    use super::*;
    use rendezvous_assist::Time;
    use rendezvous_assist::consent::{Consent, Input, Output};
    use rendezvous_testkit::wait;

    /// Somebody who shows their screen, and whom they show it to.
    fn shows() -> (Consent, ViewGrant) {
        let mut consent = Consent::new();
        consent.handle_input(Time(0), Input::Connected).expect("the first connection");
        let Output::Ask(question) = consent.poll_output() else { panic!("the person is asked first") };
        consent.handle_input(Time(1), answers::on_terminal(&question, "y")).expect("in time");
        let grant =
            std::iter::from_fn(|| Some(consent.poll_output())).take(10).find_map(|output| match output {
                Output::ViewGranted(grant) => Some(grant),
                _ => None,
            });
        (consent, grant.expect("it was allowed"))
    }

    #[test]
    fn nobody_clicks_before_the_bar_is_in_view_and_a_bar_that_never_comes_hides_everything() {
        let (consent, grant) = shows();
        let (heard, mut hears) = mpsc::channel(4);
        let presses = Presses { brake: consent.brake(), curtain: consent.curtain(), heard };
        let suspension = Suspension::default();
        assert!(!suspension.is_on() && grant.is_live());
        // It never beats: the bar does not come.
        let _over = attend(Pulse::default(), presses, &suspension);
        let begun = Instant::now();
        assert!(suspension.is_on(), "whatever is allowed in this moment is not played back");
        let gone = hears.blocking_recv();
        assert!(matches!(gone, Some(Heard::BarGone)), "{gone:?}");
        assert!(begun.elapsed() >= COMING && !grant.is_live(), "then it is hidden, and said to be so");
        wait::until("the hands to be let go of", Duration::from_secs(20), || {
            Ok((!suspension.is_on()).then_some(()))
        })
        .expect("there is nothing left to be held back");
    }

    #[test]
    fn who_is_held_back_is_let_go_of_when_the_help_ends_first() {
        let (consent, _grant) = shows();
        let (heard, _hears) = mpsc::channel(4);
        let presses = Presses { brake: consent.brake(), curtain: consent.curtain(), heard };
        let suspension = Suspension::default();
        let over = attend(Pulse::default(), presses, &suspension);
        over.store(true, Ordering::SeqCst);
        wait::until("nothing to be held back", Duration::from_secs(20), || {
            Ok((!suspension.is_on()).then_some(()))
        })
        .expect("whoever is asked elsewhere goes on");
    }
}
