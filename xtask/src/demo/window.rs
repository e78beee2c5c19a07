//! The demo with a display: the novice's desktop in a window, and two terminals for the two people you play.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;

use super::desktop::Desktop;
use super::meeting::{Meeting, Way};
use super::people;
use crate::say;

/// Nobody plays longer.
const DAY: Duration = Duration::from_hours(24);

pub(crate) fn run(program: &Path, way: Way) -> Result<()> {
    let mut desktop = Desktop::start(XServer::xephyr("The screen of the person who is helped", 1280, 720)?)?;
    let Meeting { novice, expert, server: _server } = Meeting::arrange(way, program)?;
    let _novice_agent = people::start_novice(&novice, desktop.screen())?;

    let mut expert_window = open(&terminal("You, who help", "100x22-0-0", expert.agent().words()))?;
    expert.wait_reachable()?;
    expert.make_visible()?;
    let ask = novice.launch(["ask", &expert.address()]).envs(desktop.screen().environment());
    // Your own mouse and keyboard are real ones on that screen, so that you can answer there.
    let ask = ask.env("RENDEZVOUS_ASK", "window");
    let mut novice_window = open(&terminal("You, who are helped", "100x20+0-0", again_and_again(&ask)))?;

    say::line(INSTRUCTIONS);
    let end = wait::until("you", DAY, || {
        // Whoever was met today would have to wait for control; in the next call they are old acquaintances.
        people::two_days_pass(&novice)?;
        let is_open = novice_window.check_running().is_ok()
            && expert_window.check_running().is_ok()
            && desktop.screen_mut().check_running().is_ok();
        Ok((!is_open).then_some(()))
    });
    // Ctrl-C is how one leaves, not a failure.
    if wait::is_interrupted() { Ok(()) } else { end }
}

fn open(window: &Launch) -> Result<Process> {
    Process::start(window, Log::Nowhere)
}

const INSTRUCTIONS: &str = "
You play both people. Three windows have opened:

  The screen of the person who is helped   a desktop with a terminal and an editor
  You, who are helped                      their terminal: it is asking for help
  You, who help                            the other person's terminal

  1. In \"You, who help\", answer the call: y.        Three words appear there, as the two have never met.
  2. On the screen of the person who is helped a window asks for these words: type them there.
     In \"You, who help\", say that you heard it: y. Your page opens in the browser.
  3. On that screen, press *Show my screen*. The page shows the desktop, and a bar on it says so.
  4. On the page, ask for control: it is refused, since they have only just met, and a window there says for how long.
     Press *Stop* on the bar. In \"You, who are helped\", press Enter to ask again: in this demo that is two days later.
  5. Ask for control again; on that screen, say how it began, and allow it. The page does not see these questions.
     Type into the editor.
     The page's other tools ask for what you copy, for files and for drawing, each in a window of its own.
  6. On the bar, press *Take back*, then *Stop*. At the end, look at the record.

Close a window, or press Ctrl-C here, to end the demo.";

/// A terminal window on your own display, with a program in it that may be meant for another.
fn terminal(title: &str, geometry: &str, words: impl IntoIterator<Item = OsString>) -> Launch {
    Launch::new("xterm")
        .args(["-T", title, "-geometry", geometry, "-fa", "DejaVu Sans Mono", "-fs", "10", "-e"])
        .args(words)
}

/// Runs a program again each time you press Enter, so that the words at the end can be read.
fn again_and_again(program: &Launch) -> impl Iterator<Item = OsString> {
    const LOOP: &str = "while :; do \"$@\"; \
        printf '\\nPress Enter to ask again, or close this window. '; read -r line || exit 0; done";
    ["sh", "-c", LOOP, "sh"].into_iter().map(OsString::from).chain(program.words())
}
