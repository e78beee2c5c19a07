//! Two people, their homes, their terminals, and what must be true when they part.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::meeting::have_met;
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::machines::{Machines, skip};
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::terminal::{Person, WIDE};
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;
use rustix::process::{Pid, Signal};
use rustix::termios::{LocalModes, Termios, tcgetattr};

/// What takes longer than this on a busy machine is broken.
pub(crate) const SOON: Duration = Duration::from_secs(40);

/// A screen that nobody has: whoever tried to open it would fail, so a scene that succeeds with it did not try.
pub(crate) const NO_SUCH_SCREEN: &str = ":4040";

/// How an agent is run that asks at its terminal.
pub(crate) const AGENT: [&str; 4] = ["agent", "--foreground", "--listen", "127.0.0.1:0"];

/// What stays in a home when everything is over, besides logs.
pub(crate) const KEPT: [&str; 20] = [
    "agent.lock",
    "apps",
    "config.toml",
    "contacts.lock",
    "contacts.toml",
    "device.key",
    "door.json",
    "door.lock",
    "downloads",
    "facts.json",
    "facts.lock",
    "heard.json",
    "passwords.lock",
    "passwords.toml",
    "pins.json",
    "pins.lock",
    "policy.toml",
    "record.jsonl",
    "sessions",
    "start.lock",
];

/// The question of an agent.
pub(crate) const ANSWER: &str = "Answer? [y/N]";
/// The question for the view.
pub(crate) const SHOW: &str = "Show my screen? [y/N]";
/// What stands on the novice's terminal when the view is allowed and no page is there yet.
pub(crate) const MAY_SEE: &str = "may see your screen · opening their page…   [s] Stop";
/// The end of the novice's view.
pub(crate) const OVER: &str = "The help is over. Nothing of your screen is shared any more.";

/// Everything in the environment that says where a desktop or a browser is.
const DESKTOP: [&str; 8] = [
    "DISPLAY",
    "XAUTHORITY",
    "WAYLAND_DISPLAY",
    "XDG_SESSION_TYPE",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "BROWSER",
    "RENDEZVOUS_LOG",
];

/// A program at a terminal that the test can look at more closely than a person can.
pub(crate) struct Desk {
    person: Person,
    /// Held open, because a terminal that nobody holds forgets its mode.
    terminal: File,
    found: Termios,
}

impl Desk {
    /// Starts the program when the terminal has been looked at: it may end at once, and then it is too late. Until
    /// then a shell waits in its place, for Enter.
    pub(crate) fn start(name: &str, launch: &Launch) -> Result<Self> {
        let waiting = Launch::new("sh").args(["-c", "read _; exec \"$@\"", "sh"]).args(launch.words());
        let mut person = Person::start(name, &waiting, WIDE)?;
        let id = person.process_id().context("it has only just been started")?;
        let path = fs::read_link(format!("/proc/{id}/fd/0")).context("cannot find the terminal")?;
        let no_tty = i32::try_from(rustix::fs::OFlags::NOCTTY.bits())?;
        let terminal = OpenOptions::new().read(true).write(true).custom_flags(no_tty).open(path)?;
        let found = tcgetattr(terminal.as_fd())?;
        person.type_line("")?;
        Ok(Self { person, terminal, found })
    }

    /// Waits for this text, and returns what stands before it.
    pub(crate) fn reads(&mut self, text: &str) -> Result<String> {
        self.person.expect(text, SOON)
    }

    pub(crate) fn reads_within(&mut self, text: &str, within: Duration) -> Result<String> {
        self.person.expect(text, within)
    }

    /// Types a line.
    pub(crate) fn says(&mut self, line: &str) -> Result<()> {
        self.person.type_line(line)
    }

    pub(crate) fn presses(&mut self, keys: &str) -> Result<()> {
        self.person.press(keys)
    }

    pub(crate) fn interrupts(&mut self) -> Result<()> {
        self.person.interrupt()
    }

    /// Everything that was ever on the terminal.
    pub(crate) fn screen(&self) -> String {
        self.person.screen()
    }

    /// Every byte that was ever written to the terminal.
    pub(crate) fn written(&self) -> Vec<u8> {
        self.person.written()
    }

    pub(crate) fn resizes(&self, columns: u16, rows: u16) -> Result<()> {
        self.person.resize(rendezvous_testkit::terminal::Size { columns, rows })
    }

    /// Kills the program as the system would.
    pub(crate) fn kill(&mut self, signal: Signal) -> Result<()> {
        let id = self.person.process_id().context("it has ended")?;
        send(id, signal)
    }

    /// Whether the program has ended.
    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        self.person.has_ended()
    }

    /// Waits for the end of the program and returns its exit code.
    pub(crate) fn ends(&mut self) -> Result<u32> {
        let code = self.person.wait_exit(SOON)?.exit_code();
        // What the program wrote last may still be on its way to the screen; it is there when this is.
        let mark = format!("[ended with {code}]");
        self.terminal.write_all(format!("\n{mark}\n").as_bytes())?;
        wait::until("the last words", SOON, || Ok(self.screen().contains(&mark).then_some(())))?;
        Ok(code)
    }

    /// Fails unless the terminal is, or soon becomes, as it was found: lines, with an echo.
    pub(crate) fn is_as_found(&self) -> Result<()> {
        ensure!(self.found.local_modes.contains(LocalModes::ICANON | LocalModes::ECHO), "a new terminal");
        wait::until("the terminal to be as it was found", SOON, || Ok(self.is_found_mode()?.then_some(())))
    }

    pub(crate) fn is_found_mode(&self) -> Result<bool> {
        let now = tcgetattr(self.terminal.as_fd())?;
        Ok(now.local_modes == self.found.local_modes
            && now.input_modes == self.found.input_modes
            && now.output_modes == self.found.output_modes)
    }
}

/// One person: a home, and an agent at a terminal.
pub(crate) struct Side {
    name: &'static str,
    home: Home,
    surroundings: Vec<(&'static str, String)>,
    pub(crate) agent: Desk,
    /// Where others call this person.
    pub(crate) address: String,
    /// As whom others see them.
    pub(crate) who: String,
}

impl Side {
    pub(crate) fn start(name: &'static str, surroundings: Vec<(&'static str, String)>) -> Result<Self> {
        Self::start_with(name, surroundings, |agent| agent)
    }

    /// Starts the agent in another way: `wrap` gets the launch of the agent.
    pub(crate) fn start_with(
        name: &'static str,
        surroundings: Vec<(&'static str, String)>,
        wrap: impl FnOnce(Launch) -> Launch,
    ) -> Result<Self> {
        Self::start_at(name, surroundings, "127.0.0.1:0", wrap)
    }

    /// The same, listening at this address.
    pub(crate) fn start_at(
        name: &'static str,
        surroundings: Vec<(&'static str, String)>,
        listen: &str,
        wrap: impl FnOnce(Launch) -> Launch,
    ) -> Result<Self> {
        let home = Home::new(name)?;
        // Many are played on one machine at once; they need not find each other by themselves.
        fs::write(home.join("config.toml"), "[nearby]\nmulticast = false\n")?;
        let launch = program(&home, &surroundings).args(&AGENT[..3]).arg(listen);
        let (agent, [address, who]) = ready(name, &wrap(launch))?;
        let side = Self { name, home, surroundings, agent, address, who };
        side.is_visible()?;
        Ok(side)
    }

    /// Lets strangers call, as its person would: in most scenes nobody is verified.
    pub(crate) fn is_visible(&self) -> Result<()> {
        let (code, said) = self.runs(&["visible", "60"])?;
        ensure!(code == 0 && said.starts_with("For 60 minutes everybody who finds you"), "{code} {said}");
        Ok(())
    }

    /// Starts the agent again, after the test has killed it.
    pub(crate) fn start_again(&mut self) -> Result<()> {
        let launch = self.launch(AGENT);
        (self.agent, [self.address, self.who]) = ready(self.name, &launch)?;
        self.is_visible()
    }

    /// The program with these arguments, in this person's surroundings.
    pub(crate) fn launch<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Launch {
        program(&self.home, &self.surroundings).args(arguments)
    }

    /// A command at a terminal of this person's.
    pub(crate) fn types(&self, arguments: &[&str]) -> Result<Desk> {
        Desk::start(self.name, &self.launch(arguments.iter().copied()))
    }

    /// A command without a terminal: its exit code and everything that it wrote.
    pub(crate) fn runs(&self, arguments: &[&str]) -> Result<(i32, String)> {
        run(&self.launch(arguments.iter().copied()), &self.home)
    }

    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    /// The process id of this person's application, while there is one.
    pub(crate) fn application(&self) -> Result<Option<u32>> {
        Ok(self.processes()?.into_iter().find(|(_, line)| line.contains(" application ")).map(|(id, _)| id))
    }

    /// Waits until this person's assistance has written this into its log.
    pub(crate) fn logs(&self, text: &str) -> Result<()> {
        let path = self.home.join("assist.log");
        wait::until(format_args!("{text:?} in the log"), SOON, || {
            Ok(fs::read_to_string(&path)?.contains(text).then_some(()))
        })
    }

    /// Waits until the agent's own terminal was given back so often; whoever calls before that is told that it is busy.
    pub(crate) fn has_the_terminal_back(&self, times: usize) -> Result<()> {
        let path = self.home.join("agent.log");
        wait::until(format_args!("the terminal of {} to be free again", self.name), SOON, || {
            let back = fs::read_to_string(&path)?.matches("The agent's terminal is free again").count();
            Ok((back >= times).then_some(()))
        })
    }

    /// Kills this person's application.
    pub(crate) fn kill_application(&self) -> Result<()> {
        let id = self.application()?.with_context(|| format!("{} has no application", self.name))?;
        send(id, Signal::KILL)
    }

    /// Waits until the process that lets go of keys runs, or until it does not.
    pub(crate) fn guards_keys(&self, runs: bool) -> Result<()> {
        wait::until(format_args!("the guard of {} to run: {runs}", self.name), SOON, || {
            let is_there = self.processes()?.iter().any(|(_, line)| line.contains(" let-go "));
            Ok((is_there == runs).then_some(()))
        })
    }

    /// Waits until this person's process that writes what is received runs, or does not; its id.
    pub(crate) fn receives(&self, runs: bool) -> Result<Option<u32>> {
        wait::until(format_args!("the receiver of {} to run: {runs}", self.name), SOON, || {
            let found = self.processes()?.into_iter().find(|(_, line)| line.contains(" receive "));
            Ok((found.is_some() == runs).then_some(found.map(|(id, _)| id)))
        })
    }

    fn processes(&self) -> Result<Vec<(u32, String)>> {
        processes_of(&self.home)
    }

    /// Waits until nothing of this person's runs but the agent, and nothing is going on.
    pub(crate) fn is_idle(&self) -> Result<()> {
        let what = |rest: &str| format!("{} to be idle{rest}", self.name);
        wait::until(what(": only the agent runs"), SOON, || {
            let others = self.processes()?.into_iter().any(|(_, line)| !line.contains(" agent "));
            Ok((!others).then_some(()))
        })
        .with_context(|| format!("still there: {:?}", self.processes()))?;
        wait::until(what(": nothing is going on"), SOON, || {
            Ok((self.runs(&["sessions"])? == (0, "Nothing is going on.\n".to_owned())).then_some(()))
        })
    }

    /// Ends the agent as its person would, and makes sure that nothing stays behind.
    pub(crate) fn leaves(&mut self) -> Result<()> {
        self.agent.interrupts()?;
        let code = self.agent.ends()?;
        ensure!(code == 0, "the agent of {} ended with {code}", self.name);
        self.has_left()
    }

    /// Fails unless nothing of this person's runs any more, and home and terminal are tidy.
    pub(crate) fn has_left(&self) -> Result<()> {
        wait::until(format_args!("every process of {} to be gone", self.name), SOON, || {
            Ok(self.processes()?.is_empty().then_some(()))
        })
        .with_context(|| format!("still there: {:?}", self.processes()))?;
        self.agent.is_as_found()?;
        let stays = |path: &PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            path.extension().is_some_and(|e| e == "log") || KEPT.contains(&name.as_str())
        };
        let left: Vec<PathBuf> = fs::read_dir(self.home.path())?
            .map(|entry| Ok(entry?.path()))
            .filter(|path| !path.as_ref().is_ok_and(stays))
            .collect::<Result<_>>()?;
        ensure!(left.is_empty(), "files stay behind: {left:?}");
        Ok(())
    }
}

/// Both people, and the terminal on which one of them calls the other.
pub(crate) struct Two {
    pub(crate) novice: Side,
    pub(crate) expert: Side,
    /// The last `ask` or `offer`.
    pub(crate) call: Option<Desk>,
    pub(crate) screen: Option<XServer>,
    /// Whether they have verified each other before.
    pub(crate) are_acquainted: bool,
}

impl Two {
    /// Without a screen: whatever opens one fails.
    fn without_screen() -> Result<Self> {
        let display = vec![("DISPLAY", NO_SUCH_SCREEN.to_owned())];
        Self::with(display, None)
    }

    fn on_screen() -> Result<Self> {
        let screen = XServer::xvfb(320, 200)?;
        Self::with(screen.environment().to_vec(), Some(screen))
    }

    fn with(surroundings: Vec<(&'static str, String)>, screen: Option<XServer>) -> Result<Self> {
        Ok(Self {
            novice: Side::start("novice", surroundings)?,
            expert: Side::start("expert", Vec::new())?,
            call: None,
            screen,
            are_acquainted: true,
        })
    }

    /// Agents that were started again may be at other addresses, so this is seen to before each call.
    fn get_acquainted(&self) -> Result<()> {
        if self.are_acquainted { have_met(&self.novice, &self.expert) } else { Ok(()) }
    }

    /// The novice asks; returns when the expert reads the question.
    pub(crate) fn asks(&mut self) -> Result<()> {
        self.get_acquainted()?;
        let (from, to) = (&self.novice.who, &self.expert.address);
        self.call = Some(self.novice.types(&["ask", to])?);
        let question = self.expert.agent.reads(ANSWER)?;
        ensure!(question.contains(&format!("{from} asks you for help.\n")), "{question}");
        Ok(())
    }

    /// The expert offers; returns when the novice reads the question.
    pub(crate) fn offers(&mut self) -> Result<()> {
        self.get_acquainted()?;
        let (from, to) = (&self.expert.who, &self.novice.address);
        self.call = Some(self.expert.types(&["offer", to])?);
        let question = self.novice.agent.reads(ANSWER)?;
        let expected = if self.are_acquainted {
            [format!("{from} offers to help you.\n"), "Only say yes if you asked for it yourself.".to_owned()]
        } else {
            // Whoever is not verified offers nothing.
            [
                format!("{from} wants to make contact with you.\n"),
                "Only say yes if you know who this is".to_owned(),
            ]
        };
        ensure!(expected.iter().all(|text| question.contains(text)), "{question}");
        Ok(())
    }

    /// The terminal of the command that called.
    pub(crate) fn call(&mut self) -> &mut Desk {
        self.call.as_mut().expect("somebody called")
    }

    /// The novice asks, the expert answers; returns when the question for the view is open.
    pub(crate) fn ask_until_question(&mut self) -> Result<()> {
        self.asks()?;
        self.expert.agent.says("y")?;
        let (to, who) = (self.expert.address.clone(), self.expert.who.clone());
        self.call().reads(&format!("{to} said yes. One moment…"))?;
        let question = self.call().reads(SHOW)?;
        ensure!(question.contains(&format!("Show {who} your screen?")), "{question}");
        Ok(())
    }

    /// As [`Two::ask_until_question`], and the novice allows the view.
    pub(crate) fn ask_until_sharing(&mut self) -> Result<()> {
        self.ask_until_question()?;
        self.call().says("y")?;
        self.call().reads(MAY_SEE)?;
        Ok(())
    }

    /// The command that called ends with this code, and leaves its terminal as it was.
    pub(crate) fn call_ends_with(&mut self, expected: u32) -> Result<()> {
        let call = self.call();
        let code = call.ends()?;
        ensure!(code == expected, "exit code {code}, expected {expected}");
        call.is_as_found()
    }

    /// Both agents live, are idle, and both terminals are as they were.
    pub(crate) fn are_idle(&self) -> Result<()> {
        for side in [&self.novice, &self.expert] {
            side.is_idle()?;
            side.agent.is_as_found()?;
        }
        Ok(())
    }

    /// Everything is over: both are idle, their agents end by Ctrl-C, nothing stays behind.
    fn part(&mut self) -> Result<()> {
        self.are_idle()?;
        self.novice.leaves()?;
        self.expert.leaves()
    }

    fn screens(&self) -> String {
        let mut text = String::new();
        let call = self.call.as_ref().map(|desk| ("the caller", desk));
        for (name, desk) in
            [("the novice's agent", &self.novice.agent), ("the expert's agent", &self.expert.agent)]
                .into_iter()
                .chain(call)
        {
            _ = write!(text, "\n----- the terminal of {name}:\n{}\n", desk.screen().trim_end());
        }
        for side in [&self.novice, &self.expert] {
            for log in ["agent", "assist", "terminal", "hello", "applications"] {
                let log = fs::read_to_string(side.home.join(format!("{log}.log"))).unwrap_or_default();
                _ = write!(text, "\n----- a log of the {}:\n{}\n", side.name, log.trim_end());
            }
        }
        text
    }

    fn play(mut self, scene: impl FnOnce(&mut Self) -> Result<()>) {
        let result = scene(&mut self).and_then(|()| self.part());
        if let Err(error) = result {
            panic!("{error:#}{}", self.screens());
        }
    }
}

/// A scene of two people in which no screen is ever opened.
pub(crate) fn two_people(scene: impl FnOnce(&mut Two) -> Result<()>) {
    Two::without_screen().expect("both agents start").play(scene);
}

/// A scene of two people; the novice has a screen.
pub(crate) fn two_people_and_a_screen(scene: impl FnOnce(&mut Two) -> Result<()>) {
    Two::on_screen().expect("the screen and both agents start").play(scene);
}

/// A scene of two people who have never verified each other.
pub(crate) fn strangers(scene: impl FnOnce(&mut Two) -> Result<()>) {
    let two = Two::without_screen().expect("both agents start");
    Two { are_acquainted: false, ..two }.play(scene);
}

/// The same; the novice has a screen.
pub(crate) fn strangers_and_a_screen(scene: impl FnOnce(&mut Two) -> Result<()>) {
    let two = Two::on_screen().expect("the screen and both agents start");
    Two { are_acquainted: false, ..two }.play(scene);
}

/// A scene of two people whose agents start in other ways.
pub(crate) fn these_two(two: Two, scene: impl FnOnce(&mut Two) -> Result<()>) {
    two.play(scene);
}

/// A scene on a machine of its own: with one cable, an address of IPv4, and of IPv6 only a link-local one. All that the
/// scene starts is there. Where the system allows no such thing, the reason is said.
pub(crate) fn on_machine(test: &str, scene: impl FnOnce() + Send + 'static) {
    on_machine_of(test, |_| scene());
}

/// The same for a scene that changes the machine.
pub(crate) fn on_machine_of(test: &str, scene: impl FnOnce(&Machines) + Send + 'static) {
    let machines = match Machines::new().expect("two machines") {
        Ok(machines) => machines,
        Err(why) => return skip(test, &why),
    };
    // Whatever a thread starts is where the thread is; it never comes back.
    let played = std::thread::spawn(move || {
        machines.enter(0).expect("the machine can be entered");
        scene(&machines);
    });
    if let Err(panicked) = played.join() {
        std::panic::resume_unwind(panicked);
    }
}

/// Every process that works in this home, with its command line.
pub(crate) fn processes_of(home: &Home) -> Result<Vec<(u32, String)>> {
    let mark = format!("RENDEZVOUS_HOME={}", home.path().display());
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").context("cannot list the processes")? {
        let path = entry?.path();
        let Some(id) = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.parse().ok()) else {
            continue;
        };
        // A process may end between two looks, and one that has ended has no environment any more.
        let read = |name| fs::read(path.join(name)).unwrap_or_default();
        if read("environ").split(|b| *b == 0).any(|variable| variable == mark.as_bytes()) {
            found.push((id, String::from_utf8_lossy(&read("cmdline")).replace('\0', " ")));
        }
    }
    Ok(found)
}

/// The program with a clean environment.
pub(crate) fn program(home: &Home, surroundings: &[(&'static str, String)]) -> Launch {
    let bare = DESKTOP
        .into_iter()
        .fold(Launch::new(env!("CARGO_BIN_EXE_rendezvous")), |launch, variable| launch.without(variable));
    bare.env("RENDEZVOUS_HOME", home.path())
        .env("RENDEZVOUS_BROWSER", "none")
        // People are played at terminals; those who answer in windows are played in `windows`.
        .env("RENDEZVOUS_ASK", "terminal")
        .envs(surroundings.iter().map(|(name, value)| (name, value)))
}

/// Runs a program without a terminal; what it wrote to either stream, and its exit code.
pub(crate) fn run(launch: &Launch, home: &Home) -> Result<(i32, String)> {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let path = home.join(format!("written-{}.log", COUNT.fetch_add(1, Ordering::Relaxed)));
    let status = Process::start(launch, Log::File(&path))?.wait_exit(SOON)?;
    let written = fs::read_to_string(&path)?;
    fs::remove_file(&path)?;
    Ok((status.code().with_context(|| format!("ended by a signal: {status}"))?, written))
}

/// Starts an agent, and reads where others reach it and as whom they see it.
fn ready(name: &str, launch: &Launch) -> Result<(Desk, [String; 2])> {
    let mut agent = Desk::start(&format!("the {name}'s agent"), launch)?;
    agent.reads("Ready. Others reach you at ")?;
    let address = agent.reads("\n")?.trim().to_owned();
    agent.reads("They see you as ")?;
    let who = agent.reads("\n")?.trim().to_owned();
    agent.reads("Ctrl-C ends it.")?;
    Ok((agent, [address, who]))
}

pub(crate) fn send(id: u32, signal: Signal) -> Result<()> {
    let id = Pid::from_raw(i32::try_from(id)?).context("a process id is never zero")?;
    Ok(rustix::process::kill_process(id, signal)?)
}
