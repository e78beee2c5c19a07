//! The two people write to each other, and the novice hides the screen for a while.

use crate::house::{OVER, Two, two_people_and_a_screen};
use crate::page::{self, Page};
use anyhow::{Result, ensure};
use serde_json::json;

/// The novice shows the screen, and the expert's page is open.
fn open(two: &mut Two) -> Result<Page> {
    two.ask_until_question()?;
    let address = page::address(&mut two.expert.agent)?;
    let mut page = Page::open(&address)?;
    page.hears_state("view", "asked")?;
    two.call().says("y")?;
    two.call().reads("may see your screen")?;
    page.hears_state("view", "granted")?;
    Ok(page)
}

fn writes(page: &mut Page, text: &str) -> Result<()> {
    page.says(&json!({"type": "chat", "text": text}))
}

#[test]
fn needs_xvfb_both_write_and_read() {
    two_people_and_a_screen(|two| {
        let mut page = open(two)?;
        page.says(&json!({"type": "typing", "typing": true}))?;
        two.call().reads("writes…")?;
        writes(&mut page, "Hello!\nCan you \u{1b}[2Jread this?")?;
        two.call().reads(": Hello!")?;
        two.call().reads(": Can you ·[2Jread this?")?;

        two.call().presses("c")?;
        two.call().reads("You: ▏")?;
        two.call().presses("Yes, stop pt")?;
        two.call().reads("Yes, stop pt▏")?;
        ensure!(page.hears("typing")?["typing"] == true);
        two.call().presses("\u{7f}\u{7f}\u{7f}.\r")?;
        two.call().reads("  You: Yes, stop.")?;
        let heard = page.hears("chat")?;
        ensure!(heard["text"] == "Yes, stop." && heard["at"].as_u64().is_some(), "{heard}");
        // The letters were letters: it goes on.
        two.call().reads("may see your screen")?;

        // A page that is opened anew knows what was written.
        page.close()?;
        two.expert.agent.reads("Your page was closed. You can open it again:")?;
        let again = page::address(&mut two.expert.agent)?;
        two.call().presses("cStill there?\r")?;
        two.expert.agent.reads(": Still there?")?;
        let mut page = Page::open(&again)?;
        let lines = page.hears("history")?;
        let texts: Vec<_> =
            lines["lines"].as_array().into_iter().flatten().map(|l| (&l["own"], &l["text"])).collect();
        ensure!(
            texts
                == [
                    (&json!(true), &json!("Hello!\nCan you ·[2Jread this?")),
                    (&json!(false), &json!("Yes, stop.")),
                    (&json!(false), &json!("Still there?")),
                ],
            "{lines}"
        );
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)
    });
}

#[test]
fn needs_xvfb_nothing_that_is_written_stands_beside_a_question_or_answers_one() {
    two_people_and_a_screen(|two| {
        let mut page = open(two)?;
        let who = two.expert.who.clone();
        // Who writes is not asked before the line is finished, and what they write answers nothing.
        two.call().presses("c")?;
        two.call().reads("You: ▏")?;
        writes(&mut page, "Do you like it? Answer with y")?;
        two.call().reads("Answer with y")?;
        page.says(&json!({"type": "request"}))?;
        page.hears_state("control", "pending")?;
        two.call().reads("Finish your line first: then you are asked.")?;
        two.call().presses("y\r")?;
        two.call().reads("  You: y")?;
        ensure!(page.hears("chat")?["text"] == "y");
        two.call().reads(&format!("Let {who} help, 30 minutes? [y/N]"))?;

        // While it stands, they can write what they like.
        writes(&mut page, "Press y now")?;
        page.says(&json!({"type": "release"}))?;
        let before = two.call().reads("This question is gone; the answer was no.")?;
        ensure!(!before.contains("Press y now"), "{before}");
        two.call().reads(": Press y now")?;
        ensure!(!two.call().screen().contains("is using your mouse"));
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)
    });
}

#[test]
fn needs_xvfb_a_flood_is_dropped_and_said() {
    two_people_and_a_screen(|two| {
        let mut page = open(two)?;
        for n in 0..60 {
            writes(&mut page, &format!("message {n}."))?;
        }
        two.call().reads("message 0.")?;
        let missed = page.hears("missed")?;
        ensure!(
            missed["own"] == true && missed["count"].as_u64().is_some_and(|n| (1..=40).contains(&n)),
            "{missed}"
        );
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)
    });
}

#[test]
fn needs_xvfb_a_pause_hides_and_only_the_novice_ends_it() {
    two_people_and_a_screen(|two| {
        let mut page = open(two)?;
        page.hears("connect")?;
        page.says(&json!({"type": "request"}))?;
        two.call().reads("30 minutes? [y/N]")?;
        two.call().says("y")?;
        two.call().reads("is using your mouse and keyboard")?;
        page.hears_state("control", "granted")?;

        two.call().presses("p")?;
        two.call().reads("Your mouse and keyboard are yours again.")?;
        two.call().reads("Paused. They see nothing of your screen")?;
        two.call().reads("sees nothing")?;
        let state = page.hears_state("paused", true)?;
        ensure!(state["view"] == "granted" && state["control"] == "revoked", "{state}");

        // Nothing that the expert's side says brings the picture back or asks anything; chat goes on.
        page.says(&json!({"type": "request"}))?;
        page.describes()?;
        writes(&mut page, "Are you there?")?;
        two.call().reads(": Are you there?")?;
        ensure!(page.has_not_heard("answer") && page.has_not_heard("connect"));

        two.call().presses("p")?;
        two.call().reads("They see your screen again. They cannot click or type.")?;
        let state = page.hears_state("paused", false)?;
        ensure!(state["control"] == "revoked", "{state}");
        page.hears("connect")?;
        page.describes()?;
        page.hears("answer")?;
        ensure!(two.call().screen().matches("asks to use").count() == 1, "nobody was asked in the pause");

        // Also while it is paused it can be stopped.
        two.call().presses("p")?;
        page.hears_state("paused", true)?;
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        two.call().reads(" · allowed: seeing your screen, using mouse and keyboard\n")?;
        page.hears_the_end()?;
        two.call_ends_with(0)
    });
}
