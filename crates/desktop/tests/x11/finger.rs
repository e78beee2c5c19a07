//! A finger of the person's on Escape, and on the mouse: outside, at the server in which the shared one is a window, at its
//! upper left corner.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{
    ConnectionExt as _, Device, DeviceId, DeviceType, EventMask, XIDeviceInfo, XIEventMask,
};
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT, Window,
};
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
    /// The keyboard and the mouse in the inner server that somebody can touch.
    keyboard: DeviceId,
    mouse: DeviceId,
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
        let real = |kind: DeviceType| {
            let is_it = |info: &&XIDeviceInfo| {
                info.type_ == kind && !String::from_utf8_lossy(&info.name).contains("XTEST")
            };
            devices.iter().find(is_it).expect("there is a mouse and a keyboard").deviceid
        };
        let (keyboard, mouse) = (real(DeviceType::SLAVE_KEYBOARD), real(DeviceType::SLAVE_POINTER));
        let keys = XIEventMask::RAW_KEY_PRESS | XIEventMask::RAW_KEY_RELEASE;
        let mask = vec![keys | XIEventMask::RAW_BUTTON_PRESS | XIEventMask::RAW_MOTION];
        let mask = EventMask { deviceid: Device::ALL_MASTER.into(), mask };
        conn.xinput_xi_select_events(root, &[mask]).unwrap().check().unwrap();
        Self { outer: outer.connect(), inner: conn, keyboard, mouse, seen: VecDeque::new() }
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

    /// Points there, and presses the mouse. It returns when the inner server has told of the press, and not before the pointer
    /// was there: nobody else moves it meanwhile. It asks the server nothing, which somebody may have to themselves.
    pub(crate) fn presses_the_mouse(&self, (x, y): (i16, i16)) {
        while self.inner.poll_for_event().unwrap().is_some() {}
        let (conn, root) = &self.outer;
        // A pointer that is there already would not move.
        for x in [x + 1, x] {
            conn.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, *root, x, y, 0).unwrap();
            conn.sync().unwrap();
            self.hears(|event| matches!(event, Event::XinputRawMotion(e) if e.sourceid == self.mouse));
        }
        conn.xtest_fake_input(BUTTON_PRESS_EVENT, 1, 0, *root, 0, 0, 0).unwrap();
        conn.xtest_fake_input(BUTTON_RELEASE_EVENT, 1, 0, *root, 0, 0, 0).unwrap();
        conn.sync().unwrap();
        self.hears(|event| matches!(event, Event::XinputRawButtonPress(e) if e.sourceid == self.mouse));
    }

    fn hears(&self, is_it: impl Fn(&Event) -> bool) {
        let deadline = Instant::now() + SOON;
        loop {
            match self.inner.poll_for_event().unwrap() {
                Some(event) if is_it(&event) => return,
                Some(_) => {}
                None => std::thread::sleep(Duration::from_millis(1)),
            }
            assert!(Instant::now() < deadline, "what a mouse does arrives within {SOON:?}");
        }
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
