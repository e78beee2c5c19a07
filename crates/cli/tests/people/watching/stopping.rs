//! After a stop, and when a program or the link dies: while the expert's hands never rest, how long after it something is
//! still played back, something still leaves the machine, and a key is still down.
//!
//! The novice's programs are real, on a machine of their own. What is played back is timed by the display's own clock, what
//! leaves is captured on the wire. `RENDEZVOUS_STOPS` says how often; the bars are held where `RENDEZVOUS_PROVE` is set, since
//! how fast a busy machine is says nothing of a program.

use crate::controlling::USING;
use crate::house::{OVER, Side, Two, on_machine_of, these_two};
use crate::page;
use crate::viewer::Viewer;
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::capture::Capture;
use rendezvous_testkit::hand::{Done, Entry, Hand, Journal, display_time, held};
use rendezvous_testkit::machines::Machines;
use rendezvous_testkit::painter::Painter;
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;
use serde_json::json;
use std::collections::VecDeque;
use std::io::Write as _;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// A connection, on a busy machine.
const SOON: Duration = Duration::from_secs(30);
/// Nobody is called more often than ten times a minute by the same person.
const MINUTE: Duration = Duration::from_secs(61);
const CALLS: usize = 9;
/// The hands do something so often.
const EVERY: Duration = Duration::from_millis(4);
/// After the end it is watched for so much longer.
const AFTERWARDS: Duration = Duration::from_millis(500);

const ESCAPE: u32 = 0xff1b;
const ESCAPE_KEY: u32 = 9;

/// The last event that is no letting go, the last packet, and the last key that comes up, after a stop.
const BARS: [u64; 3] = [50, 200, 1_000];

/// The novice is on the second machine.
const NOVICE: usize = 1;

/// What ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Escape three times, on the keyboard of the shared screen.
    Escapes,
    /// Stop, at the terminal.
    Terminal,
    /// The program that shares is killed.
    Killed,
    /// Nothing passes between the two machines any more. Nobody stops anything, and keys come up all the same.
    Cut,
}

const WAYS: [Way; 4] = [Way::Escapes, Way::Terminal, Way::Killed, Way::Cut];

/// In milliseconds from the moment of the stop; 0 for what was before.
#[derive(Clone, Copy, Debug)]
struct Times {
    way: Way,
    played: u64,
    sent: u64,
    up: u64,
}

#[test]
fn needs_xvfb_after_a_stop_nothing_is_played_back_or_sent_and_no_key_is_down() {
    let stops = std::env::var("RENDEZVOUS_STOPS").ok().and_then(|text| text.parse().ok());
    let proves = std::env::var_os("RENDEZVOUS_PROVE").is_some();
    let screen = XServer::xvfb(320, 200).expect("a screen");
    let name = "after_a_stop_nothing_is_played_back_or_sent_and_no_key_is_down";
    on_machine_of(name, move |machines| {
        let novice = Side::start_at("novice", screen.environment().to_vec(), "10.77.0.2:0", |agent| {
            machines.on(NOVICE, &agent)
        });
        let two = Two {
            novice: novice.expect("the novice's agent"),
            expert: Side::start_at("expert", Vec::new(), "10.77.0.1:0", |agent| agent)
                .expect("the expert's agent"),
            call: None,
            screen: Some(screen),
            are_acquainted: true,
        };
        these_two(two, |two| {
            let mut calls = VecDeque::new();
            let all = WAYS.into_iter().cycle().take(stops.unwrap_or(WAYS.len()));
            let times = all
                .map(|way| {
                    waits_for_its_turn(&mut calls)?;
                    run(two, machines, way).with_context(|| format!("{way:?}"))
                })
                .collect::<Result<Vec<_>>>()?;
            tell(&times, proves)
        });
    });
}

fn waits_for_its_turn(calls: &mut VecDeque<Instant>) -> Result<()> {
    wait::until("the next call to be allowed", MINUTE, || {
        calls.retain(|at: &Instant| at.elapsed() < MINUTE);
        Ok((calls.len() < CALLS).then_some(()))
    })?;
    calls.push_back(Instant::now());
    Ok(())
}

/// One session, from the question to the end.
fn run(two: &mut Two, machines: &Machines, way: Way) -> Result<Times> {
    let capture = Capture::on(machines.place(NOVICE)?)?;
    let screen = two.screen.as_ref().context("there is a screen")?;
    let (hand, mut journal, _clock) = (Hand::on(screen)?, Journal::on(screen)?, Painter::start(screen, 10)?);
    let mut viewer = controls(two)?;
    viewer.never_rests(restless(), EVERY)?;
    let presses = |entries: &[Entry]| entries.iter().filter(|entry| !entry.what.lets_go()).count();
    wait::until("the hands to be at work", SOON, || Ok((presses(journal.entries()?) > 100).then_some(())))?;

    let stop = stops(two, machines, (&hand, &mut journal), way)?;
    let screen = two.screen.as_ref().context("there is a screen")?;
    wait::until("every key and button to be up", SOON, || Ok((held(screen)? == 0).then_some(())))?;
    if way == Way::Cut {
        machines.block_datagrams(1 - NOVICE, false)?;
        two.call().presses("s")?;
    }
    if way == Way::Killed {
        two.call().reads("The program for this could not be started or stopped too early.")?;
        two.call_ends_with(1)?;
    } else {
        two.call().reads(OVER)?;
        two.call_ends_with(0)?;
    }
    let (known, played) = (capture.passed().datagrams.len(), presses(journal.entries()?));
    wait::observe(AFTERWARDS)?;
    // Whoever is told that it is over can count on it.
    ensure!(presses(journal.entries()?) == played, "something was played back when it was over");
    let own = IpAddr::from(Machines::address(NOVICE));
    let passed = capture.passed().datagrams;
    ensure!(passed[known..].iter().all(|packet| packet.from.ip() != own), "something left when it was over");
    drop(viewer);
    two.are_idle()?;

    // A link is cut when the last of it has come.
    let heard = passed.iter().filter(|packet| packet.to.ip() == own).map(|packet| packet.at).max();
    let early = match way {
        Way::Cut => stop.instant.saturating_duration_since(heard.context("the expert was heard")?),
        _ => Duration::ZERO,
    };
    let early = u32::try_from(early.as_millis())?;
    let after =
        |at: u32| u64::try_from(at.wrapping_sub(stop.display.wrapping_sub(early)).cast_signed()).unwrap_or(0);
    let mut last = |lets_go: bool| {
        let entries = journal.entries()?.iter();
        let ours = entries.filter(|entry| entry.what.lets_go() == lets_go && !is_escape(entry.what));
        anyhow::Ok(ours.map(|entry| after(entry.at)).max().unwrap_or(0))
    };
    let sent = passed.iter().filter(|packet| packet.from.ip() == own).map(|packet| packet.at).max();
    let sent = sent.context("a picture was sent")?.saturating_duration_since(stop.instant).as_millis();
    Ok(Times { way, played: last(false)?, sent: u64::try_from(sent)?, up: last(true)? })
}

/// The expert sees the screen and may use mouse and keyboard.
fn controls(two: &mut Two) -> Result<Viewer> {
    two.ask_until_question()?;
    let ip = IpAddr::from(Machines::address(1 - NOVICE));
    let mut viewer = Viewer::open(&page::address(&mut two.expert.agent)?, ip, false)?;
    two.call().says("y")?;
    viewer.sees_the_picture(SOON)?;
    viewer.page.says(&json!({"type": "request"}))?;
    two.call().reads("30 minutes? [y/N]")?;
    two.call().says("y")?;
    two.call().reads(USING)?;
    viewer.page.hears_state("control", "granted")?;
    Ok(viewer)
}

/// Keys that go down and stay, others that go down and up, a button, and the pointer everywhere.
fn restless() -> Vec<String> {
    let key = |code: &str, key: &str, down| json!({"t": "key", "code": code, "key": key, "down": down});
    let one = |at: usize| match at % 10 {
        0 => key("ShiftLeft", "Shift", true),
        1 => key("KeyA", "a", true),
        2 => key("KeyA", "a", false),
        3 => key("KeyB", "b", true),
        4 => json!({"t": "button", "button": "left", "down": true}),
        5 => json!({"t": "button", "button": "left", "down": false}),
        6 => key("KeyB", "b", false),
        _ => json!({"t": "move", "x": at * 97 % 65_536, "y": at * 61 % 65_536}),
    };
    (0..100).map(|at| one(at).to_string()).collect()
}

/// When it was stopped.
struct Stop {
    /// Ours, a moment before.
    instant: Instant,
    /// The display's.
    display: u32,
}

impl Stop {
    fn now() -> Self {
        Self { instant: Instant::now(), display: display_time() }
    }
}

fn stops(
    two: &mut Two,
    machines: &Machines,
    (hand, journal): (&Hand, &mut Journal),
    way: Way,
) -> Result<Stop> {
    let stop = match way {
        Way::Escapes => {
            hand.chord(&[ESCAPE])?;
            hand.chord(&[ESCAPE])?;
            let instant = Instant::now();
            hand.chord(&[ESCAPE])?;
            let pressed = journal.entries()?.iter().filter(|entry| entry.what == Done::KeyDown(ESCAPE_KEY));
            let display = pressed.map(|entry| entry.at).last().context("Escape was pressed")?;
            Stop { instant, display }
        }
        Way::Terminal => {
            let stop = Stop::now();
            two.call().presses("s")?;
            stop
        }
        Way::Killed => {
            let id = two.novice.application()?.context("the novice has an application")?;
            let stop = Stop::now();
            crate::house::send(id, rustix::process::Signal::KILL)?;
            stop
        }
        Way::Cut => {
            machines.block_datagrams(1 - NOVICE, true)?;
            Stop::now()
        }
    };
    Ok(stop)
}

fn is_escape(what: Done) -> bool {
    matches!(what, Done::KeyDown(ESCAPE_KEY) | Done::KeyUp(ESCAPE_KEY))
}

/// Says how it was; whoever proves it reads that, and there it must be within the bars.
fn tell(times: &[Times], proves: bool) -> Result<()> {
    let most = |ways: &[Way], of: fn(&Times) -> u64| {
        times.iter().filter(|one| ways.contains(&one.way)).map(of).max().unwrap_or(0)
    };
    let stopped = [Way::Escapes, Way::Terminal];
    let ended = [Way::Escapes, Way::Terminal, Way::Killed];
    let count = |way: Way| times.iter().filter(|one| one.way == way).count();
    _ = writeln!(
        std::io::stderr(),
        "{} stops while the expert's hands never rested, 0 keys left down: at most {} ms to the last event played back, {} ms to \
         the last packet, {} ms until all was let go of ({} by Escape, {} at the terminal); after {} kills {}, {} and {} ms; after \
         {} cuts of the link {} ms until all was let go of",
        times.len(),
        most(&stopped, |t| t.played),
        most(&stopped, |t| t.sent),
        most(&stopped, |t| t.up),
        count(Way::Escapes),
        count(Way::Terminal),
        count(Way::Killed),
        most(&[Way::Killed], |t| t.played),
        most(&[Way::Killed], |t| t.sent),
        most(&[Way::Killed], |t| t.up),
        count(Way::Cut),
        most(&[Way::Cut], |t| t.up),
    );
    if proves {
        let reached = [most(&ended, |t| t.played), most(&ended, |t| t.sent), most(&WAYS, |t| t.up)];
        ensure!(
            reached.iter().zip(BARS).all(|(reached, bar)| *reached <= bar),
            "{reached:?} ms, at most {BARS:?} are allowed: {times:?}"
        );
    }
    Ok(())
}
