mod first;
mod person;

use self::person::Person;
use super::*;
use crate::assistance::media::{Broken, FromScreen};
use crate::assistance::screen::Taking;
use rendezvous_assist::screen::Size;
use rendezvous_assist::screens::Screens;
use rendezvous_testkit::monitors::{Window, divide, unplug};
use rendezvous_testkit::screen::Area;
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;
use tokio::sync::mpsc;

const SOON: Duration = Duration::from_secs(20);
const LEFT: Area = Area { x: 0, y: 0, width: 200, height: 160 };
const RIGHT: Area = Area { x: 200, y: 40, width: 120, height: 100 };

#[test]
fn what_was_chosen_arrives_as_it_was() {
    let window = ChosenWindow {
        id: 0x01a0_0003,
        class: "editor/Editor".to_owned(),
        title: ScreenName::cleaned("Brief: \"an\" {Oma} – €"),
    };
    for subject in [Subject::Window(window), Subject::TestPicture] {
        let text = to_text(&subject).expect("it is written");
        assert_eq!(from_text(&text).expect("and read"), subject);
    }
    assert_eq!(to_text(&Subject::Screen), None);
}

#[test]
fn what_is_not_understood_shares_nothing() {
    let negative = r#"{"window":{"id":-1,"class":"","title":""}}"#;
    for text in ["", "window", "{}", r#"{"window":{"id":1}}"#, r#""screen""#, negative] {
        assert!(from_text(text).is_err(), "{text}");
    }
}

/// A person who allowed to be seen what they share, pictures being taken, and what came of it.
struct Room {
    person: Person,
    screen: Screen,
    first: Screens,
    frames: mpsc::Receiver<FromScreen>,
    taking: Taking,
}

impl Room {
    fn share(server: Option<&XServer>, subject: Subject) -> Self {
        let (person, grant) = Person::who_shows();
        let display = server.map(XServer::display);
        let screen = Screen::new(grant, Shared { display, subject }, Suspension::default());
        let capturer = screen.open().expect("it can be shared");
        let first = capturer.scene().screens.clone();
        let (sender, frames) = mpsc::channel(2);
        let taking = screen.take(capturer, rendezvous_desktop::CODECS[0], Instant::now(), sender);
        taking.go();
        Self { person, screen, first, frames, taking }
    }

    /// What comes next; nothing when it is over.
    fn next(&mut self) -> Option<FromScreen> {
        let deadline = Instant::now() + SOON;
        loop {
            match self.frames.try_recv() {
                Ok(what) => return Some(what),
                Err(mpsc::error::TryRecvError::Disconnected) => return None,
                Err(mpsc::error::TryRecvError::Empty) => {
                    assert!(Instant::now() < deadline, "something comes within {SOON:?}");
                    std::thread::sleep(Duration::from_millis(2));
                }
            }
        }
    }

    /// Waits for a picture with which a decoder can begin.
    fn key(&mut self) {
        while !matches!(self.next().expect("it goes on"), FromScreen::Frame(frame) if frame.key) {}
    }

    /// Waits until it is told that there is something else to be seen.
    fn screens(&mut self) -> Screens {
        loop {
            if let FromScreen::Screens(screens) = self.next().expect("it goes on") {
                return screens;
            }
        }
    }

    fn broken(&mut self) -> Broken {
        loop {
            if let FromScreen::Broken(why) = self.next().expect("it says why") {
                return why;
            }
        }
    }
}

fn server() -> XServer {
    XServer::xvfb_for_all(320, 200).expect("a screen")
}

fn names(screens: &Screens) -> (Vec<&str>, &str) {
    (screens.all().iter().map(|screen| screen.name.as_str()).collect(), screens.shared().name.as_str())
}

#[test]
fn needs_xvfb_another_screen_is_seen_as_soon_as_it_is_chosen() {
    let server = server();
    divide(&server, &[("LEFT-1", LEFT), ("RIGHT-2", RIGHT)]).expect("two monitors");
    let mut room = Room::share(Some(&server), Subject::Screen);
    assert_eq!(names(&room.first), (vec!["LEFT-1", "RIGHT-2"], "LEFT-1"));
    room.key();
    let stage = room.screen.stage();
    assert_eq!(stage.get().map(|place| (place.x, place.y)), Some((0, 0)));

    let right = room.first.next().expect("there is another one");
    room.screen.choose(right);
    let screens = room.screens();
    assert_eq!(names(&screens), (vec!["LEFT-1", "RIGHT-2"], "RIGHT-2"));
    assert_eq!(screens.shared().size, Size { width: 120, height: 100 });
    room.key();
    assert_eq!(stage.get().map(|place| (place.x, place.y)), Some((200, 40)));
}

#[test]
fn needs_xvfb_a_screen_that_is_unplugged_is_followed_by_the_next_and_the_last_by_an_end() {
    let server = server();
    divide(&server, &[("LEFT-1", LEFT), ("RIGHT-2", RIGHT)]).expect("two monitors");
    let mut room = Room::share(Some(&server), Subject::Screen);
    room.key();
    room.screen.choose(room.first.next().expect("there is another one"));
    room.screens();
    room.key();
    unplug(&server, "RIGHT-2").expect("it was there");
    let screens = room.screens();
    assert_eq!(names(&screens), (vec!["LEFT-1"], "LEFT-1"));
    room.key();
    drop(server);
    let Broken::Failed(why) = room.broken() else { panic!("the display is lost") };
    assert!(why.starts_with("the X server gave up on us: "), "{why}");
    assert_eq!(room.next().map(|_| ()), None, "and nothing more comes");
}

#[test]
fn needs_xvfb_a_window_that_is_closed_ends_it() {
    let server = server();
    let window = Window::open(&server, "Letter", LEFT, [0, 200, 0]).expect("a window");
    let chosen = rendezvous_desktop::x11::windows::find(&server.display(), "letter").expect("it is there");
    let mut room = Room::share(Some(&server), Subject::Window(chosen));
    assert_eq!((room.first.kind(), room.screen.stage().get()), (Kind::Window, None));
    room.key();
    drop(window);
    assert_eq!(room.broken(), Broken::WindowClosed);
    assert_eq!(room.next().map(|_| ()), None);
}

#[test]
fn the_test_picture_needs_no_display_and_goes_with_the_permission() {
    let mut room = Room::share(None, Subject::TestPicture);
    assert_eq!((room.first.kind(), room.screen.stage().get()), (Kind::TestPicture, None));
    room.key();
    // The clock ticks, and the picture with it.
    assert!(matches!(room.next(), Some(FromScreen::Frame(_))));
    room.taking.want_key();
    room.key();
    room.person.stops();
    while room.next().is_some() {}
}

#[test]
fn needs_xvfb_a_thread_that_takes_pictures_ends_with_whoever_wants_them() {
    let server = server();
    let sockets = || std::fs::read_dir(format!("/proc/{}/fd", server.id())).expect("it runs").count();
    let before = sockets();
    let mut room = Room::share(Some(&server), Subject::Screen);
    room.key();
    assert!(sockets() > before);
    drop(room);
    wait::until("its connection to go", SOON, || Ok((sockets() == before).then_some(()))).expect("it goes");
}
