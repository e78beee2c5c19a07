//! Who somebody is on this network, and where they may be.

use super::NearbyError;
use rendezvous_core::Address;
use rendezvous_trust::PublicKey;
use std::net::{IpAddr, SocketAddr};

/// The symbols of a fingerprint.
const SYMBOLS: &str = "23456789abcdefghijkmnpqrstuvwxyz";
/// So many of them are an address.
const LENGTH: usize = 32;

/// The address of a device on this network: the fingerprint of its key without its blanks, so 160 bits of a hash that
/// nobody else can stand behind. It says nothing about where the device is.
#[must_use]
pub fn nearby_address(key: &PublicKey) -> Address {
    let text = key.fingerprint().replace(' ', "");
    Address::new(text).expect("a fingerprint is printable")
}

/// Whether a text has the form of an address that [`nearby_address`] makes.
#[must_use]
pub fn is_nearby_address(text: &str) -> bool {
    text.len() == LENGTH && text.chars().all(|symbol| SYMBOLS.contains(symbol))
}

/// Reads a number address and a port, to listen there.
///
/// # Errors
///
/// [`NearbyError::NotAnAddress`].
pub fn parse_address(text: &str) -> Result<SocketAddr, NearbyError> {
    text.parse().map_err(|_| NearbyError::NotAnAddress(text.to_owned()))
}

/// Whether this has the form `host:port`, which [`Control::lookup`](super::Control::lookup) takes.
#[must_use]
pub fn is_place(text: &str) -> bool {
    host_and_port(text).is_some()
}

/// Takes `host:port` apart; a numeric IPv6 address stands in brackets.
pub(super) fn host_and_port(text: &str) -> Option<(&str, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port != 0)?;
    let bare = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None if host.contains(':') => return None,
        None => host,
    };
    let is_host = |c: char| c.is_alphanumeric() || "-._:%".contains(c);
    ((1..=253).contains(&bare.len()) && bare.chars().all(is_host)).then_some((bare, port))
}

/// The same place in its only spelling: an IPv4 address that comes in through an IPv6 socket is one of IPv4.
pub(super) fn canonical(place: SocketAddr) -> SocketAddr {
    match (place.ip().to_canonical(), place) {
        (IpAddr::V4(ip), _) => SocketAddr::new(ip.into(), place.port()),
        (IpAddr::V6(_), place) => place,
    }
}

/// The same host at another port. A link-local address keeps its scope.
pub(super) fn at_port(mut place: SocketAddr, port: u16) -> SocketAddr {
    place.set_port(port);
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_trust::DeviceKey;

    #[test]
    fn an_address_is_the_fingerprint_of_its_key() {
        let mut seed = [1; 32];
        seed[0] = 2;
        let key = DeviceKey::from_seed(&seed).unwrap().public();
        let address = nearby_address(&key);
        assert_eq!(address.as_str(), key.fingerprint().replace(' ', ""));
        assert!(is_nearby_address(address.as_str()));
        for other in ["", "127.0.0.1:7001", &address.as_str()[1..], &format!("{address}2"), &"l".repeat(32)] {
            assert!(!is_nearby_address(other), "{other}");
        }
    }

    #[test]
    fn places_are_a_host_and_a_port() {
        assert_eq!(host_and_port("127.0.0.1:7001"), Some(("127.0.0.1", 7001)));
        assert_eq!(host_and_port("[fe80::1%eth0]:7001"), Some(("fe80::1%eth0", 7001)));
        assert_eq!(host_and_port("desk.example.org:7001"), Some(("desk.example.org", 7001)));
        for bad in [
            "",
            ":1",
            "host",
            "host:",
            "host:0",
            "host:70000",
            "::1:7001",
            "[::1]7001",
            "a b:1",
            "a@b:1",
            "[::1:7001",
        ] {
            assert_eq!(host_and_port(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_mapped_address_is_the_plain_one() {
        assert_eq!(canonical("[::ffff:192.0.2.1]:5".parse().unwrap()), "192.0.2.1:5".parse().unwrap());
        let scoped: SocketAddr = "[fe80::1%3]:5".parse().unwrap();
        assert_eq!(at_port(canonical(scoped), 6), "[fe80::1%3]:6".parse().unwrap());
    }
}
