//! Two machines on one wire: found by multicast, called by their keys.

use crate::person::{Person, SOON, answered, attached, new_key};
use rendezvous_core::*;
use rendezvous_net::nearby::{Config, Discovery, Neighbour};
use rendezvous_testkit::machines::{Machines, skip};
use std::future::Future;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;

/// Runs a scene on each machine, in a thread of its own; skipped, with the reason, where the system allows no machines.
pub(crate) fn on_two_machines<A, B>(
    test: &str,
    one: impl FnOnce(Arc<Machines>) -> A + Send,
    two: impl FnOnce(Arc<Machines>) -> B + Send,
) where
    A: Future<Output = ()>,
    B: Future<Output = ()>,
{
    let machines = match Machines::new().unwrap() {
        Ok(machines) => Arc::new(machines),
        Err(why) => return skip(test, &why),
    };
    thread::scope(|scope| {
        let first = scope.spawn(|| on_machine(machines.clone(), 0, one));
        let second = scope.spawn(|| on_machine(machines.clone(), 1, two));
        for machine in [first, second] {
            machine.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
}

/// Moves this thread to a machine and plays a scene there.
pub(crate) fn on_machine<F: Future<Output = ()>>(
    machines: Arc<Machines>,
    number: usize,
    scene: impl FnOnce(Arc<Machines>) -> F,
) {
    machines.enter(number).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(scene(machines));
}

/// Somebody who listens at every address and wants to find others.
pub(crate) async fn in_the_open(name: &str) -> Person {
    let config = Config { listen: "[::]:0".parse().unwrap(), name: name.into(), multicast: true };
    Person::with(config, new_key(), SessionConfig::default()).await
}

/// Waits until somebody is seen, or not seen, in this way.
pub(crate) async fn neighbour(of: &Person, address: &Address, wanted: impl Fn(Option<&Neighbour>) -> bool) {
    let mut last = None;
    let look = async {
        loop {
            last = of.control.neighbours().into_iter().find(|known| known.address == *address);
            if wanted(last.as_ref()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    if tokio::time::timeout(SOON, look).await.is_err() {
        panic!("seen instead: {last:?}");
    }
}

#[test]
fn people_find_call_and_lose_each_other() {
    let (tell_bob_name, named) = oneshot::channel();
    let (tell_alice_code, coded) = oneshot::channel();
    let (tell_address, address) = oneshot::channel();
    let (tell_end, end) = oneshot::channel();
    let alice = async move |_| {
        let mut alice = in_the_open("Alice").await;
        let bob: Address = address.await.unwrap();
        alice.control.know(bob.clone(), vec![]);
        alice.sees(&bob, true).await;
        // Here, but not visible: an address, no name.
        neighbour(&alice, &bob, |n| n.is_some_and(|n| n.name.is_none() && !n.places.is_empty())).await;
        let mine = alice.address.clone();
        assert!(alice.control.neighbours().iter().all(|n| n.address != mine), "we are not our own neighbour");

        let session = alice.handle.invite(bob.clone(), ApplicationId::ASK, String::new()).await.unwrap();
        attached(&mut alice, session).await;
        alice.until(|e| *e == Event::ContextData("from afar".into())).await;
        let terminate = Command::Terminate { result: SessionResult(7), data: String::new() };
        alice.handle.command(session, terminate).await.unwrap();
        assert_eq!(alice.ended().await, SessionResult(7));

        // Visible for a while, by itself not any more.
        neighbour(&alice, &bob, |n| n.is_some_and(|n| n.name.as_deref() == Some("Bob"))).await;
        neighbour(&alice, &bob, |n| n.is_some_and(|n| n.name.is_none())).await;
        tell_bob_name.send(()).unwrap();
        neighbour(&alice, &bob, |n| n.is_some_and(|n| n.nameplate == Some(7))).await;
        assert_eq!(alice.control.find_code(7), std::slice::from_ref(&bob));
        tell_alice_code.send(()).unwrap();
        neighbour(&alice, &bob, |n| n.is_some_and(|n| n.nameplate.is_none())).await;
        assert_eq!(alice.control.find_code(7), []);

        // Bob's program ends in the ordinary way.
        tell_end.send(()).unwrap();
        neighbour(&alice, &bob, |n| n.is_none()).await;
        alice.sees(&bob, false).await;
        assert_eq!(*alice.control.discovery().borrow(), Discovery::On);
    };
    let bob = async move |_| {
        let mut bob = in_the_open("Bob").await;
        tell_address.send(bob.address.clone()).unwrap();
        let session = answered(&mut bob).await;
        let text = Command::SendContext("from afar".into());
        bob.handle.command(session, text).await.unwrap();
        assert_eq!(bob.ended().await, SessionResult(7));
        bob.control.visible(Some(Duration::from_secs(10)));
        assert!(bob.control.is_visible());
        named.await.unwrap();
        assert!(!bob.control.is_visible());
        bob.control.offer_code(Some(7));
        coded.await.unwrap();
        bob.control.offer_code(None);
        end.await.unwrap();
        bob.vanishes().await;
    };
    on_two_machines("people_find_call_and_lose_each_other", alice, bob);
}

/// Somebody whom there is one way to reach: by IPv4.
async fn by_ipv4(name: &str) -> Person {
    let config = Config { listen: "0.0.0.0:0".parse().unwrap(), name: name.into(), multicast: true };
    Person::with(config, new_key(), SessionConfig::default()).await
}

/// Longer than a link waits for a confirmation, shorter than sessions bear silence.
const A_WHILE: Duration = Duration::from_secs(80);

/// A machine that gets another address is found at it, and its sessions go on.
#[test]
fn a_session_goes_on_at_another_address() {
    let (tell_address, address) = oneshot::channel();
    let (tell_connected, is_connected) = oneshot::channel();
    let (tell_over, is_over) = oneshot::channel();
    let alice = async move |_| {
        let mut alice = by_ipv4("Alice").await;
        let bob: Address = address.await.unwrap();
        alice.control.know(bob.clone(), vec![]);
        alice.sees(&bob, true).await;
        let session = alice.handle.invite(bob.clone(), ApplicationId::ASK, String::new()).await.unwrap();
        attached(&mut alice, session).await;
        tell_connected.send(()).unwrap();
        alice.until_within(A_WHILE, |e| *e == Event::ContextData("I have moved".into())).await;
        alice.handle.command(session, Command::SendContext("I know".into())).await.unwrap();
        is_over.await.unwrap();
    };
    let bob = async move |machines: Arc<Machines>| {
        let mut bob = by_ipv4("Bob").await;
        tell_address.send(bob.address.clone()).unwrap();
        let session = answered(&mut bob).await;
        is_connected.await.unwrap();
        machines.move_to(1, 99).unwrap();
        bob.handle.command(session, Command::SendContext("I have moved".into())).await.unwrap();
        bob.until_within(A_WHILE, |e| *e == Event::ContextData("I know".into())).await;
        tell_over.send(()).unwrap();
    };
    on_two_machines("a_session_goes_on_at_another_address", alice, bob);
}

/// The cable is pulled for longer than a link lives without confirmation, and plugged in again.
#[test]
fn a_session_survives_a_pulled_cable() {
    let (tell_place, place) = oneshot::channel();
    let (tell_connected, is_connected) = oneshot::channel();
    let (tell_over, is_over) = oneshot::channel();
    let alice = async move |_| {
        let mut alice = by_ipv4("Alice").await;
        let place: String = place.await.unwrap();
        let bob = alice.control.lookup(&place).await.unwrap();
        let session = alice.handle.invite(bob.clone(), ApplicationId::ASK, String::new()).await.unwrap();
        attached(&mut alice, session).await;
        tell_connected.send(()).unwrap();
        alice.until_within(A_WHILE, |e| *e == Event::ContextData("I am back".into())).await;
        assert_eq!(alice.handle.list().await.unwrap().len(), 1);
        tell_over.send(()).unwrap();
    };
    let bob = async move |machines: Arc<Machines>| {
        let mut bob = by_ipv4("Bob").await;
        tell_place.send(format!("10.77.0.2:{}", bob.place.port())).unwrap();
        let session = answered(&mut bob).await;
        is_connected.await.unwrap();
        machines.plug(1, false).unwrap();
        bob.handle.command(session, Command::SendContext("I am back".into())).await.unwrap();
        tokio::time::sleep(Duration::from_secs(25)).await;
        machines.plug(1, true).unwrap();
        is_over.await.unwrap();
    };
    on_two_machines("a_session_survives_a_pulled_cable", alice, bob);
}
