//! Pictures of an X11 screen: only what changed, only when it changed.
//!
//! The DAMAGE extension says once that something changed and then keeps adding up silently until we take it. So a
//! still screen costs nothing, and a busy one costs as much as the caller grabs.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rendezvous_assist::grant::ViewGrant;
use rendezvous_assist::screen::Size;
use rustix::event::{EventfdFlags, eventfd};
use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::Event;
use x11rb::protocol::damage::{ConnectionExt as _, Damage, ReportLevel};
use x11rb::protocol::xfixes::{ConnectionExt as _, Region};
use x11rb::protocol::xproto::ConnectionExt as _;

use super::GRANT_TICK;
use super::cursor::CursorWatch;
use super::link::{Link, lost};
use super::pixels::Pixels;
use crate::{Capture, CaptureError, Change, DisplayError, I420, Rect, Waker};

/// Nobody waits longer than this in one call; longer timeouts are cut.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// Takes pictures of one X11 screen, all its monitors together.
#[derive(Debug)]
pub struct X11Capturer {
    grant: ViewGrant,
    link: Link,
    damage: Damage,
    region: Region,
    pixels: Pixels,
    cursor: CursorWatch,
    frame: I420,
    wake: Arc<OwnedFd>,
    changed: Changed,
    resized: Option<Size>,
}

/// What is known to have changed on the screen and was not grabbed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Changed {
    /// Nothing.
    No,
    /// What the X server added up; `told` once a wait has reported it.
    Some { told: bool },
    /// All of it: nothing was grabbed yet, or a grab failed half-way.
    All { told: bool },
}

impl X11Capturer {
    /// Opens the screen of `display`, or of the one that `DISPLAY` names.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Revoked`] when the grant is dead; the X server then never hears of us. [`CaptureError::Display`]
    /// with a sentence for the person when the display cannot be shared.
    pub fn open(grant: ViewGrant, display: Option<&str>) -> Result<Self, CaptureError> {
        if !grant.is_live() {
            return Err(CaptureError::Revoked);
        }
        let link = Link::connect(display)?;
        let pixels = Pixels::open(&link)?;
        link.require("XFIXES")?;
        link.conn.xfixes_query_version(5, 0).map_err(lost)?.reply().map_err(lost)?;
        link.require("DAMAGE")?;
        link.conn.damage_query_version(1, 1).map_err(lost)?.reply().map_err(lost)?;
        let damage = link.conn.generate_id().map_err(lost)?;
        let level = ReportLevel::NON_EMPTY;
        link.conn.damage_create(damage, link.root, level).map_err(lost)?.check().map_err(lost)?;
        let region = link.conn.generate_id().map_err(lost)?;
        link.conn.xfixes_create_region(region, &[]).map_err(lost)?.check().map_err(lost)?;
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .map_err(|e| DisplayError::Lost(e.to_string()))?;
        Ok(Self {
            cursor: CursorWatch::start(&link, Instant::now())?,
            frame: I420::black(link.size),
            grant,
            link,
            damage,
            region,
            pixels,
            wake: Arc::new(wake),
            changed: Changed::All { told: false },
            resized: None,
        })
    }

    fn check_grant(&self) -> Result<(), CaptureError> {
        match self.grant.is_live() {
            true => Ok(()),
            false => Err(CaptureError::Revoked),
        }
    }

    /// Takes note of everything that the server has said so far.
    fn drain(&mut self) -> Result<(), CaptureError> {
        while let Some(event) = self.link.conn.poll_for_event().map_err(lost)? {
            self.resized = self.link.new_size(&event).or(self.resized);
            match &event {
                Event::DamageNotify(_) => self.changed = self.changed.more(),
                Event::Error(error) => tracing::debug!(?error, "The X server refused a request"),
                other => self.cursor.notice(other),
            }
        }
        self.resized.map_or(Ok(()), |size| Err(CaptureError::Resized(size)))
    }

    fn take_change(&mut self) -> Result<Change, CaptureError> {
        let cursor = self.cursor.take(&self.link, Instant::now())?;
        Ok(Change { picture: self.changed.tell(), cursor })
    }

    /// Whether somebody called the waker since the last time.
    fn was_woken(&self) -> bool {
        rustix::io::read(&self.wake, &mut [0; 8]).is_ok()
    }

    /// Moves what the server added up to us, and says where it is.
    fn take_damage(&mut self) -> Result<Option<Rect>, CaptureError> {
        if self.changed == Changed::No {
            return Ok(None);
        }
        let conn = &self.link.conn;
        // Subtracting comes before the picture: what changes in between is in both, and nothing is in neither.
        conn.damage_subtract(self.damage, x11rb::NONE, self.region).map_err(lost)?;
        let around = conn.xfixes_fetch_region(self.region).map_err(lost)?.reply().map_err(lost)?.extents;
        Ok(match self.changed {
            Changed::All { .. } => Some(Rect::whole(self.link.size)),
            Changed::Some { .. } | Changed::No => Rect::on_screen(
                i32::from(around.x),
                i32::from(around.y),
                around.width,
                around.height,
                self.link.size,
            ),
        })
    }

    /// A picture could not be fetched. When the screen shrank under us that is why; else the display is lost.
    fn explain(&self, error: ReplyError) -> CaptureError {
        let geometry = self.link.conn.get_geometry(self.link.root).ok().and_then(|g| g.reply().ok());
        match geometry.map(|g| Size { width: g.width, height: g.height }) {
            Some(size) if size != self.link.size => CaptureError::Resized(size),
            _ => lost(error).into(),
        }
    }
}

impl Capture for X11Capturer {
    fn size(&self) -> Size {
        self.link.size
    }

    fn wait(&mut self, timeout: Duration) -> Result<Change, CaptureError> {
        let deadline = Instant::now() + timeout.min(LONGEST_WAIT);
        loop {
            self.check_grant()?;
            self.drain()?;
            let change = self.take_change()?;
            let now = Instant::now();
            if !change.is_nothing() || self.was_woken() || now >= deadline {
                return Ok(change);
            }
            let until = deadline.min(now + GRANT_TICK);
            let until = self.cursor.due().map_or(until, |due| until.min(due));
            self.link.sleep(Some(self.wake.as_fd()), until)?;
        }
    }

    fn grab(&mut self) -> Result<Option<Rect>, CaptureError> {
        self.check_grant()?;
        self.drain()?;
        let Some(area) = self.take_damage()? else {
            self.changed = Changed::No;
            return Ok(None);
        };
        // Until the picture is here, the whole of it counts as changed: its damage is subtracted already.
        self.changed = Changed::All { told: true };
        let bgra = match self.pixels.fetch(&self.link, area) {
            Ok(bgra) => bgra,
            Err(error) => return Err(self.explain(error)),
        };
        // The permission may have ended while the picture was on its way; then nobody gets to see it.
        if !self.grant.is_live() {
            return Err(CaptureError::Revoked);
        }
        self.frame.update(area, bgra);
        self.changed = Changed::No;
        Ok(Some(area))
    }

    fn frame(&self) -> Result<&I420, CaptureError> {
        self.check_grant()?;
        Ok(&self.frame)
    }

    fn waker(&self) -> Waker {
        let wake = Arc::clone(&self.wake);
        Waker::new(move || {
            // Writing fails only when the count is full, and then the capturer is awake anyway.
            let _ = rustix::io::write(&*wake, &1_u64.to_ne_bytes());
        })
    }
}

impl Changed {
    /// After the server said that something changed.
    const fn more(self) -> Self {
        match self {
            Self::No => Self::Some { told: false },
            known => known,
        }
    }

    /// Whether there is news; from then on there is none.
    fn tell(&mut self) -> bool {
        match self {
            Self::Some { told } | Self::All { told } => !std::mem::replace(told, true),
            Self::No => false,
        }
    }
}
