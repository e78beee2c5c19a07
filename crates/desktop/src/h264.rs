//! H.264 by OpenH264, tuned for screens: text stays sharp and every frame leaves at once.

#[cfg(target_os = "linux")]
mod features;
mod options;

use openh264::encoder::{
    BitRate, Complexity, Encoder, EncoderConfig, FrameRate, FrameType, Profile, QpRange, RateControlMode,
    SpsPpsStrategy, UsageType, VuiConfig,
};
use openh264::formats::YUVSlices;
use openh264::{OpenH264API, Timestamp};
use rendezvous_assist::pace::Purpose;
use rendezvous_assist::screen::{EncodedFrame, Size};

use self::options::RateControl;
use crate::encode::{LEAST_KBPS, check_size};
use crate::{Encode, EncodeError, I420, Rect};

/// Encodes one screen as constrained baseline H.264 in Annex B form, with the parameter sets in front of every key
/// frame, so that a viewer can join at any of them.
///
/// An odd last column or row is left out: H.264 counts in twos.
pub struct H264Encoder {
    inner: Encoder,
    grain: Grain,
    screen: Size,
    started: bool,
    /// What the encoder was told to aim at, and what it is to aim at: it takes another bitrate only once it has made a
    /// frame.
    told_kbps: u32,
    kbps: u32,
    /// The last frame that was to sharpen the picture had nothing to add, and nothing has changed since.
    sharp: bool,
}

/// The encoder plans its bits for this many pictures a second; fewer are fine.
const MAX_FRAMES_PER_SECOND: f32 = 60.0;

/// The finest quantizer of a picture that changes: text is read as well as over VNC, in three fifths of what 22 takes
/// (docs/benchmarks.md). What comes to rest becomes finer than that.
const FINEST: u8 = 30;

/// The coarsest one. OpenH264 by itself stops at 35 for screens, and then sends several times what a narrow path carries.
const COARSEST: u8 = 46;

/// How fine a moving picture may become. OpenH264 chooses the quantizer of a key frame by itself, never coarser than 40
/// unless that is out of its range; and on a path that is narrow, a key frame of a screen full of text is then more than a
/// second long. Pictures at rest are sharp either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grain {
    Fine,
    Coarse,
}

/// Below this an encoder begins coarsely, and from that on it is a fine one.
const NARROW_KBPS: u32 = 1_500;
const WIDE_KBPS: u32 = 2_000;

/// The quantizers of a coarse one, from and to.
const COARSE: (u8, u8) = (44, 50);

fn make(screen: Size, kbps: u32, grain: Grain) -> Result<Encoder, EncodeError> {
    match grain {
        Grain::Fine => {
            let mut encoder = begin(config(kbps).qp(QpRange::new(FINEST, COARSEST)).profile(Profile::Main))?;
            // Where blocks are fine their edges need no smoothing, which costs bits, and time at both ends (docs/benchmarks.md). It can
            // only be told so once it has made a frame.
            let black = I420::black(screen);
            encoder.encode_at(&even_part(&black), Timestamp::ZERO).map_err(codec)?;
            check(options::leave_edges(&mut encoder))?;
            Ok(encoder)
        }
        Grain::Coarse => begin(config(kbps).qp(QpRange::new(COARSE.0, COARSE.1))),
    }
}

fn begin(config: EncoderConfig) -> Result<Encoder, EncodeError> {
    #[cfg(target_os = "linux")]
    features::begin();
    let mut encoder = Encoder::with_api_config(OpenH264API::from_source(), config).map_err(codec)?;
    options::silence(&mut encoder);
    Ok(encoder)
}

impl H264Encoder {
    /// An encoder for a screen of this size, aiming at `kbps` kilobits a second while the picture moves.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Size`] for screens smaller than 16 × 16 or larger than 3840 × 2160 (or upright, 2160 × 3840).
    pub fn new(screen: Size, kbps: u32) -> Result<Self, EncodeError> {
        check_size(screen)?;
        let kbps = kbps.clamp(LEAST_KBPS, MOST_KBPS);
        let grain = if kbps < NARROW_KBPS { Grain::Coarse } else { Grain::Fine };
        Ok(Self {
            inner: make(screen, kbps, grain)?,
            grain,
            screen,
            started: false,
            told_kbps: kbps,
            kbps,
            sharp: false,
        })
    }

    /// What began coarsely begins again finely once the path carries that.
    fn refine(&mut self) -> Result<(), EncodeError> {
        if self.grain == Grain::Coarse && self.kbps >= WIDE_KBPS {
            *self = Self::new(self.screen, self.kbps)?;
        }
        Ok(())
    }

    /// A frame that has no more than this to say about a picture at rest leaves it as it is: the headers, and for every
    /// row of blocks a few bits that there is nothing in it.
    fn silent_bytes(&self) -> usize {
        64 + usize::from(self.screen.height / 16) * 4
    }

    /// Tells the encoder what to aim at from the next frame on, if it does not know yet.
    ///
    /// It remembers the bits that it has spent too much, and multiplies them when the bitrate rises: after a narrow
    /// moment it would stay coarse for many seconds. One frame at next to nothing divides them first.
    fn tell_bitrate(&mut self) -> Result<(), EncodeError> {
        if !self.started || self.told_kbps == self.kbps {
            return Ok(());
        }
        let rises = self.told_kbps != FORGETS && self.kbps / 5 > self.told_kbps / 4;
        self.told_kbps = if rises { FORGETS } else { self.kbps };
        check(options::set_bitrate(&mut self.inner, (self.told_kbps * 1000).max(LEAST_BPS)))
    }

    /// Encodes a picture at rest with the quantizer that counts as sharp. The encoder leaves blocks that did not change
    /// as they are, unless that makes them clearly better; so two or three of these are all that is needed.
    fn sharpen(&mut self, picture: &I420, taken_us: u64) -> Result<Option<EncodedFrame>, EncodeError> {
        if self.sharp {
            return Ok(None);
        }
        check(options::set_rate_control(&mut self.inner, RateControl::Off))?;
        let frame = self.encode_all(picture, taken_us);
        check(options::set_rate_control(&mut self.inner, RateControl::Bitrate))?;
        let frame = frame?;
        self.sharp = frame.as_ref().is_none_or(|frame| frame.data.len() <= self.silent_bytes());
        Ok(frame)
    }

    fn encode_all(&mut self, picture: &I420, taken_us: u64) -> Result<Option<EncodedFrame>, EncodeError> {
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

/// What the encoder was told while it forgets: nothing, as far as it takes that. It refuses less than a bit a frame, and
/// at one bit a frame it takes what it remembers for a bit or two.
const FORGETS: u32 = 0;
const LEAST_BPS: u32 = 60;

/// The encoder refuses what the level of the stream does not allow.
const MOST_KBPS: u32 = 10_000;

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
        damage: &[Rect],
        purpose: Purpose,
        taken_us: u64,
    ) -> Result<Option<EncodedFrame>, EncodeError> {
        if picture.size() != self.screen {
            return Err(EncodeError::WrongSize { expected: self.screen, got: picture.size() });
        }
        if self.started && damage.is_empty() && purpose == Purpose::Sharpen {
            return self.sharpen(picture, taken_us);
        }
        self.refine()?;
        self.tell_bitrate()?;
        // The first frame is a key frame anyway, and asking for one would make OpenH264 send it twice.
        if purpose == Purpose::Key && self.started {
            self.inner.force_intra_frame();
        }
        self.sharp &= damage.is_empty() && purpose == Purpose::KeepAlive;
        self.encode_all(picture, taken_us)
    }

    fn set_bitrate(&mut self, kbps: u32) -> Result<(), EncodeError> {
        self.kbps = kbps.clamp(LEAST_KBPS, MOST_KBPS);
        Ok(())
    }
}

fn check(taken: bool) -> Result<(), EncodeError> {
    if taken { Ok(()) } else { Err(EncodeError::Codec("it refuses an option".to_owned())) }
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
