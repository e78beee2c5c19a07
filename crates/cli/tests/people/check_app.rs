//! `check-app` with applications that keep the contract, ours and the example of others, and with some that break it.

use crate::alone::Someone;
use crate::applications::{CHESS, manifest};
use crate::house::{SOON, send};
use crate::on_the_bus::on_bus;
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::bus::Bus;
use rendezvous_testkit::home::Home;
use rendezvous_testkit::machines::skip;
use rendezvous_testkit::process::{Log, Process};
use rendezvous_testkit::wait;
use rustix::process::{Signal, geteuid};
use serde_json::Value;
use std::fs;
use std::time::Duration;

/// Forty starts of a program, on a machine that has other things to do.
const LONG: Duration = Duration::from_secs(600);
const PYTHON: &str = "/usr/bin/python3";
const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/python");
const NAMES: &str = "org.example.Names";

/// An author of applications, with a session bus or without.
pub(crate) struct Author {
    someone: Someone,
    bus: Option<Bus>,
    place: Home,
}

impl Author {
    fn new(bus: Option<Bus>) -> Result<Self> {
        let surroundings = bus.as_ref().map(|bus| ("DBUS_SESSION_BUS_ADDRESS", bus.address().to_owned()));
        let someone = Someone::with("author", surroundings.into_iter().collect())?;
        Ok(Self { someone, bus, place: Home::new("author-files")? })
    }

    /// Checks what this file says; the exit code, and what was said. Nothing of it stays behind.
    pub(crate) fn checks(&self, manifest: &str) -> Result<(i32, String)> {
        let file = self.place.join("application.toml");
        fs::write(&file, manifest)?;
        self.runs(&["check-app", file.to_str().context("letters")?])
    }

    fn runs(&self, arguments: &[&str]) -> Result<(i32, String)> {
        let written = self.place.join("written");
        let status = Process::start(&self.someone.launch(arguments), Log::File(&written))?.wait_exit(LONG)?;
        let said = fs::read_to_string(written)?;
        self.is_left_as_it_was().with_context(|| said.clone())?;
        Ok((status.code().context("ended by a signal")?, said))
    }

    /// What is in the environment of every application that is started with a private socket.
    fn mark(&self) -> String {
        self.someone.home().join("check-").display().to_string()
    }

    fn is_left_as_it_was(&self) -> Result<()> {
        for left in fs::read_dir(self.someone.home().path())? {
            let left = left?.file_name();
            ensure!(!left.to_string_lossy().starts_with("check-"), "{left:?} is left behind");
        }
        let mark = self.mark();
        wait::until("the applications to be gone", SOON, || Ok((!someone_has(&mark)?).then_some(())))
    }

    /// The example of an application, changed in this one place, is what the bus starts.
    fn starts_names(&self, change: Option<(&str, &str)>) -> Result<()> {
        let mut text = fs::read_to_string(format!("{EXAMPLES}/app.py"))?;
        if let Some((from, to)) = change {
            ensure!(text.matches(from).count() == 1, "the example has changed: {from}");
            text = text.replace(from, to);
        }
        fs::write(self.place.join("app.py"), text)?;
        fs::copy(format!("{EXAMPLES}/bus.py"), self.place.join("bus.py"))?;
        let app = self.place.join("app.py");
        self.starts(NAMES, &format!("{PYTHON} -B {} Ann", app.display()))
    }

    /// The bus starts this command line for this name.
    pub(crate) fn starts(&self, name: &str, line: &str) -> Result<()> {
        self.bus.as_ref().context("there is a bus")?.starts(name, line)
    }

    /// On a bus that lets other users in, as no desktop's should.
    pub(crate) fn among_others() -> Result<Self> {
        Self::new(Some(Bus::for_everybody()?))
    }

    /// The example, changed like this, is found out in this case, and for this reason.
    fn finds_out(change: (&str, &str), case: &str, why: &str) -> Result<()> {
        let author = Self::new(Some(Bus::start()?))?;
        author.starts_names(Some(change))?;
        let (code, said) = author.checks(&on_bus(NAMES))?;
        ensure!(code == 1, "{code} {said}");
        failed_in(&said, case, why)
    }
}

/// How many cases are left out because only root can be another user.
pub(crate) fn another_user() -> usize {
    usize::from(!geteuid().is_root())
}

/// Whether a process has this in its environment.
fn someone_has(mark: &str) -> Result<bool> {
    for process in fs::read_dir("/proc")? {
        // Those that are gone, or not ours, have nothing to show.
        let environment = fs::read(process?.path().join("environ")).unwrap_or_default();
        if String::from_utf8_lossy(&environment).contains(mark) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The line of this case says failed, and why.
fn failed_in(said: &str, case: &str, why: &str) -> Result<()> {
    let line = said.lines().find(|line| line.get(9..).is_some_and(|line| line.starts_with(case)));
    let line = line.with_context(|| format!("{case} is not tried: {said}"))?;
    ensure!(line.starts_with("failed ") && line.contains(why), "{said}");
    Ok(())
}

/// Everything was tried but so many cases, and nothing failed.
pub(crate) fn all_is_well(code: i32, said: &str, skipped: usize) -> Result<()> {
    let last = said.lines().last().unwrap_or_default();
    let well = code == 0 && last.ends_with(&format!(" passed, 0 failed, {skipped} skipped."));
    ensure!(well && said.lines().filter(|line| line.starts_with("passed ")).count() > 30, "{code} {said}");
    Ok(())
}

#[test]
fn every_application_is_checked_and_one_that_ends_at_once_is_found_out() {
    let play = || -> Result<()> {
        let author = Author::new(None)?;
        let apps = author.someone.home().join("apps");
        fs::create_dir(&apps)?;
        fs::write(apps.join("chess.toml"), manifest("Chess", &["/bin/true"]))?;
        let (code, said) = author.runs(&["check-app", "--all", "--json"])?;
        let all: Value = serde_json::from_str(&said).with_context(|| said.clone())?;
        let of = |name: &str, what: &str| -> Result<Vec<String>> {
            let rows = all.as_array().context("a list")?;
            let row = rows.iter().find(|row| row["name"] == name).context("it is there")?;
            let cases = row["cases"].as_array().context("cases")?.iter();
            let wanted = cases.filter(|case| case["outcome"] == what);
            Ok(wanted.map(|case| case["why"].as_str().unwrap_or_default().to_owned()).collect())
        };
        ensure!(code == 1 && all.as_array().is_some_and(|all| all.len() == 6), "{said}");
        let well = of("Hello", "passed")?.len() > 30 && of("Hello", "failed")?.is_empty();
        ensure!(well && of("Hello", "skipped")?.len() == 4, "{said}");
        let ours = [
            "Ask for Remote Assistance",
            "Offer Remote Assistance",
            "Share a terminal",
            "Look at a terminal",
        ];
        for name in ours {
            let skipped = of(name, "skipped")?;
            ensure!(of(name, "passed")?.len() == 1 && of(name, "failed")?.is_empty(), "{said}");
            ensure!(skipped.iter().all(|why| why.contains("asks its person at a terminal")), "{said}");
        }
        let failed = of("Chess", "failed")?;
        let why = "it ended before it had taken its session: it ended with exit status: 0";
        ensure!(failed == [why] && of("Chess", "passed")?.is_empty(), "{said}");
        // None of it is in the person's own files.
        ensure!(!author.someone.home().join("hello.log").exists());
        Ok(())
    };
    play().unwrap();
}

#[test]
fn one_that_never_takes_its_session_is_found_out_in_time() {
    let play = || -> Result<()> {
        let author = Author::new(None)?;
        let (code, said) = author.checks(&manifest("Chess", &["/bin/sleep", "600"]))?;
        ensure!(code == 1 && said.starts_with(&format!("Chess  {CHESS}\n")), "{code} {said}");
        failed_in(&said, "takes a session", "did not answer within 20 seconds")?;
        ensure!(said.contains("0 passed, 1 failed, ") && !said.contains("passed   "), "{said}");
        let (code, said) = author.runs(&["check-app", "Chess"])?;
        ensure!(code == 1 && said.contains("There is no application \"Chess\" here."), "{code} {said}");
        let (code, said) = author.runs(&["check-app"])?;
        ensure!(code == 2, "{code} {said}");
        let (code, said) = author.checks(&on_bus(NAMES))?;
        ensure!(code == 1 && said.contains("there is no session bus here"), "{code} {said}");
        Ok(())
    };
    play().unwrap();
}

#[test]
fn who_has_seen_enough_leaves_nothing_behind() {
    let play = || -> Result<()> {
        let author = Author::new(None)?;
        let file = author.place.join("application.toml");
        fs::write(&file, manifest("Chess", &["/bin/sleep", "600"]))?;
        let launch = author.someone.launch(&["check-app", file.to_str().context("letters")?]);
        let mut check = Process::start(&launch, Log::Nowhere)?;
        let mark = author.mark();
        wait::until("the application", SOON, || Ok(someone_has(&mark)?.then_some(())))?;
        send(check.id(), Signal::INT)?;
        ensure!(check.wait_exit(SOON)?.code() == Some(130));
        author.is_left_as_it_was()
    };
    play().unwrap();
}

#[test]
fn needs_dbus_the_smallest_one_of_ours_passes_on_a_bus() {
    let play = || -> Result<()> {
        let author = Author::among_others()?;
        let (place, program) = (author.place.path().display(), env!("CARGO_BIN_EXE_rendezvous"));
        let line = format!("/usr/bin/env RENDEZVOUS_HOME={place} {program} application hello --bus");
        author.starts("im.rendezvous.Hello", &line)?;
        let (code, said) = author.checks(&on_bus("im.rendezvous.Hello"))?;
        all_is_well(code, &said, another_user())
    };
    play().unwrap();
}

#[test]
fn needs_dbus_one_that_the_bus_does_not_know_is_found_out() {
    let play = || -> Result<()> {
        let author = Author::new(Some(Bus::start()?))?;
        let (code, said) = author.checks(&on_bus("org.example.Missing"))?;
        ensure!(code == 1, "{code} {said}");
        failed_in(&said, "takes a session", "the bus cannot start it")
    };
    play().unwrap();
}

#[test]
fn needs_python_the_example_passes() {
    let play = || -> Result<()> {
        let author = Author::among_others()?;
        author.starts_names(None)?;
        let (code, said) = author.checks(&on_bus(NAMES))?;
        all_is_well(code, &said, another_user())
    };
    play().unwrap();
}

#[test]
fn needs_python_a_bus_that_lets_no_other_user_in_is_said_to() {
    let play = || -> Result<()> {
        let author = Author::new(Some(Bus::start()?))?;
        author.starts_names(None)?;
        let (code, said) = author.checks(&on_bus(NAMES))?;
        let why = if geteuid().is_root() { "lets no other user in" } else { "only root can be another user" };
        let line = said.lines().find(|line| line.contains("another user hands over")).unwrap_or_default();
        ensure!(line.starts_with("skipped ") && line.contains(why), "{said}");
        all_is_well(code, &said, 1)
    };
    play().unwrap();
}

#[test]
fn needs_python_one_that_takes_from_another_user_is_found_out() {
    if another_user() > 0 {
        return skip("another user", "only root can try it as another user");
    }
    let play = || -> Result<()> {
        let author = Author::among_others()?;
        let mut bus = fs::read_to_string(format!("{EXAMPLES}/bus.py"))?;
        let question = "if await self.ask(\"GetConnectionUnixUser\", \"s\", [owner]) != os.getuid():";
        ensure!(bus.matches(question).count() == 1, "the example has changed");
        bus = bus.replace(question, "if False:");
        author.starts_names(None)?;
        fs::write(author.place.join("bus.py"), bus)?;
        let (code, said) = author.checks(&on_bus(NAMES))?;
        ensure!(code == 1, "{code} {said}");
        failed_in(&said, "a session that another user hands over", "it took a session from another user")
    };
    play().unwrap();
}

#[test]
fn needs_python_one_that_goes_on_after_the_end_is_found_out() {
    let change = ("self.end(f\"ended with {body[0]:#x}\")", "pass");
    Author::finds_out(change, "ended there", "seconds after the end it is neither gone").unwrap();
}

#[test]
fn needs_python_one_that_believes_anybody_on_the_bus_is_found_out() {
    let change = ("message.message_type == MessageType.SIGNAL and message.sender == self.owner", "True");
    let why = "it believed somebody else on the bus";
    Author::finds_out(change, "invited; somebody else on the bus", why).unwrap();
}

#[test]
fn needs_python_one_that_only_waits_for_a_change_is_found_out() {
    let change = ("if await self.get(\"State\") == CONNECTED:", "if False:");
    let why = "it spoke after StateChanged, but not when State was 4 from the beginning";
    Author::finds_out(change, "invited; connected before it looks", why).unwrap();
}
