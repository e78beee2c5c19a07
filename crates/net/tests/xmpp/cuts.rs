//! A whole session while a connection is cut at a given place: nothing is lost, nothing is doubled.
//!
//! Every place is tried with `RENDEZVOUS_PROVE` set, as `cargo xtask prove network` does; else a few.

use crate::person::*;
use crate::server::{Server, on_both_servers};
use rendezvous_core::*;
use rendezvous_net::xmpp::Security;
use rendezvous_testkit::xmpp::{After, Cutter, Setup, Side};
use std::time::Duration;

/// The server forgets a session after so many seconds in the tests in which it must not be resumed.
const FORGETS: u32 = 1;

on_both_servers! {
    async fn a_cut_at_any_place_loses_nothing_when_the_session_is_resumed(Setup::alice_and_bob(), server) {
        cut_everywhere(&server, Duration::ZERO).await;
    }

    async fn a_cut_at_any_place_loses_nothing_when_the_session_is_forgotten(
        Setup::alice_and_bob().keeping(FORGETS), server
    ) {
        cut_everywhere(&server, Duration::from_secs(u64::from(FORGETS) + 1)).await;
    }
}

async fn cut_everywhere(server: &Server, pause: Duration) {
    let is_full = std::env::var_os("RENDEZVOUS_PROVE").is_some();
    let cutter = Cutter::start(server.place().clear).unwrap();
    let mut bob = Person::new(server, "bob", "desk");
    session(server, &cutter, &mut bob, "uncut").await;
    let elements = [Side::Client, Side::Server].map(|side| (side, cutter.elements(side)));
    let bytes = [Side::Client, Side::Server].map(|side| (side, cutter.bytes(side)));
    cutter.pause_after_cuts(pause);

    let mut places = Vec::new();
    for (side, count) in elements {
        places.extend((1..=count).map(|n| After::Elements(side, n)));
    }
    // Primes against the lengths of what is said, so that the places fall everywhere.
    for (side, count) in bytes {
        places.extend((0..100).map(|n| After::Bytes(side, 1 + (n * 7919 + 104_729) % count)));
    }
    let step = if is_full { 1 } else { places.len().div_ceil(6) };
    let offset = if is_full { 0 } else { step / 2 };
    let mut cuts = 0;
    for place in places.into_iter().skip(offset).step_by(step) {
        let before = cutter.cuts();
        cutter.cut_after(place);
        if is_full {
            eprintln!("{place:?}");
        }
        session(server, &cutter, &mut bob, &format!("{place:?}")).await;
        cuts += cutter.cuts() - before;
    }
    assert!(cuts > 0, "no connection was cut");
    eprintln!("{cuts} cuts, 0 lost, 0 doubled");
}

/// A session of Alice's, who signs in for it, with Bob.
async fn session(server: &Server, cutter: &Cutter, bob: &mut Person, place: &str) {
    let mut config = config(server, "alice", "laptop", Security::LoopbackOnly);
    config.server = Some(("127.0.0.1".into(), cutter.port()));
    let mut alice = Person::with(config);
    meet(&alice, bob).await;
    let session = invite(&alice, bob).await;
    bob.until(|e| matches!(e, Event::Invited(_))).await;
    bob.call(session, Command::Accept { data: String::new() }).await;
    for person in [&mut alice, &mut *bob] {
        person.until(|e| *e == Event::Launch).await;
        person.call(session, Command::Attach).await;
    }
    for person in [&mut alice, &mut *bob] {
        person.until(|e| matches!(e, Event::StateChanged { current: State::Connected, .. })).await;
    }
    let texts: Vec<String> = (0..4).map(|n| format!("{n} {}", "x".repeat(n * 500))).collect();
    for text in &texts {
        alice.call(session, Command::SendContext(text.clone())).await;
        bob.call(session, Command::SendContext(text.clone())).await;
    }
    for person in [&mut alice, &mut *bob] {
        for text in &texts {
            let next = person
                .until(|e| matches!(e, Event::ContextData(_) | Event::SendError(_) | Event::Ended { .. }))
                .await;
            assert_eq!(next.event, Event::ContextData(text.clone()), "{place}, {}", person.address);
        }
    }
    bob.call(session, Command::Terminate { result: SessionResult::SUCCESS, data: String::new() }).await;
    for person in [&mut alice, &mut *bob] {
        let next = person
            .until(|e| matches!(e, Event::ContextData(_) | Event::SendError(_) | Event::Ended { .. }))
            .await;
        assert!(matches!(next.event, Event::Ended { .. }), "{place}, {}: {next:?}", person.address);
    }
    // A cut may have come in the way of her goodbye; then the next Alice takes the place of a ghost.
}

/// Invites as soon as that is possible: not while the account is offline.
async fn invite(alice: &Person, bob: &Person) -> SessionId {
    loop {
        match alice.handle.invite(bob.address.clone(), ApplicationId::ASK, String::new()).await {
            Ok(session) => return session,
            Err(_) => alice.sees(&[endpoint("bob", "desk")]).await,
        };
    }
}
