//! What the WebRTC stack is told, and what it is asked for.

use std::sync::Arc;
use std::time::Duration;

use str0m::bwe::Bitrate;
use str0m::change::SdpOffer;
use str0m::format::{Codec, FormatParams};
use str0m::media::{Frequency, Mid, Pt};
use str0m::{IceCreds, Rtc, RtcConfig};

use super::{CHANNEL_BUFFER, Certificate, PeerError, START_KBPS};
use crate::description::{Coding, Description, Extension, Fingerprint, MediaSource, VideoFormat};
use crate::sdp;

/// What the path carries is looked at so often.
const MEASURE_EVERY: Duration = Duration::from_millis(100);

/// Packets that can be sent again, and for how long.
const KEPT_PACKETS: usize = 1024;
const KEPT_FOR: Duration = Duration::from_secs(3);

pub(super) fn video_mid() -> Mid {
    Mid::from(sdp::VIDEO_MID)
}

/// Lets the stack answer an offer. Later ones are a matter between it and us; the page's half stays as it is.
pub(super) fn accept(rtc: &mut Rtc, offer: &str) -> Result<(), PeerError> {
    let offer = SdpOffer::from_sdp_string(offer).map_err(|_| PeerError::Stack("the offer cannot be read"))?;
    rtc.sdp_api().accept_offer(offer).map_err(|_| PeerError::Stack("the offer is not accepted"))?;
    Ok(())
}

/// What was lost is sent again, as long as that is no more than seven tenths of everything. A browser that only receives does not
/// know how far away this side is, and asks for a packet several times before it can have come; where one in twenty is
/// lost, that passes the stack's own bound, beyond which it forgets whatever was asked for.
pub(super) fn send_again(rtc: &mut Rtc) {
    if let Some(stream) = rtc.direct_api().stream_tx_by_mid(video_mid(), None) {
        stream.set_rtx_cache(KEPT_PACKETS, KEPT_FOR, Some(0.7));
    }
}

/// Of the codec that stands first. The H.264 encoder makes Constrained Baseline, which every profile's decoder understands;
/// the closest name is preferred.
pub(super) fn choose_format(offer: &Description) -> Option<VideoFormat> {
    let first = *offer.video().first()?;
    let same = offer.video().iter().copied().filter(|format| format.codec() == first.codec());
    let find = |test: fn(VideoFormat) -> bool| same.clone().find(|format| test(*format));
    find(VideoFormat::is_constrained_baseline).or_else(|| find(VideoFormat::is_baseline)).or(Some(first))
}

pub(super) fn config(
    offer: &Description,
    format: VideoFormat,
    creds: IceCreds,
    certificate: &Certificate,
) -> RtcConfig {
    let mut config = RtcConfig::new()
        .set_crypto_provider(Arc::new(str0m::crypto::from_feature_flags()))
        .set_dtls_cert(certificate.for_stack())
        .set_local_ice_credentials(creds)
        .clear_codecs()
        .clear_extension_map()
        .set_sctp_max_buffered_amount(CHANNEL_BUFFER)
        .set_stats_interval(Some(MEASURE_EVERY))
        .enable_bwe(Some(Bitrate::kbps(u64::from(START_KBPS))));
    assert!(config.fingerprint_verification(), "certificates are checked unless someone turned it off");
    let (pt, rtx, codecs) = (Pt::from(format.pt), format.rtx.map(Pt::from), config.codec_config());
    match format.coding {
        Coding::H264 { profile_level_id, .. } => codecs.add_h264(pt, rtx, true, profile_level_id),
        Coding::Vp9 => {
            let parameters = FormatParams { profile_id: Some(0), ..FormatParams::default() };
            codecs.add_config(pt, rtx, Codec::Vp9, Frequency::NINETY_KHZ, None, parameters);
        }
    }
    for (id, extension) in &offer.extensions {
        config = config.set_extension(
            *id,
            match extension {
                Extension::PlayoutDelay => str0m::rtp::Extension::PlayoutDelay,
                Extension::TransportSequence => str0m::rtp::Extension::TransportSequenceNumber,
                Extension::AbsoluteSendTime => str0m::rtp::Extension::AbsoluteSendTime,
                Extension::Mid => str0m::rtp::Extension::RtpMid,
            },
        );
    }
    config
}

/// 48 bits of name and 144 of password. The stack's own would come from a generator that is not for secrets.
pub(super) fn ice_credentials(random: [u8; 32]) -> IceCreds {
    const CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text: String = random.iter().map(|byte| char::from(CHARS[usize::from(byte & 63)])).collect();
    let (ufrag, pass) = text.split_at(8);
    IceCreds { ufrag: ufrag.to_owned(), pass: pass.to_owned() }
}

pub(super) fn local_fingerprint(rtc: &mut Rtc) -> Result<Fingerprint, PeerError> {
    let api = rtc.direct_api();
    let fingerprint = api.local_dtls_fingerprint();
    match fingerprint.bytes.as_slice().try_into() {
        Ok(bytes) if fingerprint.hash_func == "sha-256" => Ok(Fingerprint(bytes)),
        _ => Err(PeerError::Stack("its certificate has no SHA-256")),
    }
}

/// Also makes sure that the video section was negotiated as offered.
pub(super) fn media_source(rtc: &mut Rtc, pt: Pt) -> Result<MediaSource, PeerError> {
    let negotiated =
        rtc.writer(video_mid()).is_some_and(|writer| writer.payload_params().any(|params| params.pt() == pt));
    let mut api = rtc.direct_api();
    match api.stream_tx_by_mid(video_mid(), None) {
        Some(stream) if negotiated => {
            Ok(MediaSource { ssrc: *stream.ssrc(), rtx_ssrc: stream.rtx().map(|ssrc| *ssrc) })
        }
        _ => Err(PeerError::Stack("the video was not negotiated")),
    }
}
