//! The picture that is made up: no display, the same permission, and nothing done between two ticks of its clock.

use std::time::{Duration, Instant};

use rendezvous_assist::pace::Purpose;
use rendezvous_assist::screens::Kind;
use rendezvous_desktop::{CODECS, Capture, CaptureError, Change, Rect, TestPicture, encoder};

use crate::person::{Person, dead_view};

const SOON: Duration = Duration::from_secs(10);

#[test]
fn it_ticks_and_only_its_clock_changes() {
    let person = Person::who_shows_the_screen();
    let mut picture = TestPicture::open(person.view()).unwrap();
    let scene = picture.scene();
    assert_eq!((scene.screens.kind(), scene.place), (Kind::TestPicture, None), "nothing to control");
    assert!(picture.wait(SOON).unwrap().picture, "the first wait reports it");
    assert_eq!(picture.grab().unwrap(), Some(Rect::whole(picture.size())));
    let first = picture.frame().unwrap().clone();
    for codec in CODECS {
        let mut encoder = encoder(*codec, picture.size(), 4_000).unwrap();
        assert!(encoder.encode(&first, &[], Purpose::Key, 0).unwrap().expect("a key frame").key);
    }

    let deadline = Instant::now() + SOON;
    while !picture.wait(SOON).unwrap().picture {
        assert!(Instant::now() < deadline, "the clock ticks");
    }
    let clock = picture.grab().unwrap().expect("the clock has changed");
    assert!(clock.width < picture.size().width / 2 && clock.height < picture.size().height / 2, "{clock:?}");
    let second = picture.frame().unwrap();
    assert_ne!(first, *second);
    let width = usize::from(first.size().width);
    let different: Vec<usize> = (0..first.y().len()).filter(|at| first.y()[*at] != second.y()[*at]).collect();
    let is_inside = |at: &usize| {
        let pixel = |at: usize| i32::try_from(at).expect("a picture is not that large");
        clock.inside(pixel(at % width), pixel(at / width)).is_some()
    };
    assert!(!different.is_empty() && different.iter().all(is_inside), "beside the clock nothing changes");
}

#[test]
fn between_two_ticks_nothing_is_told_and_each_tick_is_told_once() {
    let person = Person::who_shows_the_screen();
    let mut picture = TestPicture::open(person.view()).unwrap();
    let (mut told, mut waits, begun) = (0_u32, 0_u32, Instant::now());
    while begun.elapsed() < Duration::from_millis(2_500) {
        let change = picture.wait(Duration::from_millis(300)).unwrap();
        waits += 1;
        if change.picture {
            told += 1;
            assert!(picture.grab().unwrap().is_some());
        } else {
            assert_eq!((change, picture.grab().unwrap()), (Change::default(), None));
        }
    }
    // The first picture, and the seconds that began meanwhile.
    let seconds = u32::try_from(begun.elapsed().as_secs()).unwrap() + 1;
    assert!(told >= 2 && told <= 1 + seconds, "{told} of {waits} in {:?}", begun.elapsed());
    assert!(waits <= told + 10, "each wait lasts its time: {waits}");
}

#[test]
fn it_wakes_and_it_ends_with_the_permission() {
    let mut person = Person::who_shows_the_screen();
    let mut picture = TestPicture::open(person.view()).unwrap();
    picture.wait(SOON).unwrap();
    picture.grab().unwrap();
    let waker = picture.waker();
    waker.wake();
    let begun = Instant::now();
    while picture.wait(Duration::from_secs(60)).unwrap() != Change::default() {
        assert!(begun.elapsed() < SOON, "a waker ends the wait");
    }
    person.stops();
    assert_eq!(picture.wait(SOON), Err(CaptureError::Revoked));
    assert_eq!(picture.grab(), Err(CaptureError::Revoked));
    assert_eq!(picture.frame(), Err(CaptureError::Revoked));
    assert_eq!(TestPicture::open(dead_view()).unwrap_err(), CaptureError::Revoked);
}
