//! The thread that takes pictures: waits for changes, encodes at a bounded pace, hands frames on.

use super::media::FromScreen;
use anyhow::Result;
use rendezvous_assist::Time;
use rendezvous_assist::grant::ViewGrant;
use rendezvous_assist::pace::{Pace, Pacer};
use rendezvous_assist::screen::Size;
use rendezvous_desktop::x11::X11Capturer;
use rendezvous_desktop::{Capture, CaptureError, Encode, H264Encoder, Waker};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Pictures a second at most.
const FRAMES_PER_SECOND: u8 = 30;
/// What the encoder aims at while the picture moves, in kbit/s.
const KBPS: u32 = 4_000;
/// A still screen is looked after this often at least.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// The screen of one display that the person allowed to be seen.
#[derive(Clone, Debug)]
pub(super) struct Screen {
    grant: ViewGrant,
    display: String,
}

/// Pictures are being taken as long as this lives.
#[derive(Debug)]
pub(super) struct Taking {
    key_wanted: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    waker: Waker,
}

impl Screen {
    pub(super) fn new(grant: ViewGrant, display: String) -> Self {
        Self { grant, display }
    }

    /// The same screen with another permission to see it.
    pub(super) fn again(&self, grant: ViewGrant) -> Self {
        Self { grant, ..self.clone() }
    }

    /// Whether the permission still stands.
    pub(super) fn is_allowed(&self) -> bool {
        self.grant.is_live()
    }

    /// Opens the screen. Blocks for a few milliseconds.
    pub(super) fn open(&self) -> Result<X11Capturer, CaptureError> {
        X11Capturer::open(self.grant.clone(), Some(&self.display))
    }

    /// Starts taking pictures. `epoch` is what their times count from.
    pub(super) fn take(
        &self,
        capturer: X11Capturer,
        epoch: Instant,
        frames: mpsc::Sender<FromScreen>,
    ) -> Taking {
        let key_wanted = Arc::new(AtomicBool::new(true));
        let stop = Arc::new(AtomicBool::new(false));
        let taking = Taking { key_wanted: key_wanted.clone(), stop: stop.clone(), waker: capturer.waker() };
        let worker = Worker { screen: self.clone(), epoch, frames, key_wanted, stop };
        std::thread::spawn(move || worker.run(capturer));
        taking
    }
}

impl Taking {
    /// The next picture becomes one that a decoder can start with.
    pub(super) fn want_key(&self) {
        self.key_wanted.store(true, Ordering::SeqCst);
        self.waker.wake();
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.waker.wake();
    }
}

struct Worker {
    screen: Screen,
    epoch: Instant,
    frames: mpsc::Sender<FromScreen>,
    key_wanted: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
}

impl Worker {
    fn run(self, mut capturer: X11Capturer) {
        loop {
            let Err(error) = self.take_all(&mut capturer) else { return };
            let again = match error.downcast_ref() {
                Some(CaptureError::Revoked) => return,
                Some(CaptureError::Resized(size)) => self.reopen(*size).map_err(|e| e.to_string()),
                _ => Err(error.to_string()),
            };
            let error = match again {
                Ok(again) => {
                    capturer = again;
                    continue;
                }
                Err(error) => error,
            };
            // If nobody listens any more, nobody needs to know.
            _ = self.frames.blocking_send(FromScreen::Broken(error));
            return;
        }
    }

    fn reopen(&self, size: Size) -> Result<X11Capturer, CaptureError> {
        let capturer = self.screen.open()?;
        tracing::info!(?size, "The screen has another size");
        _ = self.frames.blocking_send(FromScreen::Resized(capturer.size()));
        self.key_wanted.store(true, Ordering::SeqCst);
        Ok(capturer)
    }

    fn now(&self) -> Time {
        Time(u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// Until stopped, revoked, resized or broken.
    fn take_all(&self, capturer: &mut X11Capturer) -> Result<()> {
        let mut encoder = H264Encoder::new(capturer.size(), KBPS)?;
        let mut pacer = Pacer::new(FRAMES_PER_SECOND);
        while !self.stop.load(Ordering::SeqCst) {
            let now = self.now();
            let wait = match pacer.next(now) {
                Pace::Encode { .. } => Duration::ZERO,
                Pace::Wait(until) => until.since(now).min(LONGEST_WAIT),
            };
            let change = capturer.wait(wait)?;
            for event in change.cursor {
                if self.frames.blocking_send(FromScreen::Cursor(event)).is_err() {
                    return Ok(());
                }
            }
            if change.picture {
                pacer.damaged();
            }
            if self.key_wanted.swap(false, Ordering::SeqCst) {
                pacer.key_wanted();
            }
            if let Pace::Encode { key } = pacer.next(self.now())
                && !self.encode(capturer, &mut encoder, &mut pacer, key)?
            {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes, encodes and hands on one picture; false when nobody wants it any more.
    fn encode(
        &self,
        capturer: &mut X11Capturer,
        encoder: &mut H264Encoder,
        pacer: &mut Pacer,
        key: bool,
    ) -> Result<bool> {
        // The pace counts from here, so that the encoder's own time does not slow it.
        let (begun, taken) = (self.now(), self.epoch.elapsed());
        let area = capturer.grab()?;
        let grabbed = self.epoch.elapsed();
        let taken_us = u64::try_from(taken.as_micros()).unwrap_or(u64::MAX);
        let frame = encoder.encode(capturer.frame()?, taken_us, key)?;
        let (grab, encode) = (grabbed - taken, self.epoch.elapsed() - grabbed);
        tracing::trace!(
            ?area,
            ?grab,
            ?encode,
            bytes = frame.as_ref().map_or(0, |f| f.data.len()),
            "A picture"
        );
        pacer.encoded(begun, frame.as_ref().is_some_and(|f| f.key));
        match frame {
            // Waits when the network is slower than we are, so that pictures never pile up.
            Some(frame) => Ok(self.frames.blocking_send(FromScreen::Frame(frame)).is_ok()),
            None => Ok(true),
        }
    }
}
