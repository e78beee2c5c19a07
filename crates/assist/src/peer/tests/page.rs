//! The expert's page, played by the WebRTC stack itself as the offering side.

use std::collections::HashMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::format::{Codec, FormatParams};
use str0m::media::{Direction, Frequency, KeyframeRequestKind, MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Event, Input, Output, Rtc, RtcConfig};

use super::Datagram;
use crate::Time;
use crate::description::{Description, Extension};

pub(super) struct Page {
    rtc: Rtc,
    epoch: Instant,
    now: Time,
    mid: Mid,
    mids: [String; 2],
    pending: Option<SdpPendingOffer>,
    channels: HashMap<&'static str, ChannelId>,
    open: Vec<ChannelId>,
    closed: Vec<ChannelId>,
    pictures: Vec<Picture>,
    texts: Vec<String>,
    ended: bool,
    lose_rtp: bool,
    addresses: Vec<SocketAddr>,
}

/// A picture that the page got whole.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) data: Vec<u8>,
    /// When the page had all of it.
    pub(super) at: Time,
    pub(super) time_90khz: u64,
    pub(super) playout_delay: Option<(MediaTime, MediaTime)>,
}

impl Page {
    /// The page before the answer, and its offer as values.
    pub(super) fn new(epoch: Instant, address: SocketAddr) -> (Self, Description) {
        let mut config = RtcConfig::new()
            .set_crypto_provider(Arc::new(str0m::crypto::from_feature_flags()))
            .clear_codecs()
            .clear_extension_map()
            .set_extension(6, str0m::rtp::Extension::PlayoutDelay)
            .set_extension(4, str0m::rtp::Extension::TransportSequenceNumber)
            .set_extension(2, str0m::rtp::Extension::AbsoluteSendTime);
        let codecs = config.codec_config();
        codecs.add_h264(102.into(), Some(103.into()), true, 0x42e01f);
        let profile = FormatParams { profile_id: Some(0), ..FormatParams::default() };
        codecs.add_config(98.into(), Some(99.into()), Codec::Vp9, Frequency::NINETY_KHZ, None, profile);
        let mut rtc = config.build(epoch);
        rtc.add_local_candidate(str0m::Candidate::host(address, "udp").unwrap());
        let mut changes = rtc.sdp_api();
        let mid = changes.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
        let hurried = ChannelConfig {
            label: "input".to_owned(),
            ordered: false,
            reliability: Reliability::MaxRetransmits { retransmits: 0 },
            ..ChannelConfig::default()
        };
        let channels = [
            ("input", changes.add_channel_with_config(hurried)),
            ("cursor", changes.add_channel("cursor".to_owned())),
        ];
        let (offer, pending) = changes.apply().unwrap();
        let text = offer.to_sdp_string();
        let mids: Vec<String> =
            text.lines().filter_map(|line| line.strip_prefix("a=mid:")).map(str::to_owned).collect();
        let page = Self {
            rtc,
            epoch,
            now: Time(0),
            mid,
            mids: mids.try_into().unwrap(),
            pending: Some(pending),
            channels: channels.into(),
            open: Vec::new(),
            closed: Vec::new(),
            pictures: Vec::new(),
            texts: Vec::new(),
            ended: false,
            lose_rtp: false,
            addresses: vec![address],
        };
        (page, values(&offer))
    }

    /// Builds the SDP of the answer, as the real page does, and takes it.
    pub(super) fn accept(&mut self, answer: &Description) {
        let sdp = answer_text(answer, &self.mids);
        let answer = SdpAnswer::from_sdp_string(&sdp).unwrap();
        self.rtc.sdp_api().accept_answer(self.pending.take().unwrap(), answer).unwrap();
    }

    /// Looks for another way, as `restartIce` does; its offer as values.
    pub(super) fn restart(&mut self) -> Description {
        let mut changes = self.rtc.sdp_api();
        changes.ice_restart(true);
        let (offer, pending) = changes.apply().unwrap();
        self.pending = Some(pending);
        values(&offer)
    }

    /// Has another address from now on, and not the old one.
    pub(super) fn move_to(&mut self, address: SocketAddr) {
        for old in std::mem::replace(&mut self.addresses, vec![address]) {
            let old = str0m::Candidate::host(old, "udp").unwrap();
            self.rtc.direct_api().invalidate_candidate(&old);
        }
        self.rtc.add_local_candidate(str0m::Candidate::host(address, "udp").unwrap());
    }

    pub(super) fn is_at(&self, address: SocketAddr) -> bool {
        self.addresses.contains(&address)
    }

    pub(super) fn handle_packet(&mut self, now: Time, packet: &Datagram) {
        self.now = now;
        if self.lose_rtp && super::is_rtp(&packet.contents) && matches!(packet.contents[1] & 0x7f, 102 | 98) {
            self.lose_rtp = false;
            return;
        }
        let receive =
            Receive::new(Protocol::Udp, packet.source, packet.destination, &packet.contents).unwrap();
        let now = self.instant(now);
        self.rtc.handle_input(Input::Receive(now, receive)).unwrap();
    }

    pub(super) fn handle_timeout(&mut self, now: Time) {
        self.now = now;
        let now = self.instant(now);
        let _ = self.rtc.handle_input(Input::Timeout(now));
    }

    /// Sends what is to be sent; returns when something is due.
    pub(super) fn drain(&mut self, mut send: impl FnMut(Datagram)) -> Time {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Transmit(packet)) => send(Datagram {
                    source: packet.source,
                    destination: packet.destination,
                    contents: packet.contents.into(),
                }),
                Ok(Output::Event(event)) => self.note(event),
                Ok(Output::Timeout(moment)) => {
                    let micros = moment.saturating_duration_since(self.epoch).as_micros();
                    // No timer of a browser fires sooner than this. A stack whose DTLS has failed asks for the same
                    // moment again and again.
                    let soonest = self.now.after(Duration::from_millis(1));
                    return Time(u64::try_from(micros.div_ceil(1000)).unwrap()).max(soonest);
                }
                Err(_) => {
                    self.ended = true;
                    self.rtc.disconnect();
                }
            }
        }
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::ChannelOpen(id, _) => self.open.push(id),
            Event::ChannelClose(id) => self.closed.push(id),
            Event::ChannelData(data) => self.texts.push(String::from_utf8(data.data).unwrap()),
            Event::MediaData(media) => self.pictures.push(Picture {
                at: self.now,
                time_90khz: media.time.numer(),
                playout_delay: media.ext_vals.play_delay_min.zip(media.ext_vals.play_delay_max),
                data: media.data.to_vec(),
            }),
            Event::Closed => self.ended = true,
            _ => {}
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.channels.values().all(|id| self.open.contains(id))
    }

    pub(super) fn saw_the_end(&self) -> bool {
        self.ended
    }

    pub(super) fn pictures(&self) -> &[Picture] {
        &self.pictures
    }

    pub(super) fn texts(&self) -> Vec<&str> {
        self.texts.iter().map(String::as_str).collect()
    }

    pub(super) fn send(&mut self, label: &str, text: &str) {
        let id = self.channels[label];
        assert!(self.rtc.channel(id).unwrap().write(false, text.as_bytes()).unwrap());
    }

    pub(super) fn send_binary(&mut self, label: &str, bytes: &[u8]) {
        let id = self.channels[label];
        assert!(self.rtc.channel(id).unwrap().write(true, bytes).unwrap());
    }

    pub(super) fn open_channel(&mut self, label: &str) -> ChannelId {
        let mut changes = self.rtc.sdp_api();
        let id = changes.add_channel(label.to_owned());
        assert!(changes.apply().is_none(), "further channels need no offer");
        id
    }

    pub(super) fn close_channel(&mut self, label: &str) {
        let id = self.channels[label];
        self.rtc.direct_api().close_data_channel(id);
    }

    pub(super) fn was_closed(&self, id: ChannelId) -> bool {
        self.closed.contains(&id)
    }

    /// `false`: nothing has come yet that could be asked for more.
    pub(super) fn ask_for_key_frame(&mut self) -> bool {
        let writer = self.rtc.writer(self.mid);
        writer.is_some_and(|mut writer| writer.request_keyframe(None, KeyframeRequestKind::Pli).is_ok())
    }

    pub(super) fn request_key_frame(&mut self) {
        let mut writer = self.rtc.writer(self.mid).unwrap();
        writer.request_keyframe(None, KeyframeRequestKind::Pli).unwrap();
    }

    /// The next RTP packet of the picture is lost.
    pub(super) fn lose_next_rtp(&mut self) {
        self.lose_rtp = true;
    }

    pub(super) fn close(&mut self) {
        self.rtc.close().unwrap();
    }

    fn instant(&self, now: Time) -> Instant {
        self.epoch + Duration::from_millis(now.0)
    }
}

/// What the real page extracts from its SDP.
fn values(offer: &SdpOffer) -> Description {
    let text = offer.to_sdp_string();
    let value = |key: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(key))
            .unwrap_or_else(|| panic!("{key} in {text}"))
            .to_owned()
    };
    let candidates: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("a=candidate:"))
        .map(|line| {
            let parts: Vec<&str> = line.split(' ').collect();
            serde_json::json!({
                "foundation": parts[0], "component": 1, "protocol": "udp",
                "priority": parts[3].parse::<u32>().unwrap(), "address": parts[4],
                "port": parts[5].parse::<u16>().unwrap(), "type": parts[7],
            })
        })
        .collect();
    let extensions: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("a=extmap:")?.split_once(' '))
        .map(|(id, uri)| serde_json::json!({ "id": id.parse::<u8>().unwrap(), "uri": uri }))
        .collect();
    assert_eq!(extensions.len(), Extension::ALL.len() - 1, "{text}");
    // An offer on a connection that stands has only what it carries.
    let video: Vec<_> = [(102, 103, "H264"), (98, 99, "VP9")]
        .into_iter()
        .filter(|(pt, ..)| text.contains(&format!("a=fmtp:{pt} ")))
        .map(|(pt, rtx, codec)| {
            let fmtp = value(&format!("a=fmtp:{pt} "));
            serde_json::json!({ "pt": pt, "rtx": rtx, "codec": codec, "fmtp": fmtp })
        })
        .collect();
    let json = serde_json::json!({
        "ufrag": value("a=ice-ufrag:"),
        "pwd": value("a=ice-pwd:"),
        "fingerprint": value("a=fingerprint:sha-256 "),
        "setup": value("a=setup:"),
        "video": video,
        "extensions": extensions,
        "candidates": candidates,
    });
    serde_json::from_value(json).unwrap()
}

fn answer_text(answer: &Description, mids: &[String; 2]) -> String {
    let mut transport = String::new();
    for candidate in answer.candidates() {
        let (ip, port) = (candidate.address.ip(), candidate.address.port());
        let (foundation, priority) = (&candidate.foundation, candidate.priority);
        let kind = candidate.kind.as_str();
        write!(transport, "a=candidate:{foundation} 1 udp {priority} {ip} {port} typ {kind}\r\n").unwrap();
    }
    write!(transport, "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\n", answer.ufrag, answer.pwd).unwrap();
    write!(transport, "a=fingerprint:sha-256 {}\r\n", answer.fingerprint).unwrap();
    write!(transport, "a=setup:{}\r\n", answer.setup.as_str()).unwrap();
    let format = answer.video()[0];
    let (pt, rtx, media) = (format.pt, format.rtx.unwrap(), answer.media.unwrap());
    let (ssrc, rtx_ssrc) = (media.ssrc, media.rtx_ssrc.unwrap());
    let extensions: String = answer
        .extensions
        .iter()
        .map(|(id, extension)| format!("a=extmap:{id} {}\r\n", extension.uri()))
        .collect();
    let (fmtp, codec) = (format.fmtp(), format.codec().name());
    let [video, data] = mids;
    format!(
        "v=0\r\no=- 2 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {video} {data}\r\n\
         m=video 9 UDP/TLS/RTP/SAVPF {pt} {rtx}\r\nc=IN IP4 0.0.0.0\r\n{transport}a=mid:{video}\r\n{extensions}\
         a=sendonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:{pt} {codec}/90000\r\na=rtcp-fb:{pt} transport-cc\r\n\
         a=rtcp-fb:{pt} ccm fir\r\na=rtcp-fb:{pt} nack\r\na=rtcp-fb:{pt} nack pli\r\na=fmtp:{pt} {fmtp}\r\n\
         a=rtpmap:{rtx} rtx/90000\r\na=fmtp:{rtx} apt={pt}\r\na=msid:screen screen\r\n\
         a=ssrc-group:FID {ssrc} {rtx_ssrc}\r\na=ssrc:{ssrc} cname:screen\r\na=ssrc:{rtx_ssrc} cname:screen\r\n\
         m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n{transport}a=mid:{data}\r\n\
         a=sctp-port:5000\r\na=max-message-size:262144\r\n"
    )
}
