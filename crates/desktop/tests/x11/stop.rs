//! What stops everything: Escape three times from any keyboard but the expert's, and the chord from every one.

use std::time::Duration;

use rendezvous_assist::input::InputEvent;
use rendezvous_desktop::x11::{StopSignal, X11Injector};
use rendezvous_desktop::{Inject, Suspension};
use x11rb::protocol::xproto::{
    ConnectionExt as _, GrabMode, GrabStatus, InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT,
    MOTION_NOTIFY_EVENT, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::finger::Finger;
use crate::person::Person;
use crate::server::{Server, until};

const ESCAPE: u8 = 9;
const LETTER_A: u8 = 38;
const CONTROL: u8 = 37;
const SHIFT: u8 = 50;
const ALT: u8 = 64;

/// Presses and lets go of a key, as a finger would: the server itself keeps the times between.
pub(crate) fn tap(conn: &RustConnection, root: Window, key: u8) {
    conn.xtest_fake_input(KEY_PRESS_EVENT, key, 50, root, 0, 0, 0).unwrap();
    conn.xtest_fake_input(KEY_RELEASE_EVENT, key, 50, root, 0, 0, 0).unwrap();
    conn.sync().unwrap();
}

/// Points the outer server's pointer and keyboard at the window of the inner one.
pub(crate) fn focus_inner(conn: &RustConnection, root: Window) {
    let mut window = None;
    until("the inner server shows its window", || {
        window = conn.query_tree(root).unwrap().reply().unwrap().children.last().copied();
        window.is_some()
    });
    let window = window.expect("it was found");
    conn.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, root, 50, 50, 0).unwrap();
    conn.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME).unwrap().check().unwrap();
    conn.sync().unwrap();
}

/// Waits until a real key press has gone all the way through, so that a silence afterwards means something.
pub(crate) fn until_keys_arrive(outer: (&RustConnection, Window), inner: &Server) {
    let (conn, _root) = inner.connect();
    until("a key arrives in the inner server", || {
        outer.0.xtest_fake_input(KEY_PRESS_EVENT, LETTER_A, 0, outer.1, 0, 0, 0).unwrap();
        outer.0.sync().unwrap();
        let keys = conn.query_keymap().unwrap().reply().unwrap().keys;
        outer.0.xtest_fake_input(KEY_RELEASE_EVENT, LETTER_A, 0, outer.1, 0, 0, 0).unwrap();
        outer.0.sync().unwrap();
        keys.iter().any(|byte| *byte != 0)
    });
}

/// The expert, who presses and lets go of a key.
fn expert_taps(injector: &mut X11Injector, code: &str, meant: &str) {
    for down in [true, false] {
        let event = format!(r#"{{"t":"key","code":"{code}","key":"{meant}","down":{down}}}"#);
        injector.apply(InputEvent::parse(&event).unwrap()).unwrap();
    }
}

#[test]
fn the_experts_escapes_do_not_stop() {
    let server = Server::xvfb("320x200x24");
    let (mut person, suspension) = (Person::who_shows_the_screen(), Suspension::default());
    let mut keys = person.listens(&server, &suspension);
    let grant = person.gives_control();
    let mut injector = X11Injector::open_guarded(grant, server.at(), std::io::sink(), &suspension).unwrap();
    for _ in 0..7 {
        expert_taps(&mut injector, "Escape", "Escape");
    }
    assert_eq!(keys.wait(Duration::from_millis(500)), Ok(StopSignal::Quiet));
    // Who began to listen in the middle of it does not count what came before.
    let mut later = person.listens(&server, &suspension);
    expert_taps(&mut injector, "Escape", "Escape");
    assert_eq!(later.wait(Duration::from_millis(200)), Ok(StopSignal::Quiet));
}

#[test]
fn a_keyboard_on_the_screen_stops_while_the_expert_types_escapes() {
    let server = Server::xvfb("320x200x24");
    let (mut person, suspension) = (Person::who_shows_the_screen(), Suspension::default());
    let mut keys = person.listens(&server, &suspension);
    let grant = person.gives_control();
    let mut injector = X11Injector::open_guarded(grant, server.at(), std::io::sink(), &suspension).unwrap();
    let (conn, root) = server.connect();
    for stops in [false, false, true] {
        expert_taps(&mut injector, "Escape", "Escape");
        tap(&conn, root, ESCAPE);
        let expected = if stops { StopSignal::Stop } else { StopSignal::Quiet };
        let patience = Duration::from_millis(if stops { 5_000 } else { 200 });
        assert_eq!(keys.wait(patience), Ok(expected));
    }
}

#[test]
fn the_chord_stops_at_once_whoever_presses_it() {
    let server = Server::xvfb("320x200x24");
    let person = Person::who_shows_the_screen();
    let mut keys = person.listens(&server, &Suspension::default());
    let (conn, root) = server.connect();
    tap(&conn, root, ESCAPE);
    assert_eq!(keys.wait(Duration::from_millis(200)), Ok(StopSignal::Quiet));
    for key in [CONTROL, ALT, SHIFT] {
        conn.xtest_fake_input(KEY_PRESS_EVENT, key, 0, root, 0, 0, 0).unwrap();
    }
    tap(&conn, root, ESCAPE);
    assert_eq!(keys.wait(Duration::from_secs(5)), Ok(StopSignal::Stop));
}

#[test]
fn a_keyboard_that_another_program_has_grabbed_stops_too() {
    let server = Server::xvfb("320x200x24");
    let person = Person::who_shows_the_screen();
    let mut keys = person.listens(&server, &Suspension::default());
    let (grabber, root) = server.connect();
    let (modes, now) = (GrabMode::ASYNC, x11rb::CURRENT_TIME);
    let grabbed = grabber.grab_keyboard(false, root, now, modes, modes).unwrap().reply().unwrap();
    assert_eq!(grabbed.status, GrabStatus::SUCCESS);
    let (conn, root) = server.connect();
    (0..3).for_each(|_| tap(&conn, root, ESCAPE));
    assert_eq!(keys.wait(Duration::from_secs(5)), Ok(StopSignal::Stop));
}

#[test]
fn it_is_heard_while_the_screen_is_hidden() {
    let server = Server::xvfb("320x200x24");
    let mut person = Person::who_shows_the_screen();
    let mut keys = person.listens(&server, &Suspension::default());
    person.pauses();
    assert!(!person.view().is_live());
    let (conn, root) = server.connect();
    (0..3).for_each(|_| tap(&conn, root, ESCAPE));
    assert_eq!(keys.wait(Duration::from_secs(5)), Ok(StopSignal::Stop));
}

#[test]
fn real_escapes_stop() {
    let outer = Server::xvfb("640x480x24");
    let inner = Server::xephyr(&outer, "320x200");
    let person = Person::who_shows_the_screen();
    let (conn, root) = outer.connect();
    focus_inner(&conn, root);
    until_keys_arrive((&conn, root), &inner);
    let mut keys = person.listens(&inner, &Suspension::default());
    tap(&conn, root, ESCAPE);
    tap(&conn, root, ESCAPE);
    assert_eq!(keys.wait(Duration::from_millis(300)), Ok(StopSignal::Quiet), "two are not three");
    tap(&conn, root, ESCAPE);
    assert_eq!(keys.wait(Duration::from_secs(5)), Ok(StopSignal::Stop));
    assert_eq!(keys.wait(Duration::from_millis(100)), Ok(StopSignal::Quiet), "it is said once");
}

#[test]
fn real_escapes_and_the_experts_do_not_add_up() {
    let outer = Server::xvfb("640x480x24");
    let inner = Server::xephyr(&outer, "320x200");
    let (mut person, suspension) = (Person::who_shows_the_screen(), Suspension::default());
    let (conn, root) = outer.connect();
    focus_inner(&conn, root);
    until_keys_arrive((&conn, root), &inner);
    let mut keys = person.listens(&inner, &suspension);
    let grant = person.gives_control();
    let mut injector = X11Injector::open_guarded(grant, inner.at(), std::io::sink(), &suspension).unwrap();
    for _ in 0..2 {
        tap(&conn, root, ESCAPE);
        expert_taps(&mut injector, "Escape", "Escape");
    }
    assert_eq!(keys.wait(Duration::from_millis(500)), Ok(StopSignal::Quiet));
    tap(&conn, root, ESCAPE);
    assert_eq!(keys.wait(Duration::from_secs(5)), Ok(StopSignal::Stop));
}

#[test]
fn a_programs_escape_takes_none_of_three_from_the_person() {
    let outer = Server::xvfb("640x480x24");
    let inner = Server::xephyr(&outer, "320x200");
    let person = Person::who_shows_the_screen();
    let (conn, root) = outer.connect();
    focus_inner(&conn, root);
    until_keys_arrive((&conn, root), &inner);
    let mut keys = person.listens(&inner, &Suspension::default());
    let (program, inner_root) = inner.connect();
    tap(&program, inner_root, ESCAPE);
    // Three count within two seconds. So long after it, one of a program's counts no more.
    assert_eq!(keys.wait(Duration::from_millis(2_100)), Ok(StopSignal::Quiet));
    let mut finger = Finger::on(&outer, &inner);
    let taps = [finger.taps(), finger.taps(), finger.taps()];
    let signal = keys.wait(Duration::from_secs(5));
    assert_eq!(signal, Ok(StopSignal::Stop), "{taps:?}, {}", finger.tells());
}

#[test]
fn other_keys_do_not_stop() {
    let outer = Server::xvfb("640x480x24");
    let inner = Server::xephyr(&outer, "320x200");
    let person = Person::who_shows_the_screen();
    let (conn, root) = outer.connect();
    focus_inner(&conn, root);
    until_keys_arrive((&conn, root), &inner);
    let mut keys = person.listens(&inner, &Suspension::default());
    for _ in 0..4 {
        tap(&conn, root, LETTER_A);
    }
    assert_eq!(keys.wait(Duration::from_millis(300)), Ok(StopSignal::Quiet));
}
