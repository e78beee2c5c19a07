//! `cargo xtask bench assist`: how soon the expert sees what happens, and what that costs the novice, beside VNC.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, ensure};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::painter::Painter;
use rendezvous_testkit::process::{Log, Process};
use rendezvous_testkit::screen;
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;

use super::figures::{self, FirstPicture, Round, Serving, Summary, Watched};
use super::{machine, vnc};
use crate::browser::Browser;
use crate::demo::desktop::{scrolling_terminal, settle};
use crate::demo::fetch_browser_driver;
use crate::demo::people::{self, HOME, Place, QUESTION};
use crate::repo::{self, Profile};
use crate::table::Table;
use crate::{processes, say};

/// How to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How often each side has its turn
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
    /// For how many seconds the screen moves, and half as long it stands still
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..=120))]
    seconds: u64,
    /// Installs nothing
    #[arg(long)]
    pub(super) no_install: bool,
}

/// How long a step may take on a busy machine.
pub(super) const SOON: Duration = Duration::from_secs(30);

/// Time for things to settle before they are watched.
const SETTLE: Duration = Duration::from_secs(2);

const SCREEN: (u16, u16) = (1920, 1080);

/// How often the clock is painted in a second.
const PAINTED: u32 = 60;

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let program = repo::build_program(Profile::Release)?;
    fetch_browser_driver()?;
    let bench = Bench { length: Duration::from_secs(arguments.seconds) };
    let conditions = machine::conditions()?;
    let screen = XServer::xvfb(SCREEN.0, SCREEN.1)?;
    let mut browser = Browser::start("bench", 1280, 800)?;

    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for number in 1..=arguments.rounds {
        say::line(format_args!("round {number} of {}: rendezvous", arguments.rounds));
        ours.push(our_round(&bench, &program, &screen, &mut browser)?);
        say::line(format_args!("round {number} of {}: VNC", arguments.rounds));
        theirs.push(vnc::round(&bench, &screen, &mut browser)?);
    }
    let (ours, theirs) = (Summary::of("rendezvous", &ours)?, Summary::of("VNC", &theirs)?);
    say::line(format_args!("\n{}\n", table(&ours, &theirs)));
    say::line(format_args!("{conditions}, Chromium {}, {}", browser.version()?, vnc::versions()));
    say::line(format_args!(
        "{} x {} pixels, clock painted {PAINTED} times a second, terminal of 30 lines a second; {} rounds each, alternated, {} s moving and {} s still.",
        SCREEN.0,
        SCREEN.1,
        arguments.rounds,
        bench.length.as_secs(),
        bench.length.as_secs() / 2,
    ));
    ensure!(
        ours.age_p50 < theirs.age_p50,
        "what is painted is not seen sooner than through VNC in the browser"
    );
    Ok(())
}

/// How each side is measured.
pub(super) struct Bench {
    length: Duration,
}

/// What happens on the screen until it is dropped: a terminal scrolls, a clock runs.
pub(super) struct Work {
    _clock: Painter,
    _terminal: Process,
    _home: Home,
}

impl Work {
    pub(super) fn start(screen: &XServer) -> Result<Self> {
        let home = Home::new("work")?;
        let terminal = scrolling_terminal(&home, "220x60+0+60", Duration::from_millis(33))?;
        let terminal = Process::start(&settle(terminal, screen, &home), Log::File(&home.join("log")))?;
        screen::wait_window(screen, "XTerm", SOON)?;
        Ok(Self { _clock: Painter::start(screen, PAINTED)?, _terminal: terminal, _home: home })
    }
}

impl Bench {
    /// Watches while the screen moves, then while it stands still.
    pub(super) fn measure(
        &self,
        browser: &mut Browser,
        serving: &Serving,
        work: Work,
    ) -> Result<(Watched, Watched)> {
        wait::observe(SETTLE)?;
        let moving = figures::watch(browser, serving, self.length)?;
        drop(work);
        wait::observe(SETTLE)?;
        let still = figures::watch(browser, serving, self.length / 2)?;
        Ok((moving, still))
    }
}

/// One round of ours: from the call to the end, the people's answers given as soon as they are asked.
fn our_round(bench: &Bench, program: &Path, screen: &XServer, browser: &mut Browser) -> Result<Round> {
    let work = Work::start(screen)?;
    let (novice_place, expert_place) = (Place::new("novice", program)?, Place::new("expert", program)?);
    let mut novice_agent = people::start_novice(&novice_place, screen)?;
    let mut expert_agent = people::start_expert(&expert_place)?;
    people::get_acquainted((&novice_place, &expert_place), &mut expert_agent, SOON)?;
    let mut novice = people::ask(&novice_place, &expert_place, screen)?;

    expert_agent.expect(QUESTION, SOON)?;
    let accepted = now();
    expert_agent.type_line("y")?;
    browser.open(&people::page_address(&mut expert_agent, SOON)?)?;
    browser.wait("the page to begin", "document.querySelector('#picture') !== null", SOON)?;
    browser.evaluate("observer.watch('#picture')")?;
    novice.expect("has answered.", SOON)?;
    novice.expect(QUESTION, SOON)?;
    let allowed = now();
    novice.type_line("y")?;
    browser.wait("the first picture", "observer.frames > 0", SOON)?;
    let first = browser.number("observer.firstFrame")?;
    browser.wait("the clock to be read", "observer.ages.length > 0", SOON)?;

    let server = processes::with_environment(HOME, &novice_place.home())?;
    let (moving, still) = bench.measure(browser, &Serving { server, ..Serving::default() }, work)?;
    novice.expect("[s] Stop", SOON)?;
    novice.press("s")?;
    novice.expect("The help is over.", SOON)?;
    novice.wait_exit(SOON)?;
    for agent in [&mut novice_agent, &mut expert_agent] {
        agent.interrupt()?;
        agent.wait_exit(SOON)?;
    }
    let first_picture = FirstPicture { after_accept: first - accepted, after_allow: first - allowed };
    Ok(Round { first_picture: Some(first_picture), moving, still })
}

/// Milliseconds of the epoch, as the page counts them.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64() * 1000.0
}

fn table(ours: &Summary, theirs: &Summary) -> Table {
    let mut table = Table::new(["", "rendezvous", "VNC in the browser", "rendezvous / VNC"]);
    let mut row = |what: &str, unit: &str, ours: f64, theirs: f64| {
        // Below this a figure is the noise of the clock that counts it, and a ratio of two such says nothing.
        let ratio = if theirs.abs() < 0.005 { "-".into() } else { format!("{:.3}", ours / theirs) };
        table.row([what.to_owned(), format!("{ours:.2} {unit}"), format!("{theirs:.2} {unit}"), ratio]);
    };
    row("painted to seen, p50", "ms", ours.age_p50, theirs.age_p50);
    row("painted to seen, p95", "ms", ours.age_p95, theirs.age_p95);
    row("updates seen", "/s", ours.updates, theirs.updates);
    for (screen, ours, theirs) in
        [("scrolling terminal", &ours.moving, &theirs.moving), ("still screen", &ours.still, &theirs.still)]
    {
        row(&format!("network, {screen}"), "Mbit/s", ours.rate, theirs.rate);
        row(&format!("server CPU, {screen}"), "% of a core", ours.server, theirs.server);
        let with_gateway = |cost: &figures::Cost| cost.server + cost.gateway;
        row(
            &format!("server and gateway CPU, {screen}"),
            "% of a core",
            with_gateway(ours),
            with_gateway(theirs),
        );
    }
    if let Some(first) = ours.first_picture {
        for (what, time) in [("accept", first.after_accept), ("allow", first.after_allow)] {
            table.row([format!("{what} to first picture"), format!("{time:.0} ms"), "-".into(), "-".into()]);
        }
    }
    table
}
