//! The servers that help picture and input to find a way: those of the configuration, those that the person's own
//! account offers, and hints of the other side.

use crate::config::{Ice, PasswordFrom};
use crate::surroundings::RETURNED;
use crate::{private, texts};
use anyhow::{Context, Result, bail};
use rendezvous_assist::ice::{Login, MAX_HINTS, MAX_LOGIN, MAX_SERVERS, ServerUrl, Service, may_be_asked};
use rendezvous_assist::paths::{Allowed, Helper};
use rendezvous_net::IceServer;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use zeroize::Zeroizing;

/// A name that is not known by then is left out.
const LOOKING_UP: Duration = Duration::from_millis(1_500);
/// A program that prints a password has so long; a person may have to unlock something for it.
const PRINTING: Duration = Duration::from_secs(20);

/// All of them. It does not print passwords.
#[derive(Clone, Debug, Default)]
pub(crate) struct Servers {
    own: Vec<Server>,
    relay_only: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Server {
    url: ServerUrl,
    login: Option<Login>,
}

impl Servers {
    /// Reads the passwords of the configured ones, and adds what the person's account offers. No packet is sent for that.
    pub(crate) async fn load(ice: &Ice, offered: &[IceServer]) -> Result<Self> {
        let mut own: Vec<Server> =
            ice.stun.iter().map(|url| Server { url: url.clone(), login: None }).collect();
        for turn in &ice.turn {
            let password = password(&turn.password)
                .await
                .with_context(|| texts::no_relay_password(&turn.url.to_string()))?;
            let login = Login::new(&turn.username, &password)
                .with_context(|| texts::no_relay_password(&turn.url.to_string()))?;
            own.push(Server { url: turn.url.clone(), login: Some(login) });
        }
        for server in offered {
            // What the person has set up themselves comes first.
            match Server::offered(server) {
                Some(server) if own.iter().any(|known| known.url == server.url) => {}
                Some(server) if own.len() < MAX_SERVERS => own.push(server),
                Some(_) => {}
                None => tracing::warn!(?server, "The account offers a server that cannot be used"),
            }
        }
        Ok(Self { own, relay_only: ice.relay_only })
    }

    pub(crate) fn is_relay_only(&self) -> bool {
        self.relay_only
    }

    pub(super) fn allowed(&self) -> Allowed {
        if self.relay_only { Allowed::RelayOnly } else { Allowed::All }
    }

    /// As a browser wants them.
    pub(super) fn for_page(&self, hints: &[SocketAddr]) -> Vec<serde_json::Value> {
        let own = self.own.iter().map(|server| {
            let mut value = serde_json::json!({ "urls": server.url.to_string() });
            if let Some(login) = &server.login {
                value["username"] = login.username.clone().into();
                value["credential"] = login.password.as_str().into();
            }
            value
        });
        let hints = hints.iter().filter(|_| !self.relay_only);
        let hints = hints.map(|at| serde_json::json!({ "urls": ServerUrl::stun_at(*at).to_string() }));
        own.chain(hints).take(MAX_SERVERS).collect()
    }

    /// What the other side is told: where it can ask how it looks from outside. Relays say that to everybody.
    pub(super) async fn hints(&self) -> Vec<SocketAddr> {
        let found = look_up_all(self.own.iter().map(|server| &server.url)).await;
        let mut hints: Vec<SocketAddr> = found.into_iter().flatten().collect();
        let is_alone = is_alone();
        hints.retain(|at| may_be_asked(*at) && (is_alone || !at.ip().is_loopback()));
        hints.sort_unstable();
        hints.dedup();
        hints.truncate(MAX_HINTS);
        hints
    }

    /// Where they are, as seen from these sockets. Names that nobody knows are left out.
    pub(super) async fn find(&self, local: &[SocketAddr], hints: &[SocketAddr]) -> Vec<Helper> {
        let mut helpers = Vec::new();
        let found = look_up_all(self.own.iter().map(|server| &server.url)).await;
        for (server, places) in self.own.iter().zip(found).filter(|(server, _)| server.url.is_over_udp()) {
            let here = |place: &&SocketAddr| {
                may_be_asked(**place) && local.iter().any(|own| own.is_ipv4() == place.is_ipv4())
            };
            let Some(place) = places.iter().find(here) else {
                tracing::warn!(server = %server.url, "This server cannot be found");
                continue;
            };
            helpers.extend(match (&server.login, server.url.service) {
                (Some(login), Service::Turn(_)) => best_socket(local, *place).map(|base| Helper::Turn {
                    server: *place,
                    base,
                    login: login.clone(),
                }),
                _ => Some(Helper::Stun(*place)),
            });
        }
        helpers.extend(hints.iter().filter(|_| !self.relay_only).copied().map(Helper::Stun));
        helpers
    }

    /// What the doctor looks at: each server that this program can use by itself.
    pub(crate) fn own(&self) -> impl Iterator<Item = (&ServerUrl, Option<&Login>)> {
        self.own.iter().map(|server| (&server.url, server.login.as_ref()))
    }
}

impl Server {
    /// One that the person's account offers. Its server is not trusted, so what it says is read as if anybody had said it.
    fn offered(server: &IceServer) -> Option<Self> {
        let url = ServerUrl::parse(&server.url)?;
        let login = match (url.service, &server.login) {
            (Service::Stun, _) => None,
            (Service::Turn(_), Some(login)) => Some(Login::new(&login.username, &login.password)?),
            (Service::Turn(_), None) => return None,
        };
        Some(Self { url, login })
    }
}

/// Where a server is.
pub(crate) async fn look_up(url: &ServerUrl) -> Vec<SocketAddr> {
    let found = tokio::time::timeout(LOOKING_UP, tokio::net::lookup_host((url.host(), url.port()))).await;
    found.ok().and_then(Result::ok).map(Iterator::collect).unwrap_or_default()
}

/// The same for several at once, in their order. Those that only a page can use are nowhere.
async fn look_up_all(urls: impl Iterator<Item = &ServerUrl>) -> Vec<Vec<SocketAddr>> {
    let looks: Vec<_> = urls
        .map(|url| url.is_over_udp().then(|| url.clone()))
        .map(|url| url.map(|url| tokio::spawn(async move { look_up(&url).await })))
        .collect();
    let mut found = Vec::with_capacity(looks.len());
    for look in looks {
        found.push(match look {
            Some(look) => look.await.unwrap_or_default(),
            None => Vec::new(),
        });
    }
    found
}

/// The socket from which the system would send there. Nothing is sent to find out.
pub(crate) fn best_socket(local: &[SocketAddr], place: SocketAddr) -> Option<SocketAddr> {
    let any: IpAddr = match place {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let asked =
        UdpSocket::bind((any, 0)).and_then(|socket| socket.connect(place).and_then(|()| socket.local_addr()));
    let same = |own: &&SocketAddr| own.is_ipv4() == place.is_ipv4();
    let chosen = asked.ok().and_then(|asked| local.iter().find(|own| own.ip() == asked.ip()));
    chosen.or_else(|| local.iter().find(same)).copied()
}

async fn password(from: &PasswordFrom) -> Result<Zeroizing<String>> {
    let text = match from {
        PasswordFrom::File(path) => private::read(path, MAX_LOGIN as u64)?
            .with_context(|| format!("there is no file {}", path.display()))?,
        PasswordFrom::Command(words) => printed(words).await?,
    };
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

async fn printed(words: &[String]) -> Result<Zeroizing<String>> {
    let (program, arguments) = words.split_first().context("there is no program")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command.env_remove(RETURNED.0).env_remove(rendezvous_dbus::SOCKET_VARIABLE);
    let output = tokio::time::timeout(PRINTING, command.output())
        .await
        .with_context(|| format!("\"{program}\" did not end in time"))?
        .with_context(|| format!("\"{program}\" cannot be started"))?;
    // What it printed is a secret, also where it is none that can be used.
    let text = Zeroizing::new(output.stdout);
    if !output.status.success() {
        bail!("\"{program}\" failed");
    }
    Ok(Zeroizing::new(String::from_utf8_lossy(&text).into_owned()))
}

/// Whether this computer is all that there is: then the other person sits at it too, and loopback is a place.
fn is_alone() -> bool {
    if_addrs::get_if_addrs().is_ok_and(|all| all.iter().all(if_addrs::Interface::is_loopback))
}
