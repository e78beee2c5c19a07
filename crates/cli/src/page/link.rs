//! The conversation with the one page: the ticket first, then messages both ways, all of them bounded.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Result, anyhow};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use rendezvous_assist::chat::ChatText;
use rendezvous_assist::description::Fingerprint;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{interval_at, timeout};

use super::message::FromPage;
use super::redirect::RedirectFile;
use super::ticket::Ticket;
use super::{Limits, MAX_MESSAGE, PageEvent, ToPage};

/// Messages that wait for the page. A state is small and changes seldom, so a page that lets so many wait is stuck.
const OUTBOX: usize = 32;

/// Why a page is sent away. The numbers are WebSocket close codes; `viewer/words.en.js` has a sentence for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It said something that pages of ours do not say.
    NotUnderstood,
    /// Its ticket is wrong or was used before.
    WrongTicket,
    /// It did not show a ticket in time.
    NoTicket,
    /// Another page is open.
    Occupied,
    /// A message was too long.
    TooLong,
    /// It does not take its messages.
    TooSlow,
    /// The application is ending.
    Closing,
}

impl Refusal {
    fn code(self) -> u16 {
        match self {
            Self::NotUnderstood => 4400,
            Self::WrongTicket => 4401,
            Self::NoTicket => 4408,
            Self::Occupied => 4409,
            Self::TooLong => 1009,
            Self::TooSlow => 4429,
            Self::Closing => 1001,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUnderstood => "a message was not understood",
            Self::WrongTicket => "the ticket is wrong or was used before",
            Self::NoTicket => "no ticket came in time",
            Self::Occupied => "another page is open",
            Self::TooLong => "a message was too long",
            Self::TooSlow => "the page does not take its messages",
            Self::Closing => "the application is ending",
        })
    }
}

/// What the server and the application share: the ticket that waits, and the one page that is open.
pub(super) struct Desk {
    address: SocketAddr,
    limits: Limits,
    events: mpsc::Sender<PageEvent>,
    books: Mutex<Books>,
}

#[derive(Default)]
struct Books {
    admission: Option<Admission>,
    seat: Option<Seat>,
    closed: bool,
}

/// A ticket that was not used yet, and the file that carries it to the browser.
struct Admission {
    ticket: Ticket,
    file: Option<RedirectFile>,
}

/// The open page. `outbox` is gone once nothing more may be sent, and the seat is free once the page is gone too.
struct Seat {
    outbox: Option<mpsc::Sender<Utf8Bytes>>,
    too_slow: Option<oneshot::Sender<()>>,
}

/// The page's side of a [`Seat`].
struct Inbox {
    messages: mpsc::Receiver<Utf8Bytes>,
    too_slow: oneshot::Receiver<()>,
}

impl Desk {
    pub(super) fn new(address: SocketAddr, limits: Limits, events: mpsc::Sender<PageEvent>) -> Self {
        Self { address, limits, events, books: Mutex::default() }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    pub(super) fn issue_ticket(&self) -> Result<()> {
        let ticket = Ticket::random()?;
        self.books().admission = Some(Admission { ticket, file: None });
        Ok(())
    }

    pub(super) fn url_with_ticket(&self) -> Result<String> {
        let books = self.books();
        let admission = books.admission.as_ref().ok_or_else(used)?;
        Ok(self.url(&admission.ticket))
    }

    pub(super) fn write_redirect_file(&self, dir: &Path) -> Result<PathBuf> {
        let mut books = self.books();
        let admission = books.admission.as_mut().ok_or_else(used)?;
        let file = RedirectFile::write(dir, &self.url(&admission.ticket))?;
        Ok(admission.file.insert(file).path().to_owned())
    }

    fn url(&self, ticket: &Ticket) -> String {
        format!("http://{}/#{}", self.address, ticket.text())
    }

    /// Queues a message for the open page and says whether there is one.
    pub(super) fn send(&self, message: &ToPage) -> bool {
        let text = serde_json::to_string(message).expect("every message can be written as JSON");
        if text.len() > MAX_MESSAGE {
            tracing::error!(?message, "A message for the page is too long");
            return false;
        }
        let mut books = self.books();
        let Some(seat) = books.seat.as_mut() else { return false };
        let Some(outbox) = &seat.outbox else { return false };
        if outbox.try_send(text.into()).is_ok() {
            return true;
        }
        seat.outbox = None;
        if let Some(too_slow) = seat.too_slow.take() {
            let _ = too_slow.send(());
        }
        false
    }

    /// Admits no page any more and lets the open one go once it has its messages. Says whether there is one.
    pub(super) fn close(&self) -> bool {
        let mut books = self.books();
        books.closed = true;
        books.admission = None;
        if let Some(seat) = &mut books.seat {
            seat.outbox = None;
        }
        books.seat.is_some()
    }

    /// Gives the seat to the page that shows the ticket. A page that comes while another is open is told so whatever
    /// it shows, and burns nothing.
    fn admit(&self, shown: &str) -> Result<Inbox, Refusal> {
        let mut books = self.books();
        if books.closed {
            return Err(Refusal::Closing);
        }
        if books.seat.is_some() {
            return Err(Refusal::Occupied);
        }
        if !books.admission.as_ref().is_some_and(|a| a.ticket.is(shown)) {
            return Err(Refusal::WrongTicket);
        }
        // Used: the ticket and its file go.
        books.admission = None;
        let (outbox, messages) = mpsc::channel(OUTBOX);
        let (kick, too_slow) = oneshot::channel();
        books.seat = Some(Seat { outbox: Some(outbox), too_slow: Some(kick) });
        Ok(Inbox { messages, too_slow })
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // Every change of the books is a single assignment, so they are whole even after a panic elsewhere.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn used() -> anyhow::Error {
    anyhow!("the page's ticket was used already; a new page needs a new one")
}

/// Frees the seat however the conversation ends.
struct Leaving<'a>(&'a Desk);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.books().seat = None;
    }
}

/// Speaks with whoever opened the WebSocket, until one side ends it.
pub(super) async fn converse(mut socket: WebSocket, desk: Arc<Desk>) {
    let admitted = match timeout(desk.limits.ticket, shown_ticket(&mut socket)).await {
        Ok(Ok(ticket)) => desk.admit(&ticket).map_err(End::Refused),
        Ok(Err(end)) => Err(end),
        Err(_) => Err(End::Refused(Refusal::NoTicket)),
    };
    match admitted {
        Ok(inbox) => {
            let end = {
                let _leaving = Leaving(&desk);
                attend(&mut socket, &desk, inbox).await
            };
            // Before the goodbye, which a stuck page may delay.
            let told = desk.events.send(PageEvent::Closed).await;
            tracing::debug!(told = told.is_ok(), ?end, "The page is gone");
            say_goodbye(&mut socket, &desk, end).await;
        }
        Err(end) => {
            tracing::info!(?end, "No page was admitted");
            say_goodbye(&mut socket, &desk, end).await;
        }
    }
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The page left, or its connection broke.
    Left,
    /// The application has said everything.
    Done,
    /// The page was sent away.
    Refused(Refusal),
}

async fn shown_ticket(socket: &mut WebSocket) -> Result<String, End> {
    match heard(socket).await {
        Heard::Message(FromPage::Open { ticket }) => Ok(ticket),
        Heard::Message(_) => Err(End::Refused(Refusal::NotUnderstood)),
        Heard::End(end) => Err(end),
    }
}

/// The conversation after the ticket.
async fn attend(socket: &mut WebSocket, desk: &Desk, mut inbox: Inbox) -> End {
    if desk.events.send(PageEvent::Opened).await.is_err() {
        return End::Done;
    }
    let period = desk.limits.ping;
    let mut is_certified = false;
    let mut pings = interval_at(tokio::time::Instant::now() + period, period);
    loop {
        let outgoing = tokio::select! {
            biased;
            Ok(()) = &mut inbox.too_slow => return End::Refused(Refusal::TooSlow),
            message = inbox.messages.recv() => match message {
                Some(text) => Message::Text(text),
                None => return End::Done,
            },
            _ = pings.tick() => Message::Ping(axum::body::Bytes::new()),
            heard = heard(socket) => match heard {
                Heard::Message(message) => {
                    let event = match event(message) {
                        // A page has one certificate; another one is another page.
                        Ok(PageEvent::Certificate(_)) if std::mem::replace(&mut is_certified, true) => {
                            return End::Refused(Refusal::NotUnderstood);
                        }
                        Ok(event) => event,
                        Err(refusal) => return End::Refused(refusal),
                    };
                    // While the application is busy the page waits, and nothing is stored for it.
                    if desk.events.send(event).await.is_err() {
                        return End::Done;
                    }
                    continue;
                }
                Heard::End(end) => return end,
            },
        };
        match timeout(desk.limits.send, socket.send(outgoing)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return End::Left,
            Err(_) => return End::Refused(Refusal::TooSlow),
        }
    }
}

fn event(message: FromPage) -> Result<PageEvent, Refusal> {
    match message {
        FromPage::Certificate { fingerprint } => {
            Fingerprint::parse(&fingerprint).map(PageEvent::Certificate).ok_or(Refusal::NotUnderstood)
        }
        FromPage::Describe { description } => Ok(PageEvent::Describe(Value::Object(description))),
        FromPage::Restart { description } => Ok(PageEvent::Restart(Value::Object(description))),
        FromPage::Request { floor } => Ok(PageEvent::Request(floor.right())),
        FromPage::Release { floor } => Ok(PageEvent::Release(floor.right())),
        FromPage::Screen { id } => Ok(PageEvent::Screen(id)),
        FromPage::Chat { text } => ChatText::new(&text).map(PageEvent::Chat).ok_or(Refusal::NotUnderstood),
        FromPage::Typing { typing } => Ok(PageEvent::Typing(typing)),
        FromPage::Stop {} => Ok(PageEvent::Stop),
        FromPage::Open { .. } => Err(Refusal::NotUnderstood),
    }
}

enum Heard {
    Message(FromPage),
    End(End),
}

/// The next message. Safe to cancel: the socket keeps what has arrived.
async fn heard(socket: &mut WebSocket) -> Heard {
    loop {
        let refusal = match socket.recv().await {
            Some(Ok(Message::Text(text))) => match FromPage::parse(&text) {
                Some(message) => return Heard::Message(message),
                None => Refusal::NotUnderstood,
            },
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            Some(Ok(Message::Binary(_))) => Refusal::NotUnderstood,
            Some(Err(error)) if is_too_long(&error) => Refusal::TooLong,
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Heard::End(End::Left),
        };
        return Heard::End(End::Refused(refusal));
    }
}

/// axum hides the type of the error behind its own, so its text must tell; a test holds this in place.
fn is_too_long(error: &axum::Error) -> bool {
    error.to_string().contains("too long")
}

/// Tells the page why, and waits for its answer for a moment so that the reason arrives before the connection breaks.
async fn say_goodbye(socket: &mut WebSocket, desk: &Desk, end: End) {
    let (code, reason) = match end {
        End::Left => return,
        End::Done => (1000, String::new()),
        End::Refused(refusal) => (refusal.code(), refusal.to_string()),
    };
    let goodbye = async {
        let frame = CloseFrame { code, reason: reason.into() };
        if socket.send(Message::Close(Some(frame))).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    let _ = timeout(desk.limits.send, goodbye).await;
}
