//! The one encoding of everything that is signed, hashed or confirmed.
//!
//! A statement is a domain and a fixed sequence of fields. Each, the domain too, is written as its length in bytes
//! (32 bits, big endian) and its bytes, so that no two statements share an encoding: fields cannot run into each
//! other, and what was signed for one purpose says nothing for another. Numbers are 64 bits, big endian. A list is
//! its count and its items.

use sha2::{Digest as _, Sha256};

/// What a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Domain {
    /// What both sides know before the handshake.
    Parameters,
    /// The inviter's promise of a random value.
    Commit,
    /// The first message of the handshake.
    H1,
    /// The second.
    H2,
    /// The third.
    H3,
    /// All three.
    Transcript,
    /// Who signs holds the key that the handshake named.
    Proof,
    /// The words that people compare.
    Words,
    /// The certificates of a connection.
    Bind,
    /// A message between the applications.
    Context,
    /// An invitation.
    Invite,
    /// The answer to one.
    Accept,
    /// A device speaks for a new one of the same person.
    Endorse,
    /// A side of a one-time code.
    CodeSide,
    /// The key that confirms a one-time code in one direction.
    CodeKey,
    /// What is confirmed with it.
    CodeConfirm,
    /// A key, as people see it.
    Fingerprint,
    /// An entry of the record of a session.
    Record,
}

impl Domain {
    const fn text(self) -> &'static str {
        match self {
            Self::Parameters => "rv1 parameters",
            Self::Commit => "rv1 commit",
            Self::H1 => "rv1 h1",
            Self::H2 => "rv1 h2",
            Self::H3 => "rv1 h3",
            Self::Transcript => "rv1 th",
            Self::Proof => "rv1 proof",
            Self::Words => "rv1 sas",
            Self::Bind => "rv1 bind",
            Self::Context => "rv1 ctx",
            Self::Invite => "rv1 invite",
            Self::Accept => "rv1 accept",
            Self::Endorse => "rv1 endorse",
            Self::CodeSide => "rv1 code side",
            Self::CodeKey => "rv1 code key",
            Self::CodeConfirm => "rv1 code confirm",
            Self::Fingerprint => "rv1 fingerprint",
            Self::Record => "rv1 record",
        }
    }
}

/// A SHA-256 of a statement.
pub(crate) type Hash = [u8; 32];

/// A statement while it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement(Vec<u8>);

impl Statement {
    pub(crate) fn new(domain: Domain) -> Self {
        Self(Vec::new()).text(domain.text())
    }

    #[must_use]
    pub(crate) fn bytes(mut self, field: &[u8]) -> Self {
        let length = u32::try_from(field.len()).expect("every field was bounded far below 4 GiB");
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(field);
        self
    }

    #[must_use]
    pub(crate) fn text(self, field: &str) -> Self {
        self.bytes(field.as_bytes())
    }

    #[must_use]
    pub(crate) fn number(self, field: u64) -> Self {
        self.bytes(&field.to_be_bytes())
    }

    /// A number that may be missing: a list of none or one.
    #[must_use]
    pub(crate) fn optional(self, field: Option<u64>) -> Self {
        self.list(field)
    }

    #[must_use]
    pub(crate) fn list(self, items: impl IntoIterator<Item = u64>) -> Self {
        let items: Vec<u64> = items.into_iter().collect();
        let start = self.number(items.len() as u64);
        items.into_iter().fold(start, Self::number)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn hash(&self) -> Hash {
        Sha256::digest(&self.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DOMAINS: [Domain; 18] = [
        Domain::Parameters,
        Domain::Commit,
        Domain::H1,
        Domain::H2,
        Domain::H3,
        Domain::Transcript,
        Domain::Proof,
        Domain::Words,
        Domain::Bind,
        Domain::Context,
        Domain::Invite,
        Domain::Accept,
        Domain::Endorse,
        Domain::CodeSide,
        Domain::CodeKey,
        Domain::CodeConfirm,
        Domain::Fingerprint,
        Domain::Record,
    ];

    #[test]
    fn domains_differ() {
        for (i, one) in DOMAINS.iter().enumerate() {
            assert_eq!(DOMAINS[..i].iter().find(|other| other.text() == one.text()), None);
        }
    }

    #[test]
    fn the_encoding_is_the_documented_one() {
        let statement = Statement::new(Domain::H1).text("ab").optional(None).optional(Some(258));
        let expected = b"\0\0\0\x06rv1 h1\0\0\0\x02ab\
            \0\0\0\x08\0\0\0\0\0\0\0\0\
            \0\0\0\x08\0\0\0\0\0\0\0\x01\0\0\0\x08\0\0\0\0\0\0\x01\x02";
        assert_eq!(statement.as_bytes(), expected);
    }

    fn decode(mut bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut fields = Vec::new();
        while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
            let (field, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
            fields.push(field.to_vec());
            bytes = rest;
        }
        fields
    }

    proptest! {
        #[test]
        fn fields_come_apart_again(fields in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8)) {
            let statement =
                fields.iter().fold(Statement::new(Domain::Bind), |statement, field| statement.bytes(field));
            let decoded = decode(statement.as_bytes());
            prop_assert_eq!(&decoded[0], b"rv1 bind");
            prop_assert_eq!(&decoded[1..], &fields[..]);
        }
    }
}
