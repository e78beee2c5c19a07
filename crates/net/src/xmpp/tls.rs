//! TLS to a server that must prove to have the account's domain.

use super::config::ConfigError;
use super::trouble::Trouble;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ProtocolVersion, RootCertStore};
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// What this connection can prove about itself to whoever checks a password over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    /// No encryption at all.
    Clear,
    /// Encrypted, without a name that both ends can compute here (TLS 1.2).
    Nameless,
    /// Encrypted, with the name that both ends compute from its keys (RFC 9266).
    Exporter(Vec<u8>),
}

/// Whom to trust, and who the server must be.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Tls {
    /// Trusts the system's authorities and those in `extra`.
    pub(super) fn new(domain: &str, extra: Option<&Path>) -> Result<Self, ConfigError> {
        let name =
            ServerName::try_from(domain.to_owned()).map_err(|_| ConfigError::Domain(domain.to_owned()))?;
        let mut roots = RootCertStore::empty();
        let system = rustls_native_certs::load_native_certs();
        for error in &system.errors {
            tracing::warn!(%error, "Cannot read some of the system's certificate authorities");
        }
        // The system's store has entries that no program can use; those are passed over.
        roots.add_parsable_certificates(system.certs);
        if let Some(path) = extra {
            add(&mut roots, path).map_err(|why| ConfigError::ExtraCa { path: path.to_owned(), why })?;
        }
        // The provider is named, because a process may hold several.
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { connector: Arc::new(config).into(), name })
    }

    /// The handshake alone, with what the library says where it fails.
    pub(super) async fn handshake<S>(&self, stream: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.connector.connect(self.name.clone(), stream).await
    }

    /// The handshake. Fails unless the server proves to have the domain.
    pub(super) async fn connect<S>(&self, stream: S) -> Result<(TlsStream<S>, Channel), Trouble>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let stream =
            self.handshake(stream).await.map_err(|error| Trouble::of_tls(error, &self.name.to_str()))?;
        let (_, session) = stream.get_ref();
        let channel = match session.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => session
                .export_keying_material(vec![0; 32], b"EXPORTER-Channel-Binding", None)
                .map(Channel::Exporter)
                .map_err(|error| Trouble::Tls(error.to_string()))?,
            _ => Channel::Nameless,
        };
        Ok((stream, channel))
    }
}

fn add(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let mut any = false;
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| error.to_string())? {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
        any = true;
    }
    if any { Ok(()) } else { Err("there is none in it".into()) }
}
