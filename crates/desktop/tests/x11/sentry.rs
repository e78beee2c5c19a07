//! What holds the injector back, and what takes control: questions of other programs, devices, and the lock.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rendezvous_assist::input::{InputEvent, Meant};
use rendezvous_desktop::x11::{Alarm, Sentry, StopError, Taken, X11Injector};
use rendezvous_desktop::{Inject, Suspension};
use x11rb::connection::Connection;
use x11rb::protocol::xinput::{ConnectionExt as _, Device, DeviceType, XIChangePropertyAux};
use x11rb::protocol::xproto::{
    AtomEnum, ConnectionExt as _, CreateWindowAux, PropMode, ScreenSaver, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::keyboard::{lay_out, press};
use crate::person::Person;
use crate::server::{Server, until};

const AT_ONCE: Duration = Duration::from_millis(1);

/// A desk with a person, an injector and somebody who looks around.
struct Desk {
    server: Server,
    person: Person,
    suspension: Suspension,
    injector: X11Injector,
    sentry: Sentry,
}

fn desk() -> Desk {
    desk_on(Server::xvfb("320x200x24"))
}

fn desk_on(server: Server) -> Desk {
    let (mut person, suspension) = (Person::who_shows_the_screen(), Suspension::default());
    let sentry = Sentry::post(&person.view(), person.brake(), server.at(), &suspension).unwrap();
    let grant = person.gives_control();
    let injector = X11Injector::open_guarded(grant, server.at(), std::io::sink(), &suspension).unwrap();
    Desk { server, person, suspension, injector, sentry }
}

impl Desk {
    /// Lets the one who looks around look, until it is so.
    fn looks_until(&mut self, what: &str, is_on: bool) {
        let (sentry, suspension) = (&mut self.sentry, &self.suspension);
        until(what, || {
            assert_eq!(sentry.wait(AT_ONCE), Ok(Alarm::Quiet));
            suspension.is_on() == is_on
        });
    }

    fn alarm(&mut self) -> Alarm {
        self.sentry.wait(Duration::from_secs(10)).unwrap()
    }

    fn keys_down(&self) -> usize {
        let (conn, _) = self.server.connect();
        let keys = conn.query_keymap().unwrap().reply().unwrap().keys;
        keys.iter().map(|byte| byte.count_ones() as usize).sum()
    }
}

/// A window of a program that calls itself so; it is not on the screen yet.
fn window(conn: &RustConnection, root: Window, class: &[u8]) -> Window {
    let window = conn.generate_id().unwrap();
    let aux = CreateWindowAux::new();
    conn.create_window(0, window, root, 5, 5, 90, 60, 0, WindowClass::INPUT_OUTPUT, 0, &aux).unwrap();
    conn.change_property8(PropMode::REPLACE, window, AtomEnum::WM_CLASS, AtomEnum::STRING, class).unwrap();
    conn.sync().unwrap();
    window
}

#[test]
fn while_a_question_of_polkit_is_on_the_screen_nothing_is_played_back() {
    let mut desk = desk();
    let (conn, root) = desk.server.connect();
    desk.injector.apply(press("KeyA", Meant::Place)).unwrap();
    assert_eq!(desk.keys_down(), 1);

    let asks =
        window(&conn, root, b"polkit-gnome-authentication-agent-1\0Polkit-gnome-authentication-agent-1\0");
    conn.map_window(asks).unwrap();
    conn.sync().unwrap();
    desk.looks_until("it is held back", true);
    assert!(desk.sentry.sees_prompt());
    assert_eq!(desk.keys_down(), 0, "what was held is let go of");
    desk.injector.apply(press("KeyB", Meant::Place)).unwrap();
    desk.injector.apply(InputEvent::Move { x: 11, y: 11 }).unwrap();
    assert_eq!(desk.keys_down(), 0);
    let pointer = conn.query_pointer(root).unwrap().reply().unwrap();
    assert_ne!((pointer.root_x, pointer.root_y), (11, 11));

    conn.unmap_window(asks).unwrap();
    conn.sync().unwrap();
    desk.looks_until("it goes on after a while", false);
    assert!(!desk.sentry.sees_prompt());
    desk.injector.apply(press("KeyC", Meant::Place)).unwrap();
    assert_eq!(desk.keys_down(), 1, "and nothing is made up for");
}

#[test]
fn one_that_is_there_already_and_one_in_a_frame_count_and_others_do_not() {
    let server = Server::xvfb("320x200x24");
    let (conn, root) = server.connect();
    let frame = window(&conn, root, b"");
    let asks = window(&conn, frame, b"gcr-prompter\0Gcr-prompter\0");
    let other = window(&conn, root, b"editor\0Editor\0");
    for window in [frame, asks, other] {
        conn.map_window(window).unwrap();
    }
    conn.sync().unwrap();
    let mut desk = desk_on(server);
    assert!(desk.sentry.sees_prompt() && desk.suspension.is_on());
    conn.destroy_window(frame).unwrap();
    conn.sync().unwrap();
    desk.looks_until("only the editor is left", false);

    // Shown first and put into its frame afterwards, as window managers do it.
    let asks = window(&conn, root, b"kwalletd5\0kwalletd5\0");
    let frame = window(&conn, root, b"");
    conn.reparent_window(asks, frame, 0, 0).unwrap();
    conn.map_window(asks).unwrap();
    conn.map_window(frame).unwrap();
    conn.sync().unwrap();
    desk.looks_until("it is held back", true);
    assert!(desk.sentry.sees_prompt());
}

/// A process with the name of a known one, whose windows say nothing about themselves.
struct Nameless(Child, PathBuf);

impl Drop for Nameless {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
        _ = std::fs::remove_dir_all(&self.1);
    }
}

#[test]
fn a_program_is_known_by_its_process_whatever_its_windows_say() {
    let mut desk = desk();
    let place = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("named-{}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    let program = place.join("xsecurelock");
    let xterm = ["/usr/bin/xterm", "/bin/xterm"].into_iter().find(|path| PathBuf::from(path).exists());
    symlink(xterm.expect("install the package xterm"), &program).unwrap();
    let child = Command::new(&program)
        .args(["-display", desk.server.display(), "-class", "Editor", "-name", "editor", "-e", "sleep", "60"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let process = Nameless(child, place);
    let (sentry, deadline) = (&mut desk.sentry, Instant::now() + Duration::from_secs(30));
    let mut locked = false;
    while !sentry.sees_prompt() {
        assert!(Instant::now() < deadline, "it is known within 30 s");
        let alarm = sentry.wait(Duration::from_millis(20)).unwrap();
        assert!(alarm == Alarm::Quiet || alarm == Alarm::Locked && sentry.sees_prompt(), "{alarm:?}");
        locked |= alarm == Alarm::Locked;
    }
    locked |= sentry.wait(Duration::from_millis(500)) == Ok(Alarm::Locked);
    assert!(locked, "a screen that is locked takes control, it does not only hold it back");
    drop(process);
    desk.looks_until("it is gone", false);
}

/// The number of a real device of the test's server.
fn real(conn: &RustConnection, kind: DeviceType) -> u16 {
    conn.xinput_xi_query_version(2, 2).unwrap().reply().unwrap();
    let all = conn.xinput_xi_query_device(u16::from(Device::ALL)).unwrap().reply().unwrap().infos;
    let is_it = |name: &[u8]| !String::from_utf8_lossy(name).contains("XTEST");
    all.iter().find(|info| info.type_ == kind && is_it(&info.name)).expect("it has one").deviceid
}

#[test]
fn a_keyboard_that_is_switched_off_takes_control() {
    let mut desk = desk();
    let (conn, _) = desk.server.connect();
    let keyboard = real(&conn, DeviceType::SLAVE_KEYBOARD);
    let enabled = conn.intern_atom(false, b"Device Enabled").unwrap().reply().unwrap().atom;
    desk.injector.apply(press("KeyA", Meant::Place)).unwrap();
    let off = XIChangePropertyAux::Data8(vec![0]);
    conn.xinput_xi_change_property(keyboard, PropMode::REPLACE, enabled, AtomEnum::INTEGER.into(), 1, &off)
        .unwrap()
        .check()
        .unwrap();
    assert!(matches!(desk.alarm(), Alarm::Device(_)));
    assert_eq!(desk.keys_down(), 0, "everything is let go of before anybody is told");
    desk.injector.apply(press("KeyB", Meant::Place)).unwrap();
    assert_eq!(desk.keys_down(), 0, "and nothing is played back until they are");
}

#[test]
fn a_keyboard_with_other_symbols_takes_control() {
    let mut desk = desk();
    lay_out(&desk.server, "de");
    assert_eq!(desk.alarm(), Alarm::Device(Taken::Remapped));
    // One key, and the key for Escape of all keys.
    let (conn, _) = desk.server.connect();
    while desk.sentry.wait(Duration::from_millis(200)) != Ok(Alarm::Quiet) {}
    conn.change_keyboard_mapping(1, 9, 1, &[u32::from(b'x')]).unwrap().check().unwrap();
    assert_eq!(desk.alarm(), Alarm::Device(Taken::Remapped));
}

#[test]
fn buttons_that_are_swapped_take_control() {
    let mut desk = desk();
    let (conn, _) = desk.server.connect();
    let mut map = conn.get_pointer_mapping().unwrap().reply().unwrap().map;
    map.swap(0, 2);
    conn.set_pointer_mapping(&map).unwrap().reply().unwrap();
    assert_eq!(desk.alarm(), Alarm::Device(Taken::Remapped));
}

#[test]
fn a_pointer_that_points_elsewhere_takes_control() {
    let mut desk = desk();
    let (conn, _) = desk.server.connect();
    let pointer = real(&conn, DeviceType::SLAVE_POINTER);
    let atom = |name: &[u8]| conn.intern_atom(false, name).unwrap().reply().unwrap().atom;
    let matrix: Vec<u32> = [0.0_f32, 0.0, 0.5, 0.0, 0.0, 0.5, 0.0, 0.0, 1.0].map(f32::to_bits).to_vec();
    conn.xinput_xi_change_property(
        pointer,
        PropMode::REPLACE,
        atom(b"Coordinate Transformation Matrix"),
        atom(b"FLOAT"),
        9,
        &XIChangePropertyAux::Data32(matrix),
    )
    .unwrap()
    .check()
    .unwrap();
    assert_eq!(desk.alarm(), Alarm::Device(Taken::Remapped));
}

#[test]
fn what_the_injector_does_itself_takes_nothing() {
    let mut desk = desk();
    // No key has these: spare ones are lent to them.
    for character in ['日', 'ж', 'ß'] {
        desk.injector.apply(press("KeyA", Meant::Character(character))).unwrap();
        desk.injector.apply(InputEvent::Release { key: crate::keyboard::key("KeyA") }).unwrap();
    }
    assert_eq!(desk.sentry.wait(Duration::from_millis(500)), Ok(Alarm::Quiet));
    drop(desk.injector);
    assert_eq!(desk.sentry.wait(Duration::from_millis(500)), Ok(Alarm::Quiet));
}

#[test]
fn a_screen_saver_counts_as_a_lock() {
    let mut desk = desk();
    let (conn, _) = desk.server.connect();
    conn.force_screen_saver(ScreenSaver::ACTIVE).unwrap().check().unwrap();
    assert_eq!(desk.alarm(), Alarm::Locked);
    // Whoever comes while it runs is told at once.
    let (person, suspension) = (&desk.person, &desk.suspension);
    let mut late = Sentry::post(&person.view(), person.brake(), desk.server.at(), suspension).unwrap();
    assert_eq!(late.wait(AT_ONCE), Ok(Alarm::Locked));
}

#[test]
fn looking_around_ends_with_the_help() {
    let mut desk = desk();
    desk.person.stops();
    assert_eq!(desk.sentry.wait(Duration::from_secs(60)), Err(StopError::Revoked));
}
