//! Playing back pointer and keys.

use rendezvous_assist::input::InputEvent;
use thiserror::Error;

use crate::{DisplayError, Rect};

/// Plays back what the expert does, for as long as the person at this machine allows it.
///
/// Keys mean what the expert means by them ([`Meant`](rendezvous_assist::input::Meant)), however this keyboard is laid out.
/// Lock keys are left as they are; what is typed does not depend on them.
///
/// Whatever is pressed through an injector is let go by it: when told to, when the permission ends (within 50 ms, also
/// when no further event comes), while a [`Suspension`](crate::Suspension) holds it back, and when it is dropped. It never
/// lets go of a key that the person holds.
pub trait Inject: Send {
    /// Plays back one event. Positions outside what is shared go to its nearest edge. A second press of what is already
    /// pressed, and a release of what is not pressed here, do nothing. So does everything while it is held back; it is not
    /// made up for afterwards.
    ///
    /// # Errors
    ///
    /// [`InjectError::Revoked`] when the permission has ended; the event then had no effect.
    fn apply(&mut self, event: InputEvent) -> Result<(), InjectError>;

    /// From now on this part of the screen is shared, or with `None` the whole of it: positions count from its upper left
    /// corner and end at its edges, and nothing outside it is clicked.
    fn share(&mut self, part: Option<Rect>);

    /// Whether a key or a button is pressed through this injector.
    fn is_holding(&self) -> bool;

    /// Lets go of every key and button that is pressed through this injector. Allowed at any time, also after the
    /// permission has ended.
    ///
    /// # Errors
    ///
    /// Only when the display is gone, and with it everything that was pressed there.
    fn release_all(&mut self) -> Result<(), InjectError>;
}

/// Why an event was not played back.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InjectError {
    /// The person at this machine took the permission back, or it never stood.
    #[error("nobody else uses this computer's mouse and keyboard: the permission has ended")]
    Revoked,
    /// The display cannot be used.
    #[error(transparent)]
    Display(#[from] DisplayError),
}
