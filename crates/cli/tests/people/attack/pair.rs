//! Two people who ask each other for help, by turns, through somebody's server.

use super::change::{Change, Ending, Plan};
use super::server::Owner;
use crate::accounts::{begins_login, is_online, jid};
use crate::alone::Someone;
use crate::house::{ANSWER, Desk, NO_SUCH_SCREEN, OVER, SOON};
use crate::meeting::{WORDS, has_to_read, have_met_on};
use crate::viewer::Viewer;
use anyhow::{Context as _, Error, Result, bail, ensure};
use rendezvous_testkit::wait;
use rendezvous_testkit::xmpp::{Prosody, password};
use std::collections::VecDeque;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

/// How it ends on a terminal when it is not known who is there.
const FAILED: &str = "(AUTHENTICATION_FAILED (0x81000604))";
const SHOW: &str = "Show the test picture? [y/N]";
const PAGE: &str = "No browser was opened. Open this page, once: ";

/// The longest way to an end: an invitation rings for two minutes.
const LATEST: Duration = Duration::from_secs(240);
/// Nobody is called more often than ten times a minute by the same person.
const MINUTE: Duration = Duration::from_secs(61);
const CALLS: usize = 9;

/// Two people who have verified each other.
pub(super) struct Pair {
    people: [Someone; 2],
    names: [&'static str; 2],
    /// Who calls next.
    caller: usize,
    /// When each of them has called lately.
    calls: [VecDeque<Instant>; 2],
}

/// A session while it is played.
struct Stage {
    call: Desk,
    inbox: Desk,
    viewer: Option<Viewer>,
    answered: bool,
    allowed: bool,
    stopped: bool,
    misled: bool,
}

impl Pair {
    pub(super) fn new(server: &Prosody, names: [&'static str; 2]) -> Result<Self> {
        let person = |name| -> Result<Someone> {
            let surroundings =
                vec![("DISPLAY", NO_SUCH_SCREEN.to_owned()), ("RENDEZVOUS_LOG", "debug".to_owned())];
            let someone = Someone::with(name, surroundings)?;
            let mut login = begins_login(server.place(), &someone, name, &[])?;
            login.says(&password(name))?;
            login.reads("is signed in.")?;
            ensure!(login.ends()? == 0, "{}", login.screen());
            is_online(&someone, name)?;
            Ok(someone)
        };
        let people = [person(names[0])?, person(names[1])?];
        let [one, other] = &people;
        have_met_on("xmpp", (one.home(), &jid(names[0])), (other.home(), &jid(names[1])))?;
        Ok(Self { people, names, caller: 0, calls: Default::default() })
    }

    /// Who calls next, and who is called.
    fn addresses(&self) -> [String; 2] {
        [jid(self.names[self.caller]), jid(self.names[1 - self.caller])]
    }

    /// One session, to its end, which is as it must be; how many frames were seen.
    pub(super) fn plays(&mut self, owner: &Owner, plan: Plan, seed: u64) -> Result<u64> {
        self.waits_for_its_turn()?;
        let [caller, callee] = self.addresses();
        owner.plans(&caller, &callee, plan, seed);
        let mut inbox = self.people[1 - self.caller].types(&["inbox", "--wait"])?;
        inbox.reads("Ctrl-C ends it.")?;
        let call = self.people[self.caller].types(&["ask", &callee, "--test-picture"])?;
        let mut stage = Stage {
            call,
            inbox,
            viewer: None,
            answered: false,
            allowed: false,
            stopped: false,
            misled: false,
        };
        let played = self.play(&mut stage, owner, plan);
        let played = played.and_then(|()| self.judge(&mut stage, owner, plan));
        let frames = played.map_err(|error| self.tell(&stage, plan, seed, &error))?;
        self.caller = 1 - self.caller;
        Ok(frames)
    }

    fn waits_for_its_turn(&mut self) -> Result<()> {
        let calls = &mut self.calls[self.caller];
        wait::until("the next call to be allowed", MINUTE, || {
            calls.retain(|at| at.elapsed() < MINUTE);
            Ok((calls.len() < CALLS).then_some(()))
        })?;
        calls.push_back(Instant::now());
        Ok(())
    }

    fn play(&self, stage: &mut Stage, owner: &Owner, plan: Plan) -> Result<()> {
        let [caller, callee] = self.addresses();
        wait::until("the call to end", LATEST, || {
            stage.people_act(plan)?;
            if plan.ending() == Ending::Unheard && !stage.stopped && owner.has_done(&caller, &callee)?.1 {
                // What there is to hear was heard, and nobody is asked.
                stage.stopped = true;
                stage.call.interrupts()?;
            }
            Ok(stage.call.has_ended()?.then_some(()))
        })?;
        let idle = || -> Result<bool> {
            let sessions = |someone: &Someone| someone.json(&["sessions", "--json"]);
            let is_empty = |value: &serde_json::Value| value.as_array().is_some_and(Vec::is_empty);
            Ok(is_empty(&sessions(&self.people[0])?) && is_empty(&sessions(&self.people[1])?))
        };
        wait::until("nothing to go on", LATEST, || {
            stage.people_act(plan)?;
            std::thread::sleep(Duration::from_millis(50));
            Ok(idle()?.then_some(()))
        })
    }

    fn judge(&self, stage: &mut Stage, owner: &Owner, plan: Plan) -> Result<u64> {
        let [caller, callee] = self.addresses();
        let code = stage.call.ends()?;
        let (done, _) = owner.has_done(&caller, &callee)?;
        let frames = stage.viewer.as_ref().map_or(0, Viewer::pictures);
        if plan.ending() == Ending::Failed {
            stage.inbox.reads_within(FAILED, SOON)?;
        }
        let failed = [&stage.call, &stage.inbox].map(|desk| desk.screen().contains(FAILED));
        match plan.ending() {
            Ending::Works => {
                ensure!(code == 0 && frames > 0 && failed == [false; 2], "exit code {code}, {frames} frames");
                stage.call.reads(OVER)?;
            }
            Ending::Failed => {
                ensure!(done > 0, "nothing was done to it");
                ensure!(failed == [true; 2], "the caller and the called end with it: {failed:?}");
                ensure!(frames == 0, "{frames} frames were seen");
            }
            Ending::Late => {
                ensure!(done > 0, "nothing was done to it");
                ensure!(code != 0 && failed == [false; 2], "exit code {code}: {failed:?}");
                ensure!(frames == 0, "{frames} frames were seen");
            }
            Ending::Unheard => {
                ensure!(done > 0 && frames == 0 && !stage.answered, "somebody was asked: {done} {frames}");
            }
        }
        stage.inbox.interrupts()?;
        stage.inbox.ends()?;
        Ok(frames)
    }

    /// Everything that was said in the last session.
    pub(super) fn record(&self, owner: &Owner) -> Result<Vec<String>> {
        let record = owner.record(&jid(self.names[0]), &jid(self.names[1]));
        ensure!(record.len() > 30, "a whole session: {}", record.len());
        Ok(record)
    }

    /// Says all of this to both, and makes sure that nothing comes of it.
    pub(super) fn replays(&self, owner: &Owner, stanzas: Vec<String>) -> Result<usize> {
        let mut desks = Vec::new();
        for someone in &self.people {
            let mut desk = someone.types(&["inbox", "--wait"])?;
            desk.reads("Ctrl-C ends it.")?;
            desks.push(desk);
        }
        let before = self.known()?;
        let count = stanzas.len();
        owner.hostile.say(stanzas);
        wait::until("all of it to be said", LATEST, || Ok(owner.hostile.has_said_all().then_some(())))?;
        // Both are asked something that they answer after all that.
        for someone in &self.people {
            someone.does(&["contacts"])?;
        }
        // What is declined by itself is listed until the other side has heard of it.
        let mut after = Vec::new();
        let same = wait::until("all of it to be as before", LATEST, || {
            after = self.known()?;
            Ok((after == before).then_some(()))
        });
        same.with_context(|| format!("something came of it:\n{before:?}\n{after:?}"))?;
        for mut desk in desks {
            ensure!(!desk.screen().contains(ANSWER), "somebody was asked: {}", desk.screen());
            desk.interrupts()?;
            desk.ends()?;
        }
        Ok(count)
    }

    /// What each has: sessions, what is written down, and whom they trust.
    fn known(&self) -> Result<Vec<String>> {
        let mut all = Vec::new();
        for someone in &self.people {
            for what in [["sessions", "--json"], ["log", "--json"], ["verify", "--json"]] {
                all.push(someone.json(&what)?.to_string());
            }
        }
        Ok(all)
    }

    /// Both come again with a new connection each.
    pub(super) fn come_again(&self) -> Result<()> {
        for (someone, name) in self.people.iter().zip(self.names) {
            someone.leaves()?;
            is_online(someone, name)?;
        }
        Ok(())
    }

    pub(super) fn part(&self) -> Result<()> {
        self.people.iter().try_for_each(Someone::leaves)
    }

    fn tell(&self, stage: &Stage, plan: Plan, seed: u64, error: &Error) -> Error {
        let mut text = format!("{error:#}\n{plan:?}, seed {seed}");
        text += &format!(
            "\n----- the call:\n{}\n----- the inbox:\n{}",
            stage.call.screen(),
            stage.inbox.screen()
        );
        for (someone, name) in self.people.iter().zip(self.names) {
            for log in ["agent", "assist"] {
                let log = fs::read_to_string(someone.home().join(format!("{log}.log"))).unwrap_or_default();
                let lines: Vec<&str> = log.lines().collect();
                let last = lines[lines.len().saturating_sub(40)..].join("\n");
                text += &format!("\n----- a log of {name}:\n{last}");
            }
        }
        Error::msg(text)
    }
}

impl Stage {
    /// They do what they are asked, and stop when there is a picture.
    fn people_act(&mut self, plan: Plan) -> Result<()> {
        if !self.answered && self.inbox.screen().contains(ANSWER) {
            self.answered = true;
            self.inbox.says("y")?;
        }
        let call = self.call.screen();
        if plan.change == Change::Middle && !self.misled && call.contains(WORDS) {
            // The expert reads their words aloud, and the novice types what they hear.
            self.misled = true;
            let words = has_to_read(&mut self.inbox)?;
            for _ in 0..3 {
                self.call.reads(WORDS)?;
                self.call.says(&words)?;
            }
        }
        if !self.allowed && call.contains(SHOW) {
            self.allowed = true;
            self.call.says("y")?;
        }
        if self.viewer.is_none()
            && let Some(page) = self.page()
        {
            // Where the session has ended meanwhile, the page is gone.
            self.viewer = Viewer::open(&page, IpAddr::V4(Ipv4Addr::LOCALHOST), false).ok();
        }
        if let Some(viewer) = &mut self.viewer {
            // A page that was closed cannot say anything; that is no fault here.
            _ = viewer.follows();
            if viewer.pictures() > 0 && !self.stopped {
                self.stopped = true;
                match plan.change {
                    Change::None => self.call.presses("s")?,
                    _ => bail!("a frame was seen"),
                }
            }
        }
        Ok(())
    }

    /// Where the page is, once that stands there whole.
    fn page(&self) -> Option<String> {
        let screen = self.inbox.screen();
        let (address, _) = screen.split_once(PAGE)?.1.split_once('\n')?;
        Some(address.trim().to_owned())
    }
}
