//! Whom a device does not take for another, and what it does not take from it.

use crate::hostile::{Shown, greets, read, spki, write};
use crate::person::{Person, SOON, connected, connected_at, new_key, says};
use rendezvous_core::*;
use rendezvous_net::nearby::{NearbyError, nearby_address};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Everything that nobody may show, by name. `victim` is who is called.
fn bad_shows(victim: &Person) -> Vec<(&'static str, Shown)> {
    let (own, other) = (new_key(), new_key());
    let mut long = spki(&own);
    long.push(0);
    let mut x25519 = spki(&own);
    x25519[8] = 0x6E;
    let mut small_order = spki(&own);
    small_order[12..].fill(0);
    vec![
        ("another's key", Shown::of_another(&other, &own)),
        ("the victim's own key, signed by somebody else", Shown::of_another(&victim.key, &own)),
        ("the victim's own key", Shown::key(&victim.key)),
        ("two keys", Shown::two_keys(&own, &other)),
        ("a key and something behind it", Shown::bytes(long, &own)),
        ("a key of another kind", Shown::bytes(x25519, &own)),
        ("a key that nobody can hold", Shown::bytes(small_order, &own)),
        ("no bytes", Shown::bytes(Vec::new(), &own)),
        ("a P-256 certificate", Shown::certificate(&rcgen::PKCS_ECDSA_P256_SHA256, false)),
        ("an RSA certificate", Shown::certificate(&rcgen::PKCS_RSA_SHA256, false)),
        ("an Ed25519 certificate", Shown::certificate(&rcgen::PKCS_ED25519, false)),
        ("a P-256 certificate as a key", Shown::certificate(&rcgen::PKCS_ECDSA_P256_SHA256, true)),
        ("an RSA certificate as a key", Shown::certificate(&rcgen::PKCS_RSA_SHA256, true)),
        ("an Ed25519 certificate as a key", Shown::certificate(&rcgen::PKCS_ED25519, true)),
        ("another protocol", Shown::key(&own).speaking(Some(b"h2"))),
        ("no protocol", Shown::key(&own).speaking(None)),
    ]
}

#[tokio::test]
async fn a_caller_proves_a_key_or_is_not_greeted() {
    let (alice, mut bob, session) = connected().await;
    let mut good = Shown::key(&new_key()).dials(bob.place).await.unwrap();
    assert!(greets(&mut good, 'a').await, "who keeps to the rules is greeted");
    let mut all = bad_shows(&bob);
    all.push(("nothing", Shown::nothing()));
    for (what, shown) in all {
        // With TLS 1.3 a client may believe that it is done before the server has looked at it.
        let greeted = match shown.dials(bob.place).await {
            Ok(mut stream) => greets(&mut stream, 'a').await,
            Err(_) => false,
        };
        assert!(!greeted, "{what}");
    }
    says(&alice, &mut bob, session, "still here").await;
}

#[tokio::test]
async fn who_is_called_proves_a_key_or_hears_nothing() {
    let alice = Person::new().await;
    for (what, shown) in bad_shows(&alice) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap().to_string();
        let answer = async {
            let (stream, _) = listener.accept().await.unwrap();
            match shown.answers(stream).await {
                Ok(mut stream) => read(&mut stream).await.ok(),
                Err(_) => None,
            }
        };
        let (found, heard) = tokio::join!(alice.control.lookup(&place), answer);
        assert!(found.is_err(), "{what}: {found:?}");
        assert_eq!(heard, None, "{what}");
    }
}

/// The beginning of TLS 1.2, written by hand: our library cannot speak it.
#[tokio::test]
async fn older_versions_of_tls_are_refused() {
    let bob = Person::new().await;
    let mut hello = vec![0x03, 0x03];
    hello.extend([7; 32]);
    hello.extend([0, 0, 4, 0xC0, 0x2B, 0xC0, 0x2F, 1, 0]);
    let extensions =
        [&[0, 10, 0, 4, 0, 2, 0, 29][..], &[0, 13, 0, 6, 0, 4, 8, 7, 4, 3], &[0, 11, 0, 2, 1, 0]].concat();
    hello.extend(u16::try_from(extensions.len()).unwrap().to_be_bytes());
    hello.extend(extensions);
    let mut record = vec![0x16, 0x03, 0x01];
    record.extend(u16::try_from(hello.len() + 4).unwrap().to_be_bytes());
    record.extend([1, 0]);
    record.extend(u16::try_from(hello.len()).unwrap().to_be_bytes());
    record.extend(hello);

    let mut stream = TcpStream::connect(bob.place).await.unwrap();
    stream.write_all(&record).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(SOON, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
    // An alert, fatal: protocol_version.
    assert_eq!(answer.get(..1), Some(&[0x15][..]), "{answer:?}");
    assert_eq!(answer[5..], [2, 70], "{answer:?}");
}

#[tokio::test]
async fn who_is_at_anothers_place_gets_no_invitation_and_does_not_learn_who_calls() {
    let (mut alice, bob) = (Person::new().await, Person::new().await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    alice.control.know(bob.address.clone(), vec![listener.local_addr().unwrap()]);
    let mallory = Shown::key(&new_key());
    let answer = async {
        let (stream, _) = listener.accept().await.unwrap();
        mallory.answers(stream).await.is_ok()
    };
    let call = async {
        alice.handle.invite(bob.address.clone(), ApplicationId::ASK, String::new()).await.unwrap();
        alice.ended().await
    };
    let (was_told, result) = tokio::join!(answer, call);
    assert_eq!(result, Code::InvitationSendFailure.into());
    assert!(!was_told, "the handshake ends before Alice shows her key");
}

#[tokio::test]
async fn a_false_place_does_not_hide_the_right_one() {
    let (mut alice, mut bob) = (Person::new().await, Person::new().await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mallory = Shown::key(&new_key());
    let false_place = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            _ = mallory.answers(stream).await;
        }
    });
    alice.control.know(bob.address.clone(), vec![false_place, bob.place]);
    alice.handle.invite(bob.address.clone(), ApplicationId::ASK, String::new()).await.unwrap();
    bob.until(|e| matches!(e, Event::Invited(_))).await;
    alice.until(|e| matches!(e, Event::Ringing(_))).await;
}

#[tokio::test]
async fn a_mirror_is_recognised() {
    let alice = Person::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (place, target) = (listener.local_addr().unwrap().to_string(), alice.place);
    tokio::spawn(async move {
        let (mut from, _) = listener.accept().await.unwrap();
        let mut to = TcpStream::connect(target).await.unwrap();
        _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
    });
    let found = alice.control.lookup(&place).await;
    assert!(matches!(found, Err(NearbyError::Ourselves(_))), "{found:?}");
}

/// Alice invites Mallory, who keeps to the rules so far: what Mallory holds then is Alice's signed invitation.
async fn invitation_to_mallory(alice: &Person, mallory: &Shown) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let answer = async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = mallory.answers(stream).await.unwrap();
        assert!(greets(&mut stream, 'b').await);
        let frame = read(&mut stream).await.unwrap();
        (frame, stream)
    };
    let (_, (frame, _stream)) = tokio::join!(alice.calls(listener.local_addr().unwrap()), answer);
    frame
}

/// Sends one message on a link of Mallory's; returns whether it was confirmed, else the link was closed.
async fn is_taken(mallory: &Shown, to: SocketAddr, frame: &str) -> bool {
    let mut stream = mallory.dials(to).await.unwrap();
    assert!(greets(&mut stream, 'c').await);
    write(&mut stream, frame).await.unwrap();
    matches!(read(&mut stream).await, Ok(answer) if answer == r#"{"frame":"taken","number":1}"#)
}

/// The text between the first `before` and the `after` behind it.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split_once(before).unwrap().1.split_once(after).unwrap().0
}

#[tokio::test]
async fn proofs_cannot_be_stripped_swapped_or_passed_on() {
    let (alice, bob) = (Person::new().await, Person::new().await);
    let (mallory_key, carol_key) = (new_key(), new_key());
    let (mallory, carol) = (Shown::key(&mallory_key), Shown::key(&carol_key));
    let alices = invitation_to_mallory(&alice, &mallory).await;
    let proof = format!(r#""proof":{{{}}}"#, between(&alices, r#""proof":{"#, "}"));
    assert!(proof.contains(&alice.key.public().to_text()), "{alices}");

    // Passed on over a link of Mallory's own: the link's key is not the one that signed.
    assert!(!is_taken(&mallory, bob.place, &alices).await);
    // Without the proof, with half of it, and with one more.
    assert!(!is_taken(&mallory, bob.place, &alices.replace(&format!(",{proof}"), "")).await);
    let signature = format!(r#","signature":"{}""#, between(&proof, r#""signature":""#, "\""));
    assert!(!is_taken(&mallory, bob.place, &alices.replace(&signature, "")).await);
    assert!(!is_taken(&mallory, bob.place, &alices.replace(&proof, &format!("{proof},{proof}"))).await);
    // With Mallory's key in it, or with the signature of somebody else's invitation: it comes from Mallory then, and
    // does not verify.
    let renamed = alices.replace(&alice.key.public().to_text(), &mallory_key.public().to_text());
    assert!(is_taken(&mallory, bob.place, &renamed).await, "the network takes it…");
    let carols = invitation_to_mallory(&alice, &carol).await;
    let swapped = renamed
        .replace(between(&renamed, r#""signature":""#, "\""), between(&carols, r#""signature":""#, "\""));
    assert!(is_taken(&mallory, bob.place, &swapped).await);
    assert_eq!(bob.handle.list().await.unwrap(), [], "…and the driver does not");
    assert_eq!(bob.handle.list().await.unwrap().len(), 0);
}

#[tokio::test]
async fn rules_of_a_link() {
    let bob = Person::new().await;
    let mallory = Shown::key(&new_key());
    let ringing =
        r#"{"session":"{07070707-0707-0707-0707-070707070707}","sequence":1,"body":{"type":"ringing"}}"#;
    let numbered = |n: &str| format!(r#"{{"frame":"message","number":{n},"message":{ringing}}}"#);
    assert!(is_taken(&mallory, bob.place, &numbered("1")).await);
    for (what, frame) in [
        ("a gap", numbered("2")),
        ("no number", numbered("0")),
        ("a negative number", numbered("-1")),
        (
            "a second greeting",
            format!(r#"{{"frame":"hello","version":1,"port":9,"instance":"{}"}}"#, "d".repeat(32)),
        ),
        ("a confirmation of nothing", r#"{"frame":"taken","number":1}"#.to_owned()),
        ("an unknown frame", r#"{"frame":"accept"}"#.to_owned()),
        ("no frame", "{}".to_owned()),
    ] {
        assert!(!is_taken(&mallory, bob.place, &frame).await, "{what}");
    }
    // Larger than any frame: the length alone ends it.
    let mut stream = mallory.dials(bob.place).await.unwrap();
    assert!(greets(&mut stream, 'e').await);
    stream.write_u32(64 * 1024 + 1).await.unwrap();
    stream.flush().await.unwrap();
    assert!(read(&mut stream).await.is_err());
}

/// Mallory has every message of a session with Alice on disk, and plays them to her again.
#[tokio::test]
async fn a_recorded_session_starts_nothing_again() {
    let mut alice = Person::new().await;
    let mallory_key = new_key();
    let mallory = Shown::key(&mallory_key);
    let invitation = invitation_to_mallory(&alice, &mallory).await;
    let session = between(&invitation, r#""session":""#, "\"").to_owned();
    let message = |number: u32, sequence: u32, body: &str| {
        format!(
            r#"{{"frame":"message","number":{number},"message":{{"session":"{session}","sequence":{sequence},"body":{body}}}}}"#
        )
    };
    let recorded = [
        message(1, 0, r#"{"type":"ringing"}"#),
        message(2, 1, r#"{"type":"decline","by":"person","data":""}"#),
    ];
    let place = alice.place;
    let play = async |instance| {
        let mut stream = mallory.dials(place).await.unwrap();
        assert!(greets(&mut stream, instance).await);
        for frame in &recorded {
            write(&mut stream, frame).await.unwrap();
        }
        let mut heard = Vec::new();
        while heard.last().is_none_or(|frame: &String| !frame.contains("\"number\":2")) {
            heard.push(read(&mut stream).await.unwrap());
        }
    };
    // The same run of Mallory's program as the one that was invited.
    play('b').await;
    assert_eq!(alice.ended().await, Code::InvitationDeclined.into());
    assert!(alice.happenings.try_recv().is_err(), "that was the end");
    for instance in ['b', 'f'] {
        play(instance).await;
        assert_eq!(alice.handle.list().await.unwrap(), []);
    }
    assert!(alice.happenings.try_recv().is_err(), "nothing happens by what was heard before");
    assert_ne!(nearby_address(&mallory_key.public()), alice.address);
}

#[tokio::test]
async fn who_claims_to_be_another_run_ends_only_their_own_sessions() {
    let (mut alice, mut bob, session) = connected().await;
    let mut carol = Person::new().await;
    let place = bob.place;
    let other = connected_at(&mut carol, &mut bob, place).await;
    let mut mallory = Shown::key(&new_key()).dials(bob.place).await.unwrap();
    assert!(greets(&mut mallory, 'a').await);
    write(&mut mallory, r#"{"frame":"bye"}"#).await.unwrap();
    says(&alice, &mut bob, session, "still here").await;
    // Somebody who holds Carol's key speaks for Carol's device.
    let mut carols = Shown::key(&carol.key).dials(bob.place).await.unwrap();
    assert!(greets(&mut carols, 'a').await);
    let lost = bob.until(|e| matches!(e, Event::Ended { .. })).await;
    assert_eq!(lost.session, other);
    says(&bob, &mut alice, session, "and still here").await;
}
