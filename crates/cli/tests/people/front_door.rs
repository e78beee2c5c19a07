//! The front door, as somebody uses it who types no command: two people at screens of their own, each with a keyboard. Outside
//! of each screen is the person.

mod chat;
mod seats;
mod sending;
mod settings;

use crate::alone::Someone;
use crate::house::SOON;
use crate::meeting::have_met_on;
use crate::reading_out::Ear;
use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_testkit::at_spi::AtSpi;
use rendezvous_testkit::hand::Hand;
use rendezvous_testkit::process::{Log, Process};
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;
use rendezvous_trust::code::Offer;
use seats::Seat;
use std::fs;
use std::rc::Rc;
use std::time::Duration;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, MapState};
use x11rb::rust_connection::RustConnection;

const TAB: u32 = 0xff09;
const ENTER: u32 = 0xff0d;
const ESCAPE: u32 = 0xff1b;
const SHIFT: u32 = 0xffe1;

/// A person at a screen.
struct AtScreen {
    someone: Someone,
    door: Option<Process>,
    display: RustConnection,
    hand: Hand,
    /// What programs play back on this screen.
    program: Hand,
    // Order matters: what is inside ends first.
    _inner: XServer,
    _outer: XServer,
    _seat: Rc<Seat>,
}

impl AtScreen {
    fn new(name: &'static str, more: &[(&'static str, String)]) -> Result<Self> {
        let seat = Seat::take();
        let outer = XServer::xvfb(1024, 800)?;
        let inner = outer.xephyr_inside(1000, 780)?;
        let mut surroundings = inner.environment().to_vec();
        surroundings.extend([("RENDEZVOUS_ASK", "window".to_owned()), ("LANG", "C.UTF-8".to_owned())]);
        surroundings.extend_from_slice(more);
        Ok(Self {
            someone: Someone::with(name, surroundings)?,
            door: None,
            display: inner.connect()?,
            hand: Hand::on(&outer)?,
            program: Hand::on(&inner)?,
            _inner: inner,
            _outer: outer,
            _seat: seat,
        })
    }

    fn opens_the_door(&mut self) -> Result<()> {
        let log = self.someone.home().join("open.log");
        self.door = Some(Process::start(&self.someone.launch(&["open"]), Log::File(&log))?);
        self.sees("Welcome.")?;
        // The first is the one without an account.
        self.presses_until(&[ENTER], "What would you like to do?")
    }

    /// Opens it once more, after the window was gone.
    fn opens_again(&mut self, title: &str) -> Result<()> {
        let log = self.someone.home().join("open-again.log");
        self.door = Some(Process::start(&self.someone.launch(&["open"]), Log::File(&log))?);
        self.sees(title)
    }

    /// The titles of all our windows that are on the screen.
    fn titles(&self) -> Result<Vec<String>> {
        let root = self.display.setup().roots[0].root;
        let (name, text) = (self.atom("_NET_WM_NAME")?, self.atom("UTF8_STRING")?);
        let mut titles = Vec::new();
        for window in self.display.query_tree(root)?.reply()?.children {
            // One that goes meanwhile has no title.
            let Ok(attributes) = self.display.get_window_attributes(window)?.reply() else { continue };
            let Ok(title) = self.display.get_property(false, window, name, text, 0, 256)?.reply() else {
                continue;
            };
            let class =
                self.display.get_property(false, window, AtomEnum::WM_CLASS, AtomEnum::STRING, 0, 64)?;
            let is_ours = class.reply().is_ok_and(|class| class.value.starts_with(b"rendezvous"));
            if is_ours && attributes.map_state == MapState::VIEWABLE {
                titles.push(String::from_utf8_lossy(&title.value).into_owned());
            }
        }
        Ok(titles)
    }

    /// Asks the window with this title to go, as a manager of windows does.
    fn closes(&self, text: &str) -> Result<()> {
        let root = self.display.setup().roots[0].root;
        let (name, kind) = (self.atom("_NET_WM_NAME")?, self.atom("UTF8_STRING")?);
        let (protocols, close) = (self.atom("WM_PROTOCOLS")?, self.atom("WM_DELETE_WINDOW")?);
        for window in self.display.query_tree(root)?.reply()?.children {
            let title = self.display.get_property(false, window, name, kind, 0, 256)?.reply();
            if title.is_ok_and(|title| String::from_utf8_lossy(&title.value).contains(text)) {
                let event = ClientMessageEvent::new(32, window, protocols, [close, 0, 0, 0, 0]);
                self.display.send_event(false, window, EventMask::NO_EVENT, event)?.check()?;
                return Ok(());
            }
        }
        bail!("there is no window with {text:?}")
    }

    fn atom(&self, name: &str) -> Result<u32> {
        Ok(self.display.intern_atom(false, name.as_bytes())?.reply()?.atom)
    }

    fn has(&self, text: &str) -> Result<bool> {
        Ok(self.titles()?.iter().any(|title| title.contains(text)))
    }

    fn sees(&self, text: &str) -> Result<()> {
        wait::until(format_args!("a window with {text:?}"), SOON, || Ok(self.has(text)?.then_some(())))
            .with_context(|| format!("there is {:?}", self.titles()))
    }

    fn sees_no_more(&self, text: &str) -> Result<()> {
        wait::until(format_args!("no window with {text:?}"), SOON, || Ok((!self.has(text)?).then_some(())))
    }

    fn presses(&self, keys: &[u32]) -> Result<()> {
        keys.iter().try_for_each(|key| self.hand.chord(&[*key]))
    }

    /// Presses once, when one of our windows has the keyboard, and then waits; how soon it is heard on a busy machine is not for a
    /// test to say.
    fn presses_until(&self, keys: &[u32], text: &str) -> Result<()> {
        self.has_a_keyboard()?;
        self.presses(keys)?;
        self.sees(text)
    }

    /// A window has its title before it has the keyboard.
    fn has_a_keyboard(&self) -> Result<()> {
        wait::until("the keyboard at a window of ours", SOON, || {
            let focus = self.display.get_input_focus()?.reply()?.focus;
            let class =
                self.display.get_property(false, focus, AtomEnum::WM_CLASS, AtomEnum::STRING, 0, 64)?;
            let is_ours = class.reply().is_ok_and(|class| class.value.starts_with(b"rendezvous"));
            Ok(is_ours.then_some(()))
        })
    }

    /// Whether the keyboard is at a window with this title: without a manager of windows the last one has it.
    fn has_keyboard(&self, text: &str) -> Result<bool> {
        let focus = self.display.get_input_focus()?.reply()?.focus;
        let (name, kind) = (self.atom("_NET_WM_NAME")?, self.atom("UTF8_STRING")?);
        let title = self.display.get_property(false, focus, name, kind, 0, 256)?.reply();
        Ok(title.is_ok_and(|title| String::from_utf8_lossy(&title.value).contains(text)))
    }

    fn is_asked(&self, text: &str) -> Result<()> {
        self.sees(text)?;
        wait::until(format_args!("the keyboard at {text:?}"), SOON, || {
            Ok(self.has_keyboard(text)?.then_some(()))
        })
    }

    /// Presses what allows, again and again until the window is gone: at first it is deaf.
    fn allows(&self, text: &str) -> Result<()> {
        self.is_asked(text)?;
        self.presses(&[TAB])?;
        wait::until(format_args!("{text:?} to be allowed"), SOON, || {
            if self.has_keyboard(text)? {
                self.presses(&[ENTER])?;
            }
            // A busy machine is not pressed again before it had the time to answer.
            for _ in 0..10 {
                std::thread::sleep(Duration::from_millis(200));
                if !self.has(text)? {
                    return Ok(Some(()));
                }
            }
            Ok(None)
        })
    }

    fn types(&self, text: &str) -> Result<()> {
        text.chars().try_for_each(|letter| match letter {
            // On the keyboards of these screens it is over the 2.
            '@' => self.hand.chord(&[SHIFT, u32::from(b'2')]),
            letter => self.hand.chord(&[u32::from(letter)]),
        })
    }

    /// Ends everything of this person.
    fn leaves(&mut self) -> Result<()> {
        if let Some(door) = self.door.take() {
            drop(door);
        }
        self.someone.does(&["agent", "stop"])?;
        Ok(())
    }

    fn says(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.someone.home().join(name)).unwrap_or_default();
        format!(
            "windows: {:?}\n----- the agent:\n{}\n----- the application:\n{}\n----- the door:\n{}\n",
            self.titles(),
            read("agent.log"),
            read("assist.log"),
            read("open.log")
        )
    }
}

/// Two who have met before; the novice calls the expert Anna.
fn scene(play: impl FnOnce(&mut AtScreen, &mut AtScreen) -> Result<()>) {
    scene_of(true, &[], play);
}

fn scene_of(
    have_met: bool,
    more: &[(&'static str, String)],
    play: impl FnOnce(&mut AtScreen, &mut AtScreen) -> Result<()>,
) {
    let mut novice = AtScreen::new("novice", more).expect("a screen");
    let mut expert = AtScreen::new("expert", more).expect("a screen");
    let result = begin(&mut novice, &mut expert, have_met).and_then(|()| play(&mut novice, &mut expert));
    let result = result.and_then(|()| novice.leaves()).and_then(|()| expert.leaves());
    if let Err(error) = result {
        panic!("{error:#}\n===== the novice: {}\n===== the expert: {}", novice.says(), expert.says());
    }
}

fn begin(novice: &mut AtScreen, expert: &mut AtScreen, have_met: bool) -> Result<()> {
    let place = expert.someone.is_reached_at()?;
    let (one, other) = (novice.someone.who()?, expert.someone.who()?);
    if have_met {
        have_met_on("nearby", (novice.someone.home(), &one), (expert.someone.home(), &other))?;
    } else {
        expert.someone.does(&["visible"])?;
    }
    novice.someone.does(&["add", "Anna", &place])?;
    novice.opens_the_door()
}

/// From the first page to the call.
fn asks_anna(novice: &AtScreen) -> Result<()> {
    novice.presses_until(&[ENTER], "Who is to help you?")?;
    novice.types("ann")?;
    novice.presses_until(&[ENTER], "Asking Anna for help…")
}

#[test]
fn needs_xephyr_a_contact_is_asked_says_yes_in_a_window_and_sees_the_screen_when_it_is_allowed() {
    scene(|novice, expert| {
        asks_anna(novice)?;
        expert.allows("asks you for help.")?;
        novice.sees("Anna is there.")?;
        novice.allows("Anna has answered.")?;
        // There is no browser in this scene, and that is said in a window with what to do.
        expert.sees("There is something to know.")?;
        novice.sees("Anna is there.")?;
        ensure!(!novice.has("The help is over.")?);
        // Three Escapes end it from anywhere.
        wait::until("the end", SOON, || {
            novice.presses(&[ESCAPE, ESCAPE, ESCAPE])?;
            std::thread::sleep(Duration::from_millis(300));
            novice.has("The help is over.").map(|over| over.then_some(()))
        })?;
        // The record is written when the application is gone.
        wait::until("a line of the record", SOON, || {
            let log = novice.someone.json(&["log", "--json"])?;
            Ok((log[0]["name"] == "Anna" && log[0]["seconds"].is_u64()).then_some(()))
        })
    });
}

#[test]
fn needs_xephyr_a_no_is_said_in_plain_words() {
    scene(|novice, expert| {
        asks_anna(novice)?;
        expert.is_asked("asks you for help.")?;
        // Escape is the safe answer.
        expert.presses(&[ESCAPE])?;
        novice.sees("Anna said: not now.")
    });
}

#[test]
fn needs_xephyr_a_call_is_withdrawn_and_the_question_goes() {
    scene(|novice, expert| {
        asks_anna(novice)?;
        expert.sees("asks you for help.")?;
        novice.presses_until(&[ESCAPE], "You withdrew it.")?;
        expert.sees_no_more("asks you for help.")
    });
}

#[test]
fn needs_xephyr_strangers_compare_words_in_windows_and_what_is_not_right_ends_it() {
    scene_of(false, &[], |novice, expert| {
        asks_anna(novice)?;
        expert.allows("asks you for help.")?;
        novice.is_asked("Make sure that this really is Anna.")?;
        expert.is_asked("Read these three words to")?;
        // Whoever reads them finds that something is not right.
        expert.presses(&[ESCAPE])?;
        novice.sees("It could not be made sure that this is Anna.")?;
        novice.sees_no_more("Make sure that this really is Anna.")?;
        let verified = novice.someone.json(&["verify", "--json"])?;
        ensure!(!verified.to_string().contains("Anna"), "{verified}");
        // The helper is told in a window, too.
        expert.sees("It could not be made sure")
    });
}

#[test]
fn needs_xephyr_needs_dbus_needs_at_spi_pages_are_read_out_and_strangers_meet_by_words_in_windows() {
    let at_spi = AtSpi::start().expect("a bus of screen readers");
    let ear = Ear::on(&at_spi).expect("a screen reader");
    let more = [("DBUS_SESSION_BUS_ADDRESS", at_spi.address().to_owned())];
    scene_of(false, &more, |novice, expert| {
        ear.hears("heading", "What would you like to do?")?;
        let tile = "Ask for help, Someone sees your screen, after you allowed it";
        ear.hears_focus(tile)?;
        // Whoever cannot see may press whatever is on a page: it decides nothing.
        ensure!(ear.presses(&ear.hears("button", tile)?)?);
        novice.sees("Who is to help you?")?;
        ear.hears_focus("Type a name to find somebody:")?;
        novice.types("ann")?;
        novice.presses_until(&[ENTER], "Asking Anna for help…")?;
        ear.hears("heading", "Asking Anna for help…")?;

        expert.allows("asks you for help.")?;
        novice.is_asked("Make sure that this really is Anna.")?;
        expert.is_asked("Read these three words to")?;
        // What is on one screen is said on the telephone, and typed at the other.
        let words = wait::until("the words to be read out", SOON, || {
            let labels = ear.all().into_iter().filter(|heard| heard.role == "label");
            Ok(labels.map(|label| label.name).find(|name| name.split("   ").count() == 3))
        })?;
        novice.types(&words.replace("   ", " "))?;
        // To the safe answer, and past it.
        novice.presses(&[ENTER])?;
        novice.allows("Make sure that this really is Anna.")?;
        novice.is_asked("The words are right.")?;
        expert.allows("Read these three words to")?;
        novice.allows("Anna has answered.")?;
        novice.sees("Anna is there.")?;
        let verified = novice.someone.json(&["contacts", "--json"])?;
        ensure!(verified[0]["name"] == "Anna" && verified[0]["verified"] == true, "{verified}");
        // The helper has no browser, and is told where the page is.
        expert.sees("There is something to know.")?;
        wait::until("the end", SOON, || {
            novice.presses(&[ESCAPE, ESCAPE, ESCAPE])?;
            std::thread::sleep(Duration::from_millis(300));
            novice.has("The help is over.").map(|over| over.then_some(()))
        })
    });
}

#[test]
fn needs_xephyr_a_code_is_shown_and_who_types_it_is_let_in() {
    scene(|novice, expert| {
        novice.presses_until(&[ENTER], "Who is to help you?")?;
        // Nobody is called so, whether the list is there already or not: what follows the field is the code.
        novice.types("zz")?;
        novice.presses_until(&[TAB, ENTER], "Read this code on the telephone:")?;
        let file = novice.someone.home().join("code.json");
        let code = Offer::from_text(&fs::read_to_string(file)?)?.code().spoken().to_string();
        let mut helper = expert.someone.types(&["offer", "--code", &novice.someone.is_reached_at()?])?;
        helper.reads("code")?;
        helper.says(&code)?;
        novice.allows("Someone has typed your code.")?;
        novice.allows("has answered.")?;
        helper.reads("Your page: ")?;
        helper.interrupts()?;
        novice.sees("The help is over.")
    });
}

#[test]
fn needs_xephyr_a_code_that_nobody_has_and_one_that_is_none_are_said_so() {
    scene(|novice, _| {
        novice.presses_until(&[TAB, ENTER], "Whom would you like to help?")?;
        novice.types("zz")?;
        novice.presses_until(&[TAB, ENTER], "Type the code that you are told.")?;
        novice.types("7-no")?;
        novice.presses(&[ENTER])?;
        novice.presses_until(&[ESCAPE], "What would you like to do?")
    });
}

#[test]
fn needs_xephyr_a_window_that_is_closed_ends_nothing_and_comes_back() {
    scene(|novice, expert| {
        asks_anna(novice)?;
        expert.sees("asks you for help.")?;
        // As its button at the upper edge does, where there is a manager of windows.
        novice.closes("Asking Anna")?;
        novice.sees_no_more("Asking Anna")?;
        ensure!(expert.has("asks you for help.")?, "it rings on");
        let (code, said) = novice.someone.runs(&["open"])?;
        ensure!(code == 0, "{said}");
        novice.sees("Asking Anna for help…")?;
        expert.is_asked("asks you for help.")?;
        expert.presses(&[ESCAPE])?;
        novice.sees("Anna said: not now.")
    });
}
