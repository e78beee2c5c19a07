//! What the screen is sent as: what the helper's browser plays, and what the person here allows. When that is nothing, both
//! are told.

use crate::house::{OVER, Side, Two, two_people_and_a_screen};
use crate::page::{self, Page, h264, vp9};
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::fs;
use std::io::Write as _;

const LAUNCH_FAILED: &str = "(APPLICATION_LAUNCH_FAILED (0x81000601))";

/// A person writes into their configuration what their screen is sent as.
fn wants(side: &Side, codec: &str) -> Result<()> {
    let mut file = fs::OpenOptions::new().append(true).open(side.home().join("config.toml"))?;
    Ok(writeln!(file, "[assist]\ncodec = \"{codec}\"")?)
}

/// The view is allowed, and the page that is told to connect says what it plays.
fn until_described(two: &mut Two, plays: &Value) -> Result<Page> {
    two.ask_until_question()?;
    let mut page = Page::open(&page::address(&mut two.expert.agent)?)?;
    two.call().says("y")?;
    page.hears("connect")?;
    page.describes_playing(plays)?;
    Ok(page)
}

#[test]
fn needs_xvfb_a_browser_that_plays_nothing_of_ours_is_the_end_for_both() {
    two_people_and_a_screen(|two| {
        let av1 = json!([{ "pt": 45, "codec": "AV1", "fmtp": "profile=0" }]);
        for plays in [av1, json!([])] {
            let mut page = until_described(two, &plays)?;
            let who = two.expert.who.clone();
            two.call().reads(&format!("The browser of {who} cannot show your screen"))?;
            two.call().reads(LAUNCH_FAILED)?;
            two.expert.agent.reads(LAUNCH_FAILED)?;
            let [_, _, code] = page.hears_the_end()?;
            ensure!(code.contains("0x81000601"), "{code}");
            ensure!(page.has_not_heard("answer"));
            two.call_ends_with(1)?;
            ensure!(two.call().screen().contains(OVER), "it says that nothing is shared");
            two.are_idle()?;
        }
        Ok(())
    });
}

#[test]
fn needs_xvfb_the_screen_is_sent_as_the_person_here_wants_it() {
    two_people_and_a_screen(|two| {
        wants(&two.novice, "vp9")?;
        let mut page = until_described(two, &json!([h264(), vp9()]))?;
        let answer = page.hears("answer")?;
        ensure!(answer["description"]["video"] == json!([vp9()]), "{answer}");
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)?;
        two.are_idle()
    });
}
