//! Stands beside the injector and looks around.
//!
//! While a window is on the screen that only the person may use ([`prompts`](super::prompts)) it holds everything back. When
//! a device is taken from the person, or the screen is locked, it holds everything back as well and says so: then the
//! permission has to go.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use rendezvous_assist::grant::{Brake, ViewGrant};
use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::Event;
use x11rb::protocol::screensaver::{self, ConnectionExt as _, State};
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, EventMask, MapState, Window,
};

use super::devices::Devices;
use super::link::{Link, lost};
use super::prompts::{LOCK, Prompts};
use super::windows::children;
use crate::capture::GRANT_TICK;
use crate::watch::{Alarm, StopError};
use crate::{DisplayError, Hold, Suspension};

/// How deep in the tree windows of programs lie: below the frames of window managers.
const DEPTH: usize = 3;

/// Looks around for as long as the help lasts.
#[derive(Debug)]
pub struct Sentry {
    brake: Brake,
    link: Link,
    suspension: Suspension,
    prompts: Prompts,
    devices: Devices,
    active: Atom,
    has_saver: bool,
    /// Windows of those that only the person may use, and whether they are on the screen.
    seen: HashMap<Window, bool>,
    /// Those of them that lock the screen.
    lockers: HashSet<Window>,
    /// While one of them is.
    hold: Option<Hold>,
    /// After something that takes the permission, until whoever was told of it has done so.
    alarm: Option<Hold>,
    locked: bool,
}

impl Sentry {
    /// Begins to look around on `display`, or on the one that `DISPLAY` names. Windows that are there already count from
    /// the beginning.
    ///
    /// # Errors
    ///
    /// [`StopError::Revoked`] when the grant is dead; the X server then never hears of us.
    pub fn post(
        grant: &ViewGrant,
        brake: Brake,
        display: Option<&str>,
        suspension: &Suspension,
    ) -> Result<Self, StopError> {
        if !grant.is_live() {
            return Err(StopError::Revoked);
        }
        let link = Link::connect(display)?;
        link.require_devices()?;
        let events =
            EventMask::STRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_NOTIFY | EventMask::PROPERTY_CHANGE;
        let events = ChangeWindowAttributesAux::new().event_mask(events);
        link.conn.change_window_attributes(link.root, &events).map_err(lost)?.check().map_err(lost)?;
        let active =
            link.conn.intern_atom(false, b"_NET_ACTIVE_WINDOW").map_err(lost)?.reply().map_err(lost)?;
        let has_saver = link.has("MIT-SCREEN-SAVER")?;
        let mut sentry = Self {
            brake,
            prompts: Prompts::learn(&link)?,
            devices: Devices::watch(&link)?,
            suspension: suspension.clone(),
            active: active.atom,
            has_saver,
            seen: HashMap::new(),
            lockers: HashSet::new(),
            hold: None,
            alarm: None,
            locked: false,
            link,
        };
        sentry.begin_with_saver()?;
        sentry.meet_all(sentry.link.root, DEPTH)?;
        sentry.settle();
        Ok(sentry)
    }

    /// Blocks until something happened after which a permission has to go, or `timeout` is over.
    ///
    /// # Errors
    ///
    /// [`StopError::Revoked`] within 50 ms of the end of the help. [`StopError::Display`] when the display is lost.
    pub fn wait(&mut self, timeout: Duration) -> Result<Alarm, StopError> {
        self.alarm = None;
        let deadline = Instant::now() + timeout.min(Duration::from_secs(3600));
        loop {
            if std::mem::take(&mut self.locked) {
                return Ok(self.raise(Alarm::Locked));
            }
            if self.brake.is_pulled() {
                return Err(StopError::Revoked);
            }
            while let Some(event) = self.link.conn.poll_for_event().map_err(lost)? {
                if let Some(alarm) = self.hear(&event)? {
                    return Ok(self.raise(alarm));
                }
                if std::mem::take(&mut self.locked) {
                    return Ok(self.raise(Alarm::Locked));
                }
            }
            let now = Instant::now();
            if now >= deadline {
                return Ok(Alarm::Quiet);
            }
            self.link.sleep(None, deadline.min(now + GRANT_TICK))?;
        }
    }

    /// Whether something is on the screen at this moment that only the person may use.
    #[must_use]
    pub fn sees_prompt(&self) -> bool {
        self.hold.is_some()
    }

    /// Nothing is played back from here on, whoever is still to be told.
    fn raise(&mut self, alarm: Alarm) -> Alarm {
        self.alarm = Some(self.suspension.hold());
        alarm
    }

    fn hear(&mut self, event: &Event) -> Result<Option<Alarm>, DisplayError> {
        match event {
            Event::CreateNotify(e) => self.meet(e.window)?,
            Event::MapNotify(e) => {
                self.meet(e.window)?;
                self.is_on_screen(e.window, true);
            }
            Event::UnmapNotify(e) => self.is_on_screen(e.window, false),
            Event::DestroyNotify(e) => {
                self.seen.remove(&e.window);
                self.lockers.remove(&e.window);
                self.settle();
            }
            Event::PropertyNotify(e) if e.window == self.link.root => {
                if e.atom == self.active {
                    self.meet_active()?;
                }
            }
            Event::PropertyNotify(e) if self.prompts.reads(e.atom) => self.meet_anew(e.window)?,
            Event::ScreensaverNotify(e) if e.state == State::ON => return Ok(Some(Alarm::Locked)),
            event => return Ok(self.devices.hear(&self.link, event)?.map(Alarm::Device)),
        }
        Ok(None)
    }

    /// Follows a window from now on, and looks whether it is one that only the person may use.
    fn meet(&mut self, window: Window) -> Result<(), DisplayError> {
        if self.seen.contains_key(&window) || window == self.link.root {
            return Ok(());
        }
        let events = EventMask::STRUCTURE_NOTIFY | EventMask::PROPERTY_CHANGE;
        let events = ChangeWindowAttributesAux::new().event_mask(events);
        self.link.conn.change_window_attributes(window, &events).map_err(lost)?.ignore_error();
        let Some(why) = self.prompts.why(&self.link, window)? else { return Ok(()) };
        let on_screen = match self.link.conn.get_window_attributes(window).map_err(lost)?.reply() {
            Ok(attributes) => attributes.map_state == MapState::VIEWABLE,
            Err(ReplyError::X11Error(_)) => return Ok(()),
            Err(error) => return Err(lost(error)),
        };
        tracing::info!(window, why, on_screen, "A window that only the person may use");
        // One that is being made is about to be shown: what is held back until then lingers long enough for that.
        drop(self.suspension.hold());
        self.seen.insert(window, on_screen);
        if why == LOCK {
            self.lockers.insert(window);
            self.locked |= on_screen;
        }
        self.settle();
        Ok(())
    }

    /// A window says who it is, or that it is somebody else: one is often made first and named then.
    fn meet_anew(&mut self, window: Window) -> Result<(), DisplayError> {
        if self.seen.contains_key(&window) && self.prompts.why(&self.link, window)?.is_none() {
            self.seen.remove(&window);
            self.lockers.remove(&window);
            self.settle();
        }
        self.meet(window)
    }

    fn meet_all(&mut self, parent: Window, depth: usize) -> Result<(), DisplayError> {
        for window in children(&self.link, parent)? {
            self.meet(window)?;
            if depth > 1 {
                self.meet_all(window, depth - 1)?;
            }
        }
        Ok(())
    }

    /// The window that has the focus, as window managers say. It counts also where it came to be unnoticed.
    fn meet_active(&mut self) -> Result<(), DisplayError> {
        let (root, kind) = (self.link.root, AtomEnum::WINDOW);
        let active = self
            .link
            .conn
            .get_property(false, root, self.active, kind, 0, 1)
            .map_err(lost)?
            .reply()
            .map_err(lost)?;
        match active.value32().and_then(|mut windows| windows.next()) {
            Some(window) if window != x11rb::NONE => self.meet(window),
            _ => Ok(()),
        }
    }

    fn is_on_screen(&mut self, window: Window, on_screen: bool) {
        if let Some(seen) = self.seen.get_mut(&window) {
            *seen = on_screen;
            self.locked |= on_screen && self.lockers.contains(&window);
            self.settle();
        }
    }

    fn settle(&mut self) {
        match (self.seen.values().any(|on_screen| *on_screen), &self.hold) {
            (true, None) => self.hold = Some(self.suspension.hold()),
            (false, Some(_)) => self.hold = None,
            _ => {}
        }
    }

    fn begin_with_saver(&mut self) -> Result<(), DisplayError> {
        if !self.has_saver {
            return Ok(());
        }
        let (conn, root) = (&self.link.conn, self.link.root);
        conn.screensaver_select_input(root, screensaver::Event::NOTIFY_MASK)
            .map_err(lost)?
            .check()
            .map_err(lost)?;
        let info = conn.screensaver_query_info(root).map_err(lost)?.reply().map_err(lost)?;
        self.locked = info.state == u8::from(State::ON);
        Ok(())
    }
}
