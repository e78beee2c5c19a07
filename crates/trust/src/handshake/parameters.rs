//! What both sides know about the session before the handshake, each from its own view.

use std::fmt;

use super::VERSION;
use crate::contact::Contact;
use crate::encode::{Domain, Statement};
use crate::time::UnixTime;
use crate::wire::{Object, WireError, Writer};

/// A side of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Sent the invitation.
    Inviter,
    /// Received it.
    Invitee,
}

impl Role {
    /// The other side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Inviter => Self::Invitee,
            Self::Invitee => Self::Inviter,
        }
    }

    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Inviter => "inviter",
            Self::Invitee => "invitee",
        }
    }
}

/// `P` of the design: the session as one side sees it. Both sides must see the same, or the handshake fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// The versions that the invitation offered: 1 to 8, ascending, [`VERSION`] among them. Nobody can take the better
    /// ones away on the wire without being noticed.
    pub versions: Vec<u16>,
    /// The application's GUID.
    pub application: [u8; 16],
    /// The session's name.
    pub session: [u8; 16],
    /// When the invitation ran out, if the program that brings the session says so. Both sides must know it, or neither.
    pub expiry: Option<UnixTime>,
    /// Who invited.
    pub inviter: Contact,
    /// Who was invited, in the same network.
    pub invitee: Contact,
    /// Which of them is helped.
    pub novice: Role,
}

/// Why these are no parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParameterError {
    /// The versions are not 1 to 8 ascending numbers with [`VERSION`] among them.
    Versions,
    /// The two contacts are of different networks.
    Networks,
}

impl Parameters {
    /// The contact on that side.
    #[must_use]
    pub const fn contact(&self, role: Role) -> &Contact {
        match role {
            Role::Inviter => &self.inviter,
            Role::Invitee => &self.invitee,
        }
    }

    /// Checks what the types cannot.
    ///
    /// # Errors
    ///
    /// [`ParameterError`] says what cannot be.
    pub fn check(&self) -> Result<(), ParameterError> {
        if !are_versions(&self.versions) {
            return Err(ParameterError::Versions);
        }
        if self.inviter.network() != self.invitee.network() {
            return Err(ParameterError::Networks);
        }
        Ok(())
    }

    /// The first part that the other side sees differently.
    pub(super) fn difference(&self, other: &Self) -> Option<&'static str> {
        let Self { versions, application, session, expiry, inviter, invitee, novice } = self;
        [
            ("versions", *versions != other.versions),
            ("application", *application != other.application),
            ("session", *session != other.session),
            ("expiry", *expiry != other.expiry),
            ("inviter", *inviter != other.inviter),
            ("invitee", *invitee != other.invitee),
            ("novice", *novice != other.novice),
        ]
        .into_iter()
        .find_map(|(name, differs)| differs.then_some(name))
    }

    pub(super) fn statement(&self) -> Statement {
        Statement::new(Domain::Parameters)
            .list(self.versions.iter().copied().map(u64::from))
            .bytes(&self.application)
            .bytes(&self.session)
            .optional(self.expiry.map(|time| time.0))
            .text(self.inviter.network())
            .text(self.inviter.address())
            .text(self.invitee.address())
            .text(self.novice.text())
    }

    pub(super) fn write(&self) -> Writer {
        Writer::object()
            .list("versions", self.versions.iter().map(ToString::to_string))
            .bytes("application", &self.application)
            .bytes("session", &self.session)
            .optional_number("expiry", self.expiry.map(|time| time.0))
            .text("network", self.inviter.network())
            .text("inviter", self.inviter.address())
            .text("invitee", self.invitee.address())
            .text("novice", self.novice.text())
    }

    pub(super) fn read(mut object: Object) -> Result<Self, WireError> {
        let network = object.text("network")?;
        let mut contact = |name| {
            let address = object.text(name)?;
            Contact::new(network.clone(), address).map_err(|_| WireError::Value(name))
        };
        let (inviter, invitee) = (contact("inviter")?, contact("invitee")?);
        let versions: Option<Vec<u16>> =
            object.numbers("versions")?.into_iter().map(|version| version.try_into().ok()).collect();
        let parameters = Self {
            versions: versions.filter(|list| are_versions(list)).ok_or(WireError::Value("versions"))?,
            application: object.bytes("application")?,
            session: object.bytes("session")?,
            expiry: object.optional_number("expiry")?.map(UnixTime),
            inviter,
            invitee,
            novice: match object.text("novice")?.as_str() {
                "inviter" => Role::Inviter,
                "invitee" => Role::Invitee,
                _ => return Err(WireError::Value("novice")),
            },
        };
        object.end()?;
        Ok(parameters)
    }
}

pub(crate) fn are_versions(versions: &[u16]) -> bool {
    (1..=8).contains(&versions.len())
        && versions.contains(&VERSION)
        && versions.windows(2).all(|pair| pair[0] < pair[1])
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Versions => {
                write!(
                    f,
                    "the versions of an invitation are 1 to 8 ascending numbers with {VERSION} among them"
                )
            }
            Self::Networks => f.write_str("the two contacts are of different networks"),
        }
    }
}

impl std::error::Error for ParameterError {}
