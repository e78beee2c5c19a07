//! Turning pictures into video.

use rendezvous_assist::screen::{EncodedFrame, Size};
use thiserror::Error;

use crate::I420;

/// Turns the pictures of one screen into one video stream.
pub trait Encode: Send {
    /// Encodes one picture. `taken_us` is when it was taken, in microseconds from the caller's epoch, and never falls
    /// from one call to the next. With `force_key` a decoder can start at this frame; it can also at the first.
    ///
    /// `None` when the encoder chose to make nothing of this picture; never with `force_key`.
    ///
    /// # Errors
    ///
    /// [`EncodeError::WrongSize`] when the picture is of another screen.
    fn encode(
        &mut self,
        picture: &I420,
        taken_us: u64,
        force_key: bool,
    ) -> Result<Option<EncodedFrame>, EncodeError>;
}

/// Why a picture was not encoded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// The encoder cannot do pictures of this size.
    #[error(
        "a screen of {} by {} pixels cannot be shared: between 16 by 16 and 3840 by 2160 can; change the resolution",
        .0.width, .0.height
    )]
    Size(Size),
    /// The encoder was made for another size.
    #[error("this encoder takes pictures of {}x{} pixels, not {}x{}", .expected.width, .expected.height, .got.width, .got.height)]
    WrongSize {
        /// What it was made for.
        expected: Size,
        /// What it was given.
        got: Size,
    },
    /// The encoder gave up.
    #[error("the video encoder failed: {0}")]
    Codec(String),
}
