//! Where a domain's servers are, as a real DNS server says.

use crate::login::{first_word, refused};
use crate::person::config;
use crate::server::Server;
use rendezvous_net::NetworkEvent;
use rendezvous_net::xmpp::{Config, Security};
use rendezvous_testkit::dns::{Dns, Service};
use rendezvous_testkit::ports;
use rendezvous_testkit::xmpp::{Certificate, Cutter, Setup, Side};

const DIRECT: &str = "_xmpps-client._tcp.rendezvous.test";
const START_TLS: &str = "_xmpp-client._tcp.rendezvous.test";

fn service<'a>(name: &'a str, host: &'a str, port: u16, priority: u16) -> Service<'a> {
    Service { name, target: Some((host, port)), priority, weight: 1 }
}

/// Alice's account, whose server is wherever the records say.
fn by_records(server: &Server, dns: &Dns) -> Config {
    Config {
        server: None,
        dns: Some(dns.address()),
        ..config(server, "alice", "laptop", Security::Automatic)
    }
}

/// A proxy before each way into the server, to see which one is taken.
fn doors(server: &Server) -> (Cutter, Cutter) {
    let door = |port| Cutter::start(port).unwrap();
    (door(server.place().direct_tls), door(server.place().start_tls))
}

#[tokio::test(flavor = "multi_thread")]
async fn needs_dnsmasq_needs_prosody_among_equals_tls_comes_from_the_first_byte() {
    let server = Server::prosody(&Setup::alice_and_bob());
    let (direct, start_tls) = doors(&server);
    // No host of these is in the certificate, which is the domain's.
    let dns = Dns::start(&[
        service(START_TLS, "one.elsewhere.test", start_tls.port(), 10),
        service(DIRECT, "two.elsewhere.test", direct.port(), 10),
    ])
    .unwrap();
    assert_eq!(first_word(by_records(&server, &dns)).await, NetworkEvent::Online);
    assert!(direct.bytes(Side::Client) > 0 && start_tls.bytes(Side::Client) == 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn needs_dnsmasq_needs_prosody_the_lowest_priority_comes_first() {
    let server = Server::prosody(&Setup::alice_and_bob());
    let (direct, start_tls) = doors(&server);
    let dns = Dns::start(&[
        service(DIRECT, "one.elsewhere.test", direct.port(), 20),
        service(START_TLS, "two.elsewhere.test", start_tls.port(), 10),
    ])
    .unwrap();
    assert_eq!(first_word(by_records(&server, &dns)).await, NetworkEvent::Online);
    assert!(direct.bytes(Side::Client) == 0 && start_tls.bytes(Side::Client) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn needs_dnsmasq_needs_prosody_a_server_that_is_down_leads_to_the_next() {
    let server = Server::prosody(&Setup::alice_and_bob());
    let (direct, start_tls) = doors(&server);
    // Nothing listens at the first, and the second closes every connection.
    direct.refuse(true);
    let dns = Dns::start(&[
        service(DIRECT, "down.elsewhere.test", ports::free().unwrap(), 5),
        service(DIRECT, "closing.elsewhere.test", direct.port(), 10),
        service(START_TLS, "up.elsewhere.test", start_tls.port(), 20),
    ])
    .unwrap();
    assert_eq!(first_word(by_records(&server, &dns)).await, NetworkEvent::Online);
    assert!(start_tls.bytes(Side::Client) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn needs_dnsmasq_needs_prosody_a_server_that_says_nothing_leads_to_the_next() {
    let server = Server::prosody(&Setup::alice_and_bob());
    // The system takes the connection; nobody ever reads from it.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dns = Dns::start(&[
        service(DIRECT, "silent.elsewhere.test", silent.local_addr().unwrap().port(), 5),
        service(DIRECT, "up.elsewhere.test", server.place().direct_tls, 10),
    ])
    .unwrap();
    assert_eq!(first_word(by_records(&server, &dns)).await, NetworkEvent::Online);
}

#[tokio::test(flavor = "multi_thread")]
async fn needs_dnsmasq_needs_prosody_a_certificate_for_the_records_host_is_not_one_for_the_domain() {
    let server = Server::prosody(&Setup::alice_and_bob().showing(Certificate::WrongName));
    // What it shows is valid for this host. Whoever answers for the domain's records could have had it issued.
    let port = server.place().direct_tls;
    let dns = Dns::start(&[service(DIRECT, "another.test", port, 10)]).unwrap();
    let why = refused(by_records(&server, &dns)).await;
    assert!(why.contains("is for another name than rendezvous.test"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn needs_dnsmasq_needs_prosody_a_domain_without_accounts_says_so() {
    let server = Server::prosody(&Setup::alice_and_bob());
    let none = |name| Service { name, target: None, priority: 0, weight: 0 };
    let dns = Dns::start(&[none(DIRECT), none(START_TLS)]).unwrap();
    let why = refused(by_records(&server, &dns)).await;
    assert_eq!(why, "rendezvous.test says of itself that it has no XMPP accounts. Check the address.");
}
