//! Which places are in a network that this machine is part of.
//!
//! Whoever announces an address anywhere else would have us dial it: a way to make many machines knock at one door.

use if_addrs::{IfAddr, Interface};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// Interfaces come and go.
const FRESH: Duration = Duration::from_secs(5);

/// The interfaces, as they were a moment ago.
#[derive(Debug, Default)]
pub(super) struct OnLink {
    interfaces: Vec<Interface>,
    read: Option<Instant>,
}

impl OnLink {
    /// Whether a place is in one of our networks.
    pub(super) fn reaches(&mut self, place: &SocketAddr) -> bool {
        if self.read.is_none_or(|read| read.elapsed() > FRESH) {
            self.interfaces = if_addrs::get_if_addrs().unwrap_or_default();
            self.read = Some(Instant::now());
        }
        self.interfaces.iter().any(|interface| shares(interface, place))
    }
}

fn shares(interface: &Interface, place: &SocketAddr) -> bool {
    match (&interface.addr, place.ip()) {
        (IfAddr::V4(ours), IpAddr::V4(theirs)) => {
            let mask = ours.netmask.to_bits();
            ours.ip.to_bits() & mask == theirs.to_bits() & mask
        }
        (IfAddr::V6(_), IpAddr::V6(theirs)) if theirs.is_unicast_link_local() => {
            let SocketAddr::V6(place) = place else { return false };
            place.scope_id() != 0 && interface.index == Some(place.scope_id())
        }
        (IfAddr::V6(ours), IpAddr::V6(theirs)) => {
            let mask = ours.netmask.to_bits();
            ours.ip.to_bits() & mask == theirs.to_bits() & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use if_addrs::{IfOperStatus, Ifv4Addr, Ifv6Addr};

    fn interface(addr: IfAddr) -> Interface {
        Interface { name: "eth0".into(), addr, index: Some(2), oper_status: IfOperStatus::Up, is_p2p: false }
    }

    #[test]
    fn only_places_in_our_networks_are_dialled_because_somebody_says_so() {
        let v4 = interface(IfAddr::V4(Ifv4Addr {
            ip: [192, 0, 2, 7].into(),
            netmask: [255, 255, 255, 0].into(),
            prefixlen: 24,
            broadcast: None,
        }));
        let v6 = interface(IfAddr::V6(Ifv6Addr {
            ip: "2001:db8:0:1::7".parse().unwrap(),
            netmask: "ffff:ffff:ffff:ffff::".parse().unwrap(),
            prefixlen: 64,
            broadcast: None,
        }));
        let mut ours = OnLink { interfaces: vec![v4, v6], read: Some(Instant::now()) };
        for good in ["192.0.2.200:1", "[2001:db8:0:1::99]:1", "[fe80::1%2]:1"] {
            assert!(ours.reaches(&good.parse().unwrap()), "{good}");
        }
        for bad in
            ["192.0.3.1:1", "127.0.0.1:1", "[2001:db8:0:2::1]:1", "[fe80::1%3]:1", "[fe80::1]:1", "[::1]:1"]
        {
            assert!(!ours.reaches(&bad.parse().unwrap()), "{bad}");
        }
    }
}
