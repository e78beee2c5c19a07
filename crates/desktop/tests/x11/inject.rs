//! What the expert does arrives, and nothing stays pressed.

use std::process::Command;
use std::time::{Duration, Instant};

use rendezvous_assist::input::{Button, InputEvent, Meant};
use rendezvous_desktop::x11::X11Injector;
use rendezvous_desktop::{Inject, InjectError, Rect};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xkb::Group;
use x11rb::protocol::xproto::{
    ConnectionExt as _, CreateWindowAux, EventMask, InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, ModMask,
    Window, WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::keyboard::{self, choose_group, lay_out, lock, locked, press, release};
use crate::person::Person;
use crate::relay::Relay;
use crate::server::{Server, until};

/// X codes of keys: the kernel's plus eight.
const LETTER_A: u8 = 30 + 8;
const LETTER_B: u8 = 48 + 8;
const SHIFT: u8 = 42 + 8;

fn key(code: &str, down: bool) -> InputEvent {
    InputEvent::parse(&format!(r#"{{"t":"key","code":"{code}","down":{down}}}"#)).expect("an allowed key")
}

fn button(button: Button, down: bool) -> InputEvent {
    InputEvent::Button { button, down }
}

/// A program with one window over the whole screen, which has the focus and writes down what arrives.
struct Program {
    conn: RustConnection,
    root: Window,
}

impl Program {
    fn new(server: &Server) -> Self {
        let (conn, root) = server.connect();
        let window = conn.generate_id().unwrap();
        let events = EventMask::KEY_PRESS
            | EventMask::KEY_RELEASE
            | EventMask::BUTTON_PRESS
            | EventMask::BUTTON_RELEASE
            | EventMask::POINTER_MOTION
            | EventMask::EXPOSURE;
        let aux = CreateWindowAux::new().event_mask(events).override_redirect(1);
        let (depth, visual) = (x11rb::COPY_DEPTH_FROM_PARENT, x11rb::COPY_FROM_PARENT);
        conn.create_window(depth, window, root, 0, 0, 2000, 2000, 0, WindowClass::INPUT_OUTPUT, visual, &aux)
            .unwrap();
        conn.map_window(window).unwrap();
        conn.sync().unwrap();
        conn.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME).unwrap().check().unwrap();
        let program = Self { conn, root };
        program.heard();
        program
    }

    /// Everything that has arrived, in words.
    fn heard(&self) -> Vec<String> {
        self.conn.sync().unwrap();
        let mut words = Vec::new();
        while let Some(event) = self.conn.poll_for_event().unwrap() {
            match event {
                Event::KeyPress(e) => words.push(format!("key {} down", e.detail)),
                Event::KeyRelease(e) => words.push(format!("key {} up", e.detail)),
                Event::ButtonPress(e) => words.push(format!("button {} down", e.detail)),
                Event::ButtonRelease(e) => words.push(format!("button {} up", e.detail)),
                Event::MotionNotify(e) => words.push(format!("at {} {}", e.root_x, e.root_y)),
                _ => {}
            }
        }
        words
    }

    /// Waits until exactly these have arrived.
    fn hears(&self, expected: &[&str]) {
        let mut heard = Vec::new();
        let deadline = Instant::now() + Duration::from_secs(5);
        while heard.len() < expected.len() && Instant::now() < deadline {
            heard.extend(self.heard());
            std::thread::sleep(Duration::from_millis(2));
        }
        heard.extend(self.heard());
        assert_eq!(heard, expected);
    }

    /// Keys that are down, by their X codes.
    fn keys_down(&self) -> Vec<u8> {
        let keys = self.conn.query_keymap().unwrap().reply().unwrap().keys;
        (0..=255_u8).filter(|code| keys[usize::from(code / 8)] & (1 << (code % 8)) != 0).collect()
    }

    /// Whether any of the first three buttons is down.
    fn button_down(&self) -> bool {
        let pointer = self.conn.query_pointer(self.root).unwrap().reply().unwrap();
        u16::from(pointer.mask) & 0x700 != 0
    }

    fn nothing_down(&self) -> bool {
        self.keys_down().is_empty() && !self.button_down()
    }
}

fn desk() -> (Server, Program, Person, X11Injector) {
    let server = Server::xvfb("320x201x24");
    let program = Program::new(&server);
    let mut person = Person::who_shows_the_screen();
    let injector = X11Injector::open(person.gives_control(), server.at()).unwrap();
    (server, program, person, injector)
}

#[test]
fn pointer_buttons_and_keys_arrive() {
    let (_server, program, _person, mut injector) = desk();
    injector.apply(InputEvent::Move { x: 12, y: 34 }).unwrap();
    program.hears(&["at 12 34"]);
    for (pressed, number) in [(Button::Left, 1), (Button::Middle, 2), (Button::Right, 3)] {
        injector.apply(button(pressed, true)).unwrap();
        injector.apply(button(pressed, false)).unwrap();
        program.hears(&[&format!("button {number} down"), &format!("button {number} up")]);
    }
    injector.apply(key("ShiftLeft", true)).unwrap();
    injector.apply(key("KeyA", true)).unwrap();
    injector.apply(key("KeyA", false)).unwrap();
    injector.apply(key("ShiftLeft", false)).unwrap();
    program.hears(&["key 50 down", "key 38 down", "key 38 up", "key 50 up"]);
}

#[test]
fn the_wheel_is_clicks_of_four_buttons() {
    let (_server, program, _person, mut injector) = desk();
    injector.apply(InputEvent::Wheel { dx: 0, dy: 2 }).unwrap();
    program.hears(&["button 5 down", "button 5 up", "button 5 down", "button 5 up"]);
    injector.apply(InputEvent::Wheel { dx: 1, dy: -1 }).unwrap();
    program.hears(&["button 4 down", "button 4 up", "button 7 down", "button 7 up"]);
    injector.apply(InputEvent::Wheel { dx: -1, dy: 0 }).unwrap();
    program.hears(&["button 6 down", "button 6 up"]);
    injector.apply(InputEvent::Wheel { dx: 0, dy: i8::MIN }).unwrap();
    program.hears(&["button 4 down", "button 4 up"].repeat(20));
}

#[test]
fn places_outside_go_to_the_edge() {
    let (_server, program, _person, mut injector) = desk();
    injector.apply(InputEvent::Move { x: 320, y: 0 }).unwrap();
    program.hears(&["at 319 0"]);
    injector.apply(InputEvent::Move { x: u16::MAX, y: u16::MAX }).unwrap();
    program.hears(&["at 319 200"]);
}

#[test]
fn places_count_within_what_is_shared_and_nothing_else_is_clicked() {
    let (_server, program, _person, mut injector) = desk();
    let part = Rect { x: 100, y: 50, width: 80, height: 40 };
    injector.share(Some(part));
    injector.apply(button(Button::Left, true)).unwrap();
    injector.apply(InputEvent::Wheel { dx: 0, dy: 1 }).unwrap();
    program.hears(&[]);
    injector.apply(InputEvent::Move { x: 0, y: 0 }).unwrap();
    injector.apply(InputEvent::Move { x: 79, y: 39 }).unwrap();
    injector.apply(InputEvent::Move { x: 80, y: u16::MAX }).unwrap();
    injector.apply(InputEvent::Move { x: 10, y: 20 }).unwrap();
    program.hears(&["at 100 50", "at 179 89", "at 179 89", "at 110 70"]);

    // The person moves the pointer away; a click of the expert goes to where the expert was.
    let (conn, root) = (&program.conn, program.root);
    conn.warp_pointer(x11rb::NONE, root, 0, 0, 0, 0, 5, 5).unwrap();
    program.hears(&["at 5 5"]);
    injector.apply(button(Button::Left, true)).unwrap();
    injector.apply(button(Button::Left, false)).unwrap();
    program.hears(&["at 110 70", "button 1 down", "button 1 up"]);

    // A part that hangs over the edge of the screen ends there, and without one it is all of the screen again.
    injector.share(Some(Rect { x: 300, y: 190, ..part }));
    injector.apply(InputEvent::Move { x: 79, y: 39 }).unwrap();
    injector.share(None);
    injector.apply(InputEvent::Move { x: 79, y: 39 }).unwrap();
    program.hears(&["at 319 200", "at 79 39"]);
}

#[test]
fn the_buttons_at_the_side_go_back_and_forward() {
    let (_server, program, _person, mut injector) = desk();
    for (side, number) in [(Button::Back, 8), (Button::Forward, 9)] {
        injector.apply(button(side, true)).unwrap();
        injector.apply(button(side, false)).unwrap();
        program.hears(&[&format!("button {number} down"), &format!("button {number} up")]);
    }
}

#[test]
fn what_a_character_needs_is_borrowed_and_given_back() {
    let (server, program, _person, mut injector) = desk();
    lay_out(&server, "us");
    let shift = press("ShiftLeft", Meant::Key(keyboard::key("ShiftLeft")));
    // Shift+7 on a German keyboard is a key without Shift on this one, and @ the other way round.
    for event in [
        shift,
        press("Digit7", Meant::Character('/')),
        release("Digit7"),
        press("ArrowUp", Meant::Key(keyboard::key("ArrowUp"))),
        release("ArrowUp"),
        release("ShiftLeft"),
        press("KeyQ", Meant::Character('@')),
        InputEvent::Move { x: 1, y: 1 },
        button(Button::Left, true),
        release("KeyQ"),
    ] {
        injector.apply(event).unwrap();
    }
    program.hears(&[
        "key 50 down",
        "key 50 up",
        "key 61 down",
        "key 61 up",
        "key 50 down",
        "key 111 down",
        "key 111 up",
        "key 50 up",
        "key 50 down",
        "key 11 down",
        "at 1 1",
        "key 50 up",
        "button 1 down",
        "key 11 up",
    ]);
}

#[test]
fn a_modifier_that_comes_up_while_it_is_borrowed_stays_up() {
    let (server, program, _person, mut injector) = desk();
    lay_out(&server, "us");
    injector.apply(press("ShiftLeft", Meant::Key(keyboard::key("ShiftLeft")))).unwrap();
    injector.apply(press("Digit7", Meant::Character('/'))).unwrap();
    injector.apply(release("ShiftLeft")).unwrap();
    injector.apply(release("Digit7")).unwrap();
    program.hears(&["key 50 down", "key 50 up", "key 61 down", "key 61 up"]);
    assert!(program.nothing_down());
}

#[test]
fn taking_back_gives_back_what_was_borrowed() {
    let (server, program, mut person, mut injector) = desk();
    lay_out(&server, "us,ru");
    choose_group(&server, Group::M2);
    injector.apply(press("KeyQ", Meant::Character('@'))).unwrap();
    until("a key and Shift are down", || program.keys_down().len() == 2);
    assert_eq!(locked(&server).1, 0, "in the group that has it");
    person.takes_back();
    until("nothing is down", || program.nothing_down());
    until("the person's group is chosen", || locked(&server).1 == 1);
}

#[test]
fn caps_lock_adds_no_shift_to_a_shortcut() {
    let (server, program, _person, mut injector) = desk();
    lay_out(&server, "us");
    lock(&server, ModMask::LOCK);
    injector.apply(press("ControlLeft", Meant::Key(keyboard::key("ControlLeft")))).unwrap();
    // The expert's Caps Lock may be on as well.
    injector.apply(press("KeyY", Meant::Character('Z'))).unwrap();
    program.hears(&["key 37 down", "key 52 down"]);
}

#[test]
fn a_digit_of_a_shortcut_is_the_key_with_the_digit() {
    let (server, program, _person, mut injector) = desk();
    lay_out(&server, "us");
    // What the key with the 1 types on a French keyboard.
    injector.apply(press("ControlLeft", Meant::Key(keyboard::key("ControlLeft")))).unwrap();
    injector.apply(press("Digit1", Meant::Character('&'))).unwrap();
    program.hears(&["key 37 down", "key 10 down"]);
}

#[test]
fn commands_to_the_display_server_are_not_played_wherever_the_keyboard_has_them() {
    let (server, program, _person, mut injector) = desk();
    let option = Command::new("setxkbmap")
        .args(["-display", server.display(), "-layout", "us", "-option", "terminate:ctrl_alt_bksp"])
        .status();
    assert!(option.unwrap().success());
    for name in ["ControlLeft", "AltLeft"] {
        injector.apply(press(name, Meant::Key(keyboard::key(name)))).unwrap();
    }
    program.hears(&["key 37 down", "key 64 down"]);
    for name in ["Backspace", "F1", "NumpadAdd"] {
        injector.apply(press(name, Meant::Place)).unwrap();
        injector.apply(release(name)).unwrap();
        injector.apply(press("KeyX", Meant::Key(keyboard::key(name)))).unwrap();
        injector.apply(release("KeyX")).unwrap();
    }
    injector.apply(press("Delete", Meant::Place)).unwrap();
    program.hears(&["key 119 down"]);
}

#[test]
fn what_is_down_goes_down_once_and_what_is_up_stays_up() {
    let (_server, program, _person, mut injector) = desk();
    injector.apply(key("KeyA", false)).unwrap();
    injector.apply(key("ShiftLeft", true)).unwrap();
    injector.apply(key("ShiftLeft", true)).unwrap();
    injector.apply(key("ShiftLeft", false)).unwrap();
    injector.apply(key("ShiftLeft", false)).unwrap();
    injector.apply(button(Button::Left, false)).unwrap();
    program.hears(&["key 50 down", "key 50 up"]);
}

#[test]
fn release_all_lets_go_last_pressed_first() {
    let (_server, program, _person, mut injector) = desk();
    injector.apply(key("ShiftLeft", true)).unwrap();
    injector.apply(button(Button::Right, true)).unwrap();
    injector.apply(key("ControlLeft", true)).unwrap();
    injector.release_all().unwrap();
    assert!(program.nothing_down(), "it is done when the call returns");
    program.hears(&["key 50 down", "button 3 down", "key 37 down", "key 37 up", "button 3 up", "key 50 up"]);
    injector.release_all().unwrap();
    injector.apply(key("ShiftLeft", true)).unwrap();
    program.hears(&["key 50 down"]);
}

#[test]
fn dropping_lets_go() {
    let (_server, program, _person, mut injector) = desk();
    injector.apply(key("ShiftLeft", true)).unwrap();
    injector.apply(button(Button::Left, true)).unwrap();
    until("both are down", || program.keys_down() == [SHIFT] && program.button_down());
    drop(injector);
    assert!(program.nothing_down());
}

#[test]
fn taking_back_lets_go_without_another_event() {
    let (_server, program, mut person, mut injector) = desk();
    injector.apply(key("ShiftLeft", true)).unwrap();
    injector.apply(key("KeyA", true)).unwrap();
    injector.apply(button(Button::Left, true)).unwrap();
    until("all are down", || program.keys_down() == [LETTER_A, SHIFT] && program.button_down());
    let taken_back = Instant::now();
    person.takes_back();
    until("nothing is down", || program.nothing_down());
    assert!(taken_back.elapsed() < Duration::from_millis(100), "it took {:?}", taken_back.elapsed());
    assert_eq!(injector.apply(InputEvent::Move { x: 1, y: 1 }), Err(InjectError::Revoked));
}

#[test]
fn an_event_after_taking_back_has_no_effect() {
    let server = Server::xvfb("320x200x24");
    let relay = Relay::to(&server);
    let program = Program::new(&server);
    let mut person = Person::who_shows_the_screen();
    let mut injector = X11Injector::open(person.gives_control(), relay.at()).unwrap();
    injector.apply(InputEvent::Move { x: 50, y: 60 }).unwrap();
    injector.apply(button(Button::Left, true)).unwrap();
    program.hears(&["at 50 60", "button 1 down"]);
    person.stops();
    assert_eq!(injector.apply(InputEvent::Move { x: 1, y: 1 }), Err(InjectError::Revoked));
    assert!(program.nothing_down(), "whoever notices first lets go, and then says so");
    program.hears(&["button 1 up"]);
    let said = relay.said();
    assert_eq!(injector.apply(key("KeyA", true)), Err(InjectError::Revoked));
    assert_eq!(injector.apply(InputEvent::Wheel { dx: 0, dy: 1 }), Err(InjectError::Revoked));
    injector.release_all().unwrap();
    assert_eq!(relay.said(), said, "nothing more is asked of the X server");
    program.hears(&[]);
}

#[test]
fn keys_that_the_person_holds_are_theirs() {
    let (server, program, _person, mut injector) = desk();
    let (conn, root) = server.connect();
    conn.xtest_fake_input(KEY_PRESS_EVENT, LETTER_B, 0, root, 0, 0, 0).unwrap();
    conn.sync().unwrap();
    injector.apply(key("KeyB", false)).unwrap();
    injector.apply(key("KeyA", true)).unwrap();
    until("both are down", || program.keys_down() == [LETTER_A, LETTER_B]);
    drop(injector);
    assert_eq!(program.keys_down(), [LETTER_B]);
    conn.xtest_fake_input(KEY_RELEASE_EVENT, LETTER_B, 0, root, 0, 0, 0).unwrap();
    conn.sync().unwrap();
}

#[test]
fn a_dead_grant_refuses_before_the_x_server_hears_of_us() {
    let server = Server::xvfb("320x200x24");
    let relay = Relay::to(&server);
    let mut person = Person::who_shows_the_screen();
    let grant = person.gives_control();
    person.takes_back();
    assert_eq!(X11Injector::open(grant, relay.at()).unwrap_err(), InjectError::Revoked);
    assert_eq!(relay.said(), 0);
}
