//! The thread that takes pictures: waits for changes, encodes at a bounded pace, hands frames on.

use super::media::{Broken, FromScreen};
use super::opening::{Capturer, Screen};
use anyhow::Result;
use rendezvous_assist::Time;
use rendezvous_assist::description::Codec;
use rendezvous_assist::pace::{Encoded, Pace, Pacer, Purpose};
use rendezvous_assist::peer::START_KBPS;
use rendezvous_assist::screen::{EncodedFrame, Size};
use rendezvous_desktop::{Capture, CaptureError, Encode, Waker, encoder};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Pictures a second at most.
const FRAMES_PER_SECOND: u8 = 60;
/// What the encoder aims at while the picture moves, in kbit/s, however much more the path carries.
const MOST_KBPS: u32 = 6_000;
/// Whoever waits for the path is woken when it is free so many milliseconds sooner than was thought.
const MUCH_SOONER: u64 = 100;
/// The first picture is made for a path that carries so much, as one to a page nearby does; for a narrower one it is made anew.
const FIRST_KBPS: u32 = 4_000;
/// And it is still shown after so long, though the screen has changed since.
const FIRST_IS_NEW: Duration = Duration::from_millis(700);
/// How often it is looked whether the bar has come.
const LOOK_FOR_BAR: Duration = Duration::from_millis(3);
/// A still screen is looked after this often at least. Whoever wants something of it wakes it.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Pictures are being taken, or about to be, as long as this lives.
#[derive(Debug)]
pub(super) struct Taking {
    orders: Arc<Orders>,
    waker: Waker,
}

/// What the thread that takes pictures looks at between two of them.
#[derive(Debug)]
struct Orders {
    /// Somebody sees what is taken.
    go: AtomicBool,
    key_wanted: AtomicBool,
    stop: AtomicBool,
    /// What the path to the page carries, in kbit/s.
    path_kbps: AtomicU32,
    /// When everything that was sent will have left this computer, in milliseconds of the epoch.
    leaves: AtomicU64,
}

impl Screen {
    /// Makes everything ready, up to the first picture; none is handed on before [`Taking::go`]. `epoch` is what their times
    /// count from.
    pub(super) fn take(
        &self,
        capturer: Capturer,
        codec: Codec,
        epoch: Instant,
        frames: mpsc::Sender<FromScreen>,
    ) -> Taking {
        let orders = Arc::new(Orders {
            go: AtomicBool::new(false),
            key_wanted: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            path_kbps: AtomicU32::new(START_KBPS),
            leaves: AtomicU64::new(0),
        });
        let taking = Taking { orders: orders.clone(), waker: capturer.waker() };
        let worker = Worker { screen: self.clone(), codec, epoch, frames, orders };
        std::thread::spawn(move || worker.run(capturer));
        taking
    }
}

impl Taking {
    /// Somebody can see them: from now on pictures are handed on.
    pub(super) fn go(&self) {
        self.orders.go.store(true, Ordering::SeqCst);
        self.waker.wake();
    }

    /// The next picture becomes one that a decoder can start with.
    pub(super) fn want_key(&self) {
        self.orders.key_wanted.store(true, Ordering::SeqCst);
        self.waker.wake();
    }

    /// The path to the page carries this many kbit/s; pictures follow it from the next one on.
    pub(super) fn set_path(&self, kbps: u32) {
        self.orders.path_kbps.store(kbps, Ordering::SeqCst);
    }

    /// Everything that was sent will have left this computer by then; a picture that is taken much before only grows old.
    pub(super) fn set_leaves(&self, at: Time) {
        let before = self.orders.leaves.swap(at.0, Ordering::SeqCst);
        if at.0 + MUCH_SOONER < before {
            self.waker.wake();
        }
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
        self.orders.key_wanted.store(true, Ordering::SeqCst);
        Ok(capturer)
    }

    fn now(&self) -> Time {
        Time(u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// Until stopped, revoked, changed or broken.
    fn take_all(&self, capturer: &mut dyn Capture) -> Result<()> {
        let size = capturer.size();
        let mut video = Video::new(self.codec, size, self.path_kbps().max(FIRST_KBPS))?;
        self.wait_for_bar();
        let mut first = self.make_first(capturer, &mut video)?;
        let (made, mut has_changed, mut is_first) = (self.now(), false, true);
        while !self.orders.stop.load(Ordering::SeqCst) {
            let now = self.now();
            let wait = match video.pacer.next(now) {
                _ if !self.may_take(capturer) => LONGEST_WAIT,
                Pace::Encode(_) => Duration::ZERO,
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
                video.pacer.damaged();
                has_changed = true;
            }
            if !self.may_take(capturer) {
                continue;
            }
            if std::mem::take(&mut is_first) {
                // What was there a while ago is nobody's business any more.
                let is_old = has_changed && self.now().since(made) > FIRST_IS_NEW;
                if is_old || self.path_kbps() < FIRST_KBPS {
                    (video, first) = (Video::new(self.codec, size, self.path_kbps())?, None);
                }
                if !self.hand_on(first.take()) {
                    return Ok(());
                }
            }
            if self.orders.key_wanted.swap(false, Ordering::SeqCst) {
                video.pacer.key_wanted(self.now());
            }
            video.follow(self.path_kbps())?;
            video.pacer.leaves(Time(self.orders.leaves.load(Ordering::SeqCst)));
            if let Pace::Encode(purpose) = video.pacer.next(self.now())
                && !self.hand_on(self.make(capturer, &mut video, purpose)?)
            {
                return Ok(());
            }
        }
        Ok(())
    }

    /// While the page connects there is time to make the first picture.
    fn make_first(&self, capturer: &mut dyn Capture, video: &mut Video) -> Result<Option<EncodedFrame>> {
        if self.orders.go.load(Ordering::SeqCst) || self.is_over() {
            return Ok(None);
        }
        self.make(capturer, video, Purpose::Key)
    }

    /// Neither the picture nor the cursor is looked at before everybody at the screen can see that it is shown. If the bar goes
    /// later, whoever watches it draws the curtain.
    fn wait_for_bar(&self) {
        while !self.screen.is_announced() && !self.is_over() {
            std::thread::sleep(LOOK_FOR_BAR);
        }
    }

    fn is_over(&self) -> bool {
        !self.screen.is_allowed() || self.orders.stop.load(Ordering::SeqCst)
    }

    /// Somebody sees what is taken, and the person here is not being asked what nobody else is to see.
    fn may_take(&self, capturer: &dyn Capture) -> bool {
        self.orders.go.load(Ordering::SeqCst) && !capturer.is_held()
    }

    fn path_kbps(&self) -> u32 {
        self.orders.path_kbps.load(Ordering::SeqCst)
    }

    /// Takes and encodes one picture; none where there is nothing to say.
    fn make(
        &self,
        capturer: &mut dyn Capture,
        video: &mut Video,
        purpose: Purpose,
    ) -> Result<Option<EncodedFrame>> {
        // The pace counts from here, so that the encoder's own time does not slow it.
        let (begun, taken) = (self.now(), self.epoch.elapsed());
        let area = match capturer.grab() {
            // A question came in this moment.
            Err(CaptureError::Held) => return Ok(None),
            area => area?,
        };
        let grabbed = self.epoch.elapsed();
        let taken_us = u64::try_from(taken.as_micros()).unwrap_or(u64::MAX);
        let frame = video.encoder.encode(capturer.frame()?, capturer.parts(), purpose, taken_us)?;
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
        Ok(frame)
    }

    /// False when nobody wants it any more.
    fn hand_on(&self, frame: Option<EncodedFrame>) -> bool {
        // Waits when the network is slower than we are, so that pictures never pile up.
        frame.is_none_or(|frame| self.frames.blocking_send(FromScreen::Frame(frame)).is_ok())
    }
}
