//! Displays that cannot be shared are refused with a sentence.

use rendezvous_desktop::x11::windows::WindowError;
use rendezvous_desktop::x11::{self, StopError, StopKeys, X11Capturer, X11Injector};
use rendezvous_desktop::{CaptureError, DisplayError, InjectError, Suspension};

use crate::person::Person;
use crate::relay::Relay;
use crate::server::Server;

fn refused(at: Option<&str>) -> DisplayError {
    match X11Capturer::open(Person::who_shows_the_screen().view(), at) {
        Err(CaptureError::Display(error)) => error,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn no_server() {
    for name in [":59535", ":65535", "127.0.0.1:0.9", "nonsense", "unix:", ":-1", ":99999999999"] {
        let error = refused(Some(name));
        assert!(matches!(&error, DisplayError::Unreachable { display, .. } if display == name), "{error:?}");
        assert!(error.to_string().contains("check that DISPLAY names the desktop"), "{error}");
    }
}

#[test]
fn waylands_compatibility_layer() {
    let server = Server::xvfb("320x200x24");
    let relay = Relay::as_if_of_wayland(&server);
    let at = relay.at().expect("it has a name");
    let error = refused(Some(at));
    assert_eq!(error, DisplayError::Wayland);
    let sentence = error.to_string();
    assert!(sentence.contains("is black") && sentence.contains("log in to an X11 session"), "{sentence}");
    // Nothing else looks at it or listens to it either, and whoever asks beforehand is told.
    assert_eq!(x11::probe(at), Err(DisplayError::Wayland));
    assert_eq!(x11::windows::find(at, "letter"), Err(WindowError::Display(DisplayError::Wayland)));
    let mut person = Person::who_shows_the_screen();
    assert_eq!(
        StopKeys::watch(&person.view(), person.brake(), Some(at), &Suspension::default()).unwrap_err(),
        StopError::Display(DisplayError::Wayland)
    );
    let injector = X11Injector::open(person.gives_control(), Some(at));
    assert_eq!(injector.unwrap_err(), InjectError::Display(DisplayError::Wayland));
    // The same server by its own name is none.
    assert!(x11::probe(server.display()).is_ok());
}

#[test]
fn too_few_colours() {
    let server = Server::xvfb("320x200x16");
    let error = refused(server.at());
    assert_eq!(error, DisplayError::Pixels("16-bit colour".into()));
    assert_eq!(
        error.to_string(),
        "the screen has 16-bit colour; only 24-bit or 32-bit true colour can be shared, so change the colour depth"
    );
}

#[test]
fn missing_extensions() {
    for name in ["DAMAGE", "XFIXES"] {
        let server = Server::xvfb_with("320x200x24", &["-extension", name]);
        assert_eq!(refused(server.at()), DisplayError::Extension(name));
    }
    let server = Server::xvfb_with("320x200x24", &["-extension", "XTEST"]);
    let mut person = Person::who_shows_the_screen();
    let injector = X11Injector::open(person.gives_control(), server.at());
    assert_eq!(injector.unwrap_err(), InjectError::Display(DisplayError::Extension("XTEST")));
}

#[test]
fn a_server_that_dies_is_an_error_and_no_panic() {
    let server = Server::xvfb("320x200x24");
    let mut person = Person::who_shows_the_screen();
    let mut capturer = X11Capturer::open(person.view(), server.at()).unwrap();
    let mut keys = person.listens(&server, &Suspension::default());
    let injector = X11Injector::open(person.gives_control(), server.at()).unwrap();
    crate::needs_xvfb_capture::settle(&mut capturer);
    drop(server);
    let soon = std::time::Duration::from_secs(5);
    let lost = rendezvous_desktop::Capture::wait(&mut capturer, soon);
    assert!(matches!(lost, Err(CaptureError::Display(DisplayError::Lost(_)))), "{lost:?}");
    let lost = keys.wait(soon);
    assert!(matches!(lost, Err(StopError::Display(DisplayError::Lost(_)))), "{lost:?}");
    drop(injector);
}
