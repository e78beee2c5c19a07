//! The four messages.

use super::parameters::{Parameters, Role};
use super::{AuthenticationError, MAX_HANDSHAKE};
use crate::encode::{Domain, Hash, Statement};
use crate::key::{PublicKey, Signature};
use crate::wire::{Object, Writer};

/// Inviter → invitee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct H1 {
    pub(super) parameters: Parameters,
    pub(super) key: PublicKey,
    pub(super) commitment: Hash,
}

/// Invitee → inviter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct H2 {
    pub(super) key: PublicKey,
    pub(super) random: [u8; 32],
    pub(super) h1: Hash,
}

/// Inviter → invitee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct H3 {
    pub(super) random: [u8; 32],
    pub(super) proof: Signature,
}

/// Invitee → inviter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct H4 {
    pub(super) proof: Signature,
}

/// The promise of `random`.
pub(super) fn commitment(parameters: &Parameters, key: &PublicKey, random: &[u8; 32]) -> Hash {
    Statement::new(Domain::Commit)
        .bytes(parameters.statement().as_bytes())
        .bytes(key.as_bytes())
        .bytes(random)
        .hash()
}

/// `th`: everything that was said, the proofs apart, which are signatures over it.
pub(super) fn transcript(h1: &H1, h2: &H2, random: &[u8; 32]) -> Hash {
    let h3 = Statement::new(Domain::H3).bytes(random);
    Statement::new(Domain::Transcript)
        .bytes(h1.statement().as_bytes())
        .bytes(h2.statement().as_bytes())
        .bytes(h3.as_bytes())
        .hash()
}

/// What each side signs to show that it holds the key that it named.
pub(super) fn proof(role: Role, th: &Hash) -> Statement {
    Statement::new(Domain::Proof).text(role.text()).bytes(th)
}

impl H1 {
    pub(super) fn statement(&self) -> Statement {
        Statement::new(Domain::H1)
            .bytes(self.parameters.statement().as_bytes())
            .bytes(self.key.as_bytes())
            .bytes(&self.commitment)
    }

    pub(super) fn to_text(&self) -> String {
        Writer::message("h1")
            .nested("parameters", self.parameters.write())
            .bytes("key", self.key.as_bytes())
            .bytes("commitment", &self.commitment)
            .finish()
    }

    pub(super) fn read(text: &str) -> Result<Self, AuthenticationError> {
        let mut object = Object::message(text, MAX_HANDSHAKE, "h1")?;
        let message = Self {
            parameters: Parameters::read(object.object("parameters")?)?,
            key: PublicKey::from_bytes(&object.bytes("key")?)?,
            commitment: object.bytes("commitment")?,
        };
        object.end()?;
        Ok(message)
    }
}

impl H2 {
    fn statement(&self) -> Statement {
        Statement::new(Domain::H2).bytes(self.key.as_bytes()).bytes(&self.random).bytes(&self.h1)
    }

    pub(super) fn to_text(&self) -> String {
        Writer::message("h2")
            .bytes("key", self.key.as_bytes())
            .bytes("random", &self.random)
            .bytes("h1", &self.h1)
            .finish()
    }

    pub(super) fn read(text: &str) -> Result<Self, AuthenticationError> {
        let mut object = Object::message(text, MAX_HANDSHAKE, "h2")?;
        let message = Self {
            key: PublicKey::from_bytes(&object.bytes("key")?)?,
            random: object.bytes("random")?,
            h1: object.bytes("h1")?,
        };
        object.end()?;
        Ok(message)
    }
}

impl H3 {
    pub(super) fn to_text(&self) -> String {
        Writer::message("h3").bytes("random", &self.random).bytes("proof", self.proof.as_bytes()).finish()
    }

    pub(super) fn read(text: &str) -> Result<Self, AuthenticationError> {
        let mut object = Object::message(text, MAX_HANDSHAKE, "h3")?;
        let message =
            Self { random: object.bytes("random")?, proof: Signature::from_bytes(object.bytes("proof")?) };
        object.end()?;
        Ok(message)
    }
}

impl H4 {
    pub(super) fn to_text(&self) -> String {
        Writer::message("h4").bytes("proof", self.proof.as_bytes()).finish()
    }

    pub(super) fn read(text: &str) -> Result<Self, AuthenticationError> {
        let mut object = Object::message(text, MAX_HANDSHAKE, "h4")?;
        let message = Self { proof: Signature::from_bytes(object.bytes("proof")?) };
        object.end()?;
        Ok(message)
    }
}
