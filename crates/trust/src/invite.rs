//! Invitations and answers, signed with the key of the device that sends them.
//!
//! The fields are plain: what carries an invitation knows how to spell it. A signature covers every field, the key and
//! both contacts; an answer also covers the invitation that it answers.

use std::fmt;
use std::time::Duration;

use crate::contact::Contact;
use crate::encode::{Domain, Hash, Statement};
use crate::handshake::{Role, VERSION};
use crate::key::{DeviceKey, PublicKey, Signature};
use crate::time::UnixTime;

/// How far the clocks of two machines may be apart.
pub const SKEW: Duration = Duration::from_secs(120);

/// How long an invitation can stand, so that whoever remembers the sessions of this time sees every repetition.
pub const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// An invitation, as both sides see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// The versions that the inviter speaks: 1 to 8, ascending, [`VERSION`] among them.
    pub versions: Vec<u16>,
    /// The session's name.
    pub session: [u8; 16],
    /// The application's GUID.
    pub application: [u8; 16],
    /// Its name for a person, at most 256 bytes.
    pub name: String,
    /// Where to get it, at most 256 bytes.
    pub url: String,
    /// Opaque text for the application, at most 512 bytes.
    pub data: String,
    /// When it runs out.
    pub expiry: UnixTime,
    /// Who invites.
    pub inviter: Contact,
    /// Who is invited, in the same network.
    pub invitee: Contact,
    /// Which of them is helped.
    pub novice: Role,
    /// Whether it is of the time before this protocol, and carries no context.
    pub app_invite: bool,
}

/// The answer to an invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accept {
    /// What it answers: [`Invite::hash`].
    pub invite: [u8; 32],
    /// The version that it takes of those that the invitation offers; whether it does, the inviter sees.
    pub version: u16,
    /// Opaque text for the inviter's application, at most 512 bytes.
    pub data: String,
}

/// Whose device signed, as far as the signature says it. It is *verified* only if the pins know the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    key: PublicKey,
    contact: Contact,
}

/// Why an invitation or an answer is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InviteError {
    /// This field has a value that cannot be.
    Field(&'static str),
    /// The invitation ran out.
    Expired,
    /// It runs out later than an invitation can: a wrong clock, there or here.
    TooFarAhead,
    /// The answer is to another invitation.
    OtherInvite,
    /// The key is our own.
    OwnKey,
    /// The signature does not verify.
    Signature,
}

impl Signer {
    /// The key.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Who sent it, as the network says.
    #[must_use]
    pub const fn contact(&self) -> &Contact {
        &self.contact
    }
}

impl Invite {
    /// Signs an invitation to send.
    ///
    /// # Errors
    ///
    /// [`InviteError::Field`].
    pub fn sign(&self, key: &DeviceKey) -> Result<Signature, InviteError> {
        self.check()?;
        Ok(key.sign(&self.statement(&key.public())))
    }

    /// Checks an invitation that came, for the time that it is shown at: `own` is the key of this device.
    ///
    /// # Errors
    ///
    /// Nothing of the invitation is to be shown as verified; one of a contact with pins counts as a changed key.
    pub fn verify(
        &self,
        now: UnixTime,
        own: &PublicKey,
        key: &PublicKey,
        signature: &Signature,
    ) -> Result<Signer, InviteError> {
        self.check()?;
        if key == own {
            return Err(InviteError::OwnKey);
        }
        if !key.has_signed(&self.statement(key), signature) {
            return Err(InviteError::Signature);
        }
        if self.expiry.after(SKEW) <= now {
            return Err(InviteError::Expired);
        }
        if self.expiry > now.after(MAX_LIFETIME + SKEW) {
            return Err(InviteError::TooFarAhead);
        }
        Ok(Signer { key: *key, contact: self.inviter.clone() })
    }

    /// What an answer names it by. `key` is the inviter's.
    #[must_use]
    pub fn hash(&self, key: &PublicKey) -> [u8; 32] {
        self.statement(key).hash()
    }

    fn check(&self) -> Result<(), InviteError> {
        let checks = [
            ("versions", crate::handshake::are_versions(&self.versions)),
            ("name", self.name.len() <= 256),
            ("url", self.url.len() <= 256),
            ("data", self.data.len() <= 512),
            ("invitee", self.inviter.network() == self.invitee.network()),
        ];
        checks.into_iter().find(|(_, ok)| !ok).map_or(Ok(()), |(field, _)| Err(InviteError::Field(field)))
    }

    fn statement(&self, key: &PublicKey) -> Statement {
        Statement::new(Domain::Invite)
            .bytes(key.as_bytes())
            .list(self.versions.iter().copied().map(u64::from))
            .bytes(&self.session)
            .bytes(&self.application)
            .text(&self.name)
            .text(&self.url)
            .text(&self.data)
            .number(self.expiry.0)
            .text(self.inviter.network())
            .text(self.inviter.address())
            .text(self.invitee.address())
            .text(self.novice.text())
            .number(u64::from(self.app_invite))
    }
}

impl Accept {
    /// Signs an answer to send.
    ///
    /// # Errors
    ///
    /// [`InviteError::Field`].
    pub fn sign(&self, key: &DeviceKey) -> Result<Signature, InviteError> {
        self.check()?;
        Ok(key.sign(&self.statement(&key.public())))
    }

    /// Checks an answer that came to the invitation that `own` signed.
    ///
    /// # Errors
    ///
    /// The answer is not one; of a contact with pins, it counts as a changed key.
    pub fn verify(
        &self,
        invite: &Invite,
        own: &PublicKey,
        key: &PublicKey,
        signature: &Signature,
    ) -> Result<Signer, InviteError> {
        self.check()?;
        if key == own {
            return Err(InviteError::OwnKey);
        }
        if self.invite != invite.hash(own) {
            return Err(InviteError::OtherInvite);
        }
        if !key.has_signed(&self.statement(key), signature) {
            return Err(InviteError::Signature);
        }
        Ok(Signer { key: *key, contact: invite.invitee.clone() })
    }

    fn check(&self) -> Result<(), InviteError> {
        if self.data.len() <= 512 { Ok(()) } else { Err(InviteError::Field("data")) }
    }

    fn statement(&self, key: &PublicKey) -> Statement {
        let invite: &Hash = &self.invite;
        Statement::new(Domain::Accept)
            .bytes(key.as_bytes())
            .bytes(invite)
            .number(u64::from(self.version))
            .text(&self.data)
    }
}

impl fmt::Display for InviteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field("versions") => {
                write!(f, "the versions are not 1 to 8 ascending numbers with {VERSION} among them")
            }
            Self::Field(field) => write!(f, "the {field} has a value that cannot be"),
            Self::Expired => f.write_str("the invitation ran out, or a clock is wrong"),
            Self::TooFarAhead => f.write_str("the invitation runs out too late; a clock is wrong"),
            Self::OtherInvite => f.write_str("the answer is to another invitation"),
            Self::OwnKey => f.write_str("it is signed with this device's own key"),
            Self::Signature => f.write_str("the signature does not verify"),
        }
    }
}

impl std::error::Error for InviteError {}
