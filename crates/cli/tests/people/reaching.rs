//! How picture and input find their way: directly, over a relay, and again after the network was away.

use crate::house::{OVER, Side, Two, on_machine_of, these_two, two_people, two_people_and_a_screen};
use crate::page;
use crate::viewer::Viewer;
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::machines::{Machines, skip};
use rendezvous_testkit::turn::{PASSWORD, Turn, USER};
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;
use std::fs;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::os::unix::fs::OpenOptionsExt as _;
use std::thread;
use std::time::Duration;

/// A connection, on a busy machine.
const SOON: Duration = Duration::from_secs(30);
/// The page tries every few seconds, and both agents look for each other first.
const BACK: Duration = Duration::from_secs(60);
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A person names this relay in their configuration, and keeps this password for it.
fn has_relay(side: &Side, url: &str, password: &str, relay_only: bool) -> Result<()> {
    let secret = side.home().join("relay.toml");
    let mut options = fs::OpenOptions::new();
    options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&secret)?
        .write_all(password.as_bytes())?;
    let path = side.home().join("config.toml");
    let text = fs::read_to_string(&path)?;
    let text = text.split("[ice]").next().unwrap_or_default().to_owned();
    let ice = format!(
        "[ice]\nrelay-only = {relay_only}\n[[ice.turn]]\nurl = \"{url}\"\nusername = \"{USER}\"\npassword-file = {:?}\n",
        secret.display().to_string()
    );
    Ok(fs::write(path, text + &ice)?)
}

/// The secret of a test goes before its home is looked at.
fn forgets_relay(side: &Side) -> Result<()> {
    Ok(fs::remove_file(side.home().join("relay.toml"))?)
}

/// The expert's page is open, and the view allowed.
fn open(two: &mut Two, ip: IpAddr, hides: bool) -> Result<Viewer> {
    two.ask_until_question()?;
    let viewer = Viewer::open(&page::address(&mut two.expert.agent)?, ip, hides)?;
    two.call().says("y")?;
    Ok(viewer)
}

fn ends(two: &mut Two) -> Result<()> {
    two.call().presses("s")?;
    two.call().reads(OVER)?;
    two.call_ends_with(0)?;
    two.are_idle()
}

#[test]
fn needs_xvfb_a_page_that_hides_its_addresses_sees_the_screen() {
    two_people_and_a_screen(|two| {
        for hides in [false, true] {
            let mut viewer = open(two, LOOPBACK, hides)?;
            viewer.sees_the_picture(SOON)?;
            two.call().reads("sees your screen")?;
            ends(two)?;
        }
        Ok(())
    });
}

#[test]
fn needs_xvfb_another_way_is_found_on_the_same_connection_and_a_new_page_needs_no_invitation() {
    two_people_and_a_screen(|two| {
        let mut viewer = open(two, LOOPBACK, false)?;
        viewer.sees_the_picture(SOON)?;
        two.call().reads("sees your screen")?;
        viewer.finds_another_way(SOON)?;
        two.call().reads("sees your screen")?;
        // Its tab is closed, and another one opened: another certificate, and no other question.
        drop(viewer);
        two.expert.agent.reads("Your page was closed. You can open it again:")?;
        let mut viewer = Viewer::open(&page::address(&mut two.expert.agent)?, LOOPBACK, false)?;
        viewer.sees_the_picture(SOON)?;
        two.call().reads("sees your screen")?;
        ensure!(two.call().screen().matches("[y/N]").count() == 1, "one question for all of it");
        ends(two)
    });
}

/// A screen of this computer's. On machines of their own, screens would not know of each other, and take the same name.
fn screen() -> XServer {
    XServer::xvfb(320, 200).expect("a screen")
}

/// The novice on one machine and the expert on the other, with a wire between them.
fn apart(machines: &Machines, screen: XServer, scene: impl FnOnce(&mut Two) -> Result<()>) {
    let surroundings = screen.environment().to_vec();
    let novice = Side::start_at("novice", surroundings, "10.77.0.2:0", |agent| machines.on(1, &agent));
    let two = Two {
        novice: novice.expect("the novice's agent"),
        expert: Side::start_at("expert", Vec::new(), "10.77.0.1:0", |agent| agent)
            .expect("the expert's agent"),
        call: None,
        screen: Some(screen),
        are_acquainted: true,
    };
    these_two(two, scene);
}

fn at(last: u8) -> IpAddr {
    Ipv4Addr::new(10, 77, 0, last).into()
}

#[test]
fn needs_ip_needs_xvfb_the_picture_comes_back_after_any_time_without_a_network() {
    let test = "needs_ip_needs_xvfb_the_picture_comes_back_after_any_time_without_a_network";
    // Side by side, since one of them takes a minute.
    thread::scope(|scope| {
        for seconds in [5, 15, 29, 31, 60] {
            let screen = screen();
            scope.spawn(move || {
                on_machine_of(test, move |machines| {
                    apart(machines, screen, |two| {
                        comes_back_after(machines, two, Duration::from_secs(seconds))
                    });
                });
            });
        }
    });
}

fn comes_back_after(machines: &Machines, two: &mut Two, gone: Duration) -> Result<()> {
    let mut viewer = open(two, at(1), false)?;
    viewer.sees_the_picture(SOON)?;
    two.call().reads("sees your screen")?;
    machines.plug(1, false)?;
    // This long there is no network: that is what is tested, and not a wait for something.
    thread::sleep(gone);
    machines.plug(1, true)?;
    viewer.finds_another_way(BACK).with_context(|| format!("after {gone:?}"))?;
    two.call().reads("sees your screen")?;
    ensure!(two.call().screen().matches("[y/N]").count() == 1, "one question for all of it");
    ends(two)
}

#[test]
fn needs_ip_needs_xvfb_the_picture_comes_back_after_a_change_of_address() {
    let test = "needs_ip_needs_xvfb_the_picture_comes_back_after_a_change_of_address";
    let screen = screen();
    on_machine_of(test, move |machines| {
        apart(machines, screen, |two| {
            let mut viewer = open(two, at(1), false)?;
            viewer.sees_the_picture(SOON)?;
            two.call().reads("sees your screen")?;
            machines.move_to(1, 9)?;
            viewer.finds_another_way(BACK)?;
            two.call().reads("sees your screen")?;
            ends(two)
        });
    });
}

#[test]
fn needs_ip_needs_xvfb_of_the_ways_that_were_described_without_a_network_the_last_one_is_answered() {
    let test =
        "needs_ip_needs_xvfb_of_the_ways_that_were_described_without_a_network_the_last_one_is_answered";
    let screen = screen();
    on_machine_of(test, move |machines| {
        apart(machines, screen, |two| {
            let mut viewer = open(two, at(1), false)?;
            viewer.sees_the_picture(SOON)?;
            two.call().reads("sees your screen")?;
            machines.plug(1, false)?;
            // As the page does it: one way after the other, while nobody hears of any.
            for _ in 0..4 {
                viewer.describes("restart", false)?;
                thread::sleep(Duration::from_secs(1));
            }
            machines.plug(1, true)?;
            viewer.is_answered(BACK)?;
            two.call().reads("sees your screen")?;
            ends(two)
        });
    });
}

#[test]
fn needs_ip_needs_xvfb_the_picture_comes_back_when_the_helper_has_another_address() {
    let test = "needs_ip_needs_xvfb_the_picture_comes_back_when_the_helper_has_another_address";
    let screen = screen();
    on_machine_of(test, move |machines| {
        apart(machines, screen, |two| {
            let mut viewer = open(two, at(1), false)?;
            viewer.sees_the_picture(SOON)?;
            two.call().reads("sees your screen")?;
            machines.move_to(0, 9)?;
            viewer.moves_to(at(9))?;
            viewer.finds_another_way(BACK)?;
            two.call().reads("sees your screen")?;
            ensure!(two.call().screen().matches("[y/N]").count() == 1, "one question for all of it");
            ends(two)
        });
    });
}

/// What both are told when a firewall is between them.
const BLOCKED: &str = "(FIREWALL_NOT_SUPPORTED (0x81000623))";
/// How long a page tries, and then some.
const GIVEN_UP: Duration = Duration::from_secs(90);

#[test]
fn needs_ip_needs_xvfb_a_firewall_between_the_two_is_the_end_for_both_and_said_to_be_one() {
    let test = "needs_ip_needs_xvfb_a_firewall_between_the_two_is_the_end_for_both_and_said_to_be_one";
    let screen = screen();
    on_machine_of(test, move |machines| {
        apart(machines, screen, |two| {
            machines.block_datagrams(1, true)?;
            let mut viewer = open(two, at(1), false)?;
            viewer.page.hears("connect")?;
            viewer.describes("describe", true)?;
            let who = two.expert.who.clone();
            let sentence = format!(
                "No way was found for the picture between this computer and the browser of {who}: a firewall"
            );
            two.call().reads_within(&sentence, GIVEN_UP)?;
            two.call().reads(BLOCKED)?;
            two.expert.agent.reads("Something between you blocks the connection.")?;
            two.expert.agent.reads(BLOCKED)?;
            let [title, _, code] = viewer.page.hears_the_end()?;
            ensure!(code.contains("0x81000623") && title.contains("blocks the connection"), "{code} {title}");
            two.call_ends_with(5)?;
            ensure!(two.call().screen().contains(OVER), "it says that nothing is shared");
            two.are_idle()
        });
    });
}

#[test]
fn needs_coturn_needs_xvfb_over_a_relay_of_ipv6_and_no_other_way() {
    let test = "needs_coturn_needs_xvfb_over_a_relay_of_ipv6_and_no_other_way";
    let loopback = IpAddr::V6(Ipv6Addr::LOCALHOST);
    if let Err(error) = UdpSocket::bind((loopback, 0)) {
        return skip(test, &format!("this system has no IPv6: {error}"));
    }
    two_people_and_a_screen(|two| {
        let relay = Turn::start(loopback)?;
        has_relay(&two.novice, &relay.url(), PASSWORD, true)?;
        let mut viewer = open(two, loopback, false)?;
        viewer.sees_the_picture(SOON)?;
        two.call().reads("sees your screen")?;
        let log = relay.log()?;
        ensure!(log.contains("CHANNEL_BIND processed, success"), "the picture goes over it: {log}");
        ends(two)?;
        forgets_relay(&two.novice)
    });
}

#[test]
fn needs_coturn_needs_xvfb_over_a_relay_and_no_other_way() {
    two_people_and_a_screen(|two| {
        let relay = Turn::start(LOOPBACK)?;
        has_relay(&two.novice, &relay.url(), PASSWORD, true)?;
        let mut viewer = open(two, LOOPBACK, false)?;
        viewer.sees_the_picture(SOON)?;
        two.call().reads("sees your screen")?;
        let log = relay.log()?;
        ensure!(log.contains("ALLOCATE processed, success"), "{log}");
        ensure!(log.contains("CHANNEL_BIND processed, success"), "the picture goes over it: {log}");
        // The same again, on the same connection.
        viewer.finds_another_way(SOON)?;
        ends(two)?;
        // What it kept for the two ways it keeps no longer, though it would for ten minutes.
        wait::until("the relay to have everything back", SOON, || {
            let log = relay.log()?;
            let given = log.matches("ALLOCATE processed, success").count();
            Ok((log.matches(": delete: realm=").count() >= given).then_some(()))
        })
        .with_context(|| relay.log().unwrap_or_default())?;
        for log in ["agent.log", "assist.log"] {
            let text = fs::read_to_string(two.novice.home().join(log)).unwrap_or_default();
            ensure!(!text.contains(PASSWORD), "{log} has the password");
        }
        forgets_relay(&two.novice)
    });
}

#[test]
fn needs_coturn_needs_xvfb_a_relay_that_does_not_know_the_person_is_said_to_be_of_no_use() {
    two_people_and_a_screen(|two| {
        let relay = Turn::start(LOOPBACK)?;
        // There are other ways: it goes on without.
        has_relay(&two.novice, &relay.url(), "wrong", false)?;
        let mut viewer = open(two, LOOPBACK, false)?;
        viewer.sees_the_picture(SOON)?;
        two.call().reads("did not accept your name and password, so it was not used.")?;
        two.call().reads("sees your screen")?;
        ends(two)?;

        // There is no other way: it ends, and both are told.
        has_relay(&two.novice, &relay.url(), "wrong", true)?;
        let mut viewer = open(two, LOOPBACK, false)?;
        viewer.page.hears("connect")?;
        viewer.describes("describe", true)?;
        two.call().reads("did not accept your name and password, so it was not used.")?;
        two.call().reads("No relay serves you, and your configuration allows no other way")?;
        two.call().reads("(NETWORK_CONFIG_FAILURE (0x81000620))")?;
        two.call_ends_with(1)?;
        let [_, _, code] = viewer.page.hears_the_end()?;
        ensure!(code.contains("0x81000620"), "{code}");
        two.are_idle()?;

        // One that is not there at all.
        let url = relay.url();
        drop(relay);
        has_relay(&two.novice, &url, PASSWORD, true)?;
        let mut viewer = open(two, LOOPBACK, false)?;
        viewer.page.hears("connect")?;
        viewer.describes("describe", true)?;
        two.call().reads("does not answer, so some ways to the other person may be missing.")?;
        two.call().reads("No relay serves you")?;
        two.call_ends_with(1)?;
        forgets_relay(&two.novice)
    });
}

#[test]
fn needs_coturn_needs_xvfb_the_page_is_told_of_the_servers_of_both_sides() {
    two_people_and_a_screen(|two| {
        let relay = Turn::start(LOOPBACK)?;
        has_relay(&two.expert, &relay.url(), PASSWORD, true)?;
        let mut viewer = open(two, LOOPBACK, true)?;
        let told = viewer.page.hears("connect")?;
        let server = &told["iceServers"][0];
        ensure!(server["urls"] == relay.url() && server["username"] == USER, "{told}");
        ensure!(server["credential"] == PASSWORD && told["relayOnly"] == true, "{told}");
        viewer.describes("describe", true)?;
        two.call().reads("may see your screen")?;
        ends(two)?;
        for (side, log) in [(&two.expert, "assist.log"), (&two.novice, "assist.log")] {
            let text = fs::read_to_string(side.home().join(log)).unwrap_or_default();
            ensure!(!text.contains(PASSWORD), "{log} has the password");
        }
        forgets_relay(&two.expert)
    });
}

#[test]
fn a_password_for_a_relay_that_cannot_be_had_is_said_before_anything_is_asked() {
    two_people(|two| {
        let path = two.novice.home().join("config.toml");
        let text = fs::read_to_string(&path)?
            + "[[ice.turn]]\nurl = \"turn:192.0.2.1\"\nusername = \"maria\"\npassword-command = [\"false\"]\n";
        fs::write(path, text)?;
        two.asks()?;
        two.expert.agent.says("y")?;
        two.call().reads("Your password for the relay turn:192.0.2.1:3478 cannot be had")?;
        two.call_ends_with(1)?;
        ensure!(!two.call().screen().contains("Show"), "nobody is asked for what cannot be");
        two.expert.agent.reads("(APPLICATION_LAUNCH_FAILED (0x81000601))")?;
        two.are_idle()
    });
}
