//! From a connection to a stream that is ours: encryption, then the login.

mod mechanism;

use super::config::{Login, Security, Target};
use super::places::{self, Place};
use super::tls::Channel;
use super::transport::{Meter, Metered};
use super::trouble::{Remedy, Trouble};
use crate::prompt::Prompt;
use futures_util::{SinkExt as _, StreamExt as _};
use mechanism::Exchange;
use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_xmpp::connect::AsyncReadAndWrite;
use tokio_xmpp::xmlstream::{
    FallibleStreamElement, InitiatingStream, PendingFeaturesRecv, ReadError, StreamHeader, Timeouts,
    XmlStream, XmppStream, XmppStreamElement, initiate_stream,
};
use xmpp_parsers::sasl::{Auth, Nonza, Response};
use xmpp_parsers::stream_features::StreamFeatures;
use xmpp_parsers::{ns, starttls};

/// One server may take so long, from the first packet to the end of the login, while there is another to try; …
const EACH: Duration = Duration::from_secs(10);
/// …the last one, or the only one, so long; …
const LAST: Duration = Duration::from_secs(30);
/// …and all of it together so long.
const PATIENCE: Duration = Duration::from_secs(60);
/// We keep the time ourselves, by a clock that goes on while the machine sleeps.
const NEVER: Timeouts =
    Timeouts { read_timeout: Duration::from_hours(24), response_timeout: Duration::from_hours(24) };

/// XML over whatever carries it.
pub(super) type Xml = XmlStream<Box<dyn AsyncReadAndWrite + Send + 'static>, FallibleStreamElement>;

/// A stream that is ours and not bound to a resource yet.
pub(super) struct LoggedIn {
    pub(super) xml: Xml,
    pub(super) meter: Meter,
    pub(super) features: StreamFeatures,
    /// Our end of the connection.
    pub(super) local: Option<SocketAddr>,
}

/// Signs in at the first of the domain's servers that can be reached.
pub(super) async fn log_in(target: &Target) -> Result<LoggedIn, Trouble> {
    timeout(PATIENCE, async {
        let mut last = Trouble::NoAnswer;
        let mut places = places::find(target).await?.into_iter().peekable();
        while let Some(place) = places.next() {
            let time = if places.peek().is_some() { EACH } else { LAST };
            let signed_in = timeout(time, log_in_at(target, &place)).await;
            match signed_in.unwrap_or(Err(Trouble::NoAnswer)) {
                // Another server of the domain may be better off, but not wiser about a password or a certificate.
                Err(trouble) if trouble.remedy() == Remedy::Wait => {
                    tracing::debug!(%place, %trouble, "Cannot sign in at a server");
                    last = trouble;
                }
                signed_in => return signed_in,
            }
        }
        Err(last)
    })
    .await
    .unwrap_or(Err(Trouble::NoAnswer))
}

async fn log_in_at(target: &Target, place: &Place) -> Result<LoggedIn, Trouble> {
    let stream = places::dial(target.dns, place).await?;
    encrypt(target, place, stream).await
}

async fn encrypt(target: &Target, place: &Place, stream: Prompt) -> Result<LoggedIn, Trouble> {
    let meter = Meter::default();
    let local = stream.get_ref().local_addr().ok();
    let signed_in = match place.security {
        Security::LoopbackOnly => {
            let pending = open(target, Metered::new(stream, meter.clone())).await?;
            prove(target, pending, Channel::Clear, meter).await
        }
        Security::DirectTls => direct(target, stream, meter).await,
        Security::Automatic | Security::StartTls => {
            let stream = start_tls(target, stream).await?;
            direct(target, stream, meter).await
        }
    };
    signed_in.map(|signed_in| LoggedIn { local, ..signed_in })
}

/// Asks for encryption on a stream in the clear, and leaves that stream.
pub(super) async fn start_tls(target: &Target, stream: Prompt) -> Result<Prompt, Trouble> {
    let pending = open(target, Metered::new(stream, Meter::default())).await?;
    let (features, mut stream): (StreamFeatures, XmppStream<_>) = pending.recv_features().await?;
    if !features.can_starttls() {
        return Err(Trouble::NoEncryption(target.domain.clone()));
    }
    let request = starttls::Nonza::Request(starttls::Request);
    stream.send(&XmppStreamElement::Starttls(request)).await?;
    match next(&mut stream).await? {
        XmppStreamElement::Starttls(starttls::Nonza::Proceed(_)) => Ok(stream.into_inner().into_inner()),
        _ => Err(Trouble::NoEncryption(target.domain.clone())),
    }
}

async fn direct(target: &Target, stream: Prompt, meter: Meter) -> Result<LoggedIn, Trouble> {
    let (stream, channel) = target.tls.connect(stream).await?;
    let pending = open(target, Metered::new(stream, meter.clone())).await?;
    prove(target, pending, channel, meter).await
}

async fn open<S>(target: &Target, stream: Metered<S>) -> Result<PendingFeaturesRecv<Metered<S>>, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    Ok(initiate_stream(stream, ns::JABBER_CLIENT, header(target), NEVER).await?)
}

fn header(target: &Target) -> StreamHeader<'_> {
    StreamHeader { to: Some(Cow::Borrowed(target.account.domain().as_str())), from: None, id: None }
}

/// Proves who we are, and lets the server prove that it knows us.
async fn prove<S>(
    target: &Target,
    pending: PendingFeaturesRecv<Metered<S>>,
    channel: Channel,
    meter: Meter,
) -> Result<LoggedIn, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (features, stream): (StreamFeatures, XmppStream<_>) = pending.recv_features().await?;
    meter.reset();
    let name = target.account.node().map(|node| node.as_str().to_owned()).unwrap_or_default();
    let exchange = match &target.login {
        Login::Anonymous => Exchange::anonymous(&features.sasl_mechanisms)?,
        Login::Password(password) => {
            let choice = mechanism::choose(target, &features, channel)?;
            Exchange::password(choice, &name, password)?
        }
    };
    let stream = authenticate(stream, exchange).await?;
    let (features, stream) = stream.send_header(header(target)).await?.recv_features().await?;
    meter.reset();
    Ok(LoggedIn { xml: stream.box_stream(), meter, features, local: None })
}

async fn authenticate<S>(
    mut stream: XmppStream<Metered<S>>,
    mut exchange: Exchange,
) -> Result<InitiatingStream<Metered<S>>, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mechanism, data) = exchange.begin()?;
    stream.send(&XmppStreamElement::Sasl(Nonza::Auth(Auth { mechanism, data }))).await?;
    // SCRAM takes one challenge; one more may carry the server's own proof.
    for _ in 0..3 {
        match next(&mut stream).await? {
            XmppStreamElement::Sasl(Nonza::Challenge(challenge)) => {
                let data;
                (exchange, data) = exchange.answer(challenge.data).await?;
                stream.send(&XmppStreamElement::Sasl(Nonza::Response(Response { data }))).await?;
            }
            XmppStreamElement::Sasl(Nonza::Success(success)) => {
                exchange.finish(&success.data)?;
                return Ok(stream.initiate_reset());
            }
            XmppStreamElement::Sasl(Nonza::Failure(failure)) => {
                return Err(Trouble::of_login(&failure.defined_condition, exchange.is_bound()));
            }
            _ => break,
        }
    }
    Err(Trouble::Protocol("an unexpected answer to the login".into()))
}

/// The next element of a stream that is not ours yet.
pub(super) async fn next<S>(
    stream: &mut XmlStream<S, FallibleStreamElement>,
) -> Result<XmppStreamElement, Trouble>
where
    S: tokio::io::AsyncBufRead + Unpin,
{
    loop {
        let element = match stream.next().await {
            Some(Ok(element)) => element.into_read_error(),
            Some(Err(error)) => Err(error),
            None => return Err(Trouble::Lost("it was closed".into())),
        };
        match element {
            Ok(XmppStreamElement::StreamError(error)) => return Err(Trouble::of_stream(&error)),
            Ok(element) => return Ok(element),
            Err(ReadError::SoftTimeout) => {}
            Err(ReadError::HardError(error)) => return Err(error.into()),
            Err(ReadError::ParseError(error)) => return Err(Trouble::protocol(error)),
            Err(ReadError::StreamFooterReceived) => return Err(Trouble::Lost("it was closed".into())),
        }
    }
}
