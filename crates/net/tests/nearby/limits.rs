//! Too much of everything: strangers, handshakes, slow ones, messages.

use crate::hostile::{Shown, greets, write};
use crate::person::{Person, SOON, connected, new_key, says};
use rendezvous_net::nearby::nearby_address;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// A connection from another address of this machine: another source to whoever counts them.
async fn from_elsewhere(last: u8, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::new(127, 0, 0, last), 0).into())?;
    socket.connect(to).await
}

/// Whether the other side closes this connection without a word.
async fn is_dropped(stream: &mut TcpStream) -> bool {
    let mut byte = [0; 1];
    let read = stream.read(&mut byte);
    !matches!(tokio::time::timeout(SOON, read).await.expect("an answer or the end"), Ok(1..))
}

#[tokio::test]
async fn who_floods_with_handshakes_stops_nobody_else() {
    let (alice, mut bob, session) = connected().await;
    let begun = std::time::Instant::now();
    let mut silent = Vec::new();
    let (mut dropped, mut answered) = (0, 0);
    for _ in 0..600 {
        // Nothing is said in it: a handshake that does not go on.
        silent.push(from_elsewhere(9, bob.place).await.unwrap());
    }
    for stream in &mut silent {
        // Those that were let in wait for a word from us.
        _ = stream.write_all(b"not TLS").await;
        let mut byte = [0; 1];
        match tokio::time::timeout(SOON, stream.read(&mut byte)).await.expect("an answer or the end") {
            Ok(1..) => answered += 1,
            _ => dropped += 1,
        }
    }
    let most = 32 + usize::try_from(begun.elapsed().as_millis()).unwrap() / 100 + 1;
    assert!(answered > 0 && answered <= most, "{answered} were let in, {most} may be");
    assert_eq!(answered + dropped, 600);
    says(&alice, &mut bob, session, "still here").await;
    // Somebody else calls while the flood's sources are still counted.
    let carol = Person::new().await;
    assert_eq!(carol.control.lookup(&bob.place.to_string()).await.unwrap(), bob.address);
}

#[tokio::test]
async fn strangers_have_few_places_and_contacts_always_one() {
    let (bob, carol) = (Person::new().await, Person::new().await);
    bob.control.know(carol.address.clone(), vec![]);
    let mut strangers = Vec::new();
    for number in 0..40 {
        if number % 20 == 0 {
            // Not faster than one source may be.
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        }
        let mut stream = Shown::key(&new_key()).dials(bob.place).await.unwrap();
        if greets(&mut stream, 'a').await {
            strangers.push(stream);
        }
    }
    assert_eq!(strangers.len(), 32);
    carol.control.lookup(&bob.place.to_string()).await.unwrap();
    bob.sees(&carol.address, true).await;
    // One leaves, and another one finds a place.
    drop(strangers.pop());
    let comes = async {
        loop {
            let mut stream = Shown::key(&new_key()).dials(bob.place).await.unwrap();
            if greets(&mut stream, 'a').await {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(SOON, comes).await.expect("a place is free again");
}

#[tokio::test]
async fn a_handshake_that_does_not_go_on_is_given_up() {
    let bob = Person::new().await;
    let mut silent = TcpStream::connect(bob.place).await.unwrap();
    let mut half = TcpStream::connect(bob.place).await.unwrap();
    half.write_all(&[0x16, 0x03, 0x01, 0x40, 0x00]).await.unwrap();
    assert!(is_dropped(&mut silent).await && is_dropped(&mut half).await);
}

/// Somebody who reads nothing: what is for them waits, in bounds, and nobody else waits for it.
#[tokio::test]
async fn who_does_not_read_stops_nobody_else() {
    let (alice, mut bob, session) = connected().await;
    let key = new_key();
    let mut mallory = Shown::key(&key).dials(bob.place).await.unwrap();
    assert!(greets(&mut mallory, 'a').await);
    // Each of these is answered, and the answers are not read.
    let name = |n: u32| format!("{{07070707-0707-0707-0707-0707{n:08x}}}");
    let mut taken = 0;
    for n in 1..=20_000_u32 {
        let frame = format!(
            r#"{{"frame":"message","number":{n},"message":{{"session":"{}","sequence":1,"body":{{"type":"attached"}}}}}}"#,
            name(n)
        );
        let sent =
            tokio::time::timeout(std::time::Duration::from_millis(500), write(&mut mallory, &frame)).await;
        if !matches!(sent, Ok(Ok(()))) {
            break;
        }
        taken += 1;
    }
    assert!(taken > 100, "{taken}");
    says(&alice, &mut bob, session, "still here").await;
    assert_eq!(bob.handle.list().await.unwrap().len(), 1);
    assert_ne!(nearby_address(&key.public()), bob.address);
    says(&bob, &mut { alice }, session, "and here").await;
}
