//! When the person takes the permission back, looking ends.

use std::time::{Duration, Instant};

use rendezvous_assist::grant::Brake;
use rendezvous_desktop::x11::{Sentry, StopError, StopKeys, X11Capturer};
use rendezvous_desktop::{Capture, CaptureError, Rect, Suspension};

use crate::needs_xvfb_capture::settle;
use crate::paint::Painter;
use crate::person::{Person, dead_view};
use crate::relay::Relay;
use crate::server::Server;

/// Nobody notices later than this.
const AT_ONCE: Duration = Duration::from_millis(100);

/// Does `waiting` in another thread, stops everything in the middle of it, and returns how long it went on after.
fn stopped_while<T: Send + 'static>(
    mut person: Person,
    waiting: impl FnOnce() -> T + Send + 'static,
) -> (T, Duration) {
    let thread = std::thread::spawn(move || (waiting(), Instant::now()));
    std::thread::sleep(Duration::from_millis(300));
    assert!(!thread.is_finished(), "it waits while the permission stands");
    let stopped = Instant::now();
    person.stops();
    let (result, ended) = thread.join().expect("the thread does not panic");
    (result, ended.saturating_duration_since(stopped))
}

#[test]
fn a_wait_ends_at_once() {
    let server = Server::xvfb("320x200x24");
    let person = Person::who_shows_the_screen();
    let mut capturer = X11Capturer::open(person.view(), server.at()).unwrap();
    settle(&mut capturer);
    let (result, after) = stopped_while(person, move || capturer.wait(Duration::from_secs(60)));
    assert_eq!(result, Err(CaptureError::Revoked));
    assert!(after < AT_ONCE, "it took {after:?}");
}

#[test]
fn listening_for_the_stop_keys_ends_at_once() {
    let server = Server::xvfb("320x200x24");
    let person = Person::who_shows_the_screen();
    let mut keys = person.listens(&server, &Suspension::default());
    let (result, after) = stopped_while(person, move || keys.wait(Duration::from_secs(60)));
    assert_eq!(result, Err(StopError::Revoked));
    assert!(after < AT_ONCE, "it took {after:?}");
}

#[test]
fn nothing_more_is_asked_of_the_x_server() {
    let server = Server::xvfb("320x200x24");
    let relay = Relay::to(&server);
    let mut person = Person::who_shows_the_screen();
    let mut painter = Painter::new(&server);
    let mut capturer = X11Capturer::open(person.view(), relay.at()).unwrap();
    settle(&mut capturer);
    painter.fill(Rect { x: 0, y: 0, width: 50, height: 50 }, (200, 10, 10));
    person.stops();
    let said = relay.said();
    assert_eq!(capturer.grab(), Err(CaptureError::Revoked));
    assert_eq!(capturer.wait(Duration::from_millis(200)), Err(CaptureError::Revoked));
    assert_eq!(capturer.frame(), Err(CaptureError::Revoked));
    painter.fill(Rect { x: 0, y: 0, width: 50, height: 50 }, (10, 200, 10));
    assert_eq!(capturer.wait(Duration::from_millis(200)), Err(CaptureError::Revoked));
    assert_eq!(relay.said(), said);
}

#[test]
fn a_dead_grant_refuses_before_the_x_server_hears_of_us() {
    let server = Server::xvfb("320x200x24");
    let relay = Relay::to(&server);
    assert_eq!(X11Capturer::open(dead_view(), relay.at()).unwrap_err(), CaptureError::Revoked);
    let (dead, none) = (dead_view(), Suspension::default());
    let refused = StopKeys::watch(&dead, Brake::default(), relay.at(), &none).unwrap_err();
    assert_eq!(refused, StopError::Revoked);
    let refused = Sentry::post(&dead, Brake::default(), relay.at(), &none).unwrap_err();
    assert_eq!(refused, StopError::Revoked);
    assert_eq!(relay.said(), 0);
    let nowhere = Some("127.0.0.1:1");
    assert_eq!(X11Capturer::open(dead_view(), nowhere).unwrap_err(), CaptureError::Revoked);
}
