//! What the person is told in a window when control has to wait, and at the end: it stays until they have read it, whatever the
//! expert asks for meanwhile.

use crate::asked_in_windows::{Desktop, ENTER, TAB, ask, scene_with};
use crate::house::{MAY_SEE, OVER, SOON, Two};
use crate::meeting::have_met;
use crate::page::{self, Page};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::wait;
use rendezvous_testkit::windows::{Seen, of_class};
use serde_json::{Value, json};
use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const UP: u32 = 0xff52;

/// What stands there when control has to wait.
const WAITS: &str = "kann Ihre Maus und Tastatur noch nicht benutzen.";

/// The bar is always there.
const BAR: &str = "rendezvous-bar";

/// What allows something is deaf for a second; whoever waits for longer has waited for it.
const DEAF: Duration = Duration::from_millis(1_200);

/// A no is left alone for some seconds.
const LEFT_ALONE: Duration = Duration::from_secs(60);

/// Our windows on the novice's screen, besides the bar.
fn windows(two: &Two) -> Result<Vec<Seen>> {
    let mut all = of_class(two.screen.as_ref().context("there is a screen")?, "rendezvous")?;
    all.retain(|seen| seen.class != BAR);
    Ok(all)
}

/// Waits until this window stands there, with the keyboard.
fn stands(two: &Two, title: &str) -> Result<Seen> {
    let found = wait::until(format_args!("a window with {title:?}"), SOON, || {
        Ok(windows(two)?.into_iter().find(|seen| seen.title.contains(title) && seen.has_keyboard))
    });
    found.with_context(|| format!("there is {:?}", windows(two)))
}

/// Presses this key until the window is gone, again only when it was not heard: what allows something is deaf at first, and
/// another press might be for the window that comes next. (Escape three times would stop everything.)
fn presses_until_gone(desktop: &Desktop, two: &Two, window: &Seen, key: u32) -> Result<()> {
    let mut pressed: Option<Instant> = None;
    wait::until(format_args!("{:?} to go", window.title), SOON, || {
        if windows(two)?.iter().all(|seen| seen.window != window.window) {
            return Ok(Some(()));
        }
        if pressed.is_none_or(|at| at.elapsed() > DEAF) {
            pressed = Some(Instant::now());
            desktop.person.chord(&[key])?;
        }
        Ok(None)
    })
}

/// The screen is shown, and the page of whoever helps is open.
fn shows(desktop: &Desktop, two: &mut Two) -> Result<Page> {
    ask(two)?;
    desktop.has_window()?;
    desktop.person.chord(&[TAB])?;
    desktop.presses(ENTER, two, MAY_SEE)?;
    Page::open(&page::address(&mut two.expert.agent)?)
}

/// The page asks for this until it stands with the person.
fn wants(page: &mut Page, floor: &str) -> Result<()> {
    let mut asked: Option<Instant> = None;
    wait::until(format_args!("{floor} to be asked for"), LEFT_ALONE, || {
        if asked.is_none_or(|at| at.elapsed() > Duration::from_secs(1)) {
            asked = Some(Instant::now());
            page.says(&json!({"type": "request", "floor": floor}))?;
        }
        let is_pending = |state: &Value| state["floors"][floor] == "pending";
        while let Some(state) = page.has_heard("state") {
            if is_pending(&state) {
                return Ok(Some(()));
            }
        }
        Ok(None)
    })
}

/// The page asks for control until this window stands there.
fn wants_control(two: &Two, page: &mut Page, title: &str) -> Result<Seen> {
    let mut asked: Option<Instant> = None;
    wait::until(format_args!("a window with {title:?}"), LEFT_ALONE, || {
        if asked.is_none_or(|at| at.elapsed() > Duration::from_secs(1)) {
            asked = Some(Instant::now());
            page.says(&json!({"type": "request"}))?;
        }
        Ok(windows(two)?.iter().any(|seen| seen.title.contains(title)).then_some(()))
    })?;
    stands(two, title)
}

/// It is the only window of ours, and the same as before.
fn still_stands(two: &Two, window: &Seen) -> Result<()> {
    let all = windows(two)?;
    ensure!(matches!(&all[..], [only] if only.window == window.window), "{window:?}, and now {all:?}");
    Ok(())
}

/// The person ends it from their terminal, and reads the end in a window.
fn ends(desktop: &Desktop, two: &mut Two, title: &str) -> Result<Seen> {
    two.call().presses("s")?;
    two.call().reads(OVER)?;
    two.call_ends_with(0)?;
    let over = stands(two, title)?;
    desktop.person.chord(&[TAB])?;
    Ok(over)
}

#[test]
fn needs_xephyr_whoever_was_met_just_now_waits_and_the_window_that_says_so_stays_until_it_is_read() {
    scene_with(false, &[], |desktop, two| {
        have_met(&two.novice, &two.expert)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().to_string();
        for name in ["pins.json", "facts.json"] {
            let path = two.novice.home().join(name);
            fs::write(&path, fs::read_to_string(&path)?.replace("1763700000", &now))?;
        }
        let mut page = shows(desktop, two)?;
        page.says(&json!({"type": "request"}))?;
        let told = stands(two, "cannot use your mouse and keyboard yet.")?;
        two.call().reads("You have only just met")?;
        // Neither another wish nor the same again takes it away.
        wants(&mut page, "files")?;
        page.says(&json!({"type": "request"}))?;
        still_stands(two, &told)?;
        presses_until_gone(desktop, two, &told, ENTER)?;
        let question = stands(two, "asks to hand you files.")?;
        presses_until_gone(desktop, two, &question, ENTER)?;

        let over = ends(desktop, two, "The help is over.")?;
        presses_until_gone(desktop, two, &over, ENTER)?;
        let record = stands(two, "What happened")?;
        presses_until_gone(desktop, two, &record, ENTER)
    });
}

#[test]
fn needs_xephyr_what_somebody_else_began_is_called_fraud_in_german_and_holds_for_a_day() {
    scene_with(false, &[("LC_ALL", "de_DE.UTF-8")], |desktop, two| {
        have_met(&two.novice, &two.expert)?;
        // They have never had control.
        fs::remove_file(two.novice.home().join("facts.json"))?;
        let mut page = shows(desktop, two)?;
        page.says(&json!({"type": "request"}))?;
        let began = stands(two, "Wie hat das angefangen?")?;
        // Two up from the safe answer is the second of three.
        desktop.person.chord(&[UP])?;
        desktop.person.chord(&[UP])?;
        wait::until("the answer to be heard", SOON * 2, || {
            // It is chosen, and then it is gone on past the safe answer; and back, where the window was deaf still.
            for key in [ENTER, TAB, TAB, TAB, ENTER] {
                desktop.person.chord(&[key])?;
            }
            std::thread::sleep(DEAF);
            if windows(two)?.iter().all(|seen| seen.window != began.window) {
                return Ok(Some(()));
            }
            (0..3).try_for_each(|_| desktop.person.chord(&[UP]))?;
            Ok(None)
        })?;
        let fraud = stands(two, "So fängt Betrug an.")?;
        two.call().reads("This is how fraud begins.")?;
        wants(&mut page, "files")?;
        still_stands(two, &fraud)?;
        presses_until_gone(desktop, two, &fraud, ENTER)?;
        let question = stands(two, "möchte Ihnen Dateien geben.")?;
        presses_until_gone(desktop, two, &question, ENTER)?;
        let held = wants_control(two, &mut page, WAITS)?;
        presses_until_gone(desktop, two, &held, ENTER)?;

        let over = ends(desktop, two, "Die Hilfe ist beendet.")?;
        presses_until_gone(desktop, two, &over, ENTER)?;
        let record = stands(two, "Was geschehen ist")?;
        presses_until_gone(desktop, two, &record, ENTER)?;
        let (code, said) = two.novice.runs(&["log", "show"])?;
        for sentence in [
            "You said that somebody had called you, or written to you.",
            "could not be given your mouse and keyboard, for your safety.",
        ] {
            ensure!(code == 0 && said.contains(sentence), "{sentence:?} is not in {said}");
        }
        // In the next help as well; that is said in a window once, however often the expert asks.
        two.expert.has_the_terminal_back(1)?;
        let mut page = shows(desktop, two)?;
        page.says(&json!({"type": "request"}))?;
        two.call().reads("For your safety that is not possible for another 23:")?;
        let held = stands(two, WAITS)?;
        presses_until_gone(desktop, two, &held, ENTER)?;
        page.says(&json!({"type": "request"}))?;
        wants(&mut page, "files")?;
        let question = stands(two, "möchte Ihnen Dateien geben.")?;
        still_stands(two, &question)?;
        presses_until_gone(desktop, two, &question, ENTER)?;
        let over = ends(desktop, two, "Die Hilfe ist beendet.")?;
        presses_until_gone(desktop, two, &over, ENTER)?;
        let record = stands(two, "Was geschehen ist")?;
        presses_until_gone(desktop, two, &record, ENTER)
    });
}
