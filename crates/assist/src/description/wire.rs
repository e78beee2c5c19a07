//! The JSON form of a description, and its checks.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::{
    Candidate, CandidateKind, Coding, Description, DescriptionError, Extension, Fingerprint, MAX_CANDIDATES,
    MAX_EXTENSIONS, MAX_VIDEO_FORMATS, MediaSource, Setup, VideoFormat,
};

/// The JSON object as it came; nothing in it is trusted.
#[derive(Serialize, Deserialize)]
pub(crate) struct Wire {
    ufrag: String,
    pwd: String,
    fingerprint: String,
    setup: String,
    video: Vec<WireVideo>,
    extensions: Vec<WireExtension>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ssrc: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rtx_ssrc: Option<u32>,
    candidates: Vec<WireCandidate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answers: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct WireVideo {
    pt: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rtx: Option<u8>,
    codec: String,
    fmtp: String,
}

#[derive(Serialize, Deserialize)]
struct WireExtension {
    id: u8,
    uri: String,
}

#[derive(Serialize, Deserialize)]
struct WireCandidate {
    foundation: String,
    component: u16,
    protocol: String,
    priority: u32,
    address: String,
    port: u16,
    #[serde(rename = "type")]
    kind: String,
}

impl TryFrom<Wire> for Description {
    type Error = DescriptionError;

    fn try_from(wire: Wire) -> Result<Self, DescriptionError> {
        check_ice(&wire.ufrag, 4..=256, "ufrag")?;
        check_ice(&wire.pwd, 22..=256, "pwd")?;
        if let Some(answers) = &wire.answers {
            check_ice(answers, 4..=256, "answers")?;
        }
        Ok(Self {
            fingerprint: Fingerprint::parse(&wire.fingerprint).ok_or(DescriptionError::Fingerprint)?,
            setup: Setup::parse(&wire.setup)?,
            video: check_video(&wire.video)?,
            extensions: check_extensions(&wire.extensions)?,
            media: check_media(wire.ssrc, wire.rtx_ssrc)?,
            candidates: check_candidates(wire.candidates)?,
            answers: wire.answers,
            ufrag: wire.ufrag,
            pwd: wire.pwd,
        })
    }
}

impl From<Description> for Wire {
    fn from(description: Description) -> Self {
        Self {
            ufrag: description.ufrag,
            pwd: description.pwd,
            fingerprint: description.fingerprint.to_string(),
            setup: description.setup.as_str().to_owned(),
            video: description.video.into_iter().map(WireVideo::from).collect(),
            extensions: description
                .extensions
                .into_iter()
                .map(|(id, extension)| WireExtension { id, uri: extension.uri().to_owned() })
                .collect(),
            ssrc: description.media.map(|media| media.ssrc),
            rtx_ssrc: description.media.and_then(|media| media.rtx_ssrc),
            candidates: description.candidates.into_iter().map(WireCandidate::from).collect(),
            answers: description.answers,
        }
    }
}

impl From<VideoFormat> for WireVideo {
    fn from(format: VideoFormat) -> Self {
        Self { pt: format.pt, rtx: format.rtx, codec: format.codec().name().to_owned(), fmtp: format.fmtp() }
    }
}

impl From<Candidate> for WireCandidate {
    fn from(candidate: Candidate) -> Self {
        Self {
            foundation: candidate.foundation,
            component: 1,
            protocol: "udp".to_owned(),
            priority: candidate.priority,
            address: candidate.address.ip().to_string(),
            port: candidate.address.port(),
            kind: candidate.kind.as_str().to_owned(),
        }
    }
}

impl Setup {
    /// As in SDP.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ActPass => "actpass",
            Self::Active => "active",
            Self::Passive => "passive",
        }
    }

    fn parse(text: &str) -> Result<Self, DescriptionError> {
        [Self::ActPass, Self::Active, Self::Passive]
            .into_iter()
            .find(|setup| setup.as_str() == text)
            .ok_or(DescriptionError::Setup)
    }
}

/// `ice-char` of RFC 8839: letters, digits, `+` and `/`.
fn check_ice(
    text: &str,
    length: std::ops::RangeInclusive<usize>,
    field: &'static str,
) -> Result<(), DescriptionError> {
    check_text(text, length, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'), field)
}

fn check_text(
    text: &str,
    length: std::ops::RangeInclusive<usize>,
    allowed: impl Fn(u8) -> bool,
    field: &'static str,
) -> Result<(), DescriptionError> {
    if length.contains(&text.len()) && text.bytes().all(allowed) {
        Ok(())
    } else {
        Err(DescriptionError::Text(field))
    }
}

fn check_count<T>(list: &[T], most: usize, field: &'static str) -> Result<(), DescriptionError> {
    if list.len() > most { Err(DescriptionError::TooMany(field)) } else { Ok(()) }
}

/// Keeps the formats that we know, which may be none: then it is known that nothing is shared. Every text is checked, also of those that are passed over.
fn check_video(wire: &[WireVideo]) -> Result<Vec<VideoFormat>, DescriptionError> {
    check_count(wire, MAX_VIDEO_FORMATS, "video")?;
    let mut formats = Vec::with_capacity(wire.len());
    let mut used = Vec::new();
    for entry in wire {
        check_text(&entry.codec, 1..=32, |byte| byte.is_ascii_graphic(), "codec")?;
        check_text(&entry.fmtp, 0..=256, |byte| byte.is_ascii_graphic() || byte == b' ', "fmtp")?;
        for pt in [Some(entry.pt), entry.rtx].into_iter().flatten() {
            // 64 to 95 would be taken for RTCP (RFC 5761); below 35 are the static types.
            if !matches!(pt, 35..=63 | 96..=127) || used.contains(&pt) {
                return Err(DescriptionError::PayloadType);
            }
            used.push(pt);
        }
        let coding = match entry.codec.to_ascii_uppercase().as_str() {
            "H264" => parse_h264(&entry.fmtp),
            "VP9" => parse_vp9(&entry.fmtp),
            _ => None,
        };
        formats.extend(coding.map(|coding| VideoFormat { pt: entry.pt, rtx: entry.rtx, coding }));
    }
    Ok(formats)
}

/// The parameters of `a=fmtp`: key and value.
fn parameters(fmtp: &str) -> impl Iterator<Item = (&str, &str)> {
    fmtp.split(';').map(|one| one.trim().split_once('=').unwrap_or((one.trim(), "")))
}

/// `None`: a profile that we do not encode. No word about it means profile 0 (RFC 9628, 6.1).
fn parse_vp9(fmtp: &str) -> Option<Coding> {
    parameters(fmtp).all(|(key, value)| key != "profile-id" || value == "0").then_some(Coding::Vp9)
}

/// `None`: a format that we do not use.
fn parse_h264(fmtp: &str) -> Option<Coding> {
    let (mut mode_one, mut profile, mut level_asymmetry) = (false, None, false);
    for (key, value) in parameters(fmtp) {
        match key {
            "packetization-mode" => mode_one = value == "1",
            "level-asymmetry-allowed" => level_asymmetry = value == "1",
            "profile-level-id" => {
                let hex = value.len() == 6 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
                profile = hex.then(|| u32::from_str_radix(value, 16).ok()).flatten();
            }
            _ => {}
        }
    }
    let profile_level_id = profile.filter(|_| mode_one)?;
    Some(Coding::H264 { profile_level_id, level_asymmetry })
}

fn check_extensions(wire: &[WireExtension]) -> Result<Vec<(u8, Extension)>, DescriptionError> {
    check_count(wire, MAX_EXTENSIONS, "extensions")?;
    let mut extensions: Vec<(u8, Extension)> = Vec::with_capacity(wire.len());
    let mut used = Vec::new();
    for entry in wire {
        check_text(&entry.uri, 1..=256, |byte| byte.is_ascii_graphic(), "uri")?;
        if !(1..=14).contains(&entry.id) || used.contains(&entry.id) {
            return Err(DescriptionError::Extension);
        }
        used.push(entry.id);
        if let Some(extension) = Extension::from_uri(&entry.uri) {
            if extensions.iter().any(|(_, known)| *known == extension) {
                return Err(DescriptionError::Extension);
            }
            extensions.push((entry.id, extension));
        }
    }
    Ok(extensions)
}

fn check_media(ssrc: Option<u32>, rtx_ssrc: Option<u32>) -> Result<Option<MediaSource>, DescriptionError> {
    match (ssrc, rtx_ssrc) {
        (None, None) => Ok(None),
        (Some(ssrc), rtx_ssrc) if ssrc != 0 && rtx_ssrc != Some(0) && rtx_ssrc != Some(ssrc) => {
            Ok(Some(MediaSource { ssrc, rtx_ssrc }))
        }
        _ => Err(DescriptionError::Ssrc),
    }
}

fn check_candidates(wire: Vec<WireCandidate>) -> Result<Vec<Candidate>, DescriptionError> {
    check_count(&wire, MAX_CANDIDATES, "candidates")?;
    let mut candidates = Vec::with_capacity(wire.len());
    for entry in wire {
        candidates.extend(check_candidate(entry)?);
    }
    Ok(candidates)
}

/// `None`: a candidate that we do not use: not UDP, not the one component, or a name instead of an address.
fn check_candidate(entry: WireCandidate) -> Result<Option<Candidate>, DescriptionError> {
    check_ice(&entry.foundation, 1..=32, "foundation")?;
    check_text(&entry.protocol, 1..=8, |byte| byte.is_ascii_alphanumeric() || byte == b'-', "protocol")?;
    check_text(
        &entry.address,
        1..=253,
        |byte| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte),
        "address",
    )?;
    let kind = [
        CandidateKind::Host,
        CandidateKind::ServerReflexive,
        CandidateKind::PeerReflexive,
        CandidateKind::Relayed,
    ]
    .into_iter()
    .find(|kind| kind.as_str() == entry.kind)
    .ok_or(DescriptionError::Candidate)?;
    if entry.address.to_ascii_lowercase().ends_with(".local")
        || entry.component != 1
        || !entry.protocol.eq_ignore_ascii_case("udp")
    {
        return Ok(None);
    }
    // Any other name would be looked up because the other side wished it: only addresses.
    let address: IpAddr = entry.address.parse().map_err(|_| DescriptionError::Candidate)?;
    if !can_be_reached(address) || entry.port == 0 || !(1..=0x7fff_ffff).contains(&entry.priority) {
        return Err(DescriptionError::Candidate);
    }
    Ok(Some(Candidate {
        foundation: entry.foundation,
        priority: entry.priority,
        address: SocketAddr::new(address, entry.port),
        kind,
    }))
}

/// An address of one machine. A check sent to many would make us an amplifier.
fn can_be_reached(address: IpAddr) -> bool {
    let address = address.to_canonical();
    !address.is_unspecified() && !address.is_multicast() && address != IpAddr::from([255, 255, 255, 255])
}
