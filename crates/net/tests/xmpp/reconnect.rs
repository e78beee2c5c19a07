//! What outlives a connection, a server, a device.

use crate::person::*;
use crate::server::on_both_servers;
use rendezvous_core::*;
use rendezvous_net::Status;
use rendezvous_net::xmpp::Security;
use rendezvous_testkit::xmpp::{Cutter, Setup};

on_both_servers! {
    async fn a_cut_connection_is_resumed_and_nobody_notices(Setup::alice_and_bob(), server) {
        let cutter = Cutter::start(server.place().start_tls).unwrap();
        let mut config = config(&server, "alice", "laptop", Security::StartTls);
        config.server = Some(("127.0.0.1".into(), cutter.port()));
        let (mut alice, mut bob) = (Person::with(config), Person::new(&server, "bob", "desk"));
        meet(&alice, &bob).await;
        let session = ring(&mut alice, &mut bob).await;
        connect(&mut alice, &mut bob, session).await;
        let mut status = alice.handle.status();
        status.borrow_and_update();
        for number in 0..2 {
            cutter.cut();
            let there = format!("there {number}");
            alice.call(session, Command::SendContext(there.clone())).await;
            bob.until(|e| *e == Event::ContextData(there.clone())).await;
            let back = format!("back {number}");
            bob.call(session, Command::SendContext(back.clone())).await;
            alice.until(|e| *e == Event::ContextData(back.clone())).await;
        }
        assert!(!status.has_changed().unwrap(), "{:?}", *status.borrow());
    }

    async fn a_session_outlives_a_crash_of_the_server(Setup::alice_and_bob(), server) {
        let mut server = server;
        // ejabberd stores its users' lists when it ends; killed before that, it has forgotten some of them.
        server.restart();
        let (mut alice, mut bob) = alice_and_bob(&server).await;
        let session = ring(&mut alice, &mut bob).await;
        connect(&mut alice, &mut bob, session).await;
        server.kill();
        alice.call(session, Command::SendContext("while it was gone".into())).await;
        alice.stands(|status| matches!(status, Status::Offline(_))).await;
        server.restart();
        meet(&alice, &bob).await;
        bob.until(|e| *e == Event::ContextData("while it was gone".into())).await;
        alice.call(session, Command::SendContext("and after".into())).await;
        bob.until(|e| *e == Event::ContextData("and after".into())).await;
    }

    async fn who_signs_off_is_not_seen_any_more(Setup::alice_and_bob(), server) {
        let (alice, bob) = alice_and_bob(&server).await;
        let task = bob.task;
        drop(bob.handle);
        task.await.unwrap();
        alice.loses(&endpoint("bob", "desk")).await;
    }

    async fn the_same_device_twice_is_one_too_many(Setup::alice_and_bob(), server) {
        let first = Person::new(&server, "alice", "laptop");
        first.sees(&[]).await;
        let second = Person::new(&server, "alice", "laptop");
        let stands = first.stands(|status| matches!(status, Status::Refused(_))).await;
        let Status::Refused(why) = stands else { unreachable!() };
        assert!(why.contains("as the same device"), "{why}");
        second.sees(&[]).await;
        assert_eq!(*second.handle.status().borrow(), Status::Online);
    }
}
