//! One window is seen, whatever lies over it, and never a pixel of another one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rendezvous_assist::screen::{CursorEvent, Size};
use rendezvous_assist::screens::{Kind, ScreenName};
use rendezvous_desktop::x11::X11Capturer;
use rendezvous_desktop::x11::windows::{self, WindowError};
use rendezvous_desktop::{Capture, CaptureError, Change, Choice, ChosenWindow, I420, Rect, Subject};
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::composite::{ConnectionExt as _, Redirect};
use x11rb::protocol::xproto::{
    AtomEnum, BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ChangeGCAux, ConfigureWindowAux, ConnectionExt as _,
    CreateGCAux, CreateWindowAux, EventMask, Gcontext, MOTION_NOTIFY_EVENT, PropMode, Rectangle, StackMode,
    Window, WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::needs_xvfb_cursor::until as cursor_until;
use crate::person::Person;
use crate::relay::Relay;
use crate::server::{Server, until};

const SOON: Duration = Duration::from_secs(10);

const GREEN: u32 = 0x00_c800;
const RED: u32 = 0xff_0000;
const BLUE: u32 = 0x00_00ff;

/// A program with windows, which paints them when the server asks for it: at once, or not at all.
struct Program {
    conn: Arc<RustConnection>,
    root: Window,
    gc: Gcontext,
    paints: Arc<AtomicBool>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Program {
    fn start(server: &Server) -> Self {
        let (conn, root) = server.connect();
        let conn = Arc::new(conn);
        let gc = conn.generate_id().unwrap();
        conn.create_gc(gc, root, &CreateGCAux::new().foreground(GREEN)).unwrap().check().unwrap();
        let (paints, over) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
        let thread = std::thread::spawn({
            let (conn, paints, over) = (Arc::clone(&conn), Arc::clone(&paints), Arc::clone(&over));
            move || {
                while !over.load(Ordering::SeqCst) {
                    match conn.poll_for_event() {
                        Ok(Some(Event::Expose(e))) if paints.load(Ordering::SeqCst) => {
                            let at = |edge: u16| i16::try_from(edge).unwrap();
                            let exposed =
                                Rectangle { x: at(e.x), y: at(e.y), width: e.width, height: e.height };
                            let _ = conn.poly_fill_rectangle(e.window, gc, &[exposed]);
                            let _ = conn.flush();
                        }
                        Ok(Some(_)) => {}
                        Ok(None) => std::thread::sleep(Duration::from_millis(1)),
                        Err(_) => return,
                    }
                }
            }
        });
        Self { conn, root, gc, paints, over, thread: Some(thread) }
    }

    /// A window that paints itself green and has no background, so that the server leaves in it what was there.
    fn window(&self, parent: Window, area: Rect, title: &str) -> Window {
        let aux = CreateWindowAux::new().event_mask(EventMask::EXPOSURE);
        let window = self.create(parent, area, &aux);
        self.name(window, title);
        self.map(window);
        window
    }

    /// A window of one colour, over all others.
    fn cover(&self, area: Rect, colour: u32) -> Window {
        let aux = CreateWindowAux::new().background_pixel(colour).override_redirect(1);
        let window = self.create(self.root, area, &aux);
        self.map(window);
        window
    }

    fn create(&self, parent: Window, area: Rect, aux: &CreateWindowAux) -> Window {
        let window = self.conn.generate_id().unwrap();
        let at = |edge: u16| i16::try_from(edge).unwrap();
        let (depth, visual) = (x11rb::COPY_DEPTH_FROM_PARENT, x11rb::COPY_FROM_PARENT);
        let (x, y, class) = (at(area.x), at(area.y), WindowClass::INPUT_OUTPUT);
        self.conn
            .create_window(depth, window, parent, x, y, area.width, area.height, 0, class, visual, aux)
            .unwrap()
            .check()
            .unwrap();
        window
    }

    fn name(&self, window: Window, title: &str) {
        let (mode, string) = (PropMode::REPLACE, AtomEnum::STRING);
        self.conn.change_property8(mode, window, AtomEnum::WM_NAME, string, title.as_bytes()).unwrap();
        self.conn.change_property8(mode, window, AtomEnum::WM_CLASS, string, b"editor\0Editor\0").unwrap();
        self.sync();
    }

    fn map(&self, window: Window) {
        self.conn.map_window(window).unwrap().check().unwrap();
    }

    fn unmap(&self, window: Window) {
        self.conn.unmap_window(window).unwrap().check().unwrap();
    }

    fn configure(&self, window: Window, aux: &ConfigureWindowAux) {
        self.conn.configure_window(window, aux).unwrap().check().unwrap();
    }

    fn fill(&self, window: Window, area: Rectangle, colour: u32) {
        self.conn.change_gc(self.gc, &ChangeGCAux::new().foreground(colour)).unwrap();
        self.conn.poly_fill_rectangle(window, self.gc, &[area]).unwrap();
        self.conn.change_gc(self.gc, &ChangeGCAux::new().foreground(GREEN)).unwrap();
        self.sync();
    }

    /// From now on it paints nothing, whoever asks.
    fn hangs(&self) {
        self.paints.store(false, Ordering::SeqCst);
    }

    fn sync(&self) {
        self.conn.sync().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        self.thread.take().map(JoinHandle::join);
    }
}

fn chosen(window: Window) -> ChosenWindow {
    ChosenWindow { id: window, class: "editor/Editor".into(), title: ScreenName::cleaned("Letter") }
}

fn share(person: &Person, at: Option<&str>, window: Window) -> Result<X11Capturer, CaptureError> {
    X11Capturer::share(person.view(), at, &Subject::Window(chosen(window)), &Choice::default())
}

/// Fails when anything red or blue is in the picture, in any part of it.
fn assert_nothing_foreign(picture: &I420) {
    let is_foreign = |plane: &[u8]| plane.iter().any(|sample| *sample > 150);
    assert!(!is_foreign(picture.v()), "something red is in the picture");
    assert!(!is_foreign(picture.u()), "something blue is in the picture");
}

/// Whether all of it is green.
fn is_green(picture: &I420) -> bool {
    // BT.709 in limited range.
    let green = 16.0 + 219.0 / 255.0 * 0.7152 * 200.0;
    picture.y().iter().all(|sample| (f64::from(*sample) - green).abs() <= 3.0)
}

/// Takes pictures until one is as expected; none of them may have anything foreign in it.
fn pictures_until(capturer: &mut X11Capturer, what: &str, expected: impl Fn(&I420) -> bool) -> Vec<bool> {
    let deadline = Instant::now() + SOON;
    let mut shown = Vec::new();
    loop {
        let change = capturer.wait(Duration::from_millis(20)).expect("the window is there");
        shown.extend(change.shown);
        capturer.grab().expect("the window is there");
        let picture = capturer.frame().expect("it is allowed");
        assert_nothing_foreign(picture);
        if expected(picture) {
            return shown;
        }
        assert!(Instant::now() < deadline, "within {SOON:?}: {what}");
    }
}

/// Takes pictures for a while; none may have anything foreign in it.
fn pictures_for(capturer: &mut X11Capturer, time: Duration) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        capturer.wait(Duration::from_millis(5)).expect("the window is there");
        capturer.grab().expect("the window is there");
        assert_nothing_foreign(capturer.frame().expect("it is allowed"));
    }
}

fn changed(capturer: &mut X11Capturer) {
    let deadline = Instant::now() + SOON;
    loop {
        match capturer.wait(Duration::from_millis(20)) {
            Err(error) => return assert_eq!(error, CaptureError::Changed),
            Ok(_) => match capturer.grab() {
                Ok(_) => assert_nothing_foreign(capturer.frame().unwrap()),
                Err(error) => return assert_eq!(error, CaptureError::Changed),
            },
        }
        assert!(Instant::now() < deadline, "its new size counts");
    }
}

/// A window on a blue ground, half of it under a red one.
fn half_covered() -> (Server, Program, Program, Window) {
    let server = Server::xvfb("400x300x24");
    let (program, other) = (Program::start(&server), Program::start(&server));
    other.cover(Rect { x: 0, y: 0, width: 400, height: 300 }, BLUE);
    let window = program.window(program.root, PLACE, "Letter");
    other.cover(Rect { x: 60, y: 50, width: 100, height: 300 }, RED);
    (server, program, other, window)
}

const PLACE: Rect = Rect { x: 40, y: 30, width: 201, height: 121 };

#[test]
fn it_is_seen_where_another_one_covers_it_and_where_it_leaves_the_screen() {
    let server = Server::xvfb("400x300x24");
    let (program, other) = (Program::start(&server), Program::start(&server));
    let root = program.cover(Rect { x: 0, y: 0, width: 400, height: 300 }, BLUE);
    let window = program.window(program.root, PLACE, "Letter");
    let cover = other.cover(Rect { x: 60, y: 50, width: 100, height: 300 }, RED);
    let person = Person::who_shows_the_screen();
    let mut capturer = share(&person, server.at(), window).unwrap();
    let scene = capturer.scene().clone();
    assert_eq!((scene.screens.kind(), scene.place), (Kind::Window, None), "there is nowhere to control it");
    assert_eq!(scene.screens.shared().name.as_str(), "Letter");
    assert_eq!(capturer.size(), Size { width: 201, height: 121 });
    pictures_until(&mut capturer, "all of it is green", is_green);

    // The other one moves over it, it moves under the other one and half out of the screen: nothing of it changes.
    for (x, y) in [(0, 0), (150, 100), (30, 20)] {
        other.configure(cover, &ConfigureWindowAux::new().x(x).y(y));
    }
    for (x, y) in [(350, 250), (-100, -60), (40, 30)] {
        program.configure(window, &ConfigureWindowAux::new().x(x).y(y));
    }
    other.configure(root, &ConfigureWindowAux::new().stack_mode(StackMode::ABOVE));
    pictures_for(&mut capturer, Duration::from_millis(300));
    assert!(is_green(capturer.frame().unwrap()));

    // What is painted in it under the other one is seen.
    let spot = Rectangle { x: 100, y: 60, width: 10, height: 10 };
    program.fill(window, spot, 0x80_8080);
    pictures_until(&mut capturer, "the grey spot is there", |picture| !is_green(picture));
}

#[test]
fn what_the_server_leaves_in_a_window_without_a_background_is_not_seen() {
    let server = Server::xvfb("400x300x24");
    let (program, other) = (Program::start(&server), Program::start(&server));
    other.cover(Rect { x: 0, y: 0, width: 400, height: 300 }, BLUE);
    let window = program.window(program.root, PLACE, "Letter");
    other.cover(Rect { x: 60, y: 50, width: 100, height: 300 }, RED);
    program.sync();
    // It hangs, and does not paint what the server asks it to: all that is in its pixels is what was on the screen.
    program.hangs();
    let person = Person::who_shows_the_screen();
    let mut capturer = share(&person, server.at(), window).unwrap();
    pictures_for(&mut capturer, Duration::from_millis(300));
    assert!(capturer.frame().unwrap().y().iter().all(|sample| *sample == 16), "black: nothing was painted");
    // What it does paint is seen, to the pixel, and what is around it is not.
    program.fill(window, Rectangle { x: 31, y: 33, width: 11, height: 7 }, GREEN);
    pictures_until(&mut capturer, "the spot is there", |picture| {
        let bright = picture.y().iter().filter(|sample| **sample > 100).count();
        assert!(bright <= 77, "{bright} pixels");
        bright == 77
    });
}

/// A compositor keeps every window's pixels apart already, before anything is shared.
#[test]
fn under_a_compositor_it_is_the_same() {
    let server = Server::xvfb("400x300x24");
    let (compositor, root) = server.connect();
    compositor.composite_query_version(0, 4).unwrap().reply().unwrap();
    compositor.composite_redirect_subwindows(root, Redirect::MANUAL).unwrap().check().unwrap();
    let (program, other) = (Program::start(&server), Program::start(&server));
    other.cover(Rect { x: 0, y: 0, width: 400, height: 300 }, BLUE);
    let window = program.window(program.root, PLACE, "Letter");
    other.cover(Rect { x: 60, y: 50, width: 100, height: 300 }, RED);
    let person = Person::who_shows_the_screen();
    let mut capturer = share(&person, server.at(), window).unwrap();
    pictures_until(&mut capturer, "all of it is green", is_green);
    program.unmap(window);
    program.map(window);
    program.configure(window, &ConfigureWindowAux::new().width(260).height(200));
    changed(&mut capturer);
    let mut capturer = share(&person, server.at(), window).unwrap();
    pictures_until(&mut capturer, "all of it is green", is_green);
    // It comes and goes in the middle of it all.
    drop(compositor);
    pictures_for(&mut capturer, Duration::from_millis(200));
    pictures_until(&mut capturer, "all of it is green", is_green);
}

#[test]
fn a_new_size_is_followed_and_brings_nothing_foreign() {
    let (server, program, _other, window) = half_covered();
    let person = Person::who_shows_the_screen();
    let mut capturer = share(&person, server.at(), window).unwrap();
    pictures_until(&mut capturer, "all of it is green", is_green);
    for (width, height) in [(300, 200), (64, 63), (333, 211)] {
        program.configure(window, &ConfigureWindowAux::new().width(width).height(height));
        changed(&mut capturer);
        drop(capturer);
        capturer = share(&person, server.at(), window).unwrap();
        let size = Size { width: u16::try_from(width).unwrap(), height: u16::try_from(height).unwrap() };
        assert_eq!(capturer.size(), size);
        pictures_until(&mut capturer, "all of it is green", is_green);
    }
    // While it hangs, a larger window is filled by the server with what is on the screen.
    program.hangs();
    program.configure(window, &ConfigureWindowAux::new().width(380).height(280));
    changed(&mut capturer);
    drop(capturer);
    let mut capturer = share(&person, server.at(), window).unwrap();
    pictures_for(&mut capturer, Duration::from_millis(300));
    // And smaller than any encoder takes: the rest is black.
    program.configure(window, &ConfigureWindowAux::new().width(5).height(3));
    changed(&mut capturer);
    let mut capturer = share(&person, server.at(), window).unwrap();
    assert_eq!(capturer.size(), Size { width: 16, height: 16 });
    pictures_for(&mut capturer, Duration::from_millis(100));
}

#[test]
fn a_new_size_and_back_again_brings_nothing_foreign() {
    let (server, program, _other, window) = half_covered();
    let person = Person::who_shows_the_screen();
    let mut capturer = share(&person, server.at(), window).unwrap();
    pictures_until(&mut capturer, "all of it is green", is_green);
    // The server fills the new pixels twice with what is on the screen, and the program paints no more than two corners.
    program.hangs();
    program.configure(window, &ConfigureWindowAux::new().width(64).height(63));
    let (width, height) = (PLACE.width, PLACE.height);
    program.configure(window, &ConfigureWindowAux::new().width(u32::from(width)).height(u32::from(height)));
    let corner = |x: u16, y: u16| Rectangle {
        x: i16::try_from(x).unwrap(),
        y: i16::try_from(y).unwrap(),
        width: 4,
        height: 4,
    };
    program.fill(window, corner(0, 0), GREEN);
    program.fill(window, corner(width - 4, height - 4), GREEN);
    changed(&mut capturer);
    drop(capturer);
    let mut capturer = share(&person, server.at(), window).unwrap();
    pictures_for(&mut capturer, Duration::from_millis(300));
}

#[test]
fn made_small_its_last_picture_stays_and_both_are_told() {
    let server = Server::xvfb("400x300x24");
    let (program, other) = (Program::start(&server), Program::start(&server));
    other.cover(Rect { x: 0, y: 0, width: 400, height: 300 }, BLUE);
    // In a frame, as a window manager makes them.
    let frame = program.create(program.root, PLACE, &CreateWindowAux::new().background_pixel(BLUE));
    program.map(frame);
    let inner = Rect { x: 2, y: 10, width: 190, height: 100 };
    let window = program.window(frame, inner, "Letter");
    other.cover(Rect { x: 60, y: 50, width: 100, height: 300 }, RED);
    let person = Person::who_shows_the_screen();
    let mut capturer = share(&person, server.at(), window).unwrap();
    pictures_until(&mut capturer, "all of it is green", is_green);

    // Either the window goes, or only its frame.
    for hidden in [window, frame] {
        program.unmap(hidden);
        let deadline = Instant::now() + SOON;
        while capturer.wait(Duration::from_millis(20)).unwrap().shown != Some(false) {
            assert!(Instant::now() < deadline, "it is said that it is gone");
        }
        assert_eq!(capturer.grab().unwrap(), None);
        assert!(is_green(capturer.frame().unwrap()), "its last picture stays");

        // Whoever opens it now has no picture of it.
        let later = share(&person, server.at(), window).unwrap();
        assert!(!later.scene().screens.is_shown());
        drop(later);

        program.map(hidden);
        let shown = pictures_until(&mut capturer, "it is green again", is_green);
        assert_eq!(shown, [true]);
    }

    // It comes back with new pixels, which the server fills with what is on the screen while the program hangs.
    program.hangs();
    for hidden in [window, frame] {
        program.unmap(hidden);
        program.map(hidden);
        pictures_for(&mut capturer, Duration::from_millis(200));
    }
}

#[test]
fn closed_is_closed_and_its_number_is_not_another_programs() {
    let server = Server::xvfb("400x300x24");
    let program = Program::start(&server);
    let window = program.window(program.root, PLACE, "Letter");
    let person = Person::who_shows_the_screen();
    let mut capturer = share(&person, server.at(), window).unwrap();
    program.conn.destroy_window(window).unwrap().check().unwrap();
    let deadline = Instant::now() + SOON;
    loop {
        match capturer.wait(SOON) {
            Ok(_) => assert!(Instant::now() < deadline, "it is gone"),
            Err(error) => break assert_eq!(error, CaptureError::Gone),
        }
    }
    assert_eq!(capturer.grab(), Err(CaptureError::Gone));
    assert_eq!(share(&person, server.at(), window).unwrap_err(), CaptureError::Gone);

    let another = program.window(program.root, PLACE, "Diary");
    let (mode, string) = (PropMode::REPLACE, AtomEnum::STRING);
    program.conn.change_property8(mode, another, AtomEnum::WM_CLASS, string, b"diary\0Diary\0").unwrap();
    program.sync();
    assert_eq!(share(&person, server.at(), another).unwrap_err(), CaptureError::Gone);
    assert_eq!(share(&person, server.at(), program.root).unwrap_err(), CaptureError::Gone);
}

#[test]
fn the_cursor_is_told_of_only_on_the_window_itself() {
    let server = Server::xvfb("400x300x24");
    let program = Program::start(&server);
    let window = program.window(program.root, PLACE, "Letter");
    program.cover(Rect { x: 60, y: 50, width: 100, height: 300 }, RED);
    let point = |x, y| {
        program.conn.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, program.root, x, y, 0).unwrap();
        program.sync();
    };
    point(5, 5);
    let person = Person::who_shows_the_screen();
    let mut capturer = share(&person, server.at(), window).unwrap();
    let gone = |event: &CursorEvent| *event == CursorEvent::Gone;
    cursor_until(&mut capturer, gone);
    point(42, 33);
    cursor_until(&mut capturer, |event| *event == CursorEvent::Moved(2, 3));
    // Over the one that covers it.
    point(100, 100);
    cursor_until(&mut capturer, gone);
    point(240, 150);
    cursor_until(&mut capturer, |event| *event == CursorEvent::Moved(200, 120));
    // The window goes away under the pointer.
    program.configure(window, &ConfigureWindowAux::new().x(0).y(150));
    cursor_until(&mut capturer, |event| *event != CursorEvent::Moved(200, 120));
}

#[test]
fn a_still_window_costs_nothing_whatever_happens_beside_it() {
    let server = Server::xvfb("400x300x24");
    let relay = Relay::to(&server);
    let (program, other) = (Program::start(&server), Program::start(&server));
    let window = program.window(program.root, PLACE, "Letter");
    let cover = other.cover(Rect { x: 60, y: 50, width: 100, height: 300 }, RED);
    let person = Person::who_shows_the_screen();
    let mut capturer = share(&person, relay.at(), window).unwrap();
    pictures_until(&mut capturer, "all of it is green", is_green);
    crate::needs_xvfb_capture::settle(&mut capturer);
    let said = relay.said();
    for n in 0..20 {
        other.fill(cover, Rectangle { x: n * 5, y: n, width: 50, height: 50 }, BLUE);
        assert_eq!(capturer.wait(Duration::from_millis(10)).unwrap(), Change::default());
    }
    assert_eq!(relay.said(), said, "nothing is said to the X server");
}

#[test]
fn a_window_is_found_by_its_title_a_part_of_it_or_its_number() {
    let server = Server::xvfb("400x300x24");
    let program = Program::start(&server);
    let letter = program.window(program.root, PLACE, "Letter to Karl");
    let diary = program.window(program.root, PLACE, "Diary");
    let later = program.window(program.root, PLACE, "Diary, later");
    let find = |meant: &str| windows::find(server.display(), meant);
    assert_eq!(find("letter").unwrap().id, letter);
    assert_eq!(find("Diary").unwrap().id, diary, "exactly before partly");
    let found = find(&format!("{later:#x}")).unwrap();
    assert_eq!(
        (found.id, found.title.as_str(), found.class.as_str()),
        (later, "Diary, later", "editor/Editor")
    );
    assert_eq!(find(&later.to_string()).unwrap().id, later);
    for nothing in ["shopping list", "", "0x7", "4294967295"] {
        assert_eq!(
            find(nothing),
            Err(WindowError::NoSuchWindow(ScreenName::cleaned(nothing).as_str().into()))
        );
    }
    let Err(WindowError::Several(both)) = find("diar") else { panic!("two are called like that") };
    assert_eq!(both.len(), 2, "{both:?}");
    assert!(both.contains(&format!("{diary:#x} \"Diary\"")), "{both:?}");
}

#[test]
fn a_window_is_chosen_by_a_click() {
    let server = Server::xvfb("400x300x24");
    let program = Program::start(&server);
    let frame = program.create(program.root, PLACE, &CreateWindowAux::new().background_pixel(RED));
    program.map(frame);
    let window = program.window(frame, Rect { x: 2, y: 10, width: 90, height: 90 }, "Letter");
    // As a window manager marks it.
    let mark = program.conn.intern_atom(false, b"WM_STATE").unwrap().reply().unwrap().atom;
    program.conn.change_property32(PropMode::REPLACE, window, mark, mark, &[1, 0]).unwrap();
    let click = |x, y, button| {
        let display = server.display().to_owned();
        let clicking = std::thread::spawn(move || windows::click(&display, Duration::from_secs(30)));
        let fake = |kind, detail, x, y| {
            program.conn.xtest_fake_input(kind, detail, 0, program.root, x, y, 0).unwrap();
        };
        // A click before it waits for one goes elsewhere.
        until("a click is heard", || {
            fake(MOTION_NOTIFY_EVENT, 0, x, y);
            fake(BUTTON_PRESS_EVENT, button, 0, 0);
            fake(BUTTON_RELEASE_EVENT, button, 0, 0);
            program.sync();
            clicking.is_finished()
        });
        clicking.join().unwrap()
    };
    let found = click(60, 60, 1).unwrap();
    assert_eq!((found.id, found.title.as_str()), (window, "Letter"), "not its frame");
    assert_eq!(click(200, 130, 1).unwrap().id, window, "nor when the frame is clicked");
    assert_eq!(click(5, 5, 1), Err(WindowError::Background));
    assert_eq!(click(60, 60, 3), Err(WindowError::CalledOff));
    let nobody = windows::click(server.display(), Duration::from_millis(50));
    assert_eq!(nobody, Err(WindowError::TooLate(Duration::from_millis(50))));
}
