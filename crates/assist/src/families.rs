//! Kinds of addresses, and which of them the picture and the input may travel between.

use std::fmt;
use std::net::IpAddr;

/// The kinds of addresses that one side allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Families {
    /// Addresses as in `192.0.2.1`.
    pub ipv4: bool,
    /// Addresses as in `2001:db8::1`.
    pub ipv6: bool,
}

impl Families {
    /// Every kind.
    pub const ALL: Self = Self { ipv4: true, ipv6: true };
    /// None.
    pub const NONE: Self = Self { ipv4: false, ipv6: false };

    /// Whether no kind is allowed.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// Whether this address may be used. One of IPv4 that is written as one of IPv6 counts as what it is.
    #[must_use]
    pub fn include(self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(_) => self.ipv4,
            IpAddr::V6(_) => self.ipv6,
        }
    }
}

impl Default for Families {
    fn default() -> Self {
        Self::ALL
    }
}

/// As a person reads it.
impl fmt::Display for Families {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.ipv4, self.ipv6) {
            (true, true) => "IPv4 or IPv6",
            (true, false) => "IPv4",
            (false, true) => "IPv6",
            (false, false) => "no kind",
        })
    }
}
