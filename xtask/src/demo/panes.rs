//! The demo of a shared terminal: two terminals beside each other, in tmux.

use std::fs;
use std::io::{IsTerminal as _, stdin};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::panes::Panes;
use rendezvous_testkit::process::{Launch, Log, Process};

use super::meeting::{Meeting, Way};
use super::people;
use crate::{repo, say};

/// Longer than a scene takes, with a first build.
const LONG: Duration = Duration::from_mins(30);
/// So long may saying hello take.
const SOON: Duration = Duration::from_secs(60);
/// Two panes of this size, and a line between them.
const SIZE: (u16, u16) = (80, 30);
const RECORDING: &str = "docs/pictures/terminal.svg";

/// Both people are you.
pub(super) fn run(program: &Path) -> Result<()> {
    ensure!(
        stdin().is_terminal(),
        "there is nobody at the terminal to play the two people; `cargo xtask demo --terminal --save-pictures` plays them"
    );
    let Meeting { novice, expert, server: _server } = Meeting::arrange(Way::Nearby, program)?;
    // Both work without a desktop.
    let _sharers = people::start_expert(&novice)?;
    {
        let mut viewers = people::start_expert(&expert)?;
        people::get_acquainted((&novice, &expert), &mut viewers, SOON)?;
    }
    let shares = line(&novice.launch(["share-terminal", &expert.address()]));
    // The one on the left begins when the one on the right is there.
    let go = Path::new(&novice.home()).join("go.log");
    let shares = format!("until [ -e '{}' ]; do sleep 0.1; done; {shares}", go.display());
    say::line(INSTRUCTIONS);
    let panes = Panes::open("demo", SIZE.0, SIZE.1, [&shares, &line(&expert.agent())])?;
    expert.wait_reachable()?;
    expert.make_visible()?;
    fs::write(&go, "")?;
    let status = panes.attach().command().stdin(Stdio::inherit()).status().context("cannot start tmux")?;
    ensure!(status.success(), "tmux: {status}");
    Ok(())
}

/// Played by itself, by the scene that is a test, too.
pub(super) fn record() -> Result<()> {
    let launch = repo::cargo()
        .args(["test", "--workspace", "--test", "people", "--", "--exact"])
        .arg("terminals::panes::needs_tmux_two_terminals_beside_each_other")
        .env("RENDEZVOUS_SAVE_PICTURES", repo::root().join(RECORDING));
    let status = Process::start(&launch, Log::Ours)?.wait_exit(LONG)?;
    ensure!(status.success(), "the scene failed ({status})");
    say::line(format_args!("{RECORDING} is new."));
    Ok(())
}

const INSTRUCTIONS: &str = "
Two terminals: on the left somebody shares one, on the right they answer. You play both; Ctrl-B and an arrow key goes
from one to the other, Ctrl-B and d ends the demo. Say yes on the right, then on the left, and there is a shell on the left that
both see. \"t\" on the right asks to type; Ctrl-] twice on the left takes it back, a third time ends everything.
";

/// A line for a shell that starts this, and leaves what was said last to be read.
fn line(launch: &Launch) -> String {
    let words: Vec<String> =
        launch.words().iter().map(|word| format!("'{}'", word.to_string_lossy())).collect();
    format!("{}; cat", words.join(" "))
}
