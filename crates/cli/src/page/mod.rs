//! The expert's page: served on loopback to exactly one browser tab, spoken with over one WebSocket.
//!
//! The application holds a [`Page`], sends it [`ToPage`] and takes [`PageEvent`] from it. Everything that can reach
//! the port is distrusted: `guard` lets only requests through that name this very address, `ticket` admits one page
//! once, `link` bounds what an admitted page may say, and `listener` bounds how many connections there are. Nothing
//! that comes over the port ends the application or makes its memory grow.

mod files;
mod guard;
mod link;
mod listener;
mod message;
mod redirect;
mod screens;
mod server;
#[cfg(test)]
mod tests;
mod ticket;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use self::link::Desk;
pub(crate) use self::message::{ChatLine, ControlState, PageEvent, PageState, ScreenSize, ToPage, ViewState};
pub(crate) use self::screens::PageScreens;

/// The longest message either way, in bytes.
const MAX_MESSAGE: usize = 64 * 1024;
/// Messages that wait for the application before the page has to wait.
const EVENTS: usize = 32;
/// How long [`Page::close`] waits for the last message to arrive.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long a page may take. The values of [`Limits::default`] are the program's; tests use shorter ones.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// From the opening of the WebSocket to the ticket.
    ticket: Duration,
    /// For one message to go out.
    send: Duration,
    /// Without a byte from a connection, before it is closed.
    idle: Duration,
    /// Between two pings, so that a page that lives is never idle.
    ping: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ticket: Duration::from_secs(5),
            send: Duration::from_secs(5),
            idle: Duration::from_secs(60),
            ping: Duration::from_secs(20),
        }
    }
}

/// The page and the server behind it. Dropping it closes both and deletes the redirect file.
pub(crate) struct Page {
    address: SocketAddr,
    desk: Arc<Desk>,
    events: mpsc::Receiver<PageEvent>,
    /// Dropping it stops the server.
    _running: oneshot::Sender<()>,
}

impl Page {
    /// Serves the page at a random port of 127.0.0.1, with a first ticket that waits to be used.
    ///
    /// # Errors
    ///
    /// If no port can be bound, or the system has no randomness.
    pub(crate) async fn serve() -> Result<Self> {
        Self::serve_with(Limits::default()).await
    }

    async fn serve_with(limits: Limits) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("no port of 127.0.0.1 is free for the page")?;
        let address = listener.local_addr().context("the page's port has no address")?;
        let (event_sender, events) = mpsc::channel(EVENTS);
        let desk = Arc::new(Desk::new(address, limits, event_sender));
        let (running, stopped) = oneshot::channel();
        tokio::spawn(server::run(listener, Arc::clone(&desk), stopped));
        let page = Self { address, desk, events, _running: running };
        page.new_ticket()?;
        Ok(page)
    }

    /// Where the page is. Useful for a line that forwards the port; of no use without a ticket.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes a fresh ticket; one that was not used yet becomes worthless, and its redirect file goes.
    ///
    /// Only an act of the person at this machine may lead here: whoever holds the ticket becomes the page.
    ///
    /// # Errors
    ///
    /// If the system has no randomness.
    pub(crate) fn new_ticket(&self) -> Result<()> {
        self.desk.issue_ticket()
    }

    /// The address with the ticket in its fragment: a secret, for the person's own eyes and never for an argument
    /// or a log.
    ///
    /// # Errors
    ///
    /// If the ticket was used already.
    pub(crate) fn url_with_ticket(&self) -> Result<String> {
        self.desk.url_with_ticket()
    }

    /// Writes a small file that only this user can read and that sends a browser to the page, and returns its path,
    /// which is no secret. The file goes when the ticket is used, replaced, or the page ends.
    ///
    /// # Errors
    ///
    /// If the ticket was used already, or the file cannot be created in `dir`.
    pub(crate) fn write_redirect_file(&self, dir: &Path) -> Result<PathBuf> {
        self.desk.write_redirect_file(dir)
    }

    /// What the page did next. Safe to cancel.
    pub(crate) async fn next(&mut self) -> PageEvent {
        match self.events.recv().await {
            Some(event) => event,
            // The desk holds a sender as long as this page exists, so there is always another event to wait for.
            None => std::future::pending().await,
        }
    }

    /// Sends to the page that is open now, and says whether there is one. After [`PageEvent::Opened`] it knows
    /// nothing, so the application sends the whole state. A page that does not keep up is closed.
    pub(crate) fn send(&self, message: &ToPage) -> bool {
        self.desk.send(message)
    }

    /// Ends the page after everything that was sent to it has arrived, or after a second.
    pub(crate) async fn close(mut self) {
        let open = self.desk.close();
        let farewell = async {
            while let Some(event) = self.events.recv().await {
                if event == PageEvent::Closed {
                    break;
                }
            }
        };
        if open {
            // A page that does not even take its last words is left behind.
            let _ = tokio::time::timeout(FAREWELL, farewell).await;
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.desk.close();
    }
}
