//! What is on the screen is in the picture, and only what changed is taken.

use std::time::{Duration, Instant};

use rendezvous_assist::screens::Kind;
use rendezvous_desktop::windows_os::{GdiCapturer, probe};
use rendezvous_desktop::{
    Capture, CaptureError, Choice, ChosenWindow, DisplayError, I420, Rect, Subject, Suspension,
};

use crate::person::Person;
use crate::window::{PATIENCE, Window, until};

/// Grabs until nothing is left to be grabbed and nothing is left to be told.
pub(crate) fn settle(capturer: &mut GdiCapturer) {
    let deadline = Instant::now() + PATIENCE;
    while !capturer.wait(Duration::from_millis(500)).expect("the capturer works").is_nothing() {
        capturer.grab().expect("the capturer works");
        assert!(Instant::now() < deadline, "the screen never came to rest");
    }
}

/// Waits until the picture changed, passing over what the cursor does, and grabs it.
fn next_picture(capturer: &mut GdiCapturer) -> Rect {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if capturer.wait(PATIENCE).expect("the capturer works").picture
            && let Some(area) = capturer.grab().expect("the capturer works")
        {
            return area;
        }
        assert!(Instant::now() < deadline, "the picture never changed");
    }
}

/// Whether every pixel of a part is of this colour, as BT.709 has it.
fn is_filled(frame: &I420, part: Rect, colour: u32) -> bool {
    let [_, r, g, b] = colour.to_be_bytes().map(f64::from);
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let wanted = [
        16.0 + 219.0 / 255.0 * y,
        128.0 + 224.0 / 255.0 * (b - y) / 1.8556,
        128.0 + 224.0 / 255.0 * (r - y) / 1.5748,
    ];
    let close = |got: u8, wanted: f64| (f64::from(got) - wanted).abs() <= 3.0;
    let (stride, chroma) = (usize::from(frame.size().width), frame.chroma_stride());
    let rows = usize::from(part.y)..usize::from(part.y + part.height);
    rows.into_iter().all(|y| {
        (usize::from(part.x)..usize::from(part.x + part.width)).all(|x| {
            close(frame.y()[y * stride + x], wanted[0])
                && close(frame.u()[y / 2 * chroma + x / 2], wanted[1])
                && close(frame.v()[y / 2 * chroma + x / 2], wanted[2])
        })
    })
}

fn contains(outer: Rect, inner: Rect) -> bool {
    outer.around(inner) == outer
}

#[test]
fn the_picture_is_what_is_painted() {
    let mut window = Window::open();
    let (width, height) = window.size;
    let (left, top) = (width / 2, height / 2);
    let quarters = [
        (Rect { x: 0, y: 0, width: left, height: top }, 0xff_0000),
        (Rect { x: left, y: 0, width: width - left, height: top }, 0x00_ff00),
        (Rect { x: 0, y: top, width: left, height: height - top }, 0x00_00ff),
        (Rect { x: left, y: top, width: width - left, height: height - top }, 0x20_8040),
    ];
    for (part, colour) in quarters {
        window.fill(part, colour);
    }
    let person = Person::who_shows_the_screen();
    let mut capturer = GdiCapturer::open(person.view()).unwrap();
    assert_eq!(probe().unwrap(), capturer.size());
    assert_eq!((capturer.size().width, capturer.size().height), window.size);
    assert_eq!(next_picture(&mut capturer), Rect::whole(capturer.size()));
    settle(&mut capturer);
    for (part, colour) in quarters {
        assert!(is_filled(capturer.frame().unwrap(), part, colour), "{part:?} is not {colour:06x}");
    }
}

#[test]
fn only_what_changed_is_taken() {
    let mut window = Window::open();
    let person = Person::who_shows_the_screen();
    let mut capturer = GdiCapturer::open(person.view()).unwrap();
    settle(&mut capturer);
    assert_eq!(capturer.grab(), Ok(None), "nothing changed");
    assert_eq!(capturer.parts(), []);
    for (part, colour) in [
        (Rect { x: 200, y: 100, width: 20, height: 20 }, 0xff_8000),
        (Rect { x: 0, y: 0, width: 1, height: 1 }, 0x00_00ff),
        (Rect { x: window.size.0 - 1, y: window.size.1 - 1, width: 1, height: 1 }, 0x00_0000),
    ] {
        window.fill(part, colour);
        let area = next_picture(&mut capturer);
        assert!(contains(area, part), "{part:?} is not in {area:?}");
        assert!(area.width <= 192 && area.height <= 64, "{part:?} is all that changed, and not {area:?}");
    }
    let part = Rect { x: 200, y: 100, width: 20, height: 20 };
    assert!(is_filled(capturer.frame().unwrap(), part, 0xff_8000));
}

#[test]
fn what_changes_far_apart_is_taken_apart() {
    let mut window = Window::open();
    let person = Person::who_shows_the_screen();
    let mut capturer = GdiCapturer::open(person.view()).unwrap();
    settle(&mut capturer);
    let (width, height) = window.size;
    let corners = [
        Rect { x: 10, y: 10, width: 8, height: 8 },
        Rect { x: width - 20, y: height - 20, width: 8, height: 8 },
    ];
    for corner in corners {
        window.fill(corner, 0x00_8080);
    }
    // What a program has painted may be on the screen a little later, and one before the other.
    let mut parts = Vec::new();
    until("both are taken", || {
        capturer.grab().unwrap();
        parts.extend_from_slice(capturer.parts());
        corners.iter().all(|corner| parts.iter().any(|part| contains(*part, *corner)))
    });
    let both = |part: &Rect| corners.iter().all(|corner| contains(*part, *corner));
    assert!(!parts.iter().any(both), "{parts:?}");
}

#[test]
fn somebody_who_waits_is_woken() {
    let _window = Window::open();
    let person = Person::who_shows_the_screen();
    let mut capturer = GdiCapturer::open(person.view()).unwrap();
    settle(&mut capturer);
    let waker = capturer.waker();
    let begun = Instant::now();
    waker.wake();
    assert!(capturer.wait(PATIENCE * 10).unwrap().is_nothing());
    assert!(begun.elapsed() < PATIENCE);
}

#[test]
fn while_a_question_stands_nothing_is_taken_and_all_is_news_after_it() {
    let mut window = Window::open();
    let (person, suspension) = (Person::who_shows_the_screen(), Suspension::default());
    let mut capturer = GdiCapturer::open(person.view()).unwrap().hidden_by(&suspension);
    settle(&mut capturer);
    let part = Rect { x: 64, y: 64, width: 64, height: 64 };
    let question = suspension.hide();
    window.fill(part, 0xff_0000);
    assert!(capturer.is_held());
    assert!(capturer.wait(Duration::from_millis(400)).unwrap().is_nothing());
    assert_eq!(capturer.grab(), Err(CaptureError::Held));
    assert!(!is_filled(capturer.frame().unwrap(), part, 0xff_0000));
    drop(question);
    assert_eq!(next_picture(&mut capturer), Rect::whole(capturer.size()));
    assert!(is_filled(capturer.frame().unwrap(), part, 0xff_0000));
}

#[test]
fn there_is_one_screen_and_it_is_all_of_the_desktop() {
    let person = Person::who_shows_the_screen();
    let capturer = GdiCapturer::open(person.view()).unwrap();
    let scene = capturer.scene();
    assert_eq!(scene.screens.kind(), Kind::Screen);
    assert_eq!(scene.screens.all().len(), 1);
    assert!(
        scene.screens.shared().name.as_str().starts_with("DISPLAY"),
        "{:?}",
        scene.screens.shared().name.as_str()
    );
    assert_eq!(scene.place, Some(Rect::whole(capturer.size())));
}

#[test]
fn one_window_alone_is_refused_with_a_sentence() {
    let person = Person::who_shows_the_screen();
    let title = rendezvous_assist::screens::ScreenName::cleaned("Letter");
    let subject = Subject::Window(ChosenWindow { id: 1, class: String::new(), title });
    let refused = GdiCapturer::share(person.view(), &subject, &Choice::default()).unwrap_err();
    assert_eq!(refused, CaptureError::Display(DisplayError::OnlyScreens));
    assert!(refused.to_string().contains("share a whole screen"));
}
