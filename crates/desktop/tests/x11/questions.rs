//! Questions in windows, and who may answer them: outside is the person, inside the helper.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use rendezvous_desktop::Suspension;
use rendezvous_desktop::windows::{
    Act, Block, Button, ButtonId, ButtonKind, Look, Refusals, Shape, Told, Tone, View, WindowId, Windows,
    picture,
};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, AutoRepeatMode, BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ButtonPressEvent,
    ChangeKeyboardControlAux, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, EventMask, InputFocus,
    KEY_PRESS_EVENT, KEY_RELEASE_EVENT, KeyButMask, KeyPressEvent, MOTION_NOTIFY_EVENT, StackMode, Window,
    WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::server::{Server, until};

const NO: ButtonId = ButtonId(0);
const YES: ButtonId = ButtonId(1);

const TAB: u8 = 23;
const ENTER: u8 = 36;
const SPACE: u8 = 65;
const ESCAPE: u8 = 9;

/// What allows something is deaf for a second; whoever waits for longer has waited for it.
const DEAF: Duration = Duration::from_millis(1_100);
/// What takes longer than this is broken.
const SOON: Duration = Duration::from_secs(10);

fn question() -> View {
    let button = |id, label: &str, kind| Button { id, label: label.to_owned(), kind };
    View {
        title: "A question".to_owned(),
        shape: Shape::Question,
        tone: Tone::Calm,
        body: vec![Block::Heading("Really?".to_owned()), Block::Text("This is a question.".to_owned())],
        buttons: vec![button(NO, "No", ButtonKind::Safe), button(YES, "Yes", ButtonKind::Allow)],
        refusals: Refusals::default(),
    }
}

/// The person's screen, and on it, in a window, the one that is shared.
pub(crate) struct Stage {
    pub(crate) outer: (RustConnection, Window),
    pub(crate) inner: (RustConnection, Window),
    pub(crate) windows: Windows,
    pub(crate) told: mpsc::Receiver<Told>,
    pub(crate) suspension: Suspension,
    pub(crate) servers: (Server, Server),
}

impl Stage {
    pub(crate) fn set() -> Self {
        let outer = Server::xvfb("1024x768x24");
        let inner = Server::xephyr(&outer, "900x700");
        let suspension = Suspension::default();
        let (tell, told) = mpsc::channel();
        let look = Some(Look::new(false, 1.0));
        let windows = Windows::open(inner.at(), look, suspension.clone(), move |news| {
            _ = tell.send(news);
        })
        .unwrap();
        let stage = Self {
            outer: outer.connect(),
            inner: inner.connect(),
            windows,
            told,
            suspension,
            servers: (outer, inner),
        };
        stage.focus_inner();
        stage
    }

    /// The outer keyboard goes to the inner screen.
    fn focus_inner(&self) {
        let (conn, root) = &self.outer;
        let mut window = None;
        until("the inner server shows its window", || {
            window = conn.query_tree(*root).unwrap().reply().unwrap().children.last().copied();
            window.is_some()
        });
        conn.set_input_focus(InputFocus::PARENT, window.unwrap(), x11rb::CURRENT_TIME)
            .unwrap()
            .check()
            .unwrap();
        self.point(&self.outer, 5, 5);
    }

    fn point(&self, (conn, root): &(RustConnection, Window), x: i16, y: i16) {
        conn.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, *root, x, y, 0).unwrap();
        conn.sync().unwrap();
    }

    pub(crate) fn key(&self, (conn, root): &(RustConnection, Window), key: u8) {
        conn.xtest_fake_input(KEY_PRESS_EVENT, key, 0, *root, 0, 0, 0).unwrap();
        conn.xtest_fake_input(KEY_RELEASE_EVENT, key, 0, *root, 0, 0, 0).unwrap();
        conn.sync().unwrap();
    }

    fn click(&self, hand: &(RustConnection, Window), (x, y): (i16, i16)) {
        self.point(hand, x, y);
        let (conn, root) = hand;
        conn.xtest_fake_input(BUTTON_PRESS_EVENT, 1, 0, *root, 0, 0, 0).unwrap();
        conn.xtest_fake_input(BUTTON_RELEASE_EVENT, 1, 0, *root, 0, 0, 0).unwrap();
        conn.sync().unwrap();
    }

    /// Shows the question; returns when it is there, has the keyboard, and hears.
    fn asks(&self) -> (WindowId, Window) {
        let id = self.windows.show(question());
        let window = self.appears();
        std::thread::sleep(DEAF);
        (id, window)
    }

    /// Returns when the question is on the display and has the keyboard.
    pub(crate) fn appears(&self) -> Window {
        let mut window = None;
        until("the question is there and has the keyboard", || {
            window = self.find();
            let focus = self.inner.0.get_input_focus().unwrap().reply().unwrap().focus;
            window == Some(focus)
        });
        window.unwrap()
    }

    pub(crate) fn find(&self) -> Option<Window> {
        let (conn, root) = &self.inner;
        let children = conn.query_tree(*root).unwrap().reply().unwrap().children;
        children.into_iter().find(|child| {
            let class =
                conn.get_property(false, *child, AtomEnum::WM_CLASS, AtomEnum::STRING, 0, 64).unwrap();
            class.reply().is_ok_and(|class| class.value.starts_with(b"rendezvous"))
        })
    }

    /// Where the middle of a button is on the inner screen.
    fn button(&self, window: Window, id: ButtonId) -> (i16, i16) {
        let (conn, root) = &self.inner;
        let at = conn.translate_coordinates(window, *root, 0, 0).unwrap().reply().unwrap();
        let drawn = picture(&question(), Look::new(false, 1.0), (900, 700)).unwrap();
        let place = drawn.buttons.iter().find(|(button, _)| *button == id).unwrap().1;
        let middle = |start: u16, length: u16| i16::try_from(start + length / 2).unwrap();
        (at.dst_x + middle(place.x, place.width), at.dst_y + middle(place.y, place.height))
    }

    /// What is pressed next. The inner screen fills the upper left part of the outer one, so places are the same on both.
    fn hears(&self) -> Option<ButtonId> {
        match self.told.recv_timeout(SOON) {
            Ok(Told::Did(_, Act::Pressed(button, _))) => Some(button),
            other => panic!("nothing was done: {other:?}"),
        }
    }

    /// Presses until that is heard: how soon a window may be heard on a busy machine is not for a test to say.
    fn allows(&self, press: impl Fn()) {
        let deadline = Instant::now() + SOON;
        while Instant::now() < deadline {
            press();
            match self.told.recv_timeout(Duration::from_millis(700)) {
                Ok(Told::Did(_, Act::Pressed(button, _))) => return assert_eq!(button, YES),
                Ok(other) => panic!("{other:?}"),
                Err(_) => {}
            }
        }
        panic!("no press was heard within {SOON:?}");
    }

    /// Fails if anything was allowed so far. A no that is sent after it proves that all of it was heard.
    fn nothing_was_allowed(&self, id: WindowId) {
        self.key(&self.inner, ESCAPE);
        assert_eq!(self.hears(), Some(NO), "the first that is heard is the no");
        self.windows.close(id);
        assert_eq!(self.told.try_recv(), Err(mpsc::TryRecvError::Empty));
    }
}

#[test]
fn a_finger_on_the_keyboard_or_the_mouse_allows() {
    let stage = Stage::set();
    let (id, window) = stage.asks();
    stage.key(&stage.outer, TAB);
    stage.allows(|| stage.key(&stage.outer, ENTER));
    stage.windows.close(id);
    assert_ne!(stage.find(), Some(window), "it is gone when that returns");

    let (id, window) = stage.asks();
    let at = stage.button(window, YES);
    stage.allows(|| stage.click(&stage.outer, at));
    stage.windows.close(id);
}

#[test]
fn played_back_input_allows_nothing_and_may_say_no() {
    let stage = Stage::set();
    let (id, window) = stage.asks();
    for _ in 0..5 {
        stage.click(&stage.inner, stage.button(window, YES));
        // The click has moved the keyboard there.
        stage.key(&stage.inner, ENTER);
        stage.key(&stage.inner, SPACE);
    }
    stage.nothing_was_allowed(id);
    let (id, window) = stage.asks();
    stage.click(&stage.inner, stage.button(window, NO));
    assert_eq!(stage.hears(), Some(NO));
    stage.windows.close(id);
}

#[test]
fn sent_events_are_nobodys() {
    let stage = Stage::set();
    let (id, window) = stage.asks();
    let (conn, root) = &stage.inner;
    for (press, detail) in [(KEY_PRESS_EVENT, TAB), (KEY_PRESS_EVENT, ENTER), (KEY_RELEASE_EVENT, ENTER)] {
        let event = KeyPressEvent {
            response_type: press,
            detail,
            sequence: 0,
            time: x11rb::CURRENT_TIME,
            root: *root,
            event: window,
            child: x11rb::NONE,
            root_x: 0,
            root_y: 0,
            event_x: 10,
            event_y: 10,
            state: KeyButMask::from(0_u16),
            same_screen: true,
        };
        conn.send_event(false, window, EventMask::NO_EVENT, event).unwrap();
    }
    for press in [BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT] {
        let event = ButtonPressEvent {
            response_type: press,
            detail: 1,
            sequence: 0,
            time: x11rb::CURRENT_TIME,
            root: *root,
            event: window,
            child: x11rb::NONE,
            root_x: 0,
            root_y: 0,
            event_x: 10,
            event_y: 10,
            state: KeyButMask::from(0_u16),
            same_screen: true,
        };
        conn.send_event(false, window, EventMask::NO_EVENT, event).unwrap();
    }
    conn.sync().unwrap();
    stage.nothing_was_allowed(id);
}

#[test]
fn the_first_second_and_a_held_key_allow_nothing() {
    let stage = Stage::set();
    // The outer server would repeat the key as release and press; on a busy machine not in one breath.
    let off = ChangeKeyboardControlAux::new().auto_repeat_mode(AutoRepeatMode::OFF);
    stage.outer.0.change_keyboard_control(&off).unwrap().check().unwrap();
    let id = stage.windows.show(question());
    let begun = Instant::now();
    stage.appears();
    stage.key(&stage.outer, TAB);
    stage.key(&stage.outer, ENTER);
    let was_quick = begun.elapsed() < Duration::from_millis(900);
    // Down before it hears, and held for long after.
    stage.outer.0.xtest_fake_input(KEY_PRESS_EVENT, ENTER, 0, stage.outer.1, 0, 0, 0).unwrap();
    stage.outer.0.sync().unwrap();
    std::thread::sleep(DEAF * 2);
    stage.outer.0.xtest_fake_input(KEY_RELEASE_EVENT, ENTER, 0, stage.outer.1, 0, 0, 0).unwrap();
    stage.outer.0.sync().unwrap();
    if was_quick {
        stage.nothing_was_allowed(id);
    } else {
        println!("skipped: the machine is too busy to press within a second");
    }
}

#[test]
fn a_covered_window_allows_nothing() {
    let stage = Stage::set();
    let (id, window) = stage.asks();
    let (conn, root) = &stage.inner;
    let place = conn.get_geometry(window).unwrap().reply().unwrap();
    let cover = conn.generate_id().unwrap();
    let aux = CreateWindowAux::new().override_redirect(1).background_pixel(0x00ff_ffff);
    // A corner is enough: what is there may be what the person should have read.
    conn.create_window(
        x11rb::COPY_DEPTH_FROM_PARENT,
        cover,
        *root,
        place.x,
        place.y,
        40,
        40,
        0,
        WindowClass::INPUT_OUTPUT,
        x11rb::COPY_FROM_PARENT,
        &aux,
    )
    .unwrap();
    conn.map_window(cover).unwrap();
    conn.sync().unwrap();
    std::thread::sleep(DEAF);
    stage.click(&stage.outer, stage.button(window, YES));
    stage.key(&stage.outer, ENTER);
    conn.unmap_window(cover).unwrap();
    conn.sync().unwrap();
    // Uncovered in the moment of the click: it is seen for the first time.
    stage.click(&stage.outer, stage.button(window, YES));
    stage.nothing_was_allowed(id);
    let (id, window) = stage.asks();
    let at = stage.button(window, YES);
    stage.allows(|| stage.click(&stage.outer, at));
    stage.windows.close(id);
}

#[test]
fn a_window_that_is_moved_or_has_lost_the_keyboard_allows_nothing() {
    let stage = Stage::set();
    let (id, window) = stage.asks();
    let (conn, root) = &stage.inner;
    let (x, y) = stage.button(window, YES);
    let moved = ConfigureWindowAux::new().x(200).y(30).stack_mode(StackMode::ABOVE);
    conn.configure_window(window, &moved).unwrap();
    conn.sync().unwrap();
    let place = conn.translate_coordinates(window, *root, 0, 0).unwrap().reply().unwrap();
    assert_eq!((place.dst_x, place.dst_y), (200, 30));
    stage.click(&stage.outer, stage.button(window, YES));
    assert_ne!((x, y), stage.button(window, YES));
    conn.set_input_focus(InputFocus::PARENT, *root, x11rb::CURRENT_TIME).unwrap();
    conn.sync().unwrap();
    std::thread::sleep(DEAF);
    stage.click(&stage.outer, stage.button(window, YES));
    conn.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME).unwrap();
    conn.sync().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    stage.nothing_was_allowed(id);
}

#[test]
fn it_appears_beside_the_pointer_and_holds_the_expert_back() {
    let stage = Stage::set();
    for (x, y) in [(450, 350), (5, 5), (890, 690), (450, 120), (300, 600)] {
        stage.point(&stage.outer, x, y);
        until("the pointer is there", || {
            let pointer = stage.inner.0.query_pointer(stage.inner.1).unwrap().reply().unwrap();
            (pointer.root_x, pointer.root_y) == (x, y)
        });
        assert!(!stage.suspension.is_on() || (x, y) != (450, 350));
        let id = stage.windows.show(question());
        let window = stage.appears();
        assert!(stage.suspension.is_on());
        let pointer = stage.inner.0.query_pointer(window).unwrap().reply().unwrap();
        let size = stage.inner.0.get_geometry(window).unwrap().reply().unwrap();
        let within = |at: i16, length: u16| at >= 0 && i32::from(at) < i32::from(length);
        assert!(!(within(pointer.win_x, size.width) && within(pointer.win_y, size.height)), "{x} {y}");
        stage.windows.close(id);
        assert!(stage.suspension.is_on(), "and half a second longer");
    }
    until("the expert may go on", || !stage.suspension.is_on());
}

#[test]
fn no_is_the_answer_of_escape_and_of_a_window_that_is_closed() {
    let stage = Stage::set();
    let id = stage.windows.show(question());
    let window = stage.appears();
    stage.key(&stage.outer, ESCAPE);
    assert_eq!(stage.hears(), Some(NO), "at once");
    stage.windows.close(id);
    let id = stage.windows.show(question());
    let other = stage.appears();
    assert_ne!(window, other);
    let (conn, _) = &stage.inner;
    let atom = |name: &[u8]| conn.intern_atom(false, name).unwrap().reply().unwrap().atom;
    let data = [atom(b"WM_DELETE_WINDOW"), 0, 0, 0, 0];
    let message = x11rb::protocol::xproto::ClientMessageEvent::new(32, other, atom(b"WM_PROTOCOLS"), data);
    conn.send_event(false, other, EventMask::NO_EVENT, message).unwrap();
    conn.sync().unwrap();
    assert_eq!(stage.hears(), Some(NO));
    stage.windows.close(id);
    let _ = &stage.servers;
}
