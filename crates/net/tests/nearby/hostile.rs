//! Somebody who does not keep to the rules: TLS with whatever key or certificate, frames by hand.

use rendezvous_trust::DeviceKey;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, ResolvesClientCert};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{AlwaysResolvesServerRawPublicKeys, ResolvesServerCert};
use rustls::sign::{CertifiedKey, Signer, SigningKey, SingleCertAndKey};
use rustls::{
    ClientConfig, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureAlgorithm,
    SignatureScheme,
};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

/// What somebody shows in TLS.
#[derive(Clone)]
pub(crate) struct Shown {
    /// `None` shows nothing.
    certified: Option<Arc<CertifiedKey>>,
    /// Says that what it shows is a bare key.
    raw: bool,
    /// What it wants to speak inside.
    protocol: Option<&'static [u8]>,
}

impl Shown {
    fn new(certificates: Vec<Vec<u8>>, key: Arc<dyn SigningKey>, raw: bool) -> Self {
        let chain = certificates.into_iter().map(CertificateDer::from).collect();
        let certified = Some(Arc::new(CertifiedKey::new(chain, key)));
        Self { certified, raw, protocol: Some(b"rendezvous/1") }
    }

    /// As it should be.
    pub(crate) fn key(key: &Arc<DeviceKey>) -> Self {
        Self::new(vec![spki(key)], Arc::new(Signing(key.clone())), true)
    }

    /// One key is shown, another one signs.
    pub(crate) fn of_another(shown: &DeviceKey, signs: &Arc<DeviceKey>) -> Self {
        Self::new(vec![spki(shown)], Arc::new(Signing(signs.clone())), true)
    }

    /// A second key behind the first.
    pub(crate) fn two_keys(key: &Arc<DeviceKey>, other: &DeviceKey) -> Self {
        Self::new(vec![spki(key), spki(other)], Arc::new(Signing(key.clone())), true)
    }

    /// Bytes in place of the key.
    pub(crate) fn bytes(bytes: Vec<u8>, key: &Arc<DeviceKey>) -> Self {
        Self::new(vec![bytes], Arc::new(Signing(key.clone())), true)
    }

    /// An ordinary certificate, said to be one or said to be a bare key.
    pub(crate) fn certificate(algorithm: &'static rcgen::SignatureAlgorithm, raw: bool) -> Self {
        let pair = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let parameters = rcgen::CertificateParams::new(vec!["rendezvous.invalid".to_owned()]).unwrap();
        let certificate = parameters.self_signed(&pair).unwrap();
        let key = PrivateKeyDer::try_from(pair.serialize_der()).unwrap();
        let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).unwrap();
        Self::new(vec![certificate.der().to_vec()], key, raw)
    }

    pub(crate) fn nothing() -> Self {
        Self { certified: None, raw: true, protocol: Some(b"rendezvous/1") }
    }

    pub(crate) fn speaking(self, protocol: Option<&'static [u8]>) -> Self {
        Self { protocol, ..self }
    }

    /// Dials, without a look at who answers.
    pub(crate) async fn dials(&self, place: SocketAddr) -> std::io::Result<client::TlsStream<TcpStream>> {
        self.dials_in(TcpStream::connect(place).await?).await
    }

    /// The same, in a stream that is there already.
    pub(crate) async fn dials_in(&self, stream: TcpStream) -> std::io::Result<client::TlsStream<TcpStream>> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone));
        let mut config = match &self.certified {
            None => builder.with_no_client_auth(),
            Some(own) => {
                let resolver: Arc<dyn ResolvesClientCert> = match self.raw {
                    true => Arc::new(AlwaysResolvesClientRawPublicKeys::new(own.clone())),
                    false => Arc::new(SingleCertAndKey::from(CertifiedKey::clone(own))),
                };
                builder.with_client_cert_resolver(resolver)
            }
        };
        config.alpn_protocols = self.protocol.into_iter().map(<[u8]>::to_vec).collect();
        let name = ServerName::IpAddress(stream.peer_addr()?.ip().into());
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    /// Answers, without a look at who dials.
    pub(crate) async fn answers(&self, stream: TcpStream) -> std::io::Result<server::TlsStream<TcpStream>> {
        let own = self.certified.clone().expect("a server shows something");
        let resolver: Arc<dyn ResolvesServerCert> = match self.raw {
            true => Arc::new(AlwaysResolvesServerRawPublicKeys::new(own)),
            false => Arc::new(SingleCertAndKey::from(CertifiedKey::clone(&own))),
        };
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_client_cert_verifier(Arc::new(Anyone))
            .with_cert_resolver(resolver);
        config.alpn_protocols = self.protocol.into_iter().map(<[u8]>::to_vec).collect();
        TlsAcceptor::from(Arc::new(config)).accept(stream).await
    }
}

/// Greets, and returns whether the other side greets back: then it has opened a link.
pub(crate) async fn greets(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), instance: char) -> bool {
    greets_from(stream, instance, 9).await
}

/// The same, by somebody who listens at this port.
pub(crate) async fn greets_from(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    instance: char,
    port: u16,
) -> bool {
    let instance = String::from(instance).repeat(32);
    let hello = format!(r#"{{"frame":"hello","version":1,"port":{port},"instance":"{instance}"}}"#);
    write(stream, &hello).await.is_ok()
        && matches!(read(stream).await, Ok(frame) if frame.contains(r#""frame":"hello""#))
}

pub(crate) async fn write(stream: &mut (impl AsyncWrite + Unpin), frame: &str) -> std::io::Result<()> {
    stream.write_u32(u32::try_from(frame.len()).unwrap()).await?;
    stream.write_all(frame.as_bytes()).await?;
    stream.flush().await
}

pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<String> {
    let read = async {
        let length = stream.read_u32().await?;
        let mut bytes = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut bytes).await?;
        Ok(String::from_utf8(bytes).unwrap())
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("an answer or the end")
}

pub(crate) fn spki(key: &DeviceKey) -> Vec<u8> {
    let prefix = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00];
    [&prefix[..], key.public().as_bytes()].concat()
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

#[derive(Clone, Debug)]
struct Signing(Arc<DeviceKey>);

impl SigningKey for Signing {
    fn choose_scheme(&self, _: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        Some(Box::new(self.clone()))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ED25519
    }
}

impl Signer for Signing {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.0.sign_certificate_verify(message).unwrap().as_bytes().to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

/// Takes whatever the other side shows.
#[derive(Debug)]
struct Anyone;

fn every_scheme() -> Vec<SignatureScheme> {
    provider().signature_verification_algorithms.supported_schemes()
}

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        every_scheme()
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

impl ClientCertVerifier for Anyone {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        every_scheme()
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}
