//! Who a key belongs to: an address in a network.

use std::fmt;

/// A person, as a network spells them: the network's name and the bare address there. Pins are kept per contact.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Contact {
    network: String,
    address: String,
}

/// Why these are not a network and an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContactError {
    /// A network is 1 to 32 of the letters a to z, digits and dashes.
    Network,
    /// An address is 1 to 255 bytes without blanks and control characters.
    Address,
}

impl Contact {
    /// Checks and takes both.
    ///
    /// # Errors
    ///
    /// [`ContactError`] says which one cannot be.
    pub fn new(network: impl Into<String>, address: impl Into<String>) -> Result<Self, ContactError> {
        let (network, address) = (network.into(), address.into());
        let is_network = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if !(1..=32).contains(&network.len()) || !network.bytes().all(is_network) {
            return Err(ContactError::Network);
        }
        let is_strange = |c: char| c.is_whitespace() || c.is_control();
        if !(1..=255).contains(&address.len()) || address.chars().any(is_strange) {
            return Err(ContactError::Address);
        }
        Ok(Self { network, address })
    }

    /// The network, such as `xmpp`.
    #[must_use]
    pub fn network(&self) -> &str {
        &self.network
    }

    /// The bare address, such as `maria@example.org`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Contact({}:{})", self.network, self.address)
    }
}

impl fmt::Display for ContactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network => "not a network: expected 1 to 32 of a to z, digits and dashes",
            Self::Address => "not an address: expected 1 to 255 printable characters without blanks",
        })
    }
}

impl std::error::Error for ContactError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_a_network_and_an_address() {
        assert!(Contact::new("xmpp", "maria@example.org").is_ok());
        for bad in ["", "XMPP", "a b", &"a".repeat(33)] {
            assert_eq!(Contact::new(bad, "a"), Err(ContactError::Network), "{bad}");
        }
        for bad in ["", "a b", "a\n", &"a".repeat(256)] {
            assert_eq!(Contact::new("xmpp", bad), Err(ContactError::Address), "{bad}");
        }
    }
}
