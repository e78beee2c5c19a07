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

mod asides;
mod certificate;
mod clock;
pub mod data;
mod distance;
mod error;
mod events;
mod flow;
mod local;
mod stack;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rendezvous_trust::bind::Bound;
use str0m::bwe::Bitrate;
use str0m::channel::ChannelId;
use str0m::media::{MediaTime, Pt};
use str0m::net::{Protocol, Receive};
use str0m::{Input, Output, Rtc};

use crate::Time;
use crate::description::Description;
use crate::screen::EncodedFrame;
use crate::sdp::{self, Taking};

use self::asides::Asides;
pub use self::asides::{Aside, Given, MAX_ASIDE, Packet};
pub use self::certificate::Certificate;
use self::clock::Clock;
use self::distance::Distance;
pub use self::error::PeerError;
use self::events::Link;
use self::flow::Flow;
pub use self::local::LocalCandidate;
use self::stack::{
    accept, choose_format, config, ice_credentials, local_fingerprint, media_source, send_again, video_mid,
};

/// Where the bandwidth estimate begins, in kbit/s. A path that carries more is found out within a second; one that carries
/// much less is flooded by a larger number, and the estimate then stays low for many seconds (`tests/bottleneck.rs`).
pub const START_KBPS: u32 = 1_000;

/// Where it begins when the page is as near as [`NEAR`]: then the path is seldom a narrow one, and what was too much is
/// known at once.
const NEAR_KBPS: u32 = 16_000;

/// There and back, to somebody nearby.
const NEAR: Duration = Duration::from_millis(10);

/// What the estimate tries to reach, in kbit/s. Keep the encoder well below it: packets are paced by the estimate, and
/// a large picture is smeared over time when there is no room above the encoder's rate.
pub const DESIRED_KBPS: u32 = 12_000;

/// The stack's estimate has no floor. Where packets are lost by chance, or a first key frame did not fit through, it can fall
/// to next to nothing, and as packets are paced by it, hardly anything is sent any more that could raise it again. Below this
/// it begins anew, from here: with less a screen is no help.
pub const LEAST_KBPS: u32 = 250;

/// When the video section has rested for so long the bandwidth is not looked for any more. Not earlier, since whenever the
/// stack is told to look for it again it begins with a flood.
const SLEEP_AFTER: Duration = Duration::from_secs(1);

/// While it rests the stack has nothing to do that could not wait for so long, but asks to be called every 25 ms all the
/// same.
const IDLE: Duration = Duration::from_millis(100);

/// A page of which nothing at all is heard for so long is lost: it may come back, but whoever controls from there does not
/// control any more. Browsers say something every few seconds, also of a still screen; ICE itself waits for 22.
const SILENCE: Duration = Duration::from_secs(10);

/// The most bytes that wait in the data channels: more than one message with the largest cursor, also while files go.
const CHANNEL_BUFFER: usize = CURSOR_BUFFER + Aside::ALL.len() * asides::MOST_WAITING;

/// The part of it that is the cursor's: more would only be old when it arrives.
const CURSOR_BUFFER: usize = 256 * 1024;

/// A connection finds its way anew this often at most; after that the page makes a new one. The stack keeps what it
/// once knew of each way.
const MAX_RESTARTS: u32 = 64;

/// One connection to the expert's page.
pub struct Peer {
    rtc: Rtc,
    clock: Clock,
    /// When the stack was last told the time.
    ticked: Time,
    /// When something was last heard of the page.
    heard: Time,
    pt: Pt,
    video: Video,
    flow: Flow,
    distance: Distance,
    /// What the page's last offer was answered with; the next answer differs in the way only.
    answer: Description,
    /// The addresses that are in use on our side.
    local: Vec<str0m::Candidate>,
    restarts: u32,
    link: Link,
    input: Option<ChannelId>,
    cursor: Option<ChannelId>,
    asides: Asides,
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
    /// A message on the data channel `input`, at most [`input::MAX_BATCH`](crate::input::MAX_BATCH) bytes.
    Input(String),
    /// The data channel `cursor` is open: tell the page how the cursor looks and where it is.
    CursorOpen,
    /// One of the other data channels is open, or not any more.
    AsideOpen(Aside, bool),
    /// A message on one of them, at most [`MAX_ASIDE`] bytes.
    Aside(Aside, Packet),
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

/// The video section: both halves of a local renegotiation, and which of them is in force.
struct Video {
    wake: String,
    rest: String,
    state: Wakefulness,
}

/// How the video section does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wakefulness {
    /// It sends.
    Awake,
    /// It rests; from then on it sleeps.
    Resting(Time),
    /// The bandwidth is not looked for either.
    Asleep,
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
        let clock = Clock::new(epoch, now);
        let creds = ice_credentials(random);
        let mut rtc = config(offer, format, creds.clone(), certificate).build(clock.instant());
        let (local, candidates) = local::add(&mut rtc, local)?;

        let video = Video {
            wake: sdp::offer_text(offer, format, Taking::Yes),
            rest: sdp::offer_text(offer, format, Taking::NotNow),
            state: Wakefulness::Awake,
        };
        accept(&mut rtc, &video.wake)?;
        send_again(&mut rtc);
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
        let mut peer = Self {
            rtc,
            clock,
            ticked: now,
            heard: now,
            pt,
            video,
            flow: Flow::new(now),
            distance: Distance::default(),
            answer: answer.clone(),
            local,
            restarts: 0,
            link: Link::New,
            input: None,
            cursor: None,
            asides: Asides::default(),
            events: VecDeque::new(),
            dropped: Dropped::default(),
        };
        peer.desire();
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
            state: Wakefulness::Awake,
        };
        (self.flow, self.distance) = (Flow::new(self.clock.now), Distance::default());
        let accepted = accept(&mut self.rtc, &self.video.wake);
        self.insist(accepted);
        accepted?;
        let creds = ice_credentials(random);
        self.rtc.direct_api().set_local_ice_credentials(creds.clone());
        let (local, candidates) = local::add_made(&mut self.rtc, found);
        self.local = local;
        // What was measured on the way before says nothing of the next one.
        self.rtc.bwe().reset(Bitrate::kbps(u64::from(START_KBPS)));
        self.events.push_back(PeerEvent::Bitrate(START_KBPS));
        self.desire();
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
        // What follows from it is not kept waiting.
        self.ticked = Time(0);
        self.distance.came(now, contents);
        let Ok(packet) = Receive::new(Protocol::Udp, source, destination, contents) else {
            self.dropped.packets = self.dropped.packets.saturating_add(1);
            return;
        };
        let packet = Input::Receive(self.clock.instant(), packet);
        // The stack by itself would show every DTLS packet to DTLS, whoever sent it. Errors are the packet's: whoever
        // can forge a source address must not be able to end the connection with one datagram.
        if !self.rtc.accepts(&packet) || self.rtc.handle_input(packet).is_err() {
            self.dropped.packets = self.dropped.packets.saturating_add(1);
            return;
        }
        self.heard = self.clock.now;
        if self.link == Link::Silent {
            self.set_link(Link::Up);
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
        self.wake();
        let (pt, wallclock) = (self.pt, self.clock.instant());
        // Microseconds to the 90 kHz of RTP, which wraps by itself where it must.
        let rtp_time = MediaTime::from_90khz(frame.taken_us.saturating_mul(9) / 100);
        let sent = self.rtc.writer(video_mid()).is_some_and(|writer| {
            let writer = writer.playout_delay(MediaTime::ZERO, MediaTime::ZERO);
            writer.write(pt, wallclock, rtp_time, frame.data).is_ok()
        });
        self.tick();
        if sent {
            let waiting = self.waiting();
            let is_first = !self.flow.has_sent();
            self.flow.sent(self.clock.now, frame.key, waiting);
            if is_first {
                self.desire();
            }
        }
        sent
    }

    /// When everything that waits here will have left, if the path carries what it is taken to carry. A picture that is
    /// encoded much before would only become old here.
    #[must_use]
    pub fn leaves(&self) -> Time {
        self.flow.leaves(self.clock.now)
    }

    /// Sends one message on the data channel `cursor`. `false`: it is not open, or too much waits already, and it was
    /// not sent.
    pub fn send_cursor(&mut self, now: Time, text: &str) -> bool {
        self.clock.advance(now);
        self.write(self.cursor, text, CURSOR_BUFFER)
    }

    /// Sends one message on the data channel `input`: how far the page's events came. `false`: as for
    /// [`Self::send_cursor`].
    pub fn send_receipt(&mut self, now: Time, text: &str) -> bool {
        self.clock.advance(now);
        self.write(self.input, text, CHANNEL_BUFFER)
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
                    self.distance.leaves(self.clock.now, &datagram.contents);
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

    /// `false`: there is no such channel, or more than `most` bytes would wait in it.
    fn write(&mut self, channel: Option<ChannelId>, text: &str, most: usize) -> bool {
        let Some(mut channel) = channel.and_then(|id| self.rtc.channel(id)) else {
            return false;
        };
        let has_room = channel.buffered_amount() + text.len() <= most;
        let sent = has_room && channel.write(false, text.as_bytes()).unwrap_or(false);
        self.tick();
        sent
    }

    /// Before a picture: the video section sends again, if it rested.
    fn wake(&mut self) {
        // In this order: how much the stack pads is decided whenever it is told what to look for.
        if self.video.state == Wakefulness::Asleep {
            self.desire();
        }
        if self.video.state != Wakefulness::Awake {
            let accepted = accept(&mut self.rtc, &self.video.wake);
            self.insist(accepted);
        }
        self.video.state = Wakefulness::Awake;
        self.flow.wakes(self.clock.now);
    }

    /// Long enough after the last picture: no padding, and later no probing any more. Only a connection that stands has
    /// something to rest from.
    fn rest_if_due(&mut self) {
        let now = self.clock.now;
        match self.video.state {
            _ if self.link != Link::Up => {}
            Wakefulness::Awake if self.flow.rests() <= now => {
                self.video.state = Wakefulness::Resting(now.after(SLEEP_AFTER));
                let accepted = accept(&mut self.rtc, &self.video.rest);
                self.insist(accepted);
                // It looks for what it looked for before, and pads no more.
                self.desire();
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
            Wakefulness::Awake => stack.min(self.flow.rests()),
            Wakefulness::Resting(until) => idle.min(until),
            Wakefulness::Asleep => idle,
        }
    }

    /// The stack looks for more than what the path is known to carry, but not for so much more that looking floods it.
    fn desire(&mut self) {
        // The first picture comes before the packets that it is looked with.
        if !self.flow.has_sent() {
            return;
        }
        let kbps = self.flow.desired().min(DESIRED_KBPS);
        self.rtc.bwe().set_desired_bitrate(Bitrate::kbps(u64::from(kbps)));
    }

    /// Bytes of video that the stack holds back.
    fn waiting(&mut self) -> usize {
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(video_mid(), None);
        stream.and_then(|stream| stream.queue_info()).map_or(0, |queue| queue.byte_size())
    }

    /// The path is there, and how far it goes is known.
    fn begin(&mut self) {
        if self.distance.round_trip().is_some_and(|time| time <= NEAR) {
            self.flow.begin_near(NEAR_KBPS);
            self.rtc.bwe().reset(Bitrate::kbps(u64::from(NEAR_KBPS)));
            self.desire();
            self.events.push_back(PeerEvent::Bitrate(NEAR_KBPS));
        }
    }

    fn insist(&mut self, accepted: Result<(), PeerError>) {
        if accepted.is_err() {
            self.fail();
        }
    }

    fn tick(&mut self) {
        self.ticked = self.clock.now;
        if self.link == Link::Up && self.heard.after(SILENCE) <= self.clock.now {
            self.set_link(Link::Silent);
        }
        self.rest_if_due();
        if self.rtc.handle_input(Input::Timeout(self.clock.instant())).is_err() {
            self.fail();
        }
        let waiting = self.waiting();
        self.flow.waits(self.clock.now, waiting);
    }

    /// Errors of the stack are final, a wrong certificate among them: nothing more is sent, not even a goodbye.
    fn fail(&mut self) {
        self.rtc.disconnect();
        self.set_link(Link::Over);
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
