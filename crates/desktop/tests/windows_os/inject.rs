//! What the expert does arrives, and nothing stays pressed.

use std::time::Duration;

use rendezvous_assist::input::{Button, InputEvent};
use rendezvous_desktop::windows_os::WindowsInjector;
use rendezvous_desktop::{Inject, InjectError, Rect, Suspension};

use crate::person::Person;
use crate::pointer::place;
use crate::window::{Window, until};

/// A key that means its place.
pub(crate) fn key(code: &str, down: bool) -> InputEvent {
    InputEvent::parse(&format!(r#"{{"t":"key","code":"{code}","down":{down}}}"#)).expect("an allowed key")
}

fn button(button: Button, down: bool) -> InputEvent {
    InputEvent::Button { button, down }
}

/// A window, with the pointer in its middle, and the expert's hands.
pub(crate) fn desk() -> (Window, Person, WindowsInjector) {
    let mut window = Window::open();
    let mut person = Person::who_shows_the_screen();
    let mut injector = WindowsInjector::open(person.gives_control()).unwrap();
    point_to_the_middle(&mut window, &mut injector);
    (window, person, injector)
}

/// Returns when it has stayed there for a while: Wine moves the pointer of the X server along, and what that says of it comes later,
/// and may put it back to where it was before.
fn point_to_the_middle(window: &mut Window, injector: &mut WindowsInjector) {
    let mut looks = 0;
    until("the pointer stays in the middle", || {
        if place() == (400, 300) {
            looks += 1;
        } else {
            looks = 0;
            injector.apply(InputEvent::Move { x: 400, y: 300 }).unwrap();
        }
        looks == 20
    });
    window.forget();
}

#[test]
fn the_pointer_goes_to_the_pixel() {
    let (window, _person, mut injector) = desk();
    let (width, height) = window.size;
    for (x, y) in [(0, 0), (1, 1), (333, 217), (width - 2, height - 1), (7, height - 1), (width - 1, 3)] {
        injector.apply(InputEvent::Move { x, y }).unwrap();
        let there = format!("at {x} {y} marked");
        window.until(&there, |line| line == there);
    }
    injector.apply(InputEvent::Move { x: 60_000, y: 60_000 }).unwrap();
    let edge = format!("at {} {} marked", width - 1, height - 1);
    window.until("that it is in the corner", |line| line == edge);
}

#[test]
fn every_button_is_that_button() {
    let (window, _person, mut injector) = desk();
    for (which, name) in [
        (Button::Left, "left"),
        (Button::Middle, "middle"),
        (Button::Right, "right"),
        (Button::Back, "back"),
        (Button::Forward, "forward"),
    ] {
        injector.apply(button(which, true)).unwrap();
        assert!(injector.is_holding());
        injector.apply(button(which, true)).unwrap();
        injector.apply(button(which, false)).unwrap();
        injector.apply(button(which, false)).unwrap();
        assert!(!injector.is_holding());
        let last = format!("{name} up 400 300 marked");
        assert_eq!(window.said_until(&last), [format!("{name} down 400 300 marked"), last]);
    }
}

#[test]
fn the_wheel_turns_by_notches_each_way() {
    let (window, _person, mut injector) = desk();
    for (dx, dy, said) in [
        (0, 1, "wheel -120 0 marked"),
        (0, -3, "wheel 360 0 marked"),
        (2, 0, "sideways 240 0 marked"),
        (-1, 0, "sideways -120 0 marked"),
    ] {
        injector.apply(InputEvent::Wheel { dx, dy }).unwrap();
        assert_eq!(window.said_until(said), [said]);
    }
}

#[test]
fn keys_arrive_by_their_places_and_carry_the_mark() {
    let (window, _person, mut injector) = desk();
    // Scan code and virtual key.
    for (code, scan, virtual_key) in [
        ("Escape", 0x01, 0x1b),
        ("F1", 0x3b, 0x70),
        ("ArrowLeft", 0xe04b, 0x25),
        ("Delete", 0xe053, 0x2e),
        ("Numpad5", 0x4c, 0x0c),
        ("ShiftLeft", 0x2a, 0x10),
        ("ControlRight", 0xe01d, 0x11),
    ] {
        injector.apply(key(code, true)).unwrap();
        injector.apply(key(code, false)).unwrap();
        let (down, up) =
            (format!("down {scan} {virtual_key} marked"), format!("up {scan} {virtual_key} marked"));
        let said: Vec<_> =
            window.said_until(&up).into_iter().filter(|line| !line.starts_with("char")).collect();
        assert_eq!(said, [down, up], "{code}");
    }
}

#[test]
fn what_is_held_repeats_until_it_is_let_go_of() {
    let (window, _person, mut injector) = desk();
    injector.apply(key("ArrowDown", true)).unwrap();
    for _ in 0..3 {
        window.until("that it repeats", |line| line == "again 57424 40 marked");
    }
    injector.apply(key("ArrowDown", false)).unwrap();
    window.until("that it is up", |line| line == "up 57424 40 marked");
    injector.apply(key("ShiftLeft", true)).unwrap();
    std::thread::sleep(Duration::from_millis(1_500));
    injector.apply(key("ShiftLeft", false)).unwrap();
    assert_eq!(window.said_until("up 42 16 marked"), ["down 42 16 marked", "up 42 16 marked"]);
}

#[test]
fn nothing_outside_of_what_is_shared_is_clicked() {
    let (window, _person, mut injector) = desk();
    let part = Rect { x: 100, y: 100, width: 50, height: 40 };
    injector.share(Some(part));
    injector.apply(button(Button::Left, true)).unwrap();
    assert!(!injector.is_holding(), "the pointer is elsewhere, and the expert has not pointed anywhere");
    injector.apply(InputEvent::Move { x: 500, y: 500 }).unwrap();
    window.until("that it is at the edge", |line| line == "at 149 139 marked");
    injector.apply(button(Button::Left, true)).unwrap();
    injector.apply(button(Button::Left, false)).unwrap();
    let up = "left up 149 139 marked";
    assert_eq!(window.said_until(up), ["left down 149 139 marked", up]);
}

/// The last pressed comes up first.
fn both_are_up(window: &Window) {
    window.until("that the button is up", |line| line.starts_with("left up 400 300"));
    window.until("that the key is up", |line| line.starts_with("up 30 65"));
}

fn hold_both(injector: &mut WindowsInjector, window: &Window) {
    injector.apply(key("KeyA", true)).unwrap();
    injector.apply(button(Button::Left, true)).unwrap();
    window.until("that both are down", |line| line == "left down 400 300 marked");
    assert!(injector.is_holding());
}

#[test]
fn everything_is_up_when_the_injector_goes() {
    let (window, _person, mut injector) = desk();
    hold_both(&mut injector, &window);
    drop(injector);
    both_are_up(&window);
}

#[test]
fn everything_is_up_when_control_is_taken_back_though_nothing_more_comes() {
    let (window, mut person, mut injector) = desk();
    hold_both(&mut injector, &window);
    person.takes_back();
    both_are_up(&window);
    until("nothing is held", || !injector.is_holding());
    assert_eq!(injector.apply(key("KeyB", true)), Err(InjectError::Revoked));
}

#[test]
fn everything_is_up_before_a_question_stands_and_nothing_is_pressed_while_it_does() {
    let mut window = Window::open();
    let (mut person, suspension) = (Person::who_shows_the_screen(), Suspension::default());
    let grant = person.gives_control();
    let mut injector = WindowsInjector::open_guarded(grant, std::io::sink(), &suspension).unwrap();
    point_to_the_middle(&mut window, &mut injector);
    hold_both(&mut injector, &window);
    let question = suspension.hide();
    assert!(!injector.is_holding());
    both_are_up(&window);
    for event in [key("KeyB", true), button(Button::Right, true), InputEvent::Move { x: 3, y: 3 }] {
        injector.apply(event).unwrap();
    }
    assert!(!injector.is_holding());
    drop(question);
    until("it may be pressed again", || {
        injector.apply(key("KeyC", true)).unwrap();
        injector.is_holding()
    });
    let said = window.said_until("down 46 67 marked");
    assert!(!said.iter().any(|line| line.contains("down 48") || line.contains("right")), "{said:?}");
}
