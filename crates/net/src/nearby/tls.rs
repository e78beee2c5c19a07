//! TLS 1.3 in which both ends prove the key of their device.
//!
//! No certificate: each end presents its bare Ed25519 key (RFC 7250) and signs the handshake with it. So there is no
//! name, no date, no extension and no chain that could be believed or misread, and the device key signs nothing but
//! the handshake.

use super::address::nearby_address;
use rendezvous_core::Address;
use rendezvous_trust::{DeviceKey, PublicKey};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, Resumption};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage};
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, DistinguishedName, Error,
    ServerConfig, SignatureAlgorithm, SignatureScheme, WantsVerifier,
};
use std::sync::Arc;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// What is spoken inside (ALPN). A server for anything else has nothing to say to it.
pub(super) const PROTOCOL: &[u8] = b"rendezvous/1";

/// Before its 32 bytes an Ed25519 key has these as `SubjectPublicKeyInfo` (RFC 8410); there is no other spelling.
const PREFIX: [u8; 12] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Both ends of TLS.
#[derive(Clone)]
pub(super) struct Tls {
    provider: Arc<CryptoProvider>,
    own: Arc<CertifiedKey>,
    key: PublicKey,
    acceptor: TlsAcceptor,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tls(of {})", self.key)
    }
}

impl Tls {
    pub(super) fn new(key: Arc<DeviceKey>) -> Result<Self, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let public = key.public();
        let certificate = CertificateDer::from(to_spki(&public));
        let own = Arc::new(CertifiedKey::new(vec![certificate], Arc::new(Signing(key))));
        let verifier = Arc::new(Verifier { provider: provider.clone(), own: public, expected: None });
        let mut server = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(own.clone())));
        server.alpn_protocols = vec![PROTOCOL.to_vec()];
        // A resumed session would prove no key.
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        Ok(Self { provider, own, key: public, acceptor: Arc::new(server).into() })
    }

    pub(super) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }

    /// For one link: to the device with this address, or to whoever is there. Who is not the expected one does not
    /// learn from us who we are.
    pub(super) fn connector(&self, expected: Option<Address>) -> Result<TlsConnector, Error> {
        let verifier = Arc::new(Verifier { provider: self.provider.clone(), own: self.key, expected });
        let builder: ConfigBuilder<ClientConfig, WantsVerifier> =
            ClientConfig::builder_with_provider(self.provider.clone())
                .with_protocol_versions(&[&rustls::version::TLS13])?;
        let mut client = builder
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(self.own.clone())));
        client.alpn_protocols = vec![PROTOCOL.to_vec()];
        client.resumption = Resumption::disabled();
        client.enable_sni = false;
        Ok(Arc::new(client).into())
    }
}

/// The key that the other end of a finished handshake has proved; `None` also when it speaks something else inside.
pub(super) fn proven_key(connection: &rustls::CommonState) -> Option<PublicKey> {
    match connection.peer_certificates() {
        Some([one]) if connection.alpn_protocol() == Some(PROTOCOL) => from_spki(one),
        _ => None,
    }
}

fn to_spki(key: &PublicKey) -> Vec<u8> {
    [&PREFIX[..], key.as_bytes()].concat()
}

/// The key in a `SubjectPublicKeyInfo`: Ed25519, in canonical form, of full order, and nothing before or after it.
fn from_spki(bytes: &[u8]) -> Option<PublicKey> {
    let key: &[u8; 32] = bytes.strip_prefix(&PREFIX)?.try_into().ok()?;
    PublicKey::from_bytes(key).ok()
}

/// Takes a single Ed25519 key that is not our own and, where one is expected, that one. That the other end holds it,
/// rustls checks with the signature over the handshake.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    own: PublicKey,
    expected: Option<Address>,
}

impl Verifier {
    fn check(&self, key: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> Result<(), Error> {
        let refused = |error: CertificateError| Err(Error::InvalidCertificate(error));
        let (true, Some(key)) = (others.is_empty(), from_spki(key)) else {
            return refused(CertificateError::BadEncoding);
        };
        if key == self.own {
            return refused(CertificateError::ApplicationVerificationFailure);
        }
        if self.expected.as_ref().is_some_and(|expected| nearby_address(&key) != *expected) {
            return refused(CertificateError::NotValidForName);
        }
        Ok(())
    }

    fn check_signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = SubjectPublicKeyInfoDer::from(key.as_ref());
        verify_tls13_signature_with_raw_key(
            message,
            &key,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        key: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(key, others).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not offered".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_signature(message, key, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        key: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check(key, others).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not offered".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_signature(message, key, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

/// The device key, as rustls asks for it.
#[derive(Clone, Debug)]
struct Signing(Arc<DeviceKey>);

impl SigningKey for Signing {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered.contains(&SignatureScheme::ED25519).then(|| Box::new(self.clone()) as Box<dyn Signer>)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(to_spki(&self.0.public()).into())
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ED25519
    }
}

impl Signer for Signing {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature = self.0.sign_certificate_verify(message).map_err(|e| Error::General(e.to_string()))?;
        Ok(signature.as_bytes().to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_spelling() {
        let mut seed = [3; 32];
        seed[0] = 4;
        let key = DeviceKey::from_seed(&seed).unwrap().public();
        let good = to_spki(&key);
        assert_eq!(from_spki(&good), Some(key));
        let mut wrong = vec![Vec::new(), good[1..].to_vec(), [&good[..], &[0]].concat(), good[..43].to_vec()];
        for place in 0..PREFIX.len() {
            let mut changed = good.clone();
            changed[place] ^= 1;
            wrong.push(changed);
        }
        wrong.push([&PREFIX[..], &[0; 32]].concat());
        wrong.push([&PREFIX[..], &[0xFF; 32]].concat());
        for bytes in wrong {
            assert_eq!(from_spki(&bytes), None, "{bytes:?}");
        }
    }
}
