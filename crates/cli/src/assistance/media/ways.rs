//! Sockets around the pure [`Paths`]: every way to this computer, as long as one way of the page is served.

use super::local::{Lack, open_sockets};
use crate::assistance::asides::Lines;
use crate::assistance::servers::Servers;
use rendezvous_assist::Time;
use rendezvous_assist::description::MAX_CANDIDATES;
use rendezvous_assist::families::Families;
use rendezvous_assist::paths::{CLOSING, Datagram, Paths, PathsOutput};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// The largest datagram of WebRTC is far smaller.
const MAX_DATAGRAM: usize = 2048;

/// What may be used to find a way.
#[derive(Clone, Debug)]
pub(in crate::assistance) struct Plan {
    pub(in crate::assistance) families: Families,
    pub(in crate::assistance) servers: Arc<Servers>,
    /// Servers that the other side named.
    pub(in crate::assistance) hints: Vec<SocketAddr>,
    /// The most that the picture may take, in kbit/s.
    pub(in crate::assistance) most_kbps: u32,
    /// Where what goes beside the picture leads.
    pub(in crate::assistance) lines: Lines,
    /// Held for as long as anything is open.
    pub(in crate::assistance) open: mpsc::Sender<Infallible>,
}

/// What arrived at a socket: for which ways, and the packet.
pub(in crate::assistance) type Arrived = (u64, Datagram);

/// The sockets, and the servers that are asked from them. Dropping it closes them.
pub(in crate::assistance) struct Ways {
    number: u64,
    pub(in crate::assistance) paths: Paths,
    sockets: Vec<Arc<UdpSocket>>,
    _readers: JoinSet<()>,
}

impl Ways {
    /// Opens sockets and begins to ask the servers. `number` is by what its packets are known. `now` tells the time.
    pub(in crate::assistance) async fn open(
        number: u64,
        plan: &Plan,
        packets: mpsc::Sender<Arrived>,
        now: impl Fn() -> Time,
    ) -> Result<Self, Lack> {
        let sockets = open_sockets(plan.families).await?;
        let local: Vec<SocketAddr> =
            sockets.iter().filter_map(|socket| socket.local_addr().ok()).take(MAX_CANDIDATES).collect();
        let helpers = plan.servers.find(&local, &plan.hints).await;
        let mut random = [0; 32];
        if getrandom::fill(&mut random).is_err() {
            return Err(Lack::Here(plan.families));
        }
        let paths = Paths::new(now(), &local, &helpers, plan.servers.allowed(), random);
        let mut readers = JoinSet::new();
        for socket in &sockets {
            readers.spawn(read(number, socket.clone(), packets.clone()));
        }
        Ok(Self { number, paths, sockets, _readers: readers })
    }

    pub(in crate::assistance) fn is(&self, number: u64) -> bool {
        self.number == number
    }

    /// Sends what is to be sent while `may_send`; when to come back.
    pub(in crate::assistance) async fn drain(&mut self, may_send: impl Fn() -> bool) -> Option<Time> {
        loop {
            match self.paths.poll_output() {
                PathsOutput::Transmit(datagram) if may_send() => self.transmit(&datagram).await,
                PathsOutput::Transmit(_) => {}
                PathsOutput::Timeout(due) => return due,
            }
        }
    }

    /// Gives the relays' addresses back, and leaves unsent whatever else waits. It may take a moment.
    pub(in crate::assistance) async fn give_back(mut self, now: impl Fn() -> Time) {
        self.paths.close(now());
        let end = now().after(CLOSING);
        while let Some(due) = self.drain(|| true).await.filter(|due| *due < end) {
            tokio::time::sleep(due.since(now())).await;
            self.paths.handle_timeout(now());
        }
    }

    async fn transmit(&self, datagram: &Datagram) {
        let socket = self.sockets.iter().find(|s| s.local_addr().is_ok_and(|a| a == datagram.source));
        if let Some(socket) = socket {
            // A datagram that cannot be sent now is a datagram that is lost; whoever sent it sends again what matters.
            _ = socket.send_to(&datagram.contents, datagram.destination).await;
        }
    }
}

async fn read(number: u64, socket: Arc<UdpSocket>, packets: mpsc::Sender<Arrived>) {
    let Ok(local) = socket.local_addr() else { return };
    let mut buffer = vec![0; MAX_DATAGRAM];
    loop {
        match socket.recv_from(&mut buffer).await {
            Ok((n, from)) => {
                let contents = buffer[..n].to_vec();
                if packets
                    .send((number, Datagram { source: from, destination: local, contents }))
                    .await
                    .is_err()
                {
                    return;
                }
            }
            // An ICMP answer to something that we sent; the socket goes on.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}
