//! The demo in one terminal: both people's terminals in this one, the page in a browser elsewhere.

use std::io::{BufRead as _, IsTerminal as _, stdin};
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use rendezvous_testkit::terminal::Person;
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;

use super::desktop::Desktop;
use super::meeting::{Meeting, Way};
use super::people::{self, QUESTION, Shown, WORDS};
use crate::say;

/// Nobody plays longer.
const DAY: Duration = Duration::from_hours(24);

/// Shows a desktop of the demo's own, or the screen that you are looking at.
pub(crate) fn run(program: &Path, way: Way, my_screen: bool) -> Result<()> {
    ensure!(
        stdin().is_terminal(),
        "there is nobody at the terminal to play the two people; `cargo xtask demo --check` plays them by itself"
    );
    let desktop = match my_screen {
        true => None,
        false => Some(Desktop::start(XServer::xvfb(1280, 720)?)?),
    };
    let screen = desktop.as_ref().map_or(Shown::Mine, |desktop| desktop.screen().into());
    let Meeting { novice, expert, server: _server } = Meeting::arrange(way, program)?;
    let _novice_agent = people::start_novice(&novice, screen)?;
    let expert_agent = people::start_expert(&expert)?;
    say::line(INSTRUCTIONS);
    if my_screen {
        say::line(ELSEWHERE);
    }

    let mut table = Table {
        helped: Seat::new("helped", people::ask(&novice, &expert, screen)?),
        helper: Seat::new("helper", expert_agent),
        keyboard: read_keyboard()?,
    };
    let end = wait::until("you", DAY, || table.turn());
    // Ctrl-C is how one leaves, not a failure.
    if wait::is_interrupted() { Ok(()) } else { end }
}

const INSTRUCTIONS: &str = "
You play both people, in this terminal. What each of them reads begins with \"helped |\" or \"helper |\".
What you type goes to the one who is asked, and else to the one who is helped. Ctrl-C ends the demo.

The two have never met. So the helper reads three words, which you type for the helped; then the helper is asked
whether they heard that they were right. After both said yes, the helper is told the address of their page, and the line to type on a computer with a browser.
The picture itself comes to that browser straight from this computer, over UDP.
Whoever was met today has to wait ten minutes before they may ask for control.
";

const ELSEWHERE: &str = "\
It is your own screen that is shown. Open the page on another computer only: on this screen it would show itself in itself
without end. Everything that the page may do, it does here: \"t\" takes control back, Esc three times stops it all.
";

/// Both people at one table.
struct Table {
    helped: Seat,
    helper: Seat,
    keyboard: Receiver<String>,
}

/// One of them.
struct Seat {
    name: &'static str,
    person: Person,
    /// The beginning of a line that is not complete yet.
    line: String,
    shown: String,
    is_asked: bool,
}

impl Table {
    /// Shows what is new and hands on what was typed. Gives a value when the helped person's program has ended.
    fn turn(&mut self) -> Result<Option<()>> {
        let is_over = self.helped.person.has_ended()?;
        for seat in [&mut self.helper, &mut self.helped] {
            seat.show();
        }
        if let Ok(line) = self.keyboard.try_recv() {
            // Both are asked at once only when words are compared: first they are typed, then it is said that they were.
            let helper = self.helper.is_asked && !self.helped.is_asked;
            let seat = if helper { &mut self.helper } else { &mut self.helped };
            seat.is_asked = false;
            seat.person.type_line(&line)?;
        }
        Ok(is_over.then_some(()))
    }
}

impl Seat {
    fn new(name: &'static str, person: Person) -> Self {
        Self { name, person, line: String::new(), shown: String::new(), is_asked: false }
    }

    fn show(&mut self) {
        self.line.push_str(&self.person.read_on());
        while let Some(end) = self.line.find('\n') {
            let line: String = self.line.drain(..=end).collect();
            self.show_line(line.trim_end());
        }
        // A question waits on a line of its own.
        if self.line.contains(QUESTION) || self.line.contains(WORDS) {
            self.is_asked = true;
            let line = std::mem::take(&mut self.line);
            self.show_line(line.trim_end());
        }
    }

    /// Progress is written over on a terminal; here a line that only counts on is not worth another.
    fn show_line(&mut self, line: &str) {
        let without_figures: String = line.chars().filter(|character| !character.is_ascii_digit()).collect();
        if without_figures != self.shown || without_figures.is_empty() {
            say::line(format_args!("{} | {line}", self.name));
        }
        self.shown = without_figures;
    }
}

fn read_keyboard() -> Result<Receiver<String>> {
    let (tell, lines) = mpsc::channel();
    // The thread waits for a line that may never come, and ends with the process.
    thread::Builder::new().name("keyboard".into()).spawn(move || {
        for line in stdin().lock().lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    })?;
    Ok(lines)
}
