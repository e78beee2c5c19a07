//! The ground is taken away from under a connection: an account is back long before TCP would notice.

use crate::person::*;
use crate::server::{Server, on_both_servers};
use rendezvous_core::*;
use rendezvous_net::Clock;
use rendezvous_net::xmpp::{Security, Xmpp};
use rendezvous_testkit::machines::{Machines, skip};
use rendezvous_testkit::xmpp::{Cutter, Setup};
use std::net::Ipv4Addr;
use std::time::Duration;

on_both_servers! {
    async fn who_slept_is_back_although_the_connection_is_dead_without_a_word(Setup::alice_and_bob(), server) {
        let cutter = Cutter::start(server.place().start_tls).unwrap();
        let mut config = config(&server, "alice", "laptop", Security::StartTls);
        config.server = Some(("127.0.0.1".into(), cutter.port()));
        let (clock, sleep) = Clock::that_sleeps();
        let network = Xmpp::start_by(clock.clone(), config.clone()).unwrap();
        let mut alice = Person::over(network, &config.resource);
        let mut bob = Person::new(&server, "bob", "desk");
        meet(&alice, &bob).await;
        let session = ring(&mut alice, &mut bob).await;
        connect(&mut alice, &mut bob, session).await;
        // What stood between the two computers has forgotten the connection, and says nothing about it.
        cutter.freeze();
        sleep.through(Duration::from_mins(1));
        bob.call(session, Command::SendContext("awake?".into())).await;
        alice.until(|e| *e == Event::ContextData("awake?".into())).await;
        alice.call(session, Command::SendContext("yes".into())).await;
        bob.until(|e| *e == Event::ContextData("yes".into())).await;
    }
}

/// Both accounts are on a machine that gets another address while they talk; the server is on the other machine.
#[test]
fn needs_ip_needs_prosody_an_account_is_back_when_its_machine_has_another_address() {
    let machines = match Machines::new().unwrap() {
        Ok(machines) => machines,
        Err(why) => return skip("an_account_is_back_when_its_machine_has_another_address", &why),
    };
    let (server, door) = on(&machines, 0, || {
        let server = Server::prosody(&Setup::alice_and_bob());
        let door = Cutter::start_at(Ipv4Addr::UNSPECIFIED, server.place().start_tls).unwrap();
        (server, door)
    })
    .unwrap();
    let talked = on(&machines, 1, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(talk_while_moving(&machines, &server, &door));
    });
    // They are ended where they run.
    on(&machines, 0, move || drop((door, server))).unwrap();
    talked.unwrap();
}

/// Does something on a machine.
fn on<T: Send>(
    machines: &Machines,
    machine: usize,
    work: impl FnOnce() -> T + Send,
) -> std::thread::Result<T> {
    let there = || {
        machines.enter(machine).unwrap();
        work()
    };
    std::thread::scope(|scope| scope.spawn(there).join())
}

async fn talk_while_moving(machines: &Machines, server: &Server, door: &Cutter) {
    let person = |user, device| {
        let mut config = config(server, user, device, Security::StartTls);
        config.server = Some(("10.77.0.1".into(), door.port()));
        Person::with(config)
    };
    let (mut alice, mut bob) = (person("alice", "laptop"), person("bob", "desk"));
    meet(&alice, &bob).await;
    let session = ring(&mut alice, &mut bob).await;
    connect(&mut alice, &mut bob, session).await;
    for last in [7, 8] {
        machines.move_to(1, last).unwrap();
        let text = format!("from 10.77.0.{last}");
        alice.call(session, Command::SendContext(text.clone())).await;
        bob.until(|e| *e == Event::ContextData(text.clone())).await;
        bob.call(session, Command::SendContext(text.clone())).await;
        alice.until(|e| *e == Event::ContextData(text.clone())).await;
    }
}
