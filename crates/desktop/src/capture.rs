//! Taking pictures of the screen.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rendezvous_assist::screen::{CursorEvent, Size};
use thiserror::Error;

use crate::{DisplayError, I420, Rect, Scene};

/// How long a permission may be dead before a waiting part notices. Looking costs one load from memory.
pub(crate) const GRANT_TICK: Duration = Duration::from_millis(40);

/// Nobody waits longer than this in one call; longer timeouts are cut.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// Watches what is shared and takes pictures of it, for as long as the person at this machine allows it.
///
/// # Why it looks like this
///
/// It is the common part of what desktops offer. On X11 damage says what changed; a portal (PipeWire) hands over whole
/// buffers, each with its damage, whether one wants them or not, and its thread keeps the newest for the next
/// [`grab`](Self::grab). What is shared is chosen here on X11, and in a window of the desktop's own under a portal, which
/// then offers exactly one screen or window ([`Screens::only`](rendezvous_assist::screens::Screens::only)). Wherever
/// something is not as it was, a capturer says so and is replaced by a new one.
///
/// One turn: [`wait`](Self::wait) until the picture changed, [`grab`](Self::grab) what changed, encode
/// [`frame`](Self::frame). How often that happens is the caller's choice; changes that nobody grabbed yet add up and
/// cost nothing meanwhile. The first wait always reports a changed picture, so that the first grab takes all of it.
pub trait Capture: Send {
    /// Size of the picture; fixed for the life of a capturer (see [`CaptureError::Changed`]).
    fn size(&self) -> Size;

    /// What is shared, and what could be; fixed as well.
    fn scene(&self) -> &Scene;

    /// Blocks until something changed, [`Waker::wake`] was called, or `timeout` is over; a still screen costs nothing.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Revoked`] within 50 ms of the permission's end; the others as they come up.
    fn wait(&mut self, timeout: Duration) -> Result<Change, CaptureError>;

    /// Takes the picture of everything that changed since the last grab, and says where that is: the smallest
    /// rectangle around it, widened to even edges. `None` when nothing changed.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Revoked`] when the permission has ended, also when it ended while the picture was on its way;
    /// [`CaptureError::Held`] in the same way while nothing may be seen.
    fn grab(&mut self) -> Result<Option<Rect>, CaptureError>;

    /// What the last grab took: a few rectangles, all in the one that it said. Empty when nothing had changed.
    fn parts(&self) -> &[Rect];

    /// The picture as of the last grab; black before the first.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Revoked`] when the permission has ended: an old picture is not shared either.
    fn frame(&self) -> Result<&I420, CaptureError>;

    /// Whether the person is asked something at this moment that nobody else is to see. Nothing new is taken meanwhile,
    /// neither of the picture nor of the pointer; a running [`wait`](Self::wait) reports a changed picture when it is over.
    fn is_held(&self) -> bool {
        false
    }

    /// A handle that ends a running [`wait`](Self::wait) from another thread.
    fn waker(&self) -> Waker;
}

/// What happened while waiting; nothing at all when the time ran out or somebody woke the capturer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The picture changed. Said once for each [`Capture::grab`]: until then further changes only add up.
    pub picture: bool,
    /// What the cursor did: at most one new shape, then at most one new place.
    pub cursor: Vec<CursorEvent>,
    /// What is shared came to the screen, or is not on it any more: a window that was made small, whose last picture stays.
    pub shown: Option<bool>,
}

impl Change {
    /// Whether nothing happened.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        !self.picture && self.cursor.is_empty() && self.shown.is_none()
    }
}

/// Ends a running [`Capture::wait`] from another thread, or the next one if none is running.
#[derive(Clone)]
pub struct Waker(Arc<dyn Fn() + Send + Sync>);

impl Waker {
    /// A waker that does this.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(wake))
    }

    /// Ends the wait.
    pub fn wake(&self) {
        (self.0)();
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waker")
    }
}

/// Why no more pictures come from this capturer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CaptureError {
    /// The person at this machine took the permission back, or it never stood.
    #[error("this screen is not shared: the permission to see it has ended")]
    Revoked,
    /// The person is asked something that nobody else is to see. The picture is as it was before; it goes on by itself.
    #[error("nothing new of this screen is shared at the moment: its person is answering a question")]
    Held,
    /// What is shared has another size or place, there are other screens, or another one was chosen. Open a new capturer;
    /// the permission still stands.
    #[error("what is shared is not as it was")]
    Changed,
    /// The window that was shared is gone, and nothing is shared in its place.
    #[error("the window that was shared was closed")]
    Gone,
    /// The screen that was shared is gone, and there is no other.
    #[error("no screen is left: the one that was shared was unplugged or switched off")]
    NoScreen,
    /// The display cannot be used.
    #[error(transparent)]
    Display(#[from] DisplayError),
}
