//! From the connection to whoever deals with files, with the clipboard and with drawings, and back.
//!
//! Each of them has one [`Line`] for the whole help, while connections come and go. What comes in waits there without a
//! bound on the number of messages, and with one on their bytes: whoever sends more than may be on its way loses the
//! channel.

use rendezvous_assist::Time;
use rendezvous_assist::peer::{Aside, Given, Packet, Peer};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use tokio::sync::mpsc;

/// So many bytes may wait for one of them: what a window of files has, and then some.
const MOST_WAITING: usize = 8 << 20;

/// What a message takes besides its bytes.
const ENVELOPE: usize = 256;

/// So many messages wait to be sent.
const TO_SEND: usize = 8;

/// So many more may wait for room there: the largest content of a clipboard, and then some.
const MOST_UNSENT: usize = 256;

/// What comes from the page.
#[derive(Debug)]
pub(super) enum FromPage {
    /// The channel is open; this is how one sends. The one before is closed.
    Opened(mpsc::Sender<Packet>),
    /// A message.
    Came(Packet),
}

/// The way to whoever deals with one of the channels.
#[derive(Clone, Debug)]
pub(super) struct Line {
    sender: mpsc::UnboundedSender<FromPage>,
    waiting: Arc<AtomicUsize>,
}

/// The other end of it.
#[derive(Debug)]
pub(super) struct Ear {
    receiver: mpsc::UnboundedReceiver<FromPage>,
    waiting: Arc<AtomicUsize>,
}

/// Both ends.
pub(super) fn line() -> (Line, Ear) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    (Line { sender, waiting: waiting.clone() }, Ear { receiver, waiting })
}

impl Line {
    /// False: too much waits there already.
    fn came(&self, packet: Packet) -> bool {
        let weight = weight(&packet);
        if self.waiting.fetch_add(weight, Ordering::SeqCst) > MOST_WAITING {
            self.waiting.fetch_sub(weight, Ordering::SeqCst);
            return false;
        }
        _ = self.sender.send(FromPage::Came(packet));
        true
    }
}

impl Ear {
    /// What comes next; never, when nothing can come any more.
    pub(super) async fn next(&mut self) -> FromPage {
        match self.receiver.recv().await {
            Some(FromPage::Came(packet)) => {
                self.waiting.fetch_sub(weight(&packet), Ordering::SeqCst);
                FromPage::Came(packet)
            }
            Some(opened) => opened,
            None => std::future::pending().await,
        }
    }
}

fn weight(packet: &Packet) -> usize {
    ENVELOPE
        + match packet {
            Packet::Text(text) => text.len(),
            Packet::Bytes(bytes) => bytes.len(),
        }
}

/// What one of them sends, while there may be no room for it, or nobody to take it.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    to_page: Option<mpsc::Sender<Packet>>,
    /// Found no room there yet.
    unsent: VecDeque<Packet>,
}

impl Outbox {
    /// There is a connection, in the place of any before; nothing of what was meant for that is sent.
    pub(super) fn open(&mut self, to_page: mpsc::Sender<Packet>) {
        self.to_page = Some(to_page);
        self.unsent.clear();
    }

    /// Sends it when there is room; not at all, when there is no connection. Whoever makes us say more than they take
    /// hears nothing more on this one.
    pub(super) fn send(&mut self, packet: Packet) {
        self.unsent.push_back(packet);
        self.push();
        if self.unsent.len() > MOST_UNSENT {
            tracing::warn!("The page asks for more than it takes");
            self.close();
        }
    }

    /// What found no room yet is not sent any more.
    pub(super) fn forget(&mut self) {
        self.unsent.clear();
    }

    /// Whether everything found room.
    pub(super) fn is_empty(&self) -> bool {
        self.unsent.is_empty()
    }

    /// Until there was room for more of it; never, while nothing waits.
    pub(super) async fn wait(&mut self) {
        match (&self.to_page, self.unsent.is_empty()) {
            // Whether there still is room is seen by whoever sends.
            (Some(to_page), false) => _ = to_page.reserve().await,
            _ => std::future::pending().await,
        }
        self.push();
    }

    /// There is no connection any more.
    pub(super) fn close(&mut self) {
        self.to_page = None;
        self.unsent.clear();
    }

    fn push(&mut self) {
        let Some(to_page) = &self.to_page else { return self.unsent.clear() };
        while let Some(packet) = self.unsent.pop_front() {
            match to_page.try_send(packet) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(packet)) => return self.unsent.push_front(packet),
                Err(mpsc::error::TrySendError::Closed(_)) => return self.close(),
            }
        }
    }
}

/// Where the channels of a connection lead.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    pub(super) files: Option<Line>,
    pub(super) clipboard: Option<Line>,
    pub(super) drawing: Option<Line>,
}

impl Lines {
    /// A connection that has none of them.
    pub(super) fn none() -> Self {
        Self { files: None, clipboard: None, drawing: None }
    }

    fn of(&self, aside: Aside) -> Option<&Line> {
        match aside {
            Aside::Files => self.files.as_ref(),
            Aside::Clipboard => self.clipboard.as_ref(),
            Aside::Drawing => self.drawing.as_ref(),
        }
    }
}

/// The channels of one connection.
#[derive(Debug)]
pub(super) struct Asides {
    lines: Lines,
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    aside: Aside,
    from_line: mpsc::Receiver<Packet>,
    /// Was not taken yet.
    next: Option<Packet>,
}

impl Asides {
    pub(super) fn new(lines: Lines) -> Self {
        Self { lines, open: Vec::new() }
    }

    /// One of them is open, or not any more.
    pub(super) fn opened(&mut self, aside: Aside, is_open: bool) {
        self.open.retain(|open| open.aside != aside);
        if let (true, Some(line)) = (is_open, self.lines.of(aside)) {
            let (to_page, from_line) = mpsc::channel(TO_SEND);
            _ = line.sender.send(FromPage::Opened(to_page));
            self.open.push(Open { aside, from_line, next: None });
        }
    }

    /// A message came on one of them.
    pub(super) fn came(&mut self, aside: Aside, packet: Packet) {
        let is_open = self.open.iter().any(|open| open.aside == aside);
        let taken = is_open && self.lines.of(aside).is_some_and(|line| line.came(packet));
        if is_open && !taken {
            tracing::warn!(?aside, "The page sends more than may be on its way");
            self.open.retain(|open| open.aside != aside);
        }
    }

    /// Until there is something to be sent that was not there before.
    pub(super) async fn wait(&mut self) {
        poll_fn(|context| {
            for open in &mut self.open {
                if open.next.is_none()
                    && let Poll::Ready(Some(packet)) = open.from_line.poll_recv(context)
                {
                    open.next = Some(packet);
                    return Poll::Ready(());
                }
            }
            Poll::Pending
        })
        .await;
    }

    /// Hands the connection as much as it takes now.
    pub(super) fn send(&mut self, now: Time, peer: &mut Peer) {
        for open in &mut self.open {
            while let Some(packet) = open.next.take().or_else(|| open.from_line.try_recv().ok()) {
                if peer.send_aside(now, open.aside, &packet) == Given::Later {
                    open.next = Some(packet);
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet() -> Packet {
        Packet::Text("x".into())
    }

    #[test]
    fn whoever_takes_nothing_is_not_kept_for_without_bound() {
        let (mut outbox, (to_page, mut from_outbox)) = (Outbox::default(), mpsc::channel(TO_SEND));
        outbox.open(to_page);
        for sent in 0..TO_SEND + MOST_UNSENT {
            outbox.send(packet());
            assert_eq!(outbox.unsent.len(), (sent + 1).saturating_sub(TO_SEND));
        }
        for _ in 0..1000 {
            outbox.send(packet());
            assert!(outbox.is_empty());
        }
        // What had found room is there, and then it is over.
        assert_eq!(std::iter::from_fn(|| from_outbox.try_recv().ok()).count(), TO_SEND);
        assert_eq!(from_outbox.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
        // Another connection is another beginning.
        let (to_page, mut from_outbox) = mpsc::channel(TO_SEND);
        outbox.open(to_page);
        outbox.send(packet());
        assert_eq!(from_outbox.try_recv(), Ok(packet()));
    }
}
