//! Sockets in a group, beside others that are in it on this computer.

use rustix::net::{AddressFamily, SocketType, sockopt};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6, UdpSocket};

/// `IFF_MULTICAST`, as the system writes it.
const CAN_MULTICAST: u32 = 0x1000;

/// A question that is sent on an interface that is not made for multicast comes back all the same, and reaches nobody.
pub(crate) fn is_made_for_multicast(name: &str) -> bool {
    let flags = std::fs::read_to_string(format!("/sys/class/net/{name}/flags")).unwrap_or_default();
    let flags = flags.trim().strip_prefix("0x").and_then(|digits| u32::from_str_radix(digits, 16).ok());
    // Where the system does not say it, the question tells.
    flags.is_none_or(|flags| flags & CAN_MULTICAST != 0)
}

/// In this group, by the interface that has this address.
pub(crate) fn joined_4(port: u16, group: Ipv4Addr, interface: Ipv4Addr) -> io::Result<UdpSocket> {
    let socket = shared(AddressFamily::INET)?;
    rustix::net::bind(&socket, &SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port))?;
    socket.join_multicast_v4(&group, &interface)?;
    sockopt::set_ip_multicast_if(&socket, &interface)?;
    socket.set_multicast_loop_v4(true)?;
    Ok(socket)
}

/// In this group, by the interface of this number.
pub(crate) fn joined_6(port: u16, group: Ipv6Addr, interface: u32) -> io::Result<UdpSocket> {
    let socket = shared(AddressFamily::INET6)?;
    sockopt::set_ipv6_v6only(&socket, true)?;
    rustix::net::bind(&socket, &SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, port, 0, 0))?;
    socket.join_multicast_v6(&group, interface)?;
    sockopt::set_ipv6_multicast_if(&socket, interface)?;
    socket.set_multicast_loop_v6(true)?;
    Ok(socket)
}

/// A socket that shares the port with whoever else uses it here.
fn shared(family: AddressFamily) -> io::Result<UdpSocket> {
    let socket = rustix::net::socket(family, SocketType::DGRAM, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    sockopt::set_socket_reuseport(&socket, true)?;
    Ok(socket.into())
}
