//! Another desktop in front, as the lock and the secure one of Windows are.
//!
//! Wine 8 puts no other desktop in front. So it is done from the other side: the thread that looks goes to another desktop, and the
//! one in front is then not its own.
#![expect(unsafe_code, reason = "functions of the system's libraries")]

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr::null;
use std::time::{Duration, Instant};

use rendezvous_desktop::windows_os::{Alarm, GdiCapturer, Sentry, WindowsInjector, probe};
use rendezvous_desktop::{Capture, CaptureError, Inject, Suspension};

use crate::capture::settle;
use crate::inject::key;
use crate::person::Person;
use crate::window::{PATIENCE, Window, until};

#[link(name = "user32")]
unsafe extern "system" {
    fn CreateDesktopW(
        name: *const u16,
        device: *const u16,
        mode: *const c_void,
        flags: u32,
        access: u32,
        security: *const c_void,
    ) -> *mut c_void;
    fn GetThreadDesktop(thread: u32) -> *mut c_void;
    fn SetThreadDesktop(desktop: *mut c_void) -> i32;
}

#[link(name = "kernel32")]
unsafe extern "system" {
    fn GetCurrentThreadId() -> u32;
}

/// `GENERIC_ALL`.
const ALL: u32 = 0x1000_0000;

/// This thread is on another desktop as long as this lives.
struct Away {
    before: *mut c_void,
    here: PhantomData<*const ()>,
}

impl Away {
    fn go() -> Self {
        let name: Vec<u16> = "other\0".encode_utf16().collect();
        // SAFETY: the name ends with a zero, and everything else is left out as it may be.
        unsafe {
            let before = GetThreadDesktop(GetCurrentThreadId());
            let other = CreateDesktopW(name.as_ptr(), null(), null(), 0, ALL, null());
            assert!(!other.is_null() && SetThreadDesktop(other) != 0, "there is another desktop");
            Self { before, here: PhantomData }
        }
    }
}

impl Drop for Away {
    fn drop(&mut self) {
        // SAFETY: it is where this thread was, as the marker sees to.
        assert!(unsafe { SetThreadDesktop(self.before) } != 0, "it goes back");
    }
}

/// What is said of whether the screen is there, and when it is the other way.
fn until_shown(capturer: &mut GdiCapturer, wanted: bool) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let change = capturer.wait(PATIENCE).unwrap();
        if let Some(shown) = change.shown {
            assert_eq!(shown, wanted);
            return;
        }
        assert!(Instant::now() < deadline, "it was never said");
    }
}

#[test]
fn nothing_is_taken_meanwhile_it_is_said_and_all_is_news_after_it() {
    let _window = Window::open();
    let person = Person::who_shows_the_screen();
    let mut capturer = GdiCapturer::open(person.view()).unwrap();
    settle(&mut capturer);
    let away = Away::go();
    until_shown(&mut capturer, false);
    assert!(capturer.is_held());
    assert_eq!(capturer.grab(), Err(CaptureError::Held));
    let refused = probe().unwrap_err().to_string();
    assert!(refused.contains("lock"), "{refused}");
    drop(away);
    until_shown(&mut capturer, true);
    until("a picture", || capturer.grab().unwrap().is_some());
}

#[test]
fn nothing_is_pressed_meanwhile_and_it_is_said_that_control_has_to_go() {
    let window = Window::open();
    let (mut person, suspension) = (Person::who_shows_the_screen(), Suspension::default());
    let grant = person.gives_control();
    let mut sentry = Sentry::post(&person.view(), person.brake(), &suspension).unwrap();
    assert_eq!(sentry.wait(Duration::from_millis(100)), Ok(Alarm::Quiet));
    let mut injector = WindowsInjector::open_guarded(grant, std::io::sink(), &suspension).unwrap();
    injector.apply(key("KeyA", true)).unwrap();
    window.until("that it is down", |line| line.starts_with("down 30"));
    let away = Away::go();
    assert_eq!(sentry.wait(PATIENCE), Ok(Alarm::Locked));
    assert!(suspension.is_on());
    injector.apply(key("KeyB", true)).unwrap();
    // Another thread of the injector is still where the key is, and lets go of it.
    window.until("that it is up", |line| line.starts_with("up 30"));
    until("it is let go of", || !injector.is_holding());
    drop(away);
    assert_eq!(sentry.wait(Duration::from_millis(300)), Ok(Alarm::Quiet));
    until("it may go on", || !suspension.is_on());
}
