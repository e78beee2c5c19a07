//! A client of few words, written by hand: signs in without encryption and carries whole stanzas as text. It costs little,
//! so that the load that it makes is the server's and the agent's.

use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;

/// Signing in may take so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What comes in.
pub(crate) struct Incoming {
    half: OwnedReadHalf,
    splitter: Splitter,
}

/// What goes out, from anywhere.
#[derive(Clone)]
pub(crate) struct Outgoing(mpsc::UnboundedSender<String>);

/// Signs in with a password, and binds a resource.
pub(crate) async fn sign_in(
    port: u16,
    (user, domain): (&str, &str),
    password: &str,
    resource: &str,
) -> Result<(Incoming, Outgoing)> {
    tokio::time::timeout(PATIENCE, begin(port, (user, domain), password, resource))
        .await
        .unwrap_or_else(|_| bail!("the server did not answer in time"))
        .with_context(|| format!("{user}@{domain} could not sign in"))
}

async fn begin(
    port: u16,
    (user, domain): (&str, &str),
    password: &str,
    resource: &str,
) -> Result<(Incoming, Outgoing)> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.set_nodelay(true)?;
    let (half, mut out) = stream.into_split();
    let mut incoming = Incoming { half, splitter: Splitter::default() };
    let header = format!(
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='{domain}' version='1.0'>"
    );
    let proof = STANDARD.encode(format!("\0{user}\0{password}"));
    say(&mut out, &header).await?;
    incoming.expect("<stream:features").await?;
    let auth = format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{proof}</auth>");
    say(&mut out, &auth).await?;
    incoming.expect("<success").await?;
    incoming.splitter = Splitter::default();
    say(&mut out, &header).await?;
    incoming.expect("<stream:features").await?;
    let bind = format!(
        "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind></iq>"
    );
    say(&mut out, &bind).await?;
    let bound = incoming.next().await.context("the server hung up")?;
    ensure!(bound.contains(&format!("/{resource}<")), "another resource was bound: {bound}");
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(write_all(out, receiver));
    Ok((incoming, Outgoing(sender)))
}

async fn say(out: &mut OwnedWriteHalf, text: &str) -> Result<()> {
    Ok(out.write_all(text.as_bytes()).await?)
}

/// Writes what is to be written, as much at once as there is.
async fn write_all(mut out: OwnedWriteHalf, mut texts: mpsc::UnboundedReceiver<String>) {
    while let Some(mut text) = texts.recv().await {
        while let Ok(more) = texts.try_recv() {
            text += &more;
        }
        if out.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
    // Whoever leaves says so; a server that is gone needs not to be told.
    _ = out.write_all(b"</stream:stream>").await;
}

impl Outgoing {
    /// Queues a stanza. One to a server that is gone is lost, and missed by whoever counts.
    pub(crate) fn send(&self, stanza: String) {
        _ = self.0.send(stanza);
    }
}

impl Incoming {
    /// The next whole stanza; `None` when the server hung up. Nothing is lost when this is dropped early.
    pub(crate) async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(stanza) = self.splitter.next() {
                return Some(stanza);
            }
            match self.half.read_buf(&mut self.splitter.bytes).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    async fn expect(&mut self, begin: &str) -> Result<()> {
        let stanza = self.next().await.context("the server hung up")?;
        ensure!(stanza.starts_with(begin), "expected {begin}, and the server said {stanza}");
        Ok(())
    }
}

/// The value of an attribute of a stanza's first tag.
pub(crate) fn attribute<'s>(stanza: &'s str, name: &str) -> Option<&'s str> {
    let tag = stanza.split('>').next()?;
    let at = tag
        .match_indices(name)
        .map(|(at, _)| at)
        .find(|&at| tag[..at].ends_with(' ') && tag[at + name.len()..].starts_with('='))?;
    let value = &tag[at + name.len() + 1..];
    let quote = value.chars().next()?;
    value[1..].split(quote).next()
}

/// Cuts a stream into its stanzas. It believes that the server writes XML, without comments and the like.
#[derive(Default)]
struct Splitter {
    bytes: Vec<u8>,
    /// So far it was looked at.
    at: usize,
    depth: usize,
    /// Where the tag began that is being read.
    tag: Option<usize>,
    quote: Option<u8>,
    /// Where the stanza began that is being read.
    stanza: Option<usize>,
}

impl Splitter {
    fn next(&mut self) -> Option<String> {
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            let Some(tag) = self.tag else {
                if byte == b'<' {
                    self.tag = Some(self.at - 1);
                }
                continue;
            };
            match (self.quote, byte) {
                (Some(quote), _) if quote == byte => self.quote = None,
                (Some(_), _) => {}
                (None, b'\'' | b'"') => self.quote = Some(byte),
                (None, b'>') => {
                    self.tag = None;
                    if let Some(stanza) = self.end_tag(tag) {
                        return Some(stanza);
                    }
                }
                (None, _) => {}
            }
        }
        None
    }

    /// A tag is complete; the stanza, if that was its end.
    fn end_tag(&mut self, begin: usize) -> Option<String> {
        let tag = &self.bytes[begin..self.at];
        if tag.starts_with(b"<?") {
            return None;
        }
        if self.depth == 1 && self.stanza.is_none() {
            self.stanza = Some(begin);
        }
        if tag.starts_with(b"</") {
            self.depth = self.depth.saturating_sub(1);
        } else if !tag.ends_with(b"/>") {
            self.depth += 1;
        }
        if self.depth != 1 {
            return None;
        }
        let begin = self.stanza.take()?;
        let stanza = String::from_utf8_lossy(&self.bytes[begin..self.at]).into_owned();
        self.bytes.drain(..self.at);
        self.at = 0;
        Some(stanza)
    }
}
