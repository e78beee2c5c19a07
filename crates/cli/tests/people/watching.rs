//! What the novice's programs do to the system and to the network, seen by strace and by a capture of packets: before it is
//! known who is there, and then until the person has said yes to the view, they open no connection to the X server, hear
//! nothing from it, and make no UDP socket. Afterwards they do both, so that the watch is known to see it. After a stop they
//! do nothing of it any more.

mod course;
pub(crate) mod expert;
mod hostile;
mod loose;
mod stopping;
mod trace;

use crate::house::{OVER, Side, Two, these_two};
use crate::meeting::meet_until_question;
use crate::page::{self, Page};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::Launch;
use rendezvous_testkit::xserver::XServer;
use std::collections::BTreeSet;
use std::fs;
use trace::{Call, read, threads, traced};

/// Whatever can open, take over, or read a socket, and what shows how the processes hang together.
const CALLS: &str = "trace=network,read,readv,pread64,openat,?open,eventfd2,pipe2,execve,clone,?clone3,?fork,?vfork,dup,\
    ?dup2,dup3,fcntl,?pidfd_getfd,?io_uring_setup";

#[test]
fn needs_strace_and_needs_xvfb_nothing_touches_the_screen_or_the_network_before_the_yes() {
    let place = Home::new("trace").unwrap();
    let trace = place.join("trace");
    let screen = XServer::xvfb(320, 200).unwrap();
    let traced = |agent: Launch| traced(&agent, CALLS, 512, &trace).unwrap();
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

/// What the trace must show. Its first part goes up to the moment at which the `y` was read.
fn check(calls: &[Call]) -> Result<()> {
    let start = calls.iter().position(Call::starts_an_application).context("the application was started")?;
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
        never_before_the_yes(call)?;
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

/// What no program of the novice's may call before the yes.
fn never_before_the_yes(call: &Call) -> Result<()> {
    ensure!(!call.reaches_for_an_x_server(), "before the yes: {call:?}");
    ensure!(!call.makes_a_udp_socket(), "before the yes: {call:?}");
    ensure!(!call.looks_up_a_name(), "before the yes: {call:?}");
    ensure!(!call.blinds(), "this trace cannot see what follows from {call:?}");
    Ok(())
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
