//! The certificate of the novice's end, made before there is anything to connect.

use std::fmt;

use rendezvous_trust::bind::{Media, Setup};
use str0m::config::DtlsCert;

use super::PeerError;

/// A self-signed certificate and its key, for the connections of one session. It does not print the key.
pub struct Certificate {
    stack: DtlsCert,
    fingerprint: [u8; 32],
}

impl Certificate {
    /// Makes one. The key comes from the stack's own source of randomness, which is the system's.
    ///
    /// # Errors
    ///
    /// [`PeerError::Stack`], when the system gives no randomness.
    pub fn generate() -> Result<Self, PeerError> {
        let provider = str0m::crypto::from_feature_flags();
        let stack = provider.dtls_provider.generate_certificate();
        let stack = stack.ok_or(PeerError::Stack("it cannot make a certificate"))?;
        let fingerprint = provider.sha256_provider.sha256(&stack.certificate);
        Ok(Self { stack, fingerprint })
    }

    /// What is signed of it: the page begins the DTLS handshake, this side waits.
    #[must_use]
    pub const fn media(&self) -> Media {
        Media { fingerprint: self.fingerprint, setup: Setup::Passive }
    }

    /// The same where this is the side that offers: either may begin.
    #[must_use]
    pub const fn offered(&self) -> Media {
        Media { fingerprint: self.fingerprint, setup: Setup::ActPass }
    }

    pub(super) fn for_stack(&self) -> DtlsCert {
        DtlsCert { certificate: self.stack.certificate.clone(), private_key: self.stack.private_key.clone() }
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate(…)")
    }
}
