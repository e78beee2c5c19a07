//! This machine's screen, pointer and keyboard.
//!
//! The desktop is where a decision of the person at this machine becomes an act: pictures of the screen are taken,
//! encoded, and the expert's pointer and keys are played back. Three traits say what that takes, so that other
//! desktops fit beside X11 later without a change elsewhere:
//!
//! * [`Capture`] waits until something on the screen changed and takes the picture of what changed;
//! * [`Encode`] turns pictures into a video stream;
//! * [`Inject`] plays back pointer and keys, and lets go of everything it holds when it must.
//!
//! On X11 these are [`x11::X11Capturer`], an [`encoder`] for one of [`CODECS`] and [`x11::X11Injector`], and beside them
//! stand [`x11::StopKeys`], which hears the three Escapes that end everything, [`x11::Sentry`], which holds the injector back
//! while only the person may answer and says when it must go, and [`x11::let_go_at_end`], the work of a second process that
//! lets go of keys when the first is killed. On Windows they are `windows_os::GdiCapturer`, `windows_os::WindowsInjector` and
//! the same four beside them. What the person is asked, and what they must see, stands in [`windows`] of our
//! own; a [`Suspension`] lets the expert's pointer and keys rest meanwhile. Where there is no desktop a [`TestPicture`] can be
//! shared. What is shared is a [`Subject`]; a [`Scene`] says what there is, a [`Choice`] which screen of it, and a
//! [`Stage`] where on the display it lies.
//!
//! # What this crate may never do
//!
//! * Look or touch without a grant. A capturer is built from a [`ViewGrant`](rendezvous_assist::grant::ViewGrant), an
//!   injector from a [`ControlGrant`](rendezvous_assist::grant::ControlGrant); both are asked again before every
//!   single use, and a dead one refuses before the X server hears of us.
//! * Decide anything. It depends on `rendezvous-assist` for the types that it shares and on no other crate of ours.
//! * Share a picture that nobody sees: under Wayland an X connection shows black, so [`session::display_kind`] tells
//!   the two apart and the X11 parts refuse Wayland's compatibility layer by themselves.
//!
//! Everything here blocks. The caller gives each part a thread of its own.

mod act;
mod bar;
mod bell;
mod capture;
mod clipping;
mod cursor;
mod encode;
mod error;
mod frame;
mod geometry;
#[cfg(feature = "h264")]
mod h264;
mod inject;
mod monitors;
mod notes;
mod scene;
pub mod session;
mod suspension;
pub mod terminal;
mod test_picture;
mod triple_escape;
#[cfg(all(unix, feature = "vp9"))]
mod vp9;
mod watch;
#[cfg(all(unix, feature = "windows"))]
pub mod windows;
// What of it knows no Windows is tested everywhere.
#[cfg(any(windows, test))]
pub mod windows_os;
#[cfg(unix)]
pub mod x11;
#[cfg(windows)]
#[path = "x11/nowhere.rs"]
pub mod x11;

pub use capture::{Capture, CaptureError, Change, Waker};
pub use encode::{CODECS, Encode, EncodeError, encoder};
pub use error::DisplayError;
pub use frame::I420;
pub use geometry::Rect;
#[cfg(feature = "h264")]
pub use h264::H264Encoder;
pub use inject::{Inject, InjectError};
pub use scene::{Choice, ChosenWindow, Scene, Stage, Subject};
pub use suspension::{Hold, LINGER, Suspension};
pub use test_picture::TestPicture;
#[cfg(all(unix, feature = "vp9"))]
pub use vp9::Vp9Encoder;

#[cfg(not(any(feature = "h264", all(unix, feature = "vp9"))))]
compile_error!(
    "a screen is shared as video: build with the feature `h264`, or, where it is not Windows, `vp9`"
);
