//! Two ends in virtual time: our [`Peer`], and the WebRTC stack acting as the page.

mod attack;
mod bad_link;
mod bottleneck;
mod outbox;
mod page;
mod restart;
mod video;

use std::collections::VecDeque;

use proptest::prelude::*;
use rendezvous_testkit::relay::path::Path;
use rendezvous_trust::bind::{self, Media};

use self::bottleneck::Bottleneck;
use self::page::Page;
use super::*;
use crate::description::{Coding, DescriptionError, Setup, VideoFormat};
use crate::input;
use crate::secure::tests::pair::bound;

const NOVICE: &str = "192.0.2.1:4000";
const PAGE: &str = "192.0.2.2:5000";

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// Both ends and the link between them: packets arrive after a millisecond.
struct Call {
    now: Time,
    peer: Peer,
    page: Page,
    events: Vec<PeerEvent>,
    flying: VecDeque<(Time, Datagram)>,
    /// Packets of video, padding and retransmissions that left our side.
    rtp_sent: usize,
    /// Whether a packet to the page is lost: one in so many, by chance that is the same every time.
    lossy: Option<Chance>,
    /// Changes or swallows a packet from the page on its way to us.
    meddle: fn(&Datagram) -> bool,
    /// No packet arrives anywhere.
    cut: bool,
    /// What our packets have to go through.
    bottleneck: Option<Bottleneck>,
    /// What the packets of both have to go through, in the place of everything else.
    link: Option<Link>,
}

/// Both directions of a link: to the page, and back.
struct Link {
    there: Path<Datagram>,
    back: Path<Datagram>,
}

/// Something that happens one time in so many.
#[derive(Clone, Copy, Debug)]
struct Chance {
    one_in: u32,
    state: u32,
}

impl Chance {
    fn one_in(one_in: u32) -> Self {
        Self { one_in, state: 1 }
    }

    fn comes(&mut self) -> bool {
        self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.state >> 8).is_multiple_of(self.one_in)
    }
}

#[derive(Clone, Debug)]
struct Datagram {
    source: SocketAddr,
    destination: SocketAddr,
    contents: Vec<u8>,
}

impl Call {
    fn new() -> Self {
        Self::forged(|_| {}, |_| {})
    }

    /// After a signalling that changed the descriptions on their way: the offer to us, the answer to the page.
    /// The signalling is signed, so this is what a lying other side could do; each side has signed what it then sees.
    fn forged(
        offer_forger: impl FnOnce(&mut Description),
        answer_forger: impl FnOnce(&mut Description),
    ) -> Self {
        let epoch = Instant::now();
        let (mut page, mut offer) = Page::new(epoch, address(PAGE));
        offer_forger(&mut offer);
        let (peer, mut answer) = answer_to(&offer, &[address(NOVICE)]).unwrap();
        answer_forger(&mut answer);
        page.accept(&answer);
        Self {
            now: Time(0),
            peer,
            page,
            events: Vec::new(),
            flying: VecDeque::new(),
            rtp_sent: 0,
            lossy: None,
            meddle: |_| true,
            cut: false,
            bottleneck: None,
            link: None,
        }
    }

    fn connected() -> Self {
        let mut call = Self::new();
        assert!(
            call.drive(5_000, |call| call.page.is_open() && call.events.contains(&PeerEvent::CursorOpen))
        );
        assert_eq!(call.count(&PeerEvent::Connected), 1);
        call
    }

    /// Runs until `done`, at most this many milliseconds. A livelock fails instead of hanging: each millisecond has
    /// its bounded number of steps.
    fn drive(&mut self, millis: u64, done: impl Fn(&Self) -> bool) -> bool {
        let end = Time(self.now.0 + millis);
        let mut steps_left = 200 * millis.max(100);
        while !done(self) {
            let next = self.step();
            steps_left = steps_left.checked_sub(1).expect("the two ends do not come to rest");
            if next > end {
                self.now = end;
                return done(self);
            }
            self.now = self.now.max(next);
        }
        true
    }

    /// Lets both ends do what is due now; returns when something is due next.
    fn step(&mut self) -> Time {
        let now = Duration::from_millis(self.now.0);
        for path in self.link.iter_mut().flat_map(|link| [&mut link.there, &mut link.back]) {
            while let Some(packet) = path.take(now) {
                self.flying.push_back((self.now, packet));
            }
        }
        self.flying.make_contiguous().sort_by_key(|(arrival, _)| *arrival);
        while let Some((_, packet)) = self.flying.pop_front_if(|(arrival, _)| *arrival <= self.now) {
            if self.cut {
                continue;
            }
            if self.page.is_at(packet.destination) {
                if self.lossy.as_mut().is_some_and(Chance::comes) {
                    continue;
                }
                self.page.handle_packet(self.now, &packet);
            } else if (self.meddle)(&packet) {
                self.peer.handle_packet(self.now, packet.source, packet.destination, &packet.contents);
            }
            self.drain();
        }
        self.peer.handle_timeout(self.now);
        self.page.handle_timeout(self.now);
        let due = self.drain();
        let paths = self.link.iter().flat_map(|link| [&link.there, &link.back]);
        let arrivals =
            paths.filter_map(|path| path.due()).map(|due| Time(due.as_micros().div_ceil(1000) as u64));
        let arrivals = arrivals.chain(self.flying.front().map(|(arrival, _)| *arrival));
        arrivals.fold(due, Time::min)
    }

    /// After each input, both ends say what they have to say.
    fn drain(&mut self) -> Time {
        let arrival = self.now.after(Duration::from_millis(1));
        let ours = loop {
            match self.peer.poll_output() {
                PeerOutput::Transmit { source, destination, contents } => {
                    self.rtp_sent += usize::from(is_rtp(&contents));
                    if let Some(link) = &mut self.link {
                        let now = Duration::from_millis(self.now.0);
                        link.there.send(now, contents.len(), Datagram { source, destination, contents });
                        continue;
                    }
                    let through = self.bottleneck.as_mut().map(|b| b.passes(self.now, contents.len()));
                    if let Some(arrival) = through.unwrap_or(Some(arrival)) {
                        self.flying.push_back((arrival, Datagram { source, destination, contents }));
                    }
                }
                PeerOutput::Event(event) => self.events.push(event),
                PeerOutput::Timeout(time) => break time,
            }
        };
        let back = self.bottleneck.as_ref().map_or(arrival, |b| b.back(self.now));
        let now = Duration::from_millis(self.now.0);
        let theirs = self.page.drain(|packet| match &mut self.link {
            Some(link) => link.back.send(now, packet.contents.len(), packet),
            None => self.flying.push_back((back, packet)),
        });
        self.flying.make_contiguous().sort_by_key(|(arrival, _)| *arrival);
        ours.min(theirs)
    }

    fn count(&self, event: &PeerEvent) -> usize {
        self.events.iter().filter(|e| *e == event).count()
    }

    fn inputs(&self) -> Vec<&str> {
        self.events
            .iter()
            .filter_map(|event| match event {
                PeerEvent::Input(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    fn send_picture(&mut self, taken_us: u64) -> Vec<u8> {
        let data = picture(3_000);
        assert!(self.peer.send_frame(self.now, EncodedFrame { data: data.clone(), key: true, taken_us }));
        data
    }
}

/// A peer for this offer, when both sides have signed its certificate and ours.
fn answer_to(offer: &Description, local: &[SocketAddr]) -> Result<(Peer, Description), PeerError> {
    let certificate = Certificate::generate()?;
    // What cannot be bound is refused for what it is.
    let expert = Media { setup: bind::Setup::ActPass, ..offer.media() };
    let bound = bound(certificate.media(), expert);
    Peer::new(Instant::now(), Time(0), &bound, &certificate, offer, &hosts(local), [7; 32])
}

fn hosts(local: &[SocketAddr]) -> Vec<LocalCandidate> {
    local.iter().copied().map(LocalCandidate::Host).collect()
}

#[test]
fn only_what_both_sides_have_signed_is_connected() {
    let (_, offer) = Page::new(Instant::now(), address(PAGE));
    let (ours, other) = (Certificate::generate().unwrap(), Certificate::generate().unwrap());
    let new = |bound: &Bound, certificate: &Certificate, offer: &Description| {
        let local = hosts(&[address(NOVICE)]);
        Peer::new(Instant::now(), Time(0), bound, certificate, offer, &local, [7; 32]).map(|_| ())
    };
    let right = bound(ours.media(), offer.media());
    assert_eq!(new(&right, &ours, &offer), Ok(()));
    assert_eq!(new(&right, &other, &offer), Err(PeerError::NotBound), "our other certificate");
    let mut page = offer.clone();
    page.fingerprint.0[31] ^= 1;
    assert_eq!(new(&right, &ours, &page), Err(PeerError::NotBound), "another page");
    let passive = Media { setup: bind::Setup::Passive, ..offer.media() };
    let active = Media { setup: bind::Setup::Active, ..ours.media() };
    assert_eq!(new(&bound(active, passive), &ours, &offer), Err(PeerError::NotBound), "other setups");
    assert_eq!(new(&bound(active, offer.media()), &ours, &offer), Err(PeerError::NotBound), "another setup");
}

/// RTP shares its range of first bytes with RTCP, whose packet types stand where RTP has marker and payload type.
fn is_rtp(contents: &[u8]) -> bool {
    matches!(contents, [128..=191, second, ..] if !(192..=223).contains(second))
}

/// Parameter sets and a slice of this many bytes, in Annex B form. The bytes hold no start code.
fn picture(length: usize) -> Vec<u8> {
    let mut data = vec![0, 0, 0, 1, 0x67, 0x42, 0xe0, 0x1f, 0x8d];
    data.extend([0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80]);
    data.extend([0, 0, 0, 1, 0x65]);
    data.extend((0..length).map(|i| u8::try_from(i % 251).unwrap() | 1));
    data
}

#[test]
fn the_answer_is_what_the_page_needs() {
    let (_, offer) = Page::new(Instant::now(), address(PAGE));
    let (peer, answer) = answer_to(&offer, &[address(NOVICE), address("[2001:db8::1]:4000")]).unwrap();
    assert_eq!(answer.check_answer(), Ok(()));
    assert_eq!(answer.video().len(), 1);
    assert_eq!(answer.extensions, offer.extensions);
    assert!(answer.media.unwrap().rtx_ssrc.is_some(), "lost packets can be sent again");
    let addresses: Vec<_> = answer.candidates().iter().map(|candidate| candidate.address).collect();
    assert_eq!(addresses, [address(NOVICE), address("[2001:db8::1]:4000")]);
    assert!(peer.is_alive());

    // It survives the signalling, which checks every value.
    let text = crate::signal::NoviceSays::Answer(answer.clone()).to_text();
    assert_eq!(crate::signal::NoviceSays::parse(&text), Ok(crate::signal::NoviceSays::Answer(answer)));
}

#[test]
fn the_ice_password_is_made_of_what_was_passed_in() {
    let one = ice_credentials([0; 32]);
    assert_eq!((one.ufrag.as_str(), one.pass.as_str()), ("AAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAA"));
    let mut random = [0; 32];
    random[31] = 63;
    assert_ne!(ice_credentials(random).pass, one.pass);
}

#[test]
fn constrained_baseline_is_preferred() {
    let (_, offer) = Page::new(Instant::now(), address(PAGE));
    let chosen = |profiles: &[u32]| {
        let mut offer = offer.clone();
        offer.video = (96..)
            .zip(profiles)
            .map(|(pt, profile_level_id)| VideoFormat {
                pt,
                rtx: None,
                coding: Coding::H264 { profile_level_id: *profile_level_id, level_asymmetry: true },
            })
            .collect();
        let (_, answer) = answer_to(&offer, &[address(NOVICE)]).unwrap();
        match answer.video()[0].coding {
            Coding::H264 { profile_level_id, .. } => profile_level_id,
            other @ Coding::Vp9 => panic!("{other:?} was not offered"),
        }
    };
    assert_eq!(chosen(&[0x64001f, 0x42001f, 0x42e01f]), 0x42e01f);
    assert_eq!(chosen(&[0x64001f, 0x42001f]), 0x42001f);
    assert_eq!(chosen(&[0x64001f, 0x4d001f]), 0x64001f);
}

#[test]
fn what_cannot_work_is_refused_at_once() {
    let (_, offer) = Page::new(Instant::now(), address(PAGE));
    let new = |offer: &Description, local: &[SocketAddr]| answer_to(offer, local).map(|_| ()).unwrap_err();
    assert_eq!(new(&offer, &[]), PeerError::LocalAddresses(0));
    assert_eq!(new(&offer, &[address(NOVICE); 17]), PeerError::LocalAddresses(17));
    let anywhere = address("0.0.0.0:4000");
    assert_eq!(new(&offer, &[anywhere]), PeerError::LocalAddress(anywhere));
    let mut answer = offer.clone();
    answer.setup = Setup::Passive;
    assert_eq!(new(&answer, &[address(NOVICE)]), PeerError::Offer(DescriptionError::NotAnOffer));
}

#[test]
fn a_picture_arrives_as_it_was_sent_and_is_shown_at_once() {
    let mut call = Call::connected();
    let mut sent = Vec::new();
    for i in 0..10_u64 {
        sent.push(call.send_picture(i * 33_333));
        let now = call.now;
        assert!(call.drive(1000, |call| call.page.pictures().len() == sent.len()), "picture {i}");
        assert!(call.now.since(now) < Duration::from_millis(50), "picture {i} came late");
        call.drive(33, |_| false);
    }
    for (i, (got, sent)) in call.page.pictures().iter().zip(&sent).enumerate() {
        assert_eq!(got.data, *sent, "picture {i}");
        assert_eq!(got.playout_delay, Some((MediaTime::ZERO, MediaTime::ZERO)), "picture {i}");
        assert_eq!(got.time_90khz, i as u64 * 33_333 * 9 / 100, "picture {i}");
    }
}

#[test]
fn a_picture_of_many_packets_leaves_in_one_go() {
    let mut call = Call::connected();
    // Until the stack has looked for what the path carries.
    call.drive(3_000, |_| false);
    call.send_picture(3_000_000);
    call.drive(100, |call| !call.page.pictures().is_empty());
    call.drive(1_000, |_| false);
    let before = call.rtp_sent;
    let data = picture(8_000);
    assert!(call.peer.send_frame(call.now, EncodedFrame { data, key: false, taken_us: 4_000_000 }));
    call.drain();
    assert!(call.rtp_sent - before >= 7, "{} packets in the first millisecond", call.rtp_sent - before);
}

#[test]
fn input_and_cursor_go_their_ways() {
    let mut call = Call::connected();
    let shape = format!(r#"{{"t":"shape","png":"{}"}}"#, "A".repeat(100_000));
    assert!(call.peer.send_cursor(call.now, r#"{"t":"at","x":1,"y":2}"#));
    assert!(call.peer.send_cursor(call.now, &shape));
    call.page.send("input", r#"{"t":"move","x":1,"y":2}"#);
    call.page.send("input", &"x".repeat(input::MAX_BATCH));
    assert!(call.drive(5000, |call| call.page.texts().len() == 2 && call.inputs().len() == 2));
    assert_eq!(call.page.texts(), [r#"{"t":"at","x":1,"y":2}"#, &shape]);
    assert_eq!(call.inputs(), [r#"{"t":"move","x":1,"y":2}"#, &"x".repeat(input::MAX_BATCH)]);
    assert!(call.peer.send_receipt(call.now, r#"{"n":1}"#));
    assert!(call.drive(5000, |call| call.page.texts().last() == Some(&r#"{"n":1}"#)));
    assert_eq!(call.peer.dropped().messages, 0);
}

#[test]
fn the_largest_cursor_fits_the_channel() {
    let mut call = Call::connected();
    let event = crate::screen::CursorEvent::Shape(crate::screen::CursorShape {
        size: crate::screen::Size { width: 256, height: 256 },
        hot: (255, 255),
        png: vec![0; input::MAX_CURSOR_PNG],
    });
    let text = input::CursorMessage::from_event(&event).unwrap().to_text();
    assert!(call.peer.send_cursor(call.now, &text));
    assert!(!call.peer.send_cursor(call.now, &text), "a second one has to wait, and the caller is told");
    assert!(call.drive(10_000, |call| call.page.texts().len() == 1));
    assert_eq!(call.page.texts(), [text]);
}

#[test]
fn messages_that_do_not_belong_are_dropped_and_counted() {
    let mut call = Call::connected();
    call.page.send("input", &"x".repeat(input::MAX_BATCH + 1));
    call.page.send("input", &"x".repeat(60_000));
    call.page.send_binary("input", b"{}");
    call.page.send("cursor", "{}");
    call.page.send("input", "last");
    assert!(call.drive(5000, |call| call.inputs() == ["last"] && call.peer.dropped().messages == 4));
}

#[test]
fn a_channel_of_another_name_or_a_second_one_is_closed() {
    let mut call = Call::connected();
    let others = [
        call.page.open_channel("elsewhere"),
        call.page.open_channel("input"),
        call.page.open_channel("cursor"),
    ];
    assert!(call.drive(5000, |call| others.iter().all(|id| call.page.was_closed(*id))));
    call.page.send("input", "still here");
    assert!(call.drive(5000, |call| call.inputs() == ["still here"]));
    assert_eq!(call.count(&PeerEvent::CursorOpen), 1);
}

#[test]
fn a_request_for_a_key_frame_is_passed_on() {
    let mut call = Call::connected();
    call.send_picture(0);
    assert!(call.drive(1000, |call| call.page.pictures().len() == 1));
    call.page.request_key_frame();
    call.drive(1000, |_| false);
    assert_eq!(call.count(&PeerEvent::KeyframeWanted), 0, "it cannot have seen the first one when it asked");
    call.page.request_key_frame();
    assert!(call.drive(1000, |call| call.count(&PeerEvent::KeyframeWanted) >= 1));
}

#[test]
fn the_bandwidth_is_estimated() {
    let mut call = Call::connected();
    for i in 0..60_u64 {
        call.send_picture(i * 33_333);
        call.drive(33, |_| false);
    }
    let estimates: Vec<u32> = call
        .events
        .iter()
        .filter_map(|event| if let PeerEvent::Bitrate(kbps) = event { Some(*kbps) } else { None })
        .collect();
    assert!(
        estimates.last().is_some_and(|kbps| *kbps >= START_KBPS),
        "on a good link it rises: {estimates:?}"
    );
}

#[test]
fn a_path_that_loses_packets_is_not_given_up() {
    let mut call = Call::connected();
    call.bottleneck = Some(Bottleneck::new(1_000, Duration::from_millis(100), 50));
    let mut seen = [0, 0];
    for i in 0..900_u64 {
        // A page that loses a picture asks for a key frame, which is large.
        let data = picture(if i.is_multiple_of(30) { 60_000 } else { 3_000 });
        call.peer.send_frame(call.now, EncodedFrame { data, key: true, taken_us: i * 33_333 });
        call.drive(33, |_| false);
        seen[usize::from(i < 600)] = call.page.pictures().len();
    }
    let [all, before] = seen;
    let estimates = call.events.iter().filter_map(|event| match event {
        PeerEvent::Bitrate(kbps) => Some(*kbps),
        _ => None,
    });
    assert!(estimates.min().is_some_and(|least| least >= LEAST_KBPS), "packets are paced by it");
    assert!(all - before > 50, "{} pictures in the last ten seconds, {before} before", all - before);
}

#[test]
fn a_still_picture_sends_nothing_but_keep_alives() {
    let mut call = Call::connected();
    for i in 0..60_u64 {
        call.send_picture(i * 33_333);
        call.drive(33, |_| false);
    }
    call.drive(1_000, |_| false);
    let before = call.rtp_sent;
    for i in 2..12_u64 {
        let frame = EncodedFrame { data: picture(100), key: false, taken_us: i * 2_000_000 };
        assert!(call.peer.send_frame(call.now, frame));
        call.drive(2_000, |_| false);
    }
    let sent = call.rtp_sent - before;
    assert!((10..=40).contains(&sent), "ten small pictures in 20 s, and {sent} packets");
    let pictures = call.page.pictures().len();
    assert_eq!(pictures, 70, "all of them arrive");
    // And it is awake again at once.
    call.send_picture(30_000_000);
    assert!(call.drive(100, |call| call.page.pictures().len() == pictures + 1));
}

#[test]
fn between_two_letters_nothing_is_sent() {
    let mut call = Call::connected();
    for i in 0..60_u64 {
        call.send_picture(i * 33_333);
        call.drive(33, |_| false);
    }
    call.drive(1_000, |_| false);
    let before = call.rtp_sent;
    for i in 0..80_u64 {
        let frame = EncodedFrame { data: picture(120), key: false, taken_us: 4_000_000 + i * 125_000 };
        assert!(call.peer.send_frame(call.now, frame));
        call.drive(125, |_| false);
    }
    // Each picture of this test has two units, which travel apart.
    let sent = call.rtp_sent - before;
    assert!(sent <= 80 * 2 + 8, "eighty letters in ten seconds, and {sent} packets");
}

#[test]
fn a_connection_on_which_nothing_happens_is_looked_after_a_few_times_a_second() {
    let mut call = Call::connected();
    call.send_picture(0);
    call.drive(5_000, |_| false);
    let mut turns = 0;
    let end = call.now.after(Duration::from_secs(2));
    while call.now < end {
        call.peer.handle_timeout(call.now);
        let due = loop {
            if let PeerOutput::Timeout(due) = call.peer.poll_output() {
                break due;
            }
        };
        (call.now, turns) = (due, turns + 1);
    }
    assert!((10..=40).contains(&turns), "{turns} turns in two seconds");
}

#[test]
fn a_lost_packet_is_sent_again() {
    let mut call = Call::connected();
    call.send_picture(0);
    assert!(call.drive(1000, |call| call.page.pictures().len() == 1));
    call.page.lose_next_rtp();
    let second = call.send_picture(33_333);
    call.drive(33, |_| false);
    call.send_picture(66_666);
    assert!(call.drive(3000, |call| call.page.pictures().len() == 3), "NACK and RTX");
    assert_eq!(call.page.pictures()[1].data, second);
}

#[test]
fn a_wrong_certificate_never_connects() {
    for bit in [0, 255] {
        let mut call = Call::forged(|offer| offer.fingerprint.0[bit / 8] ^= 1 << (bit % 8), |_| {});
        let over = call.drive(60_000, |call| !call.peer.is_alive());
        assert!(over, "it ends by itself");
        assert_eq!(call.count(&PeerEvent::Connected), 0);
        assert_eq!(call.count(&PeerEvent::Disconnected), 1);
        assert!(!call.peer.send_frame(call.now, EncodedFrame { data: picture(10), key: true, taken_us: 0 }));
        assert!(!call.peer.send_cursor(call.now, "{}"));
        call.drive(60_000, |_| false);
        assert_eq!(call.count(&PeerEvent::Connected), 0);
        assert!(call.page.pictures().is_empty() && call.page.texts().is_empty());
        assert!(!call.page.is_open(), "no data channel either");
    }
}

#[test]
fn nothing_is_sent_before_the_page_is_connected() {
    let mut call = Call::new();
    assert!(!call.peer.send_frame(Time(0), EncodedFrame { data: picture(10), key: true, taken_us: 0 }));
    assert!(!call.peer.send_cursor(Time(0), "{}"));
    assert!(call.drive(5000, |call| call.page.is_open()));
    call.drive(1000, |_| false);
    assert!(call.page.pictures().is_empty());
}

#[test]
fn who_does_not_know_the_ice_password_never_connects() {
    let mut call = Call::forged(|_| {}, |answer| answer.pwd = "0123456789012345678901".to_owned());
    call.drive(30_000, |_| false);
    assert_eq!(call.count(&PeerEvent::Connected), 0);
    assert!(!call.page.is_open());
    assert!(call.peer.dropped().packets > 0, "its checks are dropped");
}

/// Somebody else races the page to DTLS: with copies of its own packets, from another address.
#[test]
fn dtls_from_an_address_that_ice_did_not_validate_is_dropped() {
    let mut call = Call::new();
    call.meddle = |packet| !is_dtls(&packet.contents);
    assert!(
        call.drive(5000, |call| call.flying.iter().any(|(_, p)| is_dtls(&p.contents))),
        "a ClientHello flies"
    );
    let hello = call.flying.iter().find(|(_, p)| is_dtls(&p.contents)).unwrap().1.contents.clone();
    let before = call.peer.dropped().packets;
    for port in 1..=50 {
        let stranger = SocketAddr::from(([203, 0, 113, 5], 1000 + port));
        call.peer.handle_packet(call.now, stranger, address(NOVICE), &hello);
    }
    assert_eq!(call.peer.dropped().packets, before + 50);
    call.meddle = |_| true;
    assert!(call.drive(10_000, |call| call.page.is_open()), "the page itself is not kept out");
}

fn is_dtls(contents: &[u8]) -> bool {
    contents.first().is_some_and(|byte| (20..64).contains(byte))
}

#[test]
fn the_page_that_leaves_is_noticed() {
    let mut call = Call::connected();
    call.page.close();
    assert!(call.drive(60_000, |call| !call.peer.is_alive()));
    assert_eq!(call.count(&PeerEvent::Disconnected), 1);
    assert!(!call.peer.send_frame(call.now, EncodedFrame { data: picture(10), key: true, taken_us: 0 }));
}

#[test]
fn the_page_that_falls_silent_is_noticed_and_may_come_back() {
    let mut call = Call::connected();
    call.meddle = |_| false;
    assert!(call.drive(60_000, |call| call.count(&PeerEvent::Disconnected) == 1));
    assert!(call.peer.is_alive());
    assert!(!call.peer.send_frame(call.now, EncodedFrame { data: picture(10), key: true, taken_us: 0 }));
    call.meddle = |_| true;
    assert!(
        call.drive(60_000, |call| call.count(&PeerEvent::Connected) == 2),
        "{:?} {:?}",
        call.events,
        call.peer
    );
}

#[test]
fn closing_the_input_channel_ends_it() {
    let mut call = Call::connected();
    call.page.close_channel("input");
    assert!(call.drive(5000, |call| !call.peer.is_alive()));
    assert_eq!(call.count(&PeerEvent::Disconnected), 1);
}

#[test]
fn our_own_goodbye_reaches_the_page() {
    let mut call = Call::connected();
    call.peer.close(call.now);
    assert!(!call.peer.is_alive());
    assert!(call.drive(5000, |call| call.page.saw_the_end()));
    assert_eq!(call.count(&PeerEvent::Disconnected), 1);
}

#[test]
fn time_that_goes_back_stands_still() {
    let mut call = Call::connected();
    let now = call.now;
    call.peer.handle_timeout(Time(0));
    call.peer.handle_packet(Time(0), address(PAGE), address(NOVICE), &[]);
    call.now = now;
    call.page.send("input", "after");
    assert!(call.drive(5000, |call| call.inputs() == ["after"]));
}

#[test]
fn a_peer_can_move_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Peer>();
}

/// A datagram of nearly any kind: noise behind the first byte of each protocol, of any length.
fn garbage() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![0..=3_u8, 20..=63_u8, 128..=191_u8, any::<u8>()];
    (first, prop::collection::vec(any::<u8>(), 0..300), any::<bool>()).prop_map(
        |(first, mut rest, cookie)| {
            if cookie && rest.len() > 8 {
                // The magic of STUN, so that its attributes are read, or the version of DTLS.
                let magic: [u8; 4] = if first < 4 { [0x21, 0x12, 0xa4, 0x42] } else { [0xfe, 0xfd, 0, 1] };
                let at = if first < 4 { 3 } else { 0 };
                rest[at..at + 4].copy_from_slice(&magic);
            }
            rest.insert(0, first);
            rest
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Garbage from a stranger and in the page's own name, before, while and after the two connect: no panic, and what
    /// a stranger sends does not keep the page out.
    #[test]
    fn garbage_does_no_harm(
        packets in prop::collection::vec((garbage(), any::<bool>(), 0..3_u8), 1..120),
    ) {
        let mut call = Call::new();
        let stranger = address("203.0.113.5:9");
        for (contents, from_page, pause) in &packets {
            let source = if *from_page { address(PAGE) } else { stranger };
            call.peer.handle_packet(call.now, source, address(NOVICE), contents);
            call.drive(u64::from(*pause) * 10, |_| false);
        }
        prop_assert!(call.drive(20_000, |call| call.page.is_open()));
        call.page.send("input", "still here");
        prop_assert!(call.drive(5000, |call| call.inputs() == ["still here"]));
        prop_assert!(call.peer.dropped().packets > 0);
    }

    /// Packets of the page that were damaged on the way.
    #[test]
    fn damaged_packets_do_no_harm(damage in prop::collection::vec((0..2000_usize, 1..=255_u8), 1..40)) {
        let mut call = Call::connected();
        for (at, flip) in damage {
            call.page.send("input", "text");
            let Some((_, packet)) = ({
                call.step();
                call.flying.iter().find(|(_, packet)| packet.destination == address(NOVICE)).cloned()
            }) else {
                continue;
            };
            let mut contents = packet.contents;
            let at = at % contents.len();
            contents[at] ^= flip;
            call.peer.handle_packet(call.now, packet.source, packet.destination, &contents);
            call.drive(20, |_| false);
        }
        call.page.send("input", "last");
        prop_assert!(call.drive(20_000, |call| call.inputs().last() == Some(&"last")));
    }
}
