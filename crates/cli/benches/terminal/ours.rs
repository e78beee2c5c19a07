//! Two people who share a terminal.

use crate::acquainted::have_met_on;
use crate::{SOON, peak};
use anyhow::{Context as _, Result};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::Launch;
use rendezvous_testkit::terminal::{Person, Size};
use std::fs;
use std::path::Path;

/// As a terminal is, most of the time.
pub(crate) const SIZE: Size = Size { columns: 100, rows: 31 };

/// Both, and what they share.
pub(crate) struct Shared {
    sharer: Side,
    viewer_home: Home,
    /// At the terminal of the viewer's agent.
    pub(crate) viewer: Person,
    _call: Person,
}

struct Side {
    home: Home,
    _agent: Person,
}

impl Shared {
    /// One shares, the other looks, and may type.
    pub(crate) fn start(built: &Path) -> Result<Self> {
        let (sharer_home, sharer, _, sharer_as) = agent(built, "sharer")?;
        let (viewer_home, mut viewer, viewer_at, viewer_as) = agent(built, "viewer")?;
        have_met_on("nearby", (&sharer_home, &sharer_as), (&viewer_home, &viewer_as))?;
        let shares = program(built, &sharer_home, &["share-terminal", &viewer_at]);
        let mut call = Person::start("sharer", &shares, SIZE)?;
        viewer.expect("Answer? [y/N]", SOON)?;
        viewer.type_line("y")?;
        call.expect("Let them look? [y/N]", SOON)?;
        call.type_line("y")?;
        viewer.expect("○ you look", SOON)?;
        viewer.press("t")?;
        call.expect("30 minutes? [y/N]", SOON)?;
        call.type_line("y")?;
        viewer.expect("YOU TYPE", SOON)?;
        Ok(Self { sharer: Side { home: sharer_home, _agent: sharer }, viewer_home, viewer, _call: call })
    }

    pub(crate) fn sharer_memory(&self) -> Result<f64> {
        peak(application(&self.sharer.home)?)
    }

    pub(crate) fn viewer_memory(&self) -> Result<f64> {
        peak(application(&self.viewer_home)?)
    }
}

fn program(built: &Path, home: &Home, arguments: &[&str]) -> Launch {
    Launch::new(built)
        .args(arguments)
        .without("DISPLAY")
        .env("RENDEZVOUS_HOME", home.path())
        .env("RENDEZVOUS_ASK", "terminal")
        .env("SHELL", "/bin/sh")
}

/// An agent at a terminal: where it is reached, and as whom it is seen.
fn agent(built: &Path, name: &str) -> Result<(Home, Person, String, String)> {
    let home = Home::new(name)?;
    fs::write(home.join("config.toml"), "[nearby]\nmulticast = false\n")?;
    let launch = program(built, &home, &["agent", "--foreground", "--listen", "127.0.0.1:0"]);
    let mut agent = Person::start(name, &launch, SIZE)?;
    agent.expect("Others reach you at ", SOON)?;
    let address = agent.expect("\n", SOON)?.trim().to_owned();
    agent.expect("They see you as ", SOON)?;
    let who = agent.expect("\n", SOON)?.trim().to_owned();
    agent.expect("Ctrl-C ends it.", SOON)?;
    let visible = program(built, &home, &["visible", "60"]).command().output()?;
    anyhow::ensure!(visible.status.success(), "strangers cannot call {name}");
    Ok((home, agent, address, who))
}

/// The application that runs for somebody.
fn application(home: &Home) -> Result<u32> {
    let mark = format!("RENDEZVOUS_HOME={}", home.path().display());
    let processes = fs::read_dir("/proc")?.flatten();
    let mut ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.find(|id| {
        let read = |name| fs::read(format!("/proc/{id}/{name}")).unwrap_or_default();
        let is_theirs = read("environ").split(|b| *b == 0).any(|variable| variable == mark.as_bytes());
        is_theirs && String::from_utf8_lossy(&read("cmdline")).contains("application\0terminal")
    })
    .context("there is no application")
}
