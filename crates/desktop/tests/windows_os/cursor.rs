//! What the pointer looks like, and where it is.

use std::time::{Duration, Instant};

use rendezvous_assist::input::InputEvent;
use rendezvous_assist::screen::{CursorEvent, CursorShape};
use rendezvous_desktop::windows_os::{GdiCapturer, WindowsInjector};
use rendezvous_desktop::{Capture, Inject};

use crate::capture::settle;
use crate::person::Person;
use crate::pointer::{Cover, Shown};
use crate::window::{PATIENCE, Window};

/// What the cursor does, until it does this.
fn until(capturer: &mut GdiCapturer, what: &str, holds: impl Fn(&CursorEvent) -> bool) -> CursorEvent {
    let deadline = Instant::now() + PATIENCE;
    let mut others = Vec::new();
    while Instant::now() < deadline {
        let change = capturer.wait(Duration::from_millis(200)).unwrap();
        if change.picture {
            capturer.grab().unwrap();
        }
        for event in change.cursor {
            if holds(&event) {
                return event;
            }
            others.push(event);
        }
    }
    panic!("the cursor did not {what}, but {others:?}");
}

fn shape(capturer: &mut GdiCapturer) -> CursorShape {
    let event = until(capturer, "change", |event| matches!(event, CursorEvent::Shape(_)));
    let CursorEvent::Shape(shape) = event else { unreachable!("it is one") };
    shape
}

/// Red, green, blue, alpha.
fn pixel(shape: &CursorShape, x: usize, y: usize) -> [u8; 4] {
    let mut reader = png::Decoder::new(std::io::Cursor::new(&shape.png)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    let at = (y * usize::from(shape.size.width) + x) * 4;
    [pixels[at], pixels[at + 1], pixels[at + 2], pixels[at + 3]]
}

#[test]
fn it_is_where_it_was_moved_to() {
    let _window = Window::open();
    let mut person = Person::who_shows_the_screen();
    let mut injector = WindowsInjector::open(person.gives_control()).unwrap();
    let mut capturer = GdiCapturer::open(person.view()).unwrap();
    for (x, y) in [(10, 20), (511, 303), (0, 0)] {
        injector.apply(InputEvent::Move { x, y }).unwrap();
        until(&mut capturer, "move", |event| *event == CursorEvent::Moved(x, y));
    }
}

#[test]
fn it_looks_as_the_program_under_it_wants() {
    let mut cover = Cover::open();
    let mut person = Person::who_shows_the_screen();
    let mut injector = WindowsInjector::open(person.gives_control()).unwrap();
    let mut capturer = GdiCapturer::open(person.view()).unwrap();
    injector.apply(InputEvent::Move { x: 300, y: 200 }).unwrap();
    cover.show(Shown::Arrow);
    settle(&mut capturer);

    cover.show(Shown::Red);
    let red = shape(&mut capturer);
    assert_eq!((red.size.width, red.size.height, red.hot), (32, 32, (3, 5)));
    assert_eq!((pixel(&red, 0, 0), pixel(&red, 15, 31)), ([255, 0, 0, 255], [255, 0, 0, 255]));
    assert_eq!(pixel(&red, 16, 0)[3], 0);

    cover.show(Shown::Bar);
    let bar = shape(&mut capturer);
    let (x, y) = bar.hot;
    let around = (-1..=1).map(|dx| pixel(&bar, usize::from(x).saturating_add_signed(dx), usize::from(y)));
    assert!(around.into_iter().any(|pixel| pixel[3] == 255), "the bar is seen");

    cover.show(Shown::Nothing);
    until(&mut capturer, "go", |event| *event == CursorEvent::Gone);
    cover.show(Shown::Bar);
    until(&mut capturer, "come back", |event| *event == CursorEvent::Moved(300, 200));
}
