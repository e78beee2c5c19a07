//! A viewer's window, looked at on the X server that it is on: whenever something is drawn there.

use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use anyhow::{Result, ensure};
use rendezvous_testkit::code;
use rendezvous_testkit::hand::Hand;
use rendezvous_testkit::screen::Picture;
use rendezvous_testkit::xserver::XServer;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::damage::{ConnectionExt as _, Damage, ReportLevel};
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat, Window as WindowId};
use x11rb::rust_connection::RustConnection;

use super::{Reading, Seen, age};
use crate::bench::assist::stage::now;

/// A screen with a viewer on all of it.
pub(in crate::bench::assist) struct Window {
    hand: Hand,
    log: Arc<Mutex<Log>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<()>>>,
    // Ends after the thread that looks at it.
    screen: XServer,
}

#[derive(Default)]
struct Log {
    readings: Vec<Reading>,
    /// What the last look read.
    time: Option<u32>,
    keys: Option<u32>,
    presses: Vec<Press>,
}

struct Press {
    /// What the count of keys is once it is seen.
    number: u32,
    at: f64,
    seen: Option<f64>,
}

impl Window {
    /// Looks at this screen from now on.
    pub(in crate::bench::assist) fn open(screen: XServer) -> Result<Self> {
        let log = Arc::new(Mutex::new(Log::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let looker = Looker::open(screen.connect()?, Arc::clone(&log))?;
        let thread = thread::Builder::new().name("eye".into()).spawn({
            let stop = Arc::clone(&stop);
            move || looker.look(&stop)
        })?;
        Ok(Self { hand: Hand::on(&screen)?, log, stop, thread: Some(thread), screen })
    }

    /// The process of the screen's server.
    pub(in crate::bench::assist) fn server(&self) -> u32 {
        self.screen.id()
    }

    pub(super) fn is_readable(&self) -> bool {
        let log = self.log();
        log.time.is_some() && log.keys.is_some()
    }

    pub(super) fn begin(&self) {
        let mut log = self.log();
        log.readings.clear();
        log.presses.clear();
    }

    pub(super) fn readings(&self) -> Vec<Reading> {
        self.log().readings.clone()
    }

    pub(super) fn press(&self) -> Result<()> {
        {
            let mut log = self.log();
            let last = log.presses.last().map(|press| press.number).or(log.keys).unwrap_or(0);
            log.presses.push(Press { number: (last + 1) % code::LIMIT, at: now(), seen: None });
        }
        self.hand.chord(&[u32::from(b'k')])
    }

    pub(super) fn answers(&self) -> Vec<Option<f64>> {
        self.log().presses.iter().map(|press| press.seen.map(|seen| seen - press.at)).collect()
    }

    pub(super) fn picture(&self) -> Result<Option<Seen>> {
        let picture = Picture::of(&self.screen)?;
        let luma = picture.luma();
        let width = usize::from(picture.width);
        let time = code::read(|x, y| luma[usize::from(y) * width + usize::from(x)]);
        Ok(time.map(|time| Seen { time, luma }))
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.log)
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock(log: &Mutex<Log>) -> MutexGuard<'_, Log> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Looker {
    connection: RustConnection,
    root: WindowId,
    damage: Damage,
    log: Arc<Mutex<Log>>,
}

impl Looker {
    fn open(connection: RustConnection, log: Arc<Mutex<Log>>) -> Result<Self> {
        let root = connection.setup().roots[0].root;
        connection.damage_query_version(1, 1)?.reply()?;
        let damage = connection.generate_id()?;
        connection.damage_create(damage, root, ReportLevel::NON_EMPTY)?.check()?;
        Ok(Self { connection, root, damage, log })
    }

    fn look(&self, stop: &AtomicBool) -> Result<()> {
        while !stop.load(Ordering::Relaxed) {
            let mut changed = false;
            while let Some(event) = self.connection.poll_for_event()? {
                changed |= matches!(event, Event::DamageNotify(_));
            }
            if changed {
                self.connection.damage_subtract(self.damage, x11rb::NONE, x11rb::NONE)?;
                self.read()?;
            } else {
                self.sleep()?;
            }
        }
        Ok(())
    }

    fn read(&self) -> Result<()> {
        let (width, height) = (code::WIDTH, code::HEIGHT * 2);
        let format = ImageFormat::Z_PIXMAP;
        let image = self.connection.get_image(format, self.root, 0, 0, width, height, u32::MAX)?.reply()?;
        let seen = now();
        let row = usize::from(width) * 4;
        ensure!(image.data.len() == row * usize::from(height), "the viewer's screen has other pixels");
        // The second byte of a pixel is its green.
        let green = |x: u16, y: u16| image.data[usize::from(y) * row + usize::from(x) * 4 + 1];
        lock(&self.log).note(seen, code::read(green), code::read(|x, y| green(x, y + code::HEIGHT)));
        Ok(())
    }

    fn sleep(&self) -> Result<()> {
        // Ends soon, to look whether to stop.
        let most = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
        let mut server = [PollFd::from_borrowed_fd(self.connection.stream().as_fd(), PollFlags::IN)];
        match poll(&mut server, Some(&most)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Log {
    fn note(&mut self, seen: f64, time: Option<u32>, keys: Option<u32>) {
        if let Some(time) = time
            && self.time != Some(time)
        {
            let limit = f64::from(code::LIMIT);
            let now = seen.floor().rem_euclid(limit);
            self.readings.push(Reading { at: seen, age: age((now - f64::from(time)).rem_euclid(limit)) });
        }
        self.time = time.or(self.time);
        let Some(keys) = keys else { return };
        self.keys = Some(keys);
        for press in self.presses.iter_mut().filter(|press| press.number <= keys) {
            press.seen.get_or_insert(seen);
        }
    }
}
