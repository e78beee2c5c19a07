//! What stops everything: Escape three times from any keyboard but the expert's, and the chord from every one.

use std::time::Duration;

use rendezvous_desktop::Inject;
use rendezvous_desktop::windows_os::{StopKeys, StopSignal, WindowsInjector};

use crate::hand::{ESCAPE, Hand, LETTER_A};
use crate::inject::{desk, key};
use crate::person::Person;
use crate::window::{PATIENCE, Window};

/// Long enough to hear what was pressed before.
const A_WHILE: Duration = Duration::from_millis(500);

fn listens(person: &Person) -> StopKeys {
    StopKeys::watch(&person.view(), person.brake()).expect("Windows tells of keys")
}

fn expert_taps(injector: &mut WindowsInjector, code: &str) {
    injector.apply(key(code, true)).unwrap();
    injector.apply(key(code, false)).unwrap();
}

#[test]
fn real_escapes_stop() {
    let _window = Window::open();
    let person = Person::who_shows_the_screen();
    let (mut keys, mut hand) = (listens(&person), Hand::reach());
    hand.tap(ESCAPE);
    hand.tap(ESCAPE);
    assert_eq!(keys.wait(A_WHILE), Ok(StopSignal::Quiet), "two are not three");
    // However slow the machine is: what came before may be longer ago than what counts together.
    (0..3).for_each(|_| hand.tap(ESCAPE));
    assert_eq!(keys.wait(PATIENCE), Ok(StopSignal::Stop));
}

#[test]
fn other_keys_do_not_stop() {
    let _window = Window::open();
    let person = Person::who_shows_the_screen();
    let (mut keys, mut hand) = (listens(&person), Hand::reach());
    (0..4).for_each(|_| hand.tap(LETTER_A));
    assert_eq!(keys.wait(A_WHILE), Ok(StopSignal::Quiet));
}

#[test]
fn the_experts_escapes_arrive_and_do_not_stop() {
    let (window, person, mut injector) = desk();
    let mut keys = listens(&person);
    (0..6).for_each(|_| expert_taps(&mut injector, "Escape"));
    for _ in 0..6 {
        window.until("an Escape", |line| line == "up 1 27 marked");
    }
    assert_eq!(keys.wait(A_WHILE), Ok(StopSignal::Quiet));
}

#[test]
fn real_escapes_are_counted_between_the_experts() {
    let (_window, person, mut injector) = desk();
    let (mut keys, mut hand) = (listens(&person), Hand::reach());
    for _ in 0..3 {
        expert_taps(&mut injector, "Escape");
        hand.tap(ESCAPE);
    }
    assert_eq!(keys.wait(PATIENCE), Ok(StopSignal::Stop));
}

#[test]
fn the_chord_stops_at_once_whoever_presses_it() {
    let (_window, person, mut injector) = desk();
    let mut keys = listens(&person);
    for code in ["ControlLeft", "AltLeft", "ShiftLeft"] {
        injector.apply(key(code, true)).unwrap();
    }
    expert_taps(&mut injector, "Escape");
    assert_eq!(keys.wait(PATIENCE), Ok(StopSignal::Stop));
}
