//! What passes over the network of one of several machines, as its kernel hands it over (packet(7)): nothing that a
//! program there sends or hears is missed, whatever it calls for that.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_recv_buffer_size_force, set_socket_timeout};
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, eth, recv, socket_with};

use crate::machines::Place;

/// How long the listener waits at once, so that it notices its end.
const STEP: Duration = Duration::from_millis(50);

/// Room for what comes while the listener has no turn.
const ROOM: usize = 8 << 20;

/// So much of a packet is read: what is told of one stands at its beginning.
const HEAD: usize = 256;

const TCP: u8 = 6;
const UDP: u8 = 17;

/// Listens on every interface of a machine. Dropping it ends that.
#[derive(Debug)]
pub struct Capture {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    passed: Mutex<Passed>,
    over: AtomicBool,
}

/// What has passed so far.
#[derive(Clone, Debug, Default)]
pub struct Passed {
    /// Datagrams of UDP. One that stays on the machine passes twice.
    pub datagrams: Vec<Packet>,
    /// First packets of TCP connections.
    pub begun: Vec<Packet>,
    /// All packets, those of other protocols among them.
    pub packets: u64,
}

/// One packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// When it was read, which is after it was sent.
    pub at: Instant,
    /// Who sent it.
    pub from: SocketAddr,
    /// To whom.
    pub to: SocketAddr,
    /// What a datagram of RTP says in the clear.
    pub media: Option<Media>,
}

/// What a packet of RTP says in the clear (RFC 3550, 5.1), encrypted as it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Media {
    /// It ends with padding; what is sent for nothing else is all padding.
    pub padded: bool,
    /// Bytes after the header and its extensions, with what the encryption adds: 10 or 16.
    pub bytes: usize,
}

impl Capture {
    /// Starts to listen on this machine.
    ///
    /// # Errors
    ///
    /// When the system does not allow it.
    pub fn on(place: Place) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let (tell, told) = mpsc::channel();
        let ours = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("capture".into()).spawn(move || {
            match place.enter().and_then(|()| open()) {
                Ok(socket) => {
                    _ = tell.send(Ok(()));
                    ours.listen(&socket);
                }
                Err(error) => _ = tell.send(Err(error)),
            }
        })?;
        told.recv().context("the listener has ended")??;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// What has passed so far.
    pub fn passed(&self) -> Passed {
        self.shared.passed().clone()
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // A panic of it was reported.
        self.thread.take().map(JoinHandle::join);
    }
}

fn open() -> Result<OwnedFd> {
    // With the headers of the link taken off: what is read begins with that of IP.
    let (family, kind) = (AddressFamily::PACKET, SocketType::DGRAM);
    let socket = socket_with(family, kind, SocketFlags::CLOEXEC, Some(eth::ALL))
        .context("this system does not let packets be captured")?;
    set_socket_recv_buffer_size_force(&socket, ROOM)?;
    set_socket_timeout(&socket, Timeout::Recv, Some(STEP))?;
    Ok(socket)
}

impl Shared {
    fn passed(&self) -> MutexGuard<'_, Passed> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self, socket: &OwnedFd) {
        let mut buffer = [0; HEAD];
        while !self.over.load(Ordering::SeqCst) {
            match recv(socket, &mut buffer, RecvFlags::empty()) {
                Ok((length, _)) => self.passed().note(Instant::now(), &buffer[..length]),
                Err(Errno::AGAIN | Errno::INTR) => {}
                // As when an interface goes down; it comes again.
                Err(Errno::NETDOWN) => {}
                Err(_) => return,
            }
        }
    }
}

impl Passed {
    fn note(&mut self, at: Instant, bytes: &[u8]) {
        self.packets += 1;
        match read(bytes) {
            Ok(Some((UDP, from, to, rest))) => {
                self.datagrams.push(Packet { at, from, to, media: media(rest) });
            }
            // SYN without ACK.
            Ok(Some((TCP, from, to, rest))) if rest.get(13).is_some_and(|flags| flags & 0x12 == 0x02) => {
                self.begun.push(Packet { at, from, to, media: None });
            }
            _ => {}
        }
    }
}

type Read<'a> = (u8, SocketAddr, SocketAddr, &'a [u8]);

/// Protocol, both ends, and the packet from the header of the transport on; nothing for what has no ports.
fn read(bytes: &[u8]) -> Result<Option<Read<'_>>> {
    let (protocol, from, to, rest): (u8, IpAddr, IpAddr, &[u8]) = match bytes.first().map(|byte| byte >> 4) {
        Some(4) => {
            ensure!(bytes.len() >= 20, "too short");
            let address = |at: usize| -> Result<IpAddr> {
                Ok(Ipv4Addr::from(<[u8; 4]>::try_from(&bytes[at..at + 4])?).into())
            };
            let rest = bytes.get(usize::from(bytes[0] & 15) * 4..).context("too short")?;
            (bytes[9], address(12)?, address(16)?, rest)
        }
        Some(6) => {
            ensure!(bytes.len() >= 40, "too short");
            let address = |at: usize| -> Result<IpAddr> {
                Ok(Ipv6Addr::from(<[u8; 16]>::try_from(&bytes[at..at + 16])?).into())
            };
            let (mut next, mut rest) = (bytes[6], &bytes[40..]);
            // Hop-by-hop, routing and destination options.
            while [0, 43, 60].contains(&next) {
                ensure!(rest.len() >= 8, "too short");
                next = rest[0];
                rest = rest.get((usize::from(rest[1]) + 1) * 8..).context("too short")?;
            }
            (next, address(8)?, address(24)?, rest)
        }
        _ => return Ok(None),
    };
    if ![TCP, UDP].contains(&protocol) {
        return Ok(None);
    }
    ensure!(rest.len() >= 4, "too short");
    let port = |at: usize| u16::from_be_bytes([rest[at], rest[at + 1]]);
    Ok(Some((protocol, SocketAddr::new(from, port(0)), SocketAddr::new(to, port(2)), rest)))
}

/// What a datagram says of media, if it is one of RTP: neither one of STUN or DTLS, nor one of RTCP (RFC 7983; RFC 5761, 4).
fn media(datagram: &[u8]) -> Option<Media> {
    const UDP_HEAD: usize = 8;
    const HEAD: usize = 12;
    // Of a long one there is only the beginning; how long it was it says itself.
    let length = usize::from(u16::from_be_bytes([*datagram.get(4)?, *datagram.get(5)?]));
    let packet = datagram.get(UDP_HEAD..)?;
    let (first, second) = (*packet.first()?, *packet.get(1)?);
    if first >> 6 != 2 || (192..=223).contains(&second) {
        return None;
    }
    let mut head = HEAD + usize::from(first & 0x0f) * 4;
    if first & 0x10 != 0 {
        let words = u16::from_be_bytes([*packet.get(head + 2)?, *packet.get(head + 3)?]);
        head += 4 + usize::from(words) * 4;
    }
    let bytes = length.checked_sub(UDP_HEAD + head)?;
    Some(Media { padded: first & 0x20 != 0, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ipv4(protocol: u8, rest: &[u8]) -> Vec<u8> {
        let head = [0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 77, 0, 1, 10, 77, 0, 2];
        [&head[..], rest].concat()
    }

    fn passed(packets: &[Vec<u8>]) -> Passed {
        let mut passed = Passed::default();
        packets.iter().for_each(|packet| passed.note(Instant::now(), packet));
        passed
    }

    #[test]
    fn datagrams_are_told_with_both_ends() {
        let one = ipv4(UDP, &[0x14, 0xe9, 0, 53, 0, 8, 0, 0]);
        let options = [UDP, 0, 0, 0, 0, 0, 0, 0];
        let mut other = vec![0x60, 0, 0, 0, 0, 16, 0, 64];
        other.extend(Ipv6Addr::LOCALHOST.octets());
        other.extend(Ipv6Addr::LOCALHOST.octets());
        other.extend(options);
        other.extend([0, 1, 0, 2, 0, 8, 0, 0]);
        let passed = passed(&[one, other]);
        let ends: Vec<_> = passed.datagrams.iter().map(|p| (p.from.to_string(), p.to.to_string())).collect();
        assert_eq!(ends[0], ("10.77.0.1:5353".to_owned(), "10.77.0.2:53".to_owned()));
        assert_eq!(ends[1], ("[::1]:1".to_owned(), "[::1]:2".to_owned()));
    }

    #[test]
    fn connections_are_told_once_and_what_is_cut_short_is_only_counted() {
        let mut segment = [0; 20];
        segment[13] = 0x02;
        let begins = ipv4(TCP, &segment);
        segment[13] = 0x12;
        let answer = ipv4(TCP, &segment);
        let passed = passed(&[begins, answer, vec![0x45; 7], vec![0x60; 41], Vec::new(), vec![0, 1]]);
        assert_eq!((passed.begun.len(), passed.datagrams.len(), passed.packets), (1, 0, 6));
    }
    /// A datagram of UDP, 100 bytes long with its own header, of which this much was read.
    fn datagram(contents: &[u8]) -> Vec<u8> {
        ipv4(UDP, &[&[0, 1, 0, 2, 0, 100, 0, 0], contents].concat())
    }

    #[test]
    fn media_is_told_by_its_header_alone() {
        let mut head = [0; 24];
        (head[0], head[1]) = (0x90, 0xe2);
        // One word of extension: 12 + 4 + 4 bytes of header.
        head[15] = 1;
        let plain = datagram(&head);
        head[0] = 0xb1;
        // The same behind one contributing source, and padded.
        (head[15], head[19]) = (0, 1);
        let padded = datagram(&head);
        let control = datagram(&[0x80, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let stun = datagram(&[0, 1, 0, 0]);
        let cut = datagram(&[0x90, 0x62]);
        let media: Vec<_> = passed(&[plain, padded, control, stun, cut])
            .datagrams
            .iter()
            .map(|packet| packet.media.map(|media| (media.padded, media.bytes)))
            .collect();
        assert_eq!(media, [Some((false, 72)), Some((true, 68)), None, None, None]);
    }
}
