//! What an application has still to be told. The other side's application decides how much that is, so it has a limit.

use rendezvous_core::Event;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{mpsc, watch};

/// An application for which more bytes than this wait is given up, as one that takes nothing. The other side may send so
/// much in a second, and a reader may pause as long.
const MOST: usize = 8 * 1024 * 1024;
/// Even the smallest text costs so much here.
const SMALLEST: usize = 256;

/// The agent's end.
#[derive(Debug)]
pub(in crate::agent) struct Feed {
    events: mpsc::UnboundedSender<Event>,
    /// So many bytes wait.
    waiting: Arc<AtomicUsize>,
    overflowed: watch::Sender<bool>,
}

/// The application's end.
#[derive(Debug)]
pub(in crate::agent) struct Fed {
    events: mpsc::UnboundedReceiver<Event>,
    waiting: Arc<AtomicUsize>,
    /// The size of the event that was taken last, which waits until the next one is taken.
    last: usize,
    overflowed: watch::Receiver<bool>,
}

/// Both ends.
pub(in crate::agent) fn feed() -> (Feed, Fed) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let (overflows, overflowed) = watch::channel(false);
    let waiting = Arc::new(AtomicUsize::new(0));
    let feed = Feed { events: sender, waiting: waiting.clone(), overflowed: overflows };
    (feed, Fed { events: receiver, waiting, last: 0, overflowed })
}

impl Feed {
    /// Passes it on. After an overflow no context data is, since some of it is missing.
    pub(in crate::agent) fn tell(&self, event: Event) {
        let size = size(&event);
        if size > 0 {
            let is_too_much = self.waiting.load(Ordering::SeqCst).saturating_add(size) > MOST;
            if is_too_much && !self.overflowed.send_replace(true) {
                tracing::warn!("The application does not take what it is sent");
            }
            if *self.overflowed.borrow() {
                return;
            }
            self.waiting.fetch_add(size, Ordering::SeqCst);
        }
        // One that is gone has been noticed elsewhere.
        _ = self.events.send(event);
    }
}

impl Fed {
    /// The next event; nothing when there are no more.
    pub(in crate::agent) async fn next(&mut self) -> Option<Event> {
        let event = self.events.recv().await;
        let size = event.as_ref().map_or(0, size);
        self.waiting.fetch_sub(std::mem::replace(&mut self.last, size), Ordering::SeqCst);
        event
    }

    /// Resolves when more waits than may.
    pub(in crate::agent) async fn overflows(&self) {
        let mut overflowed = self.overflowed.clone();
        if overflowed.wait_for(|is| *is).await.is_err() {
            // The session is over, and nothing more comes.
            std::future::pending().await
        }
    }
}

/// What counts: what the other side's application chooses.
fn size(event: &Event) -> usize {
    match event {
        Event::ContextData(text) => text.len().max(SMALLEST),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use rendezvous_core::{Code, State};

    fn text(size: usize) -> Event {
        Event::ContextData("x".repeat(size))
    }

    fn end() -> Event {
        Event::Ended { result: Code::SessionCancelledRemote.into(), data: String::new() }
    }

    #[tokio::test]
    async fn an_application_that_takes_what_it_is_sent_never_overflows() {
        let (feed, mut fed) = feed();
        for _ in 0..64 {
            for _ in 0..8 {
                feed.tell(text(64 * 1024));
            }
            for _ in 0..8 {
                assert_eq!(fed.next().await, Some(text(64 * 1024)));
            }
        }
        assert_eq!(fed.overflows().now_or_never(), None);
    }

    #[tokio::test]
    async fn empty_texts_fill_it_too() {
        let (feed, fed) = feed();
        (0..=MOST / SMALLEST).for_each(|_| feed.tell(text(0)));
        assert_eq!(fed.overflows().now_or_never(), Some(()));
    }

    #[tokio::test]
    async fn what_waits_for_a_deaf_application_is_bounded_and_the_end_still_comes() {
        let (feed, mut fed) = feed();
        // The one that it is being told counts for as long as it is.
        feed.tell(text(64 * 1024));
        assert_eq!(fed.next().await, Some(text(64 * 1024)));
        for _ in 0..127 {
            feed.tell(text(64 * 1024));
        }
        assert_eq!(fed.overflows().now_or_never(), None);
        for _ in 0..1000 {
            feed.tell(text(64 * 1024));
        }
        assert_eq!(fed.overflows().now_or_never(), Some(()));
        let terminated = Event::StateChanged { previous: State::Connected, current: State::Terminated };
        feed.tell(terminated.clone());
        feed.tell(end());
        for _ in 0..127 {
            assert_eq!(fed.next().await, Some(text(64 * 1024)));
        }
        assert_eq!(fed.next().await, Some(terminated));
        assert_eq!(fed.next().await, Some(end()));
        // Where something is missing, nothing follows.
        feed.tell(text(1));
        assert_eq!(fed.next().now_or_never(), None);
    }
}
