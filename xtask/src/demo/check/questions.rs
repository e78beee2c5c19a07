//! The same help once more, in windows: every question that the person can be asked, as it stands on their screen, and the bar.
//! They are answered by a keyboard outside of that screen, which is a real one to the programs on it; of each a picture is
//! taken, and when one is missing the check fails.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::screen::{Area, Picture};
use rendezvous_testkit::terminal::Person;
use rendezvous_testkit::wait;
use rendezvous_testkit::windows::{self, Seen};

use super::{Play, SOON, step};
use crate::demo::people::{self, QUESTION};

/// What is shown, in this order.
pub(super) const SHOWN: [&str; 20] = [
    "words",
    "words-again",
    "words-right",
    "view",
    "bar-sees",
    "wait",
    "over",
    "record",
    "how-it-began",
    "fraud",
    "wait-after-answer",
    "clipboard",
    "files",
    "file",
    "drawing",
    "control",
    "bar-asking",
    "bar-controls",
    "bar-paused",
    "words-changed",
];

/// What allows something is deaf for a second; whoever waits for longer has waited for it.
const DEAF: Duration = Duration::from_millis(1_200);

const TAB: u32 = 0xff09;
const ENTER: u32 = 0xff0d;
const ESCAPE: u32 = 0xff1b;
const UP: u32 = 0xff52;
const SPACE: u32 = 0x20;
/// Brings the keyboard to the bar.
const TO_THE_BAR: [u32; 4] = [0xffe3, 0xffe9, 0xffe1, SPACE];

/// Of a window, its frame and a little of what is around it.
const AROUND: i16 = 28;

/// All of it.
pub(super) fn play(mut play: Play) -> Result<()> {
    play.make_contact_in_windows()?;
    play.be_told_that_this_is_fraud()?;
    play.allow_one_thing_after_the_other()?;
    play.meet_a_device_that_is_not_known()?;
    play.album.has_every(&SHOWN)?;
    play.leave()
}

impl Play {
    fn make_contact_in_windows(&mut self) -> Result<()> {
        step("they have never met: the novice types the three words into a window, at first wrong ones");
        let words = self.calls_in_windows()?;
        let first = self.asked("Make sure that this really is", "words")?;
        self.types("otter otter otter")?;
        self.allows_from_the_words(&first)?;
        let again = self.asked("Make sure that this really is", "words-again")?;
        self.types(&words)?;
        self.allows_from_the_words(&again)?;
        self.asked("The words are right.", "words-right")?;
        self.expert_agent.type_line("y")?;
        self.expert_agent.expect("You will not be asked for this device again.", SOON)?;
        self.shows_in_a_window("view")?;
        self.picture_of_bar("bar-sees")?;
        step("whoever was met just now waits for control, and a window says for how long");
        self.wants_control_until("cannot use your mouse and keyboard yet.", "wait")?;
        self.closes()?;
        self.stops_on_the_bar()?;
        step("the end is said in a window, with the record");
        let over = self.asked("The help is over.", "over")?;
        self.presses_until_gone(&over, &[TAB], ENTER)?;
        self.asked("What happened", "record")?;
        self.closes()?;
        self.two_days_pass()
    }

    fn be_told_that_this_is_fraud(&mut self) -> Result<()> {
        step("two days later: somebody called them first, and they are told what that is");
        self.calls()?;
        self.shows_in_a_window("")?;
        let began = self.wants_control_until("How did this begin?", "how-it-began")?;
        self.chooses(&began, 2)?;
        self.asked("This is how fraud begins.", "fraud")?;
        self.closes()?;
        self.wants_control_until("cannot use your mouse and keyboard yet.", "wait-after-answer")?;
        self.closes()?;
        self.stops_on_the_bar()?;
        self.asked("The help is over.", "")?;
        self.closes()?;
        self.two_days_pass()
    }

    fn allow_one_thing_after_the_other(&mut self) -> Result<()> {
        step("two days later: clipboard, files, a file, drawing and control, each asked for on its own");
        self.calls()?;
        self.shows_in_a_window("")?;
        self.browser.click("#clipboard")?;
        self.browser.evaluate("document.querySelector('#clipboard-menu [role=menuitem]').click()")?;
        let asked = self.asked("asks to share what you copy.", "clipboard")?;
        self.allows(&asked)?;
        self.browser.evaluate(CHOOSE_A_FILE)?;
        let asked = self.asked("asks to hand you files.", "files")?;
        self.allows(&asked)?;
        let asked = self.asked("offers you a file.", "file")?;
        self.allows(&asked)?;
        self.browser.click("#files-close")?;
        self.browser.click("#pen")?;
        let asked = self.asked("asks to draw on your screen.", "drawing")?;
        self.allows(&asked)?;
        self.await_state("pen", "true")?;
        self.browser.click("#pen")?;
        let began = self.wants_control_until("How did this begin?", "")?;
        self.chooses(&began, 1)?;
        let asked = self.asked("asks to use your mouse and keyboard.", "control")?;
        self.picture_of_bar("bar-asking")?;
        self.await_control("pending")?;
        self.allows(&asked)?;
        self.await_control("granted")?;
        self.picture_of_bar("bar-controls")?;

        step("on the bar, by keyboard: take back, pause, show again, stop");
        self.goes_to_the_bar()?;
        self.presses_until(ENTER, |play| play.page_says("control", "revoked"))?;
        self.presses(&[ESCAPE])?;
        self.goes_to_the_bar()?;
        self.presses_until(ENTER, |play| play.page_says("paused", "true"))?;
        self.picture_of_bar("bar-paused")?;
        self.presses_until(ENTER, |play| play.page_says("paused", "false"))?;
        self.presses(&[ESCAPE])?;
        self.stops_on_the_bar()?;
        self.asked("The help is over.", "")?;
        self.closes()
    }

    fn meet_a_device_that_is_not_known(&mut self) -> Result<()> {
        step("the expert comes with another device: words again, and no other way");
        self.expert_agent.interrupt()?;
        self.expert_agent.wait_exit(SOON)?;
        self.expert_place.has_another_device()?;
        self.expert_agent = people::start_expert(&self.expert_place)?;
        self.calls_in_windows()?;
        self.asked("Make sure that this really is", "words-changed")?;
        self.presses(&[ESCAPE])?;
        let novice = self.novice.as_mut().context("the novice has asked")?;
        novice.expect("Nothing was shared.", SOON)?;
        novice.wait_exit(SOON)?;
        Ok(())
    }

    /// The novice asks in windows, and the expert says yes.
    fn calls(&mut self) -> Result<()> {
        let (novice, expert) = (&self.novice_place, &self.expert_place);
        self.novice = Some(people::ask_in_windows(novice, expert, self.desktop.screen())?);
        self.expert_agent.expect(QUESTION, SOON)?;
        self.expert_agent.type_line("y")
    }

    /// The same of two who have not made sure of each other: the words that the expert reads.
    fn calls_in_windows(&mut self) -> Result<String> {
        self.calls()?;
        people::words_to_read(&mut self.expert_agent, SOON)
    }

    /// The question for the view, and the page that waits for its answer.
    fn shows_in_a_window(&mut self, picture: &str) -> Result<()> {
        let asked = self.asked("has answered.", picture)?;
        let page = people::page_address(&mut self.expert_agent, SOON)?;
        self.browser.open(&page)?;
        self.browser.wait("the page to begin", "document.querySelector('#picture') !== null", SOON)?;
        self.await_view("asked")?;
        self.browser.evaluate("observer.watch('#picture')")?;
        self.allows(&asked)?;
        self.await_view("granted")?;
        self.browser.wait("a picture", "observer.frames >= 1", SOON)
    }

    /// The expert asks for control, again where they have only just been refused, until this window stands there.
    fn wants_control_until(&mut self, title: &str, picture: &str) -> Result<Seen> {
        self.browser.wait("nothing else to be asked", NOT_ASKED, SOON)?;
        let mut last: Option<std::time::Instant> = None;
        wait::until(format_args!("a window with {title:?}"), SOON * 2, || {
            if self.find(title)?.is_some() {
                return Ok(Some(()));
            }
            if last.is_none_or(|last| last.elapsed() > Duration::from_secs(3)) {
                last = Some(std::time::Instant::now());
                self.await_settled_button()?;
                self.browser.click("#ask-control")?;
            }
            Ok(None)
        })?;
        self.asked(title, picture)
    }

    fn find(&self, title: &str) -> Result<Option<Seen>> {
        let all = windows::of_class(self.desktop.screen(), "rendezvous")?;
        Ok(all.into_iter().find(|seen| seen.title.contains(title)))
    }

    /// Waits until this window stands there with the keyboard, all of it, and long enough to be heard; keeps a picture of it.
    fn asked(&mut self, title: &str, picture: &str) -> Result<Seen> {
        let mut there = Vec::new();
        let found = wait::until(format_args!("a window with {title:?} and the keyboard"), SOON, || {
            there = windows::of_class(self.desktop.screen(), "rendezvous")?;
            Ok(there.iter().find(|seen| seen.title.contains(title) && seen.has_keyboard).cloned())
        });
        let seen = found.with_context(|| {
            let novice = self.novice.as_ref().map(Person::screen).unwrap_or_default();
            format!(
                "there is {there:?}\nthe novice's terminal:\n{novice}\nthe expert's:\n{}",
                self.expert_agent.screen()
            )
        })?;
        wait::observe(DEAF)?;
        // It may have been put elsewhere since.
        let seen = self.find(title)?.unwrap_or(seen);
        if !picture.is_empty() {
            let drawn = self.drawn(seen.area)?;
            self.album.keep_question(picture, &drawn)?;
        }
        Ok(seen)
    }

    /// A window with a little of what is around it, once it stays as it is itself.
    fn drawn(&self, area: Area) -> Result<Picture> {
        let mut last: Option<Picture> = None;
        wait::until("a window to be drawn", SOON, || {
            let screen = Picture::of(self.desktop.screen())?;
            let now = screen.part(within(area, 0))?;
            let colours = now.pixels.chunks_exact(3).collect::<std::collections::BTreeSet<_>>().len();
            let is_drawn = colours > 8 && last.as_ref() == Some(&now);
            last = Some(now);
            wait::observe(Duration::from_millis(200))?;
            is_drawn.then(|| screen.part(within(area, AROUND))).transpose()
        })
    }

    /// The bar as it is now that nothing else is about to change it.
    fn picture_of_bar(&mut self, name: &str) -> Result<()> {
        if name != "bar-asking" {
            self.browser.wait("nothing to be asked", NOT_ASKED, SOON)?;
        }
        let bar = wait::until("the bar", SOON, || {
            Ok(windows::of_class(self.desktop.screen(), "rendezvous-bar")?.into_iter().next())
        })?;
        // It is painted anew within this time.
        wait::observe(DEAF)?;
        let bar =
            windows::of_class(self.desktop.screen(), "rendezvous-bar")?.into_iter().next().unwrap_or(bar);
        let drawn = self.drawn(bar.area)?;
        self.album.keep_question(name, &drawn)
    }

    fn presses(&self, keys: &[u32]) -> Result<()> {
        // A chord is held together; other keys are one after the other.
        self.desktop.person()?.chord(keys)
    }

    fn types(&self, text: &str) -> Result<()> {
        text.chars().try_for_each(|letter| self.presses(&[u32::from(letter)]))
    }

    /// Presses this key now and then, until it has done something.
    fn presses_until(&mut self, key: u32, mut is_done: impl FnMut(&mut Self) -> Result<bool>) -> Result<()> {
        wait::until("a press to be heard", SOON, || {
            self.presses(&[key])?;
            wait::observe(DEAF)?;
            Ok(is_done(self)?.then_some(()))
        })
    }

    fn presses_until_gone(&mut self, window: &Seen, before: &[u32], key: u32) -> Result<()> {
        before.iter().try_for_each(|key| self.presses(&[*key]))?;
        let window = window.window;
        let is_gone = |play: &mut Self| {
            let all = windows::of_class(play.desktop.screen(), "rendezvous")?;
            Ok(!all.iter().any(|seen| seen.window == window))
        };
        if is_gone(self)? {
            return Ok(());
        }
        self.presses_until(key, is_gone).with_context(|| {
            let stuck = self.album.path("stays.png");
            let kept = Picture::of(self.desktop.screen()).and_then(|screen| screen.save(&stuck));
            format!("window {window:#x} stays: {} {kept:?}", stuck.display())
        })
    }

    /// From the safe answer, which has the keyboard, to the one beside it.
    fn allows(&mut self, window: &Seen) -> Result<()> {
        self.presses_until_gone(window, &[TAB], ENTER)
    }

    /// From the last word past the safe answer.
    fn allows_from_the_words(&mut self, window: &Seen) -> Result<()> {
        self.presses_until_gone(window, &[TAB, TAB], ENTER)
    }

    /// Chooses one of three, counted from one, and goes on.
    fn chooses(&mut self, window: &Seen, which: usize) -> Result<()> {
        // From the safe answer up to it, and down again past the others and the safe answer.
        let way = 4 - which;
        (0..way).try_for_each(|_| self.presses(&[UP]))?;
        wait::until("the choice to be heard", SOON, || {
            self.presses(&[ENTER])?;
            (0..=way).try_for_each(|_| self.presses(&[TAB]))?;
            self.presses(&[ENTER])?;
            wait::observe(DEAF)?;
            let all = windows::of_class(self.desktop.screen(), "rendezvous")?;
            if !all.iter().any(|seen| seen.window == window.window) {
                return Ok(Some(()));
            }
            (0..=way).try_for_each(|_| self.presses(&[UP]))?;
            Ok(None)
        })
    }

    /// Closes whatever only tells something.
    fn closes(&mut self) -> Result<()> {
        self.presses(&[ESCAPE])?;
        wait::until("no window of ours but the bar", SOON, || {
            let all = windows::of_class(self.desktop.screen(), "rendezvous")?;
            Ok(all.iter().all(|seen| seen.class == "rendezvous-bar").then_some(()))
        })
    }

    fn page_says(&mut self, what: &str, state: &str) -> Result<bool> {
        Ok(self.browser.evaluate(&format!("document.body.dataset.{what}"))? == state)
    }

    fn goes_to_the_bar(&self) -> Result<()> {
        self.presses(&TO_THE_BAR)?;
        wait::until("the keyboard to be at the bar", SOON, || {
            let bar = windows::of_class(self.desktop.screen(), "rendezvous-bar")?;
            Ok(bar.iter().any(|seen| seen.has_keyboard).then_some(()))
        })
    }

    /// By keyboard, at the second of its buttons.
    fn stops_on_the_bar(&mut self) -> Result<()> {
        self.goes_to_the_bar()?;
        self.presses(&[TAB])?;
        self.presses(&[ENTER])?;
        let novice = self.novice.as_mut().context("the novice has asked")?;
        novice.expect("The help is over.", SOON)?;
        let status = novice.wait_exit(SOON)?;
        ensure!(status.success(), "the novice's program ended with {status:?}");
        Ok(())
    }

    fn two_days_pass(&self) -> Result<()> {
        people::two_days_pass(&self.novice_place)?;
        people::two_days_pass(&self.expert_place)
    }
}

/// Whether the page says that the person answers something.
const NOT_ASKED: &str = "document.querySelector('#away').hidden";

/// As if the expert had chosen one in the dialogue of their browser.
const CHOOSE_A_FILE: &str = "(() => { const chosen = new DataTransfer(); \
    chosen.items.add(new File(['A list of what to bring.'], 'Holiday plan.txt', { type: 'text/plain' })); \
    const input = document.querySelector('#files-input'); input.files = chosen.files; \
    input.dispatchEvent(new Event('change')); })()";

/// The part of it that is on the screen, with so much around it.
fn within(area: Area, more: i16) -> Area {
    let screen = super::first();
    let (left, top) = ((area.x - more).max(0), (area.y - more).max(0));
    let end = |start: i16, length: u16, most: u16| {
        let end = start.saturating_add_unsigned(length).saturating_add(more);
        end.min(i16::try_from(most).unwrap_or(i16::MAX))
    };
    let (right, bottom) = (end(area.x, area.width, screen.width), end(area.y, area.height, screen.height));
    Area { x: left, y: top, width: right.abs_diff(left), height: bottom.abs_diff(top) }
}
