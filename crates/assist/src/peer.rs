//! The novice's end of the WebRTC connection: packets in, packets out, no I/O.
//!
//! A [`Peer`] answers the page's offer, proves by DTLS that the other end has the very certificate of that offer, and
//! then sends pictures and the cursor and takes input. It opens no socket and reads no clock: give it what arrives
//! ([`Peer::handle_packet`]) and what is due ([`Peer::handle_timeout`]), and after each call, also after a send, drain
//! [`Peer::poll_output`] until it returns [`PeerOutput::Timeout`].
//!
//! It is built only after the view is granted, and only with a [`Bound`], which says that both sides have signed both
//! certificates: before that, no byte of ICE, DTLS or SCTP is parsed. The certificate is checked by the stack, always;
//! this module has no way to turn that off. Packets from an address that ICE did not
//! validate never reach DTLS.
//!
//! The stack draws its own randomness for the [`Certificate`] and for numbers that protect nothing; the ICE password,
//! which protects, is made from randomness that is passed in.

mod certificate;
mod local;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rendezvous_trust::bind::Bound;
use str0m::bwe::{Bitrate, BweKind};
use str0m::change::SdpOffer;
use str0m::channel::{ChannelData, ChannelId};
use str0m::format::{Codec, FormatParams};
use str0m::media::{Frequency, MediaTime, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::{Event, IceConnectionState, IceCreds, Input, Output, Rtc, RtcConfig};

use crate::Time;
use crate::description::{
    Coding, Description, DescriptionError, Extension, Fingerprint, MAX_CANDIDATES, MediaSource, VideoFormat,
};
use crate::input;
use crate::screen::EncodedFrame;
use crate::sdp::{self, Taking};

pub use self::certificate::Certificate;
pub use self::local::LocalCandidate;

/// Where the bandwidth estimate begins, in kbit/s. A path that carries more is found out within a second; one that carries
/// much less is flooded by a larger number, and the estimate then stays low for many seconds (`tests/bottleneck.rs`).
pub const START_KBPS: u32 = 1_500;

/// What the estimate tries to reach, in kbit/s. Keep the encoder well below it: packets are paced by the estimate, and
/// a large picture is smeared over time when there is no room above the encoder's rate.
pub const DESIRED_KBPS: u32 = 12_000;

/// The stack's estimate has no floor. Where packets are lost by chance, or a first key frame did not fit through, it can fall
/// to next to nothing, and as packets are paced by it, hardly anything is sent any more that could raise it again. Below this
/// it begins anew, from here: with less a screen is no help.
pub const LEAST_KBPS: u32 = 250;

/// The stack pads a sending video section to 50 kbit/s for as long as it is one. So this long after a picture has left
/// the section rests, and wakes with the next: a still screen is then as quiet as it looks, and so is one on which
/// somebody types between two letters.
const REST_AFTER: Duration = Duration::from_millis(1);

/// While pictures come this close to each other it does not rest between them, which costs more than padding.
const REST_AFTER_IN_MOTION: Duration = Duration::from_millis(40);

/// On a path that carries little, packets get lost, and what the stack pads with is what tells the page that the last one
/// of a picture did.
const REST_AFTER_ON_POOR_PATH: Duration = Duration::from_millis(120);

/// When it has rested for so long the bandwidth is not looked for any more. Not earlier, since whenever the stack is told to
/// look for it again it begins with a flood.
const SLEEP_AFTER: Duration = Duration::from_secs(1);

/// While the video section rests the stack has nothing to do that could not wait for so long, but asks to be called every
/// 25 ms all the same.
const IDLE: Duration = Duration::from_millis(100);

/// The most bytes that wait in the data channels: more than one message with the largest cursor.
const CHANNEL_BUFFER: usize = 256 * 1024;

/// A connection finds its way anew this often at most; after that the page makes a new one. The stack keeps what it
/// once knew of each way.
const MAX_RESTARTS: u32 = 64;

/// One connection to the expert's page.
pub struct Peer {
    rtc: Rtc,
    clock: Clock,
    /// When the stack was last told the time.
    ticked: Time,
    pt: Pt,
    video: Video,
    /// What the page's last offer was answered with; the next answer differs in the way only.
    answer: Description,
    /// The addresses that are in use on our side.
    local: Vec<str0m::Candidate>,
    restarts: u32,
    link: Link,
    input: Option<ChannelId>,
    cursor: Option<ChannelId>,
    events: VecDeque<PeerEvent>,
    dropped: Dropped,
}

/// What is to be done next.
#[derive(Debug)]
pub enum PeerOutput {
    /// Send this datagram.
    Transmit {
        /// From this local address.
        source: SocketAddr,
        /// To this address.
        destination: SocketAddr,
        /// These bytes.
        contents: Vec<u8>,
    },
    /// Something happened.
    Event(PeerEvent),
    /// Nothing more now. Call [`Peer::handle_timeout`] at this moment.
    Timeout(Time),
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerEvent {
    /// The page is connected, and its certificate is the one of the offer. Pictures may be sent.
    Connected,
    /// The page cannot be reached. While [`Peer::is_alive`], it may come back, with another [`PeerEvent::Connected`].
    Disconnected,
    /// The page cannot decode without a key frame.
    KeyframeWanted,
    /// A message on the data channel `input`, at most [`input::MAX_TEXT`] bytes.
    Input(String),
    /// The data channel `cursor` is open: tell the page how the cursor looks and where it is.
    CursorOpen,
    /// What the path carries, in kbit/s. Encode at most nine tenths of it.
    Bitrate(u32),
}

/// What came in and was not used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Datagrams that are no protocol of WebRTC, come from an address that ICE did not validate, or are broken.
    pub packets: u64,
    /// Messages that are too long, binary, or on another channel than `input`.
    pub messages: u64,
}

/// Why there is no connection to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerError {
    /// The description is not an offer.
    Offer(DescriptionError),
    /// The description, or our certificate, is not what both sides have signed.
    NotBound,
    /// This is not the offer of a page that looks for another way: it has another certificate, another video or the
    /// same ICE name as before; or the connection is over, or found its way too often. A new connection is needed.
    NotARestart,
    /// No local address was given, or more than [`MAX_CANDIDATES`].
    LocalAddresses(usize),
    /// This local address cannot be used: it is unspecified, say, or for many receivers.
    LocalAddress(SocketAddr),
    /// The offer has no video format that we know, or none is left of them.
    NoCodec,
    /// The WebRTC stack refused what we made of the offer.
    Stack(&'static str),
}

/// The video section: both halves of a local renegotiation, and which of them is in force.
struct Video {
    wake: String,
    rest: String,
    /// What the path carries, in kbit/s.
    kbps: u32,
    /// When the last picture was sent.
    last: Time,
    state: Wakefulness,
}

/// How the video section does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wakefulness {
    /// It sends, until then.
    Awake(Time),
    /// It rests; from then on it sleeps.
    Resting(Time),
    /// The bandwidth is not looked for either.
    Asleep,
}

impl Video {
    /// Awake until a picture of so many bytes has left.
    fn stay_awake(&mut self, now: Time, bytes: usize) {
        let bits = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_mul(8);
        let left = now.after(Duration::from_millis(bits / u64::from(self.kbps.max(1))));
        let rest_after = match () {
            () if self.kbps < START_KBPS => REST_AFTER_ON_POOR_PATH,
            () if now.since(self.last) <= REST_AFTER_IN_MOTION => REST_AFTER_IN_MOTION,
            () => REST_AFTER,
        };
        self.last = now;
        let until = left.after(rest_after);
        self.state = match self.state {
            Wakefulness::Awake(before) => Wakefulness::Awake(before.max(until)),
            Wakefulness::Resting(_) | Wakefulness::Asleep => Wakefulness::Awake(until),
        };
    }
}

/// How it stands with the way to the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// Not connected yet.
    New,
    /// Connected.
    Up,
    /// Was connected, and may be again.
    Lost,
    /// Final.
    Over,
}

impl Peer {
    /// Answers the page's `offer`, which must have exactly the certificate and setup that both sides have signed; so must
    /// `certificate`. The answer is for the page.
    ///
    /// `epoch` is the moment of `Time(0)`. `local` are the ways to this side, best first. `random` must be secret and
    /// never used before: 32 bytes from the system.
    ///
    /// # Errors
    ///
    /// See [`PeerError`].
    pub fn new(
        epoch: Instant,
        now: Time,
        bound: &Bound,
        certificate: &Certificate,
        offer: &Description,
        local: &[LocalCandidate],
        random: [u8; 32],
    ) -> Result<(Self, Description), PeerError> {
        offer.check_offer().map_err(PeerError::Offer)?;
        if offer.media() != bound.expert() || certificate.media() != bound.novice() {
            return Err(PeerError::NotBound);
        }
        let format = choose_format(offer).ok_or(PeerError::NoCodec)?;
        let clock = Clock { epoch, now, reached: epoch };
        let creds = ice_credentials(random);
        let mut rtc = config(offer, format, creds.clone(), certificate).build(clock.instant());
        let (local, candidates) = local::add(&mut rtc, local)?;

        let video = Video {
            wake: sdp::offer_text(offer, format, Taking::Yes),
            rest: sdp::offer_text(offer, format, Taking::NotNow),
            kbps: START_KBPS,
            last: now,
            state: Wakefulness::Awake(now),
        };
        accept(&mut rtc, &video.wake)?;
        rtc.bwe().set_desired_bitrate(Bitrate::kbps(u64::from(DESIRED_KBPS)));

        let pt = Pt::from(format.pt);
        let fingerprint = local_fingerprint(&mut rtc)?;
        if fingerprint.0 != bound.novice().fingerprint {
            return Err(PeerError::NotBound);
        }
        let answer = Description {
            ufrag: creds.ufrag,
            pwd: creds.pass,
            fingerprint,
            setup: certificate.media().setup.into(),
            video: vec![format],
            extensions: offer.extensions.clone(),
            media: Some(media_source(&mut rtc, pt)?),
            candidates,
            answers: Some(offer.ufrag.clone()),
        };
        let peer = Self {
            rtc,
            clock,
            ticked: now,
            pt,
            video,
            answer: answer.clone(),
            local,
            restarts: 0,
            link: Link::New,
            input: None,
            cursor: None,
            events: VecDeque::new(),
            dropped: Dropped::default(),
        };
        Ok((peer, answer))
    }

    /// The page looks for another way on the same connection (an ICE restart, RFC 8445): everything but the way stays as
    /// it is. What was connected is lost until [`PeerEvent::Connected`] comes again. The answer is for the page.
    ///
    /// `local` replaces the ways to this side; `random` is as for [`Peer::new`].
    ///
    /// # Errors
    ///
    /// [`PeerError::NotARestart`] and what is wrong with `local`: nothing has changed. [`PeerError::Stack`]: it is over.
    pub fn restart(
        &mut self,
        now: Time,
        offer: &Description,
        local: &[LocalCandidate],
        random: [u8; 32],
    ) -> Result<Description, PeerError> {
        self.clock.advance(now);
        offer.check_offer().map_err(PeerError::Offer)?;
        if !self.may_restart(offer) {
            return Err(PeerError::NotARestart);
        }
        let found = local::made(local)?;
        self.restarts = self.restarts.saturating_add(1);
        if self.link == Link::Up {
            self.set_link(Link::Lost);
        }
        for old in std::mem::take(&mut self.local) {
            self.rtc.direct_api().invalidate_candidate(&old);
        }
        let format = self.answer.video[0];
        self.video = Video {
            wake: sdp::offer_text(offer, format, Taking::Yes),
            rest: sdp::offer_text(offer, format, Taking::NotNow),
            kbps: START_KBPS,
            last: self.clock.now,
            state: Wakefulness::Awake(self.clock.now),
        };
        let accepted = accept(&mut self.rtc, &self.video.wake);
        self.insist(accepted);
        accepted?;
        let creds = ice_credentials(random);
        self.rtc.direct_api().set_local_ice_credentials(creds.clone());
        let (local, candidates) = local::add_made(&mut self.rtc, found);
        self.local = local;
        // What was measured on the way before says nothing of the next one.
        self.rtc.bwe().reset(Bitrate::kbps(u64::from(START_KBPS)));
        self.rtc.bwe().set_desired_bitrate(Bitrate::kbps(u64::from(DESIRED_KBPS)));
        self.answer = Description {
            ufrag: creds.ufrag,
            pwd: creds.pass,
            candidates,
            answers: Some(offer.ufrag.clone()),
            ..self.answer.clone()
        };
        self.tick();
        Ok(self.answer.clone())
    }

    fn may_restart(&mut self, offer: &Description) -> bool {
        let page = self.rtc.direct_api().remote_dtls_fingerprint().map(|print| print.bytes.clone());
        self.link != Link::Over
            && self.restarts < MAX_RESTARTS
            && page.is_none_or(|page| page == offer.fingerprint.0)
            && self.answer.answers.as_ref() != Some(&offer.ufrag)
            && offer.video.contains(&self.answer.video[0])
            && offer.extensions == self.answer.extensions
    }

    /// Takes in a datagram that came from `source` to the local address `destination`. Anything may be in it.
    pub fn handle_packet(&mut self, now: Time, source: SocketAddr, destination: SocketAddr, contents: &[u8]) {
        self.clock.advance(now);
        let Ok(packet) = Receive::new(Protocol::Udp, source, destination, contents) else {
            self.dropped.packets = self.dropped.packets.saturating_add(1);
            return;
        };
        let packet = Input::Receive(self.clock.instant(), packet);
        // The stack by itself would show every DTLS packet to DTLS, whoever sent it. Errors are the packet's: whoever
        // can forge a source address must not be able to end the connection with one datagram.
        if !self.rtc.accepts(&packet) || self.rtc.handle_input(packet).is_err() {
            self.dropped.packets = self.dropped.packets.saturating_add(1);
        }
    }

    /// The moment of [`PeerOutput::Timeout`] has come. Harmless at any other moment.
    pub fn handle_timeout(&mut self, now: Time) {
        self.clock.advance(now);
        self.tick();
    }

    /// Sends a picture, to be shown as soon as it arrives. `false`: the page is not connected, and it was not sent.
    pub fn send_frame(&mut self, now: Time, frame: EncodedFrame) -> bool {
        self.clock.advance(now);
        if self.link != Link::Up {
            return false;
        }
        self.wake(frame.data.len());
        let (pt, wallclock) = (self.pt, self.clock.instant());
        // Microseconds to the 90 kHz of RTP, which wraps by itself where it must.
        let rtp_time = MediaTime::from_90khz(frame.taken_us.saturating_mul(9) / 100);
        let sent = self.rtc.writer(video_mid()).is_some_and(|writer| {
            let writer = writer.playout_delay(MediaTime::ZERO, MediaTime::ZERO);
            writer.write(pt, wallclock, rtp_time, frame.data).is_ok()
        });
        self.tick();
        sent
    }

    /// Sends one message on the data channel `cursor`. `false`: it is not open, or too much waits already, and it was
    /// not sent.
    pub fn send_cursor(&mut self, now: Time, text: &str) -> bool {
        self.clock.advance(now);
        let Some(mut channel) = self.cursor.and_then(|id| self.rtc.channel(id)) else {
            return false;
        };
        let sent = channel.write(false, text.as_bytes()).unwrap_or(false);
        self.tick();
        sent
    }

    /// Says goodbye to the page. Drain the output once more; then the peer is not alive.
    pub fn close(&mut self, now: Time) {
        self.clock.advance(now);
        if self.rtc.close().is_err() {
            self.rtc.disconnect();
        }
        self.set_link(Link::Over);
    }

    /// The next thing to be done; [`PeerOutput::Timeout`] when there is nothing more.
    pub fn poll_output(&mut self) -> PeerOutput {
        loop {
            if let Some(event) = self.events.pop_front() {
                return PeerOutput::Event(event);
            }
            match self.rtc.poll_output() {
                Ok(Output::Transmit(datagram)) => {
                    return PeerOutput::Transmit {
                        source: datagram.source,
                        destination: datagram.destination,
                        contents: datagram.contents.into(),
                    };
                }
                Ok(Output::Event(event)) => self.handle_event(event),
                Ok(Output::Timeout(moment)) if self.clock.reach(moment) => {
                    if self.rtc.handle_input(Input::Timeout(moment)).is_err() {
                        self.fail();
                    }
                }
                Ok(Output::Timeout(moment)) => {
                    if self.rtc.is_alive() || self.link == Link::Over {
                        return PeerOutput::Timeout(self.due(self.clock.time(moment)));
                    }
                    self.set_link(Link::Over);
                }
                Err(_) => self.fail(),
            }
        }
    }

    /// Whether the connection stands or may still come about. `false` is final: the page left, showed a wrong
    /// certificate, or the stack failed.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.link != Link::Over
    }

    /// What came in and was not used, so far.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// Before a picture of so many bytes: the video section sends again, if it rested.
    fn wake(&mut self, bytes: usize) {
        // In this order: how much the stack pads is decided whenever it is told what to look for.
        if self.video.state == Wakefulness::Asleep {
            self.rtc.bwe().set_desired_bitrate(Bitrate::kbps(u64::from(DESIRED_KBPS)));
        }
        if !matches!(self.video.state, Wakefulness::Awake(_)) {
            let accepted = accept(&mut self.rtc, &self.video.wake);
            self.insist(accepted);
        }
        self.video.stay_awake(self.clock.now, bytes);
    }

    /// Long enough after the last picture: no padding, and later no probing any more. Only a connection that stands has
    /// something to rest from.
    fn rest_if_due(&mut self) {
        let now = self.clock.now;
        match self.video.state {
            _ if self.link != Link::Up => {}
            Wakefulness::Awake(until) if until <= now => {
                self.video.state = Wakefulness::Resting(now.after(SLEEP_AFTER));
                let accepted = accept(&mut self.rtc, &self.video.rest);
                self.insist(accepted);
                // It looks for what it looked for before, and pads no more.
                self.rtc.bwe().set_desired_bitrate(Bitrate::kbps(u64::from(DESIRED_KBPS)));
            }
            Wakefulness::Resting(until) if until <= now => {
                self.video.state = Wakefulness::Asleep;
                self.rtc.bwe().set_desired_bitrate(Bitrate::ZERO);
            }
            _ => {}
        }
    }

    /// When there is something to do, where the stack wants to be called at this moment.
    fn due(&self, stack: Time) -> Time {
        let idle = stack.max(self.ticked.after(IDLE));
        match self.video.state {
            _ if self.link != Link::Up => stack,
            Wakefulness::Awake(until) => stack.min(until),
            Wakefulness::Resting(until) => idle.min(until),
            Wakefulness::Asleep => idle,
        }
    }

    fn insist(&mut self, accepted: Result<(), PeerError>) {
        if accepted.is_err() {
            self.fail();
        }
    }

    fn tick(&mut self) {
        self.ticked = self.clock.now;
        self.rest_if_due();
        if self.rtc.handle_input(Input::Timeout(self.clock.instant())).is_err() {
            self.fail();
        }
    }

    /// Errors of the stack are final, a wrong certificate among them: nothing more is sent, not even a goodbye.
    fn fail(&mut self) {
        self.rtc.disconnect();
        self.set_link(Link::Over);
    }

    fn handle_event(&mut self, event: Event) {
        match event {
            Event::Connected => self.set_link(Link::Up),
            Event::IceConnectionStateChange(state) => match (self.link, state) {
                (Link::Up, IceConnectionState::Disconnected) => self.set_link(Link::Lost),
                (Link::Lost, IceConnectionState::Connected | IceConnectionState::Completed) => {
                    self.set_link(Link::Up);
                }
                _ => {}
            },
            Event::Closed => self.set_link(Link::Over),
            Event::KeyframeRequest(_) => self.events.push_back(PeerEvent::KeyframeWanted),
            Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => {
                let kbps = u32::try_from(estimate.as_u64() / 1000).unwrap_or(u32::MAX);
                if kbps < LEAST_KBPS {
                    self.rtc.bwe().reset(Bitrate::kbps(u64::from(LEAST_KBPS)));
                }
                self.video.kbps = kbps.max(LEAST_KBPS);
                self.events.push_back(PeerEvent::Bitrate(self.video.kbps));
            }
            Event::ChannelOpen(id, label) => self.channel_opened(id, &label),
            Event::ChannelClose(id) => self.channel_closed(id),
            Event::ChannelData(data) => self.message(data),
            _ => {}
        }
    }

    fn set_link(&mut self, link: Link) {
        let before = std::mem::replace(&mut self.link, link);
        match (before, link) {
            (Link::Over, _) => self.link = Link::Over,
            (Link::New | Link::Lost, Link::Up) => self.events.push_back(PeerEvent::Connected),
            (Link::Up, Link::Lost) | (Link::New | Link::Up, Link::Over) => {
                self.events.push_back(PeerEvent::Disconnected);
            }
            _ => {}
        }
    }

    /// Channels are told apart by their label; the first of a label counts, every other is closed.
    fn channel_opened(&mut self, id: ChannelId, label: &str) {
        match label {
            "input" if self.input.is_none() => self.input = Some(id),
            "cursor" if self.cursor.is_none() => {
                self.cursor = Some(id);
                self.events.push_back(PeerEvent::CursorOpen);
            }
            _ => self.rtc.direct_api().close_data_channel(id),
        }
    }

    /// Without the input channel nobody could let go of a held key, so its end is the end.
    fn channel_closed(&mut self, id: ChannelId) {
        if self.input == Some(id) {
            self.fail();
        } else if self.cursor == Some(id) {
            self.cursor = None;
        }
    }

    fn message(&mut self, data: ChannelData) {
        let taken = self.input == Some(data.id) && !data.binary && data.data.len() <= input::MAX_TEXT;
        match String::from_utf8(data.data) {
            Ok(text) if taken => self.events.push_back(PeerEvent::Input(text)),
            _ => self.dropped.messages = self.dropped.messages.saturating_add(1),
        }
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer")
            .field("link", &self.link)
            .field("dropped", &self.dropped)
            .finish_non_exhaustive()
    }
}

/// Our time and the stack's. Neither goes back.
///
/// Ours has whole milliseconds, the stack's has more: it wants to be called again a microsecond after each packet. So what
/// is due before our next millisecond is done in this one, and all packets of a picture leave together.
#[derive(Clone, Copy, Debug)]
struct Clock {
    epoch: Instant,
    now: Time,
    /// As far as the stack's time has come within our millisecond.
    reached: Instant,
}

impl Clock {
    fn advance(&mut self, now: Time) {
        self.now = self.now.max(now);
    }

    fn instant(self) -> Instant {
        self.millisecond().max(self.reached)
    }

    /// The beginning of our millisecond.
    fn millisecond(self) -> Instant {
        // Only a clock that is wrong by ages could overflow; then time stands still.
        self.epoch.checked_add(Duration::from_millis(self.now.0)).unwrap_or(self.epoch)
    }

    /// Lets the stack's time go on to this moment, if it lies ahead and in our millisecond.
    fn reach(&mut self, moment: Instant) -> bool {
        let ahead = moment > self.instant() && moment < self.millisecond() + Duration::from_millis(1);
        if ahead {
            self.reached = moment;
        }
        ahead
    }

    /// Rounded up, so that a timer is due when its moment is given back.
    fn time(self, moment: Instant) -> Time {
        let micros = moment.saturating_duration_since(self.epoch).as_micros();
        Time(u64::try_from(micros.div_ceil(1000)).unwrap_or(u64::MAX))
    }
}

fn video_mid() -> Mid {
    Mid::from(sdp::VIDEO_MID)
}

/// Lets the stack answer an offer. Later ones are a matter between it and us; the page's half stays as it is.
fn accept(rtc: &mut Rtc, offer: &str) -> Result<(), PeerError> {
    let offer = SdpOffer::from_sdp_string(offer).map_err(|_| PeerError::Stack("the offer cannot be read"))?;
    rtc.sdp_api().accept_offer(offer).map_err(|_| PeerError::Stack("the offer is not accepted"))?;
    Ok(())
}

/// Of the codec that stands first. The H.264 encoder makes Constrained Baseline, which every profile's decoder understands;
/// the closest name is preferred.
fn choose_format(offer: &Description) -> Option<VideoFormat> {
    let first = *offer.video().first()?;
    let same = offer.video().iter().copied().filter(|format| format.codec() == first.codec());
    let find = |test: fn(VideoFormat) -> bool| same.clone().find(|format| test(*format));
    find(VideoFormat::is_constrained_baseline).or_else(|| find(VideoFormat::is_baseline)).or(Some(first))
}

fn config(offer: &Description, format: VideoFormat, creds: IceCreds, certificate: &Certificate) -> RtcConfig {
    let mut config = RtcConfig::new()
        .set_crypto_provider(Arc::new(str0m::crypto::from_feature_flags()))
        .set_dtls_cert(certificate.for_stack())
        .set_local_ice_credentials(creds)
        .clear_codecs()
        .clear_extension_map()
        .set_sctp_max_buffered_amount(CHANNEL_BUFFER)
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
fn ice_credentials(random: [u8; 32]) -> IceCreds {
    const CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text: String = random.iter().map(|byte| char::from(CHARS[usize::from(byte & 63)])).collect();
    let (ufrag, pass) = text.split_at(8);
    IceCreds { ufrag: ufrag.to_owned(), pass: pass.to_owned() }
}

fn local_fingerprint(rtc: &mut Rtc) -> Result<Fingerprint, PeerError> {
    let api = rtc.direct_api();
    let fingerprint = api.local_dtls_fingerprint();
    match fingerprint.bytes.as_slice().try_into() {
        Ok(bytes) if fingerprint.hash_func == "sha-256" => Ok(Fingerprint(bytes)),
        _ => Err(PeerError::Stack("its certificate has no SHA-256")),
    }
}

/// Also makes sure that the video section was negotiated as offered.
fn media_source(rtc: &mut Rtc, pt: Pt) -> Result<MediaSource, PeerError> {
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

impl fmt::Display for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offer(error) => write!(f, "the page's description is refused: {error}"),
            Self::NotBound => f.write_str("the certificates are not the ones that both sides have signed"),
            Self::NotARestart => f.write_str("this connection cannot look for another way to that page"),
            Self::LocalAddresses(count) => {
                write!(f, "{count} local addresses were given, 1 to {MAX_CANDIDATES} are needed")
            }
            Self::LocalAddress(_) => f.write_str("a local address cannot be used to receive"),
            Self::NoCodec => f.write_str("the page decodes nothing that can be encoded here"),
            Self::Stack(what) => write!(f, "the WebRTC stack: {what}"),
        }
    }
}

impl std::error::Error for PeerError {}
