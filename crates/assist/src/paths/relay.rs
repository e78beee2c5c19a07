//! A relay that passes on what cannot go directly (TURN over UDP, RFC 8656).

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use turn_client_proto::api::{Transmit, TurnClientApi, TurnConfig, TurnEvent, TurnPollRet, TurnRecvRet};
use turn_client_proto::stun::Instant;
use turn_client_proto::types::{AddressFamily, TransportType, TurnCredentials};
use turn_client_proto::udp::TurnClientUdp;

use super::{Datagram, Trouble, stun};
use crate::Time;
use crate::ice::Login;

/// The most other sides that may use the relay: as many as a description may name, and those that show themselves.
const MAX_ALLOWED: usize = 32;

/// The most packets that wait until the relay lets their receiver in.
const MAX_WAITING: usize = 16;

/// Between the first and the second attempt to say something to the relay; later ones take longer.
const AGAIN: Duration = Duration::from_millis(300);

#[derive(Debug)]
pub(super) struct Relay {
    client: TurnClientUdp,
    base: SocketAddr,
    server: SocketAddr,
    state: State,
    allowed: Vec<IpAddr>,
    bound: Vec<SocketAddr>,
    waiting: VecDeque<(SocketAddr, Vec<u8>)>,
    refusals: Refusals,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Asking,
    /// It listens for us at this address.
    Serving(SocketAddr),
    Failed,
}

/// What it refused. The first refusal is how it asks who we are.
#[derive(Clone, Copy, Debug, Default)]
struct Refusals {
    count: u32,
    last: u16,
}

/// What came from the relay's address.
pub(super) enum Heard {
    /// The relay's own affair.
    Nothing,
    /// Not for us.
    Other,
    /// This came from another side to the address at which the relay listens.
    From(SocketAddr, SocketAddr, Vec<u8>),
}

impl Relay {
    pub(super) fn new(base: SocketAddr, server: SocketAddr, login: &Login) -> Self {
        let mut config = TurnConfig::new(TurnCredentials::new(&login.username, &login.password));
        if server.is_ipv6() {
            config.set_address_family(AddressFamily::IPV6);
        }
        config.set_request_retransmits(AGAIN, Duration::from_secs(2), 5, Duration::from_secs(2));
        Self {
            client: TurnClientUdp::allocate(base, server, config),
            base,
            server,
            state: State::Asking,
            allowed: Vec::new(),
            bound: Vec::new(),
            waiting: VecDeque::new(),
            refusals: Refusals::default(),
        }
    }

    pub(super) fn base(&self) -> SocketAddr {
        self.base
    }

    /// Where it listens for us.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        match self.state {
            State::Serving(address) => Some(address),
            State::Asking | State::Failed => None,
        }
    }

    pub(super) fn is_asking(&self) -> bool {
        self.state == State::Asking
    }

    pub(super) fn trouble(&self) -> Option<Trouble> {
        match (self.state, self.refusals) {
            (State::Serving(_), _) => None,
            // It asked who we are, and did not believe the answer.
            (_, Refusals { count: 2.., last: 401 | 441 }) => Some(Trouble::Login(self.server)),
            (_, Refusals { count: 2.., last: code }) => Some(Trouble::Refused(self.server, code)),
            (_, Refusals { count: 1, last: code }) if code != 401 => {
                Some(Trouble::Refused(self.server, code))
            }
            _ => Some(Trouble::Silent(self.server)),
        }
    }

    pub(super) fn is_from(&self, source: SocketAddr, destination: SocketAddr) -> bool {
        source == self.server && destination == self.base
    }

    pub(super) fn handle_packet(&mut self, now: Time, contents: &[u8]) -> Heard {
        if let Some(code) = stun::refusal(contents) {
            self.refusals = Refusals { count: self.refusals.count.saturating_add(1), last: code };
        }
        let transmit = Transmit::new(contents.to_vec(), TransportType::Udp, self.server, self.base);
        match self.client.recv(transmit, instant(now)) {
            TurnRecvRet::PeerData(data) => match self.address() {
                Some(address) => Heard::From(data.peer, address, data.data().to_vec()),
                None => Heard::Nothing,
            },
            TurnRecvRet::Handled | TurnRecvRet::PeerIcmp { .. } => Heard::Nothing,
            TurnRecvRet::Ignored(_) => Heard::Other,
        }
    }

    /// Lets whoever is at this address send to us.
    pub(super) fn allow(&mut self, now: Time, ip: IpAddr) {
        let fits = self.address().is_some_and(|address| address.is_ipv4() == ip.is_ipv4());
        if fits && !self.allowed.contains(&ip) && self.allowed.len() < MAX_ALLOWED {
            self.allowed.push(ip);
            // That it is allowed already, or the relay is gone, changes nothing here.
            _ = self.client.create_permission(TransportType::Udp, ip, instant(now));
        }
    }

    /// Passes this on to somebody, as soon as the relay lets them in.
    pub(super) fn send(&mut self, now: Time, to: SocketAddr, contents: &[u8], out: &mut VecDeque<Datagram>) {
        self.allow(now, to.ip());
        if !self.client.have_permission(TransportType::Udp, to.ip()) {
            if self.waiting.len() < MAX_WAITING && self.allowed.contains(&to.ip()) {
                self.waiting.push_back((to, contents.to_vec()));
            }
            return;
        }
        // Checks go to many; whoever gets more than that is worth the shorter form.
        let is_check = contents.first().is_some_and(|byte| *byte < 4);
        if !is_check && !self.bound.contains(&to) && self.bound.len() < MAX_ALLOWED {
            self.bound.push(to);
            _ = self.client.bind_channel(TransportType::Udp, to, instant(now));
        }
        if let Ok(Some(send)) = self.client.send_to(TransportType::Udp, to, contents, instant(now)) {
            let built = send.build();
            out.push_back(Datagram { source: self.base, destination: built.to, contents: built.data });
        }
    }

    /// Says what is to be said to the relay; when it wants to be called again.
    pub(super) fn poll(&mut self, now: Time, out: &mut VecDeque<Datagram>) -> Option<Time> {
        // Each round sends or ends something, so there are not many; a client that never rests must not stop us.
        let mut due = None;
        for _ in 0..64 {
            due = match self.client.poll(instant(now)) {
                TurnPollRet::WaitUntil(until) => Some(time(until)),
                TurnPollRet::Closed => {
                    self.state = State::Failed;
                    None
                }
                TurnPollRet::AllocateTcpSocket { .. } | TurnPollRet::TcpClose { .. } => None,
            };
            let mut was_busy = false;
            while let Some(transmit) = self.client.poll_transmit(instant(now)) {
                was_busy = true;
                out.push_back(Datagram {
                    source: self.base,
                    destination: transmit.to,
                    contents: transmit.data.to_vec(),
                });
            }
            while let Some(event) = self.client.poll_event() {
                was_busy = true;
                self.handle_event(now, &event, out);
            }
            if !was_busy {
                break;
            }
        }
        due.map(|due| due.max(now.after(Duration::from_millis(1))))
    }

    fn handle_event(&mut self, now: Time, event: &TurnEvent, out: &mut VecDeque<Datagram>) {
        match event {
            TurnEvent::AllocationCreated(_, address) => self.state = State::Serving(*address),
            TurnEvent::AllocationCreateFailed(_) => self.state = State::Failed,
            TurnEvent::PermissionCreated(_, ip) => {
                let (now_in, later): (VecDeque<_>, VecDeque<_>) =
                    std::mem::take(&mut self.waiting).into_iter().partition(|(to, _)| to.ip() == *ip);
                self.waiting = later;
                for (to, contents) in now_in {
                    self.send(now, to, &contents, out);
                }
            }
            TurnEvent::PermissionCreateFailed(_, ip) => self.waiting.retain(|(to, _)| to.ip() != *ip),
            _ => {}
        }
    }

    /// Gives the address back. What is said to the relay for that is put out.
    pub(super) fn close(&mut self, now: Time, out: &mut VecDeque<Datagram>) {
        if self.client.delete(instant(now)).is_ok() {
            self.poll(now, out);
        }
    }
}

/// The client wants no moment before its first second.
const START: i64 = 1_000_000_000;

fn instant(now: Time) -> Instant {
    Instant::from_nanos(
        i64::try_from(now.0).unwrap_or(i64::MAX).saturating_mul(1_000_000).saturating_add(START),
    )
}

/// Rounded up, so that a timer is due when its moment is given back.
fn time(instant: Instant) -> Time {
    let nanos = u64::try_from(instant.as_nanos().saturating_sub(START)).unwrap_or(0);
    Time(nanos.div_ceil(1_000_000))
}
