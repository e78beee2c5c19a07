//! An expert who means ill, whom the novice has verified and lets ring, gets nothing out of the novice's programs before the
//! yes: not a datagram, not a name looked up, not a look at the screen, not a key.
//!
//! The novice's agent and its applications are real and live on through all of it, on a machine of their own whose wire is
//! captured, and every process of it is traced. `RENDEZVOUS_SEQUENCES` says how many courses are sent.

use super::course::{Stage, course, wild};
use super::expert::{Expert, PRINT, description};
use super::trace::{Call, now, read, threads, traced};
use super::{never_before_the_yes, open_files};
use crate::attack::Chance;
use crate::house::{ANSWER, OVER, SHOW, SOON, Side, on_machine_of};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::capture::Capture;
use rendezvous_testkit::hand::Watch;
use rendezvous_testkit::home::Home;
use rendezvous_testkit::machines::Machines;
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;
use serde_json::json;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::IpAddr;
use std::time::Duration;
use tokio::runtime::Runtime;

/// So many courses unless somebody says otherwise.
const FEW: usize = 60;

/// What opens a way out of a process, takes one over, or shows how the processes hang together. Not what is read: that is
/// what the expert sends.
const CALLS: &str = "trace=socket,connect,bind,sendto,sendmsg,sendmmsg,recvmsg,openat,?open,execve,clone,?clone3,?fork,\
    ?vfork,?pidfd_getfd,?io_uring_setup,?shmget,?shmat,?memfd_create";

/// The novice is on the second machine.
const NOVICE: usize = 1;

/// Each calls less often than a contact may.
const EXPERTS: usize = 8;

/// How a session goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manners {
    /// The handshake is made; then the courses come signed, before the question and while it stands.
    Signed,
    /// What should be the handshake is none.
    NoHandshake,
    /// Messages of this very session out of their order and role, until it breaks.
    Wild,
    /// While the question stands comes a text that is not signed.
    Unsigned,
}

#[test]
fn needs_strace_and_needs_xvfb_a_hostile_expert_gets_nothing_before_the_yes() {
    let courses =
        std::env::var("RENDEZVOUS_SEQUENCES").ok().and_then(|text| text.parse().ok()).unwrap_or(FEW);
    let screen = XServer::xvfb(320, 200).expect("a screen");
    let name = "a_hostile_expert_gets_nothing_before_the_yes";
    on_machine_of(name, move |machines| {
        let mut field = Field::set(machines, screen).expect("everybody is there");
        if let Err(error) = field.play(courses) {
            panic!("{error:#}{}", field.told());
        }
    });
}

struct Field {
    runtime: Runtime,
    experts: Vec<Expert>,
    novice: Side,
    capture: Capture,
    watch: Watch,
    trace: Home,
    screen: XServer,
    chance: Chance,
    sessions: usize,
    courses: usize,
    messages: usize,
}

impl Field {
    fn set(machines: &Machines, screen: XServer) -> Result<Self> {
        let capture = Capture::on(machines.place(NOVICE)?)?;
        let trace = Home::new("trace")?;
        let to = trace.join("trace");
        let watched = |agent| machines.on(NOVICE, &traced(&agent, CALLS, 64, &to).expect("strace is there"));
        let place = format!("{}:0", Machines::address(NOVICE));
        let novice = Side::start_at("novice", screen.environment().to_vec(), &place, watched)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let ip = Machines::address(1 - NOVICE).to_string();
        let experts = (0..EXPERTS).map(|_| runtime.block_on(Expert::befriends(&novice, &ip)));
        let experts = experts.collect::<Result<_>>()?;
        let watch = Watch::on(&screen)?;
        let chance = Chance(0x0000_c0de);
        let (sessions, courses, messages) = (0, 0, 0);
        Ok(Self {
            runtime,
            experts,
            novice,
            capture,
            watch,
            trace,
            screen,
            chance,
            sessions,
            courses,
            messages,
        })
    }

    fn play(&mut self, courses: usize) -> Result<()> {
        let clients = open_files(self.screen.id())?;
        let begun = now();
        // About as long as the courses take.
        wait::observe(Duration::from_millis(10 * u64::try_from(courses)?))?;
        let hostile = now();
        let each = (courses / 60).clamp(12, 200);
        while self.courses < courses {
            let manners = match self.sessions % 12 {
                // It takes half a minute until such a session is given up.
                1 => Manners::Wild,
                3 | 8 => Manners::NoHandshake,
                4 | 10 => Manners::Unsigned,
                _ => Manners::Signed,
            };
            let before = self.courses;
            self.session(manners, each.min(courses - self.courses))
                .with_context(|| format!("session {}, {manners:?}, after course {before}", self.sessions))?;
        }
        self.is_untouched(clients)?;
        let over = now();
        self.until_there_is_a_picture(clients)?;
        self.novice.leaves()?;
        self.judge([begun, hostile, over])
    }

    /// One session, to its end; nobody says yes to the view.
    fn session(&mut self, manners: Manners, courses: usize) -> Result<()> {
        let Self { runtime, experts, novice, chance, .. } = self;
        let expert = &mut experts[self.sessions % EXPERTS];
        let mut run = |expert: &mut Expert, stage, count: usize| -> Result<usize> {
            let mut messages = 0;
            for _ in 0..count {
                for act in course(chance, stage) {
                    messages += 1;
                    if !runtime.block_on(expert.does(act))? {
                        return Ok(messages);
                    }
                }
            }
            Ok(messages)
        };
        let (early, late) = (courses / 4, courses - courses / 4);
        runtime.block_on(expert.offers())?;
        // Another may have called meanwhile, and given up.
        novice.agent.reads(&format!("{} offers to help you.", expert.who()))?;
        novice.agent.reads(ANSWER)?;
        let mut messages = run(expert, Stage::Ringing, early)?;
        novice.agent.says("y")?;
        runtime.block_on(expert.is_connected())?;
        if manners == Manners::NoHandshake {
            // Each session takes one of these: the first is the end of it.
            let bad = ["hello", "{\"v\":1,\"type\":\"hello\",\"role\":\"expert\",\"program\":\"x\"}", ""];
            runtime.block_on(expert.sends(bad[self.sessions % bad.len()].to_owned()))?;
            messages += run(expert, Stage::Ringing, late)?;
            novice.agent.reads("(AUTHENTICATION_FAILED (0x81000604))")?;
        } else {
            runtime.block_on(expert.meets())?;
            messages += run(expert, Stage::Known, late / 2)?;
            runtime
                .block_on(expert.says(r#"{"v":1,"type":"hello","role":"expert","program":"hostile 1"}"#))?;
            novice.agent.reads(SHOW)?;
            messages += run(expert, Stage::Asked, late - late / 2)?;
            runtime.block_on(expert.is_heard())?;
            ensure!(!expert.is_over(), "the question stands");
            ensure!(expert.call()?.views == ["asked"], "it was told so: {:?}", expert.call()?.views);
            match manners {
                Manners::Unsigned => {
                    runtime
                        .block_on(expert.sends("{\"v\":1,\"type\":\"view\",\"state\":\"granted\"}".into()))?;
                    novice.agent.reads("(AUTHENTICATION_FAILED (0x81000604))")?;
                }
                Manners::Wild => {
                    let session = expert.call()?.session;
                    for _ in 0..40 {
                        messages += 1;
                        runtime.block_on(
                            expert.sends_wild(rendezvous_net::Parcel::plain(wild(chance, session))),
                        )?;
                    }
                    // If it stands all the same, its person ends it.
                    novice.agent.says("n")?;
                }
                _ => novice.agent.says(["n", "", "yes please"][self.sessions % 3])?,
            }
        }
        runtime.block_on(expert.is_delivered(0))?;
        self.sessions += 1;
        self.courses += courses;
        self.messages += messages;
        self.novice.has_the_terminal_back(self.sessions)?;
        let is_untold = !self.novice.agent.screen().contains("may see your screen");
        ensure!(is_untold, "nobody has allowed that");
        let expert = &mut self.experts[(self.sessions - 1) % EXPERTS];
        self.runtime.block_on(expert.has_ended())
    }

    /// What can be seen from outside, before the trace is read.
    fn is_untouched(&mut self, clients: usize) -> Result<()> {
        let passed = self.capture.passed();
        ensure!(passed.datagrams.is_empty(), "datagrams: {:?}", passed.datagrams);
        ensure!(passed.packets > 100, "the wire is not captured");
        let there = IpAddr::from(Machines::address(1 - NOVICE));
        let own = IpAddr::from(Machines::address(NOVICE));
        let elsewhere: Vec<_> =
            passed.begun.iter().filter(|packet| ![there, own].contains(&packet.to.ip())).collect();
        ensure!(elsewhere.is_empty(), "connections to others: {elsewhere:?}");
        ensure!(self.watch.seen()? == Default::default(), "played back: {:?}", self.watch.seen()?);
        ensure!(open_files(self.screen.id())? == clients, "the X server has another client");
        Ok(())
    }

    /// The same session, and a yes: now there is all of it, so it would have been seen.
    fn until_there_is_a_picture(&mut self, clients: usize) -> Result<()> {
        let Self { runtime, experts, novice, .. } = self;
        let expert = &mut experts[self.sessions % EXPERTS];
        runtime.block_on(expert.offers())?;
        novice.agent.reads(ANSWER)?;
        novice.agent.says("y")?;
        runtime.block_on(expert.is_connected())?;
        runtime.block_on(expert.meets())?;
        runtime.block_on(expert.says(r#"{"v":1,"type":"hello","role":"expert","program":"hostile 1"}"#))?;
        novice.agent.reads(SHOW)?;
        novice.agent.says("y")?;
        novice.agent.reads("may see your screen")?;
        runtime.block_on(expert.is_heard())?;
        ensure!(open_files(self.screen.id())? > clients, "the X server has a client more");
        let candidate = json!({
            "foundation": "1", "component": 1, "protocol": "udp", "priority": 2_130_706_431,
            "address": Machines::address(1 - NOVICE).to_string(), "port": 9, "type": "host",
        });
        let describe = json!({"v": 1, "type": "describe", "description": description(PRINT, &[candidate])});
        runtime.block_on(expert.says(&describe.to_string()))?;
        let capture = &self.capture;
        wait::until("a datagram", SOON, || Ok((!capture.passed().datagrams.is_empty()).then_some(())))?;
        novice.agent.presses("s")?;
        novice.agent.reads(OVER)?;
        novice.has_the_terminal_back(self.sessions + 1)?;
        runtime.block_on(expert.has_ended())
    }

    /// What the trace shows: of the time in which nobody did anything, of the hostile one, and after the yes.
    fn judge(&self, [begun, hostile, over]: [Duration; 3]) -> Result<()> {
        let calls = read(&self.trace.join("trace"))?;
        let of = |from: Duration, to: Duration| -> Vec<&Call> {
            calls.iter().filter(|call| from <= call.at && call.at < to).collect()
        };
        let (idle, during, after) = (of(begun, hostile), of(hostile, over), of(over, Duration::MAX));
        for call in idle.iter().chain(&during) {
            never_before_the_yes(call)?;
        }
        let starts: Vec<u32> =
            during.iter().filter(|call| call.starts_an_application()).map(|call| call.process).collect();
        ensure!(starts.len() == self.sessions, "{} applications in {} sessions", starts.len(), self.sessions);
        for start in starts {
            let application = threads(&calls, start);
            let its = during.iter().filter(|call| application.contains(&call.process));
            for call in its {
                ensure!(!call.makes_an_internet_socket(), "an application has nothing to do there: {call:?}");
                ensure!(!call.arguments.contains("SCM_RIGHTS"), "it is given something: {call:?}");
                ensure!(!call.name.starts_with("shm"), "room for a picture: {call:?}");
            }
        }
        ensure!(
            after.iter().any(|call| call.reaches_for_an_x_server()),
            "after the yes it reaches for the screen"
        );
        ensure!(after.iter().any(|call| call.makes_a_udp_socket()), "after the yes it makes a UDP socket");
        // Whoever proves it reads this line.
        _ = writeln!(
            std::io::stderr(),
            "{} hostile sequences before the yes, 0 datagrams, 0 lookups, 0 looks at the screen, 0 events played back: \
             {} messages in {} sessions, {:.0} s with {} system calls that could have been one; and {} of those in {:.0} s in \
             which nobody did anything",
            self.courses,
            self.messages,
            self.sessions,
            (over - hostile).as_secs_f32(),
            during.len(),
            idle.len(),
            (hostile - begun).as_secs_f32(),
        );
        Ok(())
    }

    fn told(&self) -> String {
        let mut text = format!("\n----- the terminal:\n{}", self.novice.agent.screen().trim_end());
        for log in ["agent", "assist"] {
            let log = fs::read_to_string(self.novice.home().join(format!("{log}.log"))).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines[lines.len().saturating_sub(40)..].join("\n");
            _ = write!(text, "\n----- a log:\n{last}");
        }
        text
    }
}
