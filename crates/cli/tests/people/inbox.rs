//! Answering at a terminal that the person hands over, while the agent is in the background; and who may call at all.

use crate::alone::Someone;
use crate::house::{ANSWER, Desk, NO_SUCH_SCREEN, SHOW, SOON};
use crate::meeting::{WORDS, has_to_read};
use anyhow::{Result, ensure};
use rendezvous_testkit::wait;
use rustix::process::Signal;
use serde_json::json;

/// Somebody who calls, and somebody who is called.
struct Both {
    caller: Someone,
    called: Someone,
    to: String,
}

fn scene(play: impl FnOnce(&Both) -> Result<()>) {
    let set_up = || -> Result<Both> {
        let caller = Someone::with("caller", vec![("DISPLAY", NO_SUCH_SCREEN.to_owned())])?;
        let called = Someone::with("called", vec![("DISPLAY", NO_SUCH_SCREEN.to_owned())])?;
        let to = called.is_reached_at()?;
        Ok(Both { caller, called, to })
    };
    let both = set_up().expect("both start");
    let result = play(&both).and_then(|()| {
        both.caller.leaves()?;
        both.called.leaves()
    });
    if let Err(error) = result {
        panic!(
            "{error:#}\n----- the caller's log:\n{}\n----- the other log:\n{}",
            both.caller.log(),
            both.called.log()
        );
    }
}

impl Both {
    /// Calls, and returns when it rings there.
    fn rings(&self) -> Result<Desk> {
        let mut call = self.caller.types(&["ask", &self.to])?;
        call.reads("it rings there")?;
        Ok(call)
    }

    fn waiting(&self) -> Result<usize> {
        Ok(self.called.json(&["inbox", "--json"])?.as_array().map_or(0, Vec::len))
    }
}

fn ended(call: &mut Desk, code: u32) -> Result<()> {
    let ended = call.ends()?;
    ensure!(ended == code, "exit code {ended}, expected {code}: {}", call.screen());
    call.is_as_found()
}

#[test]
fn a_call_waits_until_the_person_comes_and_says_no() {
    scene(|both| {
        both.called.does(&["visible"])?;
        let mut call = both.rings()?;
        let from = both.caller.who()?;
        let waiting = both.called.json(&["inbox", "--json"])?;
        ensure!(waiting[0]["contact"] == json!(from), "{waiting}");
        ensure!(waiting[0]["known"] == json!(format!("{from} · never checked")), "{waiting}");
        let status = both.called.does(&["agent", "status"])?;
        ensure!(status.contains("1 call waits for your answer"), "{status}");

        let mut inbox = both.called.types(&["inbox"])?;
        let question = inbox.reads(ANSWER)?;
        ensure!(
            question.contains(&format!("{from} asks you for help.\n  {from} · never checked\n")),
            "{question}"
        );
        inbox.says("n")?;
        inbox.reads("You said no.")?;
        ended(&mut inbox, 0)?;
        call.reads("said no.")?;
        ended(&mut call, 3)?;

        let mut empty = both.called.types(&["inbox"])?;
        empty.reads("Nobody is calling you right now.")?;
        ended(&mut empty, 0)
    });
}

#[test]
fn after_a_yes_the_application_runs_where_the_person_answered() {
    scene(|both| {
        both.called.does(&["visible"])?;
        let mut call = both.rings()?;
        let mut inbox = both.called.types(&["inbox"])?;
        inbox.reads(ANSWER)?;
        inbox.says("y")?;
        // They have never met.
        let words = has_to_read(&mut inbox)?;
        call.reads(WORDS)?;
        call.says(&words)?;
        call.reads("The words are right")?;
        inbox.says("y")?;
        inbox.reads("Your page: file:///")?;
        call.reads(SHOW)?;
        call.says("n")?;
        ended(&mut call, 3)?;
        inbox.reads("said: not now.")?;
        ended(&mut inbox, 0)?;
        for (someone, line) in
            [(&both.called, "asked you for help · verified"), (&both.caller, "for help · verified")]
        {
            let log = someone.does(&["log"])?;
            ensure!(log.lines().count() == 1 && log.contains(line), "{log}");
        }
        let record = both.called.json(&["log", "--json"])?;
        ensure!(record[0]["direction"] == "in" && record[0]["seconds"].is_u64(), "{record}");
        Ok(())
    });
}

#[test]
fn who_leaves_the_question_lets_it_ring_on() {
    scene(|both| {
        both.called.does(&["visible"])?;
        let mut call = both.rings()?;
        let from = both.caller.who()?;
        for signal in [None, Some(Signal::TERM)] {
            let mut inbox = both.called.types(&["inbox"])?;
            inbox.reads(ANSWER)?;
            match signal {
                None => inbox.interrupts()?,
                Some(signal) => inbox.kill(signal)?,
            }
            inbox.reads(&format!("You did not answer {from}. It goes on ringing"))?;
            ended(&mut inbox, 0)?;
            ensure!(both.waiting()? == 1);
        }
        // Killed: it cannot ask for the terminal back.
        let mut inbox = both.called.types(&["inbox"])?;
        inbox.reads(ANSWER)?;
        inbox.kill(Signal::KILL)?;
        inbox.ends()?;
        let mut inbox = both.called.types(&["inbox"])?;
        inbox.reads(ANSWER)?;
        call.interrupts()?;
        call.reads("You withdrew it.")?;
        ended(&mut call, 130)?;
        inbox.reads(&format!("{from} is not calling any more."))?;
        ended(&mut inbox, 0)
    });
}

#[test]
fn an_inbox_that_stays_asks_about_every_call_and_ctrl_c_ends_what_goes_on() {
    scene(|both| {
        both.called.does(&["visible"])?;
        let mut inbox = both.called.types(&["inbox", "--wait"])?;
        inbox.reads("You are asked here when somebody calls.")?;
        for _ in 0..2 {
            let mut call = both.rings()?;
            inbox.reads(ANSWER)?;
            inbox.says("")?;
            inbox.reads("You said no.")?;
            ended(&mut call, 3)?;
        }
        let mut call = both.rings()?;
        inbox.reads(ANSWER)?;
        inbox.says("y")?;
        has_to_read(&mut inbox)?;
        call.reads(WORDS)?;
        inbox.interrupts()?;
        ended(&mut inbox, 0)?;
        call.reads("Nothing was shared.")?;
        call.ends()?;
        call.is_as_found()
    });
}

#[test]
fn strangers_reach_nobody_who_is_not_visible() {
    scene(|both| {
        let refused = |why: &str| -> Result<()> {
            let mut call = both.caller.types(&["ask", &both.to])?;
            call.reads(&format!("Nobody can be asked at {} right now.", both.to))?;
            ended(&mut call, 3)?;
            ensure!(both.waiting()? == 0, "{why}");
            Ok(())
        };
        refused("never visible")?;
        both.called.does(&["visible", "3"])?;
        let said = both.called.does(&["visible", "off"])?;
        ensure!(said.starts_with("Only people in your contacts who are verified"), "{said}");
        refused("no longer visible")?;

        both.called.does(&["visible"])?;
        let from = both.caller.who()?;
        let said = both.called.does(&["block", &from])?;
        ensure!(said == format!("You do not hear from {from} any more. They are not told.\n"), "{said}");
        refused("blocked")?;
        both.called.does(&["unblock", &from])?;
        let mut call = both.rings()?;
        call.interrupts()?;
        ended(&mut call, 130)?;
        wait::until("the call to be gone", SOON, || Ok((both.waiting()? == 0).then_some(())))
    });
}

#[test]
fn for_how_long_one_is_visible_is_a_number_of_minutes() {
    let someone = Someone::new("visible").expect("a home");
    for bad in ["0", "-1", "1441", "on", "1.5", ""] {
        let (code, said) = someone.runs(&["visible", bad]).expect("it ends");
        assert!(code == 2, "{bad}: {code} {said}");
    }
    assert!(someone.agents().expect("they can be listed").is_empty());
}

#[test]
fn a_call_is_called_off_from_another_terminal() {
    scene(|both| {
        both.called.does(&["visible"])?;
        let mut call = both.rings()?;
        let (code, said) = both.caller.runs(&["cancel", "nobody"])?;
        ensure!(code == 1 && said.starts_with("Nothing is going on with \"nobody\"."), "{said}");
        let who = both.called.who()?;
        ensure!(both.caller.does(&["cancel", &who])? == "It is called off.\n");
        call.reads("You withdrew it.")?;
        ended(&mut call, 130)?;
        let (code, said) = both.caller.runs(&["cancel"])?;
        ensure!((code, said.as_str()) == (1, "Nothing is going on.\n"), "{said}");
        Ok(())
    });
}
