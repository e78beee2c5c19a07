//! Escape three times, from a real keyboard only.

use std::time::{Duration, Instant};

use rendezvous_desktop::x11::{StopError, StopKeys, StopSignal};
use x11rb::protocol::xproto::{
    ConnectionExt as _, InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::person::Person;
use crate::server::{Server, until};

const ESCAPE: u8 = 9;
const LETTER_A: u8 = 38;

/// Presses and lets go of a key, as a finger would: the server itself keeps the times between.
fn tap(conn: &RustConnection, root: Window, key: u8) {
    conn.xtest_fake_input(KEY_PRESS_EVENT, key, 50, root, 0, 0, 0).unwrap();
    conn.xtest_fake_input(KEY_RELEASE_EVENT, key, 50, root, 0, 0, 0).unwrap();
    conn.sync().unwrap();
}

/// Points the outer server's pointer and keyboard at the window of the inner one.
fn focus_inner(conn: &RustConnection, root: Window) {
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
fn until_keys_arrive(outer: (&RustConnection, Window), inner: &Server) {
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

#[test]
fn played_back_escapes_do_not_stop() {
    let server = Server::xvfb("320x200x24");
    let person = Person::who_shows_the_screen();
    let mut keys = StopKeys::watch(person.view(), server.at()).unwrap();
    let (conn, root) = server.connect();
    for _ in 0..4 {
        tap(&conn, root, ESCAPE);
    }
    assert_eq!(keys.wait(Duration::from_millis(500)), Ok(StopSignal::Quiet));
}

#[test]
fn real_escapes_stop() {
    let outer = Server::xvfb("640x480x24");
    let inner = Server::xephyr(&outer, "320x200");
    let person = Person::who_shows_the_screen();
    let (conn, root) = outer.connect();
    focus_inner(&conn, root);
    until_keys_arrive((&conn, root), &inner);
    let mut keys = StopKeys::watch(person.view(), inner.at()).unwrap();
    tap(&conn, root, ESCAPE);
    tap(&conn, root, ESCAPE);
    assert_eq!(keys.wait(Duration::from_millis(300)), Ok(StopSignal::Quiet), "two are not three");
    tap(&conn, root, ESCAPE);
    let started = Instant::now();
    assert_eq!(keys.wait(Duration::from_secs(5)), Ok(StopSignal::Stop));
    assert!(started.elapsed() < Duration::from_millis(500), "it is heard at once");
    assert_eq!(keys.wait(Duration::from_millis(100)), Ok(StopSignal::Quiet), "it is said once");
}

#[test]
fn real_escapes_stop_while_the_screen_is_hidden() {
    let outer = Server::xvfb("640x480x24");
    let inner = Server::xephyr(&outer, "320x200");
    let person = Person::who_shows_the_screen();
    let (conn, root) = outer.connect();
    focus_inner(&conn, root);
    until_keys_arrive((&conn, root), &inner);
    let mut keys = StopKeys::watch(person.view(), inner.at()).unwrap();
    person.hides();
    assert!(!person.view().is_live(), "it is hidden");
    for _ in 0..3 {
        tap(&conn, root, ESCAPE);
    }
    assert_eq!(keys.wait_while(Duration::from_secs(5), || true), Ok(StopSignal::Stop));
    assert_eq!(keys.wait_while(Duration::from_secs(5), || false), Err(StopError::Revoked));
}

#[test]
fn real_and_played_back_escapes_do_not_add_up() {
    let outer = Server::xvfb("640x480x24");
    let inner = Server::xephyr(&outer, "320x200");
    let person = Person::who_shows_the_screen();
    let (conn, root) = outer.connect();
    focus_inner(&conn, root);
    until_keys_arrive((&conn, root), &inner);
    let mut keys = StopKeys::watch(person.view(), inner.at()).unwrap();
    let (inner_conn, inner_root) = inner.connect();
    tap(&conn, root, ESCAPE);
    tap(&inner_conn, inner_root, ESCAPE);
    tap(&conn, root, ESCAPE);
    tap(&inner_conn, inner_root, ESCAPE);
    assert_eq!(keys.wait(Duration::from_millis(500)), Ok(StopSignal::Quiet));
    tap(&conn, root, ESCAPE);
    assert_eq!(keys.wait(Duration::from_secs(5)), Ok(StopSignal::Stop));
}

#[test]
fn other_keys_do_not_stop() {
    let outer = Server::xvfb("640x480x24");
    let inner = Server::xephyr(&outer, "320x200");
    let person = Person::who_shows_the_screen();
    let (conn, root) = outer.connect();
    focus_inner(&conn, root);
    until_keys_arrive((&conn, root), &inner);
    let mut keys = StopKeys::watch(person.view(), inner.at()).unwrap();
    for _ in 0..4 {
        tap(&conn, root, LETTER_A);
    }
    assert_eq!(keys.wait(Duration::from_millis(300)), Ok(StopSignal::Quiet));
}
