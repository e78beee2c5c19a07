//! Where the servers of a domain are: explicit, or from its SRV records (RFC 6120, 3.2; XEP-0368).

use super::config::{Security, Target};
use super::trouble::{Trouble, short};
use hickory_resolver::TokioResolver;
use hickory_resolver::net::NetError;
use hickory_resolver::proto::rr::RData;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

/// The port of a server that begins in the clear.
const PORT: u16 = 5222;
/// The port of a server that speaks TLS from the first byte.
const DIRECT_PORT: u16 = 5223;
/// So many records of a domain are looked at.
const MAX_PLACES: usize = 16;
/// One address may take so long to answer.
const DIAL: Duration = Duration::from_secs(8);
/// The records may take so long.
const LOOKUP: Duration = Duration::from_secs(10);

/// One way to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) port: u16,
    /// How the connection is encrypted, never [`Security::Automatic`].
    pub(super) security: Security,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// How it is known where the servers of a domain are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The person said so, or the domain is an address.
    Told,
    /// The domain's records say so.
    Records,
    /// The domain has no such records, so it is its own server, at the usual port.
    NoRecords,
    /// Whoever knows the records did not answer: why. The domain is taken for its own server.
    Silent(String),
}

/// Where to try, in this order.
pub(super) async fn find(target: &Target) -> Vec<Place> {
    seek(target).await.0
}

/// The same, and how that is known.
pub(super) async fn seek(target: &Target) -> (Vec<Place>, Source) {
    if let Some((host, port)) = &target.server {
        let place = Place { host: host.clone(), port: *port, security: explicit(target.security, *port) };
        return (vec![place], Source::Told);
    }
    let (mut records, mut source) = (Vec::new(), Source::Told);
    if target.security != Security::LoopbackOnly && target.domain.parse::<std::net::IpAddr>().is_err() {
        for (service, security) in SERVICES {
            if matches!(target.security, Security::Automatic) || target.security == security {
                match look_up(&format!("{service}.{}.", target.domain), security).await {
                    Ok(found) => records.extend(found),
                    Err(why) => {
                        tracing::debug!(domain = target.domain, why, "The records cannot be asked for");
                        source = Source::Silent(why);
                    }
                }
                if source == Source::Told {
                    source = Source::NoRecords;
                }
            }
        }
    }
    let places = order(records);
    if places.is_empty() { (fallback(target), source) } else { (places, Source::Records) }
}

const SERVICES: [(&str, Security); 2] =
    [("_xmpps-client._tcp", Security::DirectTls), ("_xmpp-client._tcp", Security::StartTls)];

fn explicit(security: Security, port: u16) -> Security {
    match security {
        Security::Automatic if matches!(port, 443 | DIRECT_PORT) => Security::DirectTls,
        Security::Automatic => Security::StartTls,
        chosen => chosen,
    }
}

/// What is true of a domain without records.
fn fallback(target: &Target) -> Vec<Place> {
    let port = if target.security == Security::DirectTls { DIRECT_PORT } else { PORT };
    vec![Place { host: target.domain.clone(), port, security: explicit(target.security, port) }]
}

/// A record of a domain, with a random number to draw lots by.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Record {
    priority: u16,
    weight: u16,
    lot: u64,
    place: Place,
}

/// Lowest priority first; among equals, the heavier the likelier to be first.
fn order(mut records: Vec<Record>) -> Vec<Place> {
    // A service that is decidedly not offered has the root as its place.
    records.retain(|record| !matches!(record.place.host.as_str(), "" | "."));
    records.sort_by_key(|r| (r.priority, r.lot / (u64::from(r.weight) + 1)));
    records.into_iter().map(|record| record.place).take(MAX_PLACES).collect()
}

/// The records of this name, none if it has none; or why nobody could be asked.
async fn look_up(name: &str, security: Security) -> Result<Vec<Record>, String> {
    let resolver = TokioResolver::builder_tokio()
        .and_then(|builder| builder.build())
        .map_err(|error| format!("the system's DNS settings cannot be used ({})", short(error)))?;
    let found = match timeout(LOOKUP, resolver.srv_lookup(name)).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) if error.is_no_records_found() => return Ok(Vec::new()),
        Ok(Err(error)) => return Err(unasked(&error)),
        Err(_) => return Err("no name server answers".into()),
    };
    let srv = found.answers().iter().filter_map(|record| match &record.data {
        RData::SRV(srv) => Some(srv),
        _ => None,
    });
    let records = srv
        .take(MAX_PLACES)
        .map(|srv| Record {
            priority: srv.priority,
            weight: srv.weight,
            lot: u64::from(super::random::<2>().map_or(0, u16::from_be_bytes)) << 16,
            place: Place {
                host: srv.target.to_ascii().trim_end_matches('.').to_owned(),
                port: srv.port,
                security,
            },
        })
        .collect();
    Ok(records)
}

/// Why a name server said nothing, without the library's terms.
fn unasked(error: &NetError) -> String {
    match error {
        NetError::Timeout => "no name server answers".into(),
        NetError::NoConnections => "no name server can be reached".into(),
        NetError::Io(error) => plain(error),
        other => short(other),
    }
}

/// Opens a connection to a place, at whichever of its addresses answers.
pub(super) async fn dial(place: &Place) -> Result<TcpStream, Trouble> {
    let unreachable =
        |error: io::Error| Trouble::Unreachable { place: place.to_string(), why: plain(&error) };
    let lookup = |why: String| Trouble::Lookup { domain: place.host.clone(), why };
    let addresses = timeout(LOOKUP, lookup_host((place.host.as_str(), place.port)))
        .await
        .map_err(|_| lookup("no answer in time".into()))?
        .map_err(|error| lookup(plain(&error)))?;
    let mut addresses: Vec<SocketAddr> = addresses.take(MAX_PLACES).collect();
    if place.security == Security::LoopbackOnly
        && let Some(elsewhere) = addresses.iter().find(|address| !address.ip().is_loopback())
    {
        return Err(Trouble::NotLoopback(elsewhere.ip().to_string()));
    }
    addresses.dedup();
    let mut last = lookup("it has no address".into());
    for address in addresses {
        let dialled = timeout(DIAL, TcpStream::connect(address)).await;
        match dialled.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(stream) => {
                stream.set_nodelay(true).map_err(unreachable)?;
                return Ok(stream);
            }
            Err(error) => last = unreachable(error),
        }
    }
    Err(last)
}

/// What happened, without the number that the system has for it.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there".into(),
        io::ErrorKind::TimedOut => "no answer in time".into(),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            "there is no way to it through this network".into()
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(priority: u16, weight: u16, lot: u64, host: &str) -> Record {
        let place = Place { host: host.into(), port: PORT, security: Security::StartTls };
        Record { priority, weight, lot, place }
    }

    #[test]
    fn records_are_tried_by_priority_then_by_lot_and_weight() {
        let records = vec![
            record(20, 0, 0, "last"),
            record(10, 1, 1000, "light"),
            record(10, 9, 1000, "heavy"),
            record(5, 0, u64::MAX, "first"),
            record(0, 0, 0, ""),
        ];
        let hosts: Vec<_> = order(records).into_iter().map(|place| place.host).collect();
        assert_eq!(hosts, ["first", "heavy", "light", "last"]);
    }

    #[test]
    fn an_explicit_port_says_how_it_is_encrypted() {
        assert_eq!(explicit(Security::Automatic, 5222), Security::StartTls);
        assert_eq!(explicit(Security::Automatic, 443), Security::DirectTls);
        assert_eq!(explicit(Security::StartTls, 5223), Security::StartTls);
    }

    #[tokio::test]
    async fn without_encryption_only_this_machine_is_dialled() {
        let place = Place { host: "192.0.2.1".into(), port: PORT, security: Security::LoopbackOnly };
        assert_eq!(dial(&place).await.unwrap_err(), Trouble::NotLoopback("192.0.2.1".into()));
    }
}
