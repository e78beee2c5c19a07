//! Who was started from a window has no terminal: they choose a file in a window, and nobody chooses it for them.

use super::chat::{brings_the_bar, presses_on_the_bar};
use super::{AtScreen, ENTER, ESCAPE, TAB, asks_anna};
use crate::filing::{FILES, content, hash, word};
use crate::house::{ANSWER, SOON, Side};
use crate::meeting::have_met_on;
use crate::page;
use crate::reading_out::Ear;
use crate::viewer::Viewer;
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::at_spi::AtSpi;
use rendezvous_testkit::home::Home;
use rendezvous_testkit::wait;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

const CHOOSE: &str = "Send a file to Anna";
const SURE: &str = "Send this file to Anna?";

/// The novice at a screen with a screen reader, and their home directory; the expert, whom they call Anna, with a page.
fn scene(play: impl FnOnce(&mut AtScreen, &Ear, &Home, &Viewer) -> Result<()>) {
    let at_spi = AtSpi::start().expect("a bus of screen readers");
    let ear = Ear::on(&at_spi).expect("a screen reader");
    let own = Home::new("own").expect("a home directory");
    fs::create_dir(own.join("Documents")).expect("it is ours");
    let more = [
        ("DBUS_SESSION_BUS_ADDRESS", at_spi.address().to_owned()),
        ("HOME", own.path().display().to_string()),
    ];
    let mut novice = AtScreen::new("novice", &more).expect("a screen");
    let mut expert = Side::start("expert", Vec::new()).expect("an agent");
    let scene = || -> Result<()> {
        let one = novice.someone.who()?;
        have_met_on("nearby", (novice.someone.home(), &one), (expert.home(), &expert.who))?;
        novice.someone.does(&["add", "Anna", &expert.address])?;
        novice.opens_the_door()?;
        asks_anna(&novice)?;
        expert.agent.reads(ANSWER)?;
        expert.agent.says("y")?;
        let address = page::address(&mut expert.agent)?;
        let mut viewer = Viewer::open(&address, IpAddr::V4(Ipv4Addr::LOCALHOST), false)?;
        novice.allows("Anna has answered.")?;
        viewer.sees_the_picture(SOON)?;
        play(&mut novice, &ear, &own, &viewer)?;
        wait::until("the end", SOON, || {
            novice.presses(&[ESCAPE, ESCAPE, ESCAPE])?;
            std::thread::sleep(Duration::from_millis(300));
            novice.has("The help is over.").map(|over| over.then_some(()))
        })?;
        // The window goes with the help.
        novice.sees_no_more(CHOOSE)?;
        novice.leaves()
    };
    if let Err(error) = scene() {
        panic!(
            "{error:#}\n===== the novice: {}\n===== the expert:\n{}",
            novice.says(),
            expert.agent.screen()
        );
    }
}

/// From the bar, where it is the third button.
fn opens_the_chooser(novice: &AtScreen, ear: &Ear) -> Result<()> {
    brings_the_bar(novice)?;
    novice.presses(&[TAB, TAB])?;
    presses_on_the_bar(novice, CHOOSE)?;
    ear.hears("heading", CHOOSE)?;
    ear.hears_focus("Type a part of its name:")
}

/// Types what finds it, and waits until only that is left over.
fn chooses(novice: &AtScreen, ear: &Ear, name: &str, typed: &str) -> Result<()> {
    let begins = format!("{name}, ");
    wait::until(format_args!("{name} among the rows"), SOON, || {
        Ok(ear.all().iter().any(|heard| heard.name.starts_with(&begins)).then_some(()))
    })?;
    novice.types(typed)?;
    wait::until(format_args!("nothing else to be left over after {typed:?}"), SOON, || {
        Ok(ear.all().iter().all(|heard| !heard.name.starts_with("Documents, ")).then_some(()))
    })?;
    novice.presses(&[ENTER])
}

/// Presses the second button of this page, again and again until that is there: a page that has only just turned is deaf.
fn presses_second<T>(
    novice: &AtScreen,
    page: &str,
    mut there: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    novice.is_asked(page)?;
    novice.presses(&[TAB])?;
    wait::until(format_args!("what follows {page:?}"), SOON, || {
        if novice.has_keyboard(page)? {
            novice.presses(&[ENTER])?;
        }
        // A busy machine is not pressed again before it had the time to answer.
        for _ in 0..10 {
            std::thread::sleep(Duration::from_millis(200));
            if let Some(there) = there()? {
                return Ok(Some(there));
            }
        }
        Ok(None)
    })
}

/// Everything that comes over for this file, as the page takes it.
fn takes(viewer: &Viewer, offered: &Value) -> Result<(Vec<u8>, Value)> {
    let id = &offered["id"];
    viewer.says_aside(FILES, &json!({"t": "accept", "id": id, "from": 0}))?;
    let ended = word(viewer)?;
    let mut came: Vec<u8> = Vec::new();
    for chunk in viewer.bytes_aside(FILES) {
        let (head, data) = chunk.split_at(12);
        ensure!(head[4..] == u64::try_from(came.len())?.to_be_bytes(), "one after the other");
        came.extend(data);
    }
    viewer.says_aside(FILES, &json!({"t": "done", "id": id}))?;
    Ok((came, ended))
}

#[test]
#[ignore = "on a busy machine the offer is at times not heard within 20 s, and why is not known: run it by itself"]
fn needs_xephyr_needs_dbus_needs_at_spi_a_file_is_chosen_in_a_window_and_exactly_that_one_arrives() {
    scene(|novice, ear, own, viewer| {
        let file = content(500_000);
        fs::write(own.join("Documents/letter to anna.txt"), &file)?;
        fs::write(own.join("Documents/another.txt"), b"nobody is to have this")?;
        opens_the_chooser(novice, ear)?;
        chooses(novice, ear, "letter to anna.txt", "letter")?;
        novice.is_asked(SURE)?;
        ensure!(viewer.heard_aside(FILES)?.is_none(), "nothing is offered before they have said so");
        novice.allows(SURE)?;
        let offered = word(viewer)?;
        ensure!(offered["name"] == "letter to anna.txt" && offered["size"] == 500_000, "{offered}");
        novice.sees("is being sent.")?;
        ear.hears("label", "Anna is asked whether they want it.")?;
        let (came, ended) = takes(viewer, &offered)?;
        ensure!(came == file && ended["t"] == "end" && ended["hash"] == hash(&file), "{ended}");
        presses_second(novice, "Anna has “letter to anna.txt”.", || {
            Ok(novice.has(CHOOSE)?.then_some(()))
        })?;
        ear.hears_focus("Type a part of its name:")?;
        // And one that is not wanted.
        chooses(novice, ear, "another.txt", "another")?;
        novice.allows(SURE)?;
        let id = word(viewer)?["id"].clone();
        viewer.says_aside(FILES, &json!({"t": "refuse", "id": id, "why": "no"}))?;
        novice.sees("Anna did not want “another.txt”.")?;
        novice.presses(&[ESCAPE])?;
        novice.sees_no_more("did not want")?;
        let log = novice.someone.json(&["log", "show", "--json"])?;
        let gone = log["entries"].as_array().context("what happened")?;
        let gone: Vec<_> = gone.iter().filter(|entry| entry["what"] == "file").collect();
        ensure!(gone.len() == 2 && gone[0]["name"] == "letter to anna.txt", "{gone:?}");
        Ok(())
    });
}

#[test]
#[ignore = "on a busy machine the offer is at times not heard within 20 s, and why is not known: run it by itself"]
fn needs_xephyr_needs_dbus_needs_at_spi_whoever_thinks_better_of_it_sends_nothing() {
    scene(|novice, ear, own, viewer| {
        fs::write(own.join("Documents/secret.txt"), content(3_000_000))?;
        opens_the_chooser(novice, ear)?;
        novice.presses(&[ESCAPE])?;
        novice.sees_no_more(CHOOSE)?;
        // The safe answer is no, and leads back to where they looked.
        opens_the_chooser(novice, ear)?;
        chooses(novice, ear, "secret.txt", "secret")?;
        novice.is_asked(SURE)?;
        novice.presses(&[ESCAPE])?;
        novice.is_asked(CHOOSE)?;
        ensure!(viewer.heard_aside(FILES)?.is_none(), "nobody said yes");
        // While it goes over.
        chooses(novice, ear, "secret.txt", "secret")?;
        novice.allows(SURE)?;
        let id = word(viewer)?["id"].clone();
        let said = presses_second(novice, "is being sent.", || viewer.heard_aside(FILES))?;
        ensure!(said == json!({"t": "withdraw", "id": id}), "{said}");
        novice.sees("“secret.txt” was not sent")
    });
}

#[test]
fn needs_xephyr_needs_dbus_needs_at_spi_a_file_that_vanished_and_one_that_is_too_large_are_said_so() {
    scene(|novice, ear, own, viewer| {
        let path = own.join("Documents/fleeting.txt");
        fs::write(&path, b"soon gone")?;
        File::create(own.join("Documents/huge.iso"))?.set_len((16 << 30) + 1)?;
        opens_the_chooser(novice, ear)?;
        let begins = "fleeting.txt, ";
        wait::until("what is about to vanish", SOON, || {
            Ok(ear.all().iter().any(|heard| heard.name.starts_with(begins)).then_some(()))
        })?;
        fs::remove_file(&path)?;
        chooses(novice, ear, "fleeting.txt", "fleeting")?;
        ear.hears("label", "“fleeting.txt” is not there.")?;
        // What is typed in its place is found where it is.
        (0.."fleeting".len()).try_for_each(|_| novice.presses(&[BACKSPACE]))?;
        chooses(novice, ear, "huge.iso", "huge")?;
        ear.hears("label", "“huge.iso” is too large: more than 16 GB cannot be sent.")?;
        ensure!(viewer.heard_aside(FILES)?.is_none() && !novice.has(SURE)?, "nobody was asked");
        Ok(())
    });
}

const BACKSPACE: u32 = 0xff08;
