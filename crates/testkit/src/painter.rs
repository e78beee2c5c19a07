//! A clock that is painted on a screen so that a picture of it tells how old it is: the time in milliseconds of the Unix
//! epoch, its lowest 24 bits, as a [`code`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use x11rb::connection::Connection as _;
use x11rb::rust_connection::RustConnection;

use crate::code::{self, Code};
use crate::xserver::XServer;

/// Width of the clock in pixels.
pub const WIDTH: u16 = code::WIDTH;
/// Height of the clock in pixels.
pub const HEIGHT: u16 = code::HEIGHT;

/// A clock that runs in the upper left corner of a screen until it is dropped.
#[derive(Debug)]
pub struct Painter {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Painter {
    /// Starts the clock, above all windows, painted `rate` times in a second.
    ///
    /// # Errors
    ///
    /// When the server is gone.
    pub fn start(server: &XServer, rate: u32) -> Result<Self> {
        let connection = server.connect()?;
        let clock = Code::open(&connection, 0)?;
        let stop = Arc::new(AtomicBool::new(false));
        let thread = thread::Builder::new().name("painter".into()).spawn({
            let stop = Arc::clone(&stop);
            move || run(&connection, &clock, Duration::from_secs(1) / rate.max(1), &stop)
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Painter {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the clock shows now.
pub fn reading() -> u32 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since_epoch.as_millis() % u128::from(code::LIMIT)).expect("24 bits fit into 32")
}

fn run(connection: &RustConnection, clock: &Code, interval: Duration, stop: &AtomicBool) {
    let mut next = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        // A clock whose server is gone has nobody to tell.
        if clock.paint(connection, reading()).is_err() || connection.flush().is_err() {
            return;
        }
        next = (next + interval).max(Instant::now());
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}
