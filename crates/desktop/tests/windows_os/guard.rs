//! A process that is killed while it holds keys: another one lets go of them.
//!
//! Both processes are this test's own program, started again to play them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rendezvous_assist::input::{Button, InputEvent};
use rendezvous_desktop::windows_os::{WindowsInjector, let_go_at_end};
use rendezvous_desktop::{Inject, Suspension};

use crate::inject::key;
use crate::person::Person;
use crate::window::Window;

fn play(role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", &format!("guard::{role}"), "--ignored", "--nocapture"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

/// Waits until the process has said this.
fn said(child: &mut Child, what: &str) {
    let out = BufReader::new(child.stdout.take().expect("a pipe"));
    let heard = out.lines().map_while(Result::ok).any(|line| line.trim_end().ends_with(what));
    assert!(heard, "it said no {what}");
}

#[test]
fn a_process_that_is_killed_leaves_nothing_pressed() {
    let mut window = Window::open();
    window.forget();
    let mut killed = play("the_process_that_is_killed").spawn().unwrap();
    said(&mut killed, "pressed");
    window.until("that the button is down", |line| line.starts_with("left down"));
    killed.kill().unwrap();
    // The last pressed comes up first.
    for up in ["left up", "up 57416", "up 30", "up 42"] {
        window.until(up, |line| line.starts_with(up));
    }
    killed.wait().unwrap();
}

#[test]
fn a_process_that_ends_well_leaves_nothing_to_do() {
    let notes = "down key 1e\ndown button left\nup button left\nup key 1e\n";
    let mut ready = Vec::new();
    let_go_at_end(notes.as_bytes(), &mut ready).unwrap();
    assert_eq!(ready, b"ready\n");
}

#[test]
#[ignore = "it is started by the test of its end"]
fn the_process_that_is_killed() {
    let mut person = Person::who_shows_the_screen();
    let mut guard = play("the_process_that_lets_go").spawn().unwrap();
    said(&mut guard, "ready");
    let notes = guard.stdin.take().unwrap();
    let grant = person.gives_control();
    let mut injector = WindowsInjector::open_guarded(grant, notes, &Suspension::default()).unwrap();
    injector.apply(InputEvent::Move { x: 50, y: 60 }).unwrap();
    for code in ["ShiftLeft", "KeyA", "ArrowUp"] {
        injector.apply(key(code, true)).unwrap();
    }
    injector.apply(InputEvent::Button { button: Button::Left, down: true }).unwrap();
    let mut out = std::io::stdout();
    out.write_all(b"pressed\n").and_then(|()| out.flush()).unwrap();
    std::thread::sleep(Duration::from_secs(600));
}

#[test]
#[ignore = "it is started by the process that is killed"]
fn the_process_that_lets_go() {
    let_go_at_end(std::io::stdin(), std::io::stdout()).unwrap();
}
