//! The handshake of each side, one type a step.

use std::sync::Arc;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::message::{self, H1, H2, H3, H4};
use super::{AuthenticationError, Exchanged, Parameters, Role, Shared};
use crate::key::{DeviceKey, PublicKey};

/// One side of a handshake, from its own view.
#[derive(Clone, Debug)]
pub struct Party {
    /// The session.
    pub parameters: Parameters,
    /// The key of this device.
    pub key: Arc<DeviceKey>,
    /// The key that signed the other side's invitation or answer, if one did. Another one is refused.
    pub expected: Option<PublicKey>,
}

impl Party {
    fn check_peer(&self, key: &PublicKey) -> Result<(), AuthenticationError> {
        if *key == self.key.public() {
            return Err(AuthenticationError::OwnKey);
        }
        match self.expected {
            Some(expected) if expected != *key => Err(AuthenticationError::OtherKey),
            _ => Ok(()),
        }
    }

    /// What stands when both proofs have been made and the other side's was checked.
    fn exchanged(self, role: Role, peer: PublicKey, th: [u8; 32]) -> Exchanged {
        Exchanged::new(Shared {
            contact: self.parameters.contact(role.other()).clone(),
            is_novice: self.parameters.novice == role,
            key: self.key,
            peer,
            role,
            th,
        })
    }
}

/// The inviter, who has sent H1.
#[derive(Debug)]
pub struct Inviter {
    party: Party,
    h1: H1,
    random: Zeroizing<[u8; 32]>,
}

impl Inviter {
    /// Begins: returns the text of H1. `random` is drawn for this handshake and never used again.
    ///
    /// # Errors
    ///
    /// The parameters cannot be.
    pub fn begin(party: Party, random: [u8; 32]) -> Result<(Self, String), AuthenticationError> {
        party.parameters.check()?;
        let key = party.key.public();
        let h1 = H1 {
            commitment: message::commitment(&party.parameters, &key, &random),
            parameters: party.parameters.clone(),
            key,
        };
        let text = h1.to_text();
        Ok((Self { party, h1, random: Zeroizing::new(random) }, text))
    }

    /// Takes H2; returns the text of H3.
    ///
    /// # Errors
    ///
    /// The text is not an answer to H1, or shows a key that cannot be. The handshake is over.
    pub fn receive(self, h2: &str) -> Result<(InviterRevealed, String), AuthenticationError> {
        let h2 = H2::read(h2)?;
        self.party.check_peer(&h2.key)?;
        if !bool::from(h2.h1.ct_eq(&self.h1.statement().hash())) {
            return Err(AuthenticationError::Transcript);
        }
        let th = message::transcript(&self.h1, &h2, &self.random);
        let proof = self.party.key.sign(&message::proof(Role::Inviter, &th));
        let text = H3 { random: *self.random, proof }.to_text();
        Ok((InviterRevealed { party: self.party, peer: h2.key, th }, text))
    }
}

/// The inviter, who has sent H3.
#[derive(Debug)]
pub struct InviterRevealed {
    party: Party,
    peer: PublicKey,
    th: [u8; 32],
}

impl InviterRevealed {
    /// Takes H4.
    ///
    /// # Errors
    ///
    /// The other side does not hold the key that it named, or heard something else. The handshake is over.
    pub fn receive(self, h4: &str) -> Result<Exchanged, AuthenticationError> {
        let h4 = H4::read(h4)?;
        if !self.peer.has_signed(&message::proof(Role::Invitee, &self.th), &h4.proof) {
            return Err(AuthenticationError::Signature);
        }
        Ok(self.party.exchanged(Role::Inviter, self.peer, self.th))
    }
}

/// The invitee, who waits for H1.
#[derive(Debug)]
pub struct Invitee {
    party: Party,
    random: [u8; 32],
}

impl Invitee {
    /// Begins. `random` is drawn for this handshake and never used again.
    ///
    /// # Errors
    ///
    /// The parameters cannot be.
    pub fn begin(party: Party, random: [u8; 32]) -> Result<Self, AuthenticationError> {
        party.parameters.check()?;
        Ok(Self { party, random })
    }

    /// Takes H1; returns the text of H2.
    ///
    /// # Errors
    ///
    /// The other side sees another session than we, or shows a key that cannot be. The handshake is over.
    pub fn receive(self, h1: &str) -> Result<(InviteeAnswered, String), AuthenticationError> {
        let h1 = H1::read(h1)?;
        self.party.check_peer(&h1.key)?;
        if let Some(field) = self.party.parameters.difference(&h1.parameters) {
            return Err(AuthenticationError::Differs(field));
        }
        let h2 = H2 { key: self.party.key.public(), random: self.random, h1: h1.statement().hash() };
        let text = h2.to_text();
        Ok((InviteeAnswered { party: self.party, h1, h2 }, text))
    }
}

/// The invitee, who has sent H2.
#[derive(Debug)]
pub struct InviteeAnswered {
    party: Party,
    h1: H1,
    h2: H2,
}

impl InviteeAnswered {
    /// Takes H3; returns the text of H4.
    ///
    /// # Errors
    ///
    /// The value is not the promised one, or the other side does not hold the key that it named. The handshake is over.
    pub fn receive(self, h3: &str) -> Result<(Exchanged, String), AuthenticationError> {
        let h3 = H3::read(h3)?;
        let promised = message::commitment(&self.h1.parameters, &self.h1.key, &h3.random);
        if !bool::from(promised.ct_eq(&self.h1.commitment)) {
            return Err(AuthenticationError::Commitment);
        }
        let th = message::transcript(&self.h1, &self.h2, &h3.random);
        if !self.h1.key.has_signed(&message::proof(Role::Inviter, &th), &h3.proof) {
            return Err(AuthenticationError::Signature);
        }
        let text = H4 { proof: self.party.key.sign(&message::proof(Role::Invitee, &th)) }.to_text();
        Ok((self.party.exchanged(Role::Invitee, self.h1.key, th), text))
    }
}
