//! This computer's end of the connection: which of its addresses may be used, and sockets at them.

use rendezvous_assist::families::Families;
use rendezvous_core::Code;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::UdpSocket;

/// Addresses of this machine that are offered to the page.
const MAX_ADDRESSES: usize = 8;

/// Why there is no way for picture and input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// The configuration allows no kind of address.
    Allowed,
    /// This computer has no address of these kinds that others could reach, or none that a socket can be had at.
    Here(Families),
    /// Only relays may be used, and none serves this side.
    Relay,
    /// This person's side allows no kind of address that is allowed here.
    InCommon(String),
}

impl Lack {
    /// The result that ends the session.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Allowed => Code::NetNotSupported,
            Self::Here(_) | Self::Relay => Code::NetworkConfigFailure,
            Self::InCommon(_) => Code::RemoteNetNotSupported,
        }
    }
}

/// The addresses of this computer that may be used; at least one. Loopback only where there is nothing else at all: then
/// the other person sits at this very computer.
pub(crate) fn addresses(families: Families) -> Result<Vec<IpAddr>, Lack> {
    if families.is_empty() {
        return Err(Lack::Allowed);
    }
    // A computer whose addresses cannot be listed has none that could be offered.
    let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        tracing::warn!(%error, "Cannot list this computer's addresses");
        Vec::new()
    });
    choose(families, interfaces.iter().map(if_addrs::Interface::ip)).ok_or(Lack::Here(families))
}

fn choose(families: Families, all: impl Iterator<Item = IpAddr>) -> Option<Vec<IpAddr>> {
    let (reachable, alone): (Vec<IpAddr>, Vec<IpAddr>) = all.partition(is_reachable);
    let mut usable: Vec<IpAddr> = reachable.iter().copied().filter(|ip| families.include(*ip)).collect();
    if reachable.is_empty() {
        let own = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        usable.extend(own.into_iter().filter(|ip| alone.contains(ip) && families.include(*ip)));
    }
    usable.truncate(MAX_ADDRESSES);
    (!usable.is_empty()).then_some(usable)
}

/// One socket for each address that may be used.
pub(crate) async fn open_sockets(families: Families) -> Result<Vec<Arc<UdpSocket>>, Lack> {
    let mut sockets = Vec::new();
    for address in addresses(families)? {
        match UdpSocket::bind(SocketAddr::new(address, 0)).await {
            Ok(socket) => sockets.push(Arc::new(socket)),
            Err(error) => tracing::info!(%error, "An address of this computer cannot be used"),
        }
    }
    if sockets.is_empty() { Err(Lack::Here(families)) } else { Ok(sockets) }
}

fn is_reachable(address: &IpAddr) -> bool {
    let local_only = match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    !address.is_loopback() && !address.is_unspecified() && !address.is_multicast() && !local_only
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONLY_4: Families = Families { ipv4: true, ipv6: false };
    const ONLY_6: Families = Families { ipv4: false, ipv6: true };

    fn chosen(families: Families, all: &[&str]) -> Option<Vec<String>> {
        let all = all.iter().map(|text| text.parse().expect("an address"));
        choose(families, all).map(|chosen| chosen.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn addresses_of_the_kinds_that_are_allowed_are_used() {
        let all = ["127.0.0.1", "::1", "192.0.2.1", "2001:db8::1", "fe80::1", "169.254.0.1"];
        assert_eq!(chosen(Families::ALL, &all).expect("two"), ["192.0.2.1", "2001:db8::1"]);
        assert_eq!(chosen(ONLY_4, &all).expect("one"), ["192.0.2.1"]);
        assert_eq!(chosen(ONLY_6, &all).expect("one"), ["2001:db8::1"]);
    }

    #[test]
    fn loopback_stands_in_only_where_there_is_nothing_else() {
        let alone = ["127.0.0.1", "::1", "fe80::1"];
        assert_eq!(chosen(Families::ALL, &alone).expect("both"), ["127.0.0.1", "::1"]);
        assert_eq!(chosen(ONLY_6, &alone).expect("one"), ["::1"]);
        assert_eq!(chosen(ONLY_6, &["127.0.0.1"]), None);
        assert_eq!(chosen(ONLY_6, &["127.0.0.1", "::1", "192.0.2.1"]), None, "others are at 192.0.2.1");
        assert_eq!(chosen(Families::ALL, &[]), None);
    }
}
