//! Too much of everything: strangers, handshakes, slow ones, messages.

use crate::hostile::{Shown, greets, greets_from, read, write};
use crate::person::{Person, SOON, connected, new_key, says};
use rendezvous_net::nearby::nearby_address;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::{client, server};

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

/// Somebody who is no contact opens a link from this address of the machine, if there is a place.
async fn stranger(last: u8, to: SocketAddr) -> Option<client::TlsStream<TcpStream>> {
    let stream = from_elsewhere(last, to).await.ok()?;
    let mut stream = Shown::key(&new_key()).dials_in(stream).await.ok()?;
    greets(&mut stream, 'a').await.then_some(stream)
}

#[tokio::test]
async fn strangers_have_few_places_and_contacts_always_one() {
    let (bob, carol) = (Person::new().await, Person::new().await);
    bob.control.know(carol.address.clone(), vec![]);
    let mut strangers = Vec::new();
    for machine in 10..15 {
        let mut of_one = Vec::new();
        for _ in 0..10 {
            of_one.extend(stranger(machine, bob.place).await);
        }
        assert_eq!(of_one.len(), if machine < 14 { 8 } else { 0 }, "from 127.0.0.{machine}");
        strangers.push(of_one);
    }
    carol.control.lookup(&bob.place.to_string()).await.unwrap();
    bob.sees(&carol.address, true).await;
    // One leaves, and another one finds a place.
    drop(strangers[0].pop());
    let comes = async {
        while stranger(14, bob.place).await.is_none() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(SOON, comes).await.expect("a place is free again");
}

/// Comes with a key of its own, says something, goes, and waits to be looked for: the link that Bob then opens, if he
/// does.
async fn lure(last: u8, to: SocketAddr) -> Option<server::TlsStream<TcpStream>> {
    let (key, here) = (new_key(), Ipv4Addr::new(127, 0, 0, last));
    let listener = TcpListener::bind((here, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let comes = async {
        loop {
            let stream = from_elsewhere(last, to).await.unwrap();
            if let Ok(mut stream) = Shown::key(&key).dials_in(stream).await
                && greets_from(&mut stream, 'a', port).await
            {
                return stream;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let mut stream = tokio::time::timeout(Duration::from_secs(10), comes).await.ok()?;
    let word = r#"{"frame":"message","number":1,"message":{"session":"{07070707-0707-0707-0707-070707070707}","sequence":1,"body":{"type":"attached"}}}"#;
    write(&mut stream, word).await.ok()?;
    while !read(&mut stream).await.ok()?.contains(r#""frame":"taken""#) {}
    drop(stream);
    let (stream, _) = tokio::time::timeout(Duration::from_secs(8), listener.accept()).await.ok()?.unwrap();
    let mut stream = Shown::key(&key).answers(stream).await.ok()?;
    greets(&mut stream, 'a').await.then_some(stream)
}

#[tokio::test]
async fn a_flood_of_keys_from_one_machine_leaves_room_for_everybody_else() {
    let (bob, carol) = (Person::new().await, Person::new().await);
    bob.control.know(carol.address.clone(), vec![]);
    let mut flood = JoinSet::new();
    for _ in 0..60 {
        flood.spawn(lure(9, bob.place));
    }
    let held: Vec<_> = flood.join_all().await.into_iter().flatten().collect();
    assert!((1..=8).contains(&held.len()), "Bob opened {} links because strangers wanted it", held.len());
    carol.control.lookup(&bob.place.to_string()).await.unwrap();
    bob.sees(&carol.address, true).await;
    assert!(stranger(10, bob.place).await.is_some(), "and others may come for the first time");
}

/// Fewer than may be in a second, and they stay: without a limit they would take every place.
#[tokio::test]
async fn who_never_finishes_handshakes_takes_few_of_the_places() {
    let bob = Person::new().await;
    let mut open = Vec::new();
    for _ in 0..30 {
        open.push(from_elsewhere(9, bob.place).await.unwrap());
    }
    // Whoever was let in is answered when they say something, and that is not TLS.
    let mut answered = 0;
    for stream in &mut open {
        // One that was turned away may be closed already.
        _ = stream.write_all(b"not TLS").await;
    }
    for stream in &mut open {
        answered += usize::from(!is_dropped(stream).await);
    }
    assert!((1..=8).contains(&answered), "{answered} were under way at once");
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
        let sent = tokio::time::timeout(Duration::from_millis(500), write(&mut mallory, &frame)).await;
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
