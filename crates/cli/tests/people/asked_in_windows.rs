//! The novice answers in windows: outside is the person, inside the helper.

use crate::house::{MAY_SEE, OVER, SOON, Side, Two, these_two};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::hand::Hand;
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;
use std::time::Duration;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, Window};
use x11rb::rust_connection::RustConnection;

pub(crate) const TAB: u32 = 0xff09;
pub(crate) const ENTER: u32 = 0xff0d;
pub(crate) const ESCAPE: u32 = 0xff1b;

/// What stands on the terminal while a window asks.
const ASKED: &str = "A window asks you now.";

/// The person's screen, and on it, in a window, the one that is shared.
pub(crate) struct Desktop {
    inner: RustConnection,
    pub(crate) person: Hand,
    pub(crate) helper: Hand,
    _outer: XServer,
}

impl Desktop {
    pub(crate) fn new() -> Result<(Self, XServer)> {
        let outer = XServer::xvfb(1024, 768)?;
        let inner = outer.xephyr_inside(1000, 740)?;
        let desktop = Self {
            inner: inner.connect()?,
            person: Hand::on(&outer)?,
            helper: Hand::on(&inner)?,
            _outer: outer,
        };
        Ok((desktop, inner))
    }

    /// Our window, when it has the keyboard.
    pub(crate) fn window(&self) -> Result<Option<Window>> {
        let focus = self.inner.get_input_focus()?.reply()?.focus;
        let class =
            self.inner.get_property(false, focus, AtomEnum::WM_CLASS, AtomEnum::STRING, 0, 64)?.reply();
        Ok(class.is_ok_and(|class| class.value.starts_with(b"rendezvous")).then_some(focus))
    }

    pub(crate) fn has_window(&self) -> Result<Window> {
        wait::until("a window of ours with the keyboard", SOON, || self.window())
    }

    /// Presses until it was heard: how soon that can be on a busy machine is not for a test to say.
    pub(crate) fn presses(&self, key: u32, two: &mut Two, text: &str) -> Result<()> {
        wait::until(format_args!("{text:?} after a press"), SOON, || {
            self.person.chord(&[key])?;
            std::thread::sleep(Duration::from_millis(300));
            Ok(two.call().screen().contains(text).then_some(()))
        })
    }
}

fn scene(play: impl FnOnce(&Desktop, &mut Two) -> Result<()>) {
    scene_with(true, &[], play);
}

/// The same for two who may never have met, with a novice in these surroundings.
pub(crate) fn scene_with(
    are_acquainted: bool,
    more: &[(&'static str, &str)],
    play: impl FnOnce(&Desktop, &mut Two) -> Result<()>,
) {
    let (desktop, inner) = Desktop::new().expect("both servers start");
    let mut surroundings = inner.environment().to_vec();
    surroundings.push(("RENDEZVOUS_ASK", "window".to_owned()));
    surroundings.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let two = Two {
        novice: Side::start("novice", surroundings).expect("the novice's agent starts"),
        expert: Side::start("expert", Vec::new()).expect("the expert's agent starts"),
        call: None,
        screen: Some(inner),
        are_acquainted,
    };
    these_two(two, |two| play(&desktop, two));
}

pub(crate) fn ask(two: &mut Two) -> Result<()> {
    two.asks()?;
    two.expert.agent.says("y")?;
    two.call().reads(ASKED)?;
    Ok(())
}

#[test]
fn needs_xephyr_a_finger_shows_the_screen_and_no_program_does() {
    scene(|desktop, two| {
        ask(two)?;
        desktop.has_window()?;
        // To the button that allows, and on it, for longer than a window is deaf.
        desktop.helper.chord(&[TAB])?;
        for _ in 0..8 {
            desktop.helper.chord(&[ENTER])?;
            std::thread::sleep(Duration::from_millis(200));
        }
        ensure!(!two.call().screen().contains(MAY_SEE), "a program has allowed it");
        desktop.presses(ENTER, two, MAY_SEE)?;
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        // The end is said in a window, too, by a process of its own, until somebody closes it.
        desktop.has_window().context("the window of the end")?;
        two.call_ends_with(0)?;
        wait::until("the end to be closed", SOON, || {
            desktop.person.chord(&[ESCAPE])?;
            Ok(desktop.window()?.is_none().then_some(()))
        })
    });
}

#[test]
fn needs_xephyr_escape_is_a_no() {
    scene(|desktop, two| {
        ask(two)?;
        desktop.has_window()?;
        desktop.presses(ESCAPE, two, "Not now. Nothing was shared.")?;
        two.call_ends_with(3)
    });
}
