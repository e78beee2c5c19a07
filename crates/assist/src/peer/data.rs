//! A connection of two applications of ours with one data channel and nothing else: packets in, packets out, no I/O.
//!
//! The same stack, certificates and ways as for the picture, at both ends. No SDP is written anywhere: both sides know the
//! values and tell the stack. One side offers and begins DTLS and SCTP, the other answers; the channel has its number on
//! both sides from the beginning, so that nothing is negotiated that could be negotiated otherwise.
//!
//! After each call, also after a send, drain [`DataPeer::poll_output`] until it returns [`DataOutput::Timeout`].

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use rendezvous_trust::bind::Bound;
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::net::{Protocol, Receive};
use str0m::{Event, IceConnectionState, IceCreds, Input, Output, Rtc, RtcConfig};

use super::clock::Clock;
use super::events::Link;
use super::local::{self, LocalCandidate};
use super::stack::{ice_credentials, local_fingerprint};
use super::{Certificate, PeerError};
use crate::Time;
use crate::description::{Candidate, CandidateKind, Description, Setup};

/// The most bytes that wait in it: a few pictures of a terminal. More would only be old when they arrive.
const MOST_WAITING: usize = 256 * 1024;

/// The number of the channel, and its name.
const CHANNEL: (u16, &str) = (0, "data");

/// One end of a connection.
pub struct DataPeer {
    rtc: Rtc,
    clock: Clock,
    link: Link,
    /// Whether this side offered, until it was answered.
    offered: Option<Description>,
    channel: ChannelId,
    is_open: bool,
    most: usize,
    events: VecDeque<DataEvent>,
    dropped: u64,
}

/// What is to be done next.
#[derive(Debug)]
pub enum DataOutput {
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
    Event(DataEvent),
    /// Nothing more now. Call [`DataPeer::handle_timeout`] at this moment.
    Timeout(Time),
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataEvent {
    /// The channel is open, and the certificate at the other end is the one that was signed.
    Open,
    /// The other side cannot be reached. While [`DataPeer::is_alive`] it may come back, with [`DataEvent::Open`].
    Lost,
    /// A message.
    Message(Vec<u8>),
}

impl DataPeer {
    /// Describes this side for the other one. Nothing is parsed that comes in before [`DataPeer::accept`].
    ///
    /// `epoch` is the moment of `Time(0)`. `local` are the ways to this side, best first. `random` must be secret and
    /// never used before. A message of the other side has at most `most` bytes.
    ///
    /// # Errors
    ///
    /// See [`PeerError`].
    pub fn offer(
        epoch: Instant,
        now: Time,
        certificate: &Certificate,
        local: &[LocalCandidate],
        random: [u8; 32],
        most: usize,
    ) -> Result<(Self, Description), PeerError> {
        let creds = ice_credentials(random);
        let (mut peer, candidates) =
            Self::build(Clock::new(epoch, now), certificate, &creds, local, (true, most))?;
        let description =
            Description::of_data(creds, local_fingerprint(&mut peer.rtc)?, Setup::ActPass, candidates, None);
        peer.offered = Some(description.clone());
        Ok((peer, description))
    }

    /// Answers an offer. Both must have exactly the certificates and setups that both sides have signed. The answer is for
    /// the other side.
    ///
    /// # Errors
    ///
    /// See [`PeerError`].
    pub fn answer(
        (epoch, now): (Instant, Time),
        bound: &Bound,
        certificate: &Certificate,
        offer: &Description,
        local: &[LocalCandidate],
        random: [u8; 32],
        most: usize,
    ) -> Result<(Self, Description), PeerError> {
        offer.check_data_offer().map_err(PeerError::Offer)?;
        if offer.media() != bound.expert() || certificate.media() != bound.novice() {
            return Err(PeerError::NotBound);
        }
        let creds = ice_credentials(random);
        let (mut peer, candidates) =
            Self::build(Clock::new(epoch, now), certificate, &creds, local, (false, most))?;
        let fingerprint = local_fingerprint(&mut peer.rtc)?;
        let answer = Description::of_data(
            creds,
            fingerprint,
            certificate.media().setup.into(),
            candidates,
            Some(offer.way().to_owned()),
        );
        peer.begin(offer, false)?;
        Ok((peer, answer))
    }

    /// The other side answered. Its answer, and this side's certificate, must be what both sides have signed.
    ///
    /// # Errors
    ///
    /// See [`PeerError`]; nothing has changed, but for [`PeerError::Stack`].
    pub fn accept(&mut self, now: Time, bound: &Bound, answer: &Description) -> Result<(), PeerError> {
        self.clock.advance(now);
        answer.check_data_answer().map_err(PeerError::Offer)?;
        let Some(offered) = self.offered.as_ref() else { return Err(PeerError::NotARestart) };
        if answer.answers.as_deref() != Some(offered.way()) {
            return Err(PeerError::NotARestart);
        }
        if offered.media() != bound.expert() || answer.media() != bound.novice() {
            return Err(PeerError::NotBound);
        }
        self.offered = None;
        self.begin(answer, true)
    }

    fn build(
        clock: Clock,
        certificate: &Certificate,
        creds: &IceCreds,
        local: &[LocalCandidate],
        (controls, most): (bool, usize),
    ) -> Result<(Self, Vec<Candidate>), PeerError> {
        let config = RtcConfig::new()
            .set_crypto_provider(Arc::new(str0m::crypto::from_feature_flags()))
            .set_dtls_cert(certificate.for_stack())
            .set_local_ice_credentials(creds.clone())
            .clear_codecs()
            .clear_extension_map()
            .set_sctp_max_buffered_amount(MOST_WAITING);
        assert!(config.fingerprint_verification(), "certificates are checked unless someone turned it off");
        let mut rtc = config.build(clock.instant());
        rtc.direct_api().set_ice_controlling(controls);
        let (_, candidates) = local::add(&mut rtc, local)?;
        let (number, name) = CHANNEL;
        let channel = rtc.direct_api().create_data_channel(ChannelConfig {
            label: name.to_owned(),
            ordered: true,
            reliability: Reliability::Reliable,
            negotiated: Some(number),
            protocol: String::new(),
        });
        let peer = Self {
            rtc,
            clock,
            link: Link::New,
            offered: None,
            channel,
            is_open: false,
            most,
            events: VecDeque::new(),
            dropped: 0,
        };
        Ok((peer, candidates))
    }

    /// Everything about the other side is known, and signed.
    fn begin(&mut self, other: &Description, active: bool) -> Result<(), PeerError> {
        let mut api = self.rtc.direct_api();
        api.set_remote_ice_credentials(IceCreds { ufrag: other.ufrag.clone(), pass: other.pwd.clone() });
        api.set_remote_fingerprint(str0m::crypto::Fingerprint {
            hash_func: "sha-256".to_owned(),
            bytes: other.fingerprint.0.to_vec(),
        });
        api.start_dtls(active).map_err(|_| PeerError::Stack("the handshake cannot begin"))?;
        api.start_sctp(active);
        for candidate in other.candidates() {
            if let Some(candidate) = for_stack(candidate) {
                self.rtc.add_remote_candidate(candidate);
            }
        }
        self.tick();
        Ok(())
    }

    /// Takes in a datagram that came from `source` to the local address `destination`. Anything may be in it.
    pub fn handle_packet(&mut self, now: Time, source: SocketAddr, destination: SocketAddr, contents: &[u8]) {
        self.clock.advance(now);
        let packet = match Receive::new(Protocol::Udp, source, destination, contents) {
            Ok(packet) if self.offered.is_none() => Input::Receive(self.clock.instant(), packet),
            _ => return self.dropped = self.dropped.saturating_add(1),
        };
        // As for the picture: only what ICE has validated is shown to DTLS, and no packet ends the connection.
        if !self.rtc.accepts(&packet) || self.rtc.handle_input(packet).is_err() {
            self.dropped = self.dropped.saturating_add(1);
        }
    }

    /// The moment of [`DataOutput::Timeout`] has come. Harmless at any other moment.
    pub fn handle_timeout(&mut self, now: Time) {
        self.clock.advance(now);
        self.tick();
    }

    /// Sends one message. `false`: the channel is not open, or too much waits already, and it was not sent.
    pub fn send(&mut self, now: Time, message: &[u8]) -> bool {
        self.clock.advance(now);
        let sent = self.link == Link::Up
            && self.is_open
            && self
                .rtc
                .channel(self.channel)
                .is_some_and(|mut channel| channel.write(true, message).unwrap_or(false));
        self.tick();
        sent
    }

    /// Says goodbye. Drain the output once more; then the peer is not alive.
    pub fn close(&mut self, now: Time) {
        self.clock.advance(now);
        if self.rtc.close().is_err() {
            self.rtc.disconnect();
        }
        self.set_link(Link::Over);
    }

    /// The next thing to be done; [`DataOutput::Timeout`] when there is nothing more.
    pub fn poll_output(&mut self) -> DataOutput {
        loop {
            if let Some(event) = self.events.pop_front() {
                return DataOutput::Event(event);
            }
            match self.rtc.poll_output() {
                Ok(Output::Transmit(datagram)) => {
                    return DataOutput::Transmit {
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
                        return DataOutput::Timeout(self.clock.time(moment));
                    }
                    self.set_link(Link::Over);
                }
                Err(_) => self.fail(),
            }
        }
    }

    /// Whether the connection stands or may still come about. `false` is final.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.link != Link::Over
    }

    /// Datagrams and messages that came in and were not used, so far.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
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
            Event::ChannelOpen(id, _) if id == self.channel => {
                self.is_open = true;
                if self.link == Link::Up {
                    self.events.push_back(DataEvent::Open);
                }
            }
            // Nothing else is wanted here.
            Event::ChannelOpen(id, _) => self.rtc.direct_api().close_data_channel(id),
            Event::ChannelClose(id) if id == self.channel => self.fail(),
            Event::ChannelData(data) => {
                if data.id == self.channel && data.binary && data.data.len() <= self.most {
                    self.events.push_back(DataEvent::Message(data.data));
                } else {
                    self.dropped = self.dropped.saturating_add(1);
                }
            }
            _ => {}
        }
    }

    fn set_link(&mut self, link: Link) {
        let before = std::mem::replace(&mut self.link, link);
        match (before, link) {
            (Link::Over, _) => self.link = Link::Over,
            (Link::New | Link::Lost, Link::Up) if self.is_open => self.events.push_back(DataEvent::Open),
            (Link::Up, Link::Lost) | (Link::New | Link::Up, Link::Over) => {
                self.events.push_back(DataEvent::Lost);
            }
            _ => {}
        }
    }

    fn tick(&mut self) {
        if self.rtc.handle_input(Input::Timeout(self.clock.instant())).is_err() {
            self.fail();
        }
    }

    /// Errors of the stack are final, a wrong certificate among them: nothing more is sent, not even a goodbye.
    fn fail(&mut self) {
        self.rtc.disconnect();
        self.set_link(Link::Over);
    }
}

fn for_stack(candidate: &Candidate) -> Option<str0m::Candidate> {
    let address = candidate.address;
    // The base of another side's address is nobody's business here; the stack wants one of the same kind.
    let candidate = match candidate.kind {
        CandidateKind::Host => str0m::Candidate::host(address, "udp"),
        CandidateKind::ServerReflexive => str0m::Candidate::server_reflexive(address, address, "udp"),
        CandidateKind::PeerReflexive => return None,
        CandidateKind::Relayed => str0m::Candidate::relayed(address, address, "udp"),
    };
    candidate.ok()
}

impl fmt::Debug for DataPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataPeer")
            .field("link", &self.link)
            .field("dropped", &self.dropped)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
