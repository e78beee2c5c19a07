//! What the expert means is typed, with or without a key for it.

use rendezvous_assist::input::{InputEvent, Text};
use rendezvous_desktop::Inject;
use rendezvous_desktop::windows_os::WindowsInjector;

use crate::hand::{CAPS_LOCK, Hand, SHIFT};
use crate::inject::{desk, key};
use crate::window::{Window, until};

fn means(code: &str, meant: &str, down: bool) -> InputEvent {
    InputEvent::parse(&format!(r#"{{"t":"key","code":"{code}","key":"{meant}","down":{down}}}"#)).unwrap()
}

fn tap(injector: &mut WindowsInjector, code: &str, meant: &str) {
    injector.apply(means(code, meant, true)).unwrap();
    injector.apply(means(code, meant, false)).unwrap();
}

/// The characters that come, as many as are wanted.
fn characters(window: &Window, count: usize) -> String {
    let unit = || {
        let line = window.until("a character", |line| line.starts_with("char"));
        line.split(' ').nth(1).unwrap().parse::<u16>().unwrap()
    };
    let units: Vec<u16> = (0..count).map(|_| unit()).collect();
    String::from_utf16(&units).unwrap()
}

#[test]
fn letters_are_typed_as_they_are_meant_wherever_they_are() {
    let (window, _person, mut injector) = desk();
    // What is meant, and not the place: the expert's keyboard may have it elsewhere.
    for (code, meant) in [("KeyY", "z"), ("KeyA", "A"), ("Digit7", "/"), ("KeyQ", "@"), ("Space", " ")] {
        tap(&mut injector, code, meant);
        assert_eq!(characters(&window, 1), meant);
    }
    assert!(!injector.is_holding(), "what was borrowed is given back");
}

#[test]
fn shift_of_the_expert_is_lifted_where_the_character_needs_none() {
    let (window, _person, mut injector) = desk();
    injector.apply(key("ShiftLeft", true)).unwrap();
    tap(&mut injector, "Digit7", "7");
    assert_eq!(characters(&window, 1), "7");
    tap(&mut injector, "KeyB", "B");
    assert_eq!(characters(&window, 1), "B");
    injector.apply(key("ShiftLeft", false)).unwrap();
    assert!(!injector.is_holding());
}

#[test]
fn what_no_key_has_is_typed_without_one() {
    let (window, _person, mut injector) = desk();
    tap(&mut injector, "KeyE", "€");
    assert_eq!(characters(&window, 1), "€");
    injector.apply(InputEvent::Text(Text::new("日本ж😀").unwrap())).unwrap();
    assert_eq!(characters(&window, 5), "日本ж😀");
    tap(&mut injector, "KeyB", "b");
    assert_eq!(characters(&window, 1), "b");
}

#[test]
fn caps_lock_changes_nothing_of_what_is_typed() {
    let (mut window, _person, mut injector) = desk();
    // The person's own.
    let mut hand = Hand::reach();
    hand.tap(CAPS_LOCK);
    until("Caps Lock is on", || window.is_caps_lock_on());
    tap(&mut injector, "KeyA", "a");
    tap(&mut injector, "KeyB", "B");
    tap(&mut injector, "Digit1", "1");
    assert_eq!(characters(&window, 3), "aB1");
    assert!(window.is_caps_lock_on(), "it is left as it is");
    hand.tap(CAPS_LOCK);
    until("Caps Lock is off", || !window.is_caps_lock_on());
}

#[test]
fn a_shortcut_is_a_key_with_what_is_held() {
    let (window, _person, mut injector) = desk();
    injector.apply(key("ControlLeft", true)).unwrap();
    tap(&mut injector, "KeyC", "c");
    injector.apply(key("ControlLeft", false)).unwrap();
    let said = window.said_until("up 29 17 marked");
    let keys: Vec<_> = said.iter().filter(|line| !line.starts_with("char")).map(String::as_str).collect();
    let wanted = ["down 29 17 marked", "down 46 67 marked", "up 46 67 marked", "up 29 17 marked"];
    assert_eq!(keys, wanted);
}

#[test]
fn what_the_person_holds_stays_down() {
    let (mut window, _person, mut injector) = desk();
    let mut hand = Hand::reach();
    hand.press(SHIFT, true);
    window.until("that the person's key is down", |line| line == "down 42 16");
    tap(&mut injector, "KeyA", "a");
    assert_eq!(characters(&window, 1), "a");
    tap(&mut injector, "KeyA", "A");
    assert_eq!(characters(&window, 1), "A");
    window.forget();
    hand.press(SHIFT, false);
    assert_eq!(window.said_until("up 42 16"), ["up 42 16"], "and it came up once");
}
