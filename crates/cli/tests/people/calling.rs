//! From the call to the answer: what both people read while it rings, and how it can end before anything begins.

use crate::house::{ANSWER, SOON, Side, program, run, two_people};
use anyhow::ensure;
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::{Log, Process};
use rendezvous_testkit::{ports, wait};
use rustix::process::Signal;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

#[test]
fn the_caller_sees_that_it_rings_and_for_how_long() {
    two_people(|two| {
        two.asks()?;
        let to = two.expert.address.clone();
        two.call().reads(&format!("Calling {to} · 0:00  (Ctrl-C to withdraw)"))?;
        two.call().reads(&format!("Calling {to} · it rings there · 0:01  (Ctrl-C to withdraw)"))?;
        let asked = format!("You ask {} for help · ringing\n", two.expert.who);
        ensure!(two.novice.runs(&["sessions"])? == (0, asked));
        let asks = format!("{} asks you for help · ringing\n", two.novice.who);
        ensure!(two.expert.runs(&["sessions"])? == (0, asks));
        two.expert.agent.says("n")?;
        two.call_ends_with(3)
    });
}

#[test]
fn the_person_says_no() {
    two_people(|two| {
        two.asks()?;
        two.expert.agent.says("n")?;
        two.expert.agent.reads("You said no.")?;
        let to = two.expert.address.clone();
        two.call().reads(&format!("{to} said no. Ask them another way, or later.\n"))?;
        two.call().reads("(INVITATION_DECLINED (0x81000602))")?;
        two.call_ends_with(3)
    });
}

#[test]
fn everything_but_a_clear_yes_is_a_no() {
    two_people(|two| {
        for answer in ["", "yes please", "j", "y y", " n", "\u{1b}[A"] {
            two.asks()?;
            two.expert.agent.says(answer)?;
            two.expert.agent.reads("You said no.")?;
            two.call_ends_with(3)?;
        }
        Ok(())
    });
}

#[test]
fn an_offer_is_declined_where_the_novice_is() {
    two_people(|two| {
        two.offers()?;
        two.novice.agent.says("no")?;
        two.novice.agent.reads("You said no.")?;
        let to = two.novice.address.clone();
        two.call().reads(&format!("{to} said no."))?;
        two.call_ends_with(3)
    });
}

#[test]
fn ctrl_c_withdraws_and_the_question_goes() {
    two_people(|two| {
        two.asks()?;
        two.call().interrupts()?;
        two.call().reads("You withdrew it. Nothing was shared.")?;
        two.call_ends_with(130)?;
        let from = two.novice.who.clone();
        two.expert.agent.reads(&format!("{from} is not calling any more."))?;
        two.are_idle()?;

        // A yes that comes too late answers nothing, now or later.
        two.expert.agent.says("y")?;
        two.are_idle()?;
        two.asks()?;
        two.expert.agent.says("n")?;
        two.expert.agent.reads("You said no.")?;
        two.call_ends_with(3)
    });
}

#[test]
fn a_caller_who_is_ended_withdraws() {
    two_people(|two| {
        for signal in [Signal::TERM, Signal::HUP] {
            two.asks()?;
            two.call().kill(signal)?;
            two.call_ends_with(130)?;
            two.expert.agent.reads("is not calling any more.")?;
        }
        Ok(())
    });
}

#[test]
fn what_was_typed_before_the_question_does_not_answer_it() {
    two_people(|two| {
        // A whole line, and the beginning of one.
        for ahead in ["y\r", "y", "y\ry\ry\r"] {
            two.expert.agent.presses(ahead)?;
            two.expert.agent.reads("y")?;
            two.asks()?;
            two.expert.agent.says("")?;
            two.expert.agent.reads("You said no.")?;
            two.call_ends_with(3)?;
        }
        Ok(())
    });
}

#[test]
fn whoever_is_being_asked_is_busy_for_others() {
    two_people(|two| {
        two.asks()?;
        let mut third = Side::start("third", vec![("DISPLAY", ":4041".to_owned())])?;
        let to = two.expert.address.clone();
        let mut call = third.types(&["ask", &to])?;
        call.reads(&format!("{to} is busy with something else right now."))?;
        ensure!(call.ends()? == 3);
        call.is_as_found()?;
        third.is_idle()?;
        third.leaves()?;

        // And the first call is still there to be answered.
        two.expert.agent.says("n")?;
        two.expert.agent.reads("You said no.")?;
        ensure!(two.expert.agent.screen().matches(ANSWER).count() == 1, "only one question was asked");
        two.call_ends_with(3)
    });
}

#[test]
fn nobody_is_there() {
    two_people(|two| {
        let to = format!("127.0.0.1:{}", ports::free()?);
        let mut call = two.novice.types(&["ask", &to])?;
        call.reads(&format!("{to} could not be reached. Check the address"))?;
        call.reads("(INVITATION_SEND_FAILURE (0x81000615))")?;
        ensure!(call.ends()? == 5);
        call.is_as_found()
    });
}

#[test]
fn somebody_else_is_there() {
    two_people(|two| {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let to = listener.local_addr()?.to_string();
        let stranger = std::thread::spawn(move || -> std::io::Result<()> {
            let (mut stream, _) = listener.accept()?;
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")?;
            stream.set_read_timeout(Some(SOON))?;
            _ = stream.read(&mut [0; 64])?;
            Ok(())
        });
        let mut call = two.novice.types(&["ask", &to])?;
        call.reads(&format!("{to} could not be reached."))?;
        ensure!(call.ends()? == 5);
        stranger.join().expect("the stranger does not panic")?;
        call.is_as_found()
    });
}

#[test]
fn an_agent_without_a_terminal_says_no_to_everybody() {
    two_people(|two| {
        let silent = Home::new("silent")?;
        let said = silent.join("said.log");
        let launch = program(&silent, &[]).args(["agent", "--listen", "127.0.0.1:0"]);
        let mut agent = Process::start(&launch, Log::File(&said))?;
        let text = wait::until("the agent to say what it does", SOON, || {
            agent.check_running()?;
            let text = std::fs::read_to_string(&said)?;
            Ok(text.contains("is declined.").then_some(text))
        })?;
        ensure!(
            text.contains(
                "This is not a terminal, so nobody can be asked here: every call from others is declined."
            ),
            "{text}"
        );
        let to = text
            .lines()
            .find_map(|line| line.strip_prefix("Ready. Others reach you at "))
            .expect("an agent that is ready says where");
        let mut call = two.novice.types(&["ask", to])?;
        call.reads(&format!("Nobody can be asked at {to} right now."))?;
        ensure!(call.ends()? == 3);
        call.is_as_found()?;
        let listed = run(&program(&silent, &[]).arg("sessions"), &silent)?;
        ensure!(listed == (0, "Nothing is going on.\n".to_owned()), "{listed:?}");
        Ok(())
    });
}
