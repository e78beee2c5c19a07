//! Two drivers over real TLS links on loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use rendezvous_core::*;
use rendezvous_net::nearby::{Nearby, NearbyError, parse_address};
use rendezvous_net::{Account, CallError, Driver, Handle, Happening};
use rendezvous_trust::DeviceKey;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

struct Person {
    address: Address,
    handle: Handle,
    happenings: UnboundedReceiver<Happening>,
    task: JoinHandle<()>,
}

impl Person {
    async fn new() -> Self {
        let network = Nearby::listen("127.0.0.1:0".parse().unwrap(), "laptop".into()).await.unwrap();
        let address = network.address();
        let ask = Application::new(ApplicationId::ASK, "Ask");
        let (driver, handle, happenings) =
            Driver::new(account(&address), SessionConfig::default(), [ask], network);
        Self { address, handle, happenings, task: tokio::spawn(driver.run()) }
    }

    /// The next event that is one of these; fails when it does not come soon.
    async fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Happening {
        let mut seen = Vec::new();
        let search = async {
            loop {
                let happening = self.happenings.recv().await.expect("the driver runs");
                if wanted(&happening.event) {
                    return happening;
                }
                seen.push(happening);
            }
        };
        match tokio::time::timeout(Duration::from_secs(10), search).await {
            Ok(found) => found,
            Err(_) => panic!("it did not happen; instead: {seen:?}"),
        }
    }

    async fn ended(&mut self) -> SessionResult {
        match self.until(|e| matches!(e, Event::Ended { .. })).await.event {
            Event::Ended { result, .. } => result,
            _ => unreachable!(),
        }
    }
}

/// An account whose device key is made from its address.
fn account(address: &Address) -> Account {
    let mut seed = [0; 32];
    for (place, byte) in address.as_str().bytes().enumerate() {
        seed[place % 32] ^= byte;
    }
    let key = Arc::new(DeviceKey::from_seed(&seed).unwrap());
    Account { network: "nearby".into(), me: address.clone(), key }
}

async fn connected() -> (Person, Person, SessionId) {
    let (mut alice, mut bob) = (Person::new().await, Person::new().await);
    let session = alice.handle.invite(bob.address.clone(), ApplicationId::ASK, String::new()).await.unwrap();
    let invited = bob.until(|e| matches!(e, Event::Invited(_))).await;
    assert_eq!(invited.session, session);
    alice.until(|e| matches!(e, Event::Ringing(_))).await;
    bob.handle.command(session, Command::Accept { data: String::new() }).await.unwrap();
    for person in [&mut alice, &mut bob] {
        person.until(|e| *e == Event::Launch).await;
        person.handle.command(session, Command::Attach).await.unwrap();
    }
    for person in [&mut alice, &mut bob] {
        person.until(|e| matches!(e, Event::StateChanged { current: State::Connected, .. })).await;
    }
    (alice, bob, session)
}

#[tokio::test]
async fn a_session_from_invitation_to_end() {
    let (mut alice, mut bob, session) = connected().await;
    let text = "é\u{0}".repeat(MAX_CONTEXT / 3);
    alice.handle.command(session, Command::SendContext(text.clone())).await.unwrap();
    bob.until(|e| *e == Event::ContextData(text.clone())).await;
    assert_eq!(
        bob.handle.list().await.unwrap()[0].contact,
        alice.address,
        "the caller is named by where it listens"
    );
    bob.handle
        .command(session, Command::Terminate { result: SessionResult::SUCCESS, data: "bye".into() })
        .await
        .unwrap();
    assert_eq!(alice.ended().await, Code::SessionCancelledRemote.into());
    assert_eq!(bob.ended().await, Code::SessionCancelledLocal.into());
    assert_eq!(alice.handle.list().await.unwrap(), []);
}

#[tokio::test]
async fn a_person_who_vanishes_ends_the_session() {
    let (mut alice, bob, _) = connected().await;
    bob.task.abort();
    assert_eq!(alice.ended().await, Code::ConnectionFailure.into());
}

#[tokio::test]
async fn nobody_listens_there() {
    let mut alice = Person::new().await;
    let gone = Person::new().await;
    gone.task.abort();
    _ = gone.task.await;
    alice.handle.invite(gone.address, ApplicationId::ASK, String::new()).await.unwrap();
    alice.until(|e| *e == Event::SendError(Code::InvitationSendFailure)).await;
    assert_eq!(alice.ended().await, Code::InvitationSendFailure.into());
}

#[tokio::test]
async fn other_computers_are_refused() {
    assert!(matches!(parse_address("192.0.2.1:7001"), Err(NearbyError::NotLoopback(_))));
    assert!(matches!(parse_address("example.org"), Err(NearbyError::NotAnAddress(_))));
    assert!(matches!(
        Nearby::listen("0.0.0.0:0".parse().unwrap(), "x".into()).await,
        Err(NearbyError::NotLoopback(_))
    ));
    let mut alice = Person::new().await;
    alice
        .handle
        .invite(Address::new("192.0.2.1:7001").unwrap(), ApplicationId::ASK, String::new())
        .await
        .unwrap();
    assert_eq!(alice.ended().await, Code::InvitationSendFailure.into());
}

#[tokio::test]
async fn strangers_without_tls_change_nothing() {
    let (alice, mut bob, session) = connected().await;
    for noise in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 4096], b""] {
        let mut stream = TcpStream::connect(bob.address.as_str()).await.unwrap();
        _ = stream.write_all(noise).await;
        _ = stream.shutdown().await;
        // Bob closes the link; what he says before that does not matter.
        _ = stream.read_to_end(&mut Vec::new()).await;
    }
    alice.handle.command(session, Command::SendContext("still here".into())).await.unwrap();
    bob.until(|e| *e == Event::ContextData("still here".into())).await;
}

#[tokio::test]
async fn calls_are_refused_with_their_code() {
    let alice = Person::new().await;
    let refused = alice.handle.invite(alice.address.clone(), ApplicationId::ASK, String::new()).await;
    assert_eq!(refused, Err(CallError::Refused(SessionError::Refused(Code::InvitedSelf))));
    let nobody = alice.handle.command(SessionId([1; 16]), Command::Attach).await;
    assert_eq!(nobody, Err(CallError::Refused(SessionError::NoSuchSession(SessionId([1; 16])))));
}

/// Somebody on this computer who says that they listen where Alice does.
async fn impostor(victim: &Address, claims: &Address) -> tokio_rustls::client::TlsStream<TcpStream> {
    let stream = TcpStream::connect(victim.as_str()).await.unwrap();
    let mut stream = hostile::connector().connect("x.invalid".try_into().unwrap(), stream).await.unwrap();
    let port: std::net::SocketAddr = claims.as_str().parse().unwrap();
    let hello = format!(r#"{{"frame":"hello","version":1,"port":{},"device":""}}"#, port.port());
    stream.write_u32(u32::try_from(hello.len()).unwrap()).await.unwrap();
    stream.write_all(hello.as_bytes()).await.unwrap();
    let length = stream.read_u32().await.unwrap();
    stream.read_exact(&mut vec![0; usize::try_from(length).unwrap()]).await.unwrap();
    stream
}

#[tokio::test]
async fn who_claims_anothers_address_takes_over_nothing() {
    let (mut alice, mut bob, session) = connected().await;
    let mut mallory = impostor(&bob.address, &alice.address).await;
    bob.handle.command(session, Command::SendContext("for Alice only".into())).await.unwrap();
    alice.until(|e| *e == Event::ContextData("for Alice only".into())).await;
    // Even with the session's name, which they cannot know, they are not the endpoint that it is with.
    let end = format!(
        r#"{{"frame":"message","number":1,"message":{{"session":"{session}","sequence":9,"body":{{"type":"terminate","failed":true,"result":1,"data":""}}}}}}"#
    );
    mallory.write_u32(u32::try_from(end.len()).unwrap()).await.unwrap();
    mallory.write_all(end.as_bytes()).await.unwrap();
    // All that they ever hear is that their message arrived.
    let length = mallory.read_u32().await.unwrap();
    let mut answer = vec![0; usize::try_from(length).unwrap()];
    mallory.read_exact(&mut answer).await.unwrap();
    assert_eq!(String::from_utf8(answer).unwrap(), r#"{"frame":"taken","number":1}"#);
    alice.handle.command(session, Command::SendContext("still here".into())).await.unwrap();
    bob.until(|e| *e == Event::ContextData("still here".into())).await;
}

#[tokio::test]
async fn an_invitation_goes_where_the_person_said() {
    let (mut bob, mut alice) = (Person::new().await, Person::new().await);
    let _mallory = impostor(&bob.address, &alice.address).await;
    bob.handle.invite(alice.address.clone(), ApplicationId::ASK, String::new()).await.unwrap();
    alice.until(|e| matches!(e, Event::Invited(_))).await;
    bob.until(|e| matches!(e, Event::Ringing(_))).await;
}

mod hostile {
    use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
    use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
    use std::sync::Arc;

    pub(crate) fn connector() -> tokio_rustls::TlsConnector {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone))
            .with_no_client_auth();
        Arc::new(config).into()
    }

    #[derive(Debug)]
    struct Anyone;

    impl ServerCertVerifier for Anyone {
        fn verify_server_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: &ServerName<'_>,
            _: &[u8],
            _: UnixTime,
        ) -> Result<ServerCertVerified, Error> {
            Ok(ServerCertVerified::assertion())
        }

        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Ok(HandshakeSignatureValid::assertion())
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            vec![SignatureScheme::ECDSA_NISTP256_SHA256, SignatureScheme::ED25519]
        }
    }
}
