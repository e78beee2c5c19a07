//! What the novice's programs do to the system, seen by strace: before it is known who is there, and then until the
//! person has said yes to the view, they open no connection to the X server, hear nothing from it, and make no UDP socket. Afterwards they do both, so that the
//! watch is known to see it.

use crate::house::{OVER, Side, Two, these_two};
use crate::meeting::meet_until_question;
use crate::page::{self, Page};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::{Launch, find_program};
use rendezvous_testkit::xserver::XServer;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Whatever can open, take over, or read a socket, and what shows how the processes hang together.
const CALLS: &str = "trace=network,read,readv,pread64,openat,?open,eventfd2,pipe2,execve,clone,?clone3,?fork,?vfork,dup,\
    ?dup2,dup3,fcntl,?pidfd_getfd,?io_uring_setup";

#[test]
fn needs_strace_and_needs_xvfb_nothing_touches_the_screen_or_the_network_before_the_yes() {
    let strace = find_program("strace")
        .expect("strace is not installed; on Debian and Ubuntu it is in the package `strace`, and `cargo xtask test` installs it");
    let place = Home::new("trace").unwrap();
    let trace = place.join("trace");
    let screen = XServer::xvfb(320, 200).unwrap();
    let traced = |agent: Launch| {
        let launch =
            Launch::new(&strace).args(["-f", "-ttt", "-s", "512", "-e", CALLS, "-e", "signal=none", "-o"]);
        agent.words().into_iter().fold(launch.arg(&trace), |launch, word| launch.arg(word))
    };
    let two = Two {
        novice: Side::start_with("novice", screen.environment().to_vec(), traced).unwrap(),
        expert: Side::start("expert", Vec::new()).unwrap(),
        call: None,
        screen: Some(screen),
        are_acquainted: false,
    };
    these_two(two, |two| {
        let server = two.screen.as_ref().context("there is a screen")?.id();
        let before = open_files(server)?;
        meet_until_question(two)?;
        let mut page = Page::open(&page::address(&mut two.expert.agent)?)?;
        page.hears_state("view", "asked")?;
        // A page that is too early is not answered: nothing is opened for it.
        page.describes()?;
        two.expert.agent.reads("is asked whether you may see their screen.")?;
        ensure!(open_files(server)? == before, "the X server has no client more than before");

        two.call().says("y")?;
        page.hears("connect")?;
        ensure!(open_files(server)? > before, "now it has");
        page.describes()?;
        page.hears("answer")?;
        two.call().presses("s")?;
        two.call().reads(OVER)?;
        two.call_ends_with(0)?;
        two.are_idle()?;

        let calls = read(&trace)?;
        check(&calls)
    });
}

/// How many files a process holds open. The sockets of an X server's clients are among them.
fn open_files(id: u32) -> Result<usize> {
    Ok(fs::read_dir(format!("/proc/{id}/fd")).context("cannot look at the X server")?.count())
}

/// One system call that has returned, whole.
#[derive(Debug)]
struct Call {
    process: u32,
    name: String,
    arguments: String,
    result: String,
}

impl Call {
    /// The descriptor that is its first argument.
    fn descriptor(&self) -> Option<u32> {
        self.arguments.split([',', ' ']).next()?.parse().ok()
    }

    /// Its second argument and what follows.
    fn text(&self) -> &str {
        self.arguments.split_once(',').map_or("", |(_, rest)| rest.trim_start())
    }

    /// The number that it returned.
    fn number(&self) -> Option<u32> {
        self.result.split([' ', '<']).next()?.parse().ok()
    }

    fn succeeded(&self) -> bool {
        self.number().is_some()
    }

    fn makes_a_thread(&self) -> bool {
        ["clone", "clone3", "fork", "vfork"].contains(&self.name.as_str())
    }

    fn is_reading(&self) -> bool {
        ["read", "readv", "recvfrom", "recvmsg", "recvmmsg", "pread64"].contains(&self.name.as_str())
    }

    /// Whether it names an X server: by the place of its socket, or by a port that X servers listen on.
    fn reaches_for_an_x_server(&self) -> bool {
        let local = self.arguments.contains(".X11-unix");
        let tcp = (6000..6064).any(|port| self.arguments.contains(&format!("htons({port})")));
        ["connect", "sendto", "sendmsg", "sendmmsg"].contains(&self.name.as_str()) && (local || tcp)
    }

    fn makes_a_udp_socket(&self) -> bool {
        let internet = ["AF_INET,", "AF_INET6,"].iter().any(|family| self.arguments.starts_with(family));
        self.name == "socket" && internet && !self.arguments.contains("SOCK_STREAM")
    }
}

/// What the trace must show. Its first part goes up to the moment at which the `y` was read.
fn check(calls: &[Call]) -> Result<()> {
    let starts =
        |call: &Call| call.name == "execve" && call.arguments.contains("\"application\", \"assist\"");
    let start = calls.iter().position(starts).context("the application was started")?;
    let application = threads(calls, calls[start].process);
    let is_yes = |call: &Call| {
        call.name == "read" && call.text().starts_with("\"y\\n\"") && application.contains(&call.process)
    };
    let yes = calls.iter().position(is_yes).context("the yes was read")?;
    ensure!(start < yes, "the application was there before the yes");
    // The words were typed before it: a line of three words, read from the terminal.
    let are_words = |call: &Call| {
        let line = call.text().trim_start_matches('"').split("\\n\"").next().unwrap_or_default();
        let is_plain = line.chars().all(|c| c.is_ascii_lowercase() || c == ' ');
        call.name == "read" && is_plain && line.split(' ').count() == 3
    };
    ensure!(
        calls[start..yes].iter().any(|call| application.contains(&call.process) && are_words(call)),
        "the words were read before the yes"
    );

    // Before: neither the application nor the agent nor anything else of the novice's.
    for call in &calls[..yes] {
        ensure!(!call.reaches_for_an_x_server(), "before the yes: {call:?}");
        ensure!(!call.makes_a_udp_socket(), "before the yes: {call:?}");
        let blind = ["io_uring_setup", "pidfd_getfd"].contains(&call.name.as_str()) && call.succeeded();
        ensure!(!blind, "this trace cannot see what follows from {call:?}");
    }
    let before: Vec<_> = calls[start..yes].iter().filter(|c| application.contains(&c.process)).collect();
    nothing_was_handed_over(&before)?;

    // After: both, or the watch saw nothing at all.
    let after: Vec<_> =
        calls[yes..].iter().filter(|c| application.contains(&c.process) && c.succeeded()).collect();
    let connection =
        after.iter().find(|c| c.reaches_for_an_x_server()).context("it reaches for the screen")?;
    let screen = connection.descriptor().context("a connect names its descriptor")?;
    let hears = |c: &Call| c.is_reading() && c.descriptor() == Some(screen) && c.result != "0";
    after.iter().find(|c| hears(c)).context("it hears something from the screen")?;
    after.iter().find(|c| c.makes_a_udp_socket()).context("it makes a UDP socket")?;
    Ok(())
}

/// A process by its first thread, and every thread and process that came from it.
fn threads(calls: &[Call], first: u32) -> BTreeSet<u32> {
    let mut known = BTreeSet::from([first]);
    loop {
        let before = known.len();
        let born = calls.iter().filter(|call| call.makes_a_thread() && known.contains(&call.process));
        let born: Vec<u32> = born.filter_map(Call::number).collect();
        known.extend(born);
        if known.len() == before {
            return known;
        }
    }
}

/// A socket could also be inherited, or come through another one. What the application reads from before the yes is
/// the terminal, the private socket to its agent, and what it made or opened itself; and it is given no descriptor.
fn nothing_was_handed_over(before: &[&Call]) -> Result<()> {
    let mut known = BTreeSet::from([0, 3]);
    for call in before.iter().filter(|call| call.succeeded()) {
        match call.name.as_str() {
            "openat" | "open" | "socket" | "eventfd2" | "dup" | "dup2" | "dup3" | "fcntl" | "accept4" => {
                known.extend(call.number());
            }
            // Both ends stand in brackets.
            "socketpair" | "pipe2" => {
                let ends = call.arguments.split(['[', ']']).nth(1).unwrap_or_default();
                known.extend(ends.split(", ").filter_map(|end| end.parse::<u32>().ok()));
            }
            _ => {}
        }
        ensure!(
            !call.is_reading() || !call.arguments.contains("SCM_RIGHTS"),
            "it is given something: {call:?}"
        );
        let foreign = call.is_reading() && call.descriptor().is_some_and(|n| !known.contains(&n));
        ensure!(!foreign, "the application reads from what it did not open: {call:?}");
    }
    ensure!(before.iter().any(|c| c.is_reading() && c.descriptor() == Some(3)), "it hears its agent");
    Ok(())
}

/// Reads a trace of several processes. A call that was interrupted in the record by another process's is put together
/// again, at the place where it returned.
fn read(path: &Path) -> Result<Vec<Call>> {
    let text = String::from_utf8_lossy(&fs::read(path)?).into_owned();
    let mut begun: BTreeMap<u32, String> = BTreeMap::new();
    let mut calls = Vec::new();
    for line in text.lines() {
        let (process, rest) = line.split_once(' ').with_context(|| format!("no process in {line:?}"))?;
        let process = process.parse().with_context(|| format!("no process in {line:?}"))?;
        let Some((_, event)) = rest.trim_start().split_once(' ') else { continue };
        if let Some(start) = event.strip_suffix(" <unfinished ...>") {
            begun.insert(process, start.to_owned());
        } else if let Some(rest) = event.strip_prefix("<... ") {
            let (_, rest) = rest.split_once(" resumed>").with_context(|| format!("strange: {line:?}"))?;
            let start = begun.remove(&process).with_context(|| format!("never begun: {line:?}"))?;
            calls.extend(parse(process, &format!("{start}{rest}")));
        } else {
            calls.extend(parse(process, event));
        }
    }
    ensure!(calls.len() > 100, "this is no trace: {} calls", calls.len());
    Ok(calls)
}

/// `name(arguments) = result`; `None` for the lines about signals and ends.
fn parse(process: u32, event: &str) -> Option<Call> {
    let (name, rest) = event.split_once('(')?;
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return None;
    }
    // The last one: text in the arguments may contain the same.
    let (arguments, result) = rest.rsplit_once(" = ")?;
    let arguments = arguments.trim_end().strip_suffix(')').unwrap_or(arguments);
    let [name, arguments, result] = [name, arguments, result.trim()].map(str::to_owned);
    Some(Call { process, name, arguments, result })
}

#[test]
fn a_trace_is_read_whole() {
    let home = Home::new("read").unwrap();
    let path = home.join("trace");
    let filler = "7 1.0 close(9) = 0\n".repeat(100);
    let text = format!(
        "{filler}7 1.5 read(0,  <unfinished ...>\n8 1.6 socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC, IPPROTO_IP) = 5\n\
         7 1.7 <... read resumed>\"y\\n\", 4096) = 2\n\
         8 1.8 connect(5, {{sa_family=AF_UNIX, sun_path=@\"/tmp/.X11-unix/X9\"}}, 20) = -1 ECONNREFUSED (no)\n\
         8 1.9 connect(6, {{sa_family=AF_INET, sin_port=htons(6001), sin_addr=inet_addr(\"127.0.0.1\")}}, 16) = 0\n\
         8 2.0 +++ exited with 0 +++\n"
    );
    fs::write(&path, text).unwrap();
    let calls = read(&path).unwrap();
    let [udp, yes, unix, tcp] = &calls[100..] else { panic!("{:?}", &calls[100..]) };
    assert!(udp.makes_a_udp_socket() && udp.process == 8);
    assert!(yes.is_reading() && yes.text().starts_with("\"y\\n\"") && yes.number() == Some(2));
    assert!(unix.reaches_for_an_x_server() && !unix.succeeded() && unix.descriptor() == Some(5));
    assert!(tcp.reaches_for_an_x_server() && tcp.succeeded());
}
