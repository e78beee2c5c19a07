//! A whole session while a connection is cut at a given place: nothing is lost, nothing is doubled.
//!
//! With `RENDEZVOUS_PROVE` set, as `cargo xtask prove network` does, every boundary of an element and 200 bytes at random
//! are tried, on each server and in each way; else a few. That sessions were resumed, or were not, is read off the wire:
//! the streams are in the clear.

use crate::person::*;
use crate::server::{Server, on_both_servers};
use rendezvous_core::*;
use rendezvous_net::xmpp::Security;
use rendezvous_testkit::xmpp::{After, Cutter, Setup, Side};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// The server forgets a session after so many seconds in the tests in which it must not be resumed.
const FORGETS: u32 = 1;
/// So many bytes of a session, besides every end of an element.
const BYTES: usize = 200;
/// So many pairs of people try places at once: they wait most of the time.
const PAIRS: usize = 10;
/// So many places without `RENDEZVOUS_PROVE`.
const FEW: usize = 6;

/// A place that a session did not come to is tried so often, since no two sessions are alike to the byte…
const TRIES: usize = 4;
/// …and of so many places one may be left then.
const MISSED: usize = 20;

on_both_servers! {
    async fn a_cut_at_any_place_loses_nothing_when_the_session_is_resumed(nobody(), server) {
        let counted = cut_everywhere(server, Duration::ZERO).await;
        assert!(counted.resumed > 0, "nothing was resumed: {counted:?}");
    }

    async fn a_cut_at_any_place_loses_nothing_when_the_session_is_forgotten(nobody().keeping(FORGETS), server) {
        let counted = cut_everywhere(server, Duration::from_secs(u64::from(FORGETS) + 1)).await;
        assert!(counted.refused > 0, "the server refused nothing: {counted:?}");
        assert_eq!(counted.resumed, 0, "{counted:?}");
    }
}

/// A server that nobody has an account on yet.
fn nobody() -> Setup {
    Setup { users: Vec::new(), friends: Vec::new(), ..Setup::alice_and_bob() }
}

/// What came of some places.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    /// Cut after an element…
    after_elements: usize,
    /// …or after any byte.
    after_bytes: usize,
    /// Not come to, however often it was tried.
    missed: usize,
    /// What the server said to whoever wanted to resume.
    resumed: usize,
    refused: usize,
}

impl Counted {
    fn and(self, more: Self) -> Self {
        Self {
            after_elements: self.after_elements + more.after_elements,
            after_bytes: self.after_bytes + more.after_bytes,
            missed: self.missed + more.missed,
            resumed: self.resumed + more.resumed,
            refused: self.refused + more.refused,
        }
    }
}

async fn cut_everywhere(server: Server, pause: Duration) -> Counted {
    let is_full = std::env::var_os("RENDEZVOUS_PROVE").is_some();
    let start = Instant::now();
    let mut first = Pair::new(&server, 0);
    // The first time Bob learns what Alice's device can do; all others are like the second.
    first.session("the first").await;
    let before = counts(&first.cutter);
    first.session("uncut").await;
    let after = counts(&first.cutter);
    let mut places = places(std::array::from_fn(|n| after[n] - before[n]));
    if !is_full {
        let step = places.len().div_ceil(FEW);
        places = places.into_iter().skip(step / 2).step_by(step).collect();
    }
    let tried = places.len();
    let counted = cut_at_all(places, first, server, pause).await;
    let Counted { after_elements, after_bytes, missed, resumed, refused } = counted;
    let (cuts, seconds) = (after_elements + after_bytes, start.elapsed().as_secs());
    assert!(missed <= tried / MISSED, "of {tried} places too many were not come to: {counted:?}");
    eprintln!(
        "{cuts} cuts, 0 lost, 0 doubled: {after_elements} after an element, {after_bytes} after any byte; \
         {resumed} resumed, {refused} refused, {missed} of {tried} places not come to, {seconds} s"
    );
    counted
}

/// A loss or a doubling is a panic of its pair, which has told the place.
async fn cut_at_all(places: Vec<After>, first: Pair, server: Server, pause: Duration) -> Counted {
    let pairs = places.len().min(PAIRS);
    let (server, places) = (Arc::new(server), Arc::new(Mutex::new(VecDeque::from(places))));
    let mut lanes = JoinSet::new();
    for (number, pair) in (1..pairs).map(|n| (n, None)).chain([(0, Some(first))]) {
        let (server, places) = (Arc::clone(&server), Arc::clone(&places));
        lanes.spawn(async move {
            let mut pair = pair.unwrap_or_else(|| Pair::new(&server, number));
            pair.cutter.pause_after_cuts(pause);
            let next = || places.lock().unwrap().pop_front();
            let mut counted = Counted::default();
            while let Some(place) = next() {
                let cuts = usize::from(pair.cut_at(place).await);
                counted.missed += 1 - cuts;
                match place {
                    After::Elements(..) => counted.after_elements += cuts,
                    After::Bytes(..) => counted.after_bytes += cuts,
                }
            }
            let (resumed, refused) = (pair.cutter.named("resumed"), pair.cutter.named("failed"));
            Counted { resumed, refused, ..counted }
        });
    }
    lanes.join_all().await.into_iter().fold(Counted::default(), Counted::and)
}

/// The elements of both sides, and their bytes.
fn counts(cutter: &Cutter) -> [usize; 4] {
    let [client, server] = [Side::Client, Side::Server];
    [cutter.elements(client), cutter.elements(server), cutter.bytes(client), cutter.bytes(server)]
}

/// Every end of an element in a session that has so many, and bytes of it at random, the same every time.
fn places([from_client, from_server, bytes_of_client, bytes_of_server]: [usize; 4]) -> Vec<After> {
    let mut places = Vec::new();
    for (side, count) in [(Side::Client, from_client), (Side::Server, from_server)] {
        places.extend((1..=count).map(|n| After::Elements(side, n)));
    }
    let mut state = 1_u64;
    for _ in 0..BYTES {
        // Of SplitMix64, which needs no library.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut n = state;
        n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let at = usize::try_from((n ^ (n >> 31)) >> 1).unwrap() % (bytes_of_client + bytes_of_server);
        places.push(match at.checked_sub(bytes_of_client) {
            None => After::Bytes(Side::Client, at + 1),
            Some(at) => After::Bytes(Side::Server, at + 1),
        });
    }
    places
}

/// An Alice whose connections are cut, and her Bob.
struct Pair {
    alice: String,
    bob: Person,
    cutter: Cutter,
    /// How Alice signs in.
    config: rendezvous_net::xmpp::Config,
}

impl Pair {
    fn new(server: &Server, number: usize) -> Self {
        let (alice, bob) = (format!("alice{number}"), format!("bob{number}"));
        server.admit(&[&alice, &bob], &[(&alice, &bob)]);
        let cutter = Cutter::start(server.place().clear).unwrap();
        let mut config = config(server, &alice, "laptop", Security::LoopbackOnly);
        config.server = Some(("127.0.0.1".into(), cutter.port()));
        Self { alice, bob: Person::new(server, &bob, "desk"), cutter, config }
    }

    /// Whether a session was cut at this place. It is not where an answer took another way than before, or was shorter.
    async fn cut_at(&mut self, place: After) -> bool {
        let before = self.cutter.cuts();
        for _ in 0..TRIES {
            self.cutter.cut_after(place);
            self.session(&format!("{place:?}")).await;
            if self.cutter.cuts() > before {
                return true;
            }
        }
        false
    }

    /// A session of Alice's, who signs in for it, with Bob.
    async fn session(&mut self, place: &str) {
        let place = format!("{}, {place}", self.alice);
        let mut alice = Person::with(self.config.clone());
        let bob = &mut self.bob;
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
        let tells =
            |e: &Event| matches!(e, Event::ContextData(_) | Event::SendError(_) | Event::Ended { .. });
        for person in [&mut alice, &mut *bob] {
            for text in &texts {
                let next = person.until(tells).await;
                assert_eq!(next.event, Event::ContextData(text.clone()), "{place}, {}", person.address);
            }
        }
        let goodbye = Command::Terminate { result: SessionResult::SUCCESS, data: String::new() };
        bob.call(session, goodbye).await;
        for person in [&mut alice, &mut *bob] {
            let next = person.until(tells).await;
            assert!(matches!(next.event, Event::Ended { .. }), "{place}, {}: {next:?}", person.address);
        }
        // Her goodbye is part of the session, and a cut may come in its way: then the next Alice takes the place of a
        // ghost.
        drop(alice);
        let gone = async {
            while !self.cutter.is_idle() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(tokio::time::timeout(SOON, gone).await.is_ok(), "{place}: she does not go");
    }
}

/// Invites as soon as that is possible: not while the account is offline.
async fn invite(alice: &Person, bob: &Person) -> SessionId {
    let device = Endpoint { contact: bob.address.clone(), device: "desk".into() };
    loop {
        match alice.handle.invite(bob.address.clone(), ApplicationId::ASK, String::new()).await {
            Ok(session) => return session,
            Err(_) => alice.sees(std::slice::from_ref(&device)).await,
        };
    }
}
