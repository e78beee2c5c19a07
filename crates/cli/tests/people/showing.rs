//! What is shown: one screen of several, one window, a test picture; and a display that goes away meanwhile.

use crate::alone::Someone;
use crate::house::{Desk, OVER, SHOW, Side, Two, program, these_two, two_people, two_people_and_a_screen};
use crate::meeting::have_met;
use crate::page::{self, Page};
use crate::viewer::Viewer;
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::monitors::{self, Window};
use rendezvous_testkit::screen::Area;
use rendezvous_testkit::wait;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::time::Duration;

/// A connection, on a busy machine.
const SOON: Duration = Duration::from_secs(30);

const LEFT: Area = Area { x: 0, y: 0, width: 200, height: 200 };
const RIGHT: Area = Area { x: 200, y: 20, width: 120, height: 100 };

/// The number of a screen that the page was told of.
fn number(state: &Value, name: &str) -> Result<u64> {
    let screens = state["screens"].as_array().context("there are screens")?;
    let found = screens.iter().find(|screen| screen["name"] == name);
    found.and_then(|screen| screen["id"].as_u64()).with_context(|| format!("no {name} in {state}"))
}

/// Waits until the page is told that this one is seen.
fn hears_shared(page: &mut Page, name: &str) -> Result<Value> {
    loop {
        let state = page.hears_state("kind", "screen")?;
        if state["shared"] == number(&state, name)? {
            return Ok(state);
        }
    }
}

#[test]
fn needs_xvfb_either_of_two_people_changes_the_screen_and_both_are_told() {
    two_people_and_a_screen(|two| {
        let server = two.screen.as_ref().context("there is a screen")?;
        monitors::divide(server, &[("LEFT-1", LEFT), ("RIGHT-2", RIGHT)])?;
        two.ask_until_question()?;
        let question = two.call().screen();
        ensure!(question.contains("if you have several, one at a time, and they can change"), "{question}");
        let mut page = Page::open(&page::address(&mut two.expert.agent)?)?;
        page.hears_state("view", "asked")?;
        two.call().says("y")?;
        two.call()
            .reads("They see your whole screen LEFT-1. You have 2 screens: press m to show the next one.")?;
        two.call().reads("may see your screen LEFT-1 · opening their page…")?;
        two.call().reads("[m] Next screen")?;
        let state = hears_shared(&mut page, "LEFT-1")?;
        ensure!(state["screen"] == json!({"width": 200, "height": 200}), "{state}");
        let right = number(&state, "RIGHT-2")?;

        // The expert, by the page; one that does not exist first.
        page.says(&json!({"type": "screen", "id": 4_000_000_000_u32}))?;
        page.says(&json!({"type": "screen", "id": right}))?;
        two.call().reads("They see your whole screen RIGHT-2 now.")?;
        let who = two.novice.who.clone();
        two.expert.agent.reads(&format!("You see the screen RIGHT-2 of {who} now."))?;
        let state = hears_shared(&mut page, "RIGHT-2")?;
        ensure!(state["screen"] == json!({"width": 120, "height": 100}), "{state}");

        // The novice, by a key.
        two.call().presses("m")?;
        two.call().reads("They see your whole screen LEFT-1 now.")?;
        hears_shared(&mut page, "LEFT-1")?;

        two.call().presses("s")?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)
    });
}

#[test]
fn needs_xvfb_one_window_is_shown_and_control_of_it_is_not_to_be_had() {
    two_people_and_a_screen(|two| {
        let server = two.screen.as_ref().context("there is a screen")?;
        let window = Window::open(server, "Letter to Karl", LEFT, [0, 200, 0])?;
        have_met(&two.novice, &two.expert)?;
        two.call = Some(two.novice.types(&["ask", &two.expert.address.clone(), "--window", "letter"])?);
        two.call().reads("You will be asked before anybody sees the window “Letter to Karl”.")?;
        two.expert.agent.reads(crate::house::ANSWER)?;
        two.expert.agent.says("y")?;
        let question = two.call().reads("Show this window? [y/N]")?;
        let who = two.expert.who.clone();
        ensure!(question.contains(&format!("Show {who} the window “Letter to Karl”?")), "{question}");
        ensure!(question.contains("nothing else; not its menus either."), "{question}");
        let mut page = Page::open(&page::address(&mut two.expert.agent)?)?;
        two.call().says("y")?;
        two.call().reads("They see the window “Letter to Karl” and nothing else.")?;
        two.call().reads("may see one window · opening their page…")?;
        let novice = two.novice.who.clone();
        two.expert.agent.reads(&format!("{novice} shows you one window."))?;
        let state = page.hears_state("kind", "window")?;
        ensure!(state["screen"] == json!({"width": 200, "height": 200}), "{state}");
        ensure!(state["shown"] == true, "{state}");

        page.says(&json!({"type": "request"}))?;
        page.hears_state("control", "refused")?;
        ensure!(!two.call().screen().contains("asks to use your mouse"), "nobody is asked");
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)?;
        drop(window);

        // That was for this call: the next one is about the screen again, whoever begins it.
        two.ask_until_question()?;
        two.call().says("n")?;
        two.call_ends_with(3)?;
        two.offers()?;
        two.novice.agent.says("y")?;
        two.novice.agent.reads(SHOW)?;
        two.novice.agent.says("n")?;
        two.call_ends_with(3)
    });
}

#[test]
fn needs_xvfb_a_window_that_is_not_there_calls_nobody() {
    two_people_and_a_screen(|two| {
        let server = two.screen.as_ref().context("there is a screen")?;
        let _windows = [
            Window::open(server, "Letter 1", LEFT, [1, 2, 3])?,
            Window::open(server, "Letter 2", RIGHT, [1, 2, 3])?,
        ];
        for (meant, sentence) in [
            ("diary", "Nobody was called: there is no window \"diary\";"),
            ("letter", "Nobody was called: several windows are called like that: 0x"),
        ] {
            let mut ask = two.novice.types(&["ask", &two.expert.address, "--window", meant])?;
            ask.reads(sentence)?;
            ensure!(ask.ends()? == 1);
            ask.is_as_found()?;
        }
        Ok(())
    });
}

#[test]
fn a_test_picture_is_shown_where_there_is_no_display() {
    let two = Two {
        novice: Side::start("novice", Vec::new()).expect("an agent"),
        expert: Side::start("expert", Vec::new()).expect("an agent"),
        call: None,
        screen: None,
        are_acquainted: true,
    };
    these_two(two, |two| {
        have_met(&two.novice, &two.expert)?;
        two.call = Some(two.novice.types(&["ask", &two.expert.address.clone(), "--test-picture"])?);
        two.expert.agent.reads(crate::house::ANSWER)?;
        two.expert.agent.says("y")?;
        two.call().reads("Show the test picture? [y/N]")?;
        let mut page = Page::open(&page::address(&mut two.expert.agent)?)?;
        two.call().says("y")?;
        two.call().reads("They see a test picture, and nothing of your own.")?;
        let state = page.hears_state("kind", "test")?;
        ensure!(state["screen"] == json!({"width": 1280, "height": 720}), "{state}");
        page.says(&json!({"type": "request"}))?;
        page.hears_state("control", "refused")?;
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)
    });
}

#[test]
fn needs_xvfb_an_x_server_that_is_killed_ends_the_help_on_both_sides() {
    two_people_and_a_screen(|two| {
        two.ask_until_question()?;
        let mut page = Page::open(&page::address(&mut two.expert.agent)?)?;
        two.call().says("y")?;
        page.hears_state("view", "granted")?;
        let server = two.screen.as_ref().context("there is a screen")?.id();
        crate::house::send(server, Signal::KILL)?;
        two.call().reads("This does not work: the X server gave up on us: ")?;
        two.call().reads(OVER)?;
        let [title, _, code] = page.hears_the_end()?;
        ensure!(code.contains("0x81000601"), "{title} {code}");
        two.call_ends_with(1)?;
        // And nothing stays behind: the scene's end looks for it.
        two.are_idle()
    });
}

/// The expert sees the picture, and has seen so many.
fn sees(two: &mut Two) -> Result<Viewer> {
    let mut viewer = Viewer::open(&page::address(&mut two.expert.agent)?, Ipv4Addr::LOCALHOST.into(), false)?;
    two.call().says("y")?;
    viewer.sees_the_picture(SOON)?;
    Ok(viewer)
}

fn sees_more(viewer: &Viewer) -> Result<()> {
    let before = viewer.pictures();
    wait::until("another picture", SOON, || Ok((viewer.pictures() > before).then_some(())))
}

#[test]
fn needs_xvfb_a_screen_that_is_unplugged_while_it_is_seen_is_followed_by_the_next() {
    two_people_and_a_screen(|two| {
        let server = two.screen.as_ref().context("there is a screen")?;
        monitors::divide(server, &[("LEFT-1", LEFT), ("RIGHT-2", RIGHT)])?;
        two.ask_until_question()?;
        let mut viewer = sees(two)?;
        two.call().reads("sees your screen LEFT-1 · ")?;
        let state = hears_shared(&mut viewer.page, "LEFT-1")?;
        viewer.page.says(&json!({"type": "screen", "id": number(&state, "RIGHT-2")?}))?;
        two.call().reads("They see your whole screen RIGHT-2 now.")?;
        hears_shared(&mut viewer.page, "RIGHT-2")?;
        sees_more(&viewer)?;

        let server = two.screen.as_ref().context("there is a screen")?;
        monitors::unplug(server, "RIGHT-2")?;
        two.call().reads("Your screen RIGHT-2 is gone. They see your whole screen LEFT-1 now.")?;
        let state = hears_shared(&mut viewer.page, "LEFT-1")?;
        ensure!(state["screens"].as_array().is_some_and(|all| all.len() == 1), "{state}");
        ensure!(state["screen"] == json!({"width": 200, "height": 200}), "{state}");
        sees_more(&viewer)?;
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)
    });
}

#[test]
fn needs_xvfb_a_window_that_is_closed_while_it_is_seen_ends_the_help_in_the_ordinary_way() {
    two_people_and_a_screen(|two| {
        let server = two.screen.as_ref().context("there is a screen")?;
        let window = Window::open(server, "Letter to Karl", LEFT, [0, 200, 0])?;
        have_met(&two.novice, &two.expert)?;
        two.call = Some(two.novice.types(&["ask", &two.expert.address.clone(), "--window", "letter"])?);
        two.expert.agent.reads(crate::house::ANSWER)?;
        two.expert.agent.says("y")?;
        two.call().reads("Show this window? [y/N]")?;
        let mut viewer = sees(two)?;
        two.call().reads("sees one window · ")?;
        drop(window);
        two.call().reads("The window that you showed was closed.")?;
        two.call().reads(OVER)?;
        let [title, ..] = viewer.page.hears_the_end()?;
        ensure!(title.ends_with("ended the help"), "{title}");
        two.call_ends_with(0)
    });
}

#[test]
fn needs_xvfb_an_x_server_that_is_killed_while_its_screen_is_seen_ends_the_help_on_both_sides() {
    two_people_and_a_screen(|two| {
        two.ask_until_question()?;
        let mut viewer = sees(two)?;
        two.call().reads("sees your screen")?;
        let server = two.screen.as_ref().context("there is a screen")?.id();
        crate::house::send(server, Signal::KILL)?;
        two.call().reads("This does not work: the X server gave up on us: ")?;
        two.call().reads(OVER)?;
        let [title, _, code] = viewer.page.hears_the_end()?;
        ensure!(code.contains("0x81000601"), "{title} {code}");
        two.call_ends_with(1)?;
        two.are_idle()
    });
}

#[test]
fn the_two_ways_to_show_something_else_do_not_go_together() {
    two_people(|two| {
        let launch = program(two.novice.home(), &[]).args([
            "ask",
            &two.expert.address,
            "--window",
            "x",
            "--test-picture",
        ]);
        let mut ask = Desk::start("the novice", &launch)?;
        ask.reads("cannot be used with")?;
        ensure!(ask.ends()? == 2);
        Ok(())
    });
}

#[test]
fn what_a_command_runs_in_does_not_say_what_is_shown() {
    let home = Someone::new("alone").expect("a home");
    let launch = home.launch(&["ask", "127.0.0.1:1"]).env("RENDEZVOUS_SHARE", "\"test-picture\"");
    let mut ask = Desk::start("the novice", &launch).expect("it starts");
    ask.reads("There is no desktop here whose screen could be shared").expect("a refusal");
    assert_eq!(ask.ends().expect("it ends"), 1);
    home.leaves().expect("nothing stays");
}
