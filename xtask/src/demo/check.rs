//! `cargo xtask demo --check`: both people played by this program, at their terminals and in the browser, with
//! every step checked against the X server itself.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::hand::{CONTROL, Hand, Watch};
use rendezvous_testkit::process::{Log, Process};
use rendezvous_testkit::screen::Picture;
use rendezvous_testkit::terminal::Person;
use rendezvous_testkit::wait;
use rendezvous_testkit::xmpp::Prosody;
use rendezvous_testkit::xserver::XServer;

use super::Pictures;
use super::desktop::Desktop;
use super::meeting::{Meeting, Way};
use super::people::{self, HOME, Place, QUESTION};
use crate::browser::Browser;
use crate::repo::{self, Profile};
use crate::{processes, say, stages};

/// Long for a program, short for a person: how long each step may take on a busy machine.
const SOON: Duration = Duration::from_secs(30);

/// What the expert writes into the novice's editor: letters of both cases, digits, signs with and without Shift.
const SENTENCE: &str = "Hello from far away: 2 + 2 = 4, isn't it?";

/// The size of the novice's screen.
const SCREEN: (u16, u16) = (1280, 720);

/// Plays the demo and checks it.
pub(crate) fn check(pictures: Pictures, way: Way) -> Result<()> {
    let program = repo::build_program(Profile::Debug)?;
    fetch_browser_driver()?;
    let mut play = Play::set_up(&program, pictures, way)?;
    play.ask_and_accept()?;
    play.show_the_screen()?;
    play.ask_for_control()?;
    play.type_into_the_editor()?;
    play.take_back()?;
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
    pictures: PathBuf,
    // Last, so that everybody has signed off before.
    _server: Option<Prosody>,
}

impl Play {
    fn set_up(program: &Path, pictures: Pictures, way: Way) -> Result<Self> {
        step("the novice's desktop: window manager, terminal, editor");
        let desktop = Desktop::start(XServer::xvfb(SCREEN.0, SCREEN.1)?)?;
        step("both agents");
        let Meeting { novice: novice_place, expert: expert_place, server } = Meeting::arrange(way, program)?;
        let novice_agent = people::start_novice(&novice_place, desktop.screen())?;
        let expert_agent = people::start_expert(&expert_place)?;
        let browser = Browser::start("demo", 1280, 800)?;
        let pictures = pictures.directory()?;
        Ok(Self {
            browser,
            novice: None,
            novice_agent,
            expert_agent,
            novice_place,
            expert_place,
            desktop,
            pictures,
            _server: server,
        })
    }

    fn ask_and_accept(&mut self) -> Result<()> {
        step("the novice asks, the expert says yes");
        let novice = people::ask(&self.novice_place, &self.expert_place, self.desktop.screen())?;
        let novice = self.novice.insert(novice);
        self.expert_agent.expect(QUESTION, SOON)?;
        self.expert_agent.type_line("y")?;
        step("they have never met: the expert reads three words, the novice types them");
        people::compare_words(novice, &mut self.expert_agent, SOON)?;
        novice.expect("has answered.", SOON)?;
        novice.expect(QUESTION, SOON)?;
        let page = people::page_address(&mut self.expert_agent, SOON)?;
        ensure!(page.starts_with("file:///"), "the page is given as a private file, not as {page:?}");
        self.browser.open(&page)?;
        self.browser.wait("the page to begin", "document.querySelector('#picture') !== null", SOON)?;
        self.await_view("asked")?;
        self.browser.evaluate("observer.watch('#picture')")?;
        ensure!(
            self.browser.number("observer.frames")? == 0.0,
            "a picture was shown before the novice allowed it"
        );
        Ok(())
    }

    fn show_the_screen(&mut self) -> Result<()> {
        step("the novice shows the screen, the expert sees it");
        self.novice()?.type_line("y")?;
        self.await_view("granted")?;
        self.browser.wait("five pictures", "observer.frames >= 5", SOON)?;
        let unlike = wait::until("the picture to be the novice's screen", SOON, || self.compare())
            .context("the expert sees something else")?;
        say::line(format_args!("     of 64 x 36 places {unlike} differ, where the terminal scrolls"));
        self.save("page")?;
        Picture::of(self.desktop.screen())?.save(&self.pictures.join("desktop.png"))
    }

    /// How many places differ between the expert's picture and the novice's screen, when they are alike.
    fn compare(&mut self) -> Result<Option<usize>> {
        const GRID: (usize, usize) = (64, 36);
        // A place may differ by this much of 255 for the encoder's sake.
        const NEAR: u8 = 24;
        let seen = self.browser.evaluate(&format!("observer.brightness({}, {})", GRID.0, GRID.1))?;
        let seen: Vec<_> = seen
            .as_array()
            .into_iter()
            .flatten()
            .map(|cell| cell.as_u64().and_then(|cell| u8::try_from(cell).ok()).unwrap_or(0))
            .collect();
        let real = Picture::of(self.desktop.screen())?.brightness(GRID.0, GRID.1);
        ensure!(seen.len() == real.len(), "the picture has {} places instead of {}", seen.len(), real.len());
        let (darkest, lightest) =
            (real.iter().min().copied().unwrap_or(0), real.iter().max().copied().unwrap_or(0));
        ensure!(lightest - darkest > 100, "the desktop is too uniform to tell a picture from none");
        let unlike = seen.iter().zip(&real).filter(|(seen, real)| seen.abs_diff(**real) > NEAR).count();
        Ok((unlike < real.len() / 20).then_some(unlike))
    }

    fn ask_for_control(&mut self) -> Result<()> {
        step("the expert asks for control, the novice allows it");
        let mut watch = Watch::on(self.desktop.screen())?;
        let editor = self.desktop.editor().middle();
        self.browser.click_picture(editor)?;
        self.browser.click("#ask-control")?;
        self.await_control("pending")?;
        self.novice()?.expect(QUESTION, SOON)?;
        ensure!(
            watch.seen()? == Default::default(),
            "something was typed or moved before the novice allowed it"
        );
        self.novice()?.type_line("y")?;
        self.await_control("granted")
    }

    fn type_into_the_editor(&mut self) -> Result<()> {
        step("the expert types a sentence into the editor");
        let mut watch = Watch::on(self.desktop.screen())?;
        let editor = self.desktop.editor().middle();
        self.browser.click_picture(editor)?;
        self.browser.type_text(SENTENCE)?;
        self.browser.press("Control+A")?;
        self.browser.press("Control+C")?;
        self.await_clipboard()?;
        let seen = watch.seen()?;
        let keys = u32::try_from(SENTENCE.len()).context("a sentence is short")?;
        ensure!(seen.buttons >= 1 && seen.keys >= keys, "the watch saw only {seen:?}");
        say::line(format_args!("     the X server has it: {SENTENCE:?}"));
        self.save("control")
    }

    fn take_back(&mut self) -> Result<()> {
        step("the novice takes control back: nothing more gets through");
        self.novice()?.expect("[t] Take back", SOON)?;
        self.novice()?.press("t")?;
        self.await_control("revoked")?;
        let mut watch = Watch::on(self.desktop.screen())?;
        let before = self.browser.number("observer.frames")?;
        let editor = self.desktop.editor().middle();
        self.browser.click_picture(editor)?;
        self.browser.type_text("This must not arrive.")?;
        self.browser.press("Backspace")?;
        // The picture goes on; what was typed had the time of ten pictures to arrive.
        let ten_more = format!("observer.frames >= {}", before + 10.0);
        self.browser.wait("ten more pictures", &ten_more, SOON)?;
        let seen = watch.seen()?;
        ensure!(seen == Default::default(), "after control was taken back, the X server still saw {seen:?}");

        // The novice's own hand copies the text again: it is what it was, and the watch does see hands.
        self.desktop.overwrite_clipboard("something else")?;
        let hand = Hand::on(self.desktop.screen())?;
        hand.chord(&[CONTROL, u32::from(b'a')])?;
        hand.chord(&[CONTROL, u32::from(b'c')])?;
        self.await_clipboard()?;
        ensure!(watch.seen()?.keys >= 4, "the watch is blind");
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        step("the novice ends it, both sides say so");
        self.novice()?.expect("[s] Stop", SOON)?;
        self.novice()?.press("s")?;
        self.novice()?.expect("The help is over.", SOON)?;
        let ended = "(() => { const ended = document.querySelector('#ended'); \
            return ended?.checkVisibility() && ended.innerText.trim().length > 10; })()";
        self.browser.wait("the page to say that it is over", ended, SOON)?;
        let said = self.browser.evaluate("document.querySelector('#ended').innerText")?;
        say::line(format_args!("     the page says: {said}"));
        self.save("ended")?;
        let status = self.novice()?.wait_exit(SOON)?;
        ensure!(status.success(), "the novice's program ended with {status:?}");
        Ok(())
    }

    /// Both agents are idle, and leave nothing behind.
    fn leave(mut self) -> Result<()> {
        step("both agents are idle, and nothing is left when they go");
        for place in [&self.novice_place, &self.expert_place] {
            let list = self.pictures.join("sessions.json");
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

    fn await_clipboard(&self) -> Result<()> {
        let mut last = None;
        wait::until("the sentence to be in the novice's clipboard", SOON, || {
            last = self.desktop.clipboard()?;
            Ok((last.as_deref() == Some(SENTENCE)).then_some(()))
        })
        .with_context(|| format!("there is {last:?} instead of {SENTENCE:?}"))
    }

    fn save(&mut self, name: &str) -> Result<()> {
        self.browser.screenshot(&self.pictures.join(format!("{name}.png")))
    }
}

fn left_over(place: &Place) -> String {
    let left = processes::with_environment(HOME, &place.home()).unwrap_or_default();
    format!("still running: {}", left.into_iter().map(processes::describe).collect::<Vec<_>>().join(", "))
}

fn step(what: &str) {
    say::line(format_args!("  -> {what}"));
}
