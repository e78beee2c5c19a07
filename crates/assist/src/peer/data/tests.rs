//! Two ends in virtual time.

use rendezvous_trust::bind;

use super::*;
use crate::secure::tests::pair::bound;

const MOST: usize = 64 * 1024;

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn host(text: &str) -> [LocalCandidate; 1] {
    [LocalCandidate::Host(address(text))]
}

struct Two {
    now: Time,
    peers: [DataPeer; 2],
    heard: [Vec<DataEvent>; 2],
    flying: VecDeque<(usize, SocketAddr, SocketAddr, Vec<u8>)>,
    is_cut: bool,
}

impl Two {
    fn new() -> Self {
        let (epoch, now) = (Instant::now(), Time(0));
        let (ours, theirs) = (Certificate::generate().unwrap(), Certificate::generate().unwrap());
        let bound = bound(ours.media(), theirs.offered());
        let (mut viewer, offer) =
            DataPeer::offer(epoch, now, &theirs, &host("192.0.2.2:5000"), [7; 32], MOST).unwrap();
        let (sharer, answer) =
            DataPeer::answer((epoch, now), &bound, &ours, &offer, &host("192.0.2.1:4000"), [9; 32], MOST)
                .unwrap();
        viewer.accept(now, &bound, &answer).unwrap();
        Self {
            now,
            peers: [sharer, viewer],
            heard: Default::default(),
            flying: VecDeque::new(),
            is_cut: false,
        }
    }

    fn connected() -> Self {
        let mut two = Self::new();
        assert!(two.drive(5_000, |two| two.heard.iter().all(|heard| heard.contains(&DataEvent::Open))));
        two
    }

    fn drive(&mut self, millis: u64, done: impl Fn(&Self) -> bool) -> bool {
        let end = Time(self.now.0 + millis);
        while !done(self) {
            if self.now >= end {
                return false;
            }
            for (which, source, destination, contents) in std::mem::take(&mut self.flying) {
                if !self.is_cut {
                    self.peers[which].handle_packet(self.now, source, destination, &contents);
                }
            }
            for which in 0..2 {
                self.peers[which].handle_timeout(self.now);
                loop {
                    match self.peers[which].poll_output() {
                        DataOutput::Transmit { source, destination, contents } => {
                            self.flying.push_back((1 - which, source, destination, contents));
                        }
                        DataOutput::Event(event) => self.heard[which].push(event),
                        DataOutput::Timeout(_) => break,
                    }
                }
            }
            self.now = Time(self.now.0 + 1);
        }
        true
    }

    fn messages(&self, which: usize) -> Vec<&[u8]> {
        let message = |event: &DataEvent| matches!(event, DataEvent::Message(_));
        let all = self.heard[which].iter().filter(|event| message(event));
        all.map(|event| match event {
            DataEvent::Message(message) => message.as_slice(),
            DataEvent::Open | DataEvent::Lost => &[],
        })
        .collect()
    }
}

#[test]
fn messages_come_in_order_both_ways() {
    let mut two = Two::connected();
    for n in 0..50_u8 {
        assert!(two.peers[0].send(two.now, &[n; 1000]));
        assert!(two.peers[1].send(two.now, &[n]));
    }
    assert!(two.drive(5_000, |two| two.messages(0).len() == 50 && two.messages(1).len() == 50));
    assert!(two.messages(1).iter().zip(0..).all(|(message, n)| *message == [n; 1000]));
    assert!(two.messages(0).iter().zip(0..).all(|(message, n)| *message == [n]));
}

#[test]
fn what_waits_is_bounded() {
    let mut two = Two::connected();
    two.is_cut = true;
    let sent = (0..100).filter(|_| two.peers[0].send(two.now, &[0; 20_000])).count();
    assert!((5..=20).contains(&sent), "{sent}");
}

#[test]
fn another_certificate_is_no_connection() {
    let (epoch, now) = (Instant::now(), Time(0));
    let [ours, theirs, other] = std::array::from_fn(|_| Certificate::generate().unwrap());
    let right = bound(ours.media(), theirs.offered());
    let offer_of = |certificate: &Certificate| {
        DataPeer::offer(epoch, now, certificate, &host("192.0.2.2:5000"), [7; 32], MOST).unwrap()
    };
    let answer = |bound: &Bound, certificate: &Certificate, offer: &Description| {
        let at = host("192.0.2.1:4000");
        DataPeer::answer((epoch, now), bound, certificate, offer, &at, [9; 32], MOST)
            .map(|(_, answer)| answer)
    };
    let (mut viewer, offer) = offer_of(&theirs);
    assert_eq!(answer(&right, &other, &offer), Err(PeerError::NotBound), "our other certificate");
    assert_eq!(answer(&right, &ours, &offer_of(&other).1), Err(PeerError::NotBound), "another viewer");
    let answered = answer(&right, &ours, &offer).unwrap();
    let wrong = bound(other.media(), theirs.offered());
    assert_eq!(viewer.accept(now, &wrong, &answered), Err(PeerError::NotBound), "another sharer");
    let (mut second, _) = offer_of(&theirs);
    let mut to_another = answered.clone();
    to_another.answers = Some("other".to_owned());
    assert_eq!(
        second.accept(now, &right, &to_another),
        Err(PeerError::NotARestart),
        "another offer's answer"
    );
    assert_eq!(viewer.accept(now, &right, &answered), Ok(()));
    assert_eq!(viewer.accept(now, &right, &answered), Err(PeerError::NotARestart), "once is enough");
}

/// The signalling is signed, so only the other side itself could lie: it says one certificate and shows another.
#[test]
fn a_certificate_that_was_not_signed_opens_nothing() {
    let mut two = Two::new();
    let (epoch, now) = (Instant::now(), Time(0));
    let [ours, said, shown] = std::array::from_fn(|_| Certificate::generate().unwrap());
    let bound = bound(ours.media(), said.offered());
    let (mut liar, mut offer) =
        DataPeer::offer(epoch, now, &shown, &host("192.0.2.2:5000"), [7; 32], MOST).unwrap();
    offer.fingerprint = crate::description::Fingerprint(said.offered().fingerprint);
    let (sharer, answer) =
        DataPeer::answer((epoch, now), &bound, &ours, &offer, &host("192.0.2.1:4000"), [9; 32], MOST)
            .unwrap();
    liar.offered = Some(offer);
    liar.accept(now, &bound, &answer).unwrap();
    two.peers = [sharer, liar];
    assert!(!two.drive(3_000, |two| two.heard[0].contains(&DataEvent::Open)));
    assert!(!two.peers[0].send(two.now, b"x"));
}

#[test]
fn a_lost_way_is_told_and_nothing_is_sent_meanwhile() {
    let mut two = Two::connected();
    two.is_cut = true;
    assert!(two.drive(60_000, |two| two.heard.iter().all(|heard| heard.contains(&DataEvent::Lost))));
    assert!(!two.peers[0].send(two.now, b"x"));
}

#[test]
fn setups_are_as_they_were_signed() {
    let certificate = Certificate::generate().unwrap();
    assert_eq!(certificate.offered().setup, bind::Setup::ActPass);
    assert_eq!(certificate.offered().fingerprint, certificate.media().fingerprint);
}
