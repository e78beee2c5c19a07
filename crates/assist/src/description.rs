//! One side of a WebRTC connection as verified values.
//!
//! The applications never exchange SDP. Each extracts what it must tell from its own SDP, and each builds the SDP of
//! the other from a [`Description`], whose every value was bounded and checked when it came in: no text from the wire
//! reaches an SDP parser as it came. What is harmless but unknown (another codec, another header extension, a candidate
//! that is a name) is passed over; what is unsafe refuses the whole.

mod data;
#[cfg(test)]
pub(crate) mod tests;
mod wire;

use std::fmt;
use std::net::SocketAddr;

use rendezvous_trust::bind::{self, Media};
use serde::{Deserialize, Serialize};

pub(crate) use self::wire::Wire;
use crate::families::Families;

/// The most candidates in one description.
pub const MAX_CANDIDATES: usize = 16;

/// The most video formats in one description.
pub const MAX_VIDEO_FORMATS: usize = 8;

/// The most header extensions in one description.
pub const MAX_EXTENSIONS: usize = 16;

/// What one side says of itself: an *offer* from the expert's page, an *answer* from the novice's application.
///
/// It exists only checked; serde reads and writes the JSON object of the signalling.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Description {
    pub(crate) ufrag: String,
    pub(crate) pwd: String,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) setup: Setup,
    pub(crate) video: Vec<VideoFormat>,
    pub(crate) extensions: Vec<(u8, Extension)>,
    pub(crate) media: Option<MediaSource>,
    pub(crate) candidates: Vec<Candidate>,
    /// In an answer: the `ufrag` of the offer that it answers, since a page may have made another one meanwhile.
    pub(crate) answers: Option<String>,
}

impl Description {
    /// The certificate that DTLS must show.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Who begins the DTLS handshake.
    #[must_use]
    pub fn setup(&self) -> Setup {
        self.setup
    }

    /// The certificate and who begins, as both sides sign them.
    #[must_use]
    pub fn media(&self) -> Media {
        Media { fingerprint: self.fingerprint.0, setup: self.setup.into() }
    }

    /// The video formats that we know, in the order of preference. None, when the side can only do others.
    #[must_use]
    pub fn video(&self) -> &[VideoFormat] {
        &self.video
    }

    /// Where the side can be reached. May be empty: a page that hides its addresses is found by its own checks.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// The name of this way to the side. A page that looks for another way gives itself another one.
    #[must_use]
    pub fn way(&self) -> &str {
        &self.ufrag
    }

    /// The same without the candidates of kinds that are not allowed.
    #[must_use]
    pub fn within(mut self, families: Families) -> Self {
        self.candidates.retain(|candidate| families.include(candidate.address.ip()));
        self
    }

    /// The same with only the formats of these codecs, in their order of preference.
    #[must_use]
    pub fn in_codecs(mut self, codecs: &[Codec]) -> Self {
        let rank = |format: &VideoFormat| codecs.iter().position(|codec| *codec == format.codec());
        self.video.retain(|format| rank(format).is_some());
        self.video.sort_by_key(rank);
        self
    }

    /// Whether the side can be reached by one of these kinds, as far as it says. A side that hides its addresses may be.
    #[must_use]
    pub fn may_be_reached_by(&self, families: Families) -> bool {
        let mut candidates = self.candidates.iter();
        self.candidates.is_empty() || candidates.any(|candidate| families.include(candidate.address.ip()))
    }

    /// Checks that this is what the expert's page may say: both DTLS roles open, and no media of its own.
    ///
    /// # Errors
    ///
    /// [`DescriptionError::NotAnOffer`].
    pub fn check_offer(&self) -> Result<(), DescriptionError> {
        match (self.setup, self.media, &self.answers) {
            (Setup::ActPass, None, None) => Ok(()),
            _ => Err(DescriptionError::NotAnOffer),
        }
    }

    /// Checks that this is what the novice's application may say: one DTLS role, and the source and format of its video.
    ///
    /// # Errors
    ///
    /// [`DescriptionError::NotAnAnswer`] and [`DescriptionError::NoVideo`].
    pub fn check_answer(&self) -> Result<(), DescriptionError> {
        match (self.setup, self.media) {
            (Setup::Active | Setup::Passive, Some(_)) if self.video.is_empty() => {
                Err(DescriptionError::NoVideo)
            }
            (Setup::Active | Setup::Passive, Some(_)) => Ok(()),
            _ => Err(DescriptionError::NotAnAnswer),
        }
    }
}

/// Neither the ICE password nor an address belongs in a log.
impl fmt::Debug for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Description")
            .field("fingerprint", &self.fingerprint)
            .field("setup", &self.setup)
            .field("video", &self.video)
            .field("extensions", &self.extensions)
            .field("candidates", &self.candidates.len())
            .finish_non_exhaustive()
    }
}

/// The SHA-256 of a DTLS certificate (RFC 8122).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// Reads 32 bytes in hexadecimal with colons between them, either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let part = parts.next()?;
            if part.len() != 2 || !part.bytes().all(|b| b.is_ascii_hexdigit()) {
                return None;
            }
            *byte = u8::from_str_radix(part, 16).ok()?;
        }
        parts.next().is_none().then_some(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            let colon = if i == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// Who begins the DTLS handshake (RFC 8842).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Setup {
    /// Either.
    ActPass,
    /// The side that says so.
    Active,
    /// The other side.
    Passive,
}

impl From<bind::Setup> for Setup {
    fn from(setup: bind::Setup) -> Self {
        match setup {
            bind::Setup::ActPass => Self::ActPass,
            bind::Setup::Active => Self::Active,
            bind::Setup::Passive => Self::Passive,
        }
    }
}

impl From<Setup> for bind::Setup {
    fn from(setup: Setup) -> Self {
        match setup {
            Setup::ActPass => Self::ActPass,
            Setup::Active => Self::Active,
            Setup::Passive => Self::Passive,
        }
    }
}

/// A video format of one of the codecs that we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VideoFormat {
    /// RTP payload type: 35 to 63 or 96 to 127.
    pub pt: u8,
    /// RTP payload type of retransmissions (RFC 4588).
    pub rtx: Option<u8>,
    /// The codec and its parameters.
    pub coding: Coding,
}

/// A codec and its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    /// H.264 with packetization mode 1 (RFC 6184).
    H264 {
        /// `profile-level-id`: profile, constraints and level, 24 bits.
        profile_level_id: u32,
        /// Whether the two directions may use different levels.
        level_asymmetry: bool,
    },
    /// VP9, profile 0 (RFC 9628).
    Vp9,
}

/// How pictures become video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// H.264: small streams for moving text; patents may apply.
    H264,
    /// VP9: free of royalties.
    Vp9,
}

impl Codec {
    /// The name in SDP.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::H264 => "H264",
            Self::Vp9 => "VP9",
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::H264 => "H.264",
            Self::Vp9 => "VP9",
        })
    }
}

impl VideoFormat {
    /// The codec.
    #[must_use]
    pub fn codec(self) -> Codec {
        match self.coding {
            Coding::H264 { .. } => Codec::H264,
            Coding::Vp9 => Codec::Vp9,
        }
    }

    /// Whether it is H.264 of the profile Baseline, which is what a decoder of any profile can decode.
    #[must_use]
    pub fn is_baseline(self) -> bool {
        matches!(self.coding, Coding::H264 { profile_level_id, .. } if profile_level_id >> 16 == 0x42)
    }

    /// Whether it is H.264 of the profile Constrained Baseline.
    #[must_use]
    pub fn is_constrained_baseline(self) -> bool {
        self.is_baseline()
            && matches!(self.coding, Coding::H264 { profile_level_id, .. } if profile_level_id & 0x4000 != 0)
    }

    /// The value of `a=fmtp`, in canonical form.
    #[must_use]
    pub fn fmtp(self) -> String {
        match self.coding {
            Coding::H264 { profile_level_id, level_asymmetry } => {
                let asymmetry = if level_asymmetry { "level-asymmetry-allowed=1;" } else { "" };
                format!("{asymmetry}packetization-mode=1;profile-level-id={profile_level_id:06x}")
            }
            Coding::Vp9 => "profile-id=0".to_owned(),
        }
    }
}

/// A header extension of the allow-list (RFC 8285).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extension {
    /// How long the receiver may hold a picture back.
    PlayoutDelay,
    /// Transport-wide sequence numbers, for the bandwidth estimate.
    TransportSequence,
    /// When a packet was sent.
    AbsoluteSendTime,
    /// The media section of a packet (RFC 9143).
    Mid,
}

impl Extension {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::PlayoutDelay, Self::TransportSequence, Self::AbsoluteSendTime, Self::Mid];

    /// The registered name.
    #[must_use]
    pub fn uri(self) -> &'static str {
        match self {
            Self::PlayoutDelay => "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
            Self::TransportSequence => {
                "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
            }
            Self::AbsoluteSendTime => "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            Self::Mid => "urn:ietf:params:rtp-hdrext:sdes:mid",
        }
    }

    fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|extension| extension.uri() == uri)
    }
}

/// The synchronization sources of the video that the answering side sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct MediaSource {
    pub(crate) ssrc: u32,
    pub(crate) rtx_ssrc: Option<u32>,
}

/// An ICE candidate (RFC 8839): UDP, component 1, and an address, never a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Candidate {
    pub(crate) foundation: String,
    pub(crate) priority: u32,
    /// Where to reach it.
    pub address: SocketAddr,
    /// How the address was found.
    pub kind: CandidateKind,
}

/// How the address of a candidate was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CandidateKind {
    /// It is of the machine itself.
    Host,
    /// A server saw it.
    ServerReflexive,
    /// The other side saw it.
    PeerReflexive,
    /// It is of a relay.
    Relayed,
}

impl CandidateKind {
    /// As in SDP.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::ServerReflexive => "srflx",
            Self::PeerReflexive => "prflx",
            Self::Relayed => "relay",
        }
    }
}

/// Why a description was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DescriptionError {
    /// A field is missing or of the wrong type.
    Shape,
    /// This field is too short, too long, or has a character that does not belong there.
    Text(&'static str),
    /// There are more of this than allowed.
    TooMany(&'static str),
    /// Not the SHA-256 of a certificate.
    Fingerprint,
    /// `setup` is none of its three values.
    Setup,
    /// A payload type is out of range or used twice.
    PayloadType,
    /// An answer without a video format that can be used.
    NoVideo,
    /// A header extension's number is not 1 to 14, or a number or name is used twice.
    Extension,
    /// A synchronization source is zero, or used twice, or one for retransmission stands alone.
    Ssrc,
    /// A candidate whose address, port, priority or kind cannot be.
    Candidate,
    /// An offer has `setup` *actpass* and no media, and answers nothing.
    NotAnOffer,
    /// An answer has `setup` *active* or *passive*, and media.
    NotAnAnswer,
}

impl fmt::Display for DescriptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape => f.write_str("a field is missing or of the wrong type"),
            Self::Text(field) => {
                write!(f, "\"{field}\" has a wrong length or a character that does not belong there")
            }
            Self::TooMany(field) => write!(f, "too many entries in \"{field}\""),
            Self::Fingerprint => f.write_str("\"fingerprint\" is not 32 bytes in hexadecimal with colons"),
            Self::Setup => f.write_str("\"setup\" is not actpass, active or passive"),
            Self::PayloadType => f.write_str("a payload type is out of range or used twice"),
            Self::NoVideo => f.write_str("an answer names no video format that can be used"),
            Self::Extension => {
                f.write_str("a header extension's number or name is out of range or used twice")
            }
            Self::Ssrc => f.write_str("a synchronization source is zero, used twice or stands alone"),
            Self::Candidate => {
                f.write_str("a candidate has an address, port, priority or type that cannot be")
            }
            Self::NotAnOffer => f.write_str("an offer has \"setup\" actpass, no \"ssrc\" and no \"answers\""),
            Self::NotAnAnswer => f.write_str("an answer has \"setup\" active or passive, and \"ssrc\""),
        }
    }
}

impl std::error::Error for DescriptionError {}
