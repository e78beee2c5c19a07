//! One TLS stream to one device: greets, carries messages both ways, acknowledges, and says when it is gone.

use super::frame::{self, Frame, FrameError, Hello};
use super::map;
use super::tls::Tls;
use crate::Parcel;
use rendezvous_core::{Address, Delivery, Endpoint, Token};
use rustls::pki_types::ServerName;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;

/// Connecting, TLS and the greeting take at most so long together.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many messages may wait for a slow link; further ones fail at once.
const QUEUE: usize = 256;
/// So many strangers may be greeting at once.
const MAX_GREETING: usize = 16;

/// A message for a link.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) token: Token,
    pub(super) parcel: Parcel,
}

/// The name of the endpoint that a link is. What the other side calls its device is a claim, and is not used.
pub(super) fn device(id: u64) -> String {
    format!("link-{id:016x}")
}

/// What links tell the network.
#[derive(Debug)]
pub(super) enum LinkEvent {
    /// Another device opened a link to us.
    Opened { link: Link },
    /// A message came in.
    Received { from: Endpoint, parcel: Box<Parcel> },
    /// What became of a message.
    Delivery { token: Token, outcome: Delivery },
    /// The link is gone, after everything else that it had to say.
    Closed { id: u64, contact: Address, endpoint: Option<Endpoint> },
}

/// The network's end of a link. Dropping it closes the link once its queue is empty.
#[derive(Debug)]
pub(super) struct Link {
    id: u64,
    queue: mpsc::Sender<Outgoing>,
}

impl Link {
    /// Opens a link; messages may be queued at once.
    pub(super) fn dial(
        id: u64,
        address: SocketAddr,
        contact: Address,
        tls: Tls,
        hello: Arc<Hello>,
        events: mpsc::Sender<LinkEvent>,
    ) -> Self {
        let (queue, outgoing) = mpsc::channel(QUEUE);
        tokio::spawn(async move {
            let running = Running { id, contact, events, outgoing, unconfirmed: VecDeque::new() };
            match timeout(PATIENCE, greet_out(address, &tls, &hello))
                .await
                .unwrap_or(Err(FrameError::Timeout))
            {
                Ok((stream, _)) => running.run(stream).await,
                Err(error) => {
                    tracing::debug!(%address, %error, "Cannot open a link");
                    running.close(None).await;
                }
            }
        });
        Self { id, queue }
    }

    pub(super) fn id(&self) -> u64 {
        self.id
    }

    /// Queues a message; false when the link is gone or too slow.
    pub(super) fn send(&self, outgoing: Outgoing) -> bool {
        self.queue.try_send(outgoing).is_ok()
    }
}

/// Takes links from others until the network is dropped.
pub(super) async fn accept(
    listener: TcpListener,
    tls: Tls,
    hello: Arc<Hello>,
    events: mpsc::Sender<LinkEvent>,
) {
    let greeting = Arc::new(Semaphore::new(MAX_GREETING));
    // Links that we dial count from 1 upwards, these from the other end.
    let mut id = u64::MAX;
    loop {
        let permit = greeting.clone().acquire_owned().await.expect("nobody closes this semaphore");
        let (stream, from) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, most likely; the ones in use will come back.
                tracing::warn!(%error, "Cannot take a link");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        if !from.ip().is_loopback() {
            continue;
        }
        id -= 1;
        let (tls, hello, events) = (tls.clone(), hello.clone(), events.clone());
        tokio::spawn(async move {
            let greeted =
                timeout(PATIENCE, greet_in(stream, &tls, &hello)).await.unwrap_or(Err(FrameError::Timeout));
            drop(permit);
            match greeted {
                Ok((stream, theirs)) => serve(id, from, stream, theirs, events).await,
                Err(error) => tracing::debug!(%from, %error, "A link was not opened"),
            }
        });
    }
}

async fn serve<S>(id: u64, from: SocketAddr, stream: S, theirs: Hello, events: mpsc::Sender<LinkEvent>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let contact = SocketAddr::new(from.ip(), theirs.port).to_string();
    let contact = Address::new(contact).expect("a socket address is printable and has no blanks");
    let (queue, outgoing) = mpsc::channel(QUEUE);
    let opened = LinkEvent::Opened { link: Link { id, queue } };
    if events.send(opened).await.is_ok() {
        Running { id, contact, events, outgoing, unconfirmed: VecDeque::new() }.run(stream).await;
    }
}

async fn greet_out(
    address: SocketAddr,
    tls: &Tls,
    hello: &Hello,
) -> Result<(impl AsyncRead + AsyncWrite + Unpin + Send + use<>, Hello), FrameError> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let name = ServerName::IpAddress(address.ip().into());
    let mut stream = tls.connector.connect(name, stream).await?;
    frame::write(&mut stream, &Frame::Hello(hello.clone())).await?;
    let theirs = read_hello(&mut stream).await?;
    Ok((stream, theirs))
}

async fn greet_in(
    stream: TcpStream,
    tls: &Tls,
    hello: &Hello,
) -> Result<(impl AsyncRead + AsyncWrite + Unpin + Send + use<>, Hello), FrameError> {
    stream.set_nodelay(true)?;
    let mut stream = tls.acceptor.accept(stream).await?;
    let theirs = read_hello(&mut stream).await?;
    frame::write(&mut stream, &Frame::Hello(hello.clone())).await?;
    Ok((stream, theirs))
}

async fn read_hello(stream: &mut (impl AsyncRead + Unpin)) -> Result<Hello, FrameError> {
    match frame::read(stream).await? {
        Frame::Hello(hello) if hello.is_acceptable() => Ok(hello),
        _ => Err(FrameError::NoHello),
    }
}

/// A link at work.
struct Running {
    id: u64,
    contact: Address,
    events: mpsc::Sender<LinkEvent>,
    outgoing: mpsc::Receiver<Outgoing>,
    /// Written and not acknowledged, oldest first.
    unconfirmed: VecDeque<(u64, Token)>,
}

impl Running {
    async fn run<S: AsyncRead + AsyncWrite + Unpin + Send>(mut self, stream: S) {
        let from = Endpoint { contact: self.contact.clone(), device: device(self.id).into() };
        let (mut reader, mut writer) = tokio::io::split(stream);
        // Reading a frame is not cancel safe, so it has a task of its own within this one.
        let (frames, mut incoming) = mpsc::channel(16);
        let read_all = async {
            loop {
                let frame = frame::read(&mut reader).await;
                let failed = frame.is_err();
                if frames.send(frame).await.is_err() || failed {
                    return;
                }
            }
        };
        let serve = async {
            let error = self.carry(&mut writer, &mut incoming, &from).await;
            tracing::debug!(contact = %self.contact, ?error, "A link ended");
        };
        tokio::select! {
            biased;
            () = serve => {}
            () = async { read_all.await; std::future::pending::<()>().await } => {}
        }
        self.close(Some(from)).await;
    }

    /// Carries messages until the link or the network is gone.
    async fn carry(
        &mut self,
        writer: &mut (impl AsyncWrite + Unpin),
        incoming: &mut mpsc::Receiver<Result<Frame, FrameError>>,
        from: &Endpoint,
    ) -> Result<(), FrameError> {
        let mut number = 0;
        loop {
            tokio::select! {
                frame = incoming.recv() => match frame {
                    Some(frame) => self.handle(writer, frame?, from).await?,
                    None => return Ok(()),
                },
                outgoing = self.outgoing.recv() => {
                    let Some(Outgoing { token, parcel }) = outgoing else { return Ok(()) };
                    let Some(message) = map::to_wire(parcel) else {
                        self.tell(LinkEvent::Delivery { token, outcome: Delivery::Failed }).await;
                        continue;
                    };
                    number += 1;
                    self.unconfirmed.push_back((number, token));
                    frame::write(writer, &Frame::Message { number, message }).await?;
                }
            }
        }
    }

    async fn handle(
        &mut self,
        writer: &mut (impl AsyncWrite + Unpin),
        frame: Frame,
        from: &Endpoint,
    ) -> Result<(), FrameError> {
        match frame {
            Frame::Hello(_) => Err(FrameError::NoHello),
            Frame::Message { number, message } => {
                let parcel = Box::new(map::from_wire(message, &from.contact)?);
                self.tell(LinkEvent::Received { from: from.clone(), parcel }).await;
                frame::write(writer, &Frame::Taken { number }).await
            }
            Frame::Taken { number } => {
                while let Some((_, token)) = self.unconfirmed.pop_front_if(|(n, _)| *n <= number) {
                    self.tell(LinkEvent::Delivery { token, outcome: Delivery::Delivered }).await;
                }
                Ok(())
            }
        }
    }

    /// Reports what will not arrive any more, then the end.
    async fn close(mut self, endpoint: Option<Endpoint>) {
        self.outgoing.close();
        // What was written may have arrived; what still waited did not.
        for (_, token) in std::mem::take(&mut self.unconfirmed) {
            self.tell(LinkEvent::Delivery { token, outcome: Delivery::Unknown }).await;
        }
        while let Ok(Outgoing { token, .. }) = self.outgoing.try_recv() {
            self.tell(LinkEvent::Delivery { token, outcome: Delivery::Failed }).await;
        }
        self.tell(LinkEvent::Closed { id: self.id, contact: self.contact.clone(), endpoint }).await;
    }

    async fn tell(&self, event: LinkEvent) {
        // Without the network nobody wants to know.
        _ = self.events.send(event).await;
    }
}
