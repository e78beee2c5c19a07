//! Whether others on the same network can be found: on each interface the group is joined, a question is asked in it, and
//! that question has to come back (mDNS, RFC 6762). Whoever answers it is counted.

use crate::{os, texts};
use anyhow::{Context as _, Result, bail};
use rendezvous_net::nearby::SERVICE;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::time::{Duration, Instant};

const PORT: u16 = 5353;
const GROUP_4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
const GROUP_6: Ipv6Addr = Ipv6Addr::new(0xFF02, 0, 0, 0, 0, 0, 0, 0xFB);
/// What we ask comes back at once, or never.
const COMING_BACK: Duration = Duration::from_secs(2);
/// Others wait for a moment before they answer, so that not all speak at once.
const ANSWERS: Duration = Duration::from_millis(600);
/// So many interfaces are looked at.
const MAX_INTERFACES: usize = 16;

/// One way out of this computer.
#[derive(Debug, Default)]
struct Interface {
    index: u32,
    ipv4: Option<Ipv4Addr>,
    has_ipv6: bool,
}

/// Why others are not found on an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deaf {
    /// The interface is set up without multicast.
    SwitchedOff,
    /// The group cannot be joined: what the system says.
    NotJoined(String),
    /// Nothing can be sent to the group: what the system says.
    NotSent(String),
    /// What is sent does not come back.
    NothingHeard,
}

/// What was found on each interface: how many others answered, or why nobody can.
pub(super) fn look() -> Result<String> {
    let interfaces = interfaces().context("cannot list this computer's networks")?;
    if interfaces.is_empty() {
        bail!(texts::ALONE);
    }
    let own: Vec<IpAddr> = if_addrs::get_if_addrs()?.iter().map(if_addrs::Interface::ip).collect();
    let threads: Vec<_> = interfaces
        .into_iter()
        .map(|(name, interface)| {
            let (own, of) = (own.clone(), name.clone());
            (name, std::thread::spawn(move || ask_on(&of, &interface, &own)))
        })
        .collect();
    let (mut works, mut fails) = (Vec::new(), Vec::new());
    for (name, thread) in threads {
        match thread.join() {
            Ok(Ok(others)) => works.push((name, others)),
            Ok(Err(deaf)) => fails.push((name, deaf)),
            Err(_) => fails.push((name, Deaf::NothingHeard)),
        }
    }
    if works.is_empty() {
        bail!(texts::multicast_fails(&fails));
    }
    Ok(texts::multicast_works(&works, &fails))
}

fn interfaces() -> io::Result<BTreeMap<String, Interface>> {
    let mut found: BTreeMap<String, Interface> = BTreeMap::new();
    for address in if_addrs::get_if_addrs()?.iter().filter(|address| !address.is_loopback()) {
        let interface = found.entry(address.name.clone()).or_default();
        interface.index = address.index.unwrap_or(0);
        match address.ip() {
            IpAddr::V4(ip) => interface.ipv4 = interface.ipv4.or(Some(ip)),
            IpAddr::V6(_) => interface.has_ipv6 = true,
        }
    }
    Ok(found.into_iter().take(MAX_INTERFACES).collect())
}

/// Asks by every kind of address that the interface has; one that works is enough.
fn ask_on(name: &str, interface: &Interface, own: &[IpAddr]) -> Result<usize, Deaf> {
    if !os::is_made_for_multicast(name) {
        return Err(Deaf::SwitchedOff);
    }
    let by_ipv4 = interface.ipv4.map(|address| {
        let group = SocketAddr::from((GROUP_4, PORT));
        let socket =
            os::joined_4(PORT, GROUP_4, address).map_err(|error| Deaf::NotJoined(error.to_string()))?;
        ask(&socket, group, own)
    });
    let by_ipv6 = (interface.has_ipv6 && interface.index != 0).then(|| {
        let index = interface.index;
        let group = SocketAddrV6::new(GROUP_6, PORT, 0, index).into();
        let socket =
            os::joined_6(PORT, GROUP_6, index).map_err(|error| Deaf::NotJoined(error.to_string()))?;
        ask(&socket, group, own)
    });
    match (by_ipv4, by_ipv6) {
        (Some(Ok(some)), Some(Ok(others))) => Ok(some.max(others)),
        (Some(Ok(others)), _) | (_, Some(Ok(others))) => Ok(others),
        (Some(Err(deaf)), _) | (_, Some(Err(deaf))) => Err(deaf),
        (None, None) => Err(Deaf::NothingHeard),
    }
}

/// Asks the group who else is there, and listens.
fn ask(socket: &UdpSocket, group: SocketAddr, own: &[IpAddr]) -> Result<usize, Deaf> {
    let question = question();
    socket.send_to(&question, group).map_err(|error| Deaf::NotSent(error.to_string()))?;
    let (mut came_back, mut others) = (false, BTreeSet::new());
    let mut deadline = Instant::now() + COMING_BACK;
    let mut buffer = [0; 9000];
    while let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        if socket.set_read_timeout(Some(left)).is_err() {
            break;
        }
        match socket.recv_from(&mut buffer) {
            Ok((n, _)) if buffer[..n] == question => {
                if !came_back {
                    came_back = true;
                    deadline = Instant::now() + ANSWERS;
                }
            }
            Ok((n, from)) if is_answer(&buffer[..n]) && !own.contains(&from.ip()) => {
                others.insert(from.ip());
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    if came_back { Ok(others.len()) } else { Err(Deaf::NothingHeard) }
}

/// Who offers our service? With a number by which we know it again; others do not look at it.
fn question() -> Vec<u8> {
    let mut number = [0; 2];
    // Without it two programs that ask at the same moment could take each other's question for their own; no more.
    _ = getrandom::fill(&mut number);
    let mut message = vec![number[0], number[1], 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in SERVICE.trim_end_matches('.').split('.') {
        message.push(u8::try_from(label.len()).unwrap_or(0));
        message.extend(label.as_bytes());
    }
    message.push(0);
    // PTR, of the internet.
    message.extend([0, 12, 0, 1]);
    message
}

/// Whether this is an answer that speaks of our service.
fn is_answer(message: &[u8]) -> bool {
    let label = SERVICE.split('.').next().unwrap_or(SERVICE).as_bytes();
    message.len() > 12 && message[2] & 0x80 != 0 && message.windows(label.len()).any(|part| part == label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_no_answer_and_names_the_service() {
        let mut message = question();
        assert!(!is_answer(&message));
        message[2] |= 0x84;
        assert!(is_answer(&message));
        assert!(!is_answer(&message[..12]) && !is_answer(&[]));
        assert!(message.len() < 64 && message.ends_with(b"\x05local\x00\x00\x0c\x00\x01"));
    }
}
