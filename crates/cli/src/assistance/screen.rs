//! The thread that takes pictures: waits for changes, encodes at a bounded pace, hands frames on.

use super::media::FromScreen;
use anyhow::Result;
use rendezvous_assist::Time;
use rendezvous_assist::description::Codec;
use rendezvous_assist::grant::ViewGrant;
use rendezvous_assist::pace::{Encoded, Pace, Pacer, Purpose};
use rendezvous_assist::peer::START_KBPS;
use rendezvous_assist::screen::Size;
use rendezvous_desktop::x11::X11Capturer;
use rendezvous_desktop::{Capture, CaptureError, Encode, Waker, encoder};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Pictures a second at most.
const FRAMES_PER_SECOND: u8 = 60;
/// What the encoder aims at while the picture moves, in kbit/s, however much more the path carries.
const MOST_KBPS: u32 = 6_000;
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
    orders: Arc<Orders>,
    waker: Waker,
}

/// What the thread that takes pictures looks at between two of them.
#[derive(Debug)]
struct Orders {
    key_wanted: AtomicBool,
    stop: AtomicBool,
    /// What the path to the page carries, in kbit/s.
    path_kbps: AtomicU32,
}

impl Screen {
    pub(super) fn new(grant: ViewGrant, display: String) -> Self {
        Self { grant, display }
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
        codec: Codec,
        epoch: Instant,
        frames: mpsc::Sender<FromScreen>,
    ) -> Taking {
        let orders = Arc::new(Orders {
            key_wanted: AtomicBool::new(true),
            stop: AtomicBool::new(false),
            path_kbps: AtomicU32::new(START_KBPS),
        });
        let taking = Taking { orders: orders.clone(), waker: capturer.waker() };
        let worker = Worker { screen: self.clone(), codec, epoch, frames, orders };
        std::thread::spawn(move || worker.run(capturer));
        taking
    }
}

impl Taking {
    /// The next picture becomes one that a decoder can start with.
    pub(super) fn want_key(&self) {
        self.orders.key_wanted.store(true, Ordering::SeqCst);
        self.waker.wake();
    }

    /// The path to the page carries this many kbit/s; pictures follow it from the next one on.
    pub(super) fn set_path(&self, kbps: u32) {
        self.orders.path_kbps.store(kbps, Ordering::SeqCst);
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        self.orders.stop.store(true, Ordering::SeqCst);
        self.waker.wake();
    }
}

struct Worker {
    screen: Screen,
    codec: Codec,
    epoch: Instant,
    frames: mpsc::Sender<FromScreen>,
    orders: Arc<Orders>,
}

/// The encoder, when it is due, and what both were told of the path.
struct Video {
    encoder: Box<dyn Encode>,
    pacer: Pacer,
    path_kbps: u32,
}

impl Video {
    fn new(codec: Codec, size: Size, path_kbps: u32) -> Result<Self> {
        let encoder = encoder(codec, size, aim(path_kbps))?;
        Ok(Self { encoder, pacer: Pacer::new(FRAMES_PER_SECOND, path_kbps), path_kbps })
    }

    fn follow(&mut self, path_kbps: u32) -> Result<()> {
        if path_kbps != self.path_kbps {
            self.path_kbps = path_kbps;
            self.pacer.set_bitrate(path_kbps);
            self.encoder.set_bitrate(aim(path_kbps))?;
        }
        Ok(())
    }
}

/// What the encoder aims at on a path that carries so much: there must be room for what is sent again, for the cursor,
/// and for a picture that became larger than planned.
fn aim(path_kbps: u32) -> u32 {
    (path_kbps / 100 * 85).min(MOST_KBPS)
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
        self.orders.key_wanted.store(true, Ordering::SeqCst);
        Ok(capturer)
    }

    fn now(&self) -> Time {
        Time(u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// Until stopped, revoked, resized or broken.
    fn take_all(&self, capturer: &mut X11Capturer) -> Result<()> {
        let mut video = Video::new(self.codec, capturer.size(), self.path_kbps())?;
        while !self.orders.stop.load(Ordering::SeqCst) {
            let now = self.now();
            let wait = match video.pacer.next(now) {
                Pace::Encode(_) => Duration::ZERO,
                Pace::Wait(until) => until.since(now).min(LONGEST_WAIT),
            };
            let change = capturer.wait(wait)?;
            for event in change.cursor {
                if self.frames.blocking_send(FromScreen::Cursor(event)).is_err() {
                    return Ok(());
                }
            }
            if change.picture {
                video.pacer.damaged();
            }
            if self.orders.key_wanted.swap(false, Ordering::SeqCst) {
                video.pacer.key_wanted();
            }
            video.follow(self.path_kbps())?;
            if let Pace::Encode(purpose) = video.pacer.next(self.now())
                && !self.encode(capturer, &mut video, purpose)?
            {
                return Ok(());
            }
        }
        Ok(())
    }

    fn path_kbps(&self) -> u32 {
        self.orders.path_kbps.load(Ordering::SeqCst)
    }

    /// Takes, encodes and hands on one picture; false when nobody wants it any more.
    fn encode(&self, capturer: &mut X11Capturer, video: &mut Video, purpose: Purpose) -> Result<bool> {
        // The pace counts from here, so that the encoder's own time does not slow it.
        let (begun, taken) = (self.now(), self.epoch.elapsed());
        let area = capturer.grab()?;
        let grabbed = self.epoch.elapsed();
        let taken_us = u64::try_from(taken.as_micros()).unwrap_or(u64::MAX);
        let frame = video.encoder.encode(capturer.frame()?, area.as_slice(), purpose, taken_us)?;
        let (grab, encode) = (grabbed - taken, self.epoch.elapsed() - grabbed);
        tracing::trace!(
            ?purpose,
            ?area,
            ?grab,
            ?encode,
            bytes = frame.as_ref().map_or(0, |f| f.data.len()),
            "A picture"
        );
        let made = frame.as_ref().map(|frame| Encoded::Frame { key: frame.key, bytes: frame.data.len() });
        video.pacer.encoded(begun, made.unwrap_or(Encoded::Nothing));
        match frame {
            // Waits when the network is slower than we are, so that pictures never pile up.
            Some(frame) => Ok(self.frames.blocking_send(FromScreen::Frame(frame)).is_ok()),
            None => Ok(true),
        }
    }
}
