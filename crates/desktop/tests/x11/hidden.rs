//! What the person is asked is in no picture, and neither is where they point meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rendezvous_assist::screen::CursorEvent;
use rendezvous_desktop::windows::{
    Block, Button, ButtonId, ButtonKind, Look, Refusals, Shape, Tone, View, Windows,
};
use rendezvous_desktop::x11::X11Capturer;
use rendezvous_desktop::{Capture, CaptureError, LINGER, Rect, Suspension};
use x11rb::protocol::xproto::{ConnectionExt as _, MOTION_NOTIFY_EVENT, MapState, Window};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::needs_xvfb_capture::{settle, wait_for_picture};
use crate::paint::Painter;
use crate::person::Person;
use crate::server::{Server, until};

/// So often a question comes and goes.
const QUESTIONS: usize = 12;
/// A part of the screen where no question is, to make it change.
const CORNER: Rect = Rect { x: 0, y: 0, width: 2, height: 2 };

fn question() -> View {
    let button = |id, label: &str, kind| Button { id: ButtonId(id), label: label.to_owned(), kind };
    View {
        title: "A question".to_owned(),
        shape: Shape::Question,
        tone: Tone::Seen,
        body: vec![Block::Heading("How did this begin?".to_owned())],
        buttons: vec![button(0, "No", ButtonKind::Safe), button(1, "Yes", ButtonKind::Allow)],
        refusals: Refusals::default(),
    }
}

/// What somebody saw who took pictures as fast as they could.
#[derive(Debug, Default)]
struct Saw {
    pictures: u32,
    /// Of them, those with anything but the black screen.
    with_more: u32,
    refused: u32,
}

fn watch(mut capturer: X11Capturer, over: &Arc<AtomicBool>) -> JoinHandle<Saw> {
    let over = Arc::clone(over);
    std::thread::spawn(move || {
        let mut saw = Saw::default();
        while !over.load(Ordering::SeqCst) {
            match capturer.grab() {
                Ok(_) => {
                    let y = capturer.frame().unwrap().y();
                    saw.pictures += 1;
                    saw.with_more += u32::from(y.iter().any(|luma| *luma != y[0]));
                }
                Err(CaptureError::Held) => saw.refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
        saw
    })
}

#[test]
fn no_picture_has_a_question_however_fast_they_are_taken() {
    let server = Server::xvfb("800x600x24");
    let person = Person::who_shows_the_screen();
    let mut painter = Painter::new(&server);
    let suspension = Suspension::default();
    let look = Some(Look::new(false, 1.0));
    let windows = Windows::open(server.at(), look, suspension.clone(), |_| {}).unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let open = || X11Capturer::open(person.view(), server.at()).unwrap();
    let hidden = watch(open().hidden_by(&suspension), &over);
    // The same without anything that hides: what is looked for below is there to be found.
    let bare = watch(open(), &over);

    let (conn, root) = server.connect();
    for _ in 0..QUESTIONS {
        let window = windows.show(question());
        until("the question is on the screen", || {
            let children = conn.query_tree(root).unwrap().reply().unwrap().children;
            children.iter().any(|child| is_on_screen(&conn, *child))
        });
        painter.fill(CORNER, (0, 0, 0));
        windows.close(window);
        painter.fill(CORNER, (0, 0, 0));
    }
    // The last one has lingered, and it goes on.
    let closed = Instant::now();
    while closed.elapsed() < LINGER + Duration::from_millis(200) {
        painter.fill(CORNER, (0, 0, 0));
    }
    over.store(true, Ordering::SeqCst);
    let (hidden, bare) = (hidden.join().unwrap(), bare.join().unwrap());
    assert!(bare.with_more > 0, "it was on the screen: {bare:?}");
    assert_eq!(bare.refused, 0, "{bare:?}");
    assert!(hidden.pictures > 0 && hidden.refused > 0, "{hidden:?}");
    assert_eq!(hidden.with_more, 0, "{hidden:?}");
}

fn is_on_screen(conn: &RustConnection, window: Window) -> bool {
    let attributes = conn.get_window_attributes(window).unwrap().reply();
    let geometry = conn.get_geometry(window).unwrap().reply();
    attributes.is_ok_and(|a| a.map_state == MapState::VIEWABLE) && geometry.is_ok_and(|g| g.width > 100)
}

#[test]
fn what_changed_meanwhile_and_where_the_pointer_went_is_told_afterwards() {
    let server = Server::xvfb("640x480x24");
    let person = Person::who_shows_the_screen();
    let mut painter = Painter::new(&server);
    let suspension = Suspension::default();
    let mut capturer = X11Capturer::open(person.view(), server.at()).unwrap().hidden_by(&suspension);
    wait_for_picture(&mut capturer);
    capturer.grab().unwrap();
    settle(&mut capturer);
    let (conn, root) = server.connect();

    let hold = suspension.hide();
    assert!(capturer.is_held());
    painter.fill(Rect { x: 100, y: 100, width: 64, height: 64 }, (255, 255, 255));
    conn.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, root, 333, 222, 0).unwrap();
    conn.sync().unwrap();
    let change = capturer.wait(Duration::from_millis(400)).unwrap();
    assert!(change.is_nothing(), "{change:?}");
    assert_eq!(capturer.grab(), Err(CaptureError::Held));
    assert!(capturer.frame().unwrap().y().iter().all(|luma| *luma == 16), "the picture is as it was");

    drop(hold);
    let (mut is_seen, mut place) = (false, None);
    until("it goes on by itself", || {
        let change = capturer.wait(Duration::from_secs(2)).unwrap();
        is_seen |= change.picture;
        for event in change.cursor {
            if let CursorEvent::Moved(x, y) = event {
                place = Some((x, y));
            }
        }
        is_seen && place.is_some()
    });
    assert_eq!(place, Some((333, 222)));
    assert_eq!(capturer.grab().unwrap(), Some(Rect::whole(capturer.size())));
    painter.assert_seen(capturer.frame().unwrap());
}
