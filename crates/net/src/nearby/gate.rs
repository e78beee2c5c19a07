//! Who may begin a handshake: so many a second from one source, and so many under way. Pure.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// So many handshakes from one source may begin at once…
const BURST: u32 = 32;
/// …and one more each time this has passed.
const STEP: Duration = Duration::from_millis(100);
/// So many handshakes from one source may be under way, so that whoever never finishes one leaves room for others.
const UNDER_WAY: usize = 8;
/// So many handshakes may be under way in all.
const ALL_UNDER_WAY: usize = 64;
/// So many sources are remembered. Whoever comes beyond that waits until one of them is quiet.
const SOURCES: usize = 1024;

/// Counts handshakes by where they come from.
#[derive(Debug, Default)]
pub(super) struct Gate {
    sources: HashMap<IpAddr, Source>,
    under_way: usize,
}

#[derive(Debug)]
struct Source {
    /// Until when its handshakes reach into the future: each adds a step.
    busy_until: Instant,
    under_way: usize,
}

impl Gate {
    /// Whether a handshake from there may begin. Then [`Gate::leave`] says when it is over.
    pub(super) fn enter(&mut self, now: Instant, from: IpAddr) -> bool {
        let source = source(from);
        if self.sources.len() >= SOURCES && !self.sources.contains_key(&source) {
            self.sources.retain(|_, known| known.busy_until > now || known.under_way > 0);
            if self.sources.len() >= SOURCES {
                return false;
            }
        }
        let known = self.sources.entry(source).or_insert(Source { busy_until: now, under_way: 0 });
        let next = known.busy_until.max(now) + STEP;
        let is_late = next > now + STEP * BURST;
        if is_late || known.under_way >= UNDER_WAY || self.under_way >= ALL_UNDER_WAY {
            return false;
        }
        known.busy_until = next;
        known.under_way += 1;
        self.under_way += 1;
        true
    }

    /// A handshake that was let in is over, whatever came of it.
    pub(super) fn leave(&mut self, from: IpAddr) {
        if let Some(known) = self.sources.get_mut(&source(from)) {
            known.under_way = known.under_way.saturating_sub(1);
            self.under_way = self.under_way.saturating_sub(1);
        }
    }
}

/// What counts as one source: a machine can have any address of its IPv6 network.
pub(super) fn source(address: IpAddr) -> IpAddr {
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

    /// So many of these begin, one after the other.
    fn entered(gate: &mut Gate, now: Instant, from: impl Iterator<Item = IpAddr>) -> usize {
        from.filter(|from| {
            let may = gate.enter(now, *from);
            if may {
                gate.leave(*from);
            }
            may
        })
        .count()
    }

    #[test]
    fn a_source_that_floods_waits_and_others_do_not() {
        let (mut gate, start) = (Gate::default(), Instant::now());
        let flood = || std::iter::repeat_n(ip("192.0.2.1"), 1000);
        assert_eq!(entered(&mut gate, start, flood()), 32);
        assert!(gate.enter(start, ip("192.0.2.2")));
        assert_eq!(entered(&mut gate, start + STEP * 5, flood()), 5);
    }

    #[test]
    fn a_source_that_never_finishes_takes_few_of_the_places() {
        let (mut gate, start) = (Gate::default(), Instant::now());
        let mallory = ip("192.0.2.1");
        let open = (0..1000).filter(|n| gate.enter(start + STEP * *n, mallory)).count();
        assert_eq!(open, UNDER_WAY, "however long it waits");
        let later = start + STEP * 1000;
        gate.leave(mallory);
        assert!(gate.enter(later, mallory) && !gate.enter(later, mallory), "one is over, one begins");
        let others = (0..100).filter(|n| gate.enter(later, ip(&format!("198.51.100.{n}")))).count();
        assert_eq!(others, ALL_UNDER_WAY - UNDER_WAY);
        gate.leave(mallory);
        assert!(gate.enter(later, ip("203.0.113.1")));
    }

    #[test]
    fn a_network_of_ipv6_is_one_source() {
        let (mut gate, now) = (Gate::default(), Instant::now());
        let from = |n: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, n]);
        assert_eq!(entered(&mut gate, now, (0..100).map(from)), 32);
        assert!(gate.enter(now, ip("2001:db8:0:2::1")));
        assert!(!gate.enter(now, ip("2001:db8:0:1::ffff")));
        assert_eq!(source(ip("::ffff:192.0.2.1")), ip("192.0.2.1"));
    }

    #[test]
    fn the_memory_is_bounded() {
        let (mut gate, start) = (Gate::default(), Instant::now());
        let from = |n: u32| IpAddr::from(n.to_be_bytes());
        assert!(gate.enter(start, from(7777)), "this one is under way for long");
        assert_eq!(entered(&mut gate, start, (0..5000).map(from)), SOURCES - 1);
        let later = start + STEP * 2;
        assert!(gate.enter(later, from(4000)), "the quiet ones are forgotten");
        assert_eq!((gate.sources.len(), gate.under_way), (2, 2));
    }
}
