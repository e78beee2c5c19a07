//! Whether the servers that help picture and input to find a way do so: each is asked what a session would ask it. Those of
//! the configuration, and those that the person's accounts offer, as far as an agent is there that knows.

use super::Finding;
use crate::assistance::{Servers, look_up};
use crate::config::{Config, Ice};
use crate::home::Home;
use crate::{client, texts};
use anyhow::{Result, anyhow, bail};
use rendezvous_assist::Time;
use rendezvous_assist::ice::{Login, ServerUrl};
use rendezvous_assist::paths::{Allowed, CLOSING, Helper, Paths, PathsOutput};
use rendezvous_assist::peer::LocalCandidate;
use rendezvous_net::IceServer;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;

pub(super) async fn look(home: &Home, config: &Config) -> Vec<Finding> {
    let mut findings = ask_all(Servers::load(&config.ice, &[]).await).await;
    if config.accounts.is_empty() {
        return findings;
    }
    match offered(home).await {
        Ok(None) => {
            findings.push(Finding { what: "ice", outcome: Ok(texts::OFFERED_UNKNOWN.to_owned()) });
        }
        Ok(Some(servers)) if servers.is_empty() => {
            findings.push(Finding { what: "ice", outcome: Ok(texts::NOTHING_OFFERED.to_owned()) });
        }
        Ok(Some(servers)) => {
            let found = ask_all(Servers::load(&Ice::default(), &servers).await).await;
            findings.extend(found.into_iter().map(|finding| Finding {
                outcome: match finding.outcome {
                    Ok(text) => Ok(texts::offered(&text)),
                    Err(error) => Err(error.context(texts::OFFERED_AND_MISSING)),
                },
                ..finding
            }));
        }
        Err(error) => findings.push(Finding { what: "ice", outcome: Err(error) }),
    }
    findings
}

/// What the person's accounts offer, if an agent is there.
async fn offered(home: &Home) -> Result<Option<Vec<IceServer>>> {
    let Some(agent) = client::running(home).await? else { return Ok(None) };
    client::settled(&agent).await?;
    Ok(Some(agent.ice_servers().await?))
}

async fn ask_all(servers: Result<Servers>) -> Vec<Finding> {
    let servers = match servers {
        Ok(servers) => servers,
        Err(error) => return vec![Finding { what: "ice", outcome: Err(error) }],
    };
    let mut findings = Vec::new();
    for (url, login) in servers.own() {
        findings.push(Finding { what: "ice", outcome: ask(url, login).await });
    }
    findings
}

async fn ask(url: &ServerUrl, login: Option<&Login>) -> Result<String> {
    if !url.is_over_udp() {
        return Ok(texts::only_for_page(&url.to_string()));
    }
    let places = look_up(url).await;
    let Some(server) = places.first().copied() else { bail!(texts::server_unknown(url.host())) };
    let socket = towards(server).await.map_err(|error| anyhow!(texts::no_socket(&error)))?;
    let base = socket.local_addr()?;
    let helper = match login {
        Some(login) => Helper::Turn { server, base, login: login.clone() },
        None => Helper::Stun(server),
    };
    let allowed = if login.is_some() { Allowed::RelayOnly } else { Allowed::All };
    let mut random = [0; 32];
    getrandom::fill(&mut random)?;
    let mut paths = Paths::new(Time(0), &[base], &[helper], allowed, random);
    let begun = Instant::now();
    while !paths.is_settled() {
        let due = send(&socket, &mut paths).await;
        let due = begun + Duration::from_millis(due.map_or(100, |due| due.0));
        let mut buffer = [0; 2048];
        let heard = tokio::time::timeout_at(due.into(), socket.recv_from(&mut buffer)).await;
        let now = Time(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
        match heard {
            Ok(Ok((n, from))) => _ = paths.handle_packet(now, from, base, &buffer[..n]),
            // That nobody listens there is said by the system; the questions that follow say so too.
            Ok(Err(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(_) => {}
        }
        paths.handle_timeout(now);
        send(&socket, &mut paths).await;
    }
    let found = paths.candidates().into_iter().rev().find(|way| !matches!(way, LocalCandidate::Host(_)));
    let trouble = paths.troubles().first().copied();
    let now = || Time(u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX));
    paths.close(now());
    let end = now().after(CLOSING);
    while let Some(due) = send(&socket, &mut paths).await.filter(|due| *due < end) {
        tokio::time::sleep(due.since(now())).await;
        paths.handle_timeout(now());
    }
    match (trouble, found) {
        (Some(trouble), _) => bail!(texts::server_trouble(trouble)),
        (None, Some(LocalCandidate::Relayed { address, .. })) => {
            Ok(texts::relay_serves(&url.to_string(), address))
        }
        (None, found) => {
            Ok(texts::server_sees(&url.to_string(), found.map_or(base, LocalCandidate::address)))
        }
    }
}

/// A socket at the address from which the system would send there.
async fn towards(server: SocketAddr) -> std::io::Result<UdpSocket> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let asked = UdpSocket::bind((any, 0)).await?;
    asked.connect(server).await?;
    UdpSocket::bind((asked.local_addr()?.ip(), 0)).await
}

async fn send(socket: &UdpSocket, paths: &mut Paths) -> Option<Time> {
    loop {
        match paths.poll_output() {
            PathsOutput::Transmit(datagram) => {
                // Where nothing can be sent nothing is heard, and that is what is said.
                _ = socket.send_to(&datagram.contents, datagram.destination).await;
            }
            PathsOutput::Timeout(due) => return due,
        }
    }
}
