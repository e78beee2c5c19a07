//! A relay that neither of the two has set up: the server of their accounts names it (XEP-0215), and there is no other way.

use crate::accounts::{begins_login, ended, is_online, is_shown, jid};
use crate::alone::Someone;
use crate::house::{ANSWER, Desk, OVER, SHOW};
use crate::meeting::{WORDS, has_to_read};
use crate::page;
use crate::viewer::Viewer;
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::turn::{PASSWORD, Turn, USER};
use rendezvous_testkit::wait;
use rendezvous_testkit::xmpp::{Certificate, Prosody, Setup, password};
use rendezvous_testkit::xserver::XServer;
use std::fs;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// A connection, on a busy machine.
const SOON: Duration = Duration::from_secs(30);
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Maria, who has a screen, Karl, and the server of both, which names the relay.
struct Friends {
    maria: Someone,
    karl: Someone,
    server: Prosody,
    _screen: XServer,
}

impl Friends {
    fn of(relay: &Turn) -> Result<Self> {
        let screen = XServer::xvfb(320, 200)?;
        let all = || ("RENDEZVOUS_LOG", "trace".to_owned());
        let surroundings = screen.environment().iter().cloned().chain([all()]).collect();
        let (users, friends) = (vec!["maria", "karl"], vec![("maria", "karl")]);
        let setup = Setup { users, friends, certificate: Certificate::Good, keeps: None };
        let server = Prosody::start_naming(&setup, relay)?;
        let maria = Someone::with("maria", surroundings)?;
        let karl = Someone::with("karl", vec![all()])?;
        Ok(Self { maria, karl, server, _screen: screen })
    }

    fn both_sign_in(&self) -> Result<()> {
        for (who, user) in [(&self.karl, "karl"), (&self.maria, "maria")] {
            let mut login = begins_login(self.server.place(), who, user, &[])?;
            login.says(&password(user))?;
            login.reads("is signed in.")?;
            ended(&mut login, 0)?;
            is_online(who, user)?;
        }
        is_shown(&self.maria, "karl", "●")?;
        is_shown(&self.karl, "maria", "●")
    }

    /// Maria asks, Karl answers and reads the words, Maria types them; returns at the question for the view.
    fn meet(&self, inbox: &mut Desk) -> Result<Desk> {
        let mut call = self.maria.types(&["ask", &jid("karl")])?;
        inbox.reads(ANSWER)?;
        call.reads("it rings there")?;
        inbox.says("y")?;
        let words = has_to_read(inbox)?;
        call.reads(WORDS)?;
        call.says(&words)?;
        call.reads("The words are right")?;
        inbox.says("y")?;
        call.reads(SHOW)?;
        Ok(call)
    }
}

fn over(relay: &Turn) -> Result<()> {
    let friends = Friends::of(relay)?;
    let played = play(&friends, relay);
    played.with_context(|| {
        format!(
            "----- Maria's agent:\n{}\n----- the server:\n{}\n----- the relay:\n{}",
            friends.maria.log(),
            friends.server.log().unwrap_or_default(),
            relay.log().unwrap_or_default()
        )
    })
}

fn play(friends: &Friends, relay: &Turn) -> Result<()> {
    friends.both_sign_in()?;
    let config = friends.maria.home().join("config.toml");
    let mut file = fs::OpenOptions::new().append(true).open(config)?;
    writeln!(file, "\n[ice]\nrelay-only = true")?;
    let mut inbox = friends.karl.types(&["inbox", "--wait"])?;
    inbox.reads("Ctrl-C ends it.")?;
    let mut call = friends.meet(&mut inbox)?;
    let mut viewer = Viewer::open(&page::address(&mut inbox)?, LOOPBACK, false)?;
    call.says("y")?;

    // The page has it of its own side.
    let told = viewer.page.hears("connect")?;
    let servers = told["iceServers"].as_array().context("a list")?;
    let turn = servers.iter().find(|server| server["urls"] == relay.url());
    let turn = turn.with_context(|| told.to_string())?;
    let (name, secret) = (turn["username"].as_str(), turn["credential"].as_str());
    let (name, secret) = (name.context("a name")?, secret.context("a password")?);
    ensure!(relay.secret().is_some() || (name, secret) == (USER, PASSWORD), "{told}");

    viewer.connects(SOON)?;
    call.reads("sees your screen")?;
    let log = relay.log()?;
    ensure!(log.contains("ALLOCATE processed, success"), "{log}");
    ensure!(log.contains("CHANNEL_BIND processed, success"), "the picture goes over it: {log}");
    call.presses("s")?;
    call.reads(OVER)?;
    ended(&mut call, 0)?;
    wait::until("the relay to have everything back", SOON, || {
        Ok(relay.log()?.contains(": delete: realm=").then_some(()))
    })?;
    inbox.interrupts()?;
    ended(&mut inbox, 0)?;

    // Whatever can be logged was: neither the password of Karl's side nor, with one that is the same for all, Maria's.
    for someone in [&friends.maria, &friends.karl] {
        someone.leaves()?;
        for entry in fs::read_dir(someone.home().path())? {
            let path = entry?.path();
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).into_owned();
            ensure!(!text.contains(secret), "{} holds a password of the relay", path.display());
        }
    }
    Ok(())
}

#[test]
fn needs_coturn_needs_prosody_needs_xvfb_a_relay_that_the_account_offers_is_the_only_way() {
    for relay in [Turn::start_with_secret(LOOPBACK), Turn::start(LOOPBACK)] {
        over(&relay.expect("a relay")).unwrap_or_else(|error| panic!("{error:#}"));
    }
}
