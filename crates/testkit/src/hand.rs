//! The hands of the person whose screen it is, and an eye on every other hand.
//!
//! [`Hand`] types into an X server as the person sitting there would. [`Watch`] counts what any hand does, ours or
//! the program's under test, so that "nothing more was typed" is an observation and not an absence. [`Journal`] says
//! of each when it was, by the server's own clock.

use anyhow::{Context as _, Result};
use rustix::time::{ClockId, clock_gettime};
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{ConnectionExt as _, Device, EventMask, XIEventMask};
use x11rb::protocol::xproto::{
    ConnectionExt as _, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, KeyButMask, Keycode, Keysym,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::xserver::XServer;

/// X's name for the left Control key.
pub const CONTROL: Keysym = 0xffe3;

/// A pair of hands at the keyboard of an X server.
#[derive(Debug)]
pub struct Hand {
    connection: RustConnection,
}

impl Hand {
    /// Puts hands on the keyboard.
    ///
    /// # Errors
    ///
    /// When the server is gone or has no XTEST extension.
    pub fn on(server: &XServer) -> Result<Self> {
        let connection = server.connect()?;
        connection.xtest_get_version(2, 2)?.reply().context("the X server has no XTEST extension")?;
        Ok(Self { connection })
    }

    /// Presses keys one after the other, then releases them in reverse order. Latin-1 characters are their own
    /// keysyms.
    ///
    /// # Errors
    ///
    /// When the keyboard has no such key, or the server is gone.
    pub fn chord(&self, keys: &[Keysym]) -> Result<()> {
        let codes = keys.iter().map(|&key| self.code(key)).collect::<Result<Vec<_>>>()?;
        for &code in &codes {
            self.send(KEY_PRESS_EVENT, code)?;
        }
        for &code in codes.iter().rev() {
            self.send(KEY_RELEASE_EVENT, code)?;
        }
        // Returns when the server has taken all of it.
        self.connection.sync()?;
        Ok(())
    }

    fn send(&self, event: u8, code: Keycode) -> Result<()> {
        self.connection.xtest_fake_input(event, code, x11rb::CURRENT_TIME, x11rb::NONE, 0, 0, 0)?;
        Ok(())
    }

    fn code(&self, key: Keysym) -> Result<Keycode> {
        let setup = self.connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let mapping = self.connection.get_keyboard_mapping(first, last - first + 1)?.reply()?;
        let width = usize::from(mapping.keysyms_per_keycode.max(1));
        (first..=last)
            .zip(mapping.keysyms.chunks(width))
            .find(|(_, symbols)| symbols.first() == Some(&key))
            .map(|(code, _)| code)
            .with_context(|| format!("the keyboard has no key with keysym {key:#x}"))
    }
}

/// How many keys and pointer buttons are down at this moment, whoever holds them.
///
/// # Errors
///
/// When the server is gone.
pub fn held(server: &XServer) -> Result<u32> {
    let connection = server.connect()?;
    let root = connection.setup().roots[0].root;
    let keys = connection.query_keymap()?.reply()?.keys;
    let mask = connection.query_pointer(root)?.reply()?.mask;
    let buttons = [KeyButMask::BUTTON1, KeyButMask::BUTTON2, KeyButMask::BUTTON3];
    let buttons = buttons.into_iter().filter(|button| mask.contains(*button)).count();
    Ok(keys.iter().map(|byte| byte.count_ones()).sum::<u32>() + u32::try_from(buttons)?)
}

/// Counts key presses, button presses and pointer moves on an X server, whoever makes them.
#[derive(Debug)]
pub struct Watch {
    connection: RustConnection,
    seen: Seen,
}

/// What a [`Watch`] has counted. Releases do not count: letting go of what is held is always right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Keys that went down.
    pub keys: u32,
    /// Buttons that went down, wheel notches among them.
    pub buttons: u32,
    /// Movements of the pointer.
    pub moves: u32,
}

impl Watch {
    /// Starts counting.
    ///
    /// # Errors
    ///
    /// When the server is gone or has no XInput 2.
    pub fn on(server: &XServer) -> Result<Self> {
        let connection = server.connect()?;
        connection.xinput_xi_query_version(2, 2)?.reply().context("the X server has no XInput 2")?;
        let root = connection.setup().roots[0].root;
        let raw = XIEventMask::RAW_KEY_PRESS | XIEventMask::RAW_BUTTON_PRESS | XIEventMask::RAW_MOTION;
        let mask = EventMask { deviceid: Device::ALL_MASTER.into(), mask: vec![raw] };
        connection.xinput_xi_select_events(root, &[mask])?.check()?;
        Ok(Self { connection, seen: Seen::default() })
    }

    /// What was seen so far, up to the moment of the call.
    ///
    /// # Errors
    ///
    /// When the server is gone.
    pub fn seen(&mut self) -> Result<Seen> {
        // A round trip: events that the server made before it are here after it.
        self.connection.sync()?;
        while let Some(event) = self.connection.poll_for_event()? {
            match event {
                Event::XinputRawKeyPress(_) => self.seen.keys += 1,
                Event::XinputRawButtonPress(_) => self.seen.buttons += 1,
                Event::XinputRawMotion(_) => self.seen.moves += 1,
                _ => {}
            }
        }
        Ok(self.seen)
    }
}

/// Writes down what any hand does on an X server, and when.
#[derive(Debug)]
pub struct Journal {
    connection: RustConnection,
    entries: Vec<Entry>,
}

/// One thing that was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// In milliseconds of the server's clock, which is the machine's ([`display_time`]), whoever hears of it how late.
    pub at: u32,
    /// What.
    pub what: Done,
}

/// What a hand can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// The key with this code went down.
    KeyDown(u32),
    /// And up.
    KeyUp(u32),
    /// A button went down, or the wheel turned by a notch.
    ButtonDown,
    /// And up.
    ButtonUp,
    /// The pointer moved.
    Moved,
}

impl Done {
    /// Letting go of what is held is always right.
    pub fn lets_go(self) -> bool {
        matches!(self, Self::KeyUp(_) | Self::ButtonUp)
    }
}

impl Journal {
    /// Begins.
    ///
    /// # Errors
    ///
    /// When the server is gone or has no XInput 2.
    pub fn on(server: &XServer) -> Result<Self> {
        let connection = server.connect()?;
        connection.xinput_xi_query_version(2, 2)?.reply().context("the X server has no XInput 2")?;
        let root = connection.setup().roots[0].root;
        let raw = XIEventMask::RAW_KEY_PRESS
            | XIEventMask::RAW_KEY_RELEASE
            | XIEventMask::RAW_BUTTON_PRESS
            | XIEventMask::RAW_BUTTON_RELEASE
            | XIEventMask::RAW_MOTION;
        let mask = EventMask { deviceid: Device::ALL_MASTER.into(), mask: vec![raw] };
        connection.xinput_xi_select_events(root, &[mask])?.check()?;
        Ok(Self { connection, entries: Vec::new() })
    }

    /// All of it, up to the moment of the call.
    ///
    /// # Errors
    ///
    /// When the server is gone.
    pub fn entries(&mut self) -> Result<&[Entry]> {
        self.connection.sync()?;
        while let Some(event) = self.connection.poll_for_event()? {
            let (at, what) = match event {
                Event::XinputRawKeyPress(e) => (e.time, Done::KeyDown(e.detail)),
                Event::XinputRawKeyRelease(e) => (e.time, Done::KeyUp(e.detail)),
                Event::XinputRawButtonPress(e) => (e.time, Done::ButtonDown),
                Event::XinputRawButtonRelease(e) => (e.time, Done::ButtonUp),
                Event::XinputRawMotion(e) => (e.time, Done::Moved),
                _ => continue,
            };
            self.entries.push(Entry { at, what });
        }
        Ok(&self.entries)
    }
}

/// Now, as X servers on this machine tell it: milliseconds since it started, cut to 32 bits.
pub fn display_time() -> u32 {
    let now = clock_gettime(ClockId::Monotonic);
    let milliseconds = now.tv_sec.wrapping_mul(1_000).wrapping_add(now.tv_nsec / 1_000_000);
    // What is cut off is the same at the server's.
    (milliseconds & i64::from(u32::MAX)).try_into().unwrap_or_default()
}
