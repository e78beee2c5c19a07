//! What is set in the window, read back from where it is kept and from the agent that goes by it.

use super::{AtScreen, ENTER, ESCAPE, SHIFT, TAB};
use crate::accounts::{is_online, jid};
use crate::house::SOON;
use crate::reading_out::{Ear, Heard};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::at_spi::AtSpi;
use rendezvous_testkit::wait;
use rendezvous_testkit::xmpp::{Certificate, Prosody, Setup, password};
use serde_json::Value;
use std::fs;
use std::time::Duration;

/// For many keys, of which each is waited for.
const LATE: Duration = Duration::from_mins(2);

/// What nearby is called in the settings.
const NEARBY: &str = "People in the same network";

/// Whoever has an account without its password, and knows Anna; with a screen reader, which knows where the keyboard is.
fn scene(play: impl FnOnce(&mut AtScreen, &Ear) -> Result<()>) {
    let at_spi = AtSpi::start().expect("a bus of screen readers");
    let ear = Ear::on(&at_spi).expect("a screen reader");
    let more = [("DBUS_SESSION_BUS_ADDRESS", at_spi.address().to_owned())];
    let mut maria = AtScreen::new("maria", &more).expect("a screen");
    let scene = || -> Result<()> {
        let file = maria.someone.home().join("config.toml");
        let account = "\n# Mine.\n[[account]]\ntype = \"xmpp\"\njid = \"maria@localhost\"\n";
        fs::write(&file, fs::read_to_string(&file)? + account)?;
        maria.someone.does(&["add", "Anna", "anna@localhost"])?;
        maria.opens_the_door()?;
        play(&mut maria, &ear)?;
        maria.leaves()
    };
    if let Err(error) = scene() {
        panic!("{error:#}\n{}", maria.says());
    }
}

impl AtScreen {
    fn config(&self) -> Result<String> {
        Ok(fs::read_to_string(self.someone.home().join("config.toml"))?)
    }

    /// Which networks the agent is on.
    fn networks(&self) -> Result<Vec<String>> {
        let status = self.someone.json(&["agent", "status", "--json"])?;
        let accounts = status["accounts"].as_array().cloned().unwrap_or_default();
        Ok(accounts.iter().filter_map(|account| account["network"].as_str().map(str::to_owned)).collect())
    }

    fn is_on(&self, expected: &[&str]) -> Result<()> {
        wait::until(format_args!("the agent to be on {expected:?}"), SOON, || {
            Ok(self.networks().is_ok_and(|networks| networks == expected).then_some(()))
        })
    }

    /// From the first page: *Settings* is the last thing on it.
    fn opens_settings(&self) -> Result<()> {
        self.hand.chord(&[SHIFT, TAB])?;
        self.presses_until(&[ENTER], "Rendezvous: Settings")
    }

    /// Takes the keyboard to what is called so at first, over what is before it, and presses it until `is_done`. Some of a
    /// page comes only when the agent has told of it, and a busy machine needs its time for every key.
    fn presses_at(&self, ear: &Ear, name: &str, is_done: impl Fn() -> Result<bool>) -> Result<()> {
        wait::until(format_args!("{name:?} to be pressed"), LATE, || {
            let all = ear.all();
            let mut called_so = all.iter().filter(|heard| heard.name.starts_with(name)).peekable();
            if called_so.peek().is_none() {
                return Ok(None);
            }
            if !called_so.any(Heard::is_focused) {
                self.presses(&[TAB])?;
                let here = |heard: &&Heard| heard.is_focused();
                let (before, name) = (all.iter().find(here), "the next thing to have the keyboard");
                wait::until(name, SOON, || Ok((ear.all().iter().find(here) != before).then_some(())))?;
                return Ok(None);
            }
            self.presses(&[ENTER])?;
            for _ in 0..10 {
                std::thread::sleep(Duration::from_millis(200));
                if is_done()? {
                    return Ok(Some(()));
                }
            }
            Ok(None)
        })
        .with_context(|| format!("{:#?}", ear.all()))
    }

    fn opens(&self, ear: &Ear, name: &str, title: &str) -> Result<()> {
        self.presses_at(ear, name, || self.has(title))
    }

    /// What is kept of the window.
    fn kept(&self) -> Result<Value> {
        let text = fs::read_to_string(self.someone.home().join("door.json"))?;
        Ok(serde_json::from_str(&text)?)
    }
}

#[test]
fn needs_xephyr_needs_dbus_needs_at_spi_nearby_is_switched_off_and_on_in_the_window_and_the_agent_goes_by_it()
{
    scene(|maria, ear| {
        maria.is_on(&["nearby", "xmpp"])?;
        maria.opens_settings()?;
        maria.presses_at(ear, NEARBY, || Ok(maria.config()?.contains("enabled = false\n")))?;
        maria.is_on(&["xmpp"])?;
        ensure!(maria.config()?.contains("# Mine."), "nothing else is touched: {}", maria.config()?);
        // It is so for every agent that starts.
        maria.someone.does(&["agent", "stop"])?;
        maria.is_on(&["xmpp"])?;

        // The window has heard of it when it shows that nearby is off: then the same press switches it on.
        maria.presses_at(ear, NEARBY, || Ok(maria.config()?.contains("enabled = true\n")))?;
        maria.is_on(&["nearby", "xmpp"])
    });
}

#[test]
fn needs_xephyr_needs_dbus_needs_at_spi_an_account_is_signed_out_of_and_the_last_way_to_be_reached_stays() {
    scene(|maria, ear| {
        maria.opens_settings()?;
        maria.opens(ear, "Sign out of maria@localhost", "Sign out of maria@localhost?")?;
        maria.opens(ear, "Sign out", "Rendezvous: Settings")?;
        maria.is_on(&["nearby"])?;
        ensure!(!maria.config()?.contains("maria@localhost"), "{}", maria.config()?);
        maria.presses(&[ESCAPE])?;
        maria.sees("What would you like to do?")?;
        maria.opens_settings()?;
        // Nobody could reach them any more.
        let refusal = "Then nobody could reach you";
        let is_refused = || Ok(ear.all().iter().any(|heard| heard.name.starts_with(refusal)));
        maria.presses_at(ear, NEARBY, is_refused)?;
        maria.presses(&[ESCAPE])?;
        maria.sees("What would you like to do?")?;
        ensure!(!maria.config()?.contains("enabled = false"), "{}", maria.config()?);
        maria.is_on(&["nearby"])
    });
}

#[test]
fn needs_xephyr_needs_dbus_needs_at_spi_language_and_size_hold_at_once_and_when_it_is_opened_again() {
    scene(|maria, ear| {
        maria.opens_settings()?;
        // As on this desktop, English, German.
        let keeps = |what: &str, value: Value| Ok(maria.kept().is_ok_and(|kept| kept[what] == value));
        maria.presses_at(ear, "Language", || keeps("language", "english".into()))?;
        maria.opens(ear, "Language", "Rendezvous: Einstellungen")?;
        maria.presses_at(ear, "Größe der Buchstaben", || keeps("percent", 125.into()))?;
        ensure!(maria.kept()?["language"] == "german");
        drop(maria.door.take());
        maria.opens_again("Was möchten Sie tun?")
    });
}

#[test]
fn needs_xephyr_needs_dbus_needs_at_spi_who_may_not_call_is_blocked_in_the_window_and_let_in_again() {
    scene(|maria, ear| {
        let is_blocked = |maria: &AtScreen, expected: bool| {
            wait::until(format_args!("blocked: {expected}"), SOON, || {
                let contacts = maria.someone.json(&["contacts", "--json"])?;
                let all = contacts.as_array().cloned().unwrap_or_default();
                let anna = all.iter().find(|contact| contact["name"] == "Anna");
                Ok(anna.is_some_and(|anna| anna["blocked"] == expected).then_some(()))
            })
        };
        maria.opens(ear, "Anna, ", "Rendezvous: Anna")?;
        maria.opens(ear, "Do not let them call me", "What would you like to do?")?;
        is_blocked(maria, true)?;
        maria.opens_settings()?;
        maria.opens(ear, "Who may not call me", "Rendezvous: Who may not call you")?;
        maria.presses(&[ENTER])?;
        is_blocked(maria, false)
    });
}

#[test]
fn needs_xephyr_needs_prosody_needs_dbus_needs_at_spi_an_account_is_signed_in_to_in_the_window() {
    let at_spi = AtSpi::start().expect("a bus of screen readers");
    let ear = Ear::on(&at_spi).expect("a screen reader");
    let more = [("DBUS_SESSION_BUS_ADDRESS", at_spi.address().to_owned())];
    let (users, friends) = (vec!["maria", "karl"], vec![("maria", "karl")]);
    let setup = Setup { users, friends, certificate: Certificate::Good, keeps: None };
    let server = Prosody::start(&setup).expect("a server");
    let mut maria = AtScreen::new("maria", &more).expect("a screen");
    let mut scene = || -> Result<()> {
        // Where the server is, and who vouches for it, no window asks: that is for whoever runs one at home.
        let (file, place) = (maria.someone.home().join("config.toml"), server.place());
        let account = format!(
            "\n[[account]]\ntype = \"xmpp\"\njid = \"{}\"\nserver = \"127.0.0.1:{}\"\ncertificate-authority = \"{}\"\n",
            jid("maria"),
            place.start_tls,
            place.authority.display()
        );
        fs::write(&file, fs::read_to_string(&file)? + &account)?;
        maria.opens_the_door()?;
        maria.opens_settings()?;
        maria.opens(&ear, "Use a chat account", "Your chat account")?;
        maria.types(&jid("maria"))?;
        maria.presses(&[ENTER])?;
        ear.hears_focus(&format!("The password of {}:", jid("maria")))?;
        maria.types(&password("maria"))?;
        maria.presses(&[ENTER])?;
        maria.sees("You are signed in.")?;
        is_online(&maria.someone, "maria")?;
        ensure!(!maria.config()?.contains(&password("maria")), "the password is in no file for settings");
        maria.leaves()
    };
    if let Err(error) = scene() {
        panic!("{error:#}\n{}", maria.says());
    }
}
