//! Without a permission nothing is opened, and when the person takes it back looking ends.

use std::time::{Duration, Instant};

use rendezvous_assist::grant::Brake;
use rendezvous_desktop::windows_os::{GdiCapturer, Sentry, StopError, StopKeys, WindowsInjector};
use rendezvous_desktop::{Capture, CaptureError, InjectError, Suspension};

use crate::capture::settle;
use crate::person::{Person, dead_view};
use crate::window::Window;

/// Nobody notices later than this, however busy the machine is; it is 50 ms where it is not.
const AT_ONCE: Duration = Duration::from_secs(5);

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
fn a_dead_grant_opens_nothing() {
    assert_eq!(GdiCapturer::open(dead_view()).unwrap_err(), CaptureError::Revoked);
    let (dead, none) = (dead_view(), Suspension::default());
    assert_eq!(StopKeys::watch(&dead, Brake::default()).unwrap_err(), StopError::Revoked);
    assert_eq!(Sentry::post(&dead, Brake::default(), &none).unwrap_err(), StopError::Revoked);
    let mut person = Person::who_shows_the_screen();
    let control = person.gives_control();
    person.takes_back();
    assert_eq!(WindowsInjector::open(control).unwrap_err(), InjectError::Revoked);
}

#[test]
fn every_wait_ends_at_once() {
    let _window = Window::open();
    let person = Person::who_shows_the_screen();
    let mut capturer = GdiCapturer::open(person.view()).unwrap();
    settle(&mut capturer);
    let (result, after) = stopped_while(person, move || capturer.wait(Duration::from_secs(600)));
    assert_eq!(result, Err(CaptureError::Revoked));
    assert!(after < AT_ONCE, "it took {after:?}");

    let person = Person::who_shows_the_screen();
    let mut keys = StopKeys::watch(&person.view(), person.brake()).unwrap();
    let (result, after) = stopped_while(person, move || keys.wait(Duration::from_secs(600)));
    assert_eq!(result, Err(StopError::Revoked));
    assert!(after < AT_ONCE, "it took {after:?}");

    let (person, none) = (Person::who_shows_the_screen(), Suspension::default());
    let mut sentry = Sentry::post(&person.view(), person.brake(), &none).unwrap();
    let (result, after) = stopped_while(person, move || sentry.wait(Duration::from_secs(600)));
    assert_eq!(result, Err(StopError::Revoked));
    assert!(after < AT_ONCE, "it took {after:?}");
}

#[test]
fn what_was_seen_is_not_shown_after_it() {
    let mut person = Person::who_shows_the_screen();
    let mut capturer = GdiCapturer::open(person.view()).unwrap();
    capturer.grab().unwrap();
    assert!(capturer.frame().is_ok());
    person.stops();
    assert_eq!(capturer.grab(), Err(CaptureError::Revoked));
    assert_eq!(capturer.frame(), Err(CaptureError::Revoked));
    assert_eq!(capturer.wait(Duration::from_secs(1)), Err(CaptureError::Revoked));
}
