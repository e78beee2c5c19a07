//! The helper's page in the browser that this person always uses: what that program is given, and what it is not.

use crate::house::{OVER, Side, Two, these_two};
use crate::page;
use crate::viewer::Viewer;
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(30);

/// Notes what it is given, and keeps the page for whoever plays the browser.
const STAND_IN: &str = r#"#!/bin/sh
notes=$(dirname "$0")
stat -c %a "$1" > "$notes/mode"
cp "$1" "$notes/page"
env > "$notes/environment"
printf '%s\n' "$@" > "$notes/arguments.new"
mv "$notes/arguments.new" "$notes/arguments"
"#;

/// A program of this name that opens pages, in a directory of its own.
fn stand_in(name: &str) -> Result<Home> {
    let home = Home::new("browser")?;
    let path = home.join(name);
    fs::write(&path, STAND_IN)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(home)
}

/// The page's address, as the redirect in the file has it.
fn address(redirect: &str) -> Result<&str> {
    let begin = redirect.find("http://127.0.0.1:").context("the file leads to the page")?;
    let rest = &redirect[begin..];
    let end = rest.find(['"', '\'', '<', ' ', '\n']).unwrap_or(rest.len());
    Ok(&rest[..end])
}

/// The expert's side opens the page by itself, with this program.
fn opens_the_page(two: &mut Two, notes: &Path) -> Result<()> {
    two.ask_until_question()?;
    two.expert.agent.reads("Your page: ")?;
    let arguments =
        wait::until(
            "a browser to be started",
            SOON,
            || Ok(fs::read_to_string(notes.join("arguments")).ok()),
        )?;
    let lines: Vec<_> = arguments.lines().collect();
    let [file] = *lines else { anyhow::bail!("one argument, and not {lines:?}") };
    ensure!(Path::new(file).starts_with(two.expert.home().path()), "a file of this person's: {file}");
    ensure!(fs::read_to_string(notes.join("mode"))?.trim() == "600", "nobody else may read it");

    let redirect = fs::read_to_string(notes.join("page"))?;
    let address = address(&redirect)?;
    let ticket = page::ticket(address)?;
    let environment = fs::read_to_string(notes.join("environment"))?;
    for (what, text) in [("argument", &arguments), ("variable", &environment)] {
        ensure!(!text.contains(ticket), "the ticket is in an {what}: everybody may see those");
    }

    let mut viewer = Viewer::open(address, IpAddr::V4(Ipv4Addr::LOCALHOST), false)?;
    two.call().says("y")?;
    viewer.sees_the_picture(SOON)?;
    two.call().presses("s")?;
    two.call().reads(OVER)?;
    two.call_ends_with(0)
}

/// Somebody whose desktop is this screen, and whose programs are found here first.
fn play(name: &str, set: impl FnOnce(&Path) -> Vec<(&'static str, String)>) {
    let screen = XServer::xvfb(320, 200).expect("a screen");
    let browser = stand_in(name).expect("a program");
    let novice = Side::start("novice", screen.environment().to_vec()).expect("an agent");
    let mut surroundings = screen.environment().to_vec();
    // Set, and empty: as if it were not.
    surroundings.push(("RENDEZVOUS_BROWSER", String::new()));
    surroundings.extend(set(browser.path()));
    let expert = Side::start("expert", surroundings).expect("an agent");
    let two = Two { novice, expert, call: None, screen: Some(screen), are_acquainted: true };
    let notes = browser.path().to_owned();
    these_two(two, |two| opens_the_page(two, &notes));
}

#[test]
fn needs_xvfb_the_desktops_own_browser_opens_the_page_from_a_private_file() {
    play("xdg-open", |directory| {
        let path = std::env::var("PATH").unwrap_or_default();
        vec![("PATH", format!("{}:{path}", directory.display()))]
    });
}

#[test]
fn needs_xvfb_the_browser_that_the_variable_names_opens_the_page_from_a_private_file() {
    play("my-browser", |directory| {
        vec![("BROWSER", format!("/nowhere/browser:{}", directory.join("my-browser").display()))]
    });
}
