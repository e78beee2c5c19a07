//! What is on the screen is in the picture, and nothing is fetched twice.

use std::time::{Duration, Instant};

use rendezvous_assist::screen::Size;
use rendezvous_desktop::x11::X11Capturer;
use rendezvous_desktop::{Capture, CaptureError, Change, Rect};

use crate::monitors;
use crate::paint::Painter;
use crate::person::Person;
use crate::relay::Relay;
use crate::server::Server;

/// Long enough for anything that is going to happen.
const SOON: Duration = Duration::from_secs(5);

/// Waits until the picture changed, passing over what the cursor does.
pub(crate) fn wait_for_picture(capturer: &mut X11Capturer) {
    let deadline = Instant::now() + SOON;
    while !capturer.wait(SOON).expect("the capturer works").picture {
        assert!(Instant::now() < deadline, "the picture never changed");
    }
}

/// Grabs until nothing is left to be grabbed and nothing is left to be told.
pub(crate) fn settle(capturer: &mut X11Capturer) {
    let deadline = Instant::now() + SOON;
    while !capturer.wait(Duration::from_millis(150)).expect("the capturer works").is_nothing() {
        capturer.grab().expect("the capturer works");
        assert!(Instant::now() < deadline, "the screen never came to rest");
    }
}

/// By which way the pixels come, as a log shows it.
const BY_MEMORY: &str = "pixels: Shared";
const BY_SOCKET: &str = "pixels: Socket";

fn sees_the_pattern(server: &Server, at: Option<&str>, way: &str) {
    let person = Person::who_shows_the_screen();
    let mut painter = Painter::new(server);
    painter.pattern();
    let mut capturer = X11Capturer::open(person.view(), at).unwrap();
    assert!(format!("{capturer:?}").contains(way), "{capturer:?}");
    wait_for_picture(&mut capturer);
    assert_eq!(capturer.grab().unwrap(), Some(Rect::whole(capturer.size())));
    painter.assert_seen(capturer.frame().unwrap());
}

#[test]
fn the_picture_is_what_is_painted() {
    let server = Server::xvfb("640x480x24");
    sees_the_pattern(&server, server.at(), BY_MEMORY);
}

#[test]
fn odd_screens_are_seen_to_the_last_pixel() {
    let server = Server::xvfb("333x217x24");
    sees_the_pattern(&server, server.at(), BY_MEMORY);
}

#[test]
fn without_shared_memory_the_picture_is_the_same() {
    let server = Server::xvfb_with("333x217x24", &["-extension", "MIT-SHM"]);
    sees_the_pattern(&server, server.at(), BY_SOCKET);
}

#[test]
fn over_tcp_the_picture_is_the_same() {
    let server = Server::xvfb("320x200x24");
    sees_the_pattern(&server, Relay::to(&server).at(), BY_SOCKET);
}

#[test]
fn only_what_changed_is_grabbed() {
    let server = Server::xvfb("333x217x24");
    let person = Person::who_shows_the_screen();
    let mut painter = Painter::new(&server);
    let mut capturer = X11Capturer::open(person.view(), server.at()).unwrap();
    settle(&mut capturer);
    for (painted, grabbed) in [
        (Rect { x: 11, y: 21, width: 5, height: 7 }, Rect { x: 10, y: 20, width: 6, height: 8 }),
        (Rect { x: 332, y: 216, width: 1, height: 1 }, Rect { x: 332, y: 216, width: 1, height: 1 }),
        (Rect { x: 0, y: 0, width: 1, height: 1 }, Rect { x: 0, y: 0, width: 2, height: 2 }),
    ] {
        painter.fill(painted, (250, 120, 30));
        wait_for_picture(&mut capturer);
        assert_eq!(capturer.grab().unwrap(), Some(grabbed));
        painter.assert_seen(capturer.frame().unwrap());
    }
    assert_eq!(capturer.grab().unwrap(), None);
}

#[test]
fn changes_add_up_until_they_are_grabbed() {
    let server = Server::xvfb("640x480x24");
    let person = Person::who_shows_the_screen();
    let mut painter = Painter::new(&server);
    let mut capturer = X11Capturer::open(person.view(), server.at()).unwrap();
    settle(&mut capturer);
    painter.fill(Rect { x: 100, y: 40, width: 10, height: 10 }, (255, 0, 0));
    wait_for_picture(&mut capturer);
    painter.fill(Rect { x: 20, y: 300, width: 4, height: 4 }, (0, 255, 0));
    assert_eq!(
        capturer.wait(Duration::from_millis(100)).unwrap(),
        Change::default(),
        "said once for each grab"
    );
    assert_eq!(capturer.grab().unwrap(), Some(Rect { x: 20, y: 40, width: 90, height: 264 }));
    painter.assert_seen(capturer.frame().unwrap());
}

#[test]
fn a_still_screen_costs_nothing() {
    let server = Server::xvfb("320x200x24");
    let relay = Relay::to(&server);
    let person = Person::who_shows_the_screen();
    let mut painter = Painter::new(&server);
    let mut capturer = X11Capturer::open(person.view(), relay.at()).unwrap();
    settle(&mut capturer);
    let (said, started) = (relay.said(), Instant::now());
    for _ in 0..4 {
        assert_eq!(capturer.wait(Duration::from_millis(250)).unwrap(), Change::default());
    }
    assert!(started.elapsed() >= Duration::from_secs(1), "each wait lasts its time");
    assert_eq!(capturer.grab().unwrap(), None);
    assert_eq!(relay.said(), said, "nothing is said to the X server");
    painter.fill(Rect { x: 0, y: 0, width: 8, height: 8 }, (9, 9, 9));
    wait_for_picture(&mut capturer);
    assert!(capturer.grab().unwrap().is_some());
    assert!(relay.said() > said, "the relay does count");
}

#[test]
fn a_waker_ends_the_wait() {
    let server = Server::xvfb("320x200x24");
    let person = Person::who_shows_the_screen();
    let mut capturer = X11Capturer::open(person.view(), server.at()).unwrap();
    settle(&mut capturer);
    let waker = capturer.waker();
    let started = Instant::now();
    std::thread::spawn(move || waker.wake());
    assert_eq!(capturer.wait(Duration::from_secs(20)).unwrap(), Change::default());
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(capturer.wait(Duration::from_millis(60)).unwrap(), Change::default());
    assert!(started.elapsed() >= Duration::from_millis(60), "one call ends one wait");
}

#[test]
fn a_new_screen_size_is_said() {
    let server = Server::xvfb("640x480x24");
    let person = Person::who_shows_the_screen();
    let mut capturer = X11Capturer::open(person.view(), server.at()).unwrap();
    settle(&mut capturer);
    monitors::resize(&server, Size { width: 320, height: 240 });
    assert_eq!(capturer.wait(SOON), Err(CaptureError::Changed));
    assert_eq!(capturer.grab(), Err(CaptureError::Changed));
    assert_eq!(capturer.wait(SOON), Err(CaptureError::Changed), "it stays so");
    sees_the_pattern(&server, server.at(), BY_MEMORY);
}
