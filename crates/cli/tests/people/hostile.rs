//! A page that means ill, and a screen that goes away: what one side does must not harm the other, and both are told how
//! it ended.

use crate::house::{OVER, Side, Two, two_people_and_a_screen};
use crate::page::{self, Page};
use crate::viewer::Viewer;
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::hand::{Watch, held};
use rendezvous_testkit::painter::Painter;
use rendezvous_testkit::wait;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

/// A connection, on a busy machine.
const SOON: Duration = Duration::from_secs(30);
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const USING: &str = "is using your mouse and keyboard";

/// The page sees the picture.
fn open(two: &mut Two) -> Result<Viewer> {
    two.ask_until_question()?;
    let mut viewer = Viewer::open(&page::address(&mut two.expert.agent)?, LOOPBACK, false)?;
    two.call().says("y")?;
    viewer.sees_the_picture(SOON)?;
    two.call().reads("sees your screen")?;
    Ok(viewer)
}

/// Something on the screen that moves: a still one sends nothing.
fn clock(two: &Two) -> Result<Painter> {
    Painter::start(two.screen.as_ref().context("the novice has a screen")?, 10)
}

fn ends(two: &mut Two) -> Result<()> {
    two.call().presses("s")?;
    two.call().reads(OVER)?;
    two.call_ends_with(0)
}

fn watch(two: &Two) -> Result<Watch> {
    Watch::on(two.screen.as_ref().context("the novice has a screen")?)
}

/// Keys that go down and never up, buttons, the pointer everywhere, and what no page of ours says.
fn flood() -> Vec<String> {
    let long = format!("{{\"t\":\"text\",\"text\":\"{}\"}}", "x".repeat(100_000));
    let one = |n: u32| match n % 9 {
        0 => json!({"t": "key", "code": "KeyA", "key": "a", "down": true}).to_string(),
        1 => json!({"t": "key", "code": "ShiftLeft", "key": "Shift", "down": true}).to_string(),
        2 => json!({"t": "key", "code": "ControlLeft", "key": "Control", "down": true}).to_string(),
        3 => json!({"t": "button", "button": "left", "down": true}).to_string(),
        4 => json!({"t": "move", "x": n % 65536, "y": 65535}).to_string(),
        5 => json!({"t": "wheel", "dx": 127, "dy": -128}).to_string(),
        6 => json!({"t": "key", "code": "KeyA", "key": "\u{1b}[2J", "down": true}).to_string(),
        7 => json!({"t": "key", "code": "Power", "key": "Power", "down": true}).to_string(),
        _ => "{\"t\":\"accept\"}\u{0}[[[[".to_owned(),
    };
    (0..5_000).map(one).chain([long]).collect()
}

#[test]
fn needs_xvfb_a_flood_of_input_does_nothing_without_control_and_leaves_no_key_pressed() {
    two_people_and_a_screen(|two| {
        let mut viewer = open(two)?;
        let _clock = clock(two)?;
        let mut watch = watch(two)?;
        viewer.floods(flood())?;
        wait::until("all of it to be sent", SOON, || Ok((viewer.unsent() == 0).then_some(())))?;
        viewer.sees_more(2, SOON)?;
        ensure!(watch.seen()? == Default::default(), "nobody allowed that: {:?}", watch.seen()?);

        viewer.page.says(&json!({"type": "request"}))?;
        two.call().reads("30 minutes? [y/N]")?;
        ensure!(watch.seen()? == Default::default(), "nor while the question stands: {:?}", watch.seen()?);
        two.call().says("y")?;
        two.call().reads(USING)?;
        viewer.page.hears_state("control", "granted")?;
        viewer.floods(flood())?;
        wait::until("a key to go down", SOON, || Ok((watch.seen()?.keys > 0).then_some(())))?;

        // In the middle of it.
        two.call().presses("t")?;
        two.call().reads("Your mouse and keyboard are yours again.")?;
        let screen = two.screen.as_ref().context("the novice has a screen")?;
        wait::until("every key and button to be up", SOON, || Ok((held(screen)? == 0).then_some(())))?;
        let seen = watch.seen()?;
        viewer.sees_more(2, SOON)?;
        ensure!(watch.seen()? == seen, "more came after it was taken back: {seen:?}");
        ensure!(held(screen)? == 0, "a key is pressed");
        two.call().reads("sees your screen")?;
        ends(two)
    });
}

/// The first record of a DTLS handshake (RFC 6347), as a client begins it.
fn greeting() -> Vec<u8> {
    let hello = [&[0xfe, 0xfd][..], &[7; 32], &[0, 0], &[0, 2, 0xc0, 0x2b], &[1, 0], &[0, 0]].concat();
    let length = u8::try_from(hello.len()).expect("it is short");
    let message = [&[1, 0, 0, length, 0, 0, 0, 0, 0, 0, 0, length][..], &hello].concat();
    let whole = u8::try_from(message.len()).expect("it is short");
    [&[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, whole][..], &message].concat()
}

#[test]
fn needs_xvfb_greetings_of_strangers_reach_no_connection() {
    two_people_and_a_screen(|two| {
        let mut viewer = open(two)?;
        let _clock = clock(two)?;
        viewer.page.says(&json!({"type": "request"}))?;
        two.call().reads("30 minutes? [y/N]")?;
        two.call().says("y")?;
        two.call().reads(USING)?;
        viewer.page.hears_state("control", "granted")?;
        // From addresses that ICE has not validated, with nothing between them and the one that takes pictures.
        let there = viewer.other_end().to_vec();
        ensure!(!there.is_empty(), "the answer says where it comes from");
        for _ in 0..100 {
            let stranger = UdpSocket::bind((LOOPBACK, 0))?;
            for _ in 0..100 {
                for at in &there {
                    // A full buffer is as good as one that was read.
                    _ = stranger.send_to(&greeting(), at);
                }
            }
        }
        let mut watch = watch(two)?;
        viewer.floods(flood())?;
        wait::until("the input to arrive", SOON, || Ok((watch.seen()?.keys > 0).then_some(())))?;
        viewer.sees_more(2, SOON)?;
        ensure!(viewer.page.has_not_heard("connect"), "it is the same connection");
        ends(two)
    });
}

#[test]
fn needs_xvfb_a_page_that_asks_for_key_frames_without_end_gets_few() {
    /// From one key frame that was asked for to the next.
    const EVERY: Duration = Duration::from_millis(300);
    two_people_and_a_screen(|two| {
        let mut viewer = open(two)?;
        let _clock = clock(two)?;
        let (begun, before) = (Instant::now(), viewer.key_frames());
        viewer.asks_for_key_frames(500)?;
        viewer.sees_more(10, SOON)?;
        wait::until("all of it to be asked", SOON, || Ok(viewer.has_asked().then_some(())))?;
        let (came, most) =
            (viewer.key_frames() - before, begun.elapsed().as_millis() / EVERY.as_millis() + 2);
        ensure!(came >= 1, "none came");
        ensure!(u128::from(came) <= most, "{came} key frames in {:?}", begun.elapsed());
        viewer.sees_more(3, SOON)?;
        ends(two)
    });
}

#[test]
fn needs_xvfb_a_message_that_is_too_long_ends_the_page_and_not_the_help() {
    two_people_and_a_screen(|two| {
        two.ask_until_question()?;
        let mut page = Page::open(&page::address(&mut two.expert.agent)?)?;
        two.call().says("y")?;
        page.hears_state("view", "granted")?;
        for (length, code) in [(2001, 4400), (1 << 20, 1009)] {
            // A page that is sent away in the middle of a message may be unable to say the rest.
            _ = page.says(&json!({"type": "chat", "text": "x".repeat(length)}));
            let closed = page.is_closed_with()?;
            ensure!(closed == code, "{length} characters: {closed}");
            two.expert.agent.reads("Your page was closed. You can open it again:")?;
            page = Page::open(&page::address(&mut two.expert.agent)?)?;
            page.hears_state("view", "granted")?;
        }
        // As long as it may be, in the widest letters.
        page.says(&json!({"type": "chat", "text": "\u{1f600}".repeat(1999) + "."}))?;
        two.call().reads("\u{1f600}.")?;
        ensure!(!two.call().screen().contains("xxx"), "{}", two.call().screen());
        ends(two)
    });
}

/// What a page may not say of itself: where to put what, and what.
fn lies() -> Vec<(&'static str, Value)> {
    let candidate = |address: &str, port: u32| {
        json!({
            "foundation": "1", "component": 1, "protocol": "udp", "priority": 1,
            "address": address, "port": port, "type": "host",
        })
    };
    let line = "x\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host";
    let h264 = "packetization-mode=1;profile-level-id=42e01f";
    vec![
        ("/candidates", json!([candidate(line, 9)])),
        ("/candidates", json!([candidate("127.0.0.1", 70_000)])),
        ("/candidates", json!(vec![candidate("127.0.0.1", 9); 17])),
        ("/candidates", json!("many")),
        ("/ufrag", json!(line)),
        ("/ufrag", json!("u".repeat(257))),
        ("/pwd", json!("short")),
        ("/fingerprint", json!(["AB"; 32].join(":"))),
        ("/fingerprint", json!(format!("{}\r\na=setup:active", ["AB"; 32].join(":")))),
        ("/setup", json!("active")),
        ("/video/0/fmtp", json!(format!("{h264}\r\nm=audio 9 RTP/AVP 0"))),
        ("/video/0/pt", json!(72)),
        ("/extensions", json!([{"id": 15, "uri": "urn:x"}])),
        ("/extensions", json!([{"id": 1, "uri": "urn:x\r\na=sendrecv"}])),
    ]
}

#[test]
fn needs_xvfb_a_page_that_lies_about_itself_gets_no_answer_and_the_help_goes_on() {
    two_people_and_a_screen(|two| {
        two.ask_until_question()?;
        let mut page = Page::open(&page::address(&mut two.expert.agent)?)?;
        two.call().says("y")?;
        page.hears("connect")?;
        for kind in ["describe", "restart"] {
            for (place, lie) in lies() {
                let mut description = page.description(&["127.0.0.1"])?;
                // So that an answer to this one would be known as that.
                description["ufrag"] = json!("liar");
                *description.pointer_mut(place).with_context(|| place.to_owned())? = lie;
                page.says(&json!({"type": kind, "description": description}))?;
            }
        }
        page.describes()?;
        let answer = page.hears("answer")?;
        ensure!(answer["description"]["answers"] == "page", "{answer}");
        two.expert.logs("Refused the page's description")?;
        ensure!(two.call().screen().matches("[y/N]").count() == 1, "nobody was asked anything");
        ends(two)
    });
}

#[test]
fn needs_xvfb_a_browser_that_shows_no_video_of_ours_ends_it_and_both_are_told() {
    two_people_and_a_screen(|two| {
        two.ask_until_question()?;
        let mut page = Page::open(&page::address(&mut two.expert.agent)?)?;
        two.call().says("y")?;
        page.hears("connect")?;
        let mut description = page.description(&["127.0.0.1"])?;
        description["video"] = json!([]);
        page.says(&json!({"type": "describe", "description": description}))?;
        let who = two.expert.who.clone();
        two.call().reads(&format!("The browser of {who} cannot show your screen"))?;
        two.call().reads(OVER)?;
        let code = two.call().ends()?;
        ensure!(code != 0, "it did not work");
        let [_, _, code] = page.hears_the_end()?;
        ensure!(code.contains("0x8100"), "{code}");
        two.expert.agent.reads("(0x8100")?;
        two.are_idle()
    });
}

#[test]
fn needs_xvfb_candidates_that_lead_nowhere_do_no_harm() {
    two_people_and_a_screen(|two| {
        two.ask_until_question()?;
        let mut page = Page::open(&page::address(&mut two.expert.agent)?)?;
        two.call().says("y")?;
        page.hears("connect")?;
        // Whichever of them are refused and whichever are tried, none may end the help or stop the next page.
        for address in ["0.0.0.0", "255.255.255.255", "224.0.0.1", "::", "ff02::1", "192.0.2.1", "fe80::1"] {
            page.describes_at(&[address])?;
        }
        page.close()?;
        two.expert.agent.reads("Your page was closed. You can open it again:")?;
        let mut viewer = Viewer::open(&page::address(&mut two.expert.agent)?, LOOPBACK, false)?;
        viewer.sees_the_picture(SOON)?;
        two.call().reads("sees your screen")?;
        ends(two)
    });
}

#[test]
fn needs_xvfb_when_the_screen_goes_away_both_are_told_and_nothing_stays() {
    two_people_and_a_screen(|two| {
        let mut viewer = open(two)?;
        viewer.page.says(&json!({"type": "request"}))?;
        two.call().reads("30 minutes? [y/N]")?;
        two.call().says("y")?;
        two.call().reads(USING)?;
        // As when the desktop crashes, or its person logs out.
        drop(two.screen.take());
        two.call().reads("This does not work: ")?;
        two.call().reads("(APPLICATION_LAUNCH_FAILED (0x81000601))")?;
        two.call_ends_with(1)?;
        let [_, _, code] = viewer.page.hears_the_end()?;
        ensure!(code.contains("0x8100"), "{code}");
        two.expert.agent.reads("(0x8100")?;
        two.are_idle()
    });
}

#[test]
fn needs_xvfb_without_a_browser_the_page_can_still_be_opened_by_hand() {
    let screen = rendezvous_testkit::xserver::XServer::xvfb(320, 200).expect("a screen");
    let novice = Side::start("novice", screen.environment().to_vec()).expect("an agent");
    let nothing = ("RENDEZVOUS_BROWSER", "/nowhere/browser".to_owned());
    let expert = Side::start("expert", vec![nothing]).expect("an agent");
    let two = Two { novice, expert, call: None, screen: Some(screen), are_acquainted: true };
    crate::house::these_two(two, |two| {
        // What the terminal says leads to the page, as if none had been wanted.
        open(two)?;
        ends(two)
    });
}
