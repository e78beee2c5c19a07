//! `cargo xtask demo --check`: both people played by this program, at their terminals and in the browser, with
//! every step checked against the X server itself.

mod away;
mod beside;
mod browsers;
mod help;
mod looks;
mod questions;

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::machines::Machines;
use rendezvous_testkit::process::{Log, Process};
use rendezvous_testkit::screen::{Area, Picture};
use rendezvous_testkit::terminal::Person;
use rendezvous_testkit::wait;
use rendezvous_testkit::xmpp::Prosody;

use super::Pictures;
use super::desktop::{Desktop, MONITORS};
use super::meeting::{EXPERTS, Meeting, Way};
use super::people::{self, HOME, Place};
use crate::browser::Browser;
use crate::repo::{self, Profile};
use crate::{processes, say, stages};
use looks::Album;

pub(crate) use browsers::check_browsers;

/// Long for a program, short for a person: how long each step may take on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// The size of the expert's window.
const WINDOW: (u32, u32) = (1280, 776);

/// Plays the demo and checks it.
pub(crate) fn check(pictures: Pictures, way: Way) -> Result<()> {
    play(&repo::build_program(Profile::Debug)?, pictures, way)
}

/// Plays a help in windows, and checks that the person is asked and told what they should be.
pub(crate) fn check_questions(pictures: Pictures) -> Result<()> {
    let program = repo::build_program(Profile::Debug)?;
    fetch_browser_driver()?;
    questions::play(Play::in_windows(&program, pictures)?)
}

/// Plays it with a program as people install it.
pub(crate) fn check_installed(program: &Path) -> Result<()> {
    play(program, Pictures::Scratch, Way::Nearby)
}

fn play(program: &Path, pictures: Pictures, way: Way) -> Result<()> {
    fetch_browser_driver()?;
    let mut play = Play::set_up(program, pictures, way)?;
    play.meet()?;
    play.ask_and_accept()?;
    play.show_the_screen()?;
    play.look_at_the_page()?;
    play.write_to_each_other()?;
    play.change_screens()?;
    play.ask_for_control()?;
    play.type_into_the_editor()?;
    play.take_back()?;
    play.pause_and_go_on()?;
    play.lose_the_network()?;
    play.end()?;
    play.leave()
}

/// Installs what drives the browser, where it is not there yet.
pub(crate) fn fetch_browser_driver() -> Result<()> {
    if repo::root().join("viewer/node_modules/playwright-core").exists() {
        return Ok(());
    }
    repo::run(&stages::npm().arg("ci"), Duration::from_mins(5))
}

struct Play {
    browser: Browser,
    novice: Option<Person>,
    novice_agent: Person,
    expert_agent: Person,
    novice_place: Place,
    expert_place: Place,
    desktop: Desktop,
    album: Album,
    /// The machines of both, or why there is only this one.
    machines: Result<Rc<Machines>, String>,
    // Last, so that everybody has signed off before.
    _server: Option<Prosody>,
}

impl Play {
    fn set_up(program: &Path, pictures: Pictures, way: Way) -> Result<Self> {
        step("the novice's desktop, on two monitors: window manager, terminal, editor");
        let desktop = Desktop::start_on_two_monitors()?;
        let machines = machines_for(way)?;
        step(match machines {
            Ok(_) => "both agents, each on a machine of its own",
            Err(_) => "both agents",
        });
        let meeting = match &machines {
            Ok(machines) => Meeting::apart(program, machines)?,
            Err(_) => Meeting::arrange(way, program)?,
        };
        Self::begin("demo", desktop, meeting, machines, pictures)
    }

    /// The novice is asked in windows. Both have accounts, since only an address that outlives a device shows what happens
    /// when somebody comes with another one.
    fn in_windows(program: &Path, pictures: Pictures) -> Result<Self> {
        step("once more, in windows: the novice's desktop, and somebody who sits at it");
        let desktop = Desktop::start_for_a_person()?;
        let meeting = Meeting::arrange(Way::Xmpp, program)?;
        let machines = Err("their server is on this one".to_owned());
        Self::begin("questions", desktop, meeting, machines, pictures)
    }

    fn begin(
        name: &str,
        desktop: Desktop,
        meeting: Meeting,
        machines: Result<Rc<Machines>, String>,
        pictures: Pictures,
    ) -> Result<Self> {
        let Meeting { novice: novice_place, expert: expert_place, server } = meeting;
        let novice_agent = people::start_novice(&novice_place, desktop.screen())?;
        let expert_agent = people::start_expert(&expert_place)?;
        expert_place.knows("Maria", &novice_place)?;
        novice_place.knows("Karl", &expert_place)?;
        let browser = Browser::start_as(name, WINDOW, |launch| match &machines {
            Ok(machines) => machines.on(EXPERTS, &launch),
            Err(_) => launch,
        })?;
        let album = Album::open(pictures)?;
        Ok(Self {
            browser,
            novice: None,
            novice_agent,
            expert_agent,
            novice_place,
            expert_place,
            desktop,
            album,
            machines,
            _server: server,
        })
    }

    /// Both agents are idle, and leave nothing behind.
    fn leave(mut self) -> Result<()> {
        step("both agents are idle, and nothing is left when they go");
        for place in [&self.novice_place, &self.expert_place] {
            let list = self.album.path("sessions.json");
            let launch = place.launch(["sessions", "--json"]);
            wait::until("the agent to have no session left", SOON, || {
                let status = Process::start(&launch, Log::File(&list))?.wait_exit(SOON)?;
                let said = std::fs::read_to_string(&list)?;
                ensure!(status.success(), "`{}` failed ({status}): {said}", launch.line());
                Ok((said.trim() == "[]").then_some(()))
            })?;
            std::fs::remove_file(&list)?;
        }
        for agent in [&mut self.novice_agent, &mut self.expert_agent] {
            agent.interrupt()?;
            agent.wait_exit(SOON)?;
        }
        for place in [&self.novice_place, &self.expert_place] {
            wait::until("every program to have ended", SOON, || {
                Ok(processes::with_environment(HOME, &place.home())?.is_empty().then_some(()))
            })
            .with_context(|| left_over(place))?;
        }
        Ok(())
    }

    fn novice(&mut self) -> Result<&mut Person> {
        self.novice.as_mut().context("the novice has not asked yet")
    }

    fn await_view(&mut self, state: &str) -> Result<()> {
        self.await_state("view", state)
    }

    fn await_control(&mut self, state: &str) -> Result<()> {
        self.await_state("control", state)
    }

    fn await_state(&mut self, what: &str, state: &str) -> Result<()> {
        let is_it = format!("document.body.dataset.{what} === '{state}'");
        let words = format!("the page to show {what} as {state}");
        if let Err(error) = self.browser.wait(&words, &is_it, SOON) {
            let shown = self.browser.evaluate("JSON.stringify({ ...document.body.dataset })")?;
            let novice = self.novice.as_ref().map(Person::screen).unwrap_or_default();
            let expert = self.expert_agent.screen();
            return Err(error.context(format!(
                "the page is at {shown}\nthe novice's terminal:\n{novice}\nthe expert's terminal:\n{expert}\n"
            )));
        }
        Ok(())
    }

    /// Waits until the expert sees what is on this part of the novice's screen, and tells how many of 2304 places differ.
    fn await_likeness(&mut self, of: Area) -> Result<usize> {
        wait::until("the picture to be the novice's screen", SOON, || self.compare(of))
            .context("the expert sees something else")
    }

    /// How many places differ between the expert's picture and the novice's screen, when they are alike.
    fn compare(&mut self, area: Area) -> Result<Option<usize>> {
        const GRID: (usize, usize) = (64, 36);
        // A place may differ by this much of 255 for the encoder's sake.
        const NEAR: u8 = 24;
        let size = self.browser.evaluate("[observer.surface.videoWidth, observer.surface.videoHeight]")?;
        if size != serde_json::json!([area.width, area.height]) {
            return Ok(None);
        }
        let seen = self.browser.evaluate(&format!("observer.brightness({}, {})", GRID.0, GRID.1))?;
        let seen: Vec<_> = seen
            .as_array()
            .into_iter()
            .flatten()
            .map(|cell| cell.as_u64().and_then(|cell| u8::try_from(cell).ok()).unwrap_or(0))
            .collect();
        let real = Picture::of(self.desktop.screen())?.part(area)?.brightness(GRID.0, GRID.1);
        ensure!(seen.len() == real.len(), "the picture has {} places instead of {}", seen.len(), real.len());
        let (darkest, lightest) =
            (real.iter().min().copied().unwrap_or(0), real.iter().max().copied().unwrap_or(0));
        ensure!(lightest - darkest > 100, "the desktop is too uniform to tell a picture from none");
        let unlike = seen.iter().zip(&real).filter(|(seen, real)| seen.abs_diff(**real) > NEAR).count();
        Ok((unlike < real.len() / 20).then_some(unlike))
    }

    /// Waits until more pictures have come.
    fn await_pictures(&mut self, more: u32) -> Result<()> {
        let before = self.browser.number("observer.frames")?;
        let enough = format!("observer.frames >= {}", before + f64::from(more));
        self.browser.wait("more pictures", &enough, SOON)
    }

    fn save(&mut self, name: &str) -> Result<()> {
        self.album.take(&mut self.browser, name)
    }
}

/// The first of the novice's monitors.
fn first() -> Area {
    MONITORS[0].1
}

/// Machines of this system for the two, or why there are none.
fn machines_for(way: Way) -> Result<Result<Rc<Machines>, String>> {
    match way {
        Way::Nearby => Ok(Machines::new()?.map(Rc::new)),
        Way::Xmpp => Ok(Err("their server is on this one".to_owned())),
    }
}

fn left_over(place: &Place) -> String {
    let left = processes::with_environment(HOME, &place.home()).unwrap_or_default();
    format!("still running: {}", left.into_iter().map(processes::describe).collect::<Vec<_>>().join(", "))
}

fn step(what: &str) {
    say::line(format_args!("  -> {what}"));
}
