//! A process that is killed while it holds keys: another one lets go of them.
//!
//! Both processes are this test's own program, started again to play them.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rendezvous_assist::input::{Button, InputEvent, Meant};
use rendezvous_desktop::x11::{X11Injector, let_go_at_end};
use rendezvous_desktop::{Inject, Suspension};
use x11rb::protocol::xkb::Group;
use x11rb::protocol::xproto::ConnectionExt as _;

use crate::keyboard::{choose_group, key, lay_out, locked, mapping, press};
use crate::person::Person;
use crate::server::{Server, until};

/// The display of whoever is played; nobody else has it.
const DISPLAY: &str = "RENDEZVOUS_TEST_DISPLAY";

fn play(role: &str, display: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", &format!("needs_xvfb_guard::{role}"), "--ignored", "--nocapture"])
        .env(DISPLAY, display)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

/// Waits until the process has said this.
fn said(child: &mut Child, what: &str) {
    let out = BufReader::new(child.stdout.take().expect("a pipe"));
    let heard = out.lines().map_while(Result::ok).any(|line| line.ends_with(what));
    assert!(heard, "it said no {what}");
}

/// Keys and the first three buttons that are down.
fn down(server: &Server) -> (Vec<u8>, bool) {
    let (conn, root) = server.connect();
    let keys = conn.query_keymap().unwrap().reply().unwrap().keys;
    let pointer = conn.query_pointer(root).unwrap().reply().unwrap();
    let is_down = |code: &u8| keys[usize::from(code / 8)] & (1 << (code % 8)) != 0;
    ((0..=255).filter(is_down).collect(), u16::from(pointer.mask) & 0x700 != 0)
}

#[test]
fn a_process_that_is_killed_leaves_nothing_pressed_lent_or_changed() {
    let server = Server::xvfb("320x200x24");
    lay_out(&server, "us,ru");
    choose_group(&server, Group::M2);
    let before = (mapping(&server), locked(&server));

    let mut killed = play("the_process_that_is_killed", server.display()).spawn().unwrap();
    let (keys, button) = {
        said(&mut killed, "pressed");
        down(&server)
    };
    assert!(keys.len() >= 3 && button, "{keys:?}");
    assert_ne!(mapping(&server), before.0, "a key is lent");
    assert_eq!(locked(&server).1, 0, "the other group is chosen");

    killed.kill().unwrap();
    until("everything is up", || down(&server) == (Vec::new(), false));
    until("everything is as it was", || (mapping(&server), locked(&server)) == before);
    killed.wait().unwrap();
}

#[test]
#[ignore = "played by the test above, which starts it"]
fn the_process_that_is_killed() {
    let display = std::env::var(DISPLAY).unwrap();
    let mut guard = play("the_process_that_lets_go", &display).spawn().unwrap();
    let notes = guard.stdin.take().unwrap();
    said(&mut guard, "ready");
    let mut person = Person::who_shows_the_screen();
    let mut injector =
        X11Injector::open_guarded(person.gives_control(), Some(&display), notes, &Suspension::default())
            .unwrap();
    for event in [
        press("KeyN", Meant::Character('日')),
        press("ControlLeft", Meant::Key(key("ControlLeft"))),
        InputEvent::Button { button: Button::Left, down: true },
        InputEvent::Release { key: key("ControlLeft") },
        press("ShiftLeft", Meant::Key(key("ShiftLeft"))),
        press("KeyA", Meant::Character('A')),
    ] {
        injector.apply(event).unwrap();
    }
    // Everything above has reached the server when this has come back.
    let (conn, _) = x11rb::connect(Some(&display)).unwrap();
    conn.get_input_focus().unwrap().reply().unwrap();
    println!("pressed");
    std::thread::sleep(Duration::from_secs(60));
    drop(injector);
}

#[test]
#[ignore = "played by the test above, which starts it"]
fn the_process_that_lets_go() {
    let display = std::env::var(DISPLAY).unwrap();
    let_go_at_end(Some(&display), std::io::stdin().lock(), std::io::stdout().lock()).unwrap();
}

#[test]
fn when_nobody_reads_the_notes_nothing_more_is_pressed() {
    let server = Server::xvfb("320x200x24");
    let mut guard = play("the_process_that_lets_go", server.display()).spawn().unwrap();
    let notes = guard.stdin.take().unwrap();
    said(&mut guard, "ready");
    let mut person = Person::who_shows_the_screen();
    let mut injector =
        X11Injector::open_guarded(person.gives_control(), server.at(), notes, &Suspension::default())
            .unwrap();
    injector.apply(press("KeyA", Meant::Place)).unwrap();
    guard.kill().unwrap();
    guard.wait().unwrap();
    injector.apply(press("KeyB", Meant::Place)).unwrap_err();
    assert_eq!(down(&server).0, [38], "what was pressed before is still there to be let go of");
    _ = injector.release_all();
    drop(injector);
    assert_eq!(down(&server), (Vec::new(), false));
}
