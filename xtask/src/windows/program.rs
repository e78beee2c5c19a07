//! The whole program: built for Windows, and used under Wine as two people would use it who are on one computer.
//!
//! Each person has a home and an agent in the background. What needs a person's answer is typed at a terminal, as everywhere
//! else; no program of ours has a switch that answers.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::terminal::{Person, WIDE};
use rendezvous_testkit::wait;

use super::build;
use super::wine::{THERE, Wine, differences};
use super::{PATIENCE, is_meant};
use crate::say;

/// What a program does at once takes no longer than this, on a busy machine and under Wine.
const SOON: Duration = Duration::from_mins(1);

/// The question of an agent.
const ANSWER: &str = "Answer? [y/N]";
/// What stands before the words, for whoever is to read them.
const READ: &str = "Do not send them in a message.";
/// Whether they were heard.
const HEARD: &str = "that the words were right? [y/N]";
/// Whether an address is that of whoever is asked.
const YOURS: &str = "Is that your address? [y/N]";
/// The question for the words.
const WORDS: &str = "The three words:";

/// How many trials have any of these words in their line; all of them where there are none.
pub(super) fn count(only: &[String]) -> usize {
    TRIALS.iter().filter(|(what, _)| is_meant(what, only)).count()
}

/// Builds it and plays the trials that have any of these words in their line, or all.
pub(super) fn play(system: &Wine, only: &[String], deadline: Instant) -> Result<()> {
    let program = build::program(deadline)?;
    for (what, trial) in TRIALS.iter().filter(|(what, _)| is_meant(what, only)) {
        let start = Instant::now();
        trial(system, &program).with_context(|| (*what).to_owned())?;
        say::line(format_args!("passed  {:>5.1} s  {what}", start.elapsed().as_secs_f32()));
    }
    Ok(())
}

type Trial = fn(&Wine, &Path) -> Result<()>;

const TRIALS: &[(&str, Trial)] = &[
    ("it says its version and what it can do", says_what_it_is),
    ("the doctor looks at everything, and says truly what is not there", doctor),
    ("an agent runs in the background, is found by commands and ends when it is told to", background),
    ("what Windows cannot do yet is refused with a sentence", refusals),
    (
        "one person greets another: both agents, both applications, and a question answered at a console",
        hello,
    ),
    (
        "what register writes is found by IM programs, and unregister leaves the registry as it was",
        registration,
    ),
    (
        "an IM program in C starts our application over COM at both ends, and two people greet each other",
        over_com,
    ),
    ("over COM, people who cannot be told apart are not brought together", alike_over_com),
    (
        "over COM, somebody in the middle with two names is found out by whoever is not called so",
        two_names_over_com,
    ),
    ("an invitation starts an application of others over COM at both ends", others_over_com),
];

/// The entry of *Hello*.
const HELLO: &str = "{2D310B9E-6C57-4F0E-9A44-1F8B70D25EA3}";
/// All entries of ours.
const ENTRIES: [&str; 3] =
    [HELLO, "{DFD873E5-60B4-49A8-838E-9755AB5E0085}", "{11E1F170-D0BF-4F90-BD2C-735FFB5BB0FE}"];

/// One person: where their things are.
struct Someone<'a> {
    system: &'a Wine,
    program: &'a Path,
    home: Home,
}

impl<'a> Someone<'a> {
    fn new(system: &'a Wine, program: &'a Path, name: &str) -> Result<Self> {
        let home = Home::new(name)?;
        // Many are played on one machine at once; they need not find each other by themselves.
        fs::write(home.join("config.toml"), "[nearby]\nmulticast = false\n")?;
        Ok(Self { system, program, home })
    }

    fn launch(&self, arguments: &[&str]) -> Launch {
        self.system
            .environment(Launch::new("wine"))
            .arg(self.program)
            .args(arguments)
            .env("RENDEZVOUS_HOME", windows_path(self.home.path()))
            .env("RENDEZVOUS_BROWSER", "none")
            // What an application of others that an agent starts writes down, and that it is with people.
            .env("COM_TRIAL_LOG", format!(r"{THERE}\log.txt"))
            .env("COM_TRIAL_TRICK", "people")
            .without("DBUS_SESSION_BUS_ADDRESS")
    }

    /// Sits at an IM program of others, which starts what is registered under this entry.
    fn sits_at_im(&self, role: &str, entry: &str, them: &str) -> Result<Person> {
        let launch = self
            .system
            .environment(Launch::new("wine"))
            .arg(format!(r"{THERE}\pair.exe"))
            .args([role, entry, "trial", them])
            .env("RENDEZVOUS_BROWSER", "none")
            .env("RENDEZVOUS_HOME", windows_path(self.home.path()));
        Person::start(&format!("{role}'s IM program"), &launch, WIDE)
    }

    /// What a command has said, and with what it has ended.
    fn runs(&self, arguments: &[&str]) -> Result<(i32, String)> {
        let path = self.home.join("said.txt");
        let status = Process::start(&self.launch(arguments), Log::File(&path))?.wait_exit(PATIENCE)?;
        let said = String::from_utf8_lossy(&fs::read(&path)?).replace("\r\n", "\n");
        Ok((status.code().context("it was ended by a signal")?, said))
    }

    /// The same for one that has to succeed.
    fn does(&self, arguments: &[&str]) -> Result<String> {
        let (code, said) = self.runs(arguments)?;
        ensure!(code == 0, "{arguments:?} ended with {code}: {said}\n{}", self.logs());
        Ok(said)
    }

    /// The same for one that has to fail.
    fn is_refused(&self, arguments: &[&str], sentence: &str) -> Result<()> {
        let (code, said) = self.runs(arguments)?;
        ensure!(code != 0 && said.contains(sentence), "{arguments:?} ended with {code}: {said}");
        Ok(())
    }

    /// Starts the agent; where others reach it.
    fn begins(&self) -> Result<String> {
        self.does(&["agent", "--listen", "127.0.0.1:0"])?;
        let status: serde_json::Value = serde_json::from_str(&self.does(&["agent", "status", "--json"])?)?;
        let said = status["accounts"][0]["text"].as_str().context("it has no account")?.to_owned();
        let place = said.split_whitespace().find(|word| word.starts_with("127.0.0.1:"));
        Ok(place.with_context(|| format!("no place in {said:?}"))?.trim_end_matches('.').to_owned())
    }

    fn sits_at(&self, arguments: &[&str]) -> Result<Person> {
        Person::start(&arguments.join(" "), &self.launch(arguments), WIDE)
    }

    fn logs(&self) -> String {
        let mut all = String::new();
        for name in ["agent", "com-server", "hello", "assist"] {
            let log = fs::read_to_string(self.home.join(format!("{name}.log"))).unwrap_or_default();
            all.push_str(&format!("----- {name}.log\n{log}\n"));
        }
        all
    }
}

impl Drop for Someone<'_> {
    fn drop(&mut self) {
        // One that runs has to let go of the home before that goes.
        _ = self.runs(&["agent", "stop"]);
    }
}

/// As a program there calls it.
fn windows_path(path: &Path) -> String {
    format!("Z:{}", path.display().to_string().replace('/', r"\"))
}

fn says_what_it_is(system: &Wine, program: &Path) -> Result<()> {
    let someone = Someone::new(system, program, "wine-version")?;
    let said = someone.does(&["--version"])?;
    ensure!(said.starts_with("rendezvous ") && said.contains('.'), "{said}");
    let said = someone.does(&["--help"])?;
    ensure!(["ask", "offer", "doctor"].iter().all(|verb| said.contains(verb)), "{said}");
    Ok(())
}

fn doctor(system: &Wine, program: &Path) -> Result<()> {
    let someone = Someone::new(system, program, "wine-doctor")?;
    let (_, said) = someone.runs(&["doctor", "--json"])?;
    let line = said.lines().find(|line| line.starts_with('[')).with_context(|| said.clone())?;
    let findings: Vec<serde_json::Value> = serde_json::from_str(line)?;
    let of = |what: &str| findings.iter().find(|finding| finding["what"] == what);
    for (what, ok) in
        [("agent", true), ("settings", true), ("policy", true), ("clock", true), ("screen", false)]
    {
        let finding = of(what).with_context(|| format!("nothing was said of {what}: {said}"))?;
        ensure!(finding["ok"] == ok, "{finding}");
        ensure!(finding["text"].as_str().is_some_and(|text| text.len() > 10), "{finding}");
    }
    Ok(())
}

fn background(system: &Wine, program: &Path) -> Result<()> {
    let someone = Someone::new(system, program, "wine-agent")?;
    someone.is_refused(&["agent", "status"], "")?;
    let place = someone.begins()?;
    ensure!(place.starts_with("127.0.0.1:"), "{place}");
    // A second one is not begun beside it, and commands find the first.
    let (code, _) = someone.runs(&["agent", "--listen", "127.0.0.1:0"])?;
    ensure!(code != 0, "a second agent began");
    ensure!(someone.does(&["sessions"])? == "Nothing is going on.\n");
    someone.does(&["contacts"])?;
    someone.does(&["visible", "5"])?;
    someone.does(&["agent", "stop"])?;
    wait::until("the socket's file to go", SOON, || {
        Ok((!someone.home.join("agent.sock").exists()).then_some(()))
    })?;
    // And begins again.
    someone.begins()?;
    someone.does(&["agent", "stop"]).map(|_| ())
}

fn refusals(system: &Wine, program: &Path) -> Result<()> {
    let someone = Someone::new(system, program, "wine-refusals")?;
    someone.is_refused(&["receive", "10"], "Files cannot be received on Windows")?;
    someone.is_refused(&["check-app", "hello"], "for-windows-authors.md")?;
    // Nobody is at a terminal here.
    someone.is_refused(&["ask", "127.0.0.1:1"], "terminal")?;
    Ok(())
}

fn hello(system: &Wine, program: &Path) -> Result<()> {
    let (anna, ben) =
        (Someone::new(system, program, "wine-anna")?, Someone::new(system, program, "wine-ben")?);
    anna.begins()?;
    let place = ben.begins()?;
    ben.does(&["visible", "10"])?;
    let played = || -> Result<()> {
        let mut inbox = ben.sits_at(&["inbox", "--wait"])?;
        inbox.expect("Ctrl-C ends it.", SOON)?;
        let mut call = anna.sits_at(&["hello", &place])?;
        inbox.expect(ANSWER, SOON)?;
        inbox.type_line("y")?;
        compare_words(&mut inbox, &mut call)?;
        call.expect("says hello.", SOON)?;
        let status = call.wait_exit(SOON)?;
        ensure!(status.success(), "the call ended with {status:?}");
        // The second time nobody is asked for words.
        let mut call = anna.sits_at(&["hello", &place])?;
        inbox.expect(ANSWER, SOON)?;
        inbox.type_line("n")?;
        call.expect("said no.", SOON)?;
        let status = call.wait_exit(SOON)?;
        ensure!(status.exit_code() == 3, "the call ended with {status:?}");
        Ok(())
    };
    played().with_context(|| format!("Anna:\n{}\nBen:\n{}", anna.logs(), ben.logs()))
}

/// The first time that somebody is called so they are asked whether that is right.
fn is_called(person: &mut Person, me: &str) -> Result<()> {
    let question = person.expect(YOURS, SOON)?;
    ensure!(question.contains(&format!("that you are called {me} there.")), "{question}");
    person.type_line("y")
}

/// The first time one reads three words aloud, and the other types them.
fn compare_words(expert: &mut Person, novice: &mut Person) -> Result<()> {
    expert.expect(READ, SOON)?;
    let read = expert.expect("If something is not right", SOON)?;
    let words: Vec<&str> = read.split_whitespace().take(3).collect();
    expert.expect(HEARD, SOON)?;
    novice.expect(WORDS, SOON)?;
    novice.type_line(&words.join(" "))?;
    novice.expect("The words are right", SOON)?;
    expert.type_line("y")
}

fn registration(system: &Wine, program: &Path) -> Result<()> {
    let someone = Someone::new(system, program, "wine-register")?;
    leaves_the_registry(system, program, &someone)?;
    // Keys that were there before, and empty, are not ours.
    let above = [r"SOFTWARE\Microsoft\RendezvousApps", r"SOFTWARE\Rendezvous"];
    above.iter().try_for_each(|key| system.make_key(key))?;
    leaves_the_registry(system, program, &someone)?;
    above.iter().try_for_each(|key| system.remove_key(key))
}

fn leaves_the_registry(system: &Wine, program: &Path, someone: &Someone<'_>) -> Result<()> {
    let before = system.registry()?;
    // A second time it is the same again.
    for _ in 0..2 {
        let said = someone.does(&["register"])?;
        ensure!(said.contains("rendezvous unregister"), "{said}");
    }
    let there = system.registry()?;
    for entry in ENTRIES {
        ensure!(there.contains(&format!(r"RendezvousApps\{entry}")), "{entry} is not there");
    }
    ensure!(there.contains("com-server ask") && there.contains("com-server hello"), "no command line");
    let added = differences(&before, &there);
    ensure!(!added.iter().any(|line| line.starts_with("removed: ")), "{added:?}");
    let library = program.with_file_name("RendezvousSession.tlb");
    ensure!(library.exists(), "the type library is missing");
    // Ours are not listed again as somebody else's.
    let apps = someone.does(&["apps"])?;
    ensure!(!apps.contains("(Rendezvous)"), "{apps}");
    someone.does(&["unregister"])?;
    let left = differences(&before, &system.registry()?);
    ensure!(left.is_empty(), "what was registered is not gone:\n  {}", left.join("\n  "));
    ensure!(!library.exists(), "the type library was left");
    // Nothing is there to be taken back, and that is no fault.
    someone.does(&["unregister"]).map(|_| ())
}

fn over_com(system: &Wine, program: &Path) -> Result<()> {
    let (anna, ben) =
        (Someone::new(system, program, "wine-com-anna")?, Someone::new(system, program, "wine-com-ben")?);
    anna.does(&["register"])?;
    let played = || -> Result<()> {
        for is_first in [true, false] {
            let mut first = anna.sits_at_im("inviter", HELLO, "ben@example.org")?;
            // Both are on one computer here: a process that Windows starts for the one could be given to the other.
            first.expect("handed-over", SOON)?;
            let mut second = ben.sits_at_im("invitee", HELLO, "anna@example.org")?;
            if is_first {
                is_called(&mut first, "anna@example.org")?;
                is_called(&mut second, "ben@example.org")?;
                compare_words(&mut second, &mut first)?;
            }
            first.expect("ben@example.org says hello.", SOON)?;
            second.expect("anna@example.org says hello.", SOON)?;
            // Whoever invited ends it when both were heard.
            both_end([(first, 0x06), (second, 0x07)])?;
        }
        // A session that its IM program takes away by dying ends at both ends, and nobody is left waiting.
        let mut first = anna.sits_at_im("inviter", HELLO, "somebody@example.org")?;
        first.expect("handed-over", SOON)?;
        let mut second = ben.sits_at_im("invitee", HELLO, "another@example.org")?;
        is_called(&mut second, "somebody@example.org")?;
        is_called(&mut first, "another@example.org")?;
        second.expect(READ, SOON)?;
        drop(first);
        both_end([(second, 0x03)])
    };
    played().with_context(|| format!("Anna:\n{}\nBen:\n{}", anna.logs(), ben.logs()))?;
    anna.does(&["unregister"]).map(|_| ())
}

fn alike_over_com(system: &Wine, program: &Path) -> Result<()> {
    let (anna, ben) =
        (Someone::new(system, program, "wine-alike-a")?, Someone::new(system, program, "wine-alike-b")?);
    anna.does(&["register"])?;
    // Somebody who is "the other one" to both; and a name that is no address.
    for (to_anna, to_ben) in [("m@example.org", "M@example.org"), ("Ben Example", "anna@example.org")] {
        let played = || -> Result<()> {
            let mut first = anna.sits_at_im("inviter", HELLO, to_anna)?;
            first.expect("handed-over", SOON)?;
            let second = ben.sits_at_im("invitee", HELLO, to_ben)?;
            both_end([(first, 0x04), (second, 0x04)])
        };
        played().with_context(|| format!("{to_anna}, {to_ben}\n{}\n{}", anna.logs(), ben.logs()))?;
    }
    // No application was begun for them.
    for someone in [&anna, &ben] {
        ensure!(!someone.home.join("hello.log").exists(), "an application was started: {}", someone.logs());
    }
    anna.does(&["unregister"]).map(|_| ())
}

fn two_names_over_com(system: &Wine, program: &Path) -> Result<()> {
    let (anna, ben) =
        (Someone::new(system, program, "wine-middle-a")?, Someone::new(system, program, "wine-middle-b")?);
    anna.does(&["register"])?;
    // Nobody is in the middle here, and what both hear is what somebody there would pass on. What is no clear yes is a no.
    for (round, answer) in ["n", "", "yess"].into_iter().enumerate() {
        let played = || -> Result<()> {
            let mut first = anna.sits_at_im("inviter", HELLO, "m1@example.org")?;
            first.expect("handed-over", SOON)?;
            let mut second = ben.sits_at_im("invitee", HELLO, "m2@example.org")?;
            // One is careless, once and for all.
            if round == 0 {
                is_called(&mut second, "m1@example.org")?;
                second.expect("Waiting for the other side.", SOON)?;
            }
            let question = first.expect(YOURS, SOON)?;
            ensure!(
                question.contains("m1@example.org's program says that you are called m2@example.org"),
                "{question}"
            );
            first.type_line(answer)?;
            both_end([(first, 0x04), (second, 0x04)])
        };
        played().with_context(|| format!("{answer:?}\n{}\n{}", anna.logs(), ben.logs()))?;
    }
    for someone in [&anna, &ben] {
        ensure!(!someone.home.join("hello.log").exists(), "an application was started: {}", someone.logs());
    }
    ensure!(!anna.home.join("own-addresses.txt").exists(), "an answer that was no yes was kept");
    ensure!(fs::read_to_string(ben.home.join("own-addresses.txt"))? == "m1@example.org\n", "it was not kept");
    anna.does(&["unregister"]).map(|_| ())
}

/// Their IM programs end when everything was let go, with the last digits of the session's result.
fn both_end<const MANY: usize>(people: [(Person, u32); MANY]) -> Result<()> {
    for (mut person, wanted) in people {
        let status = person.wait_exit(SOON)?;
        ensure!(status.exit_code() == 0x40 | wanted, "an IM program ended with {status:?}, not {wanted:#x}");
    }
    Ok(())
}

fn others_over_com(system: &Wine, program: &Path) -> Result<()> {
    let (anna, ben) =
        (Someone::new(system, program, "wine-app-anna")?, Someone::new(system, program, "wine-app-ben")?);
    // The interfaces are known to the system by our type library.
    anna.does(&["register"])?;
    system.register_application()?;
    system.clear_log()?;
    anna.begins()?;
    let place = ben.begins()?;
    ben.does(&["visible", "10"])?;
    let played = || -> Result<()> {
        let apps = anna.does(&["apps"])?;
        ensure!(apps.contains("A trial application"), "{apps}");
        let mut inbox = ben.sits_at(&["inbox", "--wait"])?;
        inbox.expect("Ctrl-C ends it.", SOON)?;
        let mut call = anna.sits_at(&["invite", "--app", "A trial application", &place])?;
        inbox.expect(ANSWER, SOON)?;
        inbox.type_line("y")?;
        let status = call.wait_exit(SOON)?;
        ensure!(status.success(), "the call ended with {status:?}");
        wait::until("both applications to let go", SOON, || {
            Ok((system.log().matches("leaves, references 0").count() == 2).then_some(()))
        })?;
        let log = system.log();
        ensure!(!log.contains("WRONG") && log.matches(" ended ").count() == 2, "{log}");
        Ok(())
    };
    played().with_context(|| {
        format!("Anna:\n{}\nBen:\n{}\nApplications:\n{}", anna.logs(), ben.logs(), system.log())
    })?;
    system.unregister_application()?;
    anna.does(&["unregister"]).map(|_| ())
}
