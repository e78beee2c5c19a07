//! A connection to an X server, and waiting on it.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use rendezvous_assist::screen::Size;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::{ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::Event;
use x11rb::protocol::randr::ConnectionExt as _;
use x11rb::protocol::xinput::{ConnectionExt as _, Device, EventMask as DeviceMask, XIEventMask};
use x11rb::protocol::xproto::{ChangeWindowAttributesAux, ConnectionExt as _, EventMask, Window};
use x11rb::reexports::x11rb_protocol::parse_display::parse_display;
use x11rb::rust_connection::RustConnection;

use crate::DisplayError;

/// Display n answers on TCP port 6000 + n, and ports end at 65535.
const LAST_DISPLAY: u16 = 65535 - 6000;

/// A connection, and the one screen that is shared through it.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) conn: RustConnection,
    pub(crate) screen: usize,
    pub(crate) root: Window,
    pub(crate) size: Size,
    /// Which version of RANDR the server speaks; zero for none.
    randr: (u32, u32),
}

impl Link {
    /// Connects to `display`, or to the one that `DISPLAY` names, and asks to be told when the screen's size changes.
    pub(crate) fn connect(display: Option<&str>) -> Result<Self, DisplayError> {
        let unreachable = |reason: String| DisplayError::Unreachable {
            display: display.map(str::to_owned).or_else(|| std::env::var("DISPLAY").ok()).unwrap_or_default(),
            reason,
        };
        // The X library adds the number to the first port of X without looking.
        let name = parse_display(display).map_err(|error| unreachable(error.to_string()))?;
        if name.display > LAST_DISPLAY {
            return Err(unreachable(format!("display numbers end at {LAST_DISPLAY}")));
        }
        let (conn, screen) =
            RustConnection::connect(display).map_err(|error| unreachable(error.to_string()))?;
        let root = conn.setup().roots[screen].root;
        // Asked for before the size is read, so that no change falls between.
        let events = ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
        conn.change_window_attributes(root, &events).map_err(lost)?.check().map_err(lost)?;
        let geometry = conn.get_geometry(root).map_err(lost)?.reply().map_err(lost)?;
        let size = Size { width: geometry.width, height: geometry.height };
        let mut link = Self { conn, screen, root, size, randr: (0, 0) };
        if link.has("RANDR")? {
            let version = link.conn.randr_query_version(1, 5).map_err(lost)?.reply().map_err(lost)?;
            link.randr = (version.major_version, version.minor_version);
        }
        if link.is_wayland_underneath()? {
            return Err(DisplayError::Wayland);
        }
        Ok(link)
    }

    /// Refuses a server without this extension.
    pub(crate) fn require(&self, name: &'static str) -> Result<(), DisplayError> {
        match self.has(name)? {
            true => Ok(()),
            false => Err(DisplayError::Extension(name)),
        }
    }

    /// Whether the server has this extension.
    pub(crate) fn has(&self, name: &'static str) -> Result<bool, DisplayError> {
        Ok(self.conn.extension_information(name).map_err(lost)?.is_some())
    }

    /// Whether the server speaks this version of RANDR, or a later one.
    pub(crate) fn has_randr(&self, version: (u32, u32)) -> bool {
        self.randr >= version
    }

    /// Refuses a server that tells too little of its devices.
    pub(super) fn require_devices(&self) -> Result<(), DisplayError> {
        self.require("XInputExtension")?;
        let version = self.conn.xinput_xi_query_version(2, 2).map_err(lost)?.reply().map_err(lost)?;
        // Version 2.0 keeps raw events from us while another program holds a grab.
        if (version.major_version, version.minor_version) < (2, 1) {
            return Err(DisplayError::Extension("XInput 2.1"));
        }
        Ok(())
    }

    /// Asks for raw events of every pointer and keyboard, which come whoever has the focus or a grab.
    pub(crate) fn select_raw(&self, mask: XIEventMask) -> Result<(), DisplayError> {
        self.require_devices()?;
        let masks = [DeviceMask { deviceid: Device::ALL_MASTER.into(), mask: vec![mask] }];
        self.conn.xinput_xi_select_events(self.root, &masks).map_err(lost)?.check().map_err(lost)
    }

    /// The new size, when this event says that the screen has one.
    pub(crate) fn new_size(&self, event: &Event) -> Option<Size> {
        match event {
            Event::ConfigureNotify(e) if e.window == self.root => {
                Some(Size { width: e.width, height: e.height }).filter(|size| *size != self.size)
            }
            _ => None,
        }
    }

    /// Sends what is still to be sent, then sleeps until the server says something, `other` can be read, or `until`.
    ///
    /// Call it only after draining `poll_for_event`, else it may sleep over an event that was read already.
    pub(crate) fn sleep(&self, other: Option<BorrowedFd<'_>>, until: Instant) -> Result<(), DisplayError> {
        self.conn.flush().map_err(lost)?;
        let left = until.saturating_duration_since(Instant::now());
        let server = self.conn.stream().as_fd();
        let mut fds = vec![PollFd::from_borrowed_fd(server, PollFlags::IN)];
        fds.extend(other.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
        match poll(&mut fds, Some(&timespec(left))) {
            // A signal ends the sleep early; the caller's loop looks at the time anyway.
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(DisplayError::Lost(error.to_string())),
        }
    }

    /// Whether this X server only translates for a Wayland compositor. Newer ones say so by an extension, older ones
    /// only by the names of their outputs.
    fn is_wayland_underneath(&self) -> Result<bool, DisplayError> {
        if self.has("XWAYLAND")? {
            return Ok(true);
        }
        if !self.has_randr((1, 3)) {
            return Ok(false);
        }
        let resources =
            self.conn.randr_get_screen_resources_current(self.root).map_err(lost)?.reply().map_err(lost)?;
        for output in &resources.outputs {
            let info = self.conn.randr_get_output_info(*output, resources.config_timestamp).map_err(lost)?;
            // An output may vanish between the two questions; then it is not the one that we look for.
            if info.reply().is_ok_and(|info| info.name.starts_with(b"XWAYLAND")) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Every trouble on an established connection is the loss of it: our requests are ones that a server must serve.
pub(crate) fn lost(error: impl Into<Trouble>) -> DisplayError {
    DisplayError::Lost(error.into().0)
}

/// What the X library said.
pub(crate) struct Trouble(String);

impl From<ConnectionError> for Trouble {
    fn from(error: ConnectionError) -> Self {
        Self(error.to_string())
    }
}

impl From<ReplyError> for Trouble {
    fn from(error: ReplyError) -> Self {
        Self(error.to_string())
    }
}

impl From<ReplyOrIdError> for Trouble {
    fn from(error: ReplyOrIdError) -> Self {
        Self(error.to_string())
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}
