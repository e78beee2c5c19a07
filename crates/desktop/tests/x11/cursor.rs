//! The cursor: what it looks like and where it is, without polling.

use std::time::{Duration, Instant};

use rendezvous_assist::screen::{CursorEvent, CursorShape};
use rendezvous_desktop::Capture;
use rendezvous_desktop::x11::X11Capturer;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ChangeWindowAttributesAux, ConnectionExt as _, MOTION_NOTIFY_EVENT, Window};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::needs_xvfb_capture::settle;
use crate::person::Person;
use crate::server::Server;

/// Collects what the cursor does until `found`.
pub(crate) fn until(capturer: &mut X11Capturer, found: impl Fn(&CursorEvent) -> bool) -> CursorEvent {
    let deadline = Instant::now() + Duration::from_secs(5);
    while Instant::now() < deadline {
        let change = capturer.wait(Duration::from_millis(500)).expect("the capturer works");
        if let Some(event) = change.cursor.into_iter().find(&found) {
            return event;
        }
    }
    panic!("the cursor did not do that within 5 s");
}

fn shape(event: CursorEvent) -> CursorShape {
    match event {
        CursorEvent::Shape(shape) => shape,
        CursorEvent::Moved(..) | CursorEvent::Gone => panic!("a shape was looked for"),
    }
}

fn is_shape(event: &CursorEvent) -> bool {
    matches!(event, CursorEvent::Shape(_))
}

/// Gives the screen the cursor with this number in the X server's own cursor font.
fn set_cursor(conn: &RustConnection, root: Window, glyph: u16) {
    let font = conn.generate_id().unwrap();
    conn.open_font(font, b"cursor").unwrap().check().unwrap();
    let cursor = conn.generate_id().unwrap();
    conn.create_glyph_cursor(cursor, font, font, glyph, glyph + 1, 0xffff, 0, 0, 0, 0, 0xffff)
        .unwrap()
        .check()
        .unwrap();
    conn.change_window_attributes(root, &ChangeWindowAttributesAux::new().cursor(cursor)).unwrap();
    conn.sync().unwrap();
}

#[test]
fn shape_and_place_are_said_at_first() {
    let server = Server::xvfb("320x200x24");
    let person = Person::who_shows_the_screen();
    let mut capturer = X11Capturer::open(person.view(), server.at()).unwrap();
    let change = capturer.wait(Duration::from_secs(5)).unwrap();
    assert!(change.picture);
    assert!(
        matches!(change.cursor.as_slice(), [CursorEvent::Shape(_), CursorEvent::Moved(160, 100)]),
        "{:?}",
        change.cursor
    );
}

#[test]
fn a_new_shape_is_said_with_its_image() {
    let server = Server::xvfb("320x200x24");
    let person = Person::who_shows_the_screen();
    let (conn, root) = server.connect();
    let mut capturer = X11Capturer::open(person.view(), server.at()).unwrap();
    settle(&mut capturer);
    const CROSSHAIR: u16 = 34;
    const WATCH: u16 = 150;
    set_cursor(&conn, root, CROSSHAIR);
    let cross = shape(until(&mut capturer, is_shape));
    set_cursor(&conn, root, WATCH);
    let watch = shape(until(&mut capturer, is_shape));
    assert_ne!(cross, watch);
    for shape in [&cross, &watch] {
        assert!(shape.hot.0 < shape.size.width && shape.hot.1 < shape.size.height);
        let pixels = decode(shape);
        // Red before blue, as asked for above; and some of it is to be seen through.
        assert!(pixels.chunks_exact(4).any(|p| p == [0xff, 0, 0, 0xff]), "no red pixel");
        assert!(pixels.chunks_exact(4).any(|p| p == [0, 0, 0xff, 0xff]), "no blue pixel");
        assert!(pixels.chunks_exact(4).any(|p| p[3] == 0), "no transparent pixel");
    }
}

#[test]
fn the_pointer_is_followed() {
    let server = Server::xvfb("320x200x24");
    let person = Person::who_shows_the_screen();
    let (conn, root) = server.connect();
    let mut capturer = X11Capturer::open(person.view(), server.at()).unwrap();
    settle(&mut capturer);
    for (x, y) in [(7, 9), (319, 199), (0, 0), (161, 3)] {
        conn.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, root, x, y, 0).unwrap();
        conn.sync().unwrap();
        let place = CursorEvent::Moved(u16::try_from(x).unwrap(), u16::try_from(y).unwrap());
        until(&mut capturer, |event| *event == place);
    }
}

#[test]
fn a_real_pointer_is_followed() {
    let outer = Server::xvfb("640x480x24");
    let inner = Server::xephyr(&outer, "320x200");
    let person = Person::who_shows_the_screen();
    let (conn, root) = outer.connect();
    let mut capturer = X11Capturer::open(person.view(), inner.at()).unwrap();
    settle(&mut capturer);
    // The inner server's window lies at the outer one's top left corner, for there is no window manager.
    for (x, y) in [(31, 17), (200, 150), (90, 90)] {
        let place = CursorEvent::Moved(u16::try_from(x).unwrap(), u16::try_from(y).unwrap());
        conn.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, root, x, y, 0).unwrap();
        conn.sync().unwrap();
        until(&mut capturer, |event| *event == place);
    }
}

#[test]
fn a_fast_mouse_is_not_followed_faster_than_the_eye() {
    let server = Server::xvfb("1000x200x24");
    let person = Person::who_shows_the_screen();
    let (conn, root) = server.connect();
    let mut capturer = X11Capturer::open(person.view(), server.at()).unwrap();
    settle(&mut capturer);
    let mouse = std::thread::spawn(move || {
        for x in 0..500 {
            conn.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 1, root, x, 5, 0).unwrap();
            conn.sync().unwrap();
        }
    });
    let started = Instant::now();
    let mut said = 0_u32;
    loop {
        let change = capturer.wait(Duration::from_secs(5)).unwrap();
        assert!(!change.is_nothing(), "the last place is never said");
        said += 1;
        if change.cursor.contains(&CursorEvent::Moved(499, 5)) {
            break;
        }
    }
    mouse.join().unwrap();
    let most = started.elapsed().as_millis() / 8 + 2;
    assert!(u128::from(said) <= most, "{said} in {:?}", started.elapsed());
    assert!(said > 3, "the way is said too, not only its end: {said}");
}

fn decode(shape: &CursorShape) -> Vec<u8> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(&shape.png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), (u32::from(shape.size.width), u32::from(shape.size.height)));
    pixels
}
