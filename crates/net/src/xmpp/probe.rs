//! A look at an account's server without signing in: where the domain's records say it is, whether it answers, and whether
//! it proves to have the domain. Nothing of the person's is sent.

use super::config::{Config, ConfigError, Security, Target};
use super::login::start_tls;
use super::places::{self, Place};
use super::trouble::{Trouble, short};
use rustls::CertificateError;
use std::io;
use std::time::Duration;
use tokio::time::timeout;

pub use super::places::Source;

/// The records may take so long, and so may the server.
const PATIENCE: Duration = Duration::from_secs(12);
/// So many names of a certificate are told.
const MAX_NAMES: usize = 4;

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The account's domain.
    pub domain: String,
    /// How it is known where to look.
    pub source: Source,
    /// Where that is: host and port, best first.
    pub places: Vec<String>,
    /// Where a server proved to have the domain, or why none did.
    pub server: Result<String, Fault>,
}

/// Why no server proved to have the domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It was not reached, or offers no encryption: a sentence for the person.
    NotReached(String),
    /// Its certificate ran out, by this computer's clock, at this time in seconds since 1970.
    Expired(u64),
    /// Its certificate is not valid before this time.
    Early(u64),
    /// Its certificate is for these names, at most four of them.
    OtherName(Vec<String>),
    /// Its certificate cannot be accepted for another reason: a sentence for the person.
    NotAccepted(String),
}

/// Looks at the server of an account. Takes half a minute at most.
///
/// # Errors
///
/// When the configuration cannot be used.
pub async fn probe(config: Config) -> Result<Seen, ConfigError> {
    let target = Target::new(config)?;
    let sought = timeout(PATIENCE, places::seek(&target)).await;
    let (places, source) =
        sought.unwrap_or_else(|_| (Err(Trouble::NoAnswer), Source::Silent("no name server answers".into())));
    let (places, server) = match places {
        Ok(places) => {
            let server = timeout(PATIENCE, first(&target, &places)).await;
            (places, server.unwrap_or_else(|_| Err(not_reached(&Trouble::NoAnswer))))
        }
        Err(trouble) => (Vec::new(), Err(not_reached(&trouble))),
    };
    Ok(Seen {
        domain: target.domain.clone(),
        source,
        places: places.iter().map(ToString::to_string).collect(),
        server,
    })
}

/// As a login does: the first that can be reached decides.
async fn first(target: &Target, places: &[Place]) -> Result<String, Fault> {
    let mut last = Trouble::NoAnswer;
    for place in places {
        match places::dial(target.dns, place).await {
            Ok(stream) => {
                let stream = match place.security {
                    Security::DirectTls => stream,
                    _ => start_tls(target, stream).await.map_err(|trouble| not_reached(&trouble))?,
                };
                let shaken = target.tls.handshake(stream).await;
                return shaken.map(|_| place.to_string()).map_err(|error| fault(error, &target.domain));
            }
            Err(trouble) => last = trouble,
        }
    }
    Err(not_reached(&last))
}

fn not_reached(trouble: &Trouble) -> Fault {
    Fault::NotReached(trouble.to_string())
}

fn fault(error: io::Error, domain: &str) -> Fault {
    match error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(why)) => match why {
            CertificateError::ExpiredContext { not_after, .. } => Fault::Expired(not_after.as_secs()),
            CertificateError::NotValidYetContext { not_before, .. } => Fault::Early(not_before.as_secs()),
            CertificateError::NotValidForNameContext { presented, .. } => {
                Fault::OtherName(presented.iter().take(MAX_NAMES).map(short).collect())
            }
            _ => Fault::NotAccepted(Trouble::of_tls(error, domain).to_string()),
        },
        _ => not_reached(&Trouble::of_tls(error, domain)),
    }
}
