use super::*;
use crate::xmpp::config::Config;
use xmpp_parsers::sasl_cb::SaslChannelBinding;

const NAME: &[u8] = b"name";

fn target(change: impl FnOnce(&mut Config)) -> Target {
    let mut config = Config::new("juliet@example.org", Zeroizing::new("pencil".into()), "x");
    change(&mut config);
    Target::new(config).unwrap()
}

fn offer(mechanisms: &[&str]) -> StreamFeatures {
    StreamFeatures {
        sasl_mechanisms: mechanisms.iter().map(|&m| m.to_owned()).collect(),
        ..StreamFeatures::default()
    }
}

const ALL: [&str; 5] = [SHA_256, SHA_256_PLUS, SHA_1, SHA_1_PLUS, PLAIN];

#[test]
fn the_login_is_tied_to_the_connection_where_that_is_offered() {
    let choice = choose(&target(|_| ()), &offer(&ALL), Channel::Exporter(NAME.into()));
    assert_eq!(choice, Ok(Choice::Sha256(ChannelBinding::TlsExporter(NAME.into()))));
    let choice = choose(&target(|_| ()), &offer(&[SHA_1, SHA_1_PLUS]), Channel::Exporter(NAME.into()));
    assert_eq!(choice, Ok(Choice::Sha1(ChannelBinding::TlsExporter(NAME.into()))));
}

#[test]
fn what_is_not_offered_is_said_to_have_been_missed() {
    let choice = choose(&target(|_| ()), &offer(&[SHA_1]), Channel::Exporter(NAME.into()));
    assert_eq!(choice, Ok(Choice::Sha1(ChannelBinding::Unsupported)));
}

#[test]
fn what_is_offered_and_cannot_be_done_is_not_left_out_silently() {
    assert_eq!(choose(&target(|_| ()), &offer(&ALL), Channel::Nameless), Err(Trouble::Binding));
    let mut features = offer(&ALL);
    features.sasl_cb = Some(SaslChannelBinding { types: vec![Type::TlsServerEndPoint] });
    let channel = Channel::Exporter(NAME.into());
    assert_eq!(choose(&target(|_| ()), &features, channel.clone()), Err(Trouble::Binding));
    let unbound = target(|config| config.channel_binding = false);
    assert_eq!(choose(&unbound, &features, channel), Ok(Choice::Sha256(ChannelBinding::None)));
}

#[test]
fn the_password_itself_is_sent_only_if_the_account_says_so() {
    let channel = Channel::Exporter(NAME.into());
    let refused = choose(&target(|_| ()), &offer(&[PLAIN]), channel.clone());
    assert_eq!(refused, Err(Trouble::Mechanism("PLAIN".into())));
    let allowed = target(|config| config.plain_password = true);
    assert_eq!(choose(&allowed, &offer(&[PLAIN]), channel), Ok(Choice::Plain));
    let in_the_clear = choose(&allowed, &offer(&[PLAIN]), Channel::Clear);
    assert_eq!(in_the_clear, Err(Trouble::Mechanism("PLAIN".into())));
}

#[test]
fn a_servers_names_are_shown_only_if_they_are_names() {
    let offered = ["X-OAUTH2", "\u{1b}[31m", "A very long name that is none"].map(str::to_owned).into();
    assert_eq!(names(&offered), "X-OAUTH2");
    assert_eq!(names(&BTreeSet::new()), "none");
}

fn scram() -> Exchange {
    let password = Zeroizing::new("pencil".into());
    Exchange::password(Choice::Sha1(ChannelBinding::None), "a=b,c", &password).unwrap()
}

#[tokio::test]
async fn the_library_is_watched_where_it_trusts_the_server() {
    let mut exchange = scram();
    let (_, first) = exchange.begin().unwrap();
    let first = String::from_utf8(first).unwrap();
    assert!(first.starts_with("n,,n=a=3Db=2Cc,r="), "{first}");
    let nonce = first.rsplit_once("r=").unwrap().1;
    for (challenge, why) in [
        (format!("r={nonce},s=QSXCR+Q6sek8bf92,i=4096"), Trouble::Impostor),
        ("r=other,s=QSXCR+Q6sek8bf92,i=4096".into(), Trouble::Impostor),
        (
            format!("r={nonce}x,s=QSXCR+Q6sek8bf92,i=4000000000"),
            Trouble::Protocol("4000000000 rounds for the password".into()),
        ),
        (format!("r={nonce}x,s=QSXCR+Q6sek8bf92,i=1"), Trouble::Protocol("1 rounds for the password".into())),
    ] {
        assert_eq!(look_at(challenge.as_bytes(), nonce), Err(why), "{challenge}");
    }
    let challenge = format!("r={nonce}x,s=QSXCR+Q6sek8bf92,i=4096");
    let (mut exchange, answer) = exchange.answer(challenge.into_bytes()).await.unwrap();
    assert!(answer.starts_with(b"c=biws,r="));
    for wrong in [&b""[..], b"v=", b"v=AAAA"] {
        assert_eq!(exchange.finish(wrong), Err(Trouble::Impostor));
    }
}
