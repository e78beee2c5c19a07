//! What happens on a screen while it is measured: a terminal that scrolls, a page that scrolls, somebody who types, a
//! window that is moved, and nothing at all.
//!
//! Everything is a function of a count of steps, so whatever was seen can be painted once more and compared. Two
//! [codes](crate::code) stand in the upper left corner: the time at which the step was painted (as of
//! [`crate::painter`]), and below it how many keys were pressed on this screen so far, by whomever. The second
//! is painted the moment a key goes down, as a program would show what was typed.

mod scene;
mod sheets;

use std::collections::VecDeque;
use std::os::fd::AsFd as _;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{ConnectionExt as _, Device, EventMask, XIEventMask};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::code::{self, Code};
use crate::painter;
use crate::wait;
use crate::xserver::XServer;

use self::scene::Set;
pub use self::scene::{SCREEN, Scene};
pub use self::sheets::Sheets;

/// How long the painter may take to do what it is told on a busy machine.
const SOON: Duration = Duration::from_secs(20);

/// So many steps are remembered, to be painted again: those of the last minute and more.
const REMEMBERED: usize = 5_000;

/// Orders are looked for this often, when nothing else is due.
const ORDERS: Duration = Duration::from_millis(10);

/// A scene that goes on until it is dropped.
#[derive(Debug)]
pub struct Workload {
    orders: Option<Sender<Order>>,
    painted: Arc<Mutex<Painted>>,
    thread: Option<JoinHandle<Result<()>>>,
}

#[derive(Debug)]
enum Order {
    /// Stop here.
    Rest(Sender<bool>),
    /// Show what was shown with this time, and stop there.
    Again(u32, Sender<bool>),
}

#[derive(Debug, Default)]
struct Painted {
    steps: u64,
    /// Time and step, the latest last.
    log: VecDeque<(u32, u32)>,
}

impl Workload {
    /// Begins. The screen must be of the size [`SCREEN`].
    ///
    /// # Errors
    ///
    /// When the server is gone or has another size.
    pub fn start(server: &XServer, sheets: &Sheets, scene: Scene) -> Result<Self> {
        let connection = server.connect()?;
        let set = Set::open(&connection, sheets, scene)?;
        let clock = Code::open(&connection, 0)?;
        let keys = Code::open(&connection, code::HEIGHT)?;
        watch_keys(&connection)?;
        let painted = Arc::new(Mutex::new(Painted::default()));
        let (orders, taken) = mpsc::channel();
        let mut player = Player {
            interval: scene.interval(),
            connection,
            set,
            clock,
            keys,
            pressed: 0,
            step: 0,
            painted: Arc::clone(&painted),
        };
        player.begin()?;
        let thread = thread::Builder::new().name("workload".into()).spawn(move || player.play(&taken))?;
        Ok(Self { orders: Some(orders), painted, thread: Some(thread) })
    }

    /// How many steps were painted so far.
    pub fn steps(&self) -> u64 {
        self.painted.lock().unwrap_or_else(PoisonError::into_inner).steps
    }

    /// Stops the scene where it is. Keys are counted on.
    ///
    /// # Errors
    ///
    /// When the painter has ended.
    pub fn rest(&self) -> Result<()> {
        self.tell(Order::Rest).map(drop)
    }

    /// Shows once more what was shown with this time on the clock, and stops there; `false` when that is not known any
    /// more, or never was.
    ///
    /// # Errors
    ///
    /// When the painter has ended.
    pub fn again(&self, time: u32) -> Result<bool> {
        self.tell(|done| Order::Again(time, done))
    }

    fn tell(&self, order: impl FnOnce(Sender<bool>) -> Order) -> Result<bool> {
        let (done, told) = mpsc::channel();
        let orders = self.orders.as_ref().context("the painter was dropped")?;
        orders.send(order(done)).ok().context("the painter has ended: its screen is gone")?;
        wait::until("the painter to do as it was told", SOON, || match told.try_recv() {
            Ok(done) => Ok(Some(done)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => anyhow::bail!("the painter has ended: its screen is gone"),
        })
    }
}

impl Drop for Workload {
    fn drop(&mut self) {
        drop(self.orders.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Asks to be told of every key that goes down, whoever has the focus.
fn watch_keys(connection: &RustConnection) -> Result<()> {
    let version =
        connection.xinput_xi_query_version(2, 2)?.reply().context("the X server has no XInput 2")?;
    ensure!((version.major_version, version.minor_version) >= (2, 1), "the X server's XInput is too old");
    let mask = EventMask { deviceid: Device::ALL_MASTER.into(), mask: vec![XIEventMask::RAW_KEY_PRESS] };
    let root = connection.setup().roots[0].root;
    connection.xinput_xi_select_events(root, &[mask])?.check()?;
    Ok(())
}

struct Player {
    /// From one step to the next; `None`: there is none.
    interval: Option<Duration>,
    connection: RustConnection,
    set: Set,
    clock: Code,
    keys: Code,
    pressed: u32,
    step: u32,
    painted: Arc<Mutex<Painted>>,
}

impl Player {
    /// The first step, whole.
    fn begin(&mut self) -> Result<()> {
        self.set.show(&self.connection, 0)?;
        self.keys.paint(&self.connection, 0)?;
        self.sign()?;
        self.connection.sync()?;
        Ok(())
    }

    /// Until nobody can give orders any more.
    fn play(&mut self, orders: &Receiver<Order>) -> Result<()> {
        let mut next = self.interval.map(|interval| Instant::now() + interval);
        loop {
            match orders.try_recv() {
                Ok(Order::Rest(done)) => {
                    next = None;
                    _ = done.send(true);
                }
                Ok(Order::Again(time, done)) => {
                    next = None;
                    let known = self.again(time)?;
                    _ = done.send(known);
                }
                Err(TryRecvError::Disconnected) => return Ok(()),
                Err(TryRecvError::Empty) => {}
            }
            self.count_keys()?;
            if let (Some(due), Some(interval)) = (next, self.interval)
                && due <= Instant::now()
            {
                self.step += 1;
                self.set.go_on(&self.connection, self.step)?;
                self.sign()?;
                self.connection.flush()?;
                // Steps that a busy machine missed are not made up for: a burst would be another scene.
                next = Some((due + interval).max(Instant::now()));
            }
            self.sleep(next)?;
        }
    }

    /// Paints the time on the step that was just painted, and remembers it.
    fn sign(&self) -> Result<()> {
        let time = painter::reading();
        self.clock.paint(&self.connection, time)?;
        let mut painted = self.painted.lock().unwrap_or_else(PoisonError::into_inner);
        painted.steps += 1;
        painted.log.push_back((time, self.step));
        if painted.log.len() > REMEMBERED {
            painted.log.pop_front();
        }
        Ok(())
    }

    fn again(&self, time: u32) -> Result<bool> {
        let step = {
            let painted = self.painted.lock().unwrap_or_else(PoisonError::into_inner);
            painted.log.iter().rev().find(|(at, _)| *at == time).map(|(_, step)| *step)
        };
        let Some(step) = step else { return Ok(false) };
        self.set.show(&self.connection, step)?;
        self.clock.paint(&self.connection, time)?;
        self.connection.sync()?;
        Ok(true)
    }

    fn count_keys(&mut self) -> Result<()> {
        let before = self.pressed;
        while let Some(event) = self.connection.poll_for_event()? {
            if matches!(event, Event::XinputRawKeyPress(_)) {
                self.pressed = (self.pressed + 1) % code::LIMIT;
            }
        }
        if self.pressed != before {
            self.keys.paint(&self.connection, self.pressed)?;
            self.connection.flush()?;
        }
        Ok(())
    }

    /// Until a key goes down, the next step is due, or it is time to look for orders.
    fn sleep(&self, next: Option<Instant>) -> Result<()> {
        let left = next.map_or(ORDERS, |next| next.saturating_duration_since(Instant::now()).min(ORDERS));
        let left = Timespec { tv_sec: 0, tv_nsec: left.subsec_nanos().into() };
        let mut server = [PollFd::from_borrowed_fd(self.connection.stream().as_fd(), PollFlags::IN)];
        match poll(&mut server, Some(&left)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
