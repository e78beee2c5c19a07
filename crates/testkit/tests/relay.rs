//! The bad link between two machines. Needs network namespaces, and so root.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rendezvous_testkit::machines::{Machines, skip};
use rendezvous_testkit::relay::{Relay, Rules};
use rendezvous_testkit::wait;

const SOON: Duration = Duration::from_secs(30);
const PORT: u16 = 7373;

const RULES: Rules = Rules {
    bits_per_second: 1_000_000,
    delay: Duration::from_millis(50),
    lost_of_thousand: 0,
    queue: Duration::from_secs(1),
};

#[test]
fn needs_ip_datagrams_are_late_and_connections_pass() {
    let machines = match Machines::apart().unwrap() {
        Ok(machines) => Rc::new(machines),
        Err(why) => return skip("needs_ip_datagrams_are_late_and_connections_pass", &why),
    };
    let _relay = Relay::start(&machines, RULES, 1, PORT).unwrap();
    let (novice, expert) = (Machines::address(0), Machines::address(1));

    let (tell, told) = mpsc::channel();
    let place = machines.place(0).unwrap();
    thread::spawn(move || {
        place.enter().unwrap();
        let (socket, listener) =
            (UdpSocket::bind((novice, 0)).unwrap(), TcpListener::bind((novice, PORT)).unwrap());
        tell.send(socket.local_addr().unwrap()).unwrap();
        let mut connection = listener.accept().unwrap().0;
        connection.write_all(b"hello").unwrap();
        let mut buffer = [0; 16];
        // What comes is answered, as long as the test lasts.
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            socket.send_to(&buffer[..length], from).unwrap();
        }
    });
    let there = told.recv_timeout(SOON).unwrap();

    machines.place(1).unwrap().enter().unwrap();
    let mut greeting = [0; 5];
    TcpStream::connect((novice, PORT)).unwrap().read_exact(&mut greeting).unwrap();
    assert_eq!(&greeting, b"hello");

    let socket = UdpSocket::bind((expert, 0)).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    let took = wait::until("an answer", SOON, || {
        let sent = Instant::now();
        socket.send_to(b"?", there)?;
        let mut buffer = [0; 16];
        // Before the relay has noticed the port there is none.
        Ok(socket.recv_from(&mut buffer).ok().map(|(_, from)| (sent.elapsed(), from)))
    });
    let (took, from) = took.unwrap();
    assert_eq!(from, there, "it comes from where it was sent to");
    assert!(took >= RULES.delay * 2, "there and back in {took:?}");
}
