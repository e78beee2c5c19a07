//! Links that break: nothing is lost, nothing comes twice.

use crate::person::{Person, SOON, connected_at, new_key, on_loopback, says};
use rendezvous_core::*;
use rendezvous_net::nearby::Config;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::AbortHandle;

/// Passes on what comes, and cuts each connection after so many bytes.
struct Cutter {
    place: SocketAddr,
    shared: Arc<Shared>,
    task: AbortHandle,
}

#[derive(Default)]
struct Shared {
    /// Nothing is cut any more.
    free: AtomicBool,
    /// What comes next is cut in the middle.
    half: AtomicBool,
    cuts: AtomicUsize,
}

impl Cutter {
    /// `budget` says how many bytes the next connection carries, in both directions together.
    async fn to(target: SocketAddr, mut budget: impl FnMut() -> usize + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let of_all = shared.clone();
        let task = tokio::spawn(async move {
            loop {
                let (from, _) = listener.accept().await.unwrap();
                tokio::spawn(pass(from, target, budget(), of_all.clone()));
            }
        });
        Self { place, shared, task: task.abort_handle() }
    }

    fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Cutter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection. It comes from an address at which the caller does not listen, so that no way leads around this.
async fn pass(mut from: TcpStream, target: SocketAddr, mut left: usize, shared: Arc<Shared>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 0, 0, 2), 0).into()).unwrap();
    let Ok(mut to) = socket.connect(target).await else { return };
    let (mut up, mut down) = ([0; 1024], [0; 1024]);
    loop {
        let (bytes, towards) = tokio::select! {
            read = from.read(&mut up) => match read { Ok(n) if n > 0 => (&up[..n], &mut to), _ => return },
            read = to.read(&mut down) => match read { Ok(n) if n > 0 => (&down[..n], &mut from), _ => return },
        };
        if shared.free.load(Ordering::Relaxed) {
            left = usize::MAX;
        } else if shared.half.swap(false, Ordering::Relaxed) {
            left = bytes.len() / 2;
        }
        if towards.write_all(&bytes[..bytes.len().min(left)]).await.is_err() {
            return;
        }
        if bytes.len() > left {
            shared.cuts.fetch_add(1, Ordering::Relaxed);
            return;
        }
        left -= bytes.len();
    }
}

/// A sequence that looks random and is the same every time.
fn numbers(seed: u64) -> impl FnMut(usize) -> usize + Send {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    }
}

/// Reads context texts until `count` have come, and checks that each comes once, in order.
async fn hears_all(person: &mut Person, count: usize) {
    for n in 0..count {
        let next = person.until(|e| matches!(e, Event::ContextData(_) | Event::Ended { .. })).await;
        let Event::ContextData(text) = next.event else { panic!("it ended: {next:?}") };
        assert_eq!(text.split(' ').next(), Some(&*n.to_string()), "in order, each once");
    }
}

#[tokio::test]
async fn a_link_that_is_cut_anywhere_loses_and_doubles_nothing() {
    let cuts = cut_anywhere(1..=4).await;
    assert!(cuts >= 16, "links were cut {cuts} times");
}

#[tokio::test]
#[ignore = "takes minutes; `cargo xtask prove network` runs it"]
async fn a_link_that_is_cut_two_hundred_times_loses_and_doubles_nothing() {
    let cuts = cut_anywhere(100..=130).await;
    eprintln!("{cuts} cuts, 0 lost, 0 doubled");
    assert!(cuts >= 200, "links were cut {cuts} times");
}

/// A session for each seed, with texts in both directions over links that are cut at random bytes; how many cuts there
/// were.
async fn cut_anywhere(seeds: std::ops::RangeInclusive<u64>) -> usize {
    const TEXTS: usize = 20;
    let mut cuts = 0;
    for seed in seeds {
        let (mut number, mut sizes) = (numbers(seed), numbers(seed + 100));
        let (mut alice, mut bob) = (Person::new().await, Person::new().await);
        // Handshake and greetings take about 4 kB, a text 2 kB: some connections carry none, most carry a few.
        let cutter = Cutter::to(bob.place, move || 3000 + number(20_000)).await;
        let session = connected_through(&cutter, &mut alice, &mut bob).await;
        for n in 0..TEXTS {
            for person in [&alice, &bob] {
                let text = format!("{n} {}", "x".repeat(sizes(4000)));
                person.handle.command(session, Command::SendContext(text)).await.unwrap();
            }
        }
        hears_all(&mut alice, TEXTS).await;
        hears_all(&mut bob, TEXTS).await;
        let end = Command::Terminate { result: SessionResult(5), data: String::new() };
        cutter.shared.free.store(true, Ordering::Relaxed);
        alice.handle.command(session, end).await.unwrap();
        assert_eq!(bob.ended().await, SessionResult(5));
        assert_eq!(alice.ended().await, SessionResult(5));
        cuts += cutter.cuts();
    }
    cuts
}

/// A session that begins on a good link, which is cut as soon as both applications are attached.
async fn connected_through(cutter: &Cutter, alice: &mut Person, bob: &mut Person) -> SessionId {
    cutter.shared.free.store(true, Ordering::Relaxed);
    let session = connected_at(alice, bob, cutter.place).await;
    cutter.shared.half.store(true, Ordering::Relaxed);
    cutter.shared.free.store(false, Ordering::Relaxed);
    session
}

/// More than a receiver keeps of what comes before its turn.
#[tokio::test]
async fn what_is_said_while_there_is_no_link_comes_in_order() {
    const TEXTS: usize = 60;
    let (mut alice, mut bob) = (Person::new().await, Person::new().await);
    let cutter = Cutter::to(bob.place, || 0).await;
    let session = connected_through(&cutter, &mut alice, &mut bob).await;
    for n in 0..TEXTS {
        alice.handle.command(session, Command::SendContext(n.to_string())).await.unwrap();
        if n == 0 {
            // The first one is under way when the link is cut.
            let cut = async {
                while cutter.cuts() < 2 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(SOON, cut).await.expect("the link is cut, and so is the next one");
        }
    }
    cutter.shared.free.store(true, Ordering::Relaxed);
    hears_all(&mut bob, TEXTS).await;
}

/// Every message from the invitation on is cut in its middle, once.
#[tokio::test]
async fn a_session_comes_about_while_every_message_is_cut_once() {
    let (mut alice, mut bob) = (Person::new().await, Person::new().await);
    let cutter = Cutter::to(bob.place, || usize::MAX).await;
    let cut_next = || cutter.shared.half.store(true, Ordering::Relaxed);
    alice.control.lookup(&cutter.place.to_string()).await.unwrap();
    cut_next();
    let session = alice.handle.invite(bob.address.clone(), ApplicationId::ASK, String::new()).await.unwrap();
    bob.until(|e| matches!(e, Event::Invited(_))).await;
    cut_next();
    alice.until(|e| matches!(e, Event::Ringing(_))).await;
    cut_next();
    bob.handle.command(session, Command::Accept { data: String::new() }).await.unwrap();
    alice.until(|e| *e == Event::Launch).await;
    cut_next();
    bob.until(|e| *e == Event::Launch).await;
    for person in [&mut alice, &mut bob] {
        cut_next();
        person.handle.command(session, Command::Attach).await.unwrap();
    }
    for person in [&mut alice, &mut bob] {
        person.until(|e| matches!(e, Event::StateChanged { current: State::Connected, .. })).await;
    }
    cut_next();
    says(&alice, &mut bob, session, "at last").await;
    cut_next();
    says(&bob, &mut alice, session, "indeed").await;
    let end = Command::Terminate { result: SessionResult(5), data: String::new() };
    cut_next();
    bob.handle.command(session, end).await.unwrap();
    assert_eq!(alice.ended().await, SessionResult(5));
    assert_eq!(bob.ended().await, SessionResult(5));
    assert!(cutter.cuts() >= 6, "cut {} times", cutter.cuts());
}

#[tokio::test]
async fn another_run_of_the_program_has_none_of_the_sessions() {
    let key = new_key();
    let (mut alice, mut bob) =
        (Person::new().await, Person::with(on_loopback(), key.clone(), SessionConfig::default()).await);
    let place = bob.place;
    connected_at(&mut alice, &mut bob, place).await;
    bob.task.abort();
    _ = (&mut bob.task).await;
    let same = Config { listen: place, ..on_loopback() };
    let mut bob = restarted(same, key).await;
    assert_eq!(alice.ended().await, Code::ConnectionFailure.into());
    connected_at(&mut alice, &mut bob, place).await;
}

/// The same, when the other side cannot have noticed the end: the new run calls, and by that alone the old is over.
#[tokio::test]
async fn a_new_run_that_calls_ends_what_was_with_the_old_one() {
    let key = new_key();
    let (mut alice, mut bob) =
        (Person::new().await, Person::with(on_loopback(), key.clone(), SessionConfig::default()).await);
    let cutter = Cutter::to(alice.place, || usize::MAX).await;
    let session = connected_at(&mut bob, &mut alice, cutter.place).await;
    let mut again = Person::with(on_loopback(), key, SessionConfig::default()).await;
    assert_eq!(again.address, bob.address);
    let place = alice.place;
    let second = again.calls(place).await;
    let lost = alice.until(|e| matches!(e, Event::Ended { .. })).await;
    assert_eq!(lost.session, session);
    let rings = alice.handle.list().await.unwrap();
    if rings.is_empty() {
        alice.until(|e| matches!(e, Event::Invited(_))).await;
    }
    again.until(|e| matches!(e, Event::Ringing(_))).await;
    again.handle.command(second, Command::Cancel { data: String::new() }).await.unwrap();
    again.is_idle().await;
}

/// The port may be in use for a moment yet.
async fn restarted(config: Config, key: Arc<rendezvous_trust::DeviceKey>) -> Person {
    let free = async {
        while TcpListener::bind(config.listen).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SOON, free).await.expect("the port is free soon");
    Person::with(config, key, SessionConfig::default()).await
}
