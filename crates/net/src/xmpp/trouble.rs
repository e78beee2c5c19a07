//! Why we are not signed in, in one sentence each.

use rustls::CertificateError;
use std::io;
use tokio_xmpp::xmlstream::RecvFeaturesError;
use xmpp_parsers::sasl;
use xmpp_parsers::stream_error::{DefinedCondition, ReceivedStreamError};

/// Why we are not signed in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    #[error("Cannot find the server of {domain}: {why}. Check the address and the network connection.")]
    Lookup { domain: String, why: String },
    #[error("Cannot reach the server at {place}: {why}.")]
    Unreachable { place: String, why: String },
    #[error("The server did not answer in time.")]
    NoAnswer,
    #[error(
        "{0} is not on this computer, and only a server on this computer may be spoken to without encryption."
    )]
    NotLoopback(String),
    #[error("The server of {0} offers no encryption, so nothing was sent to it.")]
    NoEncryption(String),
    #[error(
        "The certificate of the server has expired. Check this computer's clock; else the server's administrator must renew it."
    )]
    CertificateExpired,
    #[error("The certificate of the server is not valid yet. Check this computer's clock.")]
    CertificateEarly,
    #[error(
        "The server's certificate is for another name than {0}: this may be somebody else's server. Ask its administrator."
    )]
    CertificateName(String),
    #[error(
        "The server's certificate was issued by an authority that this computer does not know: this may be somebody else's server. If the server is your organisation's own, have its authority's certificate added."
    )]
    CertificateIssuer,
    #[error("The server's certificate cannot be accepted: {0}.")]
    CertificateOther(String),
    #[error("The encrypted connection could not be made: {0}.")]
    Tls(String),
    #[error("The server did not accept the password. Check the address and type the password again.")]
    Password,
    #[error(
        "The server did not accept the password, or not the proof that ties it to this connection. Check the password; if it is right, the server's channel binding does not work, and you can switch it off for this account (channel_binding = false)."
    )]
    PasswordOrBinding,
    #[error("The account is disabled, or its password has expired. Ask the server's administrator.")]
    AccountClosed,
    #[error("The server offers no way to sign in that this program uses; it offers: {0}.")]
    Mechanism(String),
    #[error(
        "The server wants the login tied to the connection in a way that this program does not know. You can switch it off for this account (channel_binding = false)."
    )]
    Binding,
    #[error("The server could not prove that it knows the password: this may be somebody else's server.")]
    Impostor,
    #[error(
        "Another program signed in to this account as the same device, so this one signed out. End one of the two, then sign in again."
    )]
    Conflict,
    #[error("The server takes no further device of this account: {0}.")]
    NoResource(String),
    #[error("The server ended the connection: {0}.")]
    Ended(String),
    #[error("The connection to the server was lost: {0}.")]
    Lost(String),
    #[error("The server said something that is not XMPP: {0}.")]
    Protocol(String),
}

/// What can be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// It may go away by itself.
    Wait,
    /// It needs a person, who may not be the one here: it is looked at again now and then, and nothing secret is sent for
    /// that.
    LookAgain,
    /// It needs the person here: nothing is tried until they change something.
    Person,
}

impl Trouble {
    pub(super) fn remedy(&self) -> Remedy {
        match self {
            Self::Lookup { .. }
            | Self::Unreachable { .. }
            | Self::NoAnswer
            | Self::Tls(_)
            | Self::NoResource(_)
            | Self::Ended(_)
            | Self::Lost(_)
            | Self::Protocol(_) => Remedy::Wait,
            Self::NoEncryption(_)
            | Self::CertificateExpired
            | Self::CertificateEarly
            | Self::CertificateName(_)
            | Self::CertificateIssuer
            | Self::CertificateOther(_) => Remedy::LookAgain,
            Self::NotLoopback(_)
            | Self::Password
            | Self::PasswordOrBinding
            | Self::AccountClosed
            | Self::Mechanism(_)
            | Self::Binding
            | Self::Impostor
            | Self::Conflict => Remedy::Person,
        }
    }

    /// Of a TLS handshake with a server that must be `domain`.
    pub(super) fn of_tls(error: io::Error, domain: &str) -> Self {
        let tls = error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
        match tls {
            Some(rustls::Error::InvalidCertificate(why)) => match why {
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    Self::CertificateExpired
                }
                CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                    Self::CertificateEarly
                }
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    Self::CertificateName(domain.to_owned())
                }
                // An authority of ours in name only.
                CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::CertificateIssuer,
                other => Self::CertificateOther(short(other)),
            },
            Some(other) => Self::Tls(short(other)),
            None => Self::Tls(short(error)),
        }
    }

    /// Of a login that the server refused.
    pub(super) fn of_login(why: &sasl::DefinedCondition, bound: bool) -> Self {
        use sasl::DefinedCondition::*;
        match why {
            AccountDisabled | CredentialsExpired => Self::AccountClosed,
            TemporaryAuthFailure => Self::Ended("it cannot check passwords at the moment".into()),
            EncryptionRequired | MechanismTooWeak | InvalidMechanism => Self::Mechanism("none for us".into()),
            _ if bound => Self::PasswordOrBinding,
            _ => Self::Password,
        }
    }

    pub(super) fn of_stream(ReceivedStreamError(error): &ReceivedStreamError) -> Self {
        let text = || {
            let said = error.texts.values().next().map(short).unwrap_or_default();
            let name = format!("{:?}", error.condition);
            let name: String = name.chars().take_while(|c| c.is_alphanumeric()).collect();
            if said.is_empty() { name } else { format!("{name}, {said}") }
        };
        match error.condition {
            DefinedCondition::Conflict => Self::Conflict,
            DefinedCondition::SystemShutdown => Self::Ended("it is shutting down".into()),
            DefinedCondition::NotAuthorized => Self::AccountClosed,
            _ => Self::Ended(text()),
        }
    }

    pub(super) fn no_resource(why: impl ToString) -> Self {
        Self::NoResource(short(why.to_string()))
    }

    pub(super) fn protocol(why: impl ToString) -> Self {
        Self::Protocol(short(why.to_string()))
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::Other => Self::Protocol(short(error)),
            io::ErrorKind::UnexpectedEof => Self::Lost("it was closed".into()),
            _ => Self::Lost(short(error)),
        }
    }
}

impl From<RecvFeaturesError> for Trouble {
    fn from(error: RecvFeaturesError) -> Self {
        match error {
            RecvFeaturesError::Io(error) => error.into(),
            RecvFeaturesError::StreamError(error) => Self::of_stream(&error),
        }
    }
}

/// What somebody else's program says, fit for a line: short, printable, without a full stop.
pub(super) fn short(text: impl ToString) -> String {
    let text = text.to_string();
    // Nor what changes how the rest of the line reads.
    let is_strange = |c: char| {
        c.is_control()
            || matches!(c, '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
    };
    let clean: String = text.chars().filter(|c| !is_strange(*c)).take(200).collect();
    clean.trim_end_matches('.').to_owned()
}
