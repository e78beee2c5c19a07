//! The picture that is made while the page still connects: shown when it is what stands on the screen, and else never.

use super::*;
use rendezvous_testkit::screen::set_background;

/// So long nobody is there to see it: longer than a first picture is kept that is not true any more.
const NOBODY: Duration = Duration::from_secs(3);
/// A path on which the first picture is worth keeping.
const WIDE: u32 = 8_000;

/// How old the first picture was when somebody could see it, and for how long there had been another one by then.
fn first_picture(changes: bool) -> (u64, u64) {
    let server = server();
    let (person, grant) = Person::who_shows();
    let shared = Shared { display: Some(server.display()), subject: Subject::Screen };
    let screen = Screen::new(grant, shared, Suspension::default());
    let capturer = screen.open().expect("it can be shared");
    let first = capturer.scene().screens.clone();
    let (sender, frames) = mpsc::channel(2);
    let epoch = Instant::now();
    let taking = screen.take(capturer, rendezvous_desktop::CODECS[0], epoch, sender);
    taking.set_path(WIDE);
    wait::observe(NOBODY).expect("nobody interrupts");
    let changed = epoch.elapsed();
    if changes {
        // The server has done it when this returns.
        set_background(&server, [200, 30, 30]).expect("another screen");
    }
    taking.go();
    let mut room = Room { person, screen, first, frames, taking };
    loop {
        if let FromScreen::Frame(frame) = room.next().expect("there is a picture") {
            assert!(frame.key, "a decoder begins with it");
            return (frame.taken_us, u64::try_from(changed.as_micros()).expect("a few seconds"));
        }
    }
}

#[test]
fn needs_xvfb_a_first_picture_of_what_is_not_there_any_more_is_not_shown() {
    let (taken, changed) = first_picture(true);
    assert!(taken >= changed, "taken after {taken} µs, and the screen was another one after {changed} µs");
}

#[test]
fn needs_xvfb_a_first_picture_that_is_still_true_was_made_before_anybody_could_see_it() {
    let (taken, changed) = first_picture(false);
    assert!(taken < changed, "taken after {taken} µs, and wanted after {changed} µs");
}
