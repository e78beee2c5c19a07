//! The agent in the background: who starts it, that there is one, and how it ends.

use crate::alone::Someone;
use crate::house::{SOON, send};
use crate::stand_in::{Then, instead_of_the_agent};
use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_dbus::agent::{Greeting, Request};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::wait;
use rustix::process::Signal;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;

fn scene(play: impl FnOnce(&Someone) -> Result<()>) {
    let someone = Someone::new("someone").expect("a home");
    if let Err(error) = play(&someone) {
        panic!("{error:#}\n----- the log of the agent:\n{}", someone.log());
    }
}

#[test]
fn the_first_command_that_needs_it_starts_it() {
    scene(|someone| {
        let rests = "Rendezvous is not running. It starts by itself when it is needed.\n";
        // These do not need it, and start nothing.
        for (arguments, code, said) in [
            (["agent", "status"].as_slice(), 1, rests),
            (&["agent", "stop"], 0, rests),
            (&["sessions"], 0, "Nothing is going on.\n"),
            (&["inbox", "--json"], 0, "[]\n"),
            (&["log"], 0, "Nothing has happened yet.\n"),
        ] {
            let (ended, text) = someone.runs(arguments)?;
            ensure!((ended, text.as_str()) == (code, said), "{arguments:?}: {ended} {text}");
            ensure!(someone.agents()?.is_empty(), "{arguments:?} started an agent");
        }
        someone.does(&["visible", "5"])?;
        let agent = someone.agent()?;
        let status = someone.json(&["agent", "status", "--json"])?;
        ensure!(status["running"] == true && status["process"] == agent, "{status}");
        ensure!(status["version"] == env!("CARGO_PKG_VERSION"), "{status}");
        ensure!(status["visible"].as_u64().is_some_and(|s| (1..=300).contains(&s)), "{status}");
        let said = someone.does(&["agent", "status"])?;
        ensure!(
            said.contains("is running since")
                && said.contains("  nearby · ")
                && said.contains(" · online · 127.0.0.1:"),
            "{said}"
        );
        // Others cannot reach its socket or read its log.
        for private in ["agent.sock", "agent.log", "device.key"] {
            let mode = fs::metadata(someone.home().join(private))?.permissions().mode();
            ensure!(mode & 0o077 == 0, "{private}: {mode:o}");
        }
        // A second start is none.
        someone.does(&["agent"])?;
        ensure!(someone.agent()? == agent);
        ensure!(
            someone.does(&["agent", "stop"])?
                == "Rendezvous has stopped. Nobody reaches you until it runs again.\n"
        );
        someone.is_gone()
    });
}

#[test]
fn eight_commands_at_once_start_one() {
    scene(|someone| {
        for round in 0..3 {
            let said: Vec<_> = (0..8).map(|n| someone.home().join(format!("said-{round}-{n}.log"))).collect();
            let mut commands = said
                .iter()
                .map(|path| Process::start(&someone.launch(&["visible", "7"]), Log::File(path)))
                .collect::<Result<Vec<_>>>()?;
            for (command, path) in commands.iter_mut().zip(&said) {
                let status = command.wait_exit(SOON)?;
                let text = fs::read_to_string(path)?;
                ensure!(status.success() && text.starts_with("For 7 minutes"), "{status}: {text}");
            }
            someone.agent()?;
            someone.leaves()?;
        }
        Ok(())
    });
}

#[test]
fn the_socket_of_one_that_was_killed_hinders_nobody() {
    scene(|someone| {
        someone.does(&["agent"])?;
        let first = someone.agent()?;
        send(first, Signal::KILL)?;
        wait::until("it to be gone", SOON, || Ok(someone.agents()?.is_empty().then_some(())))?;
        ensure!(someone.home().join("agent.sock").exists(), "one that was killed leaves its socket");
        ensure!(someone.runs(&["agent", "status"])?.0 == 1);
        someone.does(&["visible"])?;
        ensure!(someone.agent()? != first);
        someone.leaves()
    });
}

#[test]
fn it_outlives_the_terminal_that_started_it() {
    scene(|someone| {
        let mut inbox = someone.types(&["inbox", "--wait"])?;
        inbox.reads("You are asked here when somebody calls. Ctrl-C ends it.")?;
        let agent = someone.agent()?;
        inbox.interrupts()?;
        ensure!(inbox.ends()? == 0);
        inbox.is_as_found()?;
        drop(inbox);
        let status = someone.json(&["agent", "status", "--json"])?;
        ensure!(status["process"] == agent, "{status}");
        ensure!(fs::read_link(format!("/proc/{agent}/cwd"))?.as_os_str() == "/", "it holds no directory");
        someone.leaves()
    });
}

#[test]
fn why_it_does_not_start_is_said_where_it_was_needed() {
    scene(|someone| {
        let config = someone.home().join("config.toml");
        for (text, sentence) in [
            (
                "[nearby]\nlisen = \"127.0.0.1:0\"\n",
                "config.toml, line 2: \"lisen\" is not a key of [nearby]. Did you mean \"listen\"?. Nothing was started; correct the file and try again.",
            ),
            ("[nearby]\nenabled = 1\n", "line 2: \"enabled\" is something else; expected true or false"),
            ("[nearby\n", "line 1: this is not TOML"),
            ("[nearby]\nenabled = false\n", "There is nothing to be reached by"),
            ("[nearby]\nlisten = \"192.0.2.1:0\"\n", "192.0.2.1 is not on this computer."),
        ] {
            fs::write(&config, text)?;
            for command in [["visible"].as_slice(), &["agent"], &["contacts"], &["agent", "--foreground"]] {
                let (code, said) = someone.runs(command)?;
                ensure!(code == 1 && said.contains(sentence), "{command:?} with {text}: {code} {said}");
                ensure!(said.trim_end().lines().count() == 1, "one sentence: {said}");
                someone.is_gone()?;
            }
        }
        Ok(())
    });
}

/// Something that answers in the agent's place, as another version would; returns how often it was asked to stop.
fn another_version(
    someone: &Someone,
    is_replaceable: bool,
    play: impl FnOnce() -> Result<()>,
) -> Result<usize> {
    let (sender, stops) = std::sync::mpsc::channel();
    let answer = move |request| match request {
        Request::Hello { answer } => {
            let version = "0.0.1".to_owned();
            _ = answer.send(Greeting { version, process: 1, since: 0, is_replaceable });
            Ok(Then::GoOn)
        }
        Request::Stop { answer } => {
            _ = answer.send(());
            sender.send(())?;
            Ok(Then::End)
        }
        _ => bail!("another version is asked nothing else"),
    };
    instead_of_the_agent(someone, answer, play)?;
    Ok(stops.try_iter().count())
}

#[test]
fn one_of_another_version_makes_room_when_it_is_idle() {
    scene(|someone| {
        let stopped = another_version(someone, true, || {
            someone.does(&["visible"]).map(|_| ())?;
            someone.agent().map(|_| ())
        })?;
        ensure!(stopped == 1, "it was stopped {stopped} times");
        someone.leaves()
    });
}

#[test]
fn one_of_another_version_that_is_busy_is_left_alone() {
    scene(|someone| {
        let stopped = another_version(someone, false, || {
            let (code, said) = someone.runs(&["visible"])?;
            let sentence = format!(
                "Rendezvous 0.0.1 is running for you, and this command is of version {}. It is in use, so it was left alone.",
                env!("CARGO_PKG_VERSION")
            );
            ensure!(code == 1 && said.starts_with(&sentence), "{code} {said}");
            ensure!(someone.agents()?.is_empty());
            Ok(())
        })?;
        ensure!(stopped == 0);
        Ok(())
    });
}

#[test]
fn something_else_at_its_socket_is_not_spoken_to_for_ever() {
    scene(|someone| {
        let listener = std::os::unix::net::UnixListener::bind(someone.home().join("agent.sock"))?;
        let stranger = std::thread::spawn(move || {
            // Takes the connection and closes it.
            _ = listener.accept();
        });
        let (code, said) = someone.runs(&["visible"])?;
        ensure!(
            code == 1 && said.starts_with("Something else than Rendezvous answers in its place"),
            "{code} {said}"
        );
        stranger.join().expect("it does not panic");
        Ok(())
    });
}

#[test]
fn the_systems_manager_hands_over_the_socket() {
    scene(|someone| {
        let Some(activate) = rendezvous_testkit::process::find_program("systemd-socket-activate") else {
            _ = writeln!(std::io::stderr(), "skipped: systemd-socket-activate is not installed");
            return Ok(());
        };
        let path = someone.home().join("agent.sock");
        let said = someone.home().join("said.log");
        let variable = format!("RENDEZVOUS_HOME={}", someone.home().path().display());
        let launch = Launch::new(activate).arg("-l").arg(&path).args([
            "-E",
            &variable,
            env!("CARGO_BIN_EXE_rendezvous"),
            "agent",
            "--foreground",
        ]);
        let mut manager = Process::start(&launch, Log::File(&said))?;
        wait::until("the socket", SOON, || {
            manager.check_running()?;
            Ok(path.exists().then_some(()))
        })?;
        someone.does(&["visible"])?;
        let status = someone.json(&["agent", "status", "--json"])?;
        ensure!(status["process"] == manager.id(), "the process of the manager became the agent: {status}");
        someone.does(&["agent", "stop"])?;
        ensure!(manager.wait_exit(SOON)?.success());
        ensure!(path.exists(), "the socket is the manager's, and stays");
        Ok(())
    });
}

#[test]
fn completions_and_manual_pages_are_whole() {
    let home = Home::new("manual").expect("a home");
    let someone = Someone::new("reader").expect("a home");
    let look = || -> Result<()> {
        for shell in ["bash", "zsh", "fish"] {
            let text = someone.does(&["completions", shell])?;
            for verb in ["ask", "inbox", "visible", "verify"] {
                ensure!(text.contains(verb), "{shell}: {verb}");
            }
        }
        let script = home.join("completion.bash");
        fs::write(&script, someone.does(&["completions", "bash"])?)?;
        let check = Launch::new("bash").arg("-n").arg(&script);
        ensure!(Process::start(&check, Log::Nowhere)?.wait_exit(SOON)?.success(), "bash does not read it");

        let pages = home.join("pages");
        someone.does(&["man", "--directory", pages.to_str().context("a path of letters")?])?;
        let main = fs::read_to_string(pages.join("rendezvous.1"))?;
        ensure!(main == someone.does(&["man"])?, "the same page");
        for part in ["Exit codes", "130", "CONFIGURATION", "multicast", "RENDEZVOUS_HOME"] {
            ensure!(main.contains(part), "{part} is not in {main}");
        }
        for verb in ["ask", "inbox", "visible", "verify", "agent"] {
            let page = fs::read_to_string(pages.join(format!("rendezvous-{verb}.1")))?;
            ensure!(page.contains(".TH") && page.contains(&format!("rendezvous {verb}")), "{page}");
        }
        ensure!(!pages.join("rendezvous-application.1").exists(), "what is not for people has no page");
        ensure!(someone.agents()?.is_empty(), "none of this needs the agent");
        Ok(())
    };
    look().unwrap();
}

#[test]
fn whoever_looks_for_somebody_keeps_nobody_waiting_and_can_give_up() {
    scene(|someone| {
        someone.does(&["agent"])?;
        // It takes the connection and says nothing.
        let silent = std::net::TcpListener::bind("127.0.0.1:0")?;
        let mut call = someone.types(&["hello", &silent.local_addr()?.to_string()])?;
        let (mut link, _) = silent.accept()?;
        someone.does(&["agent", "status"])?;
        link.set_nonblocking(true)?;
        let still_looks = loop {
            match std::io::Read::read(&mut link, &mut [0; 1024]) {
                Ok(0) => break false,
                Ok(_) => {}
                Err(error) => break error.kind() == std::io::ErrorKind::WouldBlock,
            }
        };
        ensure!(still_looks, "the answer came only after the agent had given up");
        call.interrupts()?;
        call.reads("You withdrew it. Nothing was shared.")?;
        ensure!(call.ends()? == 130);
        call.is_as_found()?;
        ensure!(someone.does(&["log"])? == "Nothing has happened yet.\n", "nobody was called");
        someone.leaves()
    });
}

#[test]
fn a_home_that_others_can_write_to_is_refused() {
    scene(|someone| {
        use std::os::unix::fs::PermissionsExt as _;
        let home = someone.home().path();
        fs::set_permissions(home, fs::Permissions::from_mode(0o777))?;
        let (code, said) = someone.runs(&["contacts"])?;
        let sentence = format!("Others can write to {}, so nothing in it can be trusted.", home.display());
        ensure!(code == 1 && said.starts_with(&sentence) && said.lines().count() == 1, "{code} {said}");
        fs::set_permissions(home, fs::Permissions::from_mode(0o700))?;
        someone.does(&["contacts"]).map(|_| ())?;
        someone.leaves()
    });
}
