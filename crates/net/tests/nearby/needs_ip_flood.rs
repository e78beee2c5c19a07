//! Somebody on the same wire who announces thousands.

use crate::needs_ip::{in_the_open, neighbour, on_machine};
use crate::person::{SOON, new_key};
use rendezvous_net::nearby::{Discovery, nearby_address};
use rendezvous_testkit::machines::{Machines, skip};
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;

/// A name in a DNS message, without compression.
fn name(labels: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in labels {
        bytes.push(u8::try_from(label.len()).unwrap());
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

fn record(name: &[u8], kind: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = name.to_vec();
    bytes.extend(kind.to_be_bytes());
    bytes.extend(1_u16.to_be_bytes());
    bytes.extend(4500_u32.to_be_bytes());
    bytes.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
    bytes.extend(data);
    bytes
}

/// What somebody might announce.
fn announcement(instance: &str, address: &str) -> Vec<u8> {
    forged(instance, &["v=1".to_owned(), format!("a={address}"), "n=Somebody".to_owned()], 7373)
}

/// An answer that nobody asked for: a service instance with everything that belongs to it.
pub(crate) fn forged(instance: &str, properties: &[String], port: u16) -> Vec<u8> {
    let service = ["_rendezvous", "_tcp", "local"];
    let full = name(&[&[instance][..], &service].concat());
    let host = name(&["mallory", "local"]);
    let mut txt = Vec::new();
    for property in properties {
        txt.push(u8::try_from(property.len()).unwrap());
        txt.extend(property.as_bytes());
    }
    let srv = [&[0, 0, 0, 0][..], &port.to_be_bytes(), &host].concat();
    let records = [
        record(&name(&service), 12, &full),
        record(&full, 33, &srv),
        record(&full, 16, &txt),
        record(&host, 1, &[10, 77, 0, 2]),
    ];
    let mut message = vec![0, 0, 0x84, 0, 0, 0];
    message.extend(u16::try_from(records.len()).unwrap().to_be_bytes());
    message.extend([0; 4]);
    message.extend(records.concat());
    message
}

/// An address that belongs to nobody.
fn invented(number: u32) -> String {
    const SYMBOLS: &[u8] = b"23456789abcdefghijkmnpqrstuvwxyz";
    let symbol = |place: u32| char::from(SYMBOLS[usize::try_from(number >> (5 * (place % 4)) & 31).unwrap()]);
    (0..32).map(symbol).collect()
}

fn announce(socket: &UdpSocket, numbers: std::ops::Range<u32>) {
    let group: SocketAddr = "224.0.0.251:5353".parse().unwrap();
    for number in numbers {
        socket.send_to(&announcement(&format!("x{number}"), &invented(number)), group).unwrap();
        // So that the wire and not the receiver's buffer is the limit.
        thread::sleep(Duration::from_micros(300));
    }
}

#[test]
fn thousands_of_announcements_fill_nothing_and_hide_no_contact() {
    let test = "thousands_of_announcements_fill_nothing_and_hide_no_contact";
    let machines = match Machines::new().unwrap() {
        Ok(machines) => Arc::new(machines),
        Err(why) => return skip(test, &why),
    };
    let (tell_address, address) = oneshot::channel();
    let (ready, is_ready) = oneshot::channel();
    let (full, is_full) = oneshot::channel();
    let alice = async move |_| {
        let alice = in_the_open("Alice").await;
        let bob = nearby_address(&new_key().public());
        alice.control.know(bob.clone(), vec![]);
        tell_address.send(bob.clone()).unwrap();
        let mut discovery = alice.control.discovery();
        discovery.wait_for(|state| *state == Discovery::On).await.unwrap();
        ready.send(()).unwrap();
        let fills = async {
            while alice.control.neighbours().len() < 512 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(SOON, fills).await.expect("the table fills");
        full.send(()).unwrap();
        // A contact is let in all the same.
        neighbour(&alice, &bob, |n| n.is_some()).await;
        alice.sees(&bob, true).await;
        assert_eq!(alice.control.neighbours().len(), 512);
        // It goes on, and is noticed: nothing is heard for a while, and nothing is kept.
        let broken = discovery.wait_for(|state| matches!(state, Discovery::Broken(_)));
        tokio::time::timeout(Duration::from_secs(60), broken).await.expect("a flood is noticed").unwrap();
        alice.sees(&bob, false).await;
        assert_eq!(alice.control.neighbours(), []);
    };
    let mallory = async move |_| {
        let socket = UdpSocket::bind("10.77.0.2:5353").unwrap();
        let bob = address.await.unwrap();
        is_ready.await.unwrap();
        announce(&socket, 0..1200);
        is_full.await.unwrap();
        let group: SocketAddr = "224.0.0.251:5353".parse().unwrap();
        socket.send_to(&announcement("bob", bob.as_str()), group).unwrap();
        announce(&socket, 2000..6000);
    };
    thread::scope(|scope| {
        let one = scope.spawn(|| on_machine(machines.clone(), 0, alice));
        let two = scope.spawn(|| on_machine(machines.clone(), 1, mallory));
        for machine in [one, two] {
            machine.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
}
