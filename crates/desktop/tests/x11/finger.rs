//! A finger of the person's on Escape: outside, at the server in which the shared one is a window.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{
    ConnectionExt as _, Device, DeviceId, DeviceType, EventMask, XIDeviceInfo, XIEventMask,
};
use x11rb::protocol::xproto::{KEY_PRESS_EVENT, KEY_RELEASE_EVENT, Window};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::server::Server;

const ESCAPE: u8 = 9;

/// So long a finger stays where it is.
const STAYS: Duration = Duration::from_millis(30);

/// What takes longer than this is broken.
const SOON: Duration = Duration::from_secs(10);

/// So many of the display's last Escapes are told when something fails.
const REMEMBERED: usize = 24;

/// It waits until what it did has arrived, so that a busy machine does not make one breath of two presses.
pub(crate) struct Finger {
    outer: (RustConnection, Window),
    inner: RustConnection,
    /// The keyboard in the inner server that somebody can touch.
    keyboard: DeviceId,
    seen: VecDeque<Seen>,
}

/// An Escape in the inner server: when, of which device, and whether it went down.
type Seen = (u32, DeviceId, bool);

/// One press.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tap {
    /// Ours, just before.
    pub(crate) at: Instant,
    /// When it went down and up, by the inner display.
    pub(crate) down: u32,
    pub(crate) up: u32,
}

impl Finger {
    /// The inner server must have the keyboard of the outer one.
    pub(crate) fn on(outer: &Server, inner: &Server) -> Self {
        let (conn, root) = inner.connect();
        conn.xinput_xi_query_version(2, 2).unwrap().reply().unwrap();
        let devices = conn.xinput_xi_query_device(Device::ALL).unwrap().reply().unwrap().infos;
        let is_real = |info: &&XIDeviceInfo| {
            info.type_ == DeviceType::SLAVE_KEYBOARD && !String::from_utf8_lossy(&info.name).contains("XTEST")
        };
        let keyboard = devices.iter().find(is_real).expect("there is a keyboard").deviceid;
        let mask = vec![XIEventMask::RAW_KEY_PRESS | XIEventMask::RAW_KEY_RELEASE];
        let mask = EventMask { deviceid: Device::ALL_MASTER.into(), mask };
        conn.xinput_xi_select_events(root, &[mask]).unwrap().check().unwrap();
        Self { outer: outer.connect(), inner: conn, keyboard, seen: VecDeque::new() }
    }

    /// Down and up.
    pub(crate) fn taps(&mut self) -> Tap {
        let at = Instant::now();
        Tap { at, down: self.goes(true), up: self.goes(false) }
    }

    /// When that was, by the inner display.
    fn goes(&mut self, down: bool) -> u32 {
        // What came so far is no answer to this.
        while self.next().is_some() {}
        let (conn, root) = &self.outer;
        let event = if down { KEY_PRESS_EVENT } else { KEY_RELEASE_EVENT };
        conn.xtest_fake_input(event, ESCAPE, 0, *root, 0, 0, 0).unwrap();
        conn.sync().unwrap();
        let at = self.arrives(down);
        std::thread::sleep(STAYS);
        at
    }

    fn arrives(&mut self, down: bool) -> u32 {
        let deadline = Instant::now() + SOON;
        while Instant::now() < deadline {
            match self.next() {
                Some((at, device, went)) if device == self.keyboard && went == down => return at,
                Some(_) => {}
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        panic!("what a finger does arrives within {SOON:?}");
    }

    /// The last Escapes that the inner display saw.
    pub(crate) fn tells(&mut self) -> String {
        while self.next().is_some() {}
        format!("a finger is device {}, the Escapes: {:?}", self.keyboard, self.seen)
    }

    fn next(&mut self) -> Option<Seen> {
        loop {
            let (event, down) = match self.inner.poll_for_event().unwrap()? {
                Event::XinputRawKeyPress(event) => (event, true),
                Event::XinputRawKeyRelease(event) => (event, false),
                _ => continue,
            };
            if event.detail == u32::from(ESCAPE) {
                let seen = (event.time, event.sourceid, down);
                if self.seen.len() == REMEMBERED {
                    self.seen.pop_front();
                }
                self.seen.push_back(seen);
                return Some(seen);
            }
        }
    }
}
