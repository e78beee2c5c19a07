//! Applications that others made: registered by a file, started by their registration, and what becomes of those that are
//! missing, broken, or gone.

use crate::alone::Someone;
use crate::house::{ANSWER, SOON, Side, Two, send, two_people};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::wait;
use rustix::process::Signal;
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// The name of the application that these scenes register.
pub(crate) const CHESS: &str = "{0D1E0F10-0000-4000-8000-00000000C0DE}";
/// Longer than an application may take to answer, and its end to be told.
pub(crate) const GIVEN_UP: Duration = Duration::from_secs(45);
/// What both are told of an application that could not be started, or is gone.
pub(crate) const LAUNCH_FAILED: &str = "(APPLICATION_LAUNCH_FAILED (0x81000601))";

/// A registration of this name with this command line.
pub(crate) fn manifest(name: &str, exec: &[&str]) -> String {
    let words: Vec<_> = exec.iter().map(|word| format!("{word:?}")).collect();
    format!(
        "id = \"{CHESS}\"\nname = \"{name}\"\ndescription = \"A game for two.\"\nurl = \"https://example.org/chess\"\nexec = [{}]\n",
        words.join(", ")
    )
}

/// Registers it as a person would, from a file that is gone afterwards.
pub(crate) fn registers(side: &Side, manifest: &str) -> Result<()> {
    let file = side.home().join("chess.toml");
    fs::write(&file, manifest)?;
    let (code, said) = side.runs(&["apps", "register", file.to_str().context("letters")?])?;
    ensure!(code == 0 && said.contains("is registered: "), "{code} {said}");
    Ok(fs::remove_file(file)?)
}

pub(crate) fn unregisters(side: &Side) -> Result<()> {
    let (code, said) = side.runs(&["apps", "unregister", CHESS])?;
    ensure!(code == 0 && said == format!("{CHESS} is not registered any more.\n"), "{code} {said}");
    Ok(())
}

/// The smallest application of ours, as if somebody else had made it.
pub(crate) fn a_good_one() -> String {
    manifest("Chess", &[env!("CARGO_BIN_EXE_rendezvous"), "application", "hello"])
}

/// The novice invites, the expert says yes.
pub(crate) fn invites_and_yes(two: &mut Two) -> Result<()> {
    crate::meeting::have_met(&two.novice, &two.expert)?;
    two.call = Some(two.novice.types(&["invite", "--app", "chess", &two.expert.address.clone()])?);
    let question = two.expert.agent.reads(ANSWER)?;
    ensure!(question.contains(" invites you to \"Chess\".\n"), "{question}");
    two.expert.agent.says("y")
}

#[test]
fn one_that_somebody_registered_starts_on_both_sides() {
    two_people(|two| {
        for side in [&two.novice, &two.expert] {
            // While the agent runs.
            registers(side, &a_good_one())?;
        }
        invites_and_yes(two)?;
        let hello = format!("{} says hello.", two.expert.who);
        two.call().reads(&hello)?;
        two.call_ends_with(0)?;
        let hello = format!("{} says hello.", two.novice.who);
        two.expert.agent.reads(&hello)?;
        for side in [&two.novice, &two.expert] {
            unregisters(side)?;
        }
        let refused = two.novice.types(&["invite", "--app", CHESS, &two.expert.address.clone()])?;
        two.call = Some(refused);
        two.call().reads(&format!("There is no application \"{CHESS}\" here."))?;
        two.call_ends_with(1)
    });
}

#[test]
fn who_has_no_such_program_is_told_what_it_was_and_nothing_opens() {
    two_people(|two| {
        // The name of a stranger is shown as what it is.
        registers(&two.novice, &a_good_one().replace("\"Chess\"", "\"Chess (2 players)\""))?;
        crate::meeting::have_met(&two.novice, &two.expert)?;
        two.call = Some(two.novice.types(&["invite", "--app", "chess", &two.expert.address.clone()])?);
        two.call().reads("does not have the program for this.")?;
        two.call_ends_with(3)?;
        let who = two.novice.who.clone();
        let told = two.expert.agent.reads(&format!("({CHESS})"))?;
        let title = format!("{who} invited you to \"Chess (2 players)\", which is not on this computer.");
        ensure!(told.contains(&title), "{told}");
        ensure!(told.contains("to be had at https://example.org/chess ."), "{told}");
        ensure!(!two.expert.agent.screen().contains(ANSWER), "nobody was asked");
        let (_, said) = two.expert.runs(&["log"])?;
        ensure!(said.contains("invited you") && said.contains("declined: not installed"), "{said}");

        // Whoever goes on hears the same; the person does not, and neither does the record.
        two.call = Some(two.novice.types(&["invite", "--app", "chess", &two.expert.address.clone()])?);
        two.call().reads("does not have the program for this.")?;
        two.call_ends_with(3)?;
        let log = two.expert.home().join("agent.log");
        wait::until("the agent to keep it from its person", SOON, || {
            let enough = fs::read_to_string(&log)?.contains("The person has heard of enough");
            Ok(enough.then_some(()))
        })?;
        ensure!(two.expert.agent.screen().matches(&title).count() == 1, "{}", two.expert.agent.screen());
        let (_, said) = two.expert.runs(&["log"])?;
        ensure!(said.matches("declined: not installed").count() == 1, "{said}");
        unregisters(&two.novice)
    });
}

/// What is registered at the invitee cannot be started: both are told the same, and soon.
pub(crate) fn both_are_told_that_it_failed(two: &mut Two) -> Result<()> {
    invites_and_yes(two)?;
    two.call().reads_within(LAUNCH_FAILED, GIVEN_UP)?;
    two.call_ends_with(1)?;
    two.expert.agent.reads(LAUNCH_FAILED)?;
    unregisters(&two.novice)?;
    unregisters(&two.expert)
}

/// What is registered at the invitee fails in this way: both are told the same, and soon.
fn fails(exec: &[&str]) {
    two_people(|two| {
        registers(&two.novice, &a_good_one())?;
        registers(&two.expert, &manifest("Chess", exec))?;
        both_are_told_that_it_failed(two)
    });
}

#[test]
fn one_that_is_missing() {
    fails(&["/nonexistent/chess"]);
}

#[test]
fn one_that_cannot_be_executed() {
    fails(&["/etc/passwd"]);
}

#[test]
fn one_that_ends_at_once() {
    fails(&["/bin/true"]);
}

#[test]
fn one_that_never_takes_its_session() {
    fails(&["/bin/sleep", "600"]);
}

#[test]
fn one_that_is_killed_while_it_waits() {
    two_people(|two| {
        registers(&two.novice, &a_good_one())?;
        registers(&two.expert, &manifest("Chess", &["/bin/sleep", "600"]))?;
        invites_and_yes(two)?;
        let novice = &two.novice;
        let id = wait::until("the application", SOON, || novice.application())?;
        send(id, Signal::KILL)?;
        two.call().reads(LAUNCH_FAILED)?;
        two.call_ends_with(1)?;
        two.expert.agent.reads("is not calling any more.")?;
        unregisters(&two.novice)?;
        unregisters(&two.expert)
    });
}

#[test]
fn bad_registrations_are_named_with_their_line_and_passed_over() {
    let someone = Someone::new("registrar").expect("a home");
    let look = || -> Result<()> {
        let apps = someone.home().join("apps");
        fs::create_dir(&apps)?;
        let write = |name: &str, text: &str| -> Result<PathBuf> {
            let path = apps.join(name);
            fs::write(&path, text)?;
            Ok(path)
        };
        write("good.toml", &a_good_one())?;
        let bad =
            write("bad.toml", "id = \"{0D1E0F10-0000-4000-8000-00000000BEEF}\"\nname = \"A\\u202Eb\"\n")?;
        let gone = write("gone.toml", &manifest("Gone", &["/nonexistent"]).replace("C0DE", "DEAD"))?;
        let (code, said) = someone.runs(&["apps"])?;
        ensure!(code == 0 && said.contains(&format!("{CHESS}  Chess · A game for two. · ")), "{said}");
        let sentence = format!("{}:2: name has invisible or control characters", bad.display());
        ensure!(said.contains(&sentence), "{said}");
        let (code, said) = someone.runs(&["apps", "check"])?;
        let missing = format!("{}: /nonexistent: No such file", gone.display());
        ensure!(code == 1 && said.contains(&sentence) && said.contains(&missing), "{code} {said}");
        let checked = someone.json(&["apps", "check", "--json"])?;
        ensure!(
            checked["good"] == json!(false) && checked["problems"].as_array().is_some_and(|p| p.len() == 2)
        );
        let path = bad.to_str().context("letters")?;
        let (code, said) = someone.runs(&["apps", "register", path])?;
        ensure!(code == 1 && said.contains(&sentence), "{code} {said}");
        let good = apps.join("good.toml");
        let (code, said) = someone.runs(&["apps", "register", good.to_str().context("letters")?])?;
        ensure!(code == 1 && said.contains("registered already"), "{code} {said}");
        fs::remove_file(bad)?;
        fs::remove_file(gone)?;
        ensure!(someone.does(&["apps", "check"])? == "6 applications, all of them good.\n");
        let list = someone.json(&["apps", "list", "--json"])?;
        let chess =
            list.as_array().and_then(|all| all.iter().find(|a| a["id"] == CHESS)).context("it is there")?;
        ensure!(chess["url"] == "https://example.org/chess" && chess["exec"].is_array(), "{chess}");
        someone.does(&["apps", "unregister", CHESS])?;
        let (code, said) = someone.runs(&["apps", "unregister", CHESS])?;
        ensure!(code == 1 && said.contains("not registered"), "{code} {said}");
        Ok(())
    };
    look().unwrap();
}
