//! After both said yes: the question for the view, and what follows from its answer.

use crate::house::{MAY_SEE, OVER, SHOW, SOON, Two, processes_of, two_people, two_people_and_a_screen};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::wait;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, prlimit};
use std::time::Duration;

/// What both read, and how the command ends, when the novice does not show the screen.
fn not_now(two: &mut Two) -> Result<()> {
    two.call().reads("Not now. Nothing was shared.")?;
    let who = two.novice.who.clone();
    two.expert.agent.reads(&format!("{who} said: not now. They did not want to show their screen."))?;
    two.call_ends_with(3)?;
    ensure!(!two.call().screen().contains("may see"), "nothing was allowed");
    two.are_idle()
}

#[test]
fn the_screen_is_not_shown() {
    two_people(|two| {
        for answer in ["n", "", "yes please", "show"] {
            two.ask_until_question()?;
            let who = two.novice.who.clone();
            two.expert.agent.reads("Your page: file:///")?;
            two.expert.agent.reads(&format!("{who} is asked whether you may see their screen."))?;
            two.call().says(answer)?;
            not_now(two)?;
        }
        Ok(())
    });
}

#[test]
fn what_was_typed_while_it_rang_does_not_show_the_screen() {
    two_people(|two| {
        for ahead in ["y\r", "y", "yes\ry\r"] {
            two.asks()?;
            two.call().presses(ahead)?;
            two.call().reads("y")?;
            two.expert.agent.says("y")?;
            two.call().reads(SHOW)?;
            two.call().says("")?;
            not_now(two)?;
        }
        Ok(())
    });
}

#[test]
fn a_late_command_does_not_wipe_out_the_question() {
    two_people(|two| {
        two.asks()?;
        two.call().reads("Calling")?;
        // The command that called stands still for a while, as on a machine that is busy.
        two.call().kill(Signal::STOP)?;
        two.expert.agent.says("y")?;
        let going = format!("You ask {} for help · going on\n", two.expert.who);
        wait::until("both applications to have the session", SOON, || {
            Ok((two.novice.runs(&["sessions"])? == (0, going.clone())).then_some(()))
        })?;
        wait::observe(Duration::from_millis(500))?;
        ensure!(!two.call().screen().contains("has answered"), "the word is not the application's yet");
        two.call().kill(Signal::CONT)?;
        two.call().reads("said yes. One moment…")?;
        let rest = two.call().reads(SHOW)?;
        ensure!(!rest.contains("Calling"), "nothing comes between: {rest}");
        two.call().says("n")?;
        not_now(two)
    });
}

#[test]
fn ctrl_c_at_the_question_is_a_no() {
    two_people(|two| {
        two.ask_until_question()?;
        two.call().interrupts()?;
        two.call().reads("Not now. Nothing was shared.")?;
        let who = two.novice.who.clone();
        two.expert.agent.reads(&format!("{who} ended the help."))?;
        two.call_ends_with(0)?;
        ensure!(!two.call().screen().contains("ended it"), "the novice did it");
        Ok(())
    });
}

#[test]
fn an_answer_that_cannot_be_carried_out_declines() {
    two_people(|two| {
        two.asks()?;
        // Out of descriptors: the terminal cannot be copied for the application.
        let all = processes_of(two.expert.home())?;
        let (agent, _) = all.iter().find(|(_, line)| line.contains(" agent ")).context("the agent runs")?;
        let agent = Pid::from_raw(i32::try_from(*agent)?);
        let usual = getrlimit(Resource::Nofile);
        prlimit(agent, Resource::Nofile, Rlimit { current: Some(3), ..usual })?;
        two.expert.agent.says("y")?;
        two.expert.agent.reads("The call cannot be answered on this terminal, so it was declined.")?;
        let to = two.expert.address.clone();
        two.call().reads(&format!("Nobody can be asked at {to} right now."))?;
        two.call_ends_with(3)?;
        prlimit(agent, Resource::Nofile, usual)?;
        // The next one can be answered.
        two.ask_until_question()?;
        two.call().says("n")?;
        not_now(two)
    });
}

#[test]
fn an_offered_helper_is_not_shown_the_screen() {
    two_people(|two| {
        two.offers()?;
        two.novice.agent.says("y")?;
        let who = two.expert.who.clone();
        let question = two.novice.agent.reads(SHOW)?;
        ensure!(question.contains(&format!("Show {who} your screen?")), "{question}");
        two.novice.agent.says("n")?;
        two.novice.agent.reads("Not now. Nothing was shared.")?;
        let who = two.novice.who.clone();
        two.call().reads(&format!("{who} said: not now."))?;
        two.call_ends_with(3)
    });
}

#[test]
fn needs_xvfb_the_screen_is_shown_and_stopped_in_every_way() {
    two_people_and_a_screen(|two| {
        for stop in ["s", "S", "q", "\u{1b}\u{1b}\u{1b}", "\u{3}"] {
            two.ask_until_sharing()?;
            let going = format!("You ask {} for help · going on\n", two.expert.who);
            ensure!(two.novice.runs(&["sessions"])? == (0, going));
            two.call().presses(stop)?;
            two.call().reads(OVER)?;
            two.call().reads(" · allowed: seeing your screen\n")?;
            let who = two.novice.who.clone();
            two.expert
                .agent
                .reads(&format!("{who} ended the help. Nothing of their screen reaches you any more."))?;
            two.call_ends_with(0)?;
            let last_words = two.call().screen();
            ensure!(!last_words.contains("ended it"), "they did it themselves: {last_words}");
            two.are_idle()?;
        }
        Ok(())
    });
}

#[test]
fn needs_xvfb_the_screen_is_shown_to_an_offered_helper() {
    two_people_and_a_screen(|two| {
        for stop in ["s", "\u{1b}\u{1b}\u{1b}", "s"] {
            two.offers()?;
            two.novice.agent.says("y")?;
            two.novice.agent.reads(SHOW)?;
            two.novice.agent.says("y")?;
            two.novice.agent.reads(MAY_SEE)?;
            let who = two.novice.who.clone();
            two.call().reads("said yes. One moment…")?;
            two.novice.agent.presses(stop)?;
            two.novice.agent.reads(OVER)?;
            two.call().reads(&format!("{who} ended the help."))?;
            two.call_ends_with(0)?;
            two.are_idle()?;
        }
        Ok(())
    });
}

#[test]
fn needs_xvfb_other_keys_stop_nothing() {
    two_people_and_a_screen(|two| {
        two.ask_until_sharing()?;
        // Two Escapes with something between them and a third, an arrow key, and letters that mean nothing.
        two.call().presses("\u{1b}\u{1b}x\u{1b}yn t\u{1b}[A\r")?;
        // Two turns of the status line later it still stands.
        two.call().reads(MAY_SEE)?;
        two.call().reads(MAY_SEE)?;
        ensure!(!two.call().screen().contains(OVER));
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)
    });
}
