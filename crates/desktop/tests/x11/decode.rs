//! What a viewer sees of what was encoded.

use openh264::decoder::Decoder as H264Decoder;
use openh264::formats::YUVSource;
use rendezvous_assist::description::Codec;
use rendezvous_desktop::I420;

use crate::vp9_decoder::Vp9Decoder;

/// A decoded picture, its planes without gaps.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) y: Vec<u8>,
    pub(crate) u: Vec<u8>,
    pub(crate) v: Vec<u8>,
}

/// A decoder for one of the codecs.
pub(crate) enum Decoder {
    H264(H264Decoder),
    Vp9(Vp9Decoder),
}

impl Decoder {
    pub(crate) fn new(codec: Codec) -> Self {
        match codec {
            Codec::H264 => Self::H264(H264Decoder::new().unwrap()),
            Codec::Vp9 => Self::Vp9(Vp9Decoder::new()),
        }
    }

    /// The picture that this frame gives, if it gives one.
    pub(crate) fn decode(&mut self, data: &[u8]) -> Option<Decoded> {
        match self {
            Self::H264(decoder) => decoder.decode(data).ok().flatten().map(|picture| {
                let (width, height) = picture.dimensions();
                let (y, u, v) = picture.strides();
                let plane = |bytes: &[u8], stride: usize, width: usize, height: usize| {
                    bytes.chunks(stride).take(height).flat_map(|row| &row[..width]).copied().collect()
                };
                Decoded {
                    width,
                    height,
                    y: plane(picture.y(), y, width, height),
                    u: plane(picture.u(), u, width / 2, height / 2),
                    v: plane(picture.v(), v, width / 2, height / 2),
                }
            }),
            Self::Vp9(decoder) => decoder.decode(data),
        }
    }
}

impl Decoded {
    /// How like the original the brightness is, in decibels; over the part that both have.
    pub(crate) fn psnr(&self, original: &I420) -> f64 {
        let width = usize::from(original.size().width);
        let rows = (0..self.height).flat_map(|row| {
            let ours = &original.y()[row * width..][..self.width];
            ours.iter().zip(&self.y[row * self.width..][..self.width])
        });
        let squares: f64 = rows.map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
        10.0 * (255.0_f64.powi(2) / (squares / (self.width * self.height) as f64).max(1e-9)).log10()
    }
}
