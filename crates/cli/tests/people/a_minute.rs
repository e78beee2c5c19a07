//! Questions that nobody answers, and a page that nobody reaches. What is waited for here takes a minute, so all of it
//! waits side by side.

use crate::house::{OVER, SHOW, Two, two_people, two_people_and_a_screen};
use crate::page::{self, Page};
use anyhow::{Result, ensure};
use serde_json::json;
use std::thread;
use std::time::{Duration, Instant};

/// A question stands for a minute.
const QUESTION: Duration = Duration::from_secs(60);
/// A page that described itself has half a minute to connect.
const CONNECTING: Duration = Duration::from_secs(30);
const A_LITTLE: Duration = Duration::from_secs(8);

#[test]
fn needs_xvfb_of_silence_is_a_no() {
    // Every scene plays in a thread of its own; one that fails panics, and with it this test.
    thread::scope(|scope| {
        scope.spawn(|| two_people(view));
        scope.spawn(|| two_people_and_a_screen(control));
        scope.spawn(|| two_people_and_a_screen(no_way));
    });
}

/// Nobody answers whether the screen may be seen.
fn view(two: &mut Two) -> Result<()> {
    two.ask_until_question()?;
    let asked = Instant::now();
    two.call().reads_within("This question is gone; the answer was no.", QUESTION + A_LITTLE)?;
    ensure!(asked.elapsed() > QUESTION - A_LITTLE, "it stood for {:?} only", asked.elapsed());
    two.call().reads("Not now. Nothing was shared.")?;
    two.call().reads("Nobody answered in time.")?;
    two.call_ends_with(4)?;
    let who = two.novice.who.clone();
    two.expert.agent.reads(&format!("{who} did not answer. Nobody answered the question there."))?;
    Ok(())
}

/// Nobody answers whether mouse and keyboard may be used: the view stands.
fn control(two: &mut Two) -> Result<()> {
    two.ask_until_question()?;
    let mut page = Page::open(&page::address(&mut two.expert.agent)?)?;
    two.call().says("y")?;
    page.hears_state("view", "granted")?;
    page.says(&json!({"type": "request"}))?;
    page.hears_state("control", "pending")?;
    two.call().reads("30 minutes? [y/N]")?;
    two.call().reads_within("This question is gone; the answer was no.", QUESTION + A_LITTLE)?;
    page.hears_state("control", "denied")?;
    two.call().reads("may see your screen")?;
    two.call().presses("s")?;
    two.call().reads(OVER)?;
    two.call_ends_with(0)
}

/// The page describes itself, and then nothing is heard from it: something is in the way.
fn no_way(two: &mut Two) -> Result<()> {
    two.asks()?;
    two.expert.agent.says("y")?;
    two.call().reads(SHOW)?;
    let mut page = Page::open(&page::address(&mut two.expert.agent)?)?;
    two.call().says("y")?;
    page.hears("connect")?;
    page.describes()?;
    page.hears("answer")?;
    two.call().reads_within(
        "No way was found for the picture between this computer and the browser of",
        CONNECTING + A_LITTLE,
    )?;
    two.call().reads("Something between you blocks the connection.")?;
    two.call().reads("(FIREWALL_NOT_SUPPORTED (0x81000623))")?;
    two.call_ends_with(5)?;
    ensure!(two.call().screen().contains(OVER), "it says that nothing is shared");
    let [title, _, code] = page.hears_the_end()?;
    ensure!(title == "Something between you blocks the connection" && code.contains("0x81000623"), "{title}");
    two.expert.agent.reads("Something between you blocks the connection.")?;
    Ok(())
}
