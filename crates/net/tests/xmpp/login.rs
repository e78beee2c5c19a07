//! Signing in: each way of encryption, and each way in which it can fail.

use crate::person::{config, until};
use crate::server::{Server, on_both_servers};
use rendezvous_net::NetworkEvent;
use rendezvous_net::xmpp::{Config, Security, Xmpp};
use rendezvous_testkit::xmpp::{Certificate, Setup};
use zeroize::Zeroizing;

pub(crate) async fn first_word(config: Config) -> NetworkEvent {
    let mut network = Xmpp::start(config).unwrap();
    until(&mut network, |event| {
        matches!(event, NetworkEvent::Online | NetworkEvent::Offline(_) | NetworkEvent::Refused(_))
    })
    .await
}

pub(crate) async fn refused(config: Config) -> String {
    match first_word(config).await {
        NetworkEvent::Refused(why) => why,
        other => panic!("{other:?}"),
    }
}

on_both_servers! {
    async fn every_way_of_encryption(Setup::alice_and_bob(), server) {
        for security in [Security::StartTls, Security::DirectTls, Security::LoopbackOnly, Security::Automatic] {
            let word = first_word(config(&server, "alice", "laptop", security)).await;
            assert_eq!(word, NetworkEvent::Online, "{security:?}");
        }
    }

    async fn a_wrong_password_is_asked_for_again(Setup::alice_and_bob(), server) {
        for security in [Security::StartTls, Security::DirectTls] {
            let mut config = config(&server, "alice", "laptop", security);
            config.password = Zeroizing::new("wrong".into());
            let why = refused(config).await;
            assert!(why.starts_with("The server did not accept the password"), "{why}");
        }
    }

    async fn an_expired_certificate_is_refused(Setup::alice_and_bob().showing(Certificate::Expired), server) {
        for security in [Security::StartTls, Security::DirectTls] {
            let why = refused(config(&server, "alice", "laptop", security)).await;
            let limit = "has expired: its limit is 2021-01-01, and this computer's clock says 20";
            assert!(why.contains(limit), "{why}");
        }
    }

    async fn a_certificate_of_the_future_is_refused_with_a_word_on_the_clock(
        Setup::alice_and_bob().showing(Certificate::Early), server
    ) {
        for security in [Security::StartTls, Security::DirectTls] {
            let why = refused(config(&server, "alice", "laptop", security)).await;
            let limit = "is not valid yet: its limit is 2089-01-01, and this computer's clock says 20";
            assert!(why.contains(limit) && why.ends_with("Check this computer's clock."), "{why}");
        }
    }

    async fn a_certificate_for_another_name_is_refused(
        Setup::alice_and_bob().showing(Certificate::WrongName), server
    ) {
        let why = refused(config(&server, "alice", "laptop", Security::StartTls)).await;
        assert!(why.contains("is for another name than rendezvous.test"), "{why}");
    }

    async fn a_certificate_of_an_unknown_authority_is_refused(
        Setup::alice_and_bob().showing(Certificate::UnknownAuthority), server
    ) {
        let why = refused(config(&server, "alice", "laptop", Security::DirectTls)).await;
        assert!(why.contains("an authority that this computer does not know"), "{why}");
        let mut trusting_only_the_system = config(&server, "alice", "laptop", Security::StartTls);
        trusting_only_the_system.extra_ca = None;
        let why = refused(trusting_only_the_system).await;
        assert!(why.contains("an authority that this computer does not know"), "{why}");
    }
}

/// Debian's ejabberd offers to tie the login to the connection and computes it wrongly: the right password is refused,
/// with a word on the switch, and nothing is switched by itself.
#[tokio::test(flavor = "multi_thread")]
async fn needs_ejabberd_a_login_is_never_untied_by_itself() {
    let server = Server::ejabberd(&Setup::alice_and_bob());
    let mut config = config(&server, "alice", "laptop", Security::StartTls);
    config.channel_binding = true;
    let why = refused(config.clone()).await;
    assert!(why.contains("channel_binding = false"), "{why}");
    config.channel_binding = false;
    assert_eq!(first_word(config).await, NetworkEvent::Online);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_tried_again() {
    let config = Config {
        server: Some(("127.0.0.1".into(), rendezvous_testkit::ports::free().unwrap())),
        ..Config::new("alice@rendezvous.test", Zeroizing::new("x".into()), "laptop")
    };
    match first_word(config).await {
        NetworkEvent::Offline(why) => assert!(why.contains("nothing listens there"), "{why}"),
        other => panic!("{other:?}"),
    }
}
