//! Where the servers of a domain are: explicit, or from its SRV records (RFC 6120, 3.2; XEP-0368).

use super::config::{Security, Target};
use super::trouble::{Trouble, short};
use crate::prompt::Prompt;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
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
const DIAL: Duration = Duration::from_secs(4);
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
pub(super) async fn find(target: &Target) -> Result<Vec<Place>, Trouble> {
    seek(target).await.0
}

/// The same, and how that is known.
pub(super) async fn seek(target: &Target) -> (Result<Vec<Place>, Trouble>, Source) {
    if let Some((host, port)) = &target.server {
        let place = Place { host: host.clone(), port: *port, security: explicit(target.security, *port) };
        return (Ok(vec![place]), Source::Told);
    }
    if target.security == Security::LoopbackOnly || target.domain.parse::<IpAddr>().is_ok() {
        return (Ok(vec![fallback(target)]), Source::Told);
    }
    let (mut records, mut source) = (Vec::new(), Source::NoRecords);
    for (service, security) in SERVICES {
        if matches!(target.security, Security::Automatic) || target.security == security {
            let name = format!("{service}.{}.", target.domain);
            match look_up(target.dns, &name, security).await {
                Ok(found) => records.extend(found),
                Err(why) => {
                    tracing::debug!(domain = target.domain, why, "The records cannot be asked for");
                    source = Source::Silent(why);
                }
            }
        }
    }
    if !records.is_empty() {
        source = Source::Records;
    }
    (choose(target, records), source)
}

/// The places of these records, or what is true of a domain without any.
fn choose(target: &Target, records: Vec<Record>) -> Result<Vec<Place>, Trouble> {
    // A service that is decidedly not offered has the root as its place (RFC 2782).
    let (refused, records): (Vec<_>, Vec<_>) = records.into_iter().partition(|r| r.place.host.is_empty());
    let last_resort = fallback(target);
    if !records.is_empty() {
        Ok(order(records))
    } else if refused.iter().any(|record| record.place.security == last_resort.security) {
        Err(Trouble::NotOffered(target.domain.clone()))
    } else {
        Ok(vec![last_resort])
    }
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
fn fallback(target: &Target) -> Place {
    let port = if target.security == Security::DirectTls { DIRECT_PORT } else { PORT };
    Place { host: target.domain.clone(), port, security: explicit(target.security, port) }
}

/// A record of a domain, with a random number to draw lots by.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Record {
    priority: u16,
    weight: u16,
    lot: u32,
    place: Place,
}

/// Lowest priority first; among equals TLS from the first byte, which is a round trip shorter and hides more (XEP-0368);
/// among equals of these each comes first as often as its weight wants it (RFC 2782).
fn order(mut records: Vec<Record>) -> Vec<Place> {
    records.sort_by(|a, b| {
        let rank = |r: &Record| (r.priority, r.place.security != Security::DirectTls);
        rank(a).cmp(&rank(b)).then(a.delay().total_cmp(&b.delay()))
    });
    records.into_iter().map(|record| record.place).take(MAX_PLACES).collect()
}

impl Record {
    /// How long it would take to come by, if each came at random as often as its weight says: whoever comes first is
    /// chosen.
    fn delay(&self) -> f64 {
        // A weight of nothing is hardly ever first.
        let weight = f64::from(self.weight).max(0.01);
        -((f64::from(self.lot) + 1.0) / (f64::from(u32::MAX) + 2.0)).ln() / weight
    }
}

/// Those of the system, or this one; else a sentence why there is none.
fn resolver(dns: Option<SocketAddr>) -> Result<TokioResolver, String> {
    let builder = match dns {
        None => TokioResolver::builder_tokio(),
        Some(address) => {
            let mut server = NameServerConfig::udp_and_tcp(address.ip());
            server.connections.iter_mut().for_each(|connection| connection.port = address.port());
            let config = ResolverConfig::from_name_servers(vec![server]);
            Ok(TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()))
        }
    };
    let resolver = builder.and_then(|builder| builder.build());
    resolver.map_err(|error| format!("the system's DNS settings cannot be used ({})", short(error)))
}

/// The records of this name, none if it has none; or why nobody could be asked.
async fn look_up(dns: Option<SocketAddr>, name: &str, security: Security) -> Result<Vec<Record>, String> {
    let found = match timeout(LOOKUP, resolver(dns)?.srv_lookup(name)).await {
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
            lot: super::random::<4>().map_or(0, u32::from_be_bytes),
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
pub(super) async fn dial(dns: Option<SocketAddr>, place: &Place) -> Result<Prompt, Trouble> {
    let unreachable =
        |error: io::Error| Trouble::Unreachable { place: place.to_string(), why: plain(&error) };
    let lookup = |why: String| Trouble::Lookup { domain: place.host.clone(), why };
    let mut addresses = timeout(LOOKUP, addresses(dns, place))
        .await
        .map_err(|_| lookup("no answer in time".into()))?
        .map_err(lookup)?;
    addresses.truncate(MAX_PLACES);
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
            Ok(stream) => return Prompt::new(stream).map_err(unreachable),
            Err(error) => last = unreachable(error),
        }
    }
    Err(last)
}

async fn addresses(dns: Option<SocketAddr>, place: &Place) -> Result<Vec<SocketAddr>, String> {
    if dns.is_some() && place.host.parse::<IpAddr>().is_err() {
        let resolver = resolver(dns)?;
        let found = resolver.lookup_ip(format!("{}.", place.host)).await;
        let found = found.map_err(|_| "the DNS server does not know it")?;
        return Ok(found.iter().map(|ip| SocketAddr::new(ip, place.port)).collect());
    }
    let found = lookup_host((place.host.as_str(), place.port)).await;
    found.map(Iterator::collect).map_err(|error| plain(&error))
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
    use crate::xmpp::Config;

    fn record(priority: u16, weight: u16, lot: u32, host: &str) -> Record {
        let place = Place { host: host.into(), port: PORT, security: Security::StartTls };
        Record { priority, weight, lot, place }
    }

    fn direct(record: Record) -> Record {
        Record { place: Place { security: Security::DirectTls, ..record.place.clone() }, ..record }
    }

    fn hosts(records: Vec<Record>) -> Vec<String> {
        order(records).into_iter().map(|place| place.host).collect()
    }

    fn target(security: Security) -> Target {
        let config = Config::new("juliet@example.org", zeroize::Zeroizing::new("x".into()), "x");
        Target::new(Config { security, ..config }).unwrap()
    }

    #[test]
    fn records_are_tried_by_priority_then_direct_tls_then_by_lot_and_weight() {
        let records = vec![
            direct(record(20, 0, 0, "last")),
            record(10, 1, 1000, "light"),
            record(10, 9, 1000, "heavy"),
            direct(record(10, 0, 1000, "direct")),
            record(5, 0, 1, "first"),
        ];
        assert_eq!(hosts(records), ["first", "direct", "heavy", "light", "last"]);
    }

    #[test]
    fn each_of_several_comes_first_as_often_as_its_weight_says() {
        let mut state = 1_u32;
        let mut draw = || {
            // Numbers that are as good as random, the same every time.
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.rotate_left(16) ^ state
        };
        let mut first = std::collections::BTreeMap::new();
        for _ in 0..20_000 {
            let records = [("half", 50), ("third", 30), ("fifth", 20), ("never", 0)];
            let records = records.map(|(host, weight)| record(1, weight, draw(), host)).to_vec();
            *first.entry(hosts(records).remove(0)).or_insert(0) += 1;
        }
        let share = |host: &str| first.get(host).map_or(0, |count| count * 100 / 20_000);
        assert!((48..=52).contains(&share("half")), "{first:?}");
        assert!((28..=32).contains(&share("third")), "{first:?}");
        assert!((18..=22).contains(&share("fifth")), "{first:?}");
        assert_eq!(share("never"), 0, "{first:?}");
    }

    #[test]
    fn a_domain_that_says_that_it_has_no_such_service_is_believed() {
        let automatic = target(Security::Automatic);
        let not_offered = Err(Trouble::NotOffered("example.org".into()));
        assert_eq!(choose(&automatic, vec![record(0, 0, 0, "")]), not_offered);
        // Only one of the two ways is not offered.
        let no_direct = || direct(record(0, 0, 0, ""));
        assert_eq!(choose(&automatic, vec![no_direct()]), Ok(vec![fallback(&automatic)]));
        let place = record(0, 0, 0, "here").place;
        assert_eq!(choose(&automatic, vec![no_direct(), record(0, 0, 0, "here")]), Ok(vec![place]));
        assert_eq!(choose(&target(Security::DirectTls), vec![no_direct()]), not_offered);
        assert_eq!(choose(&automatic, Vec::new()), Ok(vec![fallback(&automatic)]));
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
        assert_eq!(dial(None, &place).await.unwrap_err(), Trouble::NotLoopback("192.0.2.1".into()));
    }
}
