//! A stream that is bound to our resource, and what is left of it when the connection goes.
//!
//! The library has a layer for this (`StanzaStream`). We go without: it tells nobody why a stream ended, not even that
//! somebody else took the resource; it has no deadline until the stream is bound; and it panics when it is refused. Below
//! is what is needed of it, over the library's XML streams.

use super::ledger::{Ledger, Miscount};
use super::login::{LoggedIn, Xml, next};
use super::transport::Meter;
use super::trouble::Trouble;
use futures_util::{Sink, SinkExt as _, Stream as _, StreamExt as _};
use jid::FullJid;
use minidom::Element;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::timeout;
use tokio_xmpp::xmlstream::{
    FallibleStreamElement, RawStanzaHeader, ReadError, StreamElementError, XmppStreamElement,
};
use xmpp_parsers::bind::{BindQuery, BindResponse};
use xmpp_parsers::iq::Iq;
use xmpp_parsers::ns;
use xmpp_parsers::sm;
use xmpp_parsers::stanza::Stanza;

/// Binding and resuming may take so long.
const PATIENCE: Duration = Duration::from_secs(20);
/// So many stanzas are taken before the stream is complete.
const MAX_EARLY: usize = 64;
/// So many stanzas wait for the server, or for its confirmation, before questions of others are left alone. Our own
/// messages have a bound elsewhere.
const MAX_KEPT: usize = 4096;
/// A goodbye may take so long.
const GOODBYE: Duration = Duration::from_secs(2);

/// What comes in.
#[derive(Debug)]
pub(super) enum Heard {
    Stanza(Box<Stanza>),
    /// A stanza that is none; what there is of its header.
    Unreadable(RawStanzaHeader),
    /// Something that only shows that the server is there.
    Life,
}

impl Heard {
    /// Whether somebody wants an answer, and nothing else comes of leaving them without one.
    pub(super) fn is_question(&self) -> bool {
        match self {
            Self::Stanza(stanza) => match &**stanza {
                Stanza::Iq(Iq::Get { .. }) => true,
                // Whoever is a contact no more must not be heard for that.
                Stanza::Iq(Iq::Set { payload, .. }) => !payload.is("query", ns::ROSTER),
                _ => false,
            },
            Self::Unreadable(_) => true,
            Self::Life => false,
        }
    }
}

/// What outlives a connection.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// The session with the server, if it keeps one.
    ledger: Option<Ledger>,
    /// What waits to be written.
    queue: VecDeque<Element>,
    /// Answers that wait to be written. They go out in turn with the rest, since others wait for them, and a long text of
    /// ours takes half a minute where a server slows us down.
    answers: VecDeque<Element>,
    /// Whether the rest is next.
    is_queues_turn: bool,
}

impl Rest {
    /// Whether the session may go on over another connection.
    pub(super) fn is_resumable(&self) -> bool {
        self.ledger.as_ref().is_some_and(|ledger| ledger.id().is_some())
    }

    /// Queues a stanza for when the session goes on.
    pub(super) fn push(&mut self, stanza: Element) {
        if matches!(stanza.attr("type"), Some("result" | "error")) {
            self.answers.push_back(stanza);
        } else {
            self.queue.push_back(stanza);
        }
    }

    fn pop(&mut self) -> Option<Element> {
        self.is_queues_turn ^= true;
        let (first, second) = match self.is_queues_turn {
            true => (&mut self.answers, &mut self.queue),
            false => (&mut self.queue, &mut self.answers),
        };
        first.pop_front().or_else(|| second.pop_front())
    }

    fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.answers.is_empty()
    }

    /// How many stanzas are kept here: those that wait, and those that the server has not confirmed.
    fn kept(&self) -> usize {
        let unconfirmed = self.ledger.as_ref().map_or(0, Ledger::unconfirmed);
        self.queue.len() + self.answers.len() + unconfirmed
    }

    /// With what was queued later.
    pub(super) fn followed_by(mut self, later: Self) -> Self {
        self.queue.extend(later.queue);
        self.answers.extend(later.answers);
        self
    }

    /// What waits to be written.
    pub(super) fn into_queue(self) -> impl Iterator<Item = Element> {
        self.queue.into_iter().chain(self.answers)
    }
}

/// How a stream began.
#[derive(Debug)]
pub(super) enum Begun {
    /// Anew: nothing of the session before goes on.
    Fresh(FullJid),
    /// The session before goes on, and nothing was lost.
    Resumed,
}

/// A stream at work.
pub(super) struct Link {
    xml: Xml,
    meter: Meter,
    /// Our end of the connection.
    local: Option<SocketAddr>,
    rest: Rest,
    /// Came before the stream was complete.
    early: VecDeque<Stanza>,
    /// The server asked so many times what we have taken.
    asked: usize,
    /// We want to know what the server has taken.
    ask: bool,
}

/// Goes on with the session that `rest` is of, or begins another one.
pub(super) async fn begin(
    stream: LoggedIn,
    resource: &str,
    rest: Rest,
) -> Result<(Link, Begun), (Trouble, Rest)> {
    let LoggedIn { xml, meter, features, local } = stream;
    let mut link = Link { xml, meter, local, rest, early: VecDeque::new(), asked: 0, ask: false };
    let can_resume = features.stream_management.is_some();
    match timeout(PATIENCE, link.negotiate(resource, can_resume)).await.unwrap_or(Err(Trouble::NoAnswer)) {
        Ok(begun) => Ok((link, begun)),
        // What two programs understood differently once, they will again: the next stream begins anew.
        Err(trouble @ Trouble::Protocol(_)) => Err((trouble, Rest::default())),
        Err(trouble) => Err((trouble, link.rest)),
    }
}

impl Link {
    async fn negotiate(&mut self, resource: &str, can_resume: bool) -> Result<Begun, Trouble> {
        if can_resume && self.resume().await? {
            return Ok(Begun::Resumed);
        }
        self.rest = Rest::default();
        let me = self.bind(resource).await?;
        if can_resume {
            self.manage().await?;
        }
        Ok(Begun::Fresh(me))
    }

    /// Tries to go on with the session before. False when the server has forgotten it.
    async fn resume(&mut self) -> Result<bool, Trouble> {
        let Some((id, h)) = self.rest.ledger.as_ref().and_then(|l| Some((l.id()?.to_owned(), l.taken())))
        else {
            return Ok(false);
        };
        self.say(sm::Nonza::Resume(sm::Resume { h, previd: sm::StreamId(id) })).await?;
        match self.next_nonza().await? {
            sm::Nonza::Resumed(resumed) => {
                let Some(ledger) = &mut self.rest.ledger else { return Ok(false) };
                let mut again = ledger.resume(resumed.h)?;
                again.append(&mut self.rest.queue);
                self.rest.queue = again;
                Ok(true)
            }
            sm::Nonza::Failed(_) => Ok(false),
            other => Err(Trouble::protocol(format!("{other:?}"))),
        }
    }

    async fn bind(&mut self, resource: &str) -> Result<FullJid, Trouble> {
        const ID: &str = "bind";
        let query = Iq::from_set(ID, BindQuery::new(Some(resource.to_owned())));
        self.xml.send(&Element::from(query)).await?;
        loop {
            match self.next().await? {
                XmppStreamElement::Stanza(Stanza::Iq(Iq::Result { id, payload: Some(payload), .. }))
                    if id == ID =>
                {
                    return BindResponse::try_from(payload).map(Into::into).map_err(Trouble::protocol);
                }
                XmppStreamElement::Stanza(Stanza::Iq(Iq::Error { id, error, .. })) if id == ID => {
                    let why = error.texts.into_values().next();
                    let why = why.unwrap_or_else(|| format!("{:?}", error.defined_condition));
                    return Err(Trouble::no_resource(why));
                }
                XmppStreamElement::Stanza(_) => {}
                other => return Err(Trouble::protocol(format!("{other:?}"))),
            }
        }
    }

    /// Has the server count, and keep the session for a while when the connection goes.
    async fn manage(&mut self) -> Result<(), Trouble> {
        self.say(sm::Nonza::Enable(sm::Enable { max: None, resume: true })).await?;
        match self.next_nonza().await? {
            sm::Nonza::Enabled(enabled) => {
                let id = enabled.id.filter(|_| enabled.resume).map(|id| id.0);
                self.rest.ledger = Some(Ledger::new(id));
                Ok(())
            }
            sm::Nonza::Failed(_) => Ok(()),
            other => Err(Trouble::protocol(format!("{other:?}"))),
        }
    }

    async fn say(&mut self, nonza: sm::Nonza) -> Result<(), Trouble> {
        Ok(self.xml.send(&XmppStreamElement::SM(nonza)).await?)
    }

    async fn next(&mut self) -> Result<XmppStreamElement, Trouble> {
        let element = next(&mut self.xml).await;
        self.meter.reset();
        element
    }

    /// The answer of the stream management. Stanzas that overtake it are kept; they are not counted (XEP-0198, 4).
    async fn next_nonza(&mut self) -> Result<sm::Nonza, Trouble> {
        loop {
            let item = self.xml.next().await;
            self.meter.reset();
            match item {
                Some(Ok(FallibleStreamElement::Err(StreamElementError::InvalidNonza { qname, .. })))
                    if qname.0 == ns::SM && qname.1 == "failed" =>
                {
                    // The library insists on a count that servers leave out when they know of no such session.
                    return Ok(sm::Nonza::Failed(sm::Failed { h: None, error: None }));
                }
                Some(Ok(element)) => match element.into_read_error() {
                    Ok(XmppStreamElement::SM(nonza)) => return Ok(nonza),
                    Ok(XmppStreamElement::Stanza(stanza)) if self.early.len() < MAX_EARLY => {
                        self.early.push_back(stanza);
                    }
                    Ok(XmppStreamElement::StreamError(error)) => return Err(Trouble::of_stream(&error)),
                    Ok(other) => return Err(Trouble::protocol(format!("{other:?}"))),
                    Err(error) => return Err(Trouble::protocol(error)),
                },
                Some(Err(ReadError::SoftTimeout)) => {}
                Some(Err(ReadError::HardError(error))) => return Err(error.into()),
                Some(Err(error)) => return Err(Trouble::Lost(error.to_string())),
                None => return Err(Trouble::Lost("it was closed".into())),
            }
        }
    }

    /// Queues a stanza.
    pub(super) fn push(&mut self, stanza: Element) {
        self.rest.push(stanza);
    }

    /// Our end of the connection, where it is known.
    pub(super) fn local(&self) -> Option<SocketAddr> {
        self.local
    }

    /// Asks the server to show that it is there. False when that takes a stanza, which is then the caller's matter.
    pub(super) fn probe(&mut self) -> bool {
        self.ask = self.rest.ledger.is_some();
        self.ask
    }

    /// How far the server is with what we wrote, and whether it owes us a word on the rest.
    pub(super) fn progress(&self) -> (u32, bool) {
        self.rest.ledger.as_ref().map_or((0, false), Ledger::progress)
    }

    /// Whether so much waits for the server that nothing more can be answered.
    pub(super) fn is_full(&self) -> bool {
        self.rest.kept() >= MAX_KEPT
    }

    /// What is left when the connection is gone.
    pub(super) fn into_rest(self) -> Rest {
        self.rest
    }

    /// Signs off: writes what waits, then the end of the stream, and reads on until the server has ended its own. A
    /// connection that is closed with something unread is reset, and that takes from the server what it has not read yet:
    /// then it keeps a session, and shows a device, that are not there any more.
    pub(super) async fn close(mut self) {
        _ = timeout(GOODBYE, async {
            poll_fn(|cx| self.poll_write(cx)).await?;
            self.xml.shutdown().await?;
            while matches!(self.xml.next().await, Some(Ok(_) | Err(ReadError::SoftTimeout))) {
                self.meter.reset();
            }
            io::Result::Ok(())
        })
        .await;
    }

    /// Writes what waits and reads what came. Nothing is lost when the returned future is dropped.
    pub(super) async fn next_heard(&mut self) -> Result<Heard, Trouble> {
        poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Heard, Trouble>> {
        if let Some(stanza) = self.early.pop_front() {
            return Poll::Ready(Ok(Heard::Stanza(Box::new(stanza))));
        }
        // Writing must not keep us from reading: a server that slows us down still talks.
        if let Poll::Ready(Err(error)) = self.poll_write(cx) {
            return Poll::Ready(Err(error.into()));
        }
        let item = ready!(Pin::new(&mut self.xml).poll_next(cx));
        self.meter.reset();
        Poll::Ready(match item {
            Some(Ok(FallibleStreamElement::Ok(element))) => self.take(element),
            Some(Ok(FallibleStreamElement::Err(StreamElementError::InvalidStanza { header, .. }))) => {
                self.count();
                Ok(Heard::Unreadable(header))
            }
            Some(Ok(FallibleStreamElement::Err(StreamElementError::InvalidNonza { error, .. }))) => {
                Err(Trouble::protocol(error))
            }
            Some(Err(ReadError::SoftTimeout)) => Ok(Heard::Life),
            Some(Err(ReadError::HardError(error))) => Err(error.into()),
            Some(Err(ReadError::ParseError(error))) => Err(Trouble::protocol(error)),
            Some(Err(ReadError::StreamFooterReceived)) | None => Err(Trouble::Lost("it was closed".into())),
        })
    }

    fn take(&mut self, element: XmppStreamElement) -> Result<Heard, Trouble> {
        match element {
            XmppStreamElement::Stanza(stanza) => {
                self.count();
                Ok(Heard::Stanza(Box::new(stanza)))
            }
            XmppStreamElement::SM(sm::Nonza::Ack(ack)) => {
                if let Some(ledger) = &mut self.rest.ledger {
                    ledger.confirm(ack.h)?;
                }
                Ok(Heard::Life)
            }
            XmppStreamElement::SM(sm::Nonza::Req(_)) if self.rest.ledger.is_some() => {
                self.asked += 1;
                Ok(Heard::Life)
            }
            XmppStreamElement::StreamError(error) => Err(Trouble::of_stream(&error)),
            other => Err(Trouble::protocol(format!("{other:?}"))),
        }
    }

    fn count(&mut self) {
        if let Some(ledger) = &mut self.rest.ledger {
            ledger.take();
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let xml = Pin::new(&mut self.xml);
            if self.asked == 0 && !self.ask && self.rest.is_empty() {
                return <Xml as Sink<&Element>>::poll_flush(xml, cx);
            }
            ready!(<Xml as Sink<&Element>>::poll_ready(xml, cx))?;
            self.write_one()?;
        }
    }

    /// Gives the most urgent thing to the stream, which is ready for one.
    fn write_one(&mut self) -> io::Result<()> {
        let mut xml = Pin::new(&mut self.xml);
        if let Some(ledger) = &self.rest.ledger
            && self.asked > 0
        {
            self.asked -= 1;
            return xml.start_send(&XmppStreamElement::SM(sm::Nonza::Ack(sm::A { h: ledger.taken() })));
        }
        if !self.ask
            && let Some(stanza) = self.rest.pop()
        {
            if let Err(error) = xml.as_mut().start_send(&stanza) {
                // It cannot be written as XML, and never will be; nobody answers it.
                tracing::warn!(%error, "Left out a stanza that cannot be written");
                return Ok(());
            }
            if let Some(ledger) = &mut self.rest.ledger {
                ledger.wrote(stanza);
                // After each, so that one can see that the server goes on, however slowly it lets us write.
                self.ask = true;
            }
            return Ok(());
        }
        self.asked = 0;
        self.ask = false;
        xml.start_send(&XmppStreamElement::SM(sm::Nonza::Req(sm::R)))
    }
}

impl From<Miscount> for Trouble {
    fn from(Miscount { said, sent }: Miscount) -> Self {
        Self::Protocol(format!("it has taken {said} stanzas of {sent}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stanza(kind: &str, number: usize) -> Element {
        let name = |text: &'static str| minidom::rxml::NcName::try_from(text).unwrap();
        let iq = Element::builder("iq", "jabber:client");
        iq.attr(name("type"), kind).attr(name("id"), number.to_string()).build()
    }

    #[test]
    fn answers_do_not_wait_behind_everything_that_we_have_to_say() {
        let mut rest = Rest::default();
        (0..100).for_each(|number| rest.push(stanza("set", number)));
        (0..3).for_each(|number| rest.push(stanza("result", number)));
        let kinds: Vec<String> =
            (0..8).filter_map(|_| rest.pop()).map(|s| s.attr("type").unwrap().to_owned()).collect();
        assert_eq!(kinds, ["result", "set", "result", "set", "result", "set", "set", "set"]);
        let ours: Vec<String> =
            std::iter::from_fn(|| rest.pop()).map(|s| s.attr("id").unwrap().to_owned()).collect();
        assert_eq!(ours, (5..100).map(|n| n.to_string()).collect::<Vec<_>>(), "in their order");
        assert!(rest.is_empty());
    }

    #[test]
    fn what_waits_and_what_is_not_confirmed_is_counted() {
        let mut rest = Rest { ledger: Some(Ledger::new(None)), ..Rest::default() };
        (0..10).for_each(|number| rest.push(stanza("error", number)));
        while let Some(stanza) = rest.pop() {
            rest.ledger.as_mut().unwrap().wrote(stanza);
        }
        rest.push(stanza("set", 10));
        assert_eq!(rest.kept(), 11);
    }
}
