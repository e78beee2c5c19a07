//! Rules that bound what is allowed: for how long, and how much of the way the picture takes. They are the person's own, who
//! may only tighten.

use crate::controlling::USING;
use crate::house::{OVER, SOON, Side, Two, on_machine_of, these_two, two_people, two_people_and_a_screen};
use crate::page::{self, Page};
use crate::viewer::Viewer;
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::machines::Machines;
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;
use serde_json::json;
use std::fs;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ConnectionExt as _, CreateGCAux, ImageFormat};

/// A connection, on a busy machine.
const LATER: Duration = Duration::from_secs(30);
const MINUTE: Duration = Duration::from_secs(60);
/// An invitation rings for so long by the rule.
const RINGS: Duration = Duration::from_secs(20);

fn rules(side: &Side, text: &str) -> Result<()> {
    Ok(fs::write(side.home().join("policy.toml"), text)?)
}

#[test]
fn needs_xvfb_what_a_rule_allows_for_a_while_is_over_after_it() {
    // Both wait for most of their time.
    thread::scope(|scope| {
        scope.spawn(|| two_people(rings_for_twenty_seconds));
        scope.spawn(|| two_people_and_a_screen(lends_for_a_minute));
    });
}

fn rings_for_twenty_seconds(two: &mut Two) -> Result<()> {
    rules(&two.novice, "[lifetimes]\ninvitation-seconds = 20\n")?;
    // That is read when the agent starts.
    two.novice.leaves()?;
    two.novice.start_again()?;
    let begun = Instant::now();
    two.asks()?;
    two.call().reads_within("did not answer", RINGS + LATER)?;
    let time = begun.elapsed();
    ensure!(time + Duration::from_secs(1) > RINGS, "it rang for {time:?} only");
    let code = two.call().ends()?;
    ensure!(code == 4, "exit code {code}");
    two.are_idle()
}

fn lends_for_a_minute(two: &mut Two) -> Result<()> {
    rules(&two.novice, "[lifetimes]\ncontrol-minutes = 1\n")?;
    two.ask_until_question()?;
    let mut page = Page::open(&page::address(&mut two.expert.agent)?)?;
    two.call().says("y")?;
    page.hears_state("view", "granted")?;
    page.says(&json!({"type": "request"}))?;
    two.call().reads("help, one minute? [y/N]")?;
    two.call().says("y")?;
    two.call().reads(USING)?;
    let begun = Instant::now();
    page.hears_state("control", "granted")?;
    two.call().reads_within("Your mouse and keyboard are yours again.", MINUTE + LATER)?;
    let time = begun.elapsed();
    ensure!(time + Duration::from_secs(2) > MINUTE, "it was lent for {time:?} only");
    page.hears_state("control", "expired")?;
    two.call().reads("may see your screen")?;
    two.call().presses("s")?;
    two.call().reads(OVER)?;
    two.call_ends_with(0)
}

/// What the picture may take by the rule, in kilobits a second.
const MOST: u64 = 150;
/// For so long it is looked at.
const WATCHED: Duration = Duration::from_secs(6);

#[test]
fn needs_xvfb_the_picture_takes_no_more_of_the_way_than_a_rule_allows() {
    let screen = XServer::xvfb(320, 200).expect("a screen");
    let name = "the_picture_takes_no_more_of_the_way_than_a_rule_allows";
    on_machine_of(name, move |machines| {
        let over = AtomicBool::new(false);
        let (conn, noise) = (screen.connect().expect("it is there"), &over);
        let novice = Side::start_at("novice", screen.environment().to_vec(), "10.77.0.2:0", |agent| {
            machines.on(1, &agent)
        });
        let two = Two {
            novice: novice.expect("the novice's agent"),
            expert: Side::start_at("expert", Vec::new(), "10.77.0.1:0", |agent| agent)
                .expect("the expert's agent"),
            call: None,
            screen: Some(screen),
            are_acquainted: true,
        };
        thread::scope(|scope| {
            scope.spawn(move || while !noise.load(Ordering::SeqCst) && paint_noise(&conn).is_ok() {});
            these_two(two, |two| {
                let played = (|| {
                    let free = kbps(two, machines)?;
                    rules(&two.novice, &format!("[bandwidth]\nkbit-per-second = {MOST}\n"))?;
                    let bounded = kbps(two, machines)?;
                    // Nothing that is seen on this screen fits into it, so without the rule there is much more.
                    ensure!(free > 3 * MOST, "without a rule it takes {free} kbit/s only");
                    // The rule is about the picture; the wire carries headers and the rest as well.
                    ensure!(bounded < MOST + MOST / 2, "{bounded} kbit/s, {free} without a rule");
                    Ok(())
                })();
                over.store(true, Ordering::SeqCst);
                played
            });
        });
    });
}

/// What goes from the novice's machine while the expert sees the screen, once that has settled.
fn kbps(two: &mut Two, machines: &Machines) -> Result<u64> {
    two.ask_until_question()?;
    let at = IpAddr::from(Machines::address(0));
    let mut viewer = Viewer::open(&page::address(&mut two.expert.agent)?, at, false)?;
    two.call().says("y")?;
    viewer.sees_the_picture(LATER)?;
    viewer.sees_more(20, LATER)?;
    wait::observe(WATCHED / 2)?;
    let (begun, before) = (Instant::now(), machines.traffic(1)?.sent);
    wait::observe(WATCHED)?;
    let sent = machines.traffic(1)?.sent - before;
    let time = u64::try_from(begun.elapsed().as_millis())?;
    two.call().presses("s")?;
    two.call().reads_within(OVER, SOON)?;
    two.call_ends_with(0)?;
    two.are_idle()?;
    sent.checked_mul(8).and_then(|bits| bits.checked_div(time)).context("some time has passed")
}

/// Something on the whole screen that no encoder makes small.
fn paint_noise(conn: &x11rb::rust_connection::RustConnection) -> Result<()> {
    const ROWS: u16 = 50;
    let screen = &conn.setup().roots[0];
    let gc = conn.generate_id()?;
    conn.create_gc(
        gc,
        screen.root,
        &CreateGCAux::new().subwindow_mode(x11rb::protocol::xproto::SubwindowMode::INCLUDE_INFERIORS),
    )?;
    let (width, height) = (screen.width_in_pixels, screen.height_in_pixels);
    let mut pixels = vec![0; usize::from(width) * usize::from(ROWS) * 4];
    for top in (0..height).step_by(usize::from(ROWS)) {
        getrandom::fill(&mut pixels).context("the system gave no random numbers")?;
        let top = i16::try_from(top)?;
        let depth = screen.root_depth;
        conn.put_image(ImageFormat::Z_PIXMAP, screen.root, gc, width, ROWS, 0, top, 0, depth, &pixels)?;
    }
    conn.free_gc(gc)?;
    conn.get_input_focus()?.reply()?;
    thread::sleep(Duration::from_millis(60));
    Ok(())
}
