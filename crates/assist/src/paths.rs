//! Every way to this side: its own addresses, how they look from outside, and addresses at relays. Packets in, packets
//! out, no I/O.
//!
//! [`Paths`] stands between the sockets and the [`Peer`](crate::peer::Peer). What arrives goes through
//! [`Paths::handle_packet`], which keeps what is the servers' and hands on the rest; what the peer sends goes through
//! [`Paths::send`]. After each call drain [`Paths::poll_output`] until it returns [`PathsOutput::Timeout`].
//!
//! Servers are asked as soon as it exists, so it is built only when that is allowed: after both sides have signed the
//! certificates.

mod relay;
mod stun;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use self::relay::{Heard, Relay};
use self::stun::Transaction;
use crate::Time;
use crate::description::MAX_CANDIDATES;
use crate::ice::{Login, MAX_SERVERS, may_be_asked};
use crate::peer::LocalCandidate;

/// Nobody waits longer than this for what servers say.
pub const GATHERING: Duration = Duration::from_millis(1_500);

/// So long it takes at most until relays have been told that their addresses are not needed any more: twice the pause
/// between two things that are said to one.
pub const CLOSING: Duration = Duration::from_millis(100);

/// When a question is asked again, from its beginning.
const AGAIN: [Duration; 2] = [Duration::from_millis(250), Duration::from_millis(750)];

/// The most questions that are open at once.
const MAX_PROBES: usize = 32;

/// A server that may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Helper {
    /// Says how a socket looks from outside.
    Stun(SocketAddr),
    /// Passes packets on for whoever has this login. `base` is the socket from which it is best reached.
    Turn {
        /// The server.
        server: SocketAddr,
        /// Our side of it.
        base: SocketAddr,
        /// Who we are.
        login: Login,
    },
}

impl Helper {
    fn server(&self) -> SocketAddr {
        match self {
            Self::Stun(server) | Self::Turn { server, .. } => *server,
        }
    }
}

/// Which ways may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Allowed {
    /// All of them.
    #[default]
    All,
    /// Only relays, so that the other side does not learn where this one is.
    RelayOnly,
}

/// What is wrong with a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It did not answer.
    Silent(SocketAddr),
    /// It does not know this name with this password.
    Login(SocketAddr),
    /// It refused, with a number of RFC 8656.
    Refused(SocketAddr, u16),
}

/// A packet on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// From here.
    pub source: SocketAddr,
    /// To here.
    pub destination: SocketAddr,
    /// These bytes.
    pub contents: Vec<u8>,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathsOutput {
    /// Send this from the socket at `source`.
    Transmit(Datagram),
    /// Nothing more now. Call [`Paths::handle_timeout`] at this moment, if there is one.
    Timeout(Option<Time>),
}

/// All ways to this side.
#[derive(Debug)]
pub struct Paths {
    now: Time,
    since: Time,
    allowed: Allowed,
    local: Vec<SocketAddr>,
    probes: Vec<Probe>,
    relays: Vec<Relay>,
    out: VecDeque<Datagram>,
}

/// A question to a server about a socket.
#[derive(Debug)]
struct Probe {
    base: SocketAddr,
    server: SocketAddr,
    transaction: Transaction,
    asked: usize,
    seen: Option<SocketAddr>,
}

impl Paths {
    /// Begins to ask the servers. `local` are the addresses of open UDP sockets. `random` must be secret and never used
    /// before: 32 bytes from the system.
    #[must_use]
    pub fn new(
        now: Time,
        local: &[SocketAddr],
        helpers: &[Helper],
        allowed: Allowed,
        random: [u8; 32],
    ) -> Self {
        let helpers = &helpers[..helpers.len().min(MAX_SERVERS)];
        let mut probes = Vec::new();
        if allowed == Allowed::All {
            // A relay says how one looks from outside as well, so one server may be named twice.
            let mut servers: Vec<SocketAddr> = helpers.iter().map(Helper::server).collect();
            servers.sort_unstable();
            servers.dedup();
            for server in servers {
                for base in local.iter().filter(|base| can_reach(**base, server)) {
                    probes.push(Probe {
                        base: *base,
                        server,
                        transaction: transaction(&random, probes.len()),
                        asked: 0,
                        seen: None,
                    });
                }
            }
            probes.truncate(MAX_PROBES);
        }
        let relays = helpers.iter().filter_map(|helper| match helper {
            Helper::Turn { server, base, login } => Some(Relay::new(*base, *server, login)),
            Helper::Stun(_) => None,
        });
        let relays = relays.collect();
        let mut paths =
            Self { now, since: now, allowed, local: local.to_vec(), probes, relays, out: VecDeque::new() };
        paths.handle_timeout(now);
        paths
    }

    /// Takes in a datagram. What is returned is for the peer; anything may be in it.
    pub fn handle_packet(
        &mut self,
        now: Time,
        source: SocketAddr,
        destination: SocketAddr,
        contents: &[u8],
    ) -> Option<Datagram> {
        self.now = self.now.max(now);
        for probe in self.probes.iter_mut().filter(|p| p.server == source && p.base == destination) {
            if let Some(address) = stun::answer(contents, &probe.transaction) {
                probe.seen = Some(address);
                return None;
            }
        }
        for relay in self.relays.iter_mut().filter(|relay| relay.is_from(source, destination)) {
            match relay.handle_packet(self.now, contents) {
                Heard::Nothing => return None,
                Heard::From(source, destination, contents) => {
                    return Some(Datagram { source, destination, contents });
                }
                Heard::Other => {}
            }
        }
        // Where only relays are allowed, whoever comes another way finds nobody.
        (self.allowed == Allowed::All).then(|| Datagram { source, destination, contents: contents.to_vec() })
    }

    /// The moment of [`PathsOutput::Timeout`] has come. Harmless at any other moment.
    pub fn handle_timeout(&mut self, now: Time) {
        self.now = self.now.max(now);
        let waited = self.now.since(self.since);
        for probe in self.probes.iter_mut().filter(|probe| probe.seen.is_none()) {
            let is_due =
                probe.asked.checked_sub(1).is_none_or(|i| AGAIN.get(i).is_some_and(|at| waited >= *at));
            if is_due && waited < GATHERING {
                probe.asked += 1;
                self.out.push_back(Datagram {
                    source: probe.base,
                    destination: probe.server,
                    contents: stun::question(&probe.transaction),
                });
            }
        }
    }

    /// Sends what the peer wants to send, over the relay if it is to come from there.
    pub fn send(&mut self, now: Time, datagram: Datagram) {
        self.now = self.now.max(now);
        let relay = self.relays.iter_mut().find(|relay| relay.address() == Some(datagram.source));
        match relay {
            Some(relay) => relay.send(self.now, datagram.destination, &datagram.contents, &mut self.out),
            None if self.allowed == Allowed::All => self.out.push_back(datagram),
            None => {}
        }
    }

    /// Whoever is at these addresses may send to us by way of the relays.
    pub fn expect(&mut self, now: Time, others: impl Iterator<Item = IpAddr>) {
        self.now = self.now.max(now);
        for ip in others.take(MAX_CANDIDATES) {
            self.relays.iter_mut().for_each(|relay| relay.allow(self.now, ip));
        }
    }

    /// Gives the relays' addresses back, and forgets whatever else was to be said. A relay is not told two things at once,
    /// so go on for [`CLOSING`], and then forget it.
    pub fn close(&mut self, now: Time) {
        self.now = self.now.max(now);
        self.probes.clear();
        self.out.clear();
        self.relays.iter_mut().for_each(|relay| relay.close(self.now, &mut self.out));
    }

    /// The next thing to be done.
    pub fn poll_output(&mut self) -> PathsOutput {
        if let Some(datagram) = self.out.pop_front() {
            return PathsOutput::Transmit(datagram);
        }
        let mut due = if self.is_settled() { None } else { self.question_due() };
        for relay in &mut self.relays {
            let relay_due = relay.poll(self.now, &mut self.out);
            due = [due, relay_due].into_iter().flatten().min();
        }
        match self.out.pop_front() {
            Some(datagram) => PathsOutput::Transmit(datagram),
            None => PathsOutput::Timeout(due),
        }
    }

    /// Whether every server has answered, or nobody waits any more.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let open =
            self.probes.iter().any(|probe| probe.seen.is_none()) || self.relays.iter().any(Relay::is_asking);
        !open || self.now.since(self.since) >= GATHERING
    }

    /// The ways that were found, best first.
    #[must_use]
    pub fn candidates(&self) -> Vec<LocalCandidate> {
        let mut found: Vec<LocalCandidate> = Vec::new();
        let mut add = |way: LocalCandidate| {
            if found.iter().all(|known| known.address() != way.address()) {
                found.push(way);
            }
        };
        if self.allowed == Allowed::All {
            self.local.iter().copied().map(LocalCandidate::Host).for_each(&mut add);
            for probe in &self.probes {
                // A relay may be reached by another kind of address than it shows; a way is of one kind.
                let seen = probe.seen.filter(|seen| can_be(*seen));
                if let Some(address) = seen.filter(|seen| seen.is_ipv4() == probe.base.is_ipv4()) {
                    add(LocalCandidate::Reflexive { address, base: probe.base });
                }
            }
        }
        // However many addresses this computer has, what works where nothing else does is told.
        let relays = self.relays.iter().filter_map(|relay| {
            let address = relay.address().filter(|address| can_be(*address))?;
            Some(LocalCandidate::Relayed { address, base: relay.base() })
        });
        let relays: Vec<_> = relays.take(MAX_SERVERS).collect();
        found.truncate(MAX_CANDIDATES - relays.len());
        found.extend(relays);
        found
    }

    /// What is wrong with the servers; the relays first.
    #[must_use]
    pub fn troubles(&self) -> Vec<Trouble> {
        let relays = self.relays.iter().filter_map(Relay::trouble);
        let silent = self.probes.iter().filter(|probe| {
            self.probes.iter().all(|other| other.server != probe.server || other.seen.is_none())
        });
        let mut troubles: Vec<Trouble> = Vec::new();
        for trouble in relays.chain(silent.map(|probe| Trouble::Silent(probe.server))) {
            if troubles.iter().all(|known| known.server() != trouble.server()) {
                troubles.push(trouble);
            }
        }
        troubles
    }

    fn question_due(&self) -> Option<Time> {
        let open = self.probes.iter().filter(|probe| probe.seen.is_none());
        let next = open.filter_map(|probe| AGAIN.get(probe.asked.checked_sub(1)?)).min();
        Some(self.since.after(next.copied().unwrap_or(GATHERING)))
    }
}

impl Trouble {
    /// Of which server.
    #[must_use]
    pub fn server(self) -> SocketAddr {
        match self {
            Self::Silent(server) | Self::Login(server) | Self::Refused(server, _) => server,
        }
    }
}

/// Servers are not trusted: a way that cannot be must not spoil the others.
fn can_be(at: SocketAddr) -> bool {
    may_be_asked(at) && !matches!(at.ip(), IpAddr::V4(v4) if v4.is_link_local())
}

/// Both of one kind; and from loopback only loopback is reached.
fn can_reach(base: SocketAddr, server: SocketAddr) -> bool {
    base.is_ipv4() == server.is_ipv4() && (!base.ip().is_loopback() || server.ip().is_loopback())
}

/// Each question has another, and none can be guessed from outside: 64 bits that nobody knows, and its number.
fn transaction(random: &[u8; 32], number: usize) -> Transaction {
    let mut transaction = [0; 12];
    transaction.copy_from_slice(&random[..12]);
    for (byte, more) in transaction[8..].iter_mut().zip(u32::try_from(number).unwrap_or(0).to_be_bytes()) {
        *byte ^= more;
    }
    transaction
}
