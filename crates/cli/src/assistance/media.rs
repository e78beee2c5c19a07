//! The connection to the expert's page: sockets around the pure peer. Exists only after the view was granted, and
//! after both sides have signed the certificates.

mod local;

pub(crate) use local::Lack;
pub(super) use local::{addresses, open_sockets};

use super::screen::{Screen, Taking};
use anyhow::{Context, Result};
use rendezvous_assist::Time;
use rendezvous_assist::description::{Codec, Description, VideoFormat};
use rendezvous_assist::grant::ViewGrant;
use rendezvous_assist::input::{CursorMessage, InputEvent};
use rendezvous_assist::peer::{Certificate, Peer, PeerEvent, PeerOutput, START_KBPS};
use rendezvous_assist::screen::{CursorEvent, EncodedFrame, Size};
use rendezvous_desktop::x11::X11Capturer;
use rendezvous_trust::bind::Bound;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

/// The largest datagram of WebRTC is far smaller.
const MAX_DATAGRAM: usize = 2048;

/// What the screen's thread hands on.
#[derive(Debug)]
pub(super) enum FromScreen {
    Frame(EncodedFrame),
    Cursor(CursorEvent),
    Resized(Size),
    Broken(String),
}

/// What the connection tells the novice's application.
#[derive(Debug)]
pub(super) enum MediaEvent {
    Connected,
    Disconnected,
    /// It will not come back; the page may make another one.
    Over,
    Input(InputEvent),
    Resized(Size),
    /// The screen cannot be shared any more, and why.
    Broken(String),
}

/// What both sides have signed, and the certificate of ours that is part of it.
#[derive(Clone, Copy)]
pub(super) struct Signed<'a> {
    pub(super) bound: &'a Bound,
    pub(super) certificate: &'a Certificate,
}

/// The running connection. No packet leaves once the permission has ended, or soon after this is dropped.
#[derive(Debug)]
pub(super) struct Media {
    task: AbortHandle,
    events: mpsc::Receiver<MediaEvent>,
}

impl Media {
    /// Answers the page's description. The grant is the proof that this may happen now, and what is signed the proof of
    /// who is there.
    pub(super) fn answer(
        grant: &ViewGrant,
        signed: Signed<'_>,
        offer: &Description,
        sockets: Vec<Arc<UdpSocket>>,
        screen: Screen,
        opened: Option<X11Capturer>,
    ) -> Result<(Self, Description)> {
        anyhow::ensure!(grant.is_live(), "the permission to see the screen has ended");
        let local = sockets.iter().map(|s| s.local_addr()).collect::<io::Result<Vec<_>>>()?;
        let mut random = [0; 32];
        getrandom::fill(&mut random).context("the system gave no random numbers")?;
        let epoch = Instant::now();
        let (peer, answer) =
            Peer::new(epoch, Time(0), signed.bound, signed.certificate, offer, &local, random)
                .map_err(|e| anyhow::anyhow!("{e}"))?;
        let (sender, events) = mpsc::channel(256);
        let codec = answer.video().first().copied().map(VideoFormat::codec);
        let running = Running {
            peer,
            codec: codec.context("the answer has a video format")?,
            path_kbps: START_KBPS,
            sockets,
            epoch,
            screen,
            opened,
            taking: None,
            cursor: LastCursor::default(),
            events: sender,
        };
        let task = tokio::spawn(running.run());
        Ok((Self { task: task.abort_handle(), events }, answer))
    }

    /// What happens next. After [`MediaEvent::Over`] nothing does.
    pub(super) async fn next(&mut self) -> MediaEvent {
        self.events.recv().await.unwrap_or(MediaEvent::Over)
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Running {
    peer: Peer,
    codec: Codec,
    /// What the path to the page carries.
    path_kbps: u32,
    sockets: Vec<Arc<UdpSocket>>,
    epoch: Instant,
    screen: Screen,
    /// The screen was opened to learn its size; the first connection uses it.
    opened: Option<X11Capturer>,
    taking: Option<Taking>,
    cursor: LastCursor,
    events: mpsc::Sender<MediaEvent>,
}

/// What the page must be told of the cursor once its channel is open.
#[derive(Default)]
struct LastCursor {
    shape: Option<CursorEvent>,
    place: Option<CursorEvent>,
}

impl Running {
    async fn run(mut self) {
        let (frames, mut from_screen) = mpsc::channel(2);
        let (packets, mut received) = mpsc::channel(256);
        let mut readers = JoinSet::new();
        for socket in &self.sockets {
            readers.spawn(read(socket.clone(), packets.clone()));
        }
        while self.screen.is_allowed()
            && let Some(due) = self.drain(&frames).await
        {
            let sleep = tokio::time::sleep_until((self.epoch + Duration::from_millis(due.0)).into());
            tokio::select! {
                Some((from, to, bytes)) = received.recv() => self.peer.handle_packet(self.now(), from, to, &bytes),
                Some(picture) = from_screen.recv() => self.show(picture).await,
                () = sleep => self.peer.handle_timeout(self.now()),
            }
        }
        self.taking = None;
        _ = self.events.send(MediaEvent::Over).await;
    }

    fn now(&self) -> Time {
        Time(u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// Does what the peer wants; when to come back, or `None` when it is over.
    async fn drain(&mut self, frames: &mpsc::Sender<FromScreen>) -> Option<Time> {
        loop {
            match self.peer.poll_output() {
                PeerOutput::Transmit { source, destination, contents } => {
                    self.transmit(source, destination, &contents).await
                }
                PeerOutput::Event(event) => self.handle(event, frames).await,
                PeerOutput::Timeout(due) => return self.peer.is_alive().then_some(due),
            }
        }
    }

    async fn transmit(&self, source: SocketAddr, destination: SocketAddr, contents: &[u8]) {
        // What the stack still holds back when the permission ends stays here.
        if !self.screen.is_allowed() {
            return;
        }
        let socket = self.sockets.iter().find(|s| s.local_addr().is_ok_and(|a| a == source));
        if let Some(socket) = socket {
            // A datagram that cannot be sent now is a datagram that is lost; the peer sends again what matters.
            _ = socket.send_to(contents, destination).await;
        }
    }

    async fn handle(&mut self, event: PeerEvent, frames: &mpsc::Sender<FromScreen>) {
        match event {
            PeerEvent::Connected => {
                self.start_taking(frames).await;
                self.tell(MediaEvent::Connected).await;
            }
            PeerEvent::Disconnected => {
                self.taking = None;
                self.tell(MediaEvent::Disconnected).await;
            }
            PeerEvent::KeyframeWanted => {
                if let Some(taking) = &self.taking {
                    taking.want_key();
                }
            }
            PeerEvent::Input(text) => match InputEvent::parse(&text) {
                Ok(event) => self.tell(MediaEvent::Input(event)).await,
                Err(error) => tracing::debug!(%error, "Refused an input message"),
            },
            PeerEvent::CursorOpen => {
                let known = [self.cursor.shape.clone(), self.cursor.place.clone()];
                known.iter().flatten().for_each(|event| self.send_cursor(event));
            }
            PeerEvent::Bitrate(kbps) => {
                tracing::debug!(kbps, "The path carries");
                self.path_kbps = kbps;
                if let Some(taking) = &self.taking {
                    taking.set_path(kbps);
                }
            }
        }
    }

    /// Pictures are taken only while somebody can see them.
    async fn start_taking(&mut self, frames: &mpsc::Sender<FromScreen>) {
        let screen = self.screen.clone();
        let capturer = match self.opened.take() {
            Some(capturer) => Ok(capturer),
            None => tokio::task::block_in_place(|| screen.open()),
        };
        match capturer {
            Ok(capturer) => {
                let taking = self.screen.take(capturer, self.codec, self.epoch, frames.clone());
                taking.set_path(self.path_kbps);
                self.taking = Some(taking);
            }
            Err(error) => self.tell(MediaEvent::Broken(error.to_string())).await,
        }
    }

    async fn show(&mut self, picture: FromScreen) {
        match picture {
            // Pictures that were under way when the connection was lost or the permission taken back.
            FromScreen::Frame(_) if self.taking.is_none() || !self.screen.is_allowed() => {}
            FromScreen::Frame(frame) => _ = self.peer.send_frame(self.now(), frame),
            FromScreen::Cursor(event) => {
                self.send_cursor(&event);
                match event {
                    CursorEvent::Shape(_) => self.cursor.shape = Some(event),
                    CursorEvent::Moved(..) => self.cursor.place = Some(event),
                }
            }
            FromScreen::Resized(size) => self.tell(MediaEvent::Resized(size)).await,
            FromScreen::Broken(why) => self.tell(MediaEvent::Broken(why)).await,
        }
    }

    fn send_cursor(&mut self, event: &CursorEvent) {
        match CursorMessage::from_event(event) {
            // When the channel is not open yet, what is known is told when it opens.
            Ok(message) => _ = self.peer.send_cursor(self.now(), &message.to_text()),
            Err(error) => tracing::debug!(?error, "This cursor cannot be shown"),
        }
    }

    async fn tell(&self, event: MediaEvent) {
        _ = self.events.send(event).await;
    }
}

async fn read(socket: Arc<UdpSocket>, packets: mpsc::Sender<(SocketAddr, SocketAddr, Vec<u8>)>) {
    let Ok(local) = socket.local_addr() else { return };
    let mut buffer = vec![0; MAX_DATAGRAM];
    loop {
        match socket.recv_from(&mut buffer).await {
            Ok((n, from)) => {
                if packets.send((from, local, buffer[..n].to_vec())).await.is_err() {
                    return;
                }
            }
            // An ICMP answer to something that we sent; the socket goes on.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}
