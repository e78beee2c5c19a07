//! Whether this computer has addresses at which others reach it.

use crate::texts;
use anyhow::{Result, anyhow, bail};
use std::net::{Ipv4Addr, Ipv6Addr, UdpSocket};

pub(super) fn look() -> Result<String> {
    // A computer may have one kind of address only.
    UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))
        .or_else(|_| UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)))
        .map_err(|error| anyhow!(texts::no_socket(&error)))?;
    let addresses: Vec<String> =
        if_addrs::get_if_addrs()?.iter().filter(|i| !i.is_loopback()).map(|i| i.ip().to_string()).collect();
    if addresses.is_empty() {
        bail!(texts::ALONE);
    }
    Ok(addresses.join(", "))
}
