//! Several monitors: one is seen, whichever is chosen, and what happens to them is followed.

use std::time::Duration;

use rendezvous_assist::input::InputEvent;
use rendezvous_assist::screen::{CursorEvent, Size};
use rendezvous_assist::screens::{Kind, ScreenId};
use rendezvous_desktop::x11::{X11Capturer, X11Injector};
use rendezvous_desktop::{Capture, CaptureError, Change, Choice, Inject, Rect, Stage, Subject};
use x11rb::protocol::xproto::{ConnectionExt as _, MOTION_NOTIFY_EVENT};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::wrapper::ConnectionExt as _;

use crate::monitors::{Monitors, switch_off};
use crate::needs_xvfb_capture::{settle, wait_for_picture};
use crate::needs_xvfb_cursor::until as cursor_until;
use crate::paint::Painter;
use crate::person::Person;
use crate::relay::Relay;
use crate::server::{Server, until};

const SOON: Duration = Duration::from_secs(10);

/// Two of odd sizes, side by side at an odd edge, with a strip on the display that belongs to neither.
const DISPLAY: &str = "640x400x24";
const LEFT: Rect = Rect { x: 0, y: 0, width: 321, height: 399 };
const RIGHT: Rect = Rect { x: 321, y: 20, width: 301, height: 201 };

fn two_monitors() -> (Server, Monitors) {
    let server = Server::xvfb(DISPLAY);
    let monitors = Monitors::of(&server);
    monitors.set("LEFT-1", LEFT, true);
    monitors.set("RIGHT-2", RIGHT, false);
    (server, monitors)
}

fn open(person: &Person, at: Option<&str>, choice: &Choice) -> Result<X11Capturer, CaptureError> {
    X11Capturer::share(person.view(), at, &Subject::Screen, choice)
}

/// The names of all, and of the one that is shared.
fn names(capturer: &X11Capturer) -> (Vec<String>, String) {
    let screens = &capturer.scene().screens;
    let all = screens.all().iter().map(|screen| screen.name.as_str().to_owned()).collect();
    (all, screens.shared().name.as_str().to_owned())
}

fn id(capturer: &X11Capturer, name: &str) -> ScreenId {
    let all = capturer.scene().screens.all();
    all.iter().find(|screen| screen.name.as_str() == name).expect("it is there").id
}

/// Waits until this capturer says that it is not as it was.
fn changed(capturer: &mut X11Capturer) {
    let mut what = capturer.wait(SOON);
    while what.is_ok() {
        what = capturer.wait(SOON);
    }
    assert_eq!(what, Err(CaptureError::Changed));
}

#[test]
fn monitors_are_listed_and_the_chosen_one_is_seen_to_the_pixel() {
    let (server, _monitors) = two_monitors();
    let person = Person::who_shows_the_screen();
    let mut painter = Painter::new(&server);
    painter.pattern();
    let choice = Choice::default();
    let mut capturer = open(&person, server.at(), &choice).unwrap();
    let all = vec!["LEFT-1".to_owned(), "RIGHT-2".to_owned()];
    assert_eq!(names(&capturer), (all.clone(), "LEFT-1".to_owned()));
    assert_eq!(capturer.scene().screens.kind(), Kind::Screen);
    assert_eq!(capturer.scene().place, Some(LEFT));
    assert_eq!(capturer.size(), Size { width: 321, height: 399 });
    wait_for_picture(&mut capturer);
    assert_eq!(capturer.grab().unwrap(), Some(Rect::whole(capturer.size())));
    painter.assert_seen_at(LEFT, capturer.frame().unwrap());

    choice.choose(id(&capturer, "RIGHT-2"));
    changed(&mut capturer);
    let mut capturer = open(&person, server.at(), &choice).unwrap();
    assert_eq!(names(&capturer), (all, "RIGHT-2".to_owned()));
    assert_eq!(capturer.scene().place, Some(RIGHT));
    wait_for_picture(&mut capturer);
    assert!(capturer.grab().unwrap().is_some());
    painter.assert_seen_at(RIGHT, capturer.frame().unwrap());
    // And what changes on it is followed there, at its odd edges too.
    settle(&mut capturer);
    painter.fill(Rect { x: 321, y: 20, width: 1, height: 1 }, (255, 0, 0));
    painter.fill(Rect { x: 621, y: 220, width: 1, height: 1 }, (0, 255, 0));
    wait_for_picture(&mut capturer);
    assert!(capturer.grab().unwrap().is_some());
    painter.assert_seen_at(RIGHT, capturer.frame().unwrap());
}

#[test]
fn a_screen_that_is_not_there_is_not_chosen() {
    let (server, _monitors) = two_monitors();
    let person = Person::who_shows_the_screen();
    let choice = Choice::default();
    let mut capturer = open(&person, server.at(), &choice).unwrap();
    settle(&mut capturer);
    choice.choose(ScreenId(4_000_000_000));
    assert_eq!(capturer.wait(Duration::from_millis(700)).unwrap(), Change::default(), "only woken");
    assert_eq!(capturer.wait(Duration::from_millis(700)).unwrap(), Change::default());
}

#[test]
fn whoever_chooses_all_the_time_gets_a_few_a_second() {
    let (server, _monitors) = two_monitors();
    let person = Person::who_shows_the_screen();
    let choice = Choice::default();
    let mut capturer = open(&person, server.at(), &choice).unwrap();
    let both = [id(&capturer, "LEFT-1"), id(&capturer, "RIGHT-2")];
    let begun = std::time::Instant::now();
    for turn in 0..4 {
        choice.choose(both[(turn + 1) % 2]);
        changed(&mut capturer);
        capturer = open(&person, server.at(), &choice).unwrap();
    }
    assert!(begun.elapsed() >= Duration::from_millis(1200), "it took {:?}", begun.elapsed());
}

#[test]
fn one_that_is_unplugged_while_it_is_shared_is_followed_by_another() {
    let (server, monitors) = two_monitors();
    let person = Person::who_shows_the_screen();
    let mut painter = Painter::new(&server);
    painter.pattern();
    let choice = Choice::default();
    let mut capturer = open(&person, server.at(), &choice).unwrap();
    choice.choose(id(&capturer, "RIGHT-2"));
    changed(&mut capturer);
    let mut capturer = open(&person, server.at(), &choice).unwrap();
    settle(&mut capturer);

    monitors.delete("RIGHT-2");
    changed(&mut capturer);
    let mut capturer = open(&person, server.at(), &choice).unwrap();
    assert_eq!(names(&capturer), (vec!["LEFT-1".to_owned()], "LEFT-1".to_owned()));
    wait_for_picture(&mut capturer);
    capturer.grab().unwrap();
    painter.assert_seen_at(LEFT, capturer.frame().unwrap());

    // When it comes back it is there to be chosen, and nobody sees it by itself.
    monitors.set("RIGHT-2", RIGHT, false);
    changed(&mut capturer);
    let capturer = open(&person, server.at(), &choice).unwrap();
    assert_eq!(names(&capturer), (vec!["LEFT-1".to_owned(), "RIGHT-2".to_owned()], "LEFT-1".to_owned()));
}

#[test]
fn one_that_is_moved_or_resized_is_followed() {
    let (server, monitors) = two_monitors();
    let person = Person::who_shows_the_screen();
    let mut painter = Painter::new(&server);
    painter.pattern();
    let choice = Choice::default();
    let mut capturer = open(&person, server.at(), &choice).unwrap();
    choice.choose(id(&capturer, "RIGHT-2"));
    changed(&mut capturer);
    for area in [
        Rect { x: 330, y: 100, ..RIGHT },
        Rect { x: 330, y: 100, width: 64, height: 48 },
        // Over the edge of the display: what is beside it is not there.
        Rect { x: 600, y: 390, width: 64, height: 48 },
    ] {
        capturer = open(&person, server.at(), &choice).unwrap();
        settle(&mut capturer);
        monitors.move_to("RIGHT-2", area);
        changed(&mut capturer);
        let mut again = open(&person, server.at(), &choice).unwrap();
        assert_eq!(names(&again).1, "RIGHT-2");
        let seen = Rect::clipped(
            i32::from(area.x),
            i32::from(area.y),
            area.width,
            area.height,
            Size { width: 640, height: 400 },
        );
        assert_eq!(again.scene().place, seen);
        wait_for_picture(&mut again);
        again.grab().unwrap();
        painter.assert_seen_at(seen.unwrap(), again.frame().unwrap());
    }
}

#[test]
fn without_any_screen_left_it_ends_and_a_display_without_monitors_is_shared_whole() {
    let server = Server::xvfb("320x200x24");
    let person = Person::who_shows_the_screen();
    let choice = Choice::default();
    let mut capturer = open(&person, server.at(), &choice).unwrap();
    settle(&mut capturer);
    switch_off(&server);
    changed(&mut capturer);
    assert_eq!(open(&person, server.at(), &choice).unwrap_err(), CaptureError::NoScreen);
    let whole = open(&person, server.at(), &Choice::default()).unwrap();
    assert_eq!(whole.scene().place, Some(Rect { x: 0, y: 0, width: 320, height: 200 }));
    assert_eq!(names(&whole).0, ["Screen"]);
}

#[test]
fn what_changes_on_another_screen_is_not_told_and_seldom_looked_at() {
    let (server, _monitors) = two_monitors();
    let relay = Relay::to(&server);
    let person = Person::who_shows_the_screen();
    let mut painter = Painter::new(&server);
    let mut capturer = open(&person, relay.at(), &Choice::default()).unwrap();
    settle(&mut capturer);
    let said = relay.said();
    // Sixty changes on the other one, as of a film.
    for n in 0..60_u8 {
        painter.fill(Rect { x: 400, y: 60, width: 20, height: 20 }, (n, 255 - n, n));
        assert_eq!(capturer.wait(Duration::from_millis(2)).unwrap(), Change::default());
    }
    assert_eq!(capturer.wait(Duration::from_millis(100)).unwrap(), Change::default());
    assert_eq!(capturer.grab().unwrap(), None);
    let looked = relay.said() - said;
    // Sixteen bytes or so for each of three requests.
    assert!((1..60 * 64).contains(&looked), "{looked} bytes");
    let still = relay.said();
    for _ in 0..4 {
        assert_eq!(capturer.wait(Duration::from_millis(100)).unwrap(), Change::default());
    }
    assert_eq!(relay.said(), still, "and when it rests, nothing is asked");

    // A change on both: only its part is there.
    painter.fill(Rect { x: 300, y: 100, width: 60, height: 10 }, (200, 100, 50));
    wait_for_picture(&mut capturer);
    assert_eq!(capturer.grab().unwrap(), Some(Rect { x: 300, y: 100, width: 21, height: 10 }));
    painter.assert_seen_at(LEFT, capturer.frame().unwrap());
}

#[test]
fn the_cursor_counts_from_the_corner_of_what_is_shared_and_is_gone_outside() {
    let (server, _monitors) = two_monitors();
    let person = Person::who_shows_the_screen();
    let (conn, root) = server.connect();
    let point = |x, y| {
        conn.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, root, x, y, 0).unwrap();
        conn.sync().unwrap();
    };
    let choice = Choice::default();
    let first = open(&person, server.at(), &choice).unwrap();
    choice.choose(id(&first, "RIGHT-2"));
    point(5, 5);
    let mut capturer = open(&person, server.at(), &choice).unwrap();
    let change = capturer.wait(SOON).unwrap();
    assert_eq!(change.cursor, [CursorEvent::Gone], "not even what it looks like");
    point(321, 20);
    let change =
        std::iter::repeat_with(|| capturer.wait(SOON).unwrap().cursor).find(|c| !c.is_empty()).unwrap();
    assert!(
        matches!(change.as_slice(), [CursorEvent::Shape(_), CursorEvent::Moved(0, 0)]),
        "what it looks like comes with it: {change:?}"
    );
    point(621, 220);
    cursor_until(&mut capturer, |event| *event == CursorEvent::Moved(300, 200));
    // Below it, where no monitor is.
    point(621, 221);
    cursor_until(&mut capturer, |event| *event == CursorEvent::Gone);
}

#[test]
fn the_experts_pointer_acts_on_the_shared_screen_and_leads_nowhere_else() {
    let (server, _monitors) = two_monitors();
    let mut person = Person::who_shows_the_screen();
    let (conn, root) = server.connect();
    let at = || {
        let pointer = conn.query_pointer(root).unwrap().reply().unwrap();
        (pointer.root_x, pointer.root_y)
    };
    let stage = Stage::default();
    stage.set(Some(RIGHT));
    let mut injector = X11Injector::open(person.gives_control(), server.at()).unwrap();
    injector.share(stage.get());
    for (pixel, place) in
        [((0, 0), (321, 20)), ((300, 200), (621, 220)), ((5, 6), (326, 26)), ((65535, 65535), (621, 220))]
    {
        injector.apply(InputEvent::Move { x: pixel.0, y: pixel.1 }).unwrap();
        until("the pointer is there", || at() == place);
    }
    injector.share(Some(LEFT));
    injector.apply(InputEvent::Move { x: 320, y: 9 }).unwrap();
    until("the pointer is on the other one", || at() == (320, 9));
    injector.apply(InputEvent::Move { x: 321, y: 9 }).unwrap();
    until("and stays there", || at() == (320, 9));
}
