//! Where there is no X11: the same words, and nothing that could be had. Whatever is opened says so, in a sentence for the
//! person, after the grant was asked as everywhere; what is never had cannot be used, which the compiler sees.

use std::convert::Infallible;
use std::io::{Read, Write};
use std::time::Duration;

use rendezvous_assist::grant::{Brake, ControlGrant, ViewGrant};
use rendezvous_assist::input::InputEvent;
use rendezvous_assist::screen::Size;
use thiserror::Error;

use crate::{
    Capture, CaptureError, Change, Choice, DisplayError, I420, Inject, InjectError, Rect, Scene, Subject,
    Suspension, Waker,
};

/// There is none.
fn none<T>() -> Result<T, DisplayError> {
    Err(DisplayError::Unreachable {
        display: "here".to_owned(),
        reason: "this system has no X11, and its own screen cannot be shared by this version".to_owned(),
    })
}

/// Whether this display could be shared.
///
/// # Errors
///
/// Always.
pub fn probe(_: &str) -> Result<Size, DisplayError> {
    none()
}

/// What happened to a device of the person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was taken away.
    Away,
    /// What it does was changed.
    Remapped,
}

/// Never had.
#[derive(Debug)]
pub struct X11Capturer(Infallible);

impl X11Capturer {
    /// Opens what is to be shared.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn share(grant: ViewGrant, _: Option<&str>, _: &Subject, _: &Choice) -> Result<Self, CaptureError> {
        if grant.is_live() { Ok(none()?) } else { Err(CaptureError::Revoked) }
    }

    /// The same; nothing is taken while this hides the picture.
    #[must_use]
    pub fn hidden_by(self, _: &Suspension) -> Self {
        match self.0 {}
    }
}

impl Capture for X11Capturer {
    fn size(&self) -> Size {
        match self.0 {}
    }

    fn scene(&self) -> &Scene {
        match self.0 {}
    }

    fn wait(&mut self, _: Duration) -> Result<Change, CaptureError> {
        match self.0 {}
    }

    fn grab(&mut self) -> Result<Option<Rect>, CaptureError> {
        match self.0 {}
    }

    fn parts(&self) -> &[Rect] {
        match self.0 {}
    }

    fn frame(&self) -> Result<&I420, CaptureError> {
        match self.0 {}
    }

    fn waker(&self) -> Waker {
        match self.0 {}
    }
}

/// Never had.
#[derive(Debug)]
pub struct X11Injector(Infallible);

impl X11Injector {
    /// Opens the display.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn open_guarded(
        grant: ControlGrant,
        _: Option<&str>,
        _: impl Write + Send + 'static,
        _: &Suspension,
    ) -> Result<Self, InjectError> {
        if grant.is_live() { Ok(none()?) } else { Err(InjectError::Revoked) }
    }
}

impl Inject for X11Injector {
    fn apply(&mut self, _: InputEvent) -> Result<(), InjectError> {
        match self.0 {}
    }

    fn share(&mut self, _: Option<Rect>) {
        match self.0 {}
    }

    fn is_holding(&self) -> bool {
        match self.0 {}
    }

    fn release_all(&mut self) -> Result<(), InjectError> {
        match self.0 {}
    }
}

/// The work of the second process.
///
/// # Errors
///
/// Always.
pub fn let_go_at_end(_: Option<&str>, _: impl Read, _: impl Write) -> Result<(), DisplayError> {
    none()
}

/// What came out of one wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopSignal {
    /// The person pressed what stops everything.
    Stop,
    /// Nothing.
    Quiet,
}

/// Why nobody listens for the stop keys.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StopError {
    /// There was no permission to see the screen, or everything was stopped.
    #[error("there is nothing to stop: this screen is not shared")]
    Revoked,
    /// The display cannot be used.
    #[error(transparent)]
    Display(#[from] DisplayError),
}

/// Never had.
#[derive(Debug)]
pub struct StopKeys(Infallible);

impl StopKeys {
    /// Listens.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn watch(grant: &ViewGrant, _: Brake, _: Option<&str>, _: &Suspension) -> Result<Self, StopError> {
        if grant.is_live() { Ok(none()?) } else { Err(StopError::Revoked) }
    }

    /// Waits.
    ///
    /// # Errors
    ///
    /// Never, since nobody can call it.
    pub fn wait(&mut self, _: Duration) -> Result<StopSignal, StopError> {
        match self.0 {}
    }
}

/// What came out of one wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// A real mouse or keyboard was taken from the person.
    Device(Taken),
    /// The screen was locked.
    Locked,
    /// Nothing.
    Quiet,
}

/// Never had.
#[derive(Debug)]
pub struct Sentry(Infallible);

impl Sentry {
    /// Begins to look around.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn post(grant: &ViewGrant, _: Brake, _: Option<&str>, _: &Suspension) -> Result<Self, StopError> {
        if grant.is_live() { Ok(none()?) } else { Err(StopError::Revoked) }
    }

    /// Waits.
    ///
    /// # Errors
    ///
    /// Never, since nobody can call it.
    pub fn wait(&mut self, _: Duration) -> Result<Alarm, StopError> {
        match self.0 {}
    }

    /// Whether something is on the screen that only the person may use.
    #[must_use]
    pub fn sees_prompt(&self) -> bool {
        match self.0 {}
    }
}

/// The bar.
pub mod bar {
    use super::{Infallible, StopError, ViewGrant, none};

    /// Never had.
    #[derive(Debug)]
    pub struct Bar(Infallible);

    /// What the bar would say.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Contents {
        /// One line.
        pub text: String,
        /// The same in words alone.
        pub spoken: String,
        /// What its colour would say as well.
        pub tone: Tone,
        /// What could be pressed.
        pub buttons: Vec<(Press, String)>,
    }

    /// What the colour would say.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Tone {
        /// Nothing is seen at the moment.
        Calm,
        /// The screen is seen.
        Seen,
        /// Pointer and keyboard are used.
        Controlled,
    }

    /// What could be pressed.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Press {
        /// Hide the screen for a while.
        Pause,
        /// Show it again.
        Resume,
        /// Take control back.
        TakeBack,
        /// Stop everything.
        Stop,
        /// Write to the helper.
        Write,
        /// Choose a file for the helper.
        File,
    }

    impl Bar {
        /// Puts it on the screen.
        ///
        /// # Errors
        ///
        /// Always.
        pub fn show(
            grant: &ViewGrant,
            _: Option<&str>,
            _: Contents,
            _: impl FnMut(Press) + Send + 'static,
        ) -> Result<Self, StopError> {
            if grant.is_live() { Ok(none()?) } else { Err(StopError::Revoked) }
        }

        /// From now on it says this.
        pub fn say(&self, _: Contents) {
            match self.0 {}
        }

        /// Whether it is there.
        #[must_use]
        pub fn pulse(&self) -> Pulse {
            match self.0 {}
        }
    }

    /// Whether the bar lives; never had.
    #[derive(Clone, Debug)]
    pub struct Pulse(Infallible);

    impl Pulse {
        /// Whether it is there.
        #[must_use]
        pub fn is_alive(&self) -> bool {
            match self.0 {}
        }
    }
}

/// What the person copies.
pub mod clipboard {
    use super::{DisplayError, Infallible, none};
    use rendezvous_assist::clipboard::{Content, Kind};
    use rendezvous_assist::grant::ClipboardGrant;

    /// What happened at the clipboard.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Clipping {
        /// The person copied something that can be asked for as these.
        Copied(Vec<Kind>),
        /// What was asked for.
        Content(Option<Content>),
        /// A program pastes what the page copied.
        Wanted(u32, Kind),
        /// The display is gone.
        Lost(String),
    }

    /// Never had.
    #[derive(Debug)]
    pub struct X11Clipboard(Infallible);

    impl X11Clipboard {
        /// Begins to listen.
        ///
        /// # Errors
        ///
        /// Always.
        pub fn open(
            _: ClipboardGrant,
            _: Option<&str>,
            _: impl Fn(Clipping) + Send + 'static,
        ) -> Result<Self, DisplayError> {
            none()
        }

        /// What the person copied is wanted as this.
        pub fn read(&self, _: Kind) {
            match self.0 {}
        }

        /// The page copied something.
        pub fn own(&self, _: Vec<Kind>) {
            match self.0 {}
        }

        /// This was wanted.
        pub fn give(&self, _: u32, _: Option<Content>) {
            match self.0 {}
        }
    }
}

/// What the expert draws.
pub mod drawing {
    use super::{DisplayError, Infallible, none};
    use crate::{Stage, Suspension};
    use rendezvous_assist::drawing::Stroke;
    use rendezvous_assist::grant::DrawingGrant;

    /// Never had.
    #[derive(Debug)]
    pub struct X11Drawing(Infallible);

    impl X11Drawing {
        /// Begins.
        ///
        /// # Errors
        ///
        /// Always.
        pub fn open(_: DrawingGrant, _: Option<&str>, _: Stage, _: Suspension) -> Result<Self, DisplayError> {
            none()
        }

        /// The expert did this.
        pub fn draw(&self, _: Stroke) {
            match self.0 {}
        }
    }
}

/// The windows that there are.
pub mod windows {
    use super::{DisplayError, Duration, none};
    use crate::ChosenWindow;

    /// Lets the person click into a window.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn click(_: &str, _: Duration) -> Result<ChosenWindow, DisplayError> {
        none()
    }

    /// The window that is meant.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn find(_: &str, _: &str) -> Result<ChosenWindow, DisplayError> {
        none()
    }
}
