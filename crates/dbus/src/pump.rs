//! Takes signals off a connection as they come, so that a burst of them never stops the answers to calls.
//!
//! The connection reads nothing more while the stream of its messages is full. Whoever waits for the answer to a call
//! and does not drain that stream meanwhile would wait for ever; so a task of its own drains it, into a queue whose
//! size is bounded by bytes.

use futures_util::StreamExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use zbus::{Message, MessageStream};

/// So many bytes may wait. More means that the other process floods us, and the stream ends.
const MOST_WAITING: usize = 8 * 1024 * 1024;
/// What a message costs besides its body.
const OVERHEAD: usize = 256;

/// Messages that were decoded as they came. Ends when the connection does, or when too much waits.
#[derive(Debug)]
pub(crate) struct Pump<T> {
    waiting: Arc<AtomicUsize>,
    receiver: mpsc::UnboundedReceiver<(usize, T)>,
    task: AbortHandle,
}

impl<T: Send + 'static> Pump<T> {
    /// Takes what `decode` makes something of, and drops the rest.
    pub(crate) fn start(
        mut stream: MessageStream,
        decode: impl Fn(&Message) -> Option<T> + Send + 'static,
    ) -> Self {
        let waiting = Arc::new(AtomicUsize::new(0));
        let (sender, receiver) = mpsc::unbounded_channel();
        let counter = waiting.clone();
        let task = tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                let Some(decoded) = decode(&message) else { continue };
                let cost = message.body().len() + OVERHEAD;
                let flooded = counter.fetch_add(cost, Ordering::Relaxed) + cost > MOST_WAITING;
                if flooded || sender.send((cost, decoded)).is_err() {
                    return;
                }
            }
        });
        Self { waiting, receiver, task: task.abort_handle() }
    }

    /// The next one. Nothing is lost when this is dropped before it is ready.
    pub(crate) async fn next(&mut self) -> Option<T> {
        let (cost, decoded) = self.receiver.recv().await?;
        self.waiting.fetch_sub(cost, Ordering::Relaxed);
        Some(decoded)
    }
}

impl<T> Drop for Pump<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}
