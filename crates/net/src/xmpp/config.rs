//! Which account, and how to reach its server.

use super::tls;
use jid::{BareJid, FullJid};
use rendezvous_core::Address;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// An account and how to sign in to it.
#[derive(Clone)]
pub struct Config {
    /// The account: a bare JID, as in `juliet@example.org`.
    pub jid: String,
    /// Its password. Wiped from memory when dropped.
    pub password: Zeroizing<String>,
    /// Where the server is, when its domain's records do not say: host and port. Its certificate must still be for the
    /// account's domain.
    pub server: Option<(String, u16)>,
    /// Which DNS server knows where the account's domain has its servers; else those of the system are asked.
    pub dns: Option<SocketAddr>,
    /// How the connection is encrypted.
    pub security: Security,
    /// Whether the login is tied to the encrypted connection (SCRAM-…-PLUS) on servers that offer it. A server that offers
    /// it and gets it wrong, as ejabberd before 23.04 does with TLS 1.3, refuses the right password: then, and only by the person's own
    /// choice, this is false.
    pub channel_binding: bool,
    /// Whether the password itself may be sent, encrypted, to a server that offers no better way to prove it.
    pub plain_password: bool,
    /// Certificates (PEM) of authorities to trust besides those of the system.
    pub extra_ca: Option<PathBuf>,
    /// The name of this device in the account, the same at every start and different from that of any other device.
    pub resource: String,
}

/// How a connection is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Security {
    /// Either of the two below, as the domain's records say; with an explicit server, TLS from the start on the ports 443
    /// and 5223, StartTLS on all others.
    #[default]
    Automatic,
    /// The connection begins in the clear and is encrypted before anything is said (RFC 6120, 5).
    StartTls,
    /// TLS from the first byte (XEP-0368).
    DirectTls,
    /// None. Only to a server on this machine; for tests.
    LoopbackOnly,
}

/// Why a configuration cannot be used. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The account is not a JID with a name and a domain.
    #[error("\"{0}\" is not an XMPP address; expected a name and a domain, as in juliet@example.org")]
    Jid(String),
    /// The device's name cannot be a resource.
    #[error("\"{0}\" cannot name a device; expected 1 to 255 printable characters")]
    Resource(String),
    /// The extra authorities cannot be read.
    #[error("cannot read the certificates in {path}: {why}")]
    ExtraCa {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The domain cannot be in a certificate.
    #[error("\"{0}\" is not a domain name that a server can prove to have")]
    Domain(String),
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            jid,
            password: _,
            server,
            dns,
            security,
            channel_binding,
            plain_password,
            extra_ca,
            resource,
        } = self;
        f.debug_struct("Config")
            .field("jid", jid)
            .field("server", server)
            .field("dns", dns)
            .field("security", security)
            .field("channel_binding", channel_binding)
            .field("plain_password", plain_password)
            .field("extra_ca", extra_ca)
            .field("resource", resource)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// An account with everything else as most servers want it.
    #[must_use]
    pub fn new(jid: impl Into<String>, password: Zeroizing<String>, resource: impl Into<String>) -> Self {
        Self {
            jid: jid.into(),
            password,
            server: None,
            dns: None,
            security: Security::default(),
            channel_binding: true,
            plain_password: false,
            extra_ca: None,
            resource: resource.into(),
        }
    }
}

/// Who signs in.
#[derive(Clone)]
pub(super) enum Login {
    /// The owner of an account.
    Password(Zeroizing<String>),
    /// Nobody in particular, for the time of one connection.
    Anonymous,
}

/// A configuration that was checked.
#[derive(Clone)]
pub(super) struct Target {
    /// The account; of an anonymous one only the domain is known.
    pub(super) account: BareJid,
    pub(super) login: Login,
    /// The domain as it stands in records and certificates.
    pub(super) domain: String,
    pub(super) resource: String,
    pub(super) server: Option<(String, u16)>,
    pub(super) dns: Option<SocketAddr>,
    pub(super) security: Security,
    pub(super) channel_binding: bool,
    pub(super) plain_password: bool,
    pub(super) tls: tls::Tls,
}

impl Target {
    pub(super) fn new(config: Config) -> Result<Self, ConfigError> {
        let bad = || ConfigError::Jid(config.jid.clone());
        let account = BareJid::new(&config.jid).map_err(|_| bad())?;
        if account.node().is_none() || Address::new(account.as_str()).is_err() {
            return Err(bad());
        }
        Self::with_login(account, Login::Password(config.password.clone()), config)
    }

    /// A guest of a domain that lets everybody in; the account's name is not used.
    pub(super) fn guest(domain: &str, config: Config) -> Result<Self, ConfigError> {
        let account = BareJid::new(domain).map_err(|_| ConfigError::Jid(domain.to_owned()))?;
        if account.node().is_some() {
            return Err(ConfigError::Jid(domain.to_owned()));
        }
        Self::with_login(account, Login::Anonymous, config)
    }

    fn with_login(account: BareJid, login: Login, config: Config) -> Result<Self, ConfigError> {
        let resource = account.with_resource_str(&config.resource);
        let resource = resource.as_ref().map(FullJid::resource).map(|r| r.as_str().to_owned());
        let resource = resource.ok().filter(|r| r.len() <= 255);
        let resource = resource.ok_or_else(|| ConfigError::Resource(config.resource.clone()))?;
        let domain = account.domain().as_str();
        let domain = idna::domain_to_ascii(domain).map_err(|_| ConfigError::Domain(domain.to_owned()))?;
        let tls = tls::Tls::new(&domain, config.extra_ca.as_deref())?;
        Ok(Self {
            account,
            login,
            domain,
            resource,
            server: config.server,
            dns: config.dns,
            security: config.security,
            channel_binding: config.channel_binding,
            plain_password: config.plain_password,
            tls,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(jid: &str, resource: &str) -> Config {
        Config::new(jid, Zeroizing::new("secret".into()), resource)
    }

    #[test]
    fn an_account_has_a_name_and_a_domain() {
        for bad in ["", "example.org", "@example.org", "a b@example.org", "juliet@"] {
            let error = Target::new(config(bad, "x")).err();
            assert_eq!(error, Some(ConfigError::Jid(bad.into())), "{bad}");
        }
        let target = Target::new(config("Juliet@Bücher.example", "x")).expect("an account");
        assert_eq!(target.account.as_str(), "juliet@bücher.example");
        assert_eq!(target.domain, "xn--bcher-kva.example");
    }

    #[test]
    fn a_device_has_a_name() {
        for bad in ["", "\u{0}", &"x".repeat(256)] {
            let error = Target::new(config("juliet@example.org", bad)).err();
            assert_eq!(error, Some(ConfigError::Resource(bad.into())), "{bad}");
        }
    }

    #[test]
    fn extra_authorities_must_be_readable() {
        for path in ["/nowhere/ca.pem", "/dev/null"] {
            let config = Config { extra_ca: Some(path.into()), ..config("juliet@example.org", "x") };
            assert!(matches!(Target::new(config), Err(ConfigError::ExtraCa { .. })), "{path}");
        }
    }

    #[test]
    fn the_password_is_not_shown() {
        assert!(!format!("{:?}", config("juliet@example.org", "x")).contains("secret"));
    }
}
