//! Two people who meet: words that one reads aloud and the other types, once for each device, before anything else.

use crate::acquainted::{confirmed, key, pin, seed};
use crate::house::{
    ANSWER, Desk, OVER, SHOW, Side, Two, strangers, strangers_and_a_screen, two_people,
    two_people_and_a_screen,
};
use crate::page::{self, Page};
use anyhow::{Result, ensure};
use rendezvous_trust::pins::Pins;
use rendezvous_trust::{Contact, DeviceKey};
use std::fs;

pub(crate) use crate::acquainted::have_met_on;

/// The novice is to type the words.
pub(crate) const WORDS: &str = "The three words:";
/// What stands before the words on the expert's terminal.
const READ: &str = "Do not send them in a message.\n";
/// The expert is to say whether they heard it.
const HEARD: &str = "that the words were right? [y/N]";
/// How it ends on both sides when it is not known who is there.
const FAILED: &str = "(AUTHENTICATION_FAILED (0x81000604))";

/// What the expert's application makes of a page that would connect with another certificate.
const UNSIGNED: &str = "Refused a description without the certificate that both sides have signed";

/// Both have verified each other before, in November 2025: by the same words and the same pins as in a real meeting, with
/// the real keys, but without the terminals, so that not every scene begins with it.
pub(crate) fn have_met(one: &Side, other: &Side) -> Result<()> {
    have_met_on("nearby", (one.home(), &one.who), (other.home(), &other.who))
}

/// The first has verified a device of the other's that is not the one that they use now.
fn knew_another_device(one: &Side, other: &Side) -> Result<()> {
    let addresses = (Contact::new("nearby", &*one.who)?, Contact::new("nearby", &*other.who)?);
    let (at_one, _) = confirmed(addresses, key(one.home())?, DeviceKey::from_seed(&seed(7))?)?;
    pin(one.home(), &at_one)
}

/// How many devices a person has verified.
fn pinned(side: &Side) -> Result<usize> {
    let path = side.home().join("pins.json");
    Ok(if path.exists() { Pins::from_text(&fs::read_to_string(path)?)?.iter().count() } else { 0 })
}

/// The novice has asked, the expert has said yes; the words that the expert now has to read.
pub(crate) fn words(two: &mut Two) -> Result<String> {
    two.asks()?;
    two.expert.agent.says("y")?;
    let words = has_to_read(&mut two.expert.agent)?;
    two.call().reads(WORDS)?;
    Ok(words)
}

/// The expert, who calls, reads the words aloud, and the novice types them.
fn the_novice_types_what_is_read(two: &mut Two) -> Result<()> {
    let words = has_to_read(two.call())?;
    two.novice.agent.reads(WORDS)?;
    two.novice.agent.says(&words)
}

/// The words that stand on the expert's terminal.
pub(crate) fn has_to_read(expert: &mut Desk) -> Result<String> {
    expert.reads(READ)?;
    let text = expert.reads("If something is not right")?;
    expert.reads(HEARD)?;
    let words: Vec<_> = text.split_whitespace().take(3).collect();
    ensure!(words.len() == 3 && words.iter().all(|word| word.len() > 2), "{text:?}");
    Ok(words.join(" "))
}

/// They compare the words, and the question for the view is open.
pub(crate) fn meet_until_question(two: &mut Two) -> Result<String> {
    let words = words(two)?;
    two.call().says(&words)?;
    two.call().reads("The words are right")?;
    two.expert.agent.says("y")?;
    two.expert.agent.reads("You will not be asked for this device again.")?;
    two.call().reads(SHOW)?;
    Ok(words)
}

#[test]
fn the_first_time_by_words_and_then_never_again() {
    strangers(|two| {
        let words = words(two)?;
        let (from, to) = (two.novice.who.clone(), two.expert.who.clone());
        let expert = two.expert.agent.screen();
        ensure!(expert.contains(&format!("Make sure that this really is {from}.")), "{expert}");
        let novice = two.call().screen();
        ensure!(novice.contains(&format!("Make sure that this really is {to}.")), "{novice}");
        ensure!(!novice.contains("Show"), "nothing else is asked before: {novice}");

        // An empty line is no try; a wrong one is.
        two.call().says("")?;
        two.call().reads("Type the three words that they read aloud.")?;
        // What is typed before the question stands there again is thrown away.
        two.call().reads(WORDS)?;
        two.call().says("otter otter otter")?;
        two.call().reads("Those are not the words. Ask them to read them again; you have two tries more.")?;
        two.call().reads(WORDS)?;
        two.call().says(&words.to_uppercase())?;
        two.call().reads(&format!("The words are right: this is {to}. Tell them so."))?;
        ensure!(!two.call().screen().contains("Show"), "the expert has not said that they heard it");
        ensure!(pinned(&two.novice)? == 1 && pinned(&two.expert)? == 0, "each by their own act");
        two.expert.agent.says("y")?;
        two.expert.agent.reads(&format!("This is {from}. You will not be asked for this device again."))?;
        let question = two.call().reads(SHOW)?;
        ensure!(question.contains(&format!("{to} · verified just now\n")), "{question}");
        ensure!(pinned(&two.expert)? == 1);
        two.call().says("n")?;
        two.call_ends_with(3)?;
        two.are_idle()?;

        // The second time, and the other way round: nobody is asked for words.
        two.asks()?;
        two.expert.agent.says("y")?;
        let question = two.call().reads(SHOW)?;
        ensure!(
            question.contains(&format!("{to} · verified on ")) && !question.contains(WORDS),
            "{question}"
        );
        let page = page::address(&mut two.expert.agent)?;
        ensure!(Page::open(&page)?.hears_state("view", "asked")?["verified"] == true);
        two.call().says("n")?;
        two.call_ends_with(3)?;
        ensure!(two.expert.agent.screen().matches(HEARD).count() == 1);

        // The words stand on the expert's terminal, and nowhere else.
        for side in [&two.novice, &two.expert] {
            for entry in fs::read_dir(side.home().path())? {
                let path = entry?.path();
                let text = String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).to_lowercase();
                let all = words.split(' ').all(|word| text.contains(word));
                ensure!(!all, "the words are in {}", path.display());
            }
        }
        Ok(())
    });
}

#[test]
fn three_times_wrong_ends_it_and_nothing_is_remembered() {
    strangers(|two| {
        words(two)?;
        for rest in ["two tries more", "one try more"] {
            two.call().says("these are wrong")?;
            two.call().reads(rest)?;
            two.call().reads(WORDS)?;
        }
        two.call().says("and these too")?;
        two.call().reads("Those were not the words either, so this has ended.")?;
        two.call().reads(FAILED)?;
        two.expert.agent.reads(FAILED)?;
        two.call_ends_with(6)?;
        ensure!(pinned(&two.novice)? == 0 && pinned(&two.expert)? == 0);
        ensure!(!two.call().screen().contains("Show"));
        two.are_idle()
    });
}

#[test]
fn whoever_called_is_told_by_the_exit_code_that_nobody_was_made_sure_of() {
    strangers(|two| {
        two.offers()?;
        two.novice.agent.says("y")?;
        has_to_read(two.call())?;
        for _ in 0..3 {
            two.novice.agent.reads(WORDS)?;
            two.novice.agent.says("these are wrong")?;
        }
        two.novice.agent.reads(FAILED)?;
        two.call().reads(FAILED)?;
        two.call_ends_with(6)?;
        ensure!(pinned(&two.novice)? == 0 && pinned(&two.expert)? == 0);
        two.are_idle()
    });
}

#[test]
fn an_expert_who_did_not_hear_it_ends_it() {
    strangers(|two| {
        let words = words(two)?;
        two.call().says(&words)?;
        two.call().reads("The words are right")?;
        // Enter alone is a no.
        two.expert.agent.says("")?;
        two.expert.agent.reads("Then this has ended")?;
        two.call().reads(FAILED)?;
        two.call_ends_with(6)?;
        ensure!(pinned(&two.expert)? == 0);
        ensure!(!two.call().screen().contains("Show"));
        two.are_idle()
    });
}

#[test]
fn an_offer_whose_expert_did_not_hear_it_makes_nobody_verified() {
    strangers(|two| {
        two.offers()?;
        two.novice.agent.says("y")?;
        the_novice_types_what_is_read(two)?;
        two.novice.agent.reads("The words are right")?;
        two.call().says("n")?;
        two.novice.agent.reads(FAILED)?;
        two.call_ends_with(6)?;
        two.are_idle()?;
        let screen = two.novice.agent.screen();
        ensure!(!screen.contains("is verified now"), "{screen}");
        ensure!(screen.matches("AUTHENTICATION_FAILED").count() == 1, "it is said once: {screen}");
        ensure!(pinned(&two.expert)? == 0);
        Ok(())
    });
}

#[test]
fn either_can_stop_it_at_the_words() {
    strangers(|two| {
        words(two)?;
        two.call().says("stop")?;
        two.call().reads("Not now. Nothing was shared.")?;
        two.call_ends_with(0)?;
        two.are_idle()?;
        two.expert.has_the_terminal_back(1)?;

        words(two)?;
        two.expert.agent.says("stop")?;
        two.call().reads("Nothing was shared.")?;
        two.call_ends_with(0)?;
        two.are_idle()?;
        two.expert.has_the_terminal_back(2)?;

        words(two)?;
        two.call().interrupts()?;
        let code = two.call().ends()?;
        ensure!([0, 130].contains(&code), "{code}");
        ensure!(pinned(&two.novice)? == 0 && pinned(&two.expert)? == 0);
        two.are_idle()
    });
}

#[test]
fn another_device_of_somebody_known_is_said_to_be_another() {
    strangers(|two| {
        knew_another_device(&two.novice, &two.expert)?;
        let words = words(two)?;
        let to = two.expert.who.clone();
        let screen = two.call().screen();
        ensure!(screen.contains(&format!("This is not the device that you know as {to}.")), "{screen}");
        // There is no way on but the words.
        two.call().says("y")?;
        two.call().reads("Those are not the words.")?;
        two.call().reads(WORDS)?;
        ensure!(pinned(&two.novice)? == 1, "the one from before");
        two.call().says(&words)?;
        two.expert.agent.says("y")?;
        two.call().reads(SHOW)?;
        ensure!(pinned(&two.novice)? == 2);
        two.call().says("n")?;
        two.call_ends_with(3)
    });
}

#[test]
fn one_who_forgot_the_other_makes_both_compare() {
    two_people(|two| {
        two.are_acquainted = false;
        have_met(&two.novice, &two.expert)?;
        fs::remove_file(two.expert.home().join("pins.json"))?;
        let words = words(two)?;
        let screen = two.call().screen();
        ensure!(screen.contains("does not know this computer of yours yet"), "{screen}");
        two.call().says(&words)?;
        two.expert.agent.says("y")?;
        two.call().reads(SHOW)?;
        two.call().says("n")?;
        two.call_ends_with(3)
    });
}

#[test]
fn an_offer_of_a_stranger_ends_when_they_are_no_stranger_any_more() {
    strangers(|two| {
        two.offers()?;
        two.novice.agent.says("y")?;
        the_novice_types_what_is_read(two)?;
        two.novice.agent.reads("The words are right")?;
        two.call().says("y")?;
        let (from, to) = (two.expert.who.clone(), two.novice.who.clone());
        two.novice.agent.reads(&format!("{from} is verified now. If you want help from them, ask them."))?;
        two.call().reads(&format!("{to} is verified now, and has shown you nothing."))?;
        two.call_ends_with(0)?;
        ensure!(!two.novice.agent.screen().contains("Show"), "{}", two.novice.agent.screen());
        ensure!(!two.call().screen().contains("Your page"), "there is no page");
        ensure!(pinned(&two.novice)? == 1 && pinned(&two.expert)? == 1);
        two.are_idle()?;

        // From now on it is an offer.
        two.are_acquainted = true;
        two.call = Some(two.expert.types(&["offer", &two.novice.address])?);
        let question = two.novice.agent.reads(ANSWER)?;
        ensure!(question.contains(&format!("{from} offers to help you.")), "{question}");
        two.novice.agent.says("y")?;
        two.novice.agent.reads(SHOW)?;
        two.novice.agent.says("n")?;
        two.call_ends_with(3)
    });
}

#[test]
fn an_offer_of_somebody_known_goes_on_after_the_words() {
    two_people(|two| {
        two.are_acquainted = false;
        have_met(&two.novice, &two.expert)?;
        // The expert has another home, and does not know the novice.
        fs::remove_file(two.expert.home().join("pins.json"))?;
        two.call = Some(two.expert.types(&["offer", &two.novice.address])?);
        let question = two.novice.agent.reads(ANSWER)?;
        ensure!(question.contains("offers to help you."), "{question}");
        two.novice.agent.says("y")?;
        the_novice_types_what_is_read(two)?;
        two.call().says("y")?;
        two.novice.agent.reads(SHOW)?;
        two.novice.agent.says("n")?;
        two.call_ends_with(3)
    });
}

#[test]
fn hello_verifies_and_shares_nothing() {
    strangers(|two| {
        for first in [true, false] {
            let to = two.expert.address.clone();
            two.call = Some(two.novice.types(&["hello", &to])?);
            let question = two.expert.agent.reads(ANSWER)?;
            ensure!(question.contains("says hello."), "{question}");
            two.expert.agent.says("y")?;
            if first {
                // The one who calls counts as the novice, and types.
                let words = has_to_read(&mut two.expert.agent)?;
                two.call().reads(WORDS)?;
                two.call().says(&words)?;
                two.call().reads("The words are right")?;
                two.expert.agent.says("y")?;
            }
            let known = if first { "verified just now" } else { "verified on" };
            let (from, to) = (two.novice.who.clone(), two.expert.who.clone());
            two.call().reads(&format!("{to} says hello.\n  {to} · {known}"))?;
            two.expert.agent.reads(&format!("{from} says hello.\n  {from} · {known}"))?;
            two.call_ends_with(0)?;
            two.are_idle()?;
        }
        ensure!(pinned(&two.novice)? == 1 && pinned(&two.expert)? == 1);
        Ok(())
    });
}

#[test]
fn needs_xvfb_strangers_share_a_screen_after_the_words_and_the_yes() {
    strangers_and_a_screen(|two| {
        meet_until_question(two)?;
        let mut page = Page::open(&page::address(&mut two.expert.agent)?)?;
        ensure!(page.hears_state("view", "asked")?["verified"] == true);
        two.call().says("y")?;
        page.hears("connect")?;
        page.describes()?;
        page.hears("answer")?;
        // A page that is loaded anew has another certificate, which both sign anew. Until it shows it, nothing connects.
        page.close()?;
        two.expert.agent.reads("Your page was closed. You can open it again:")?;
        let mut page = Page::open_without_certificate(&page::address(&mut two.expert.agent)?)?;
        page.hears_state("view", "granted")?;
        page.describes()?;
        two.expert.logs(UNSIGNED)?;
        ensure!(page.has_not_heard("connect") && page.has_not_heard("answer"));
        page.shows_certificate()?;
        page.hears("connect")?;
        page.describes()?;
        page.hears("answer")?;
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)
    });
}

#[test]
fn needs_xvfb_a_page_connects_with_the_certificate_that_it_has_shown() {
    two_people_and_a_screen(|two| {
        two.ask_until_question()?;
        let mut page = Page::open(&page::address(&mut two.expert.agent)?)?;
        two.call().says("y")?;
        page.hears("connect")?;
        page.describes_as("CD")?;
        two.expert.logs(UNSIGNED)?;
        ensure!(page.has_not_heard("answer"));
        page.describes()?;
        page.hears("answer")?;
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)
    });
}
