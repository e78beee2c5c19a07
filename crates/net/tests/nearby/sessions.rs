//! Sessions between two and three people on good links.

use crate::person::{Person, connected, new_key, on_loopback, says};
use rendezvous_core::*;
use rendezvous_net::CallError;
use rendezvous_net::nearby::{Config, NearbyError, nearby_address, parse_address};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test]
async fn a_session_from_invitation_to_end() {
    let (mut alice, mut bob, session) = connected().await;
    says(&alice, &mut bob, session, &"é\u{0}".repeat(MAX_CONTEXT / 3)).await;
    let info = bob.handle.list().await.unwrap().remove(0);
    assert_eq!(info.contact, alice.address);
    assert_eq!(info.contact, nearby_address(&alice.key.public()), "the caller is named by their key");
    assert_eq!(info.key, Some(alice.key.public()));
    let end = Command::Terminate { result: SessionResult::SUCCESS, data: "bye".into() };
    bob.handle.command(session, end).await.unwrap();
    assert_eq!(alice.ended().await, Code::SessionCancelledRemote.into());
    assert_eq!(bob.ended().await, Code::SessionCancelledLocal.into());
    assert_eq!(alice.handle.list().await.unwrap(), []);
}

#[tokio::test]
async fn three_people_call_each_other_at_once() {
    let mut people = [Person::new().await, Person::new().await, Person::new().await];
    for from in 0..3 {
        people[from].calls(people[(from + 1) % 3].place).await;
    }
    for person in &mut people {
        let invited = person.until(|e| matches!(e, Event::Invited(_))).await;
        let decline = Command::Decline { by: DeclinedBy::Person, data: String::new() };
        person.handle.command(invited.session, decline).await.unwrap();
    }
    for person in &people {
        person.is_idle().await;
    }
}

#[tokio::test]
async fn two_people_who_call_each_other_at_once_have_one_session() {
    for _ in 0..8 {
        let (mut alice, mut bob) = (Person::new().await, Person::new().await);
        // Neither has a link yet, so both dial.
        alice.control.know(bob.address.clone(), vec![bob.place]);
        bob.control.know(alice.address.clone(), vec![alice.place]);
        let calls = |from: &Person, to: &Person| {
            let (handle, to) = (from.handle.clone(), to.address.clone());
            async move { handle.invite(to, ApplicationId::ASK, String::new()).await.unwrap() }
        };
        let (a, b) = tokio::join!(calls(&alice, &bob), calls(&bob, &alice));
        let (inviter, invitee) = if a < b { (&mut alice, &mut bob) } else { (&mut bob, &mut alice) };
        let invited = invitee.until(|e| matches!(e, Event::Invited(_))).await;
        assert_eq!(invited.session, a.min(b), "the lower one goes on");
        inviter.until(|e| matches!(e, Event::Ringing(_))).await;
        inviter.handle.command(a.min(b), Command::Cancel { data: String::new() }).await.unwrap();
        alice.is_idle().await;
        bob.is_idle().await;
    }
}

#[tokio::test]
async fn a_person_who_vanishes_ends_the_session() {
    let (mut alice, bob, _) = connected().await;
    bob.vanishes().await;
    assert_eq!(alice.ended().await, Code::ConnectionFailure.into());
}

#[tokio::test]
async fn nobody_listens_there() {
    let mut alice = Person::new().await;
    let gone = Person::new().await;
    let (address, place) = (gone.address.clone(), gone.place);
    gone.vanishes().await;
    let found = alice.control.lookup(&place.to_string()).await;
    assert!(matches!(found, Err(NearbyError::Unreachable { .. })), "{found:?}");

    // Known, but not where they were.
    alice.control.know(address.clone(), vec![place]);
    alice.handle.invite(address, ApplicationId::ASK, String::new()).await.unwrap();
    alice.until(|e| *e == Event::SendError(Code::InvitationSendFailure)).await;
    assert_eq!(alice.ended().await, Code::InvitationSendFailure.into());

    // Never heard of.
    let stranger = nearby_address(&new_key().public());
    alice.handle.invite(stranger, ApplicationId::ASK, String::new()).await.unwrap();
    assert_eq!(alice.ended().await, Code::InvitationSendFailure.into());
}

#[tokio::test]
async fn what_is_typed_leads_to_somebody_or_says_why_not() {
    let (alice, bob) = (Person::new().await, Person::new().await);
    let port = bob.place.port();
    assert_eq!(alice.control.lookup(&format!("localhost:{port}")).await.unwrap(), bob.address);
    for text in ["", "bob", "127.0.0.1", "127.0.0.1:0", "a b:1"] {
        let refused = alice.control.lookup(text).await;
        assert!(matches!(refused, Err(NearbyError::NotAPlace(_))), "{text}: {refused:?}");
    }
    let nowhere = alice.control.lookup("nowhere.invalid:7373").await;
    assert!(matches!(nowhere, Err(NearbyError::NoSuchHost(_))), "{nowhere:?}");
    let ourselves = alice.control.lookup(&alice.place.to_string()).await;
    assert!(matches!(ourselves, Err(NearbyError::Ourselves(_))), "{ourselves:?}");

    let web = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = web.local_addr().unwrap().to_string();
    let serve = async {
        let (mut stream, _) = web.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        _ = stream.read(&mut [0; 1024]).await;
    };
    let (found, ()) = tokio::join!(alice.control.lookup(&place), serve);
    assert!(matches!(found, Err(NearbyError::NotRendezvous(_))), "{found:?}");
}

#[tokio::test]
async fn a_place_to_listen_is_a_number_address_and_a_port() {
    for bad in ["example.org", "example.org:7001", "127.0.0.1", "::1:", "[::1]:70000", ""] {
        assert!(matches!(parse_address(bad), Err(NearbyError::NotAnAddress(_))), "{bad}");
    }
    for good in ["[::1]:7001", "0.0.0.0:0", "[fe80::1%2]:7001"] {
        assert!(parse_address(good).is_ok(), "{good}");
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let bob = Person::new().await;
    let taken = Config { listen: bob.place, ..on_loopback() };
    let refused = rendezvous_net::nearby::Nearby::listen(taken, new_key()).await;
    assert!(matches!(refused, Err(NearbyError::Listen { address, .. }) if address == bob.place));
}

#[tokio::test]
async fn contacts_are_seen_to_come_and_go() {
    let (alice, bob) = (Person::new().await, Person::new().await);
    let (address, stranger) = (bob.address.clone(), Person::new().await);
    alice.control.know(address.clone(), vec![bob.place]);
    alice.sees(&address, false).await;
    bob.control.lookup(&alice.place.to_string()).await.unwrap();
    stranger.control.lookup(&alice.place.to_string()).await.unwrap();
    alice.sees(&address, true).await;
    alice.sees(&stranger.address, false).await;
    alice.control.forget(address.clone());
    alice.sees(&address, false).await;
    alice.control.know(address.clone(), vec![]);
    // The link went with the acquaintance.
    bob.control.lookup(&alice.place.to_string()).await.unwrap();
    alice.sees(&address, true).await;
    bob.vanishes().await;
    alice.sees(&address, false).await;
}

#[tokio::test]
async fn strangers_without_tls_change_nothing() {
    let (alice, mut bob, session) = connected().await;
    for noise in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 4096], b""] {
        let mut stream = TcpStream::connect(bob.place).await.unwrap();
        _ = stream.write_all(noise).await;
        _ = stream.shutdown().await;
        // Bob closes the link; what he says before that does not matter.
        _ = stream.read_to_end(&mut Vec::new()).await;
    }
    says(&alice, &mut bob, session, "still here").await;
}

#[tokio::test]
async fn calls_are_refused_with_their_code() {
    let alice = Person::new().await;
    let refused = alice.handle.invite(alice.address.clone(), ApplicationId::ASK, String::new()).await;
    assert_eq!(refused, Err(CallError::Refused(SessionError::Refused(Code::InvitedSelf))));
    let nobody = alice.handle.command(SessionId([1; 16]), Command::Attach).await;
    assert_eq!(nobody, Err(CallError::Refused(SessionError::NoSuchSession(SessionId([1; 16])))));
}
