//! H.264 by OpenH264, tuned for screens: text stays sharp and every frame leaves at once.

mod quiet;

use openh264::encoder::{
    BitRate, Complexity, Encoder, EncoderConfig, FrameRate, FrameType, Profile, RateControlMode,
    SpsPpsStrategy, UsageType, VuiConfig,
};
use openh264::formats::YUVSlices;
use openh264::{OpenH264API, Timestamp};
use rendezvous_assist::screen::{EncodedFrame, Size};

use crate::{Encode, EncodeError, I420};

/// Encodes one screen as constrained baseline H.264 in Annex B form, with the parameter sets in front of every key
/// frame, so that a viewer can join at any of them.
///
/// An odd last column or row is left out: H.264 counts in twos.
pub struct H264Encoder {
    inner: Encoder,
    screen: Size,
    started: bool,
}

/// The encoder plans its bits for this many pictures a second; fewer are fine.
const MAX_FRAMES_PER_SECOND: f32 = 30.0;

impl H264Encoder {
    /// An encoder for a screen of this size, aiming at `kbps` kilobits a second while the picture moves.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Size`] for screens smaller than 16 × 16 or larger than 3840 × 2160 (or upright, 2160 × 3840).
    pub fn new(screen: Size, kbps: u32) -> Result<Self, EncodeError> {
        let (longer, shorter) = (screen.width.max(screen.height), screen.width.min(screen.height));
        if shorter < 16 || longer > 3840 || shorter > 2160 {
            return Err(EncodeError::Size(screen));
        }
        let mut inner = Encoder::with_api_config(OpenH264API::from_source(), config(kbps)).map_err(codec)?;
        quiet::silence(&mut inner);
        Ok(Self { inner, screen, started: false })
    }
}

/// Measured on scrolling terminals and typing: screen mode with low complexity gives the smallest stream at the least
/// delay. Nothing is skipped, because a skipped frame is a delayed one. Screen mode insists on looking for changes of
/// scene, and refuses the two adaptions that are made for cameras.
fn config(kbps: u32) -> EncoderConfig {
    EncoderConfig::new()
        .usage_type(UsageType::ScreenContentRealTime)
        .profile(Profile::Baseline)
        .complexity(Complexity::Low)
        .rate_control_mode(RateControlMode::Bitrate)
        .bitrate(BitRate::from_bps(kbps.saturating_mul(1000)))
        .max_frame_rate(FrameRate::from_hz(MAX_FRAMES_PER_SECOND))
        .skip_frames(false)
        .scene_change_detect(true)
        .adaptive_quantization(false)
        .background_detection(false)
        .sps_pps_strategy(SpsPpsStrategy::ConstantId)
        // One slice is one thread's work, and frames are one slice, so more threads would only wait.
        .num_threads(1)
        .vui(VuiConfig::bt709())
}

impl Encode for H264Encoder {
    fn encode(
        &mut self,
        picture: &I420,
        taken_us: u64,
        force_key: bool,
    ) -> Result<Option<EncodedFrame>, EncodeError> {
        if picture.size() != self.screen {
            return Err(EncodeError::WrongSize { expected: self.screen, got: picture.size() });
        }
        // The first frame is a key frame anyway, and asking for one would make OpenH264 send it twice.
        if force_key && self.started {
            self.inner.force_intra_frame();
        }
        let stream = self
            .inner
            .encode_at(&even_part(picture), Timestamp::from_millis(taken_us / 1000))
            .map_err(codec)?;
        let key = stream.frame_type() == FrameType::IDR;
        let data = stream.to_vec();
        self.started |= !data.is_empty();
        Ok((!data.is_empty()).then_some(EncodedFrame { data, key, taken_us }))
    }
}

/// The picture without an odd last column and row.
fn even_part(picture: &I420) -> YUVSlices<'_> {
    let stride = usize::from(picture.size().width);
    let chroma = picture.chroma_stride();
    let (width, height) = (stride & !1, usize::from(picture.size().height) & !1);
    let planes = (
        &picture.y()[..height * stride],
        &picture.u()[..height / 2 * chroma],
        &picture.v()[..height / 2 * chroma],
    );
    YUVSlices::new(planes, (width, height), (stride, chroma, chroma))
}

fn codec(error: openh264::Error) -> EncodeError {
    EncodeError::Codec(error.to_string())
}
