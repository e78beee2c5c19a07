//! Two people who call each other, by turns, and whose session is held in some state.

use anyhow::{Context as _, Error, Result, ensure};
use rendezvous_testkit::ports;
use rendezvous_testkit::wait;
use rendezvous_testkit::xmpp::password;
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use super::SERVER_BACK;
use super::ground::{Ground, people};
use super::process::{Gate, agent_of, go_on, kill};
use super::stage::{Stage, Victim, is_stable};
use crate::accounts::{begins_login, is_online, jid};
use crate::alone::Someone;
use crate::house::{ANSWER, Desk, KEPT, SOON, processes_of};

/// So much of a log is told when something is wrong.
const LAST_LINES: usize = 60;

/// Two people.
pub(super) struct Pair {
    people: [Member; 2],
    /// Whether there is a server between them, which tells who is there.
    has_server: bool,
    /// Who calls now. By turns, since nobody may be called by the same person all the time.
    caller: usize,
    pub(super) held: Option<Held>,
}

/// One of them.
struct Member {
    someone: Someone,
    /// How the other one calls them.
    address: String,
}

/// A session in some state, and what holds it there.
pub(super) struct Held {
    pub(super) stage: Stage,
    /// Where it was called from.
    pub(super) call: Desk,
    /// Where it is answered.
    pub(super) inbox: Desk,
    /// Processes that stand still.
    pub(super) stopped: Vec<u32>,
    /// What keeps an application from being started.
    pub(super) gate: Option<Gate>,
}

impl Pair {
    /// The two of this number, who know each other and whose agents run.
    pub(super) fn new(ground: &Ground, number: usize) -> Result<Self> {
        let people = people(number)?;
        match ground.place() {
            None => nearby(people),
            Some(place) => {
                for (name, someone) in &people {
                    let mut login = begins_login(place, someone, name, ground.peculiarities())?;
                    login.says(&password(name))?;
                    login.reads("is signed in.")?;
                    ensure!(login.ends()? == 0, "{}", login.screen());
                    is_online(someone, name)?;
                }
                Ok(Self::of(people.map(|(name, someone)| Member { someone, address: jid(name) }), true))
            }
        }
    }

    fn of(people: [Member; 2], has_server: bool) -> Self {
        Self { people, has_server, caller: 0, held: None }
    }

    pub(super) fn inviter(&self) -> &Someone {
        &self.people[self.caller].someone
    }

    pub(super) fn invitee(&self) -> &Someone {
        &self.people[1 - self.caller].someone
    }

    pub(super) fn held(&mut self) -> &mut Held {
        self.held.as_mut().expect("a session was begun")
    }

    /// Both agents run, each sees one device of the other, and nothing goes on.
    pub(super) fn is_ready(&self) -> Result<()> {
        self.start_again()?;
        self.is_over()?;
        if self.has_server {
            return self.is_seen();
        }
        // They have never compared words.
        self.invitee().does(&["visible", "60"]).map(|_| ())
    }

    /// Starts whichever agent does not run.
    pub(super) fn start_again(&self) -> Result<()> {
        self.people.iter().try_for_each(|member| member.someone.does(&["agent"]).map(|_| ()))
    }

    /// Waits until nothing goes on.
    pub(super) fn is_over(&self) -> Result<()> {
        let over = || Ok(self.states()?.iter().all(Vec::is_empty).then_some(()));
        wait::until("nothing to go on", SOON, over).with_context(|| format!("it is {:?}", self.states()))
    }

    /// A session of an earlier call leaves a link behind, over which an invitation can travel to an agent that stands
    /// still. Servers have one for everybody.
    pub(super) fn opens_a_link(&self, inbox: &mut Desk) -> Result<()> {
        if !self.has_server {
            let mut call = self.calls()?;
            inbox.reads(ANSWER)?;
            call.interrupts()?;
            call.ends()?;
            inbox.reads("is not calling any more.")?;
            self.is_over()?;
        }
        Ok(())
    }

    /// Says hello, which ends at nothing but a person who compares words: they have not met.
    pub(super) fn calls(&self) -> Result<Desk> {
        self.inviter().types(&["hello", &self.people[1 - self.caller].address])
    }

    /// Waits until both sides say what they should in the state that is held.
    pub(super) fn is_held(&self) -> Result<()> {
        let expected = self.held.as_ref().map(|held| held.stage.states()).unwrap_or_default();
        for (someone, expected) in [self.inviter(), self.invitee()].into_iter().zip(expected) {
            let Some(expected) = expected else { continue };
            let mut last = Vec::new();
            let says = || {
                last = states(someone)?;
                Ok((last == [expected]).then_some(()))
            };
            let said = wait::until(format_args!("the state to be {expected}"), SOON, says);
            said.with_context(|| format!("it is {last:?}"))?;
        }
        Ok(())
    }

    /// Kills an agent, and waits until it is gone.
    pub(super) fn kill(&self, victim: Victim) -> Result<()> {
        let someone = if victim == Victim::Inviter { self.inviter() } else { self.invitee() };
        kill(agent_of(someone)?)
    }

    /// Whatever was held goes on.
    pub(super) fn resume(&mut self) -> Result<()> {
        let held = self.held();
        held.stopped.drain(..).for_each(go_on);
        held.gate.as_mut().map_or(Ok(()), Gate::open)
    }

    /// Waits until both ends are final, or have the same session again and can still end it. After that nothing is left
    /// but both agents. Tells how long the first took.
    pub(super) fn settle(&mut self, victim: Victim, back: Instant, within: Duration) -> Result<Duration> {
        let left = || within.saturating_sub(back.elapsed());
        let agreed = wait::until("both ends to be final or to have recovered", left(), || self.agrees());
        if agreed.with_context(|| self.standing())? {
            // That it goes on is shown by its end, which the other side hears of.
            self.held().call.interrupts()?;
            let over = || Ok(self.states()?.iter().all(Vec::is_empty).then_some(()));
            wait::until("both ends to be final", left(), over).with_context(|| self.standing())?;
        }
        let time = back.elapsed();
        self.is_tidy(victim)?;
        self.caller = 1 - self.caller;
        Ok(time)
    }

    /// Whether something still goes on, once both sides say the same and can reach each other.
    fn agrees(&self) -> Result<Option<bool>> {
        if self.has_server && !self.see_each_other()? {
            return Ok(None);
        }
        let [ours, theirs] = self.states()?;
        Ok((ours == theirs && is_stable(&ours)).then_some(!ours.is_empty()))
    }

    /// How it stands, for failures.
    fn standing(&self) -> String {
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let devices = if self.has_server { self.devices().ok() } else { None };
        format!("the states are {:?}, devices that are seen {devices:?}, load {load}", self.states())
    }

    /// Nothing is left of the session, on either side.
    fn is_tidy(&mut self, victim: Victim) -> Result<()> {
        let Some(Held { mut call, mut inbox, .. }) = self.held.take() else { return Ok(()) };
        call.ends().context("the command that called")?;
        call.is_as_found()?;
        if victim != Victim::Invitee {
            inbox.interrupts()?;
        }
        inbox.ends().context("the command that waited")?;
        inbox.is_as_found()?;
        self.is_over()?;
        for Member { someone, .. } in &self.people {
            let others = || -> Result<Vec<_>> {
                let all = processes_of(someone.home())?.into_iter();
                Ok(all.filter(|(_, line)| !line.contains(" agent --foreground")).collect())
            };
            wait::until("no other process to be left", SOON, || Ok(others()?.is_empty().then_some(())))
                .with_context(|| format!("{:?}", others()))?;
            agent_of(someone)?;
            let left = files(someone)?;
            ensure!(left.iter().all(|name| is_kept(name)), "files stay behind: {left:?}");
        }
        Ok(())
    }

    /// The state of every session of each, the inviter's first.
    fn states(&self) -> Result<[Vec<u64>; 2]> {
        Ok([states(self.inviter())?, states(self.invitee())?])
    }

    /// Whether each sees exactly one device of the other: the one that is there, and no other.
    fn see_each_other(&self) -> Result<bool> {
        Ok(self.devices()? == [1, 1])
    }

    fn is_seen(&self) -> Result<()> {
        let seen = || Ok(self.see_each_other()?.then_some(()));
        wait::until("both to see one device of the other", SERVER_BACK, seen).with_context(|| self.standing())
    }

    fn devices(&self) -> Result<[usize; 2]> {
        let of = |at: usize| -> Result<usize> {
            let contacts = self.people[1 - at].someone.json(&["contacts", "--json"])?;
            let is_it = |contact: &&Value| contact["address"] == self.people[at].address.as_str();
            let contact = contacts.as_array().and_then(|all| all.iter().find(is_it));
            Ok(contact.and_then(|contact| contact["devices"].as_array()).map_or(0, Vec::len))
        };
        Ok([of(0)?, of(1)?])
    }

    /// Everybody goes, and nobody sees anybody any more.
    pub(super) fn part(&mut self) -> Result<()> {
        self.start_again()?;
        let [one, other] = &self.people;
        if self.has_server {
            self.is_seen()?;
        }
        one.someone.leaves()?;
        if self.has_server {
            wait::until("nobody to be there", SOON, || {
                let contacts = other.someone.json(&["contacts", "--json"])?;
                let devices = contacts.as_array().context("a list")?.iter().map(|c| &c["devices"]);
                Ok(devices.into_iter().all(|d| d.as_array().is_some_and(Vec::is_empty)).then_some(()))
            })?;
        }
        other.someone.leaves()
    }

    /// What there is to know when something went wrong.
    pub(super) fn tell(&self, stage: Stage, victim: Victim, error: &Error) -> Error {
        let mut text = format!("{error:#}\n{victim:?} is killed in the state {stage:?}");
        if let Some(held) = &self.held {
            _ = write!(text, "\n----- the call:\n{}", held.call.screen().trim_end());
            _ = write!(text, "\n----- the inbox:\n{}", held.inbox.screen().trim_end());
        }
        for (who, someone) in [("inviter", self.inviter()), ("invitee", self.invitee())] {
            _ = write!(text, "\n----- the log of the {who}:\n{}", end_of(&someone.log()));
        }
        Error::msg(text)
    }
}

/// Two who know where the other is, and are there again when their agents were killed.
fn nearby(people: [(&'static str, Someone); 2]) -> Result<Pair> {
    let mut places = Vec::new();
    for (_, someone) in &people {
        let place = format!("127.0.0.1:{}", ports::free()?);
        let text = format!("[nearby]\nlisten = \"{place}\"\nmulticast = false\n");
        fs::write(someone.home().join("config.toml"), text)?;
        someone.does(&["agent"])?;
        places.push(place);
    }
    let [one, other] = &people;
    one.1.does(&["add", other.0, &places[1]])?;
    other.1.does(&["add", one.0, &places[0]])?;
    Ok(Pair::of(people.map(|(name, someone)| Member { someone, address: name.to_owned() }), false))
}

fn states(someone: &Someone) -> Result<Vec<u64>> {
    let sessions = someone.json(&["sessions", "--json"])?;
    sessions.as_array().context("a list")?.iter().map(|s| s["state"].as_u64().context("a number")).collect()
}

fn files(someone: &Someone) -> Result<Vec<String>> {
    let entries = fs::read_dir(someone.home().path())?;
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

fn is_kept(name: &str) -> bool {
    name == "agent.sock" || name.ends_with(".log") || KEPT.contains(&name)
}

/// The last lines of a log.
pub(super) fn end_of(log: &str) -> String {
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}
