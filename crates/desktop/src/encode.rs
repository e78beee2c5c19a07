//! Turning pictures into video.

use rendezvous_assist::description::Codec;
use rendezvous_assist::pace::Purpose;
use rendezvous_assist::screen::{EncodedFrame, Size};
use thiserror::Error;

use crate::{I420, Rect};

/// Turns the pictures of one screen into one video stream.
pub trait Encode: Send {
    /// Encodes one picture. `damage` is where it differs from the picture before, at least; the first time it does not
    /// matter. `taken_us` is when it was taken, in microseconds from the caller's epoch, and never falls from one call
    /// to the next.
    ///
    /// The first frame is one that a decoder can start with; so is one for [`Purpose::Key`], always. `None` when there
    /// is nothing to say: for [`Purpose::Sharpen`] this means that the picture is as sharp as it becomes.
    ///
    /// # Errors
    ///
    /// [`EncodeError::WrongSize`] when the picture is of another screen.
    fn encode(
        &mut self,
        picture: &I420,
        damage: &[Rect],
        purpose: Purpose,
        taken_us: u64,
    ) -> Result<Option<EncodedFrame>, EncodeError>;

    /// From the next frame on, aims at this many kilobits a second while the picture moves; 100 at least. No key frame
    /// follows from it.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Codec`] when the encoder does not take it; it then goes on as before.
    fn set_bitrate(&mut self, kbps: u32) -> Result<(), EncodeError>;
}

/// No encoder aims at less: below this a screen is unreadable, and the encoders refuse.
pub(crate) const LEAST_KBPS: u32 = 100;

/// What this program was built to encode, what suits screens best first.
pub const CODECS: &[Codec] = &[
    #[cfg(feature = "h264")]
    Codec::H264,
    #[cfg(all(unix, feature = "vp9"))]
    Codec::Vp9,
];

/// An encoder for a screen of this size, aiming at `kbps` kilobits a second while the picture moves.
///
/// # Errors
///
/// [`EncodeError::Size`] for screens smaller than 16 × 16 or larger than 3840 × 2160 (or upright, 2160 × 3840), and
/// [`EncodeError::NotBuilt`] for what is not one of [`CODECS`].
pub fn encoder(codec: Codec, screen: Size, kbps: u32) -> Result<Box<dyn Encode>, EncodeError> {
    match codec {
        #[cfg(feature = "h264")]
        Codec::H264 => Ok(Box::new(crate::H264Encoder::new(screen, kbps)?)),
        #[cfg(all(unix, feature = "vp9"))]
        Codec::Vp9 => Ok(Box::new(crate::Vp9Encoder::new(screen, kbps)?)),
        #[cfg(not(all(unix, feature = "h264", feature = "vp9")))]
        _ => Err(EncodeError::NotBuilt(codec)),
    }
}

/// Refuses screens that no encoder takes.
pub(crate) fn check_size(screen: Size) -> Result<(), EncodeError> {
    let (longer, shorter) = (screen.width.max(screen.height), screen.width.min(screen.height));
    if shorter < 16 || longer > 3840 || shorter > 2160 { Err(EncodeError::Size(screen)) } else { Ok(()) }
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
    /// This program was built without it.
    #[error("this program was built without {0}")]
    NotBuilt(Codec),
    /// The encoder gave up.
    #[error("the video encoder failed: {0}")]
    Codec(String),
}
