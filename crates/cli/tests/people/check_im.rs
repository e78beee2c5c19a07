//! `check-im` with the example of an IM program, and with some that break the contract.

use crate::alone::Someone;
use crate::examples::{EXAMPLES, im_at};
use crate::house::SOON;
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::bus::Bus;
use rendezvous_testkit::home::Home;
use rendezvous_testkit::wait;
use rustix::process::geteuid;
use std::fs;
use std::time::Duration;

const CHECK: &str = "{6D0F3C51-9A7E-4B28-B15D-02E847C93AF6}";
/// A thousand texts through two programs, on a machine that has other things to do.
const LONG: Duration = Duration::from_secs(120);

/// Checks the example, changed in these places; the exit code, and everything that was said.
fn checks(changes: &[(&str, &str)]) -> Result<(u32, String)> {
    let (bus, place) = (Bus::for_everybody()?, Home::new("im")?);
    let surroundings = vec![("DBUS_SESSION_BUS_ADDRESS", bus.address().to_owned())];
    let author = Someone::with("author", surroundings)?;
    let mut text = fs::read_to_string(format!("{EXAMPLES}/im.py"))?;
    for (from, to) in changes {
        ensure!(text.matches(from).count() == 1, "the example has changed: {from}");
        text = text.replace(from, to);
    }
    fs::write(place.join("im.py"), text)?;
    fs::copy(format!("{EXAMPLES}/bus.py"), place.join("bus.py"))?;
    let apps = place.join("rendezvous/apps");
    fs::create_dir_all(&apps)?;
    let manifest = format!("id = \"{CHECK}\"\nname = \"Check\"\ndbus = \"im.rendezvous.Check\"\n");

    let mut check = author.types(&["check-im"])?;
    let said = check.reads("Ctrl-C ends this.")?.replace('\r', "");
    ensure!(said.contains(&manifest), "{said}");
    fs::write(apps.join("check.toml"), manifest)?;
    let mut invited = im_at(place.path(), "listen", &bus, &place, "bob", None)?;
    wait::until("the socket", SOON, || Ok(place.join("wire").exists().then_some(())))?;
    let _inviting = im_at(place.path(), "invite", &bus, &place, "ann", Some(CHECK))?;
    invited.reads("Answer? [y/N]")?;
    invited.says("y")?;
    check.reads_within("skipped.", LONG)?;
    let code = check.ends()?;
    Ok((code, check.screen()))
}

/// The line of this step says failed, and why.
fn finds_out(change: (&str, &str), step: &str, why: &str) -> Result<()> {
    let (code, said) = checks(&[change])?;
    let line = said.lines().find(|line| line.contains(step)).with_context(|| said.clone())?;
    ensure!(code == 1 && line.starts_with("failed ") && said.contains(why), "{code} {said}");
    Ok(())
}

#[test]
fn needs_python_the_example_of_an_im_program_passes() {
    let (code, said) = checks(&[]).expect("it goes on to its end");
    // Only root can be another user.
    let counts = if geteuid().is_root() {
        "11 passed, 0 failed, 0 skipped."
    } else {
        "10 passed, 0 failed, 1 skipped."
    };
    assert!(code == 0 && said.contains(counts), "{code} {said}");
}

/// What has failed stops only what needs it.
#[test]
fn needs_python_whatever_can_be_tried_after_a_failure_is() {
    let (code, said) = checks(&[("and size <= 65536", "")]).expect("it goes on to its end");
    let line = |step: &str| said.lines().find(|line| line.contains(step)).unwrap_or_default().to_owned();
    assert!(code == 1 && line("refuses more than 65,536 bytes").starts_with("failed "), "{said}");
    for step in ["refuses calls with other arguments", "ends on both sides", "is over then"] {
        assert!(line(step).starts_with("passed "), "{step}: {said}");
    }
    let change = ("if self.attached == {\"here\", \"there\"} and", "if False and");
    let (code, said) = checks(&[change]).expect("it goes on to its end");
    let line = |step: &str| said.lines().find(|line| line.contains(step)).unwrap_or_default().to_owned();
    assert!(code == 1 && line("connects both then").starts_with("failed "), "{said}");
    assert!(line("denies everything to everybody else").starts_with("passed "), "{said}");
    assert!(line("carries texts").starts_with("skipped ") && said.contains("State is not 4"), "{said}");
    assert!(line("is over then").starts_with("skipped "), "{said}");
}

#[test]
fn needs_python_an_im_program_that_answers_another_user_is_found_out() {
    if !geteuid().is_root() {
        return rendezvous_testkit::machines::skip("another user", "only root can try it as another user");
    }
    // It knows its application by name, and everybody else by nothing.
    let change = ("if message.sender != self.owner:", "if False:");
    finds_out(change, "denies everything to another user", "somebody else on the bus got").unwrap();
}

#[test]
fn needs_python_an_im_program_that_answers_anybody_is_found_out() {
    let change = ("if message.sender != self.owner:", "if False:");
    finds_out(change, "denies everything to everybody else", "somebody else on the bus got").unwrap();
}

#[test]
fn needs_python_an_im_program_that_connects_too_early_is_found_out() {
    let change = ("if self.attached == {\"here\", \"there\"} and", "if");
    finds_out(change, "waits until both have attached", "it was connected, or took a text, before").unwrap();
}

#[test]
fn needs_python_an_im_program_that_carries_too_much_is_found_out() {
    let change = ("and size <= 65536", "");
    finds_out(change, "refuses more than 65,536 bytes", "it did what it must refuse: SendContextData")
        .unwrap();
}
