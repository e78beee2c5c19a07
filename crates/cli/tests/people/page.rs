//! The expert's page as far as a browser is not needed: its conversation with the expert's application.
//!
//! It says and hears what the real page does, but makes no connection for the picture.

use std::collections::VecDeque;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU8, Ordering};

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::stream::SplitSink;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::house::{Desk, SOON};

/// The secret of this page's connection, so that a test can look for it where it must not be.
pub(crate) const PASSWORD: &str = "passwordOfThePageInThisTest";

/// An open page. It listens all the time, as a browser does, and so it answers the pings of its server.
pub(crate) struct Page {
    runtime: Runtime,
    to_socket: SplitSink<Socket, Message>,
    from_socket: mpsc::UnboundedReceiver<Heard>,
    /// Heard and not asked for yet.
    kept: VecDeque<Value>,
    /// The address that others are told; nothing is ever sent from it.
    udp: UdpSocket,
    /// The first byte, and every other, of its certificate's fingerprint: another one for each page.
    print: String,
}

/// How many pages there were.
static PAGES: AtomicU8 = AtomicU8::new(1);

type Socket = WebSocketStream<tokio::net::TcpStream>;

enum Heard {
    Message(Value),
    /// Sent away, with this code.
    Closed(u16),
    Broken(String),
}

/// Reads the address of the page from the expert's terminal.
pub(crate) fn address(expert: &mut Desk) -> Result<String> {
    expert.reads("No browser was opened. Open this page, once: ")?;
    let line = expert.reads("\n")?;
    expert.reads("ssh -L ")?;
    Ok(line.trim().to_owned())
}

/// The ticket in an address.
pub(crate) fn ticket(address: &str) -> Result<&str> {
    Ok(address.split_once('#').with_context(|| format!("{address:?} has no ticket"))?.1)
}

impl Page {
    /// Opens the page as a browser does: with the ticket, and then the certificate.
    pub(crate) fn open(address: &str) -> Result<Self> {
        let mut page = Self::open_without_certificate(address)?;
        page.shows_certificate()?;
        Ok(page)
    }

    pub(crate) fn shows_certificate(&mut self) -> Result<()> {
        self.says(&json!({"type": "certificate", "fingerprint": fingerprint(&self.print)}))
    }

    /// A page with this certificate, which tells where it is in its own words.
    pub(crate) fn open_with(address: &str, fingerprint: &str) -> Result<Self> {
        let mut page = Self::open_without_certificate(address)?;
        page.says(&json!({"type": "certificate", "fingerprint": fingerprint}))?;
        Ok(page)
    }

    /// What came, if something did.
    pub(crate) fn has_heard(&mut self, kind: &str) -> Option<Value> {
        if self.has_not_heard(kind) {
            return None;
        }
        let at = self.kept.iter().position(|message| message["type"] == kind)?;
        self.kept.remove(at)
    }

    /// A page that shows no certificate yet.
    pub(crate) fn open_without_certificate(address: &str) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let (place, ticket) = address
            .strip_prefix("http://")
            .and_then(|rest| rest.split_once("/#"))
            .context("a page's address")?;
        let place: SocketAddr = place.parse()?;
        let mut request = format!("ws://{place}/link").into_client_request()?;
        request.headers_mut().insert("origin", format!("http://{place}").parse()?);
        let dial = async {
            let stream = tokio::net::TcpStream::connect(place).await?;
            Ok::<_, anyhow::Error>(client_async(request, stream).await?.0)
        };
        let socket: Socket = runtime.block_on(within(dial))??;
        let (to_socket, mut reader) = socket.split();
        let (sender, from_socket) = mpsc::unbounded_channel();
        runtime.spawn(async move {
            while let Some(message) = reader.next().await {
                let heard = match message {
                    Ok(Message::Text(text)) => match serde_json::from_str(&text) {
                        Ok(value) => Heard::Message(value),
                        Err(error) => Heard::Broken(format!("not JSON: {error}: {text}")),
                    },
                    Ok(Message::Close(frame)) => Heard::Closed(frame.map_or(1005, |f| f.code.into())),
                    Ok(_) => continue,
                    Err(error) => Heard::Broken(error.to_string()),
                };
                if sender.send(heard).is_err() {
                    return;
                }
            }
        });
        let udp = UdpSocket::bind("127.0.0.1:0")?;
        let print = format!("{:02X}", PAGES.fetch_add(1, Ordering::Relaxed));
        let mut page = Self { runtime, to_socket, from_socket, kept: VecDeque::new(), udp, print };
        page.says(&json!({"type": "open", "ticket": ticket}))?;
        Ok(page)
    }

    /// Describes itself, as the real page does when it was told to connect.
    pub(crate) fn describes(&mut self) -> Result<()> {
        self.describes_as(&self.print.clone())
    }

    /// Describes itself with the certificate of this fingerprint, whichever it has shown before.
    pub(crate) fn describes_as(&mut self, print: &str) -> Result<()> {
        self.describes_with(print, &["127.0.0.1"])
    }

    /// Describes itself as being at these addresses.
    pub(crate) fn describes_at(&mut self, addresses: &[&str]) -> Result<()> {
        self.describes_with(&self.print.clone(), addresses)
    }

    /// Describes itself as playing these formats.
    pub(crate) fn describes_playing(&mut self, video: &Value) -> Result<()> {
        self.describes_all(&self.print.clone(), &["127.0.0.1"], video)
    }

    fn describes_with(&mut self, print: &str, addresses: &[&str]) -> Result<()> {
        self.describes_all(print, addresses, &json!([h264()]))
    }

    fn describes_all(&mut self, print: &str, addresses: &[&str], video: &Value) -> Result<()> {
        let description = self.description_with(print, addresses, video)?;
        self.says(&json!({"type": "describe", "description": description}))
    }

    /// What it says of itself, at these addresses.
    pub(crate) fn description(&self, addresses: &[&str]) -> Result<Value> {
        self.description_with(&self.print, addresses, &json!([h264()]))
    }

    fn description_with(&self, print: &str, addresses: &[&str], video: &Value) -> Result<Value> {
        let port = self.udp.local_addr()?.port();
        let print = fingerprint(print);
        let candidates: Vec<Value> = addresses
            .iter()
            .map(|address| {
                json!({
                    "foundation": "1", "component": 1, "protocol": "udp", "priority": 2_130_706_431,
                    "address": address, "port": port, "type": "host",
                })
            })
            .collect();
        Ok(json!({
            "ufrag": "page", "pwd": PASSWORD, "fingerprint": print, "setup": "actpass",
            "video": video,
            "extensions": [{"id": 6, "uri": "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"}],
            "candidates": candidates,
        }))
    }

    pub(crate) fn says(&mut self, message: &Value) -> Result<()> {
        let text = Message::text(message.to_string());
        self.runtime.block_on(within(self.to_socket.send(text)))??;
        Ok(())
    }

    fn hears_next(&mut self) -> Result<Heard> {
        self.runtime.block_on(within(self.from_socket.recv()))?.context("the page has heard the last of it")
    }

    /// Waits for a message that fits. Others are kept for later, except states that came before one that was waited for:
    /// those are history.
    fn hears_one(&mut self, name: &str, for_state: bool, fits: impl Fn(&Value) -> bool) -> Result<Value> {
        if let Some(at) = self.kept.iter().position(&fits) {
            return self.kept.remove(at).context("it is there");
        }
        let mut heard = Vec::new();
        loop {
            match self
                .hears_next()
                .with_context(|| format!("the page waits for {name}; it heard {heard:?}"))?
            {
                Heard::Message(value) if fits(&value) => {
                    if for_state {
                        self.kept.retain(|message| message["type"] != "state");
                    }
                    return Ok(value);
                }
                Heard::Message(value) => {
                    heard.push(value.clone());
                    if !(for_state && value["type"] == "state") {
                        self.kept.push_back(value);
                    }
                }
                Heard::Closed(code) => bail!("the page waits for {name}; it was closed with {code}"),
                Heard::Broken(why) => bail!("the page waits for {name}; its connection broke: {why}"),
            }
        }
    }

    /// Whether no message of this type has come so far.
    pub(crate) fn has_not_heard(&mut self, kind: &str) -> bool {
        while let Ok(Heard::Message(message)) = self.from_socket.try_recv() {
            self.kept.push_back(message);
        }
        !self.kept.iter().any(|message| message["type"] == kind)
    }

    /// Waits for a message of this type.
    pub(crate) fn hears(&mut self, kind: &str) -> Result<Value> {
        self.hears_one(kind, false, |message| message["type"] == kind)
    }

    /// Waits for a state in which this holds.
    pub(crate) fn hears_state(&mut self, field: &str, value: impl Into<Value>) -> Result<Value> {
        let value = value.into();
        self.hears_one(&format!("{field} = {value}"), true, |message| {
            message["type"] == "state" && message[field] == value
        })
    }

    /// Waits for the end, and then for the closing; title, text and code.
    pub(crate) fn hears_the_end(&mut self) -> Result<[String; 3]> {
        let end = self.hears("ended")?;
        let part = |name| end[name].as_str().unwrap_or_default().to_owned();
        Ok(["title", "text", "code"].map(part))
    }

    /// Waits until the page is sent away, and returns the code.
    pub(crate) fn is_closed_with(&mut self) -> Result<u16> {
        loop {
            match self.hears_next()? {
                Heard::Message(_) => {}
                Heard::Closed(code) => return Ok(code),
                Heard::Broken(why) => bail!("the connection broke without a word: {why}"),
            }
        }
    }

    /// The browser's tab is closed.
    pub(crate) fn close(mut self) -> Result<()> {
        self.runtime.block_on(within(self.to_socket.close()))??;
        Ok(())
    }
}

fn fingerprint(byte: &str) -> String {
    [byte; 32].join(":")
}

/// The answer of the novice's application carries one secret too: its password.
pub(crate) fn password(answer: &Value) -> Result<String> {
    let password = answer["description"]["pwd"].as_str().context("an answer has a password")?;
    ensure!(password.len() >= 22, "a password of 22 characters or more");
    Ok(password.to_owned())
}

async fn within<T>(what: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(SOON, what).await.with_context(|| format!("nothing came within {SOON:?}"))
}

/// Formats as a browser describes them.
pub(crate) fn h264() -> Value {
    json!({
        "pt": 102, "rtx": 103, "codec": "H264",
        "fmtp": "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
    })
}

pub(crate) fn vp9() -> Value {
    json!({ "pt": 98, "rtx": 99, "codec": "VP9", "fmtp": "profile-id=0" })
}
