//! The two people and their programs: each has a home of their own, as on two machines.

use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::machines::Machines;
use rendezvous_testkit::ports;
use rendezvous_testkit::process::Launch;
use rendezvous_testkit::terminal::{Person, WIDE};
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;
use serde_json::Value;

/// The end of what an agent says when it waits for calls.
const WAITING: &str = "Ctrl-C ends it.";
/// How every question ends.
pub(crate) const QUESTION: &str = "[y/N]";
/// The question for the words that the other person reads aloud.
pub(crate) const WORDS: &str = "The three words:";
/// What stands before the address of the expert's page.
pub(crate) const PAGE: &str = "Your page: ";

/// The environment variable that says where a person's program keeps its things.
pub(crate) const HOME: &str = "RENDEZVOUS_HOME";

/// A person's program: which one it is, where it lives, where others reach it.
pub(crate) struct Place {
    program: PathBuf,
    home: Home,
    reached: Reached,
    /// Where the programs run, if not here.
    machine: Option<(Rc<Machines>, usize)>,
}

/// The screen that is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shown<'a> {
    /// One of ours.
    Of(&'a XServer),
    /// The one that this program is started on: whatever it is, it stays known as what it is.
    Mine,
}

impl<'a> From<&'a XServer> for Shown<'a> {
    fn from(screen: &'a XServer) -> Self {
        Self::Of(screen)
    }
}

impl Shown<'_> {
    fn to(self, launch: Launch) -> Launch {
        match self {
            Self::Of(screen) => launch.envs(screen.environment()).without("WAYLAND_DISPLAY"),
            Self::Mine => launch,
        }
    }
}

/// How others reach a person.
enum Reached {
    At(SocketAddr),
    ByAccount(String),
}

impl Place {
    pub(crate) fn new(name: &str, program: &Path) -> Result<Self> {
        let reached = Reached::At((Ipv4Addr::LOCALHOST, ports::free()?).into());
        Ok(Self { program: program.to_owned(), home: Home::new(name)?, reached, machine: None })
    }

    /// Somebody at a machine of their own.
    pub(crate) fn at_machine(
        name: &str,
        program: &Path,
        machines: &Rc<Machines>,
        machine: usize,
    ) -> Result<Self> {
        /// The port of the nearby network; nobody else is on that machine.
        const PORT: u16 = 7373;
        let reached = Reached::At((Machines::address(machine), PORT).into());
        let machine = Some((Rc::clone(machines), machine));
        Ok(Self { program: program.to_owned(), home: Home::new(name)?, reached, machine })
    }

    /// Writes this person's configuration.
    pub(crate) fn configure(&self, text: &str) -> Result<()> {
        fs::write(self.home.join("config.toml"), text).context("cannot write a configuration")
    }

    /// Somebody who is reached by an account only, once they have signed in.
    pub(crate) fn with_account(name: &str, program: &Path, account: &str) -> Result<Self> {
        let home = Home::new(name)?;
        fs::write(home.join("config.toml"), "[nearby]\nenabled = false\n")?;
        let reached = Reached::ByAccount(account.to_owned());
        Ok(Self { program: program.to_owned(), home, reached, machine: None })
    }

    /// Where others reach this person.
    pub(crate) fn address(&self) -> String {
        match &self.reached {
            Reached::At(address) => address.to_string(),
            Reached::ByAccount(account) => account.clone(),
        }
    }

    /// The value of [`HOME`] for this person's programs.
    pub(crate) fn home(&self) -> String {
        self.home.path().to_string_lossy().into_owned()
    }

    /// From now on this person comes with another device, which knows nobody.
    pub(crate) fn has_another_device(&self) -> Result<()> {
        for name in ["device.key", "pins.json"] {
            fs::remove_file(self.home.join(name)).with_context(|| format!("there is no {name}"))?;
        }
        Ok(())
    }

    /// The program with these arguments, as this person's.
    pub(crate) fn launch<S: AsRef<std::ffi::OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Launch {
        let launch = Launch::new(&self.program).args(arguments).env(HOME, self.home.path());
        // They are played at terminals: nobody who is played has a mouse that counts.
        let launch = launch.env("RENDEZVOUS_ASK", "terminal");
        match &self.machine {
            Some((machines, machine)) => machines.on(*machine, &launch),
            None => launch,
        }
    }

    pub(crate) fn agent(&self) -> Launch {
        match self.reached {
            Reached::At(_) => self.launch(["agent", "--foreground", "--listen", &self.address()]),
            Reached::ByAccount(_) => self.launch(["agent", "--foreground"]),
        }
    }

    /// Waits until the agent that runs for this person can be reached.
    pub(crate) fn wait_reachable(&self) -> Result<()> {
        wait::until(format_args!("{} to be reachable", self.address()), Duration::from_secs(60), || {
            let accounts = self.launch(["accounts", "--json"]).command().output()?;
            let accounts: Value = serde_json::from_slice(&accounts.stdout).unwrap_or_default();
            let online = |all: &Vec<Value>| !all.is_empty() && all.iter().all(|a| a["state"] == "online");
            Ok(accounts.as_array().is_some_and(online).then_some(()))
        })
    }

    /// Gives somebody a name, as whom this person sees them from then on.
    pub(crate) fn knows(&self, name: &str, other: &Self) -> Result<()> {
        let status = self.launch(["add", name, &other.address()]).command().stdout(Stdio::null()).status()?;
        ensure!(status.success(), "\"rendezvous add {name}\" failed");
        Ok(())
    }

    /// Lets the other person call, who is not verified yet: a person's own act. Whoever is a contact may anyway.
    pub(crate) fn make_visible(&self) -> Result<()> {
        if matches!(self.reached, Reached::ByAccount(_)) {
            return Ok(());
        }
        let status = self.launch(["visible", "60"]).command().stdout(Stdio::null()).status()?;
        ensure!(status.success(), "\"rendezvous visible\" failed");
        Ok(())
    }
}

/// The expert's agent on a terminal, without a desktop and without a browser of its own.
pub(crate) fn start_expert(place: &Place) -> Result<Person> {
    let launch =
        place.agent().env("RENDEZVOUS_BROWSER", "none").without("DISPLAY").without("WAYLAND_DISPLAY");
    let agent = start_agent("the expert's agent", &launch)?;
    place.wait_reachable()?;
    place.make_visible()?;
    Ok(agent)
}

/// The novice's agent on a terminal.
pub(crate) fn start_novice<'a>(place: &Place, screen: impl Into<Shown<'a>>) -> Result<Person> {
    let agent = start_agent("the novice's agent", &screen.into().to(place.agent()))?;
    place.wait_reachable()?;
    place.make_visible()?;
    Ok(agent)
}

fn start_agent(name: &str, launch: &Launch) -> Result<Person> {
    let mut person = Person::start(name, launch, WIDE)?;
    person.expect(WAITING, Duration::from_secs(30)).context("the agent did not get ready")?;
    Ok(person)
}

/// The novice at their terminal, asking the expert for help.
pub(crate) fn ask<'a>(novice: &Place, expert: &Place, screen: impl Into<Shown<'a>>) -> Result<Person> {
    let launch = screen.into().to(novice.launch(["ask", &expert.address()]));
    Person::start("the novice", &launch, WIDE)
}

/// The same by somebody who is asked in windows of that screen.
pub(crate) fn ask_in_windows(novice: &Place, expert: &Place, screen: &XServer) -> Result<Person> {
    let launch = Shown::Of(screen).to(novice.launch(["ask", &expert.address()]));
    Person::start("the novice", &launch.env("RENDEZVOUS_ASK", "window").env("LC_ALL", "C.UTF-8"), WIDE)
}

/// Reads the address of the page from the expert's terminal.
pub(crate) fn page_address(expert: &mut Person, within: Duration) -> Result<String> {
    expert.expect(PAGE, within)?;
    let line = expert.expect("\n", within)?;
    Ok(line.trim().to_owned())
}

/// Two people who meet for the first time: the expert reads three words from their terminal, the novice types them into
/// theirs, and the expert says that they heard it.
pub(crate) fn compare_words(novice: &mut Person, expert: &mut Person, within: Duration) -> Result<()> {
    let words = words_to_read(expert, within)?;
    novice.expect(WORDS, within)?;
    novice.type_line(&words)?;
    novice.expect("The words are right", within)?;
    expert.type_line("y")?;
    expert.expect("You will not be asked for this device again.", within)?;
    Ok(())
}

/// The words that the expert has to read aloud, from their terminal.
pub(crate) fn words_to_read(expert: &mut Person, within: Duration) -> Result<String> {
    expert.expect("Do not send them in a message.\n", within)?;
    let text = expert.expect("If something is not right", within)?;
    let words: Vec<_> = text.split_whitespace().take(3).collect();
    expert.expect(QUESTION, within)?;
    Ok(words.join(" "))
}

/// They say hello, and know each other from then on; that was two days ago.
pub(crate) fn get_acquainted(
    (novice, expert): (&Place, &Place),
    expert_agent: &mut Person,
    within: Duration,
) -> Result<()> {
    let mut hello = Person::start("the novice", &novice.launch(["hello", &expert.address()]), WIDE)?;
    expert_agent.expect(QUESTION, within)?;
    expert_agent.type_line("y")?;
    compare_words(&mut hello, expert_agent, within)?;
    let status = hello.wait_exit(within)?;
    ensure!(status.success(), "saying hello ended with {status:?}:\n{}", hello.screen());
    two_days_pass(novice)?;
    two_days_pass(expert)
}

/// The first time that the expert asks for control, the novice is asked how it began.
pub(crate) fn say_how_it_began(novice: &mut Person, within: Duration) -> Result<()> {
    novice.expect("How did this begin?", within)?;
    novice.expect("[1/2/3]", within)?;
    novice.type_line("1")
}

/// Two days pass for whomever this person's program has met within the last one, so that nobody stays a new acquaintance,
/// who would have to wait for control, and for what the person has said about how it began. A call that goes on knows what it
/// knew when it began.
pub(crate) fn two_days_pass(place: &Place) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is set")?.as_secs();
    for name in ["pins.json", "facts.json"] {
        let path = place.home.join(name);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| format!("cannot read {name}")),
        };
        let mut known: Value = serde_json::from_str(&text).with_context(|| format!("{name} is not JSON"))?;
        if age(&mut known, now) {
            fs::write(&path, known.to_string()).with_context(|| format!("cannot write {name}"))?;
        }
    }
    Ok(())
}

/// Whether anything in it was younger than a day.
fn age(known: &mut Value, now: u64) -> bool {
    const DAY: u64 = 24 * 60 * 60;
    // A moment is by two clocks, and one of them counts within one start of the computer.
    if let Some(start) = known.get_mut("start").filter(|start| start.is_string()) {
        *start = "an-earlier-one".into();
    }
    match known {
        Value::Array(all) => all.iter_mut().fold(false, |any, one| age(one, now) | any),
        Value::Object(fields) => fields.iter_mut().fold(false, |any, (name, value)| match value.as_u64() {
            Some(at) if ["since", "at"].contains(&name.as_str()) && at + DAY > now => {
                *value = at.saturating_sub(2 * DAY).into();
                true
            }
            _ => age(value, now) | any,
        }),
        _ => false,
    }
}
