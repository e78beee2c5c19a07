//! People who have never met: one makes a code, the other types it, and both know each other from then on.

use crate::alone::Someone;
use crate::house::{ANSWER, NO_SUCH_SCREEN, SHOW, send};
use anyhow::{Context as _, Result, ensure};
use rustix::process::Signal;

fn scene(play: impl FnOnce(&Someone, &Someone) -> Result<()>) {
    let person = |name| Someone::with(name, vec![("DISPLAY", NO_SUCH_SCREEN.to_owned())]).expect("a home");
    let (novice, expert) = (person("novice"), person("expert"));
    if let Err(error) = play(&novice, &expert) {
        panic!(
            "{error:#}\n----- the novice's log:\n{}\n----- the expert's log:\n{}",
            novice.log(),
            expert.log()
        );
    }
}

/// The code that stands on a terminal.
pub(crate) fn code(text: &str) -> Result<String> {
    let is_code =
        |word: &&str| word.matches('-').count() == 3 && word.starts_with(|c: char| c.is_ascii_digit());
    Ok(text.split_whitespace().find(is_code).context("there is a code")?.to_owned())
}

#[test]
fn a_code_verifies_both_at_once() {
    scene(|novice, expert| {
        let place = novice.is_reached_at()?;
        let mut ask = novice.types(&["ask", "--code"])?;
        let shown = ask.reads("Ctrl-C ends it.")?;
        let code = code(&shown)?;
        ensure!(novice.home().join("code.json").exists());

        let mut offer = expert.types(&["offer", "--code", &place])?;
        offer.reads("The code that you were told:")?;
        offer.says(&code.replace('-', " "))?;
        let question = ask.reads(ANSWER)?;
        ensure!(question.contains("Someone has typed your code."), "{question}");
        ask.says("y")?;
        ask.reads(SHOW)?;
        ensure!(!ask.screen().contains("three words"), "the code does what words do");
        ask.says("n")?;
        offer.reads("said: not now.")?;
        ensure!(offer.ends()? == 3 && ask.ends()? == 3);
        ask.is_as_found()?;
        offer.is_as_found()?;
        ensure!(!novice.home().join("code.json").exists(), "it is burned");
        for someone in [novice, expert] {
            let known = someone.json(&["verify", "--json"])?;
            let pins = known["verified"].as_array().context("a list")?;
            ensure!(pins.len() == 1, "{known}");
            ensure!(
                pins[0]["standing"].as_str().is_some_and(|s| s.starts_with("verified by a code on ")),
                "{known}"
            );
            for log in ["agent.log", "assist.log"] {
                let text = std::fs::read_to_string(someone.home().join(log))?;
                let words: Vec<_> = code.split('-').skip(1).collect();
                ensure!(!words.iter().all(|word| text.contains(word)), "{log} holds the code");
            }
        }
        novice.leaves()?;
        expert.leaves()
    });
}

#[test]
fn a_slip_is_found_before_anything_is_used_up() {
    scene(|novice, expert| {
        let place = novice.is_reached_at()?;
        for (typed, sentence) in [
            ("apple river", "That is not a code: expected a number and three words"),
            ("0-otter-otter-otter", "The number of a code is from 1 to 9999"),
            ("", "That is not a code"),
        ] {
            let mut offer = expert.types(&["offer", "--code", &place])?;
            offer.reads("The code that you were told:")?;
            offer.says(typed)?;
            offer.reads(sentence)?;
            ensure!(offer.ends()? == 1);
            offer.is_as_found()?;
        }
        // A number that is not open there is answered by a rule; nobody is asked.
        let mut offer = expert.types(&["offer", "--code", &place])?;
        offer.reads("The code that you were told:")?;
        offer.says("7 dolphin alphabet pelican")?;
        offer.reads("Nobody can be asked at whoever made the code right now.")?;
        ensure!(offer.ends()? == 3);

        let mut ask = novice.types(&["ask", "--code"])?;
        ask.reads("Ctrl-C ends it.")?;
        let mut second = novice.types(&["ask", "--code"])?;
        second.reads("A code of yours is open already, in another terminal.")?;
        ensure!(second.ends()? == 1);
        ask.interrupts()?;
        ask.reads("The code is of no use any more. Nothing was shared.")?;
        ensure!(ask.ends()? == 130);
        ensure!(!novice.home().join("code.json").exists());
        novice.leaves()?;
        expert.leaves()
    });
}

#[test]
fn whoever_comes_second_does_not_ring_on_when_the_code_is_gone() {
    scene(|novice, expert| {
        let place = novice.is_reached_at()?;
        let other = Someone::new("other")?;
        for answer in ["n", "y", "\u{3}"] {
            let mut ask = novice.types(&["ask", "--code"])?;
            let number = code(&ask.reads("Ctrl-C ends it.")?)?;
            let mut calls = Vec::new();
            for someone in [expert, &other] {
                let mut offer = someone.types(&["offer", "--code", &place])?;
                offer.reads("The code that you were told:")?;
                offer.says(&number)?;
                offer.reads("it rings there")?;
                calls.push(offer);
            }
            ask.reads(ANSWER)?;
            if answer == "\u{3}" {
                ask.interrupts()?
            } else {
                ask.says(answer)?
            }
            let declined = match answer {
                // Whoever came second may be the one who was told the code.
                "n" => {
                    ask.reads(ANSWER)?;
                    ask.says("n")?;
                    calls
                }
                // The code is the first one's from now on, while the two are still busy with each other.
                "y" => {
                    ask.reads(SHOW)?;
                    let second = calls.split_off(1);
                    calls[0].reads("is asked whether you may see their screen.")?;
                    second
                }
                _ => {
                    ask.reads("The code is of no use any more. Nothing was shared.")?;
                    calls
                }
            };
            for mut offer in declined {
                offer.reads("(INVITATION_DECLINED (0x81000602))")?;
                ensure!(offer.ends()? == 3);
            }
            if answer == "y" {
                ask.says("n")?;
            }
            ensure!(ask.ends()? == if answer == "\u{3}" { 130 } else { 3 });
            ask.is_as_found()?;
            let waiting = novice.json(&["inbox", "--json"])?;
            ensure!(waiting == serde_json::json!([]), "{waiting}");
        }
        for someone in [novice, expert, &other] {
            someone.leaves()?;
        }
        Ok(())
    });
}

#[test]
fn whoever_changes_their_mind_about_a_code_that_they_type_withdraws() {
    scene(|novice, expert| {
        let place = novice.is_reached_at()?;
        let mut offer = expert.types(&["offer", "--code", &place])?;
        offer.reads("The code that you were told:")?;
        offer.interrupts()?;
        offer.reads("You withdrew it. Nothing was shared.")?;
        ensure!(offer.ends()? == 130);
        offer.is_as_found()?;

        let mut ask = novice.types(&["ask", "--code"])?;
        let number = code(&ask.reads("Ctrl-C ends it.")?)?;
        let mut offer = expert.types(&["offer", "--code", &place])?;
        offer.reads("The code that you were told:")?;
        offer.says(&number)?;
        ask.reads(ANSWER)?;
        offer.interrupts()?;
        offer.reads("You withdrew it. Nothing was shared.")?;
        ensure!(offer.ends()? == 130);
        ask.reads("is not calling any more.")?;
        ensure!(ask.ends()? == 3);
        novice.leaves()?;
        expert.leaves()
    });
}

#[test]
fn a_code_goes_with_an_agent_that_is_killed() {
    scene(|novice, expert| {
        novice.does(&["agent"])?;
        let mut ask = novice.types(&["ask", "--code"])?;
        ask.reads("Ctrl-C ends it.")?;
        send(novice.agent()?, Signal::KILL)?;
        ask.reads("Rendezvous has stopped in the background")?;
        ensure!(ask.ends()? == 1);
        ensure!(novice.home().join("code.json").exists(), "nobody was left to remove it");
        novice.does(&["agent"])?;
        ensure!(!novice.home().join("code.json").exists());
        novice.leaves()?;
        expert.does(&["agent"])?;
        expert.leaves()
    });
}
