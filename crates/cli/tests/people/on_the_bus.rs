//! Applications that a session bus starts, and our own started there by the agent as any other IM program would start them.

use crate::alone::Someone;
use crate::applications::{
    CHESS, LAUNCH_FAILED, a_good_one, both_are_told_that_it_failed, invites_and_yes, manifest, registers,
    unregisters,
};
use crate::house::{ANSWER, NO_SUCH_SCREEN, SHOW, SOON, Side, Two, send, these_two};
use anyhow::{Context as _, Result, ensure};
use futures_util::StreamExt as _;
use rendezvous_testkit::bus::Bus;
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::wait;
use rustix::process::Signal;
use std::fs;
use std::path::PathBuf;

/// A registration that names somebody on the bus.
pub(crate) fn on_bus(name: &str) -> String {
    manifest("Chess", &["/x"]).replace("exec = [\"/x\"]", &format!("dbus = \"{name}\""))
}

/// Two people, each with a session bus of their own.
pub(crate) struct Buses {
    pub(crate) novice: Bus,
    pub(crate) expert: Bus,
}

impl Buses {
    pub(crate) fn start() -> Self {
        let bus = || Bus::start().expect("a session bus");
        Self { novice: bus(), expert: bus() }
    }

    pub(crate) fn play(&self, scene: impl FnOnce(&mut Two) -> Result<()>) {
        self.play_with(true, scene);
    }

    fn play_with(&self, are_acquainted: bool, scene: impl FnOnce(&mut Two) -> Result<()>) {
        let side = |name, bus: &Bus| {
            let surroundings = vec![("DBUS_SESSION_BUS_ADDRESS", bus.address().to_owned())];
            Side::start(name, surroundings).expect("an agent")
        };
        let (novice, expert) = (side("novice", &self.novice), side("expert", &self.expert));
        these_two(Two { novice, expert, call: None, screen: None, are_acquainted }, scene);
    }
}

/// The smallest application of ours, started by this bus for the person of this side.
pub(crate) fn starts_hello(bus: &Bus, side: &Side) -> Result<()> {
    let (home, program) = (side.home().path().display(), env!("CARGO_BIN_EXE_rendezvous"));
    let line = format!("/usr/bin/env RENDEZVOUS_HOME={home} {program} application hello --bus");
    bus.starts("im.rendezvous.Hello", &line)
}

#[test]
fn needs_dbus_one_that_the_bus_starts_on_both_sides() {
    let buses = Buses::start();
    buses.play(|two| {
        for (side, bus) in [(&two.novice, &buses.novice), (&two.expert, &buses.expert)] {
            starts_hello(bus, side)?;
            registers(side, &on_bus("im.rendezvous.Hello"))?;
        }
        // Twice, so that a second session finds the name free again.
        for _ in 0..2 {
            invites_and_yes(two)?;
            two.call_ends_with(0)?;
            two.are_idle()?;
        }
        for side in [&two.novice, &two.expert] {
            let (_, said) = side.runs(&["log", "--json"])?;
            let log: serde_json::Value = serde_json::from_str(&said)?;
            let connected = |entry: &serde_json::Value| {
                entry["application"] == CHESS && entry["seconds"].is_u64() && entry["declined"].is_null()
            };
            let all = log.as_array().context("a list")?;
            ensure!(all.iter().filter(|entry| connected(entry)).count() == 2, "{log}");
            unregisters(side)?;
        }
        Ok(())
    });
}

/// What the invitee's registration names on the bus fails in this way: both are told the same, and soon.
fn fails(dbus: &str, starts: Option<&str>) {
    let buses = Buses::start();
    buses.play(|two| {
        registers(&two.novice, &a_good_one())?;
        registers(&two.expert, &on_bus(dbus))?;
        if let Some(line) = starts {
            buses.expert.starts(dbus, line)?;
        }
        both_are_told_that_it_failed(two)
    });
}

#[test]
fn needs_dbus_one_that_the_bus_does_not_know() {
    fails("org.example.Missing", None);
}

#[test]
fn needs_dbus_one_that_the_bus_cannot_start() {
    fails("org.example.NoProgram", Some("/nonexistent/program"));
}

#[test]
fn needs_dbus_one_that_ends_before_it_has_its_name() {
    fails("org.example.EndsAtOnce", Some("/bin/false"));
}

#[test]
fn needs_dbus_one_that_never_has_its_name() {
    fails("org.example.Hangs", Some("/bin/sleep 60"));
}

#[test]
fn needs_dbus_one_that_is_killed_while_it_waits() {
    let buses = Buses::start();
    buses.play(|two| {
        starts_hello(&buses.novice, &two.novice)?;
        registers(&two.novice, &on_bus("im.rendezvous.Hello"))?;
        registers(&two.expert, &manifest("Chess", &["/bin/sleep", "600"]))?;
        invites_and_yes(two)?;
        let novice = &two.novice;
        wait::until("the application to hold its session", SOON, || {
            let log = fs::read_to_string(novice.home().join("hello.log")).unwrap_or_default();
            Ok(log.contains("Took a session").then_some(()))
        })?;
        let id = novice.application()?.context("it runs")?;
        send(id, Signal::KILL)?;
        two.call().reads(LAUNCH_FAILED)?;
        two.call_ends_with(1)?;
        two.expert.agent.reads("is not calling any more.")?;
        unregisters(&two.novice)?;
        unregisters(&two.expert)
    });
}

/// Whoever watches a bus, as every program of the same user can.
struct Watcher {
    seen: PathBuf,
    _home: Home,
    _monitor: Process,
}

impl Watcher {
    fn of(bus: &Bus) -> Result<Self> {
        let home = Home::new("watcher")?;
        let seen = home.join("seen.log");
        let launch = Launch::new("dbus-monitor").args(["--address", bus.address()]);
        let watcher = Self { _monitor: Process::start(&launch, Log::File(&seen))?, seen, _home: home };
        watcher.sees("NameAcquired")?;
        Ok(watcher)
    }

    /// Everything that it has seen, once this is among it.
    fn sees(&self, text: &str) -> Result<String> {
        wait::until(format_args!("{text:?} on the bus"), SOON, || {
            Ok(fs::read_to_string(&self.seen)?.contains(text).then_some(()))
        })?;
        Ok(fs::read_to_string(&self.seen)?)
    }
}

#[test]
fn needs_dbus_whoever_watches_sees_no_word_and_no_key() {
    let buses = Buses::start();
    let watchers = [&buses.novice, &buses.expert].map(|bus| Watcher::of(bus).expect("a watcher"));
    buses.play_with(false, |two| {
        // Strangers compare words, over the private sockets of their agents.
        two.call = Some(two.novice.types(&["hello", &two.expert.address.clone()])?);
        two.expert.agent.reads(ANSWER)?;
        two.expert.agent.says("y")?;
        let words = crate::meeting::has_to_read(&mut two.expert.agent)?;
        two.call().reads(crate::meeting::WORDS)?;
        two.call().says(&words)?;
        two.call().reads("The words are right")?;
        two.expert.agent.says("y")?;
        two.call_ends_with(0)?;
        two.are_idle()?;
        // Now that they know each other, by an application on the bus: all that the two of them say is seen.
        for (side, bus) in [(&two.novice, &buses.novice), (&two.expert, &buses.expert)] {
            starts_hello(bus, side)?;
            registers(side, &on_bus("im.rendezvous.Hello"))?;
        }
        let to = two.expert.address.clone();
        two.call = Some(two.novice.types(&["invite", "--app", "chess", &to])?);
        two.expert.agent.reads(ANSWER)?;
        two.expert.agent.says("y")?;
        two.call_ends_with(0)?;
        for (side, watcher) in [&two.novice, &two.expert].into_iter().zip(&watchers) {
            let seen = watcher.sees("member=Ended")?;
            ensure!(seen.contains("member=ContextData"), "it sees what is said");
            for joint in [" ", "-", "\",\"", "\", \""] {
                ensure!(!seen.contains(&words.replace(' ', joint)), "the words");
            }
            let key = fs::read_to_string(side.home().join("device.key"))?;
            ensure!(!seen.contains(key.trim()), "the private key");
            unregisters(side)?;
        }
        Ok(())
    });
}

#[test]
fn needs_dbus_whoever_watches_sees_no_code() {
    let bus = Bus::start().expect("a session bus");
    let watcher = Watcher::of(&bus).expect("a watcher");
    let surroundings =
        vec![("DISPLAY", NO_SUCH_SCREEN.to_owned()), ("DBUS_SESSION_BUS_ADDRESS", bus.address().to_owned())];
    let person = |name| Someone::with(name, surroundings.clone()).expect("a home");
    let (novice, expert) = (person("novice"), person("expert"));
    let play = || -> Result<()> {
        let place = novice.is_reached_at()?;
        let mut ask = novice.types(&["ask", "--code"])?;
        let code = crate::codes::code(&ask.reads("Ctrl-C ends it.")?)?;
        let mut offer = expert.types(&["offer", "--code", &place])?;
        offer.reads("The code that you were told:")?;
        offer.says(&code)?;
        ask.reads(ANSWER)?;
        ask.says("y")?;
        ask.reads(SHOW)?;
        ask.says("n")?;
        ensure!(offer.ends()? == 3 && ask.ends()? == 3);
        let seen = watcher.sees("im.rendezvous.Agent")?;
        let (_, secret) = code.split_once('-').context("a number and words")?;
        for joint in ["-", " ", "\",\"", "\", \""] {
            ensure!(!seen.contains(&secret.replace('-', joint)), "the code was on the bus");
        }
        novice.leaves()?;
        expert.leaves()
    };
    if let Err(error) = play() {
        panic!("{error:#}\n{}\n{}", novice.log(), expert.log());
    }
}

/// A program on the novice's desktop, as a contact list might be.
pub(crate) struct Desktop {
    runtime: tokio::runtime::Runtime,
    bus: zbus::Connection,
    heard: zbus::MessageStream,
}

impl Desktop {
    pub(crate) fn on(bus: &Bus) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let bus = runtime.block_on(zbus::connection::Builder::address(bus.address()).build())?;
        let heard = zbus::MessageStream::from(&bus);
        Ok(Self { runtime, bus, heard })
    }

    pub(crate) fn asks<B, T>(&self, member: &str, body: &B) -> Result<T>
    where
        B: serde::Serialize + zbus::zvariant::DynamicType + Sync,
        T: serde::de::DeserializeOwned + zbus::zvariant::Type,
    {
        let (name, interface) = (Some("im.rendezvous.Agent"), Some("im.rendezvous.Agent1"));
        let call = self.bus.call_method(name, "/im/rendezvous/Agent", interface, member, body);
        Ok(self.runtime.block_on(call)?.body().deserialize()?)
    }

    /// The next signal of this name.
    pub(crate) fn hears<T>(&mut self, member: &str) -> Result<T>
    where
        T: serde::de::DeserializeOwned + zbus::zvariant::Type,
    {
        let heard = &mut self.heard;
        let listening = async {
            while let Some(message) = heard.next().await {
                let message = message?;
                if message.header().member().is_some_and(|name| name.as_str() == member) {
                    return Ok(message.body().deserialize()?);
                }
            }
            anyhow::bail!("the bus is gone")
        };
        let listening = async { tokio::time::timeout(SOON, listening).await };
        self.runtime.block_on(listening).with_context(|| format!("no {member} is heard"))?
    }
}

#[test]
fn needs_dbus_a_program_of_the_desktop_invites_and_only_the_person_answers() {
    let buses = Buses::start();
    buses.play(|two| {
        for (side, bus) in [(&two.novice, &buses.novice), (&two.expert, &buses.expert)] {
            starts_hello(bus, side)?;
            registers(side, &on_bus("im.rendezvous.Hello"))?;
        }
        crate::meeting::have_met(&two.novice, &two.expert)?;
        let mut desktop = Desktop::on(&buses.novice)?;
        let applications: Vec<(String, String, String, String, bool)> = desktop.asks("Applications", &())?;
        ensure!(
            applications.iter().any(|a| (&*a.0, &*a.1, a.4) == (CHESS, "Chess", true)),
            "{applications:?}"
        );
        let (to, who) = (two.expert.address.clone(), two.expert.who.clone());
        // What needs a terminal cannot be started from here.
        let ask = "{56B994A7-380F-410B-9985-C809D78C1BDC}";
        let refused = desktop.asks::<_, zbus::OwnedObjectPath>("Invite", &("nearby", &to, ask));
        ensure!(refused.is_err_and(|error| format!("{error:#}").contains("This needs a terminal")));

        let session: zbus::OwnedObjectPath = desktop.asks("Invite", &("nearby", &to, CHESS))?;
        let (ringing, _): (zbus::OwnedObjectPath, String) = desktop.hears("SessionRinging")?;
        ensure!(ringing == session);
        let sessions: Vec<(zbus::OwnedObjectPath, String, String, String, u32, u32)> =
            desktop.asks("Sessions", &())?;
        ensure!(sessions.len() == 1 && sessions[0].2 == who && sessions[0].3 == CHESS, "{sessions:?}");
        two.expert.agent.reads(ANSWER)?;
        two.expert.agent.says("y")?;
        let (ended, result, _): (zbus::OwnedObjectPath, u32, String) = desktop.hears("SessionEnded")?;
        ensure!((&ended, result) == (&session, 0x8100_0606), "{result:#x}");

        // When the program leaves, what it invited to goes with it.
        let _: zbus::OwnedObjectPath = desktop.asks("Invite", &("nearby", &to, CHESS))?;
        two.expert.agent.reads(ANSWER)?;
        drop(desktop);
        two.expert.agent.reads("is not calling any more.")?;
        unregisters(&two.novice)?;
        unregisters(&two.expert)
    });
}

#[test]
fn one_that_needs_a_bus_where_there_is_none() {
    crate::house::two_people(|two| {
        registers(&two.novice, &a_good_one())?;
        registers(&two.expert, &on_bus("org.example.Chess"))?;
        invites_and_yes(two)?;
        two.call().reads(LAUNCH_FAILED)?;
        two.call_ends_with(1)?;
        two.expert.agent.reads(LAUNCH_FAILED)?;
        unregisters(&two.novice)?;
        unregisters(&two.expert)
    });
}
