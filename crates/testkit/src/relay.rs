//! A bad link between two machines that no wire connects ([`Machines::apart`]): every UDP datagram from one to the other
//! passes through here, and is late, or lost.
//!
//! On each machine the relay stands where the other one would be, at its address and at the ports that it really uses, so
//! neither notices. TCP passes as it is: what the two programs say to each other before is not what is measured.

pub mod path;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd as _;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use self::path::Path;
pub use self::path::Rules;
use crate::machines::Machines;

/// How often the relay looks for ports that a program has opened.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const MAX_DATAGRAM: usize = 2048;

/// A relay that works until it is dropped.
#[derive(Debug)]
pub struct Relay {
    stop: Arc<AtomicBool>,
    tally: Arc<Tally>,
    thread: Option<JoinHandle<()>>,
}

/// What happened to datagrams so far.
#[derive(Debug, Default)]
pub struct Tally {
    /// That came.
    pub taken: AtomicU64,
    /// That were lost by chance.
    pub lost: AtomicU64,
    /// That did not fit into the queue.
    pub did_not_fit: AtomicU64,
}

impl Relay {
    /// Relays between machines 0 and 1: datagrams by these rules in either direction, TCP connections to `port` as they
    /// are.
    ///
    /// # Errors
    ///
    /// When the system does not let us stand where the other machine would be.
    pub fn start(machines: &Rc<Machines>, rules: Rules, seed: u64, port: u16) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let hands = [Hand::on(machines, 0)?, Hand::on(machines, 1)?];
        for here in [0, 1] {
            let there = (Machines::address(1 - here), port).into();
            let (listener, hand) = (hands[here].listen(there)?, hands[1 - here].clone());
            let stop = Arc::clone(&stop);
            thread::Builder::new()
                .name("relay TCP".into())
                .spawn(move || forward(&listener, there, &hand, &stop))?;
        }
        let tally = Arc::new(Tally::default());
        let works = Works {
            hands,
            doors: BTreeMap::new(),
            ends: BTreeMap::new(),
            paths: [Path::new(rules, seed), Path::new(rules, seed ^ u64::MAX)],
            begin: Instant::now(),
            tally: Arc::clone(&tally),
        };
        let thread = thread::Builder::new().name("relay".into()).spawn({
            let stop = Arc::clone(&stop);
            move || works.run(&stop)
        })?;
        Ok(Self { stop, tally, thread: Some(thread) })
    }

    /// What happened so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Makes sockets on a machine: what a thread opens is where the thread is.
#[derive(Clone, Debug)]
struct Hand {
    orders: Sender<Order>,
}

#[derive(Debug)]
enum Order {
    Bind(SocketAddr, Sender<io::Result<UdpSocket>>),
    Listen(SocketAddr, Sender<io::Result<TcpListener>>),
    Connect(SocketAddr, Sender<io::Result<TcpStream>>),
    /// The UDP ports that programs have opened at this address.
    Ports(Ipv4Addr, Sender<io::Result<Vec<u16>>>),
}

impl Hand {
    fn on(machines: &Machines, machine: usize) -> Result<Self> {
        let place = machines.place(machine)?;
        let (orders, taken) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        thread::Builder::new().name("relay sockets".into()).spawn(move || {
            _ = tell.send(place.enter());
            // Ends when nobody has orders any more.
            while let Ok(order) = taken.recv() {
                match order {
                    Order::Bind(address, to) => _ = to.send(UdpSocket::bind(address)),
                    Order::Listen(address, to) => _ = to.send(TcpListener::bind(address)),
                    Order::Connect(address, to) => _ = to.send(TcpStream::connect(address)),
                    Order::Ports(address, to) => _ = to.send(ports(address)),
                }
            }
        })?;
        told.recv().context("the relay's thread has ended")??;
        Ok(Self { orders })
    }

    fn ask<T>(&self, order: impl FnOnce(Sender<io::Result<T>>) -> Order) -> io::Result<T> {
        let (to, answer) = mpsc::channel();
        let gone = |_| io::Error::other("the relay's thread has ended");
        self.orders.send(order(to)).map_err(|_| io::Error::other("the relay's thread has ended"))?;
        answer.recv().map_err(gone)?
    }

    fn bind(&self, address: SocketAddr) -> io::Result<UdpSocket> {
        let socket = self.ask(|to| Order::Bind(address, to))?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    }

    fn listen(&self, address: SocketAddr) -> io::Result<TcpListener> {
        self.ask(|to| Order::Listen(address, to))
    }
}

/// Reads the kernel's table of UDP sockets, of the machine that this thread is on.
fn ports(address: Ipv4Addr) -> io::Result<Vec<u16>> {
    let table = std::fs::read_to_string("/proc/thread-self/net/udp")?;
    Ok(parse_ports(&table, address))
}

/// See proc_net_udp(5): the second field is the address in the machine's byte order, and the port.
fn parse_ports(table: &str, address: Ipv4Addr) -> Vec<u16> {
    let wanted = format!("{:08X}", u32::from_ne_bytes(address.octets()));
    let port = |line: &str| {
        let (ip, port) = line.split_whitespace().nth(1)?.split_once(':')?;
        (ip == wanted).then(|| u16::from_str_radix(port, 16).ok()).flatten()
    };
    table.lines().skip(1).filter_map(port).collect()
}

/// A datagram under way: the ports of both machines.
#[derive(Debug)]
struct Flying {
    novice: u16,
    expert: u16,
    bytes: Vec<u8>,
}

/// The relay's work. The novice, on machine 0, is who opens ports that are named to the other; the ports of the expert, on
/// machine 1, are learnt from what comes.
struct Works {
    hands: [Hand; 2],
    /// On the expert's machine, at the novice's address, by the novice's port.
    doors: BTreeMap<u16, UdpSocket>,
    /// On the novice's machine, at the expert's address, by the expert's port.
    ends: BTreeMap<u16, UdpSocket>,
    /// From the novice to the expert, and back.
    paths: [Path<Flying>; 2],
    begin: Instant,
    tally: Arc<Tally>,
}

impl Works {
    fn run(mut self, stop: &AtomicBool) {
        let mut look_at = Instant::now();
        while !stop.load(Ordering::Relaxed) {
            if look_at <= Instant::now() {
                look_at = Instant::now() + LOOK_EVERY;
                self.open_doors();
            }
            self.take();
            self.give();
            self.count();
            self.sleep();
        }
    }

    /// Stands on the expert's machine wherever the novice has opened a port.
    fn open_doors(&mut self) {
        let novice = Machines::address(0);
        let ports = self.hands[0].ask(|to| Order::Ports(novice, to)).unwrap_or_default();
        for port in ports {
            if !self.doors.contains_key(&port)
                && let Ok(door) = self.hands[1].bind((novice, port).into())
            {
                self.doors.insert(port, door);
            }
        }
    }

    /// Takes in what has come on either side.
    fn take(&mut self) {
        let now = self.begin.elapsed();
        let mut buffer = [0; MAX_DATAGRAM];
        let (novice, expert) = (IpAddr::from(Machines::address(0)), IpAddr::from(Machines::address(1)));
        let [there, back] = &mut self.paths;
        for (&port, door) in &self.doors {
            while let Ok((length, from)) = door.recv_from(&mut buffer) {
                self.tally.taken.fetch_add(1, Ordering::Relaxed);
                if from.ip() == expert {
                    let bytes = buffer[..length].to_vec();
                    back.send(now, length, Flying { novice: port, expert: from.port(), bytes });
                }
            }
        }
        for (&port, end) in &self.ends {
            while let Ok((length, from)) = end.recv_from(&mut buffer) {
                self.tally.taken.fetch_add(1, Ordering::Relaxed);
                if from.ip() == novice {
                    let bytes = buffer[..length].to_vec();
                    there.send(now, length, Flying { novice: from.port(), expert: port, bytes });
                }
            }
        }
    }

    /// Hands over what has arrived. What cannot be handed over is lost, as it would be.
    fn give(&mut self) {
        let now = self.begin.elapsed();
        while let Some(flying) = self.paths[0].take(now) {
            if let Some(door) = self.doors.get(&flying.novice) {
                _ = door.send_to(&flying.bytes, (Machines::address(1), flying.expert));
            }
        }
        while let Some(flying) = self.paths[1].take(now) {
            let address = (Machines::address(1), flying.expert).into();
            if !self.ends.contains_key(&flying.expert)
                && let Ok(end) = self.hands[0].bind(address)
            {
                self.ends.insert(flying.expert, end);
            }
            if let Some(end) = self.ends.get(&flying.expert) {
                _ = end.send_to(&flying.bytes, (Machines::address(0), flying.novice));
            }
        }
    }

    fn count(&self) {
        let sum = |of: fn(&Path<Flying>) -> u64| self.paths.iter().map(of).sum();
        self.tally.lost.store(sum(|path| path.lost), Ordering::Relaxed);
        self.tally.did_not_fit.store(sum(|path| path.did_not_fit), Ordering::Relaxed);
    }

    /// Until something comes, arrives, or it is time to look for ports.
    fn sleep(&self) {
        let now = self.begin.elapsed();
        let due = self.paths.iter().filter_map(Path::due).min();
        let left = due.map_or(LOOK_EVERY, |due| due.saturating_sub(now).min(LOOK_EVERY));
        let left = Timespec { tv_sec: 0, tv_nsec: left.subsec_nanos().into() };
        let sockets = self.doors.values().chain(self.ends.values());
        let mut sockets: Vec<_> =
            sockets.map(|socket| PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN)).collect();
        // A signal ends the sleep early, which does no harm.
        _ = poll(&mut sockets, Some(&left));
    }
}

/// Takes connections to `there` and goes on with them where that really is.
fn forward(listener: &TcpListener, there: SocketAddr, hand: &Hand, stop: &AtomicBool) {
    if listener.set_nonblocking(true).is_err() {
        return;
    }
    while !stop.load(Ordering::Relaxed) {
        let Ok((near, _)) = listener.accept() else {
            thread::sleep(Duration::from_millis(2));
            continue;
        };
        // Nobody listens there: then the connection ends at once, as it would.
        let Ok(far) = hand.ask(|to| Order::Connect(there, to)) else { continue };
        // One that broke meanwhile is over at both ends, which both notice.
        _ = join(near, far);
    }
}

/// Copies both ways, each until its end.
fn join(near: TcpStream, far: TcpStream) -> io::Result<()> {
    near.set_nonblocking(false)?;
    for stream in [&near, &far] {
        stream.set_nodelay(true)?;
    }
    for (mut from, mut to) in [(near.try_clone()?, far.try_clone()?), (far, near)] {
        thread::Builder::new().name("relay TCP copy".into()).spawn(move || {
            _ = io::copy(&mut from, &mut to);
            _ = to.shutdown(Shutdown::Write);
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_one_address_are_found_in_the_kernels_table() {
        let address = Ipv4Addr::new(10, 77, 0, 1);
        let ours = format!("{:08X}", u32::from_ne_bytes(address.octets()));
        let table = format!(
            "  sl  local_address rem_address   st\n  1: {ours}:A1B2 00000000:0000 07\n  2: 00000000:14E9 00000000:0000 07\n"
        );
        assert_eq!(parse_ports(&table, address), [0xa1b2]);
        assert_eq!(parse_ports("", address), []);
    }
}
