//! The same in tmux, two terminals beside each other: another emulator than ours reads what is written there. It is also
//! what the demo shows and the README has a recording of.

use super::{CHORD, LOOK};
use crate::acquainted::have_met_on;
use crate::alone::Someone;
use crate::house::{ANSWER, NO_SUCH_SCREEN};
use anyhow::{Context as _, Result};
use rendezvous_testkit::panes::{Moment, Panes, recording};
use rendezvous_testkit::process::Launch;
use std::fs;

/// Where the recording is to be written; `cargo xtask demo --terminal --save-pictures` says it.
const PICTURES: &str = "RENDEZVOUS_SAVE_PICTURES";
/// So many that nothing that is read there is cut in the middle of a word.
const COLUMNS: u16 = 97;
const ROWS: u16 = 16;
const TITLES: [&str; 2] = ["Jonas, whose terminal it is", "Anna, who looks"];
const SHARER: usize = 0;
const VIEWER: usize = 1;

/// A recording that is made while a scene is played.
struct Film<'a> {
    panes: &'a Panes,
    moments: Vec<Moment>,
}

impl Film<'_> {
    /// As it stands now.
    fn keep(&mut self, seconds: u32) -> Result<()> {
        let panes = [self.panes.shows(SHARER)?, self.panes.shows(VIEWER)?];
        self.moments.push(Moment { panes, seconds });
        Ok(())
    }

    /// Somebody has the shell work something out, and both see it.
    fn both_see(&self, by: usize, line: &str, result: &str) -> Result<()> {
        self.panes.types(by, &format!("{line}\r"))?;
        self.panes.reads(SHARER, result)?;
        self.panes.reads(VIEWER, result)
    }
}

/// A line for a shell that starts this.
fn line(launch: &Launch) -> String {
    let words: Vec<String> =
        launch.words().iter().map(|word| format!("'{}'", word.to_string_lossy())).collect();
    // What was said last stays to be read.
    format!("{}; cat", words.join(" "))
}

#[test]
fn needs_tmux_two_terminals_beside_each_other() {
    let surroundings = || vec![("DISPLAY", NO_SUCH_SCREEN.to_owned()), ("SHELL", "/bin/sh".to_owned())];
    let sharer = Someone::with("sharer", surroundings()).expect("a home");
    let viewer = Someone::with("viewer", surroundings()).expect("a home");
    let played = play(&sharer, &viewer).and_then(|()| {
        sharer.leaves()?;
        viewer.leaves()
    });
    if let Err(error) = played {
        panic!("{error:#}\n----- the sharer's log:\n{}\n----- the viewer's:\n{}", sharer.log(), viewer.log());
    }
}

fn play(sharer: &Someone, viewer: &Someone) -> Result<()> {
    let (from, to) = (sharer.is_reached_at()?, viewer.is_reached_at()?);
    have_met_on("nearby", (sharer.home(), &sharer.who()?), (viewer.home(), &viewer.who()?))?;
    sharer.does(&["add", "Anna", &to])?;
    viewer.does(&["add", "Jonas", &from])?;
    viewer.does(&["visible"])?;
    // The first pane begins when the second is there: until then it is as wide as both.
    let shares = line(&sharer.launch(&["share-terminal", "Anna"]));
    let shares = format!("stty -echo; read _; stty echo; clear; {shares}");
    let waits = line(&viewer.launch(&["inbox", "--wait"]));
    let panes = Panes::open("scene", COLUMNS, ROWS, [&shares, &waits])?;
    panes.types(SHARER, "\r")?;
    let mut film = Film { panes: &panes, moments: Vec::new() };
    panes.reads(VIEWER, ANSWER)?;
    panes.reads(SHARER, "it rings there")?;
    film.keep(3)?;
    panes.types(VIEWER, "y\r")?;
    panes.reads(SHARER, LOOK)?;
    film.keep(4)?;
    panes.types(SHARER, "y\r")?;
    panes.reads(VIEWER, "you look")?;
    panes.types(SHARER, "exec env PS1='$ ' sh\r")?;
    film.both_see(SHARER, "clear; echo =$((6*7))=", "=42=")?;
    film.both_see(
        SHARER,
        "clear; uname -s; printf '\\033[1;32m%s\\033[0m\\n' ready; df -h / | tail -1",
        "% /",
    )?;
    film.keep(3)?;
    panes.types(VIEWER, "t")?;
    panes.reads(SHARER, "type, 30 minutes? [y/N]")?;
    film.keep(5)?;
    panes.types(SHARER, "y\r")?;
    panes.reads(VIEWER, "YOU TYPE")?;
    film.both_see(VIEWER, "for n in 1 2 3; do echo \"step $n of 3\"; done", "step 3 of 3")?;
    film.keep(4)?;
    panes.types(SHARER, &CHORD.repeat(2))?;
    panes.reads(VIEWER, "Typing was taken back")?;
    panes.reads(SHARER, "Nobody but you types")?;
    film.keep(4)?;
    panes.types(SHARER, &CHORD.repeat(3))?;
    panes.reads(SHARER, "Nobody sees your terminal any more")?;
    panes.reads(VIEWER, " ended the help")?;
    film.keep(3)?;
    if let Some(path) = std::env::var_os(PICTURES) {
        fs::write(path, recording(&film.moments, COLUMNS, ROWS, TITLES))
            .context("the recording is not written")?;
    }
    Ok(())
}
