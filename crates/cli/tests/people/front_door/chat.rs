//! Who was started from a window has no terminal: they read and write in a window, and nobody writes there for them.

use super::{AtScreen, ENTER, ESCAPE, TAB, asks_anna};
use crate::house::{ANSWER, SOON, Side, processes_of};
use crate::meeting::have_met_on;
use crate::page::{self, Page};
use crate::reading_out::Ear;
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::at_spi::AtSpi;
use rendezvous_testkit::wait;
use serde_json::json;
use std::time::Duration;

const CHAT: &str = "Chat with Anna";
/// What brings the keyboard to the bar.
const TO_THE_BAR: [u32; 4] = [0xffe3, 0xffe9, 0xffe1, 0x20];

/// The novice at a screen, who shows it; the expert, whom they call Anna, at a terminal, with the page open.
fn scene(
    more: &[(&'static str, String)],
    play: impl FnOnce(&mut AtScreen, &mut Side, &mut Page) -> Result<()>,
) {
    let mut novice = AtScreen::new("novice", more).expect("a screen");
    let mut expert = Side::start("expert", Vec::new()).expect("an agent");
    let scene = || -> Result<()> {
        let one = novice.someone.who()?;
        have_met_on("nearby", (novice.someone.home(), &one), (expert.home(), &expert.who))?;
        novice.someone.does(&["add", "Anna", &expert.address])?;
        novice.opens_the_door()?;
        asks_anna(&novice)?;
        expert.agent.reads(ANSWER)?;
        expert.agent.says("y")?;
        let mut page = Page::open(&page::address(&mut expert.agent)?)?;
        novice.allows("Anna has answered.")?;
        page.hears_state("view", "granted")?;
        play(&mut novice, &mut expert, &mut page)?;
        wait::until("the end", SOON, || {
            novice.presses(&[ESCAPE, ESCAPE, ESCAPE])?;
            std::thread::sleep(Duration::from_millis(300));
            novice.has("The help is over.").map(|over| over.then_some(()))
        })?;
        wait::until("the window to go with the help", SOON, || Ok((!novice.has(CHAT)?).then_some(())))?;
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

fn writes(page: &mut Page, text: &str) -> Result<()> {
    page.says(&json!({"type": "chat", "text": text}))
}

/// The person brings the window to the front, with the keyboard: from the bar, where *Write* is the second button.
fn opens_the_chat(novice: &AtScreen) -> Result<()> {
    let is_on_the_bar = || -> Result<bool> {
        Ok(novice.has_keyboard("sees your screen")? || novice.has_keyboard("is using your mouse")?)
    };
    novice.hand.chord(&TO_THE_BAR)?;
    wait::until("the bar to have the keyboard", SOON, || Ok(is_on_the_bar()?.then_some(())))?;
    novice.presses(&[TAB])?;
    wait::until("the chat to have the keyboard", SOON, || {
        // On a busy machine the bar may be deaf yet: what is pressed there is pressed again.
        if is_on_the_bar()? {
            novice.presses(&[ENTER])?;
        }
        for _ in 0..20 {
            if novice.has_keyboard(CHAT)? {
                return Ok(Some(()));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(None)
    })
}

#[test]
fn needs_xephyr_needs_dbus_needs_at_spi_both_write_and_read_where_there_is_no_terminal() {
    let at_spi = AtSpi::start().expect("a bus of screen readers");
    let ear = Ear::on(&at_spi).expect("a screen reader");
    let more = [("DBUS_SESSION_BUS_ADDRESS", at_spi.address().to_owned())];
    scene(&more, |novice, _, page| {
        // Whoever writes first opens a window there, and takes the keyboard from nobody.
        writes(page, "Hello!\nDo you see this?")?;
        novice.sees(CHAT)?;
        ear.hears("label", "Anna: Hello!\nDo you see this?")?;
        ensure!(!novice.has_keyboard(CHAT)?, "the keyboard stays where it was");

        opens_the_chat(novice)?;
        ear.hears_focus("Write to Anna:")?;
        novice.types("yes i do")?;
        ensure!(page.hears("typing")?["typing"] == true);
        novice.presses(&[ENTER])?;
        let heard = page.hears("chat")?;
        ensure!(heard["text"] == "yes i do", "{heard}");
        ear.hears("label", "You: yes i do")?;

        // It is closed, and what was begun is there when it is opened again.
        novice.types("and")?;
        novice.presses(&[ESCAPE])?;
        novice.sees_no_more(CHAT)?;
        opens_the_chat(novice)?;
        novice.types(" more")?;
        novice.presses(&[ENTER])?;
        ensure!(page.hears("chat")?["text"] == "and more");
        // And comes by itself when the other one goes on.
        novice.presses(&[ESCAPE])?;
        novice.sees_no_more(CHAT)?;
        writes(page, "Good.")?;
        novice.sees(CHAT)?;
        ear.hears("label", "Anna: Good.")?;
        Ok(())
    });
}

#[test]
fn needs_xephyr_no_program_writes_in_the_chat_while_somebody_else_has_the_keyboard() {
    scene(&[], |novice, _, page| {
        page.says(&json!({"type": "request"}))?;
        novice.allows("Anna asks to use your mouse and keyboard.")?;
        page.hears_state("control", "granted")?;
        wait::until("somebody who can press keys", SOON, || {
            let all = processes_of(novice.someone.home())?;
            Ok(all.iter().any(|(_, line)| line.contains(" let-go ")).then_some(()))
        })?;
        opens_the_chat(novice)?;
        for letter in "evil".chars() {
            novice.program.chord(&[u32::from(letter)])?;
        }
        novice.program.chord(&[ENTER])?;
        novice.types("ok")?;
        novice.program.chord(&[u32::from('x')])?;
        novice.presses(&[ENTER])?;
        let heard = page.hears("chat")?;
        ensure!(heard["text"] == "ok", "{heard}");
        Ok(())
    });
}

#[test]
fn needs_xephyr_nothing_that_is_written_comes_beside_a_question_and_no_question_while_somebody_writes() {
    scene(&[], |novice, _, page| {
        opens_the_chat(novice)?;
        novice.types("wait")?;
        ensure!(page.hears("typing")?["typing"] == true);
        page.says(&json!({"type": "request"}))?;
        page.hears_state("control", "pending")?;
        // What they go on typing answers nothing: it is theirs, and they are asked when they have finished.
        novice.types(" a moment")?;
        novice.presses(&[ENTER])?;
        let heard = page.hears("chat")?;
        ensure!(heard["text"] == "wait a moment", "{heard}");
        novice.is_asked("Anna asks to use your mouse and keyboard.")?;

        // While it stands nothing of theirs comes to the screen.
        novice.closes(CHAT)?;
        novice.sees_no_more(CHAT)?;
        writes(page, "Press yes!")?;
        page.says(&json!({"type": "typing", "typing": true}))?;
        novice.presses(&[ESCAPE])?;
        page.hears_state("control", "denied").context("the question was answered")?;
        novice.sees_no_more("Anna asks to use")?;
        novice.sees(CHAT)?;
        Ok(())
    });
}
