//! Another desktop in front: the lock, or the secure desktop. Here a program in C makes one and puts it there.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rendezvous_desktop::windows_os::{Alarm, GdiCapturer, Sentry, WindowsInjector, probe};
use rendezvous_desktop::{Capture, CaptureError, Inject, Suspension};

use crate::capture::settle;
use crate::inject::key;
use crate::person::Person;
use crate::window::{PATIENCE, Window, until};

/// Where the program is.
const AWAY: &str = "RENDEZVOUS_TRIAL_AWAY";

/// Another desktop is in front as long as this lives.
struct Away(Child);

impl Away {
    fn go() -> Self {
        let program = std::env::var(AWAY).expect("`cargo xtask test --windows` says where the program is");
        let mut child =
            Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said.trim_end(), "away");
        Self(child)
    }
}

impl Drop for Away {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        _ = self.0.wait();
    }
}

/// What is said of whether the screen is there, and when it is the other way.
fn until_shown(capturer: &mut GdiCapturer, wanted: bool) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let change = capturer.wait(PATIENCE).unwrap();
        if let Some(shown) = change.shown {
            assert_eq!(shown, wanted);
            return;
        }
        assert!(Instant::now() < deadline, "it was never said");
    }
}

#[test]
fn nothing_is_taken_meanwhile_it_is_said_and_all_is_news_after_it() {
    let _window = Window::open();
    let person = Person::who_shows_the_screen();
    let mut capturer = GdiCapturer::open(person.view()).unwrap();
    settle(&mut capturer);
    let away = Away::go();
    until_shown(&mut capturer, false);
    assert!(capturer.is_held());
    assert_eq!(capturer.grab(), Err(CaptureError::Held));
    let refused = probe().unwrap_err().to_string();
    assert!(refused.contains("lock"), "{refused}");
    drop(away);
    until_shown(&mut capturer, true);
    until("a picture", || capturer.grab().unwrap().is_some());
}

#[test]
fn nothing_is_pressed_meanwhile_and_it_is_said_that_control_has_to_go() {
    let window = Window::open();
    let (mut person, suspension) = (Person::who_shows_the_screen(), Suspension::default());
    let grant = person.gives_control();
    let mut sentry = Sentry::post(&person.view(), person.brake(), &suspension).unwrap();
    assert_eq!(sentry.wait(Duration::from_millis(100)), Ok(Alarm::Quiet));
    let mut injector = WindowsInjector::open_guarded(grant, std::io::sink(), &suspension).unwrap();
    injector.apply(key("KeyA", true)).unwrap();
    window.until("that it is down", |line| line.starts_with("down 30"));
    let away = Away::go();
    assert_eq!(sentry.wait(PATIENCE), Ok(Alarm::Locked));
    assert!(suspension.is_on());
    injector.apply(key("KeyB", true)).unwrap();
    drop(away);
    window.until("that it is up", |line| line.starts_with("up 30"));
    until("it is let go of", || !injector.is_holding());
    assert_eq!(sentry.wait(Duration::from_millis(300)), Ok(Alarm::Quiet));
    until("it may go on", || !suspension.is_on());
}
