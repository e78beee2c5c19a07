//! People who have never met: one makes a code, the other types it, and both know each other from then on.

use crate::alone::Someone;
use crate::house::{ANSWER, NO_SUCH_SCREEN, SHOW};
use anyhow::{Context as _, Result, ensure};

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
        ensure!(offer.ends()? == 3 && ask.ends()? == 0);
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
