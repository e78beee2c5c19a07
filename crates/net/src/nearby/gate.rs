//! Who may begin a handshake: so many a second from one source, and so many at once. Pure.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// So many handshakes from one source may begin at once…
const BURST: u32 = 32;
/// …and one more each time this has passed.
const STEP: Duration = Duration::from_millis(100);
/// So many sources are remembered. Whoever comes beyond that waits until one of them is quiet.
const SOURCES: usize = 1024;

/// Counts handshakes by where they come from.
#[derive(Debug, Default)]
pub(super) struct Gate {
    /// Until when the handshakes of a source reach into the future: each adds a step.
    busy_until: HashMap<IpAddr, Instant>,
}

impl Gate {
    /// Whether a handshake from there may begin.
    pub(super) fn may_enter(&mut self, now: Instant, from: IpAddr) -> bool {
        let source = source(from);
        if self.busy_until.len() >= SOURCES && !self.busy_until.contains_key(&source) {
            self.busy_until.retain(|_, until| *until > now);
            if self.busy_until.len() >= SOURCES {
                return false;
            }
        }
        let until = self.busy_until.entry(source).or_insert(now);
        let next = (*until).max(now) + STEP;
        if next > now + STEP * BURST {
            return false;
        }
        *until = next;
        true
    }
}

/// What counts as one source: a machine can have any address of its IPv6 network.
fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        // Link-local addresses all share one prefix, and who has how many of them is not known either.
        IpAddr::V6(address) if address.is_unicast_link_local() => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_source_that_floods_waits_and_others_do_not() {
        let (mut gate, start) = (Gate::default(), Instant::now());
        let mallory = ip("192.0.2.1");
        let entered = (0..1000).filter(|_| gate.may_enter(start, mallory)).count();
        assert_eq!(entered, 32);
        assert!(gate.may_enter(start, ip("192.0.2.2")));
        let later = start + STEP * 5;
        assert_eq!((0..1000).filter(|_| gate.may_enter(later, mallory)).count(), 5);
    }

    #[test]
    fn a_network_of_ipv6_is_one_source() {
        let (mut gate, now) = (Gate::default(), Instant::now());
        let from = |n: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, n]);
        assert_eq!((0..100).filter(|n| gate.may_enter(now, from(*n))).count(), 32);
        assert!(gate.may_enter(now, ip("2001:db8:0:2::1")));
        assert!(!gate.may_enter(now, ip("2001:db8:0:1::ffff")));
        assert_eq!(source(ip("::ffff:192.0.2.1")), ip("192.0.2.1"));
    }

    #[test]
    fn the_memory_is_bounded() {
        let (mut gate, start) = (Gate::default(), Instant::now());
        let from = |n: u32| IpAddr::from(n.to_be_bytes());
        assert_eq!((0..5000).filter(|n| gate.may_enter(start, from(*n))).count(), SOURCES);
        assert!(gate.may_enter(start + STEP * 2, from(4000)), "the quiet ones are forgotten");
    }
}
