//! A clock that is painted on a screen so that a picture of it tells how old it is.
//!
//! The clock is a bar code of [`WIDTH`] by [`HEIGHT`] pixels: 24 cells of 16 pixels in two rows. The upper row is
//! the time in milliseconds of the Unix epoch, its lowest 24 bits, the lowest leftmost, white for one; the lower row
//! is its inverse, so that a reader notices a picture that is half painted or too blurred to read.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    ConnectionExt as _, CreateGCAux, CreateWindowAux, Gcontext, Rectangle, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;

use crate::xserver::XServer;

/// Width of the clock in pixels.
pub const WIDTH: u16 = CELL * BITS;
/// Height of the clock in pixels.
pub const HEIGHT: u16 = CELL * 2;

const BITS: u16 = 24;
const CELL: u16 = 16;

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
        let clock = Clock::open(server.connect()?)?;
        let stop = Arc::new(AtomicBool::new(false));
        let thread = thread::Builder::new().name("painter".into()).spawn({
            let stop = Arc::clone(&stop);
            move || run(&clock, Duration::from_secs(1) / rate.max(1), &stop)
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
    u32::try_from(since_epoch.as_millis() & 0xff_ffff).expect("24 bits fit into 32")
}

/// The cells of one reading: those that are white and those that are black.
fn cells(reading: u32) -> [Vec<Rectangle>; 2] {
    let mut white_and_black = [Vec::new(), Vec::new()];
    for bit in 0..BITS {
        let is_set = reading >> bit & 1 == 1;
        for row in 0..2 {
            let is_black = is_set == (row == 1);
            let place =
                |cell: u16| i16::try_from(cell * CELL).expect("the clock is a few hundred pixels wide");
            white_and_black[usize::from(is_black)].push(Rectangle {
                x: place(bit),
                y: place(row),
                width: CELL,
                height: CELL,
            });
        }
    }
    white_and_black
}

fn run(clock: &Clock, interval: Duration, stop: &AtomicBool) {
    let mut next = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        // A clock whose server is gone has nobody to tell.
        if clock.paint().is_err() {
            return;
        }
        next = (next + interval).max(Instant::now());
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

struct Clock {
    connection: RustConnection,
    window: Window,
    white: Gcontext,
    black: Gcontext,
}

impl Clock {
    fn open(connection: RustConnection) -> Result<Self> {
        let screen = &connection.setup().roots[0];
        let (root, white_pixel, black_pixel) = (screen.root, screen.white_pixel, screen.black_pixel);
        let window = connection.generate_id()?;
        // No window manager may move or cover it.
        let aux = CreateWindowAux::new().override_redirect(1).background_pixel(black_pixel);
        let class = WindowClass::INPUT_OUTPUT;
        connection.create_window(0, window, root, 0, 0, WIDTH, HEIGHT, 0, class, 0, &aux)?;
        connection.map_window(window)?;
        let brush = |pixel| -> Result<Gcontext> {
            let id = connection.generate_id()?;
            connection.create_gc(id, window, &CreateGCAux::new().foreground(pixel))?;
            Ok(id)
        };
        let (white, black) = (brush(white_pixel)?, brush(black_pixel)?);
        connection.flush()?;
        Ok(Self { connection, window, white, black })
    }

    fn paint(&self) -> Result<()> {
        let [white, black] = cells(reading());
        self.connection.poly_fill_rectangle(self.window, self.white, &white)?;
        self.connection.poly_fill_rectangle(self.window, self.black, &black)?;
        self.connection.flush()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_and_its_inverse_fill_the_clock() {
        let [white, black] = cells(0b101);
        assert_eq!(white.len() + black.len(), 48);
        let upper_white: Vec<_> = white.iter().filter(|cell| cell.y == 0).map(|cell| cell.x).collect();
        assert_eq!(upper_white, [0, 32]);
        let lower_black: Vec<_> = black.iter().filter(|cell| cell.y == 16).map(|cell| cell.x).collect();
        assert_eq!(lower_black, [0, 32]);
    }
}
