//! Control: asked by the page, answered at the terminal, taken back, given back, and gone with the page.

use crate::house::{OVER, Two, two_people_and_a_screen};
use crate::page::{self, Page};
use anyhow::{Result, ensure};
use serde_json::json;

pub(crate) const USING: &str = "is using your mouse and keyboard";
pub(crate) const YOURS: &str = "Your mouse and keyboard are yours again.";

/// The novice shows the screen, and the expert's page is open.
pub(crate) fn open(two: &mut Two) -> Result<(Page, String)> {
    two.ask_until_question()?;
    let address = page::address(&mut two.expert.agent)?;
    let mut page = Page::open(&address)?;
    page.hears_state("view", "asked")?;
    two.call().says("y")?;
    two.call().reads("may see your screen")?;
    Ok((page, address))
}

pub(crate) fn question(two: &mut Two) -> Result<()> {
    let who = two.expert.who.clone();
    two.call().reads(&format!("{who} asks to use your mouse and keyboard."))?;
    two.call().reads("To stop at once, press Esc three times.")?;
    two.call().reads(&format!("Let {who} help, 30 minutes? [y/N]"))?;
    Ok(())
}

#[test]
fn needs_xvfb_the_page_is_told_how_it_stands() {
    two_people_and_a_screen(|two| {
        let (mut page, address) = open(two)?;
        let state = page.hears_state("view", "granted")?;
        ensure!(state["screen"] == json!({"width": 320, "height": 200}), "{state}");
        ensure!(state["who"] == json!(two.novice.who) && state["verified"] == true, "{state}");
        page.hears("connect")?;

        // The ticket was used, and the page is there.
        ensure!(Page::open_without_certificate(&address)?.is_closed_with()? == 4409);

        page.says(&json!({"type": "stop"}))?;
        two.expert.agent.reads("You ended the help.")?;
        let [title, _, code] = page.hears_the_end()?;
        ensure!(title == "You ended the help" && code.contains("0x81000606"), "{title} {code}");
        let who = two.expert.who.clone();
        two.call().reads(&format!("{who} ended it."))?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)
    });
}

#[test]
fn needs_xvfb_control_is_allowed_and_taken_back() {
    two_people_and_a_screen(|two| {
        let (mut page, _) = open(two)?;
        // Typed before the question: it does not answer it.
        two.call().presses("y")?;
        page.says(&json!({"type": "request"}))?;
        page.hears_state("control", "pending")?;
        question(two)?;
        two.call().says("y")?;
        two.call().reads(USING)?;
        page.hears_state("control", "granted")?;
        two.call().presses("t")?;
        two.call().reads(YOURS)?;
        page.hears_state("control", "revoked")?;
        two.call().reads("may see your screen")?;

        two.call().presses("s")?;
        two.call().reads(OVER)?;
        two.call().reads(" · allowed: seeing your screen, using mouse and keyboard\n")?;
        let [title, _, code] = page.hears_the_end()?;
        ensure!(title == format!("{} ended the help", two.novice.who), "{title}");
        ensure!(code.contains("0x81000607"), "{code}");
        two.call_ends_with(0)
    });
}

#[test]
fn needs_xvfb_a_second_process_watches_over_the_keys_for_as_long_as_control_lasts() {
    two_people_and_a_screen(|two| {
        let (mut page, _) = open(two)?;
        two.novice.guards_keys(false)?;
        page.says(&json!({"type": "request"}))?;
        question(two)?;
        two.novice.guards_keys(false)?;
        two.call().says("y")?;
        two.call().reads(USING)?;
        two.novice.guards_keys(true)?;
        two.call().presses("t")?;
        two.call().reads(YOURS)?;
        two.novice.guards_keys(false)?;
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)
    });
}

#[test]
fn needs_xvfb_the_second_process_ends_when_the_first_is_killed() {
    two_people_and_a_screen(|two| {
        let (mut page, _) = open(two)?;
        page.says(&json!({"type": "request"}))?;
        question(two)?;
        two.call().says("y")?;
        two.call().reads(USING)?;
        two.novice.guards_keys(true)?;
        two.novice.kill_application()?;
        two.call().reads("The program for this could not be started or stopped too early.")?;
        two.novice.guards_keys(false)?;
        two.call_ends_with(1)
    });
}

#[test]
fn needs_xvfb_control_is_not_allowed_and_the_view_stands() {
    two_people_and_a_screen(|two| {
        for answer in ["", "yes please"] {
            let (mut page, _) = open(two)?;
            two.call().presses("yyy")?;
            page.says(&json!({"type": "request"}))?;
            question(two)?;
            two.call().says(answer)?;
            two.call().reads("No. They still see your screen, and cannot click or type.")?;
            page.hears_state("control", "denied")?;
            two.call().reads("may see your screen")?;
            ensure!(!two.call().screen().contains(USING));

            // Asked again at once: refused without bothering anybody.
            page.says(&json!({"type": "request"}))?;
            page.hears_state("control", "refused")?;
            two.call().presses("\u{1b}\u{1b}\u{1b}")?;
            two.call().reads(OVER)?;
            two.call().reads(" · allowed: seeing your screen\n")?;
            two.call_ends_with(0)?;
            ensure!(two.call().screen().matches("asks to use").count() == 1, "asked once");
            two.are_idle()?;
        }
        Ok(())
    });
}

#[test]
fn needs_xvfb_the_question_goes_when_it_is_not_asked_any_more() {
    two_people_and_a_screen(|two| {
        let (mut page, _) = open(two)?;
        page.says(&json!({"type": "request"}))?;
        question(two)?;
        page.says(&json!({"type": "release"}))?;
        two.call().reads("This question is gone; the answer was no.")?;
        page.hears_state("control", "released")?;
        two.call().reads("may see your screen")?;
        // A yes that comes too late is a key that means nothing.
        two.call().presses("y\r")?;
        two.call().reads("may see your screen")?;
        ensure!(!two.call().screen().contains(USING));
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)
    });
}

#[test]
fn needs_xvfb_control_goes_with_the_page_and_another_page_can_come() {
    two_people_and_a_screen(|two| {
        let (mut page, first) = open(two)?;
        page.says(&json!({"type": "request"}))?;
        question(two)?;
        two.call().says("y")?;
        two.call().reads(USING)?;
        page.close()?;
        two.call().reads(YOURS)?;
        two.expert.agent.reads("Your page was closed. You can open it again:")?;
        let second = page::address(&mut two.expert.agent)?;
        ensure!(first != second, "another ticket");
        let mut page = Page::open(&second)?;
        page.hears("connect")?;
        let state = page.hears_state("control", "released")?;
        ensure!(state["view"] == "granted", "{state}");

        // The expert's person ends it all at their terminal.
        two.expert.leaves()?;
        ensure!(page.hears_the_end()?[0] == "You ended the help");
        two.call().reads(OVER)?;
        two.call_ends_with(0)?;
        two.expert.start_again()
    });
}

#[test]
fn needs_xvfb_a_page_that_says_nonsense_is_sent_away_and_the_help_goes_on() {
    two_people_and_a_screen(|two| {
        let (mut page, _) = open(two)?;
        page.hears("connect")?;
        page.says(&json!({"type": "describe", "description": {"ufrag": "x"}}))?;
        page.says(&json!({"type": "accept"}))?;
        let code = page.is_closed_with()?;
        ensure!((4400..4500).contains(&code), "{code}");
        two.expert.agent.reads("Your page was closed. You can open it again:")?;
        let again = page::address(&mut two.expert.agent)?;
        let mut page = Page::open(&again)?;
        page.hears("connect")?;
        page.describes()?;
        page.hears("answer")?;
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)
    });
}
