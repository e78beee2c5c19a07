//! The connection to the expert's page: sockets around the pure peer. Exists only after the view was granted, and
//! after both sides have signed the certificates.
//!
//! `local` chooses addresses of this computer, `ways` has sockets at them and asks the servers from there. What takes
//! time, a name or a server that does not answer, never keeps the person at the terminal waiting: it happens in here.

mod local;
pub(super) mod ways;

pub(crate) use local::{Lack, addresses};
pub(super) use ways::Plan;

use self::ways::{Arrived, Ways};
use super::asides::Asides;
use super::opening::{Capturer, Screen};
use super::screen::Taking;
use anyhow::Result;
use rendezvous_assist::Time;
use rendezvous_assist::description::{Codec, Description, VideoFormat};
use rendezvous_assist::grant::ViewGrant;
use rendezvous_assist::input::{CursorMessage, Inbox, InputEvent};
use rendezvous_assist::paths::{Datagram, Trouble};
use rendezvous_assist::peer::{Certificate, Peer, PeerError, PeerEvent, PeerOutput, START_KBPS};
use rendezvous_assist::screen::{CursorEvent, EncodedFrame};
use rendezvous_assist::screens::Screens;
use rendezvous_desktop::CaptureError;
use rendezvous_trust::bind::Bound;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// A computer whose network is gone is asked for addresses this often.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What the screen's thread hands on.
#[derive(Debug)]
pub(super) enum FromScreen {
    Frame(EncodedFrame),
    Cursor(CursorEvent),
    /// What is shared, and what could be; told whenever it may have changed.
    Screens(Screens),
    Broken(Broken),
}

/// Why nothing can be shared any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The person closed the window that they shared.
    WindowClosed,
    /// Something does not work; a sentence without its full stop.
    Failed(String),
}

impl From<&CaptureError> for Broken {
    fn from(error: &CaptureError) -> Self {
        match error {
            CaptureError::Gone => Self::WindowClosed,
            other => Self::Failed(other.to_string()),
        }
    }
}

/// What the connection tells the novice's application.
#[derive(Debug)]
pub(super) enum MediaEvent {
    /// Our half of the connection, for the page.
    Answered(Description),
    /// There is no way to this computer.
    Lacks(Lack),
    /// A server is of no use; there may be ways without it.
    Troubled(Trouble),
    /// The page looked for another way, and has to make a new connection for that.
    Again,
    Connected,
    Disconnected,
    /// It will not come back; the page may make another one.
    Over,
    Input(InputEvent),
    Screens(Screens),
    /// It cannot be shared any more, and why.
    Broken(Broken),
}

/// What both sides have signed, and the certificate of ours that is part of it.
#[derive(Clone)]
pub(super) struct Signed {
    pub(super) bound: Bound,
    pub(super) certificate: Arc<Certificate>,
}

/// The running connection. No packet to the page leaves once the permission has ended, or this is dropped; relays are
/// told then that their addresses are not needed any more.
#[derive(Debug)]
pub(super) struct Media {
    events: mpsc::Receiver<MediaEvent>,
    restarts: mpsc::Sender<Description>,
}

impl Media {
    /// Looks for ways and answers the page's description with [`MediaEvent::Answered`]. The grant is the proof that this
    /// may happen now, and what is signed the proof of who is there.
    pub(super) fn start(
        grant: &ViewGrant,
        signed: Signed,
        offer: Description,
        plan: Plan,
        screen: Screen,
        opened: Option<Capturer>,
    ) -> Result<Self> {
        anyhow::ensure!(grant.is_live(), "the permission to see the screen has ended");
        let (sender, events) = mpsc::channel(256);
        let (restarts, from_page) = mpsc::channel(4);
        let (packets, received) = mpsc::channel(256);
        let mut running = Running {
            peer: None,
            codec: None,
            path_kbps: START_KBPS.min(plan.most_kbps),
            ways: None,
            coming: None,
            opening: JoinSet::new(),
            opened_so_far: 0,
            packets,
            asides: Asides::new(plan.lines.clone()),
            signed,
            plan,
            epoch: Instant::now(),
            screen,
            opened,
            taking: None,
            cursor: LastCursor::default(),
            inbox: Inbox::new(),
            events: sender,
        };
        running.look_for_ways(offer, Duration::ZERO);
        tokio::spawn(running.run(received, from_page));
        Ok(Self { events, restarts })
    }

    /// The page looks for another way. Answered as the first description was, or with [`MediaEvent::Again`].
    pub(super) fn restart(&self, offer: Description) {
        // One that finds no room is followed by another: the page tries again.
        _ = self.restarts.try_send(offer);
    }

    /// What happens next. After [`MediaEvent::Over`] nothing does.
    pub(super) async fn next(&mut self) -> MediaEvent {
        self.events.recv().await.unwrap_or(MediaEvent::Over)
    }
}

struct Running {
    /// From the first answer on.
    peer: Option<Peer>,
    /// What the answer says that pictures are sent as.
    codec: Option<Codec>,
    /// What the path to the page carries.
    path_kbps: u32,
    /// By which the page is reached.
    ways: Option<Ways>,
    /// What comes in the place of both as soon as the servers have answered.
    coming: Option<(Description, Ways)>,
    opening: JoinSet<(Description, Result<Ways, Lack>)>,
    /// So many ways were opened; by this number their packets are known.
    opened_so_far: u64,
    packets: mpsc::Sender<Arrived>,
    /// Files and whatever else goes beside the picture.
    asides: Asides,
    signed: Signed,
    plan: Plan,
    epoch: Instant,
    screen: Screen,
    /// The screen was opened to learn its size; the first connection uses it.
    opened: Option<Capturer>,
    taking: Option<Taking>,
    cursor: LastCursor,
    inbox: Inbox,
    events: mpsc::Sender<MediaEvent>,
}

/// What the page must be told of the cursor once its channel is open.
#[derive(Default)]
struct LastCursor {
    shape: Option<CursorEvent>,
    place: Option<CursorEvent>,
}

impl Running {
    async fn run(mut self, mut received: mpsc::Receiver<Arrived>, mut restarts: mpsc::Receiver<Description>) {
        let (frames, mut from_screen) = mpsc::channel(2);
        while self.screen.is_allowed()
            && let Some(due) = self.drain(&frames).await
        {
            let sleep = tokio::time::sleep_until((self.epoch + Duration::from_millis(due.0)).into());
            tokio::select! {
                Some((number, packet)) = received.recv() => self.handle_packet(number, &packet),
                Some(picture) = from_screen.recv() => self.show(picture).await,
                offer = restarts.recv() => {
                    // Nobody wants it any more.
                    let Some(offer) = offer else { break };
                    self.give_up_coming();
                    self.look_for_ways(offer, Duration::ZERO);
                }
                Some(opened) = self.opening.join_next() => self.begin_to_gather(opened.ok()).await,
                () = self.asides.wait() => {}
                () = sleep => self.handle_timeout(),
            }
            if let Some((offer, ways)) = self.coming.take_if(|(_, ways)| ways.paths.is_settled())
                && !self.connect(offer, ways, &frames).await
            {
                break;
            }
        }
        self.taking = None;
        self.give_back().await;
        _ = self.events.send(MediaEvent::Over).await;
    }

    /// What relays keep for this side is given back. Nothing else leaves.
    async fn give_back(&mut self) {
        let epoch = self.epoch;
        for ways in self.ways.take().into_iter().chain(self.coming.take().map(|(_, ways)| ways)) {
            ways.give_back(|| time(epoch)).await;
        }
    }

    /// The same for ways that are not used any more, while others are.
    fn give_up(&self, old: Ways) {
        let (epoch, open) = (self.epoch, self.plan.open.clone());
        tokio::spawn(async move {
            old.give_back(|| time(epoch)).await;
            drop(open);
        });
    }

    fn now(&self) -> Time {
        time(self.epoch)
    }

    /// What relays keep for ways that were never used is given back.
    fn give_up_coming(&mut self) {
        if let Some((_, old)) = self.coming.take() {
            self.give_up(old);
        }
    }

    /// Opens sockets for this offer after a while, in place of any other that is not answered yet.
    fn look_for_ways(&mut self, offer: Description, after: Duration) {
        self.opened_so_far += 1;
        self.coming = None;
        self.opening.abort_all();
        let (number, plan, packets, epoch) =
            (self.opened_so_far, self.plan.clone(), self.packets.clone(), self.epoch);
        let is_first = self.peer.is_none();
        self.opening.spawn(async move {
            tokio::time::sleep(after).await;
            loop {
                let opened = Ways::open(number, &plan, packets.clone(), || time(epoch)).await;
                // A network that is gone for now comes back; one that never was is said to be missing.
                if opened.is_ok() || is_first {
                    return (offer, opened);
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        });
    }

    async fn begin_to_gather(&mut self, opened: Option<(Description, Result<Ways, Lack>)>) {
        match opened {
            Some((offer, Ok(ways))) if ways.is(self.opened_so_far) => self.coming = Some((offer, ways)),
            Some((_, Err(lack))) => self.tell(MediaEvent::Lacks(lack)).await,
            _ => {}
        }
    }

    /// The servers have answered: now this side can say where it is. False when there is no connection.
    async fn connect(
        &mut self,
        offer: Description,
        mut ways: Ways,
        frames: &mpsc::Sender<FromScreen>,
    ) -> bool {
        let local = ways.paths.candidates();
        for trouble in ways.paths.troubles() {
            tracing::warn!(?trouble, "A server is of no use");
            // What the other side named, the person here can do nothing about.
            if self.plan.hints.contains(&trouble.server()) {
                continue;
            }
            self.tell(MediaEvent::Troubled(trouble)).await;
        }
        tracing::info!(kinds = ?local.iter().map(|way| way.kind()).collect::<Vec<_>>(), "Found ways");
        if local.is_empty() {
            if self.peer.is_none() {
                self.tell(MediaEvent::Lacks(Lack::Relay)).await;
            } else {
                // The network may be about to come back.
                self.look_for_ways(offer, LOOK_AGAIN);
            }
            return true;
        }
        let mut random = [0; 32];
        if getrandom::fill(&mut random).is_err() {
            self.tell(MediaEvent::Broken(Broken::Failed("the system gave no random numbers".to_owned())))
                .await;
            return false;
        }
        let now = self.now();
        let others: Vec<_> = offer.candidates().iter().map(|other| other.address.ip()).collect();
        ways.paths.expect(now, others.into_iter());
        let answered = match &mut self.peer {
            Some(peer) => peer.restart(now, &offer, &local, random),
            None => {
                let (bound, certificate) = (&self.signed.bound, &self.signed.certificate);
                Peer::new(self.epoch, now, bound, certificate, &offer, &local, random).map(
                    |(peer, answer)| {
                        self.peer = Some(peer);
                        self.codec = answer.video().first().copied().map(VideoFormat::codec);
                        answer
                    },
                )
            }
        };
        match answered {
            Ok(answer) => {
                self.replace_ways(ways);
                self.tell(MediaEvent::Answered(answer)).await;
                // While the page connects, the encoder of the first connection is made.
                if self.opened.is_some() {
                    self.start_taking(frames).await;
                }
                true
            }
            Err(PeerError::NotARestart) => {
                self.tell(MediaEvent::Again).await;
                true
            }
            Err(error) if self.peer.is_none() => {
                self.tell(MediaEvent::Broken(Broken::Failed(error.to_string()))).await;
                false
            }
            Err(error) => {
                tracing::warn!(%error, "The connection cannot find another way");
                false
            }
        }
    }

    /// What a relay kept for the ways before is given back.
    fn replace_ways(&mut self, ways: Ways) {
        if let Some(old) = self.ways.replace(ways) {
            self.give_up(old);
        }
    }

    fn handle_packet(&mut self, number: u64, packet: &Datagram) {
        let now = self.now();
        let current = self.ways.as_mut().filter(|ways| ways.is(number));
        let is_current = current.is_some();
        let coming = self.coming.as_mut().map(|(_, ways)| ways).filter(|ways| ways.is(number));
        let Some(ways) = current.or(coming) else { return };
        let for_peer = ways.paths.handle_packet(now, packet.source, packet.destination, &packet.contents);
        if let (Some(peer), Some(packet), true) = (&mut self.peer, for_peer, is_current) {
            peer.handle_packet(now, packet.source, packet.destination, &packet.contents);
        }
    }

    fn handle_timeout(&mut self) {
        let now = self.now();
        for ways in self.ways.iter_mut().chain(self.coming.as_mut().map(|(_, ways)| ways)) {
            ways.paths.handle_timeout(now);
        }
        if let Some(peer) = &mut self.peer {
            peer.handle_timeout(now);
        }
    }

    /// Does what the peer and the servers want; when to come back, or `None` when it is over.
    async fn drain(&mut self, frames: &mpsc::Sender<FromScreen>) -> Option<Time> {
        let now = self.now();
        if let Some(peer) = &mut self.peer {
            self.asides.send(now, peer);
        }
        // Whatever happens, somebody looks after everything once in a while.
        let mut due = self.now().after(LOOK_AGAIN);
        while let Some(peer) = &mut self.peer {
            match peer.poll_output() {
                PeerOutput::Transmit { source, destination, contents } => {
                    let now = self.now();
                    if let Some(ways) = &mut self.ways {
                        ways.paths.send(now, Datagram { source, destination, contents });
                        // What the stack still holds back when the permission ends stays here.
                        ways.drain(|| self.screen.is_allowed()).await;
                    }
                }
                PeerOutput::Event(event) => self.handle(event, frames).await,
                PeerOutput::Timeout(next) if peer.is_alive() => {
                    due = due.min(next);
                    break;
                }
                PeerOutput::Timeout(_) => return None,
            }
        }
        if let (Some(taking), Some(peer)) = (&self.taking, &self.peer) {
            taking.set_leaves(peer.leaves());
        }
        for ways in self.ways.iter_mut().chain(self.coming.as_mut().map(|(_, ways)| ways)) {
            due = due.min(ways.drain(|| self.screen.is_allowed()).await.unwrap_or(due));
        }
        Some(due)
    }

    async fn handle(&mut self, event: PeerEvent, frames: &mpsc::Sender<FromScreen>) {
        match event {
            PeerEvent::Connected => {
                // The encoder of the first connection is ready by now.
                if self.taking.is_none() {
                    self.start_taking(frames).await;
                }
                if let Some(taking) = &self.taking {
                    taking.go();
                }
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
            PeerEvent::Input(text) => self.take_input(&text).await,
            PeerEvent::CursorOpen => {
                let known = [self.cursor.shape.clone(), self.cursor.place.clone()];
                known.iter().flatten().for_each(|event| self.send_cursor(event));
            }
            PeerEvent::AsideOpen(aside, is_open) => self.asides.opened(aside, is_open),
            PeerEvent::Aside(aside, packet) => self.asides.came(aside, packet),
            PeerEvent::Bitrate(kbps) => {
                let kbps = kbps.min(self.plan.most_kbps);
                tracing::debug!(kbps, "The path carries");
                self.path_kbps = kbps;
                if let Some(taking) = &self.taking {
                    taking.set_path(kbps);
                }
            }
        }
    }

    /// Hands on what is new of pointer and keys. What came is acknowledged whoever has control, or the page would say it for
    /// ever.
    async fn take_input(&mut self, text: &str) {
        let events = match self.inbox.take(text) {
            Ok(events) => events,
            Err(error) => return tracing::debug!(%error, "Refused a message of pointer and keys"),
        };
        let (now, receipt) = (self.now(), self.inbox.receipt());
        if let Some(peer) = &mut self.peer {
            // One that is lost is made up for by the next.
            _ = peer.send_receipt(now, &receipt);
        }
        for event in events {
            match event {
                Ok(event) => self.tell(MediaEvent::Input(event)).await,
                Err(error) => tracing::debug!(%error, "Refused an act of pointer or keys"),
            }
        }
    }

    /// Makes ready to take pictures. They are taken only while somebody can see them.
    async fn start_taking(&mut self, frames: &mpsc::Sender<FromScreen>) {
        let codec = self.codec.expect("what is connected was answered");
        let screen = self.screen.clone();
        let capturer = match self.opened.take() {
            Some(capturer) => Ok(capturer),
            None => tokio::task::block_in_place(|| screen.reopen()),
        };
        match capturer {
            Ok(capturer) => {
                self.tell(MediaEvent::Screens(capturer.scene().screens.clone())).await;
                let taking = self.screen.take(capturer, codec, self.epoch, frames.clone());
                taking.set_path(self.path_kbps);
                self.taking = Some(taking);
            }
            Err(error) => self.tell(MediaEvent::Broken(Broken::from(&error))).await,
        }
    }

    async fn show(&mut self, picture: FromScreen) {
        match picture {
            // Pictures that were under way when the connection was lost or the permission taken back.
            FromScreen::Frame(_) if self.taking.is_none() || !self.screen.is_allowed() => {}
            FromScreen::Frame(frame) => {
                let now = self.now();
                if let Some(peer) = &mut self.peer {
                    _ = peer.send_frame(now, frame);
                }
            }
            FromScreen::Cursor(event) => {
                self.send_cursor(&event);
                match event {
                    CursorEvent::Shape(_) => self.cursor.shape = Some(event),
                    CursorEvent::Moved(..) | CursorEvent::Gone => self.cursor.place = Some(event),
                }
            }
            FromScreen::Screens(screens) => self.tell(MediaEvent::Screens(screens)).await,
            FromScreen::Broken(why) => self.tell(MediaEvent::Broken(why)).await,
        }
    }

    fn send_cursor(&mut self, event: &CursorEvent) {
        match CursorMessage::from_event(event) {
            // When the channel is not open yet, what is known is told when it opens.
            Ok(message) => {
                let now = self.now();
                if let Some(peer) = &mut self.peer {
                    _ = peer.send_cursor(now, &message.to_text());
                }
            }
            Err(error) => tracing::debug!(?error, "This cursor cannot be shown"),
        }
    }

    async fn tell(&self, event: MediaEvent) {
        _ = self.events.send(event).await;
    }
}

fn time(epoch: Instant) -> Time {
    Time(u64::try_from(epoch.elapsed().as_millis()).unwrap_or(u64::MAX))
}
