//! Names: of a session, of an application, of a contact.

use alloc::sync::Arc;
use core::fmt;
use core::str::FromStr;

/// Why a text is not a name of the wanted kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdError {
    /// Not a GUID: 32 hexadecimal digits, with or without dashes at 8-4-4-4-12 and braces, at most 39 characters.
    NotAGuid,
    /// An address is 1 to 255 bytes of printable characters without blanks.
    NotAnAddress,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAGuid => "not a GUID: expected the form {8-4-4-4-12 hexadecimal digits}",
            Self::NotAnAddress => "not an address: expected 1 to 255 printable characters without blanks",
        })
    }
}

impl core::error::Error for IdError {}

/// The name of one session: 128 random bits that the inviter draws, never used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub [u8; 16]);

impl SessionId {
    /// No session: the name under which two devices tell each other that they are there ([`Body::Alive`](crate::Body)).
    pub const NIL: Self = Self([0; 16]);
}

/// The name of an application: a GUID, the same on every machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApplicationId(pub [u8; 16]);

impl ApplicationId {
    /// *Ask for Remote Assistance*: the inviter is the novice (reference 2.1).
    pub const ASK: Self = Self(*b"\x56\xb9\x94\xa7\x38\x0f\x41\x0b\x99\x85\xc8\x09\xd7\x8c\x1b\xdc");
    /// *Offer Remote Assistance*: the inviter is the expert (reference 2.1).
    pub const OFFER: Self = Self(*b"\x70\x3e\xa1\xa8\xd7\x3e\x43\xe3\x85\x2c\xee\x85\xb5\xd8\x72\xc2");
    /// *Share a terminal*: the inviter's terminal is looked at. Ours.
    pub const SHARE_TERMINAL: Self =
        Self(*b"\xd2\xed\x5e\xf0\x22\xd1\x4b\x79\x98\x6b\xfb\x13\xce\x9b\xd4\x48");
    /// *Look at a terminal*: the invitee's is. Ours.
    pub const VIEW_TERMINAL: Self =
        Self(*b"\x87\x24\xa5\x94\x50\x17\x44\xb9\x9c\x5a\x3e\x48\x35\xa4\x49\x78");
}

impl ApplicationId {
    /// Whether invitations to these two between the same people cross: for the same application, or when one asks for
    /// what the other offers.
    #[must_use]
    pub fn crosses(self, other: Self) -> bool {
        let halves = [[Self::ASK, Self::OFFER], [Self::SHARE_TERMINAL, Self::VIEW_TERMINAL]];
        self == other || halves.iter().any(|both| both.contains(&self) && both.contains(&other))
    }
}

/// A contact, or ourselves, as the network spells it: bare JID, SIP address, `host:port`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(Arc<str>);

impl Address {
    /// Checks and takes an address: 1 to 255 bytes, printable, no blanks.
    pub fn new(text: impl Into<Arc<str>>) -> Result<Self, IdError> {
        let text = text.into();
        let ok =
            (1..=255).contains(&text.len()) && !text.chars().any(|c| c.is_whitespace() || c.is_control());
        if ok { Ok(Self(text)) } else { Err(IdError::NotAnAddress) }
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.0)
    }
}

impl FromStr for Address {
    type Err = IdError;
    fn from_str(s: &str) -> Result<Self, IdError> {
        Self::new(s)
    }
}

/// One device of a contact. Its name is stable per device: the resource of a JID, the instance of a SIP contact. Cheap
/// to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// Whose device it is.
    pub contact: Address,
    /// Which of their devices, at most 255 bytes; empty on a network that knows only one.
    pub device: Arc<str>,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.device.is_empty() {
            write!(f, "{}", self.contact)
        } else {
            write!(f, "{}/{}", self.contact, self.device)
        }
    }
}

/// Session and application names read and write the same way: `{8-4-4-4-12}`, upper case, in braces.
macro_rules! guid {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_guid(&self.0, f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_guid(&self.0, f)
            }
        }
        impl FromStr for $name {
            type Err = IdError;
            fn from_str(s: &str) -> Result<Self, IdError> {
                parse_guid(s).map(Self)
            }
        }
    };
}
guid!(SessionId);
guid!(ApplicationId);

fn write_guid(bytes: &[u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("{")?;
    for (i, byte) in bytes.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            f.write_str("-")?;
        }
        write!(f, "{byte:02X}")?;
    }
    f.write_str("}")
}

fn parse_guid(s: &str) -> Result<[u8; 16], IdError> {
    let inner = match (s.strip_prefix('{'), s.ends_with('}')) {
        (Some(rest), true) => &rest[..rest.len() - 1],
        (None, false) => s,
        _ => return Err(IdError::NotAGuid),
    };
    let dashed = inner.len() == 36;
    if !dashed && inner.len() != 32 {
        return Err(IdError::NotAGuid);
    }
    let mut bytes = [0u8; 16];
    let mut digits = 0;
    for (i, c) in inner.bytes().enumerate() {
        if dashed && matches!(i, 8 | 13 | 18 | 23) {
            if c != b'-' {
                return Err(IdError::NotAGuid);
            }
            continue;
        }
        let value = char::from(c).to_digit(16).and_then(|v| u8::try_from(v).ok()).ok_or(IdError::NotAGuid)?;
        let byte = bytes.get_mut(digits / 2).ok_or(IdError::NotAGuid)?;
        *byte = *byte << 4 | value;
        digits += 1;
    }
    if digits == 32 { Ok(bytes) } else { Err(IdError::NotAGuid) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn the_published_names_read_as_printed() {
        assert_eq!(ApplicationId::ASK.to_string(), "{56B994A7-380F-410B-9985-C809D78C1BDC}");
        assert_eq!("{703EA1A8-D73E-43e3-852C-EE85B5D872C2}".parse(), Ok(ApplicationId::OFFER));
        assert_eq!("703EA1A8D73E43e3852CEE85B5D872C2".parse(), Ok(ApplicationId::OFFER));
    }

    #[test]
    fn other_texts_are_refused() {
        for bad in [
            "",
            "{}",
            "{703EA1A8-D73E-43e3-852C-EE85B5D872C2",
            "703EA1A8-D73E-43e3-852C-EE85B5D872C",
            "é".repeat(16).as_str(),
            "7-03EA1A8D73E-43e3-852C-EE85B5D872C2",
            "{703EA1A8-D73E-43e3-852C-EE85B5D872C2}x",
        ] {
            assert_eq!(bad.parse::<SessionId>(), Err(IdError::NotAGuid), "{bad}");
        }
        for bad in ["", "a b", "a\n", &"x".repeat(256)] {
            assert_eq!(Address::new(bad), Err(IdError::NotAnAddress));
        }
    }
}
