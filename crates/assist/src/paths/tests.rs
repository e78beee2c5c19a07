//! Servers that are played, in virtual time. Against a real relay it is tested where there are sockets.

use super::*;

const LOCAL: &str = "192.0.2.1:4000";
const LOCAL_6: &str = "[2001:db8::1]:4000";
const STUN: &str = "198.51.100.1:3478";
const TURN: &str = "198.51.100.2:3478";

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn paths(helpers: &[Helper], allowed: Allowed) -> Paths {
    Paths::new(Time(0), &[at(LOCAL), at(LOCAL_6)], helpers, allowed, [7; 32])
}

fn turn() -> Helper {
    Helper::Turn { server: at(TURN), base: at(LOCAL), login: Login::new("maria", "secret").unwrap() }
}

/// What it says, until it waits; and until when.
fn drain(paths: &mut Paths) -> (Vec<Datagram>, Option<Time>) {
    let mut said = Vec::new();
    loop {
        match paths.poll_output() {
            PathsOutput::Transmit(datagram) => said.push(datagram),
            PathsOutput::Timeout(due) => return (said, due),
        }
        assert!(said.len() < 1_000, "it never rests");
    }
}

fn answer_to(question: &Datagram, seen: &str) -> Vec<u8> {
    let seen = at(seen);
    let SocketAddr::V4(seen) = seen else { panic!("of IPv4") };
    let mut bytes = vec![1, 1, 0, 12];
    bytes.extend(&question.contents[4..20]);
    bytes.extend([0, 0x20, 0, 8, 0, 1]);
    bytes.extend((seen.port() ^ 0x2112).to_be_bytes());
    bytes.extend(seen.ip().octets().iter().zip([0x21, 0x12, 0xa4, 0x42]).map(|(a, b)| a ^ b));
    bytes
}

#[test]
fn without_servers_nobody_waits_and_nothing_is_asked() {
    let mut paths = paths(&[], Allowed::All);
    assert!(paths.is_settled());
    assert_eq!(drain(&mut paths), (vec![], None));
    assert_eq!(paths.candidates(), [LocalCandidate::Host(at(LOCAL)), LocalCandidate::Host(at(LOCAL_6))]);
}

#[test]
fn a_server_says_how_this_side_looks_from_outside() {
    let mut paths = paths(&[Helper::Stun(at(STUN))], Allowed::All);
    let (asked, due) = drain(&mut paths);
    let [question] = &asked[..] else { panic!("only from the socket of its kind: {asked:?}") };
    assert_eq!((question.source, question.destination), (at(LOCAL), at(STUN)));
    assert_eq!(due, Some(Time(250)));
    assert!(!paths.is_settled());
    let answer = answer_to(question, "203.0.113.5:61000");
    // From somebody else, to somebody else, or to another question: it is not the server's.
    assert!(paths.handle_packet(Time(10), at("198.51.100.9:3478"), at(LOCAL), &answer).is_some());
    assert!(paths.handle_packet(Time(10), at(STUN), at(LOCAL_6), &answer).is_some());
    let mut other = answer.clone();
    other[19] ^= 1;
    assert!(paths.handle_packet(Time(10), at(STUN), at(LOCAL), &other).is_some());
    assert!(!paths.is_settled());
    assert_eq!(paths.handle_packet(Time(10), at(STUN), at(LOCAL), &answer), None);
    assert!(paths.is_settled() && paths.troubles().is_empty());
    let seen = LocalCandidate::Reflexive { address: at("203.0.113.5:61000"), base: at(LOCAL) };
    assert!(paths.candidates().contains(&seen));
}

#[test]
fn a_server_that_says_nothing_new_adds_no_way() {
    let mut paths = paths(&[Helper::Stun(at(STUN))], Allowed::All);
    let (asked, _) = drain(&mut paths);
    paths.handle_packet(Time(10), at(STUN), at(LOCAL), &answer_to(&asked[0], LOCAL));
    assert_eq!(paths.candidates().len(), 2);
}

#[test]
fn a_silent_server_is_asked_three_times_and_holds_nobody_up() {
    let mut paths = paths(&[Helper::Stun(at(STUN)), turn()], Allowed::All);
    let (mut now, mut asked) = (Time(0), 0);
    while !paths.is_settled() {
        paths.handle_timeout(now);
        let (said, due) = drain(&mut paths);
        asked += said.iter().filter(|d| d.destination == at(STUN)).count();
        now = due.expect("somebody waits").min(now.after(GATHERING));
        assert!(now <= Time(3_000), "nobody waits for ever");
    }
    assert_eq!(asked, 3);
    assert_eq!(paths.candidates().len(), 2);
    assert_eq!(paths.troubles(), [Trouble::Silent(at(TURN)), Trouble::Silent(at(STUN))]);
}

#[test]
fn a_relay_that_does_not_know_us_is_told_apart_from_one_that_is_full() {
    let refuse = |paths: &mut Paths, question: &Datagram, code: [u8; 2]| {
        let mut bytes = vec![1, 0x13, 0, 0];
        bytes.extend(&question.contents[4..20]);
        bytes.extend([0, 9, 0, 4, 0, 0, code[0], code[1]]);
        bytes.extend([0, 0x14, 0, 4, b'h', b'o', b'm', b'e']);
        bytes.extend([0, 0x15, 0, 4, b'o', b'n', b'c', b'e']);
        let length = u16::try_from(bytes.len() - 20).unwrap().to_be_bytes();
        bytes[2..4].copy_from_slice(&length);
        assert_eq!(
            paths.handle_packet(Time(10), at(TURN), at(LOCAL), &bytes),
            None,
            "the relay's own affair"
        );
    };
    for (second, expected) in [([4, 1], Trouble::Login(at(TURN))), ([4, 86], Trouble::Refused(at(TURN), 486))]
    {
        let mut paths = paths(&[turn()], Allowed::RelayOnly);
        let (asked, _) = drain(&mut paths);
        refuse(&mut paths, &asked[0], [4, 1]);
        paths.handle_timeout(Time(200));
        let (again, _) = drain(&mut paths);
        assert!(again[0].contents.windows(5).any(|part| part == b"maria"), "who we are");
        assert!(!again[0].contents.windows(6).any(|part| part == b"secret"), "but not how we prove it");
        refuse(&mut paths, &again[0], second);
        drain(&mut paths);
        assert_eq!(paths.troubles(), [expected]);
        assert!(paths.candidates().is_empty());
    }
}

#[test]
fn where_only_relays_are_allowed_nothing_comes_or_goes_another_way() {
    let mut paths = paths(&[Helper::Stun(at(STUN)), turn()], Allowed::RelayOnly);
    let (asked, _) = drain(&mut paths);
    assert!(asked.iter().all(|datagram| datagram.destination == at(TURN)), "{asked:?}");
    assert_eq!(paths.handle_packet(Time(1), at("203.0.113.5:9"), at(LOCAL), b"\x00\x01check"), None);
    let datagram = Datagram { source: at(LOCAL), destination: at("203.0.113.5:9"), contents: vec![0; 20] };
    paths.send(Time(1), datagram);
    let (said, _) = drain(&mut paths);
    assert!(said.iter().all(|datagram| datagram.destination == at(TURN)), "{said:?}");
    assert!(paths.candidates().is_empty());
}

#[test]
fn questions_are_many_at_most() {
    let helpers: Vec<Helper> =
        (1..=40).map(|i| Helper::Stun(SocketAddr::from(([198, 51, 100, i], 3478)))).collect();
    let local: Vec<SocketAddr> = (1..=8).map(|i| SocketAddr::from(([192, 0, 2, i], 4000))).collect();
    let mut paths = Paths::new(Time(0), &local, &helpers, Allowed::All, [7; 32]);
    let (asked, _) = drain(&mut paths);
    assert_eq!(asked.len(), MAX_PROBES);
    let mut ids: Vec<&[u8]> = asked.iter().map(|datagram| &datagram.contents[8..20]).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), MAX_PROBES, "each has a number of its own");
    assert_eq!(paths.candidates().len(), 8);
}
