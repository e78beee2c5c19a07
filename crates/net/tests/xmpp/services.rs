//! The relays that real servers name to their users (XEP-0215), with logins that a real relay takes: what an application
//! gets of them, and that it works, is seen where whole programs are.

use crate::person::{Person, SOON};
use crate::server::Server;
use rendezvous_net::{IceServer, Status};
use rendezvous_testkit::turn::{PASSWORD, Turn, USER};
use rendezvous_testkit::xmpp::{Ejabberd, Prosody, Setup};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{SystemTime, UNIX_EPOCH};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// What Alice's account offers, once it was asked.
async fn offered(server: &Server) -> Vec<IceServer> {
    let alice = Person::new(server, "alice", "laptop");
    alice.stands(|status| *status == Status::Online).await;
    let search = async {
        loop {
            let found = alice.handle.ice_servers().await.unwrap();
            if !found.is_empty() {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(SOON, search).await.expect("it is offered soon")
}

fn place(relay: &Turn, kind: &str) -> String {
    format!("{kind}:{}", relay.address())
}

/// The relay's login is one that runs out, as the two agreed.
fn runs_out(found: &[IceServer], relay: &Turn) {
    let turn = found.iter().find(|server| server.url == place(relay, "turn")).expect("the relay");
    let login = turn.login.as_ref().expect("with a login");
    let until = turn.until.expect("that runs out").0;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!((now + 60..now + 8 * 24 * 3600).contains(&until), "{until}");
    let named: u64 = login.username.split(':').next().unwrap().parse().expect("its name begins with its end");
    assert!(named.abs_diff(until) <= 60, "{named} is not {until}");
    assert!(!login.password.is_empty() && !login.password.contains(relay.secret().unwrap()));
    let stun =
        found.iter().find(|server| server.url == place(relay, "stun")).expect("and what it says for free");
    assert!(stun.login.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn needs_coturn_needs_prosody_a_relay_with_logins_that_run_out_is_offered() {
    let relay = Turn::start_with_secret(LOOPBACK).unwrap();
    let server = Server::Prosody(Prosody::start_naming(&Setup::alice_and_bob(), &relay).unwrap());
    runs_out(&offered(&server).await, &relay);
}

#[tokio::test(flavor = "multi_thread")]
async fn needs_coturn_needs_ejabberd_a_relay_with_logins_that_run_out_is_offered() {
    let relay = Turn::start_with_secret(LOOPBACK).unwrap();
    let server = Server::Ejabberd(Ejabberd::start_naming(&Setup::alice_and_bob(), &relay).unwrap());
    runs_out(&offered(&server).await, &relay);
}

#[tokio::test(flavor = "multi_thread")]
async fn needs_coturn_needs_prosody_a_relay_with_one_login_for_all_is_offered() {
    let relay = Turn::start(LOOPBACK).unwrap();
    let server = Server::Prosody(Prosody::start_naming(&Setup::alice_and_bob(), &relay).unwrap());
    let found = offered(&server).await;
    let turn = found.iter().find(|server| server.url == place(&relay, "turn")).expect("the relay");
    let login = turn.login.as_ref().expect("with a login");
    assert_eq!((login.username.as_str(), login.password.as_str()), (USER, PASSWORD));
    assert_eq!(turn.until, None);
}
