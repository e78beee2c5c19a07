//! Where the pictures come from: one screen, or one window.

use std::time::Instant;

use rendezvous_assist::screen::Size;
use rendezvous_assist::screens::{Kind, Screen, ScreenId, Screens};
use x11rb::protocol::Event;
use x11rb::protocol::damage::Damage;
use x11rb::protocol::xfixes::Region;
use x11rb::protocol::xproto::{ConnectionExt as _, Drawable, Rectangle};

use super::cursor::Ground;
use super::link::{Link, lost};
use super::monitors::{self, Monitor};
use super::pixels::{Pixels, check_format};
use super::window::{Notice, SharedWindow};
use crate::{CaptureError, Rect, Scene, Subject};

/// What is shared.
#[derive(Debug)]
pub(super) enum Source {
    Screen(SharedScreen),
    Window(SharedWindow),
}

/// One screen, among those that there are.
#[derive(Debug)]
pub(super) struct SharedScreen {
    monitors: Vec<Monitor>,
    shared: Monitor,
    /// Something was said after which there may be others.
    look_again: bool,
}

/// What an event meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// The cursor may be elsewhere in the picture.
    pub(super) moved: bool,
    /// A window may have pixels that are not its own.
    pub(super) new_pixels: bool,
}

impl Source {
    /// Finds what is to be shared: the wanted screen or another one, or the window.
    pub(super) fn open(
        link: &Link,
        subject: &Subject,
        wanted: Option<ScreenId>,
    ) -> Result<Self, CaptureError> {
        match subject {
            Subject::Window(chosen) => SharedWindow::open(link, chosen).map(Self::Window),
            Subject::Screen | Subject::TestPicture => SharedScreen::open(link, wanted).map(Self::Screen),
        }
    }

    pub(super) fn is_window(&self) -> bool {
        matches!(self, Self::Window(_))
    }

    /// What damage is reported of.
    pub(super) fn drawable(&self, link: &Link) -> Drawable {
        match self {
            Self::Screen(_) => link.root,
            Self::Window(window) => window.id,
        }
    }

    /// Makes sure that all that is seen from here on is what is shared.
    pub(super) fn begin(&mut self, link: &Link, damage: Damage) -> Result<(), CaptureError> {
        match self {
            Self::Screen(_) => Ok(()),
            Self::Window(window) => window.begin_anew(link, damage),
        }
    }

    /// The size of the picture.
    pub(super) fn picture(&self) -> Size {
        match self {
            Self::Screen(screen) => screen.shared.area.size(),
            Self::Window(window) => window.picture(),
        }
    }

    /// The part of the picture that can change.
    pub(super) fn whole(&self) -> Rect {
        Rect::whole(self.fetched())
    }

    /// The largest picture that has to be fetched.
    pub(super) fn fetched(&self) -> Size {
        match self {
            Self::Screen(screen) => screen.shared.area.size(),
            Self::Window(window) => window.size(),
        }
    }

    pub(super) fn scene(&self) -> Scene {
        match self {
            Self::Screen(screen) => {
                let screens = monitors::screens(&screen.monitors, &screen.shared);
                Scene { screens, place: Some(screen.shared.area) }
            }
            Self::Window(window) => {
                let (id, name) = (ScreenId(window.id), window.title.clone());
                let screens = Screens::only(Kind::Window, Screen { id, name, size: window.picture() });
                Scene { screens: screens.showing(window.is_shown), place: None }
            }
        }
    }

    pub(super) fn is_shown(&self) -> bool {
        match self {
            Self::Screen(_) => true,
            Self::Window(window) => window.is_shown,
        }
    }

    pub(super) fn is_there(&self) -> bool {
        match self {
            Self::Screen(_) => true,
            Self::Window(window) => window.is_there(),
        }
    }

    /// Whether damage may be reported that is not in the picture.
    pub(super) fn is_part(&self, link: &Link) -> bool {
        match self {
            Self::Screen(screen) => screen.shared.area != Rect::whole(link.size),
            Self::Window(_) => false,
        }
    }

    /// Where in the picture damage is, widened to even edges; nothing when it is beside it.
    pub(super) fn in_picture(&self, damaged: &Rectangle) -> Option<Rect> {
        let corner = match self {
            Self::Screen(screen) => (screen.shared.area.x, screen.shared.area.y),
            Self::Window(_) => (0, 0),
        };
        let (x, y) = (i32::from(damaged.x) - i32::from(corner.0), i32::from(damaged.y) - i32::from(corner.1));
        Rect::on_screen(x, y, damaged.width, damaged.height, self.fetched())
    }

    /// Where the cursor counts.
    pub(super) fn ground(&self) -> Ground {
        match self {
            Self::Screen(screen) => Ground::Area(screen.shared.area),
            Self::Window(window) => {
                Ground::Window { id: window.id, outermost: window.outermost(), size: window.size() }
            }
        }
    }

    /// Takes note of an event.
    pub(super) fn notice(&mut self, link: &Link, event: &Event, now: Instant) -> Result<Heard, CaptureError> {
        match self {
            Self::Screen(screen) => {
                screen.look_again |= monitors::may_have_changed(link, event);
                Ok(Heard::default())
            }
            Self::Window(window) => {
                let new_pixels = window.notice(link, event, now)? == Notice::New;
                Ok(Heard { moved: matches!(event, Event::ConfigureNotify(_)), new_pixels })
            }
        }
    }

    /// Whether it is still as it was, after everything that was said has been noticed.
    pub(super) fn check(&mut self, link: &Link, now: Instant) -> Result<(), CaptureError> {
        match self {
            Self::Screen(screen) => screen.check(link),
            Self::Window(window) => match window.changes_at() {
                Some(at) if at <= now => Err(CaptureError::Changed),
                _ => Ok(()),
            },
        }
    }

    /// When there is something to check, if nothing more is said.
    pub(super) fn changes_at(&self) -> Option<Instant> {
        match self {
            Self::Screen(_) => None,
            Self::Window(window) => window.changes_at(),
        }
    }

    /// Fetches one rectangle of the picture of a screen.
    pub(super) fn fetch_screen<'a>(
        &mut self,
        link: &Link,
        pixels: &'a mut Pixels,
        area: Rect,
    ) -> Result<&'a [u8], CaptureError> {
        let Self::Screen(screen) = self else { return Err(CaptureError::Changed) };
        let corner = screen.shared.area;
        let on_display = Rect { x: corner.x + area.x, y: corner.y + area.y, ..area };
        match pixels.fetch(link, link.root, on_display) {
            Ok(bgra) => Ok(bgra),
            Err(error) => {
                // When the screen shrank under us that is why; else the display is lost.
                screen.look_again = true;
                screen.check(link)?;
                Err(lost(error).into())
            }
        }
    }

    /// The same of a window; nothing where there is nothing to be had.
    pub(super) fn fetch_window(
        &mut self,
        link: &Link,
        pixels: &mut Pixels,
        area: Rect,
        damage: Region,
    ) -> Result<Option<Vec<u8>>, CaptureError> {
        match self {
            Self::Window(window) if window.is_there() => {
                window.fetch(link, pixels, area, damage, Instant::now())
            }
            _ => Ok(None),
        }
    }
}

impl SharedScreen {
    fn open(link: &Link, wanted: Option<ScreenId>) -> Result<Self, CaptureError> {
        check_format(link, None)?;
        // Asked for before they are listed, so that no change falls between.
        monitors::watch(link)?;
        let mut monitors = monitors::list(link, link.size)?;
        let whole = monitors::whole(link.size);
        if monitors.is_empty() {
            // A display that never had monitors is shared whole. One that has lost its last is a different thing.
            if wanted.is_some_and(|id| id != whole.id) {
                return Err(CaptureError::NoScreen);
            }
            monitors.push(whole);
        }
        let shared = monitors::choose(&monitors, wanted).cloned().ok_or(CaptureError::NoScreen)?;
        Ok(Self { monitors, shared, look_again: false })
    }

    /// Fails when there are other monitors now, or they lie elsewhere.
    fn check(&mut self, link: &Link) -> Result<(), CaptureError> {
        if !std::mem::take(&mut self.look_again) {
            return Ok(());
        }
        let geometry = link.conn.get_geometry(link.root).map_err(lost)?.reply().map_err(lost)?;
        let size = Size { width: geometry.width, height: geometry.height };
        let mut monitors = monitors::list(link, size)?;
        if monitors.is_empty() && self.monitors == [monitors::whole(link.size)] {
            monitors.push(monitors::whole(size));
        }
        if monitors == self.monitors { Ok(()) } else { Err(CaptureError::Changed) }
    }
}
