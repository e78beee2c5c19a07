//! The bar: on every monitor, in view, heard, and missed when it is not there.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use rendezvous_desktop::x11::StopError;
use rendezvous_desktop::x11::bar::{Bar, Contents, GRACE, Press, Pulse, Tone};
use x11rb::connection::Connection;
use x11rb::protocol::randr::{ConnectionExt as _, MonitorInfo};
use x11rb::protocol::xproto::{
    AtomEnum, BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConfigureWindowAux, ConnectionExt as _,
    CreateWindowAux, GrabMode, GrabStatus, ImageFormat, InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT,
    MOTION_NOTIFY_EVENT, StackMode, Window, WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::finger::Finger;
use crate::needs_xephyr_stop::focus_inner;
use crate::person::{Person, dead_view};
use crate::server::{Server, until};

/// A bar on a server, and what is pressed on it.
struct Shown {
    bar: Bar,
    pressed: mpsc::Receiver<Press>,
    conn: RustConnection,
    root: Window,
}

fn contents(tone: Tone, buttons: &[(Press, &str)]) -> Contents {
    let buttons = buttons.iter().map(|(press, label)| (*press, (*label).to_owned())).collect();
    Contents {
        text: "● Ann sees your screen · 12 min".into(),
        spoken: "Ann sees your screen".into(),
        tone,
        buttons,
    }
}

fn seen() -> Contents {
    contents(Tone::Seen, &[(Press::Pause, "Pause"), (Press::Stop, "Stop")])
}

fn show(server: &Server, contents: Contents) -> Shown {
    let person = Person::who_shows_the_screen();
    let (tell, pressed) = mpsc::channel();
    let bar = Bar::show(&person.view(), server.at(), contents, move |press| _ = tell.send(press)).unwrap();
    let (conn, root) = server.connect();
    let shown = Shown { bar, pressed, conn, root };
    let pulse = shown.bar.pulse();
    until("it is in view", || pulse.is_alive());
    shown
}

/// The bar's windows: left, top, width, height.
fn windows(conn: &RustConnection, root: Window) -> Vec<(Window, [i32; 4])> {
    let mut found = Vec::new();
    for window in conn.query_tree(root).unwrap().reply().unwrap().children {
        let (class, kind) = (AtomEnum::WM_CLASS, AtomEnum::STRING);
        let property = conn.get_property(false, window, class, kind, 0, 64).unwrap().reply();
        if property.is_ok_and(|class| class.value.starts_with(b"rendezvous-bar\0")) {
            // It may be gone in this moment.
            let Ok(g) = conn.get_geometry(window).unwrap().reply() else { continue };
            let at = [i32::from(g.x), i32::from(g.y), i32::from(g.width), i32::from(g.height)];
            found.push((window, at));
        }
    }
    found.sort_by_key(|(_, at)| *at);
    found
}

impl Shown {
    fn only(&self) -> (Window, [i32; 4]) {
        let all = windows(&self.conn, self.root);
        assert_eq!(all.len(), 1, "{all:?}");
        all[0]
    }

    /// Presses the mouse at this place of the only bar, as a program would.
    fn click(&self, right: i32) {
        let (_, [left, top, width, height]) = self.only();
        let (x, y) = (left + width - right, top + height / 2);
        click(&self.conn, self.root, (x, y));
    }

    fn hears(&self) -> Press {
        self.pressed.recv_timeout(Duration::from_secs(5)).expect("it is heard within 5 s")
    }

    fn hears_nothing(&self) {
        // What was done before this has arrived when the bar has looked after itself again.
        assert_eq!(
            self.pressed.recv_timeout(Duration::from_millis(600)),
            Err(mpsc::RecvTimeoutError::Timeout)
        );
    }
}

fn click(conn: &RustConnection, root: Window, (x, y): (i32, i32)) {
    let at = |pixels: i32| i16::try_from(pixels).unwrap();
    conn.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, root, at(x), at(y), 0).unwrap();
    conn.xtest_fake_input(BUTTON_PRESS_EVENT, 1, 0, root, 0, 0, 0).unwrap();
    conn.xtest_fake_input(BUTTON_RELEASE_EVENT, 1, 0, root, 0, 0, 0).unwrap();
    conn.sync().unwrap();
}

/// A window over the whole screen, above everything at that moment.
fn cover(conn: &RustConnection, root: Window) -> Window {
    let window = conn.generate_id().unwrap();
    let aux = CreateWindowAux::new().override_redirect(1).background_pixel(0x33_3333);
    let class = WindowClass::INPUT_OUTPUT;
    conn.create_window(0, window, root, 0, 0, 2000, 2000, 0, class, 0, &aux).unwrap();
    conn.map_window(window).unwrap();
    conn.sync().unwrap();
    window
}

fn pixel(conn: &RustConnection, root: Window, x: i32, y: i32) -> u32 {
    let (x, y) = (i16::try_from(x).unwrap(), i16::try_from(y).unwrap());
    let image = conn.get_image(ImageFormat::Z_PIXMAP, root, x, y, 1, 1, u32::MAX).unwrap().reply().unwrap();
    u32::from_le_bytes([image.data[0], image.data[1], image.data[2], 0])
}

fn is_missed(pulse: &Pulse, from: Instant) {
    while pulse.is_alive() {
        assert!(from.elapsed() < Duration::from_secs(20), "it is missed");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn it_is_seen_in_its_colour_and_goes_with_the_help() {
    let server = Server::xvfb("640x480x24");
    let shown = show(&server, seen());
    let (window, [left, top, width, height]) = shown.only();
    assert_eq!((top, (left + width / 2 - 320).abs() <= 1), (0, true), "at the middle of the upper edge");
    assert!(height >= 30 && width > 300, "{width}x{height}");
    until("it is amber", || pixel(&shown.conn, shown.root, left + 4, top + 4) == 0xf2_b134);
    let attributes = shown.conn.get_window_attributes(window).unwrap().reply().unwrap();
    assert!(attributes.override_redirect);
    shown.bar.say(contents(Tone::Controlled, &[(Press::TakeBack, "Take back"), (Press::Stop, "Stop")]));
    until("it is red", || {
        let (_, [left, top, ..]) = shown.only();
        pixel(&shown.conn, shown.root, left + 4, top + 4) == 0xa1_121c
    });
    drop(shown.bar);
    assert_eq!(windows(&shown.conn, shown.root), []);
}

#[test]
fn without_a_permission_there_is_no_bar() {
    let server = Server::xvfb("640x480x24");
    let refused = Bar::show(&dead_view(), server.at(), seen(), |_| {});
    assert_eq!(refused.unwrap_err(), StopError::Revoked);
}

#[test]
fn stop_and_pause_are_heard_also_where_a_menu_holds_the_mouse() {
    let server = Server::xvfb("640x480x24");
    let shown = show(&server, seen());
    shown.click(20);
    assert_eq!(shown.hears(), Press::Stop);
    shown.click(100);
    assert_eq!(shown.hears(), Press::Pause);
    let (menu, root) = server.connect();
    let mode = GrabMode::ASYNC;
    let grabbed = menu
        .grab_pointer(false, root, 0_u32.into(), mode, mode, x11rb::NONE, x11rb::NONE, x11rb::CURRENT_TIME)
        .unwrap()
        .reply()
        .unwrap();
    assert_eq!(grabbed.status, GrabStatus::SUCCESS);
    shown.click(20);
    assert_eq!(shown.hears(), Press::Stop);
    shown.click(300);
    shown.hears_nothing();
}

#[test]
fn it_is_on_every_monitor_and_follows_them() {
    let server = Server::xvfb("900x400x24");
    let (conn, root) = server.connect();
    conn.randr_query_version(1, 5).unwrap().reply().unwrap();
    let mut outputs = conn.randr_get_screen_resources(root).unwrap().reply().unwrap().outputs;
    let name = |name: &[u8]| conn.intern_atom(false, name).unwrap().reply().unwrap().atom;
    for (at, (called, width)) in [("one", 500), ("two", 400)].into_iter().enumerate() {
        let monitor = MonitorInfo {
            name: name(called.as_bytes()),
            primary: false,
            automatic: false,
            x: if at == 0 { 0 } else { 500 },
            y: 0,
            width,
            height: 400,
            width_in_millimeters: 100,
            height_in_millimeters: 100,
            outputs: std::mem::take(&mut outputs),
        };
        conn.randr_set_monitor(root, monitor).unwrap().check().unwrap();
    }
    let shown = show(&server, seen());
    let tops = || windows(&shown.conn, shown.root).into_iter().map(|(_, at)| at).collect::<Vec<_>>();
    let at = tops();
    assert_eq!(at.len(), 2, "{at:?}");
    assert!(at[0][0] + at[0][2] <= 500 && at[1][0] >= 500, "each on its own: {at:?}");
    conn.randr_delete_monitor(root, name(b"two")).unwrap().check().unwrap();
    until("one is left", || tops().len() == 1);
    let pulse = shown.bar.pulse();
    until("and in view", || pulse.is_alive());
}

#[test]
fn what_is_put_above_it_does_not_stay_there() {
    let server = Server::xvfb("640x480x24");
    let shown = show(&server, seen());
    let (window, [left, top, ..]) = shown.only();
    cover(&shown.conn, shown.root);
    until("it is on top again", || {
        shown.conn.query_tree(shown.root).unwrap().reply().unwrap().children.last() == Some(&window)
    });
    until("and seen", || pixel(&shown.conn, shown.root, left + 4, top + 4) == 0xf2_b134);
    for what in ["hidden", "moved", "destroyed"] {
        let (window, _) = shown.only();
        match what {
            "hidden" => shown.conn.unmap_window(window).unwrap().check().unwrap(),
            "moved" => {
                let away = ConfigureWindowAux::new().x(5000).width(1);
                shown.conn.configure_window(window, &away).unwrap().check().unwrap();
            }
            _ => shown.conn.destroy_window(window).unwrap().check().unwrap(),
        }
        until(&format!("it is back after it was {what}"), || {
            windows(&shown.conn, shown.root).first().is_some_and(|(_, at)| at[0] == left)
                && pixel(&shown.conn, shown.root, left + 4, top + 4) == 0xf2_b134
        });
    }
}

#[test]
fn one_that_is_kept_covered_is_missed() {
    let server = Server::xvfb("640x480x24");
    let shown = show(&server, seen());
    let (pulse, from) = (shown.bar.pulse(), Instant::now());
    let window = cover(&shown.conn, shown.root);
    let up = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
    while pulse.is_alive() {
        // Whoever does this is faster than the bar may be.
        shown.conn.configure_window(window, &up).unwrap();
        shown.conn.sync().unwrap();
        assert!(from.elapsed() < Duration::from_secs(20), "it is missed");
    }
    assert!(from.elapsed() + Duration::from_millis(100) >= GRACE, "and not before its time");
    shown.conn.destroy_window(window).unwrap().check().unwrap();
    until("it is back", || pulse.is_alive());
}

#[test]
fn one_that_does_not_answer_is_missed_and_one_that_is_killed_comes_back() {
    let server = Server::xvfb("640x480x24");
    let shown = show(&server, seen());
    let pulse = shown.bar.pulse();
    // Nobody else is answered meanwhile: the bar hangs in the middle of what it does.
    shown.conn.grab_server().unwrap().check().unwrap();
    is_missed(&pulse, Instant::now());
    shown.conn.ungrab_server().unwrap().check().unwrap();
    until("it is back", || pulse.is_alive());

    let (window, _) = shown.only();
    shown.conn.kill_client(window).unwrap().check().unwrap();
    assert_eq!(windows(&shown.conn, shown.root), [], "it is gone with its connection");
    until("there is another one", || windows(&shown.conn, shown.root).len() == 1);
    until("and it is in view", || pulse.is_alive());
}

#[test]
fn only_a_real_mouse_shows_the_screen_again() {
    let hidden = contents(Tone::Calm, &[(Press::Resume, "Show again"), (Press::Stop, "Stop")]);
    only_a_real_mouse_presses(hidden, Press::Resume);
}

#[test]
fn only_a_real_mouse_brings_the_keyboard_to_what_two_people_write() {
    let writes = contents(Tone::Controlled, &[(Press::Write, "Write to them"), (Press::Stop, "Stop")]);
    only_a_real_mouse_presses(writes, Press::Write);
}

/// What lies 120 pixels from the right end of the bar.
fn only_a_real_mouse_presses(contents: Contents, press: Press) {
    let outer = Server::xvfb("800x600x24");
    let inner = Server::xephyr(&outer, "640x480");
    let (person, person_root) = outer.connect();
    focus_inner(&person, person_root);
    let shown = show(&inner, contents);
    let (_, [left, top, width, height]) = shown.only();
    let place = (left + width - 120, top + height / 2);
    for _ in 0..3 {
        click(&shown.conn, shown.root, place);
    }
    shown.hears_nothing();
    // The person's own hand, outside; the window of the inner screen lies at the upper left corner.
    let mut heard = Err(mpsc::RecvTimeoutError::Timeout);
    until("a real click is heard", || {
        click(&person, person_root, place);
        heard = shown.pressed.recv_timeout(Duration::from_millis(300));
        heard.is_ok()
    });
    assert_eq!(heard, Ok(press));
}

#[test]
fn a_pointer_that_is_moved_there_after_a_real_click_elsewhere_shows_nothing_again() {
    let outer = Server::xvfb("800x600x24");
    let inner = Server::xephyr(&outer, "640x480");
    let (person, person_root) = outer.connect();
    focus_inner(&person, person_root);
    let hidden = contents(Tone::Calm, &[(Press::Resume, "Show again"), (Press::Stop, "Stop")]);
    let shown = show(&inner, hidden);
    let (_, [left, top, width, height]) = shown.only();
    let (x, y) = (left + width - 120, top + height / 2);
    until("a real click there would be heard", || {
        click(&person, person_root, (x, y));
        shown.pressed.recv_timeout(Duration::from_millis(300)).is_ok()
    });
    // Nobody can ask the display anything between the click and the move.
    let finger = Finger::on(&outer, &inner);
    let (program, root) = inner.connect();
    program.grab_server().unwrap();
    program.sync().unwrap();
    finger.presses_the_mouse((300, 300));
    let at = |pixels: i32| i16::try_from(pixels).unwrap();
    program.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, root, at(x), at(y), 0).unwrap();
    program.ungrab_server().unwrap();
    program.sync().unwrap();
    shown.hears_nothing();
}

/// The codes of the usual keyboard.
const CONTROL_ALT_SHIFT: [u8; 3] = [37, 64, 50];
const SPACE: u8 = 65;
const TAB: u8 = 23;
const ENTER: u8 = 36;
const ESCAPE: u8 = 9;

fn key(conn: &RustConnection, root: Window, held: &[u8], key: u8) {
    let fake = |kind, code| conn.xtest_fake_input(kind, code, 0, root, 0, 0, 0).map(drop).unwrap();
    held.iter().for_each(|code| fake(KEY_PRESS_EVENT, *code));
    fake(KEY_PRESS_EVENT, key);
    fake(KEY_RELEASE_EVENT, key);
    held.iter().rev().for_each(|code| fake(KEY_RELEASE_EVENT, *code));
    conn.sync().unwrap();
}

fn focus(conn: &RustConnection) -> Window {
    conn.get_input_focus().unwrap().reply().unwrap().focus
}

#[test]
fn by_keyboard_everything_can_be_pressed_and_the_keyboard_goes_back_where_it_was() {
    let server = Server::xvfb("640x480x24");
    let shown = show(&server, seen());
    let (conn, root) = (&shown.conn, shown.root);
    let editor = conn.generate_id().unwrap();
    let class = WindowClass::INPUT_OUTPUT;
    conn.create_window(0, editor, root, 0, 300, 50, 50, 0, class, 0, &CreateWindowAux::new()).unwrap();
    conn.map_window(editor).unwrap();
    conn.sync().unwrap();
    conn.set_input_focus(InputFocus::PARENT, editor, x11rb::CURRENT_TIME).unwrap().check().unwrap();
    let (bar, _) = shown.only();

    key(conn, root, &[], SPACE);
    key(conn, root, &CONTROL_ALT_SHIFT[..2], SPACE);
    shown.hears_nothing();
    assert_eq!(focus(conn), editor, "other keys do not call for it");

    key(conn, root, &CONTROL_ALT_SHIFT, SPACE);
    until("the keyboard is in the bar", || focus(conn) == bar);
    key(conn, root, &[], ENTER);
    assert_eq!(shown.hears(), Press::Pause, "the first of them");
    key(conn, root, &[], TAB);
    key(conn, root, &[], SPACE);
    assert_eq!(shown.hears(), Press::Stop);
    key(conn, root, &[], ESCAPE);
    until("the keyboard is where it was", || focus(conn) == editor);
    key(conn, root, &CONTROL_ALT_SHIFT, SPACE);
    until("the keyboard is in the bar", || focus(conn) == bar);
    key(conn, root, &CONTROL_ALT_SHIFT, SPACE);
    until("the same keys take it back", || focus(conn) == editor);
}

#[test]
fn only_a_real_keyboard_shows_the_screen_again() {
    let hidden = contents(Tone::Calm, &[(Press::Resume, "Show again"), (Press::Stop, "Stop")]);
    only_a_real_keyboard_presses(hidden, Press::Resume);
}

#[test]
fn only_a_real_keyboard_goes_from_the_bar_to_what_two_people_write() {
    let writes = contents(Tone::Controlled, &[(Press::Write, "Write to them"), (Press::Stop, "Stop")]);
    only_a_real_keyboard_presses(writes, Press::Write);
}

/// The first button of the bar.
fn only_a_real_keyboard_presses(contents: Contents, press: Press) {
    let outer = Server::xvfb("800x600x24");
    let inner = Server::xephyr(&outer, "640x480");
    let (person, person_root) = outer.connect();
    focus_inner(&person, person_root);
    let shown = show(&inner, contents);
    let (bar, _) = shown.only();
    key(&shown.conn, shown.root, &CONTROL_ALT_SHIFT, SPACE);
    until("a program can call for it", || focus(&shown.conn) == bar);
    for _ in 0..3 {
        key(&shown.conn, shown.root, &[], ENTER);
    }
    shown.hears_nothing();
    let mut heard = Err(mpsc::RecvTimeoutError::Timeout);
    until("a real key is heard", || {
        key(&person, person_root, &[], ENTER);
        heard = shown.pressed.recv_timeout(Duration::from_millis(300));
        heard.is_ok()
    });
    assert_eq!(heard, Ok(press));
}
