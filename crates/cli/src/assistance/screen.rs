//! The thread that takes pictures: waits for changes, encodes at a bounded pace, hands frames on.

use super::media::{Broken, FromScreen};
use super::opening::{Capturer, Screen};
use anyhow::Result;
use rendezvous_assist::Time;
use rendezvous_assist::pace::{Pace, Pacer};
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

/// Pictures are being taken as long as this lives.
#[derive(Debug)]
pub(super) struct Taking {
    key_wanted: Arc<AtomicBool>,
    stop: Arc<AtomicBool>,
    waker: Waker,
}

impl Screen {
    /// Starts taking pictures. `epoch` is what their times count from.
    pub(super) fn take(
        &self,
        capturer: Capturer,
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
    fn run(self, mut capturer: Capturer) {
        loop {
            let Err(error) = self.take_all(&mut *capturer) else { return };
            // The old one goes first: what it had asked of the display is undone before it is asked for again.
            drop(capturer);
            let again = match error.downcast_ref() {
                Some(CaptureError::Changed) => self.reopen(),
                Some(other) => Err(other.clone()),
                None => return self.end(Broken::Failed(error.to_string())),
            };
            match again {
                Ok(again) => capturer = again,
                Err(CaptureError::Revoked) => return,
                Err(error) => return self.end(Broken::from(&error)),
            }
        }
    }

    fn end(&self, why: Broken) {
        // If nobody listens any more, nobody needs to know.
        _ = self.frames.blocking_send(FromScreen::Broken(why));
    }

    fn reopen(&self) -> Result<Capturer, CaptureError> {
        let capturer = self.screen.reopen()?;
        tracing::info!(size = ?capturer.size(), "What is shared is not as it was");
        _ = self.frames.blocking_send(FromScreen::Screens(capturer.scene().screens.clone()));
        self.key_wanted.store(true, Ordering::SeqCst);
        Ok(capturer)
    }

    fn now(&self) -> Time {
        Time(u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// Until stopped, revoked, changed or broken.
    fn take_all(&self, capturer: &mut dyn Capture) -> Result<()> {
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
            if let Some(shown) = change.shown {
                let screens = capturer.scene().screens.clone().showing(shown);
                _ = self.frames.blocking_send(FromScreen::Screens(screens));
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
        capturer: &mut dyn Capture,
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
