//! How the help ends from the other side, and with the agents.

use crate::house::{OVER, two_people, two_people_and_a_screen};
use anyhow::ensure;
use rustix::process::Signal;

#[test]
fn the_experts_agent_ends_while_it_rings() {
    two_people(|two| {
        two.asks()?;
        two.expert.leaves()?;
        let who = two.expert.address.clone();
        two.call().reads(&format!("Nobody can be asked at {who} right now."))?;
        two.call_ends_with(3)?;
        two.expert.start_again()
    });
}

#[test]
fn the_novices_agent_ends_while_it_rings() {
    two_people(|two| {
        two.asks()?;
        two.novice.leaves()?;
        two.call().reads("You withdrew it. Nothing was shared.")?;
        two.call_ends_with(130)?;
        two.expert.agent.reads("is not calling any more.")?;
        two.novice.start_again()
    });
}

#[test]
fn needs_xvfb_the_expert_ends_it_with_the_agent() {
    two_people_and_a_screen(|two| {
        for sharing in [false, true] {
            if sharing {
                two.ask_until_sharing()?
            } else {
                two.ask_until_question()?
            }
            two.expert.leaves()?;
            two.expert.agent.reads("You ended the help.")?;
            let who = two.expert.who.clone();
            two.call().reads(&format!("{who} ended it."))?;
            two.call().reads(if sharing { OVER } else { "Nothing was shared." })?;
            two.call_ends_with(0)?;
            two.expert.start_again()?;
        }
        Ok(())
    });
}

#[test]
fn needs_xvfb_the_novice_ends_it_with_the_agent() {
    two_people_and_a_screen(|two| {
        for sharing in [false, true] {
            if sharing {
                two.ask_until_sharing()?
            } else {
                two.ask_until_question()?
            }
            two.novice.leaves()?;
            two.call().reads(if sharing { OVER } else { "Not now. Nothing was shared." })?;
            let who = two.novice.who.clone();
            two.expert.agent.reads(&format!("{who} ended the help."))?;
            two.call_ends_with(0)?;
            two.novice.start_again()?;
        }
        Ok(())
    });
}

#[test]
fn needs_xvfb_the_terminal_of_the_caller_is_closed() {
    two_people_and_a_screen(|two| {
        two.ask_until_sharing()?;
        // What a terminal window does to its programs when it is closed.
        two.call().kill(Signal::HUP)?;
        let who = two.novice.who.clone();
        two.expert.agent.reads(&format!("{who} ended the help."))?;
        two.call_ends_with(0)
    });
}

#[test]
fn needs_xvfb_who_offered_ends_it() {
    two_people_and_a_screen(|two| {
        two.offers()?;
        two.novice.agent.says("y")?;
        two.call().reads("is asked whether you may see their screen.")?;
        two.novice.agent.says("y")?;
        two.novice.agent.reads("may see your screen")?;
        two.call().interrupts()?;
        two.call().reads("You ended the help.")?;
        let who = two.expert.who.clone();
        two.novice.agent.reads(&format!("{who} ended it."))?;
        two.novice.agent.reads(OVER)?;
        two.call_ends_with(0)?;
        ensure!(!two.call().screen().contains("You withdrew it"), "it had begun");
        Ok(())
    });
}
