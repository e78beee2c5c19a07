//! Why we are not signed in, in one sentence each.

use rustls::CertificateError;
use std::fmt;
use std::io;
use tokio_xmpp::xmlstream::RecvFeaturesError;
use xmpp_parsers::sasl;
use xmpp_parsers::stream_error::{DefinedCondition, ReceivedStreamError};

/// Why we are not signed in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    #[error("Cannot find the server of {domain}: {why}. Check the address and the network connection.")]
    Lookup { domain: String, why: String },
    #[error("{0} says of itself that it has no XMPP accounts. Check the address.")]
    NotOffered(String),
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
        "The certificate of the server has expired{0}. Check this computer's clock; else the server's administrator must renew it."
    )]
    CertificateExpired(Dates),
    #[error("The certificate of the server is not valid yet{0}. Check this computer's clock.")]
    CertificateEarly(Dates),
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

/// From or until when a certificate is valid, and what this computer's clock says. Nothing is shown where nobody said it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Dates(Option<(u64, u64)>);

impl fmt::Display for Dates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((limit, clock)) = self.0 else { return Ok(()) };
        write!(f, ": its limit is {}, and this computer's clock says {}", date(limit), date(clock))
    }
}

/// The day of a moment in seconds since 1970, by the usual reckoning of civil days.
fn date(seconds: u64) -> String {
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02}")
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
            Self::NotOffered(_)
            | Self::NoEncryption(_)
            | Self::CertificateExpired(_)
            | Self::CertificateEarly(_)
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
                CertificateError::Expired => Self::CertificateExpired(Dates::default()),
                CertificateError::ExpiredContext { time, not_after } => {
                    Self::CertificateExpired(Dates(Some((not_after.as_secs(), time.as_secs()))))
                }
                CertificateError::NotValidYet => Self::CertificateEarly(Dates::default()),
                CertificateError::NotValidYetContext { time, not_before } => {
                    Self::CertificateEarly(Dates(Some((not_before.as_secs(), time.as_secs()))))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_790_000_000, "2026-09-21"),
            (4_102_444_799, "2099-12-31"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(date(seconds), day);
        }
    }
}
