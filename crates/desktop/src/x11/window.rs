//! One window whose own pixels are shared, whatever lies over it.
//!
//! The COMPOSITE extension keeps the pixels of a window apart from the screen. That alone is not enough: where a window
//! has just come to the screen, or got another size, the server fills its new pixels with what is on the screen at that
//! place, other windows and all, and there it stays until the window's program has painted over it. So nothing is shown
//! but what was painted, by the DAMAGE extension's account, since the pixels came to be: see [`SharedWindow::begin_anew`].
//!
//! Menus and other windows that the same program opens are windows of their own, and are not in the picture.

use std::time::{Duration, Instant};

use rendezvous_assist::screen::Size;
use rendezvous_assist::screens::ScreenName;
use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::Event;
use x11rb::protocol::composite::{ConnectionExt as _, Redirect};
use x11rb::protocol::damage::{ConnectionExt as _, Damage};
use x11rb::protocol::xfixes::{ConnectionExt as _, Region};
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConnectionExt as _, EventMask, MapState, Pixmap, Rectangle, Window,
};

use super::link::{Link, lost};
use super::pixels::{Pixels, check_format};
use super::windows;
use crate::{CaptureError, ChosenWindow, DisplayError, Rect};

/// A window that is being made larger or smaller is taken up anew when it has kept its size for so long.
const RESTING: Duration = Duration::from_millis(150);

/// Pictures are no smaller than this, since encoders take none; a smaller window has black beside it.
const SMALLEST: u16 = 16;

/// A window in windows in windows ends somewhere.
const DEEPEST: usize = 64;

/// In the kind of an event: another program made it up, and not the server.
const SENT: u8 = 0x80;

/// The window, and what is known of it.
#[derive(Debug)]
pub(super) struct SharedWindow {
    pub(super) id: Window,
    pub(super) title: ScreenName,
    size: Size,
    /// The pixels begin behind the border.
    border: u16,
    /// What it lies in, from its parent to the one below the root.
    above: Vec<Window>,
    is_redirected: bool,
    pub(super) is_shown: bool,
    /// Its size has changed, last at this moment.
    resized: Option<Instant>,
    painted: Painted,
}

/// Which of the pixels are the window's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Painted {
    All,
    /// Only those in the region of the server's that we keep for it.
    Some(Region),
}

/// What an event means for the pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// Nothing.
    Nothing,
    /// There may be new ones, which hold what was on the screen.
    New,
}

impl SharedWindow {
    /// Finds the window again and begins to follow what happens to it. Its pixels are kept apart from
    /// [`begin_anew`](Self::begin_anew) on.
    pub(super) fn open(link: &Link, chosen: &ChosenWindow) -> Result<Self, CaptureError> {
        link.require("Composite")?;
        let version = link.conn.composite_query_version(0, 4).map_err(lost)?.reply().map_err(lost)?;
        if (version.major_version, version.minor_version) < (0, 2) {
            return Err(DisplayError::Extension("Composite 0.2").into());
        }
        let id = chosen.id;
        follow(link, id)?;
        let attributes = link.conn.get_window_attributes(id).map_err(lost)?.reply().map_err(gone)?;
        let geometry = link.conn.get_geometry(id).map_err(lost)?.reply().map_err(gone)?;
        if id == link.root || windows::class(link, id)? != chosen.class {
            // The number was given to another program's window since.
            return Err(CaptureError::Gone);
        }
        check_format(link, Some((geometry.depth, attributes.visual)))?;
        let region = link.conn.generate_id().map_err(lost)?;
        link.conn.xfixes_create_region(region, &[]).map_err(lost)?.check().map_err(lost)?;
        Ok(Self {
            id,
            title: windows::title(link, id)?.unwrap_or_else(|| chosen.title.clone()),
            size: Size { width: geometry.width, height: geometry.height },
            border: geometry.border_width,
            above: follow_what_it_lies_in(link, id)?,
            is_redirected: false,
            is_shown: attributes.map_state == MapState::VIEWABLE,
            resized: None,
            painted: Painted::Some(region),
        })
    }

    /// The size of its picture.
    pub(super) fn picture(&self) -> Size {
        Size { width: self.size.width.max(SMALLEST), height: self.size.height.max(SMALLEST) }
    }

    /// Its own size.
    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// The window below the root that it is in: its own, or the frame that a window manager gave it.
    pub(super) fn outermost(&self) -> Window {
        self.above.last().copied().unwrap_or(self.id)
    }

    /// When the window's new size counts; nothing while it has its old one.
    pub(super) fn changes_at(&self) -> Option<Instant> {
        self.resized.map(|at| at + RESTING)
    }

    /// Whether its pixels can be fetched now.
    pub(super) fn is_there(&self) -> bool {
        self.is_shown && self.resized.is_none()
    }

    /// Gives the window new pixels of its own, of which none counts as painted. Nobody else's request comes between: what
    /// is painted from here on is painted on them. The window's program is asked to paint everything again.
    pub(super) fn begin_anew(&mut self, link: &Link, damage: Damage) -> Result<(), CaptureError> {
        let region = match self.painted {
            Painted::Some(region) => region,
            Painted::All => link.conn.generate_id().map_err(lost)?,
        };
        if self.painted == Painted::All {
            link.conn.xfixes_create_region(region, &[]).map_err(lost)?.ignore_error();
        }
        self.painted = Painted::Some(region);
        let (conn, automatic) = (&link.conn, Redirect::AUTOMATIC);
        conn.grab_server().map_err(lost)?.ignore_error();
        if self.is_redirected {
            conn.composite_unredirect_window(self.id, automatic).map_err(lost)?.ignore_error();
        }
        conn.damage_subtract(damage, x11rb::NONE, x11rb::NONE).map_err(lost)?.ignore_error();
        conn.xfixes_set_region(region, &[]).map_err(lost)?.ignore_error();
        let redirected = conn.composite_redirect_window(self.id, automatic).map_err(lost)?;
        conn.ungrab_server().map_err(lost)?.ignore_error();
        redirected.check().map_err(gone)?;
        self.is_redirected = true;
        self.ask_to_paint(link)
    }

    /// Takes note of an event.
    pub(super) fn notice(
        &mut self,
        link: &Link,
        event: &Event,
        now: Instant,
    ) -> Result<Notice, CaptureError> {
        let is_ours = |window| window == self.id || self.above.contains(&window);
        match event {
            Event::DestroyNotify(e) if e.window == self.id => Err(CaptureError::Gone),
            // What a window manager makes up changes no pixels.
            Event::ConfigureNotify(e) if e.window == self.id && e.response_type & SENT == 0 => {
                self.has_size(Size { width: e.width, height: e.height }, e.border_width, now);
                Ok(Notice::Nothing)
            }
            Event::ReparentNotify(e) if is_ours(e.window) => {
                self.above = follow_what_it_lies_in(link, self.id)?;
                self.look(link)
            }
            Event::MapNotify(e) if is_ours(e.window) => self.look(link),
            Event::UnmapNotify(e) if is_ours(e.window) => self.look(link),
            _ => Ok(Notice::Nothing),
        }
    }

    /// Fetches one rectangle of the window, black where it is not painted. `damage` is the region that was painted since
    /// the last time. Nothing where it is not on the screen, or is just getting another size.
    ///
    /// The pixels are named anew each time: they are others after whatever brought new ones, and the server tells of that
    /// only afterwards. So the caller looks at what it told meanwhile before it uses them.
    pub(super) fn fetch(
        &mut self,
        link: &Link,
        pixels: &mut Pixels,
        area: Rect,
        damage: Region,
        now: Instant,
    ) -> Result<Option<Vec<u8>>, CaptureError> {
        let own = self.own_part(link, area, damage)?;
        let pixmap: Pixmap = link.conn.generate_id().map_err(lost)?;
        link.conn.composite_name_window_pixmap(self.id, pixmap).map_err(lost)?.ignore_error();
        let behind = |start: u16| start.saturating_add(self.border);
        let behind_border = Rect { x: behind(area.x), y: behind(area.y), ..area };
        let fetched = pixels.fetch(link, pixmap, behind_border).map(|bgra| match &own {
            None => bgra.to_vec(),
            Some(own) => masked(bgra, area, own),
        });
        link.conn.free_pixmap(pixmap).map_err(lost)?.ignore_error();
        match fetched {
            Ok(bgra) => Ok(Some(bgra)),
            Err(ReplyError::X11Error(_)) => {
                // Not on the screen, of another size, or gone; whichever it is, its last picture stays.
                self.look(link)?;
                let geometry = link.conn.get_geometry(self.id).map_err(lost)?.reply().map_err(gone)?;
                let size = Size { width: geometry.width, height: geometry.height };
                self.has_size(size, geometry.border_width, now);
                Ok(None)
            }
            Err(error) => Err(lost(error).into()),
        }
    }

    /// Which parts of an area are painted; nothing when all of it is.
    fn own_part(
        &mut self,
        link: &Link,
        area: Rect,
        damage: Region,
    ) -> Result<Option<Vec<Rect>>, CaptureError> {
        let Painted::Some(painted) = self.painted else { return Ok(None) };
        link.conn.xfixes_union_region(painted, damage, painted).map_err(lost)?.ignore_error();
        let region = link.conn.xfixes_fetch_region(painted).map_err(lost)?.reply().map_err(lost)?;
        let parts: Vec<Rect> = region.rectangles.iter().filter_map(|rect| clipped(rect, self.size)).collect();
        if parts.contains(&Rect::whole(self.size)) {
            link.conn.xfixes_destroy_region(painted).map_err(lost)?.ignore_error();
            self.painted = Painted::All;
            return Ok(None);
        }
        Ok((!parts.iter().any(|part| part.around(area) == *part)).then_some(parts))
    }

    /// A new size brought new pixels, also when it is back at the old one by now.
    fn has_size(&mut self, size: Size, border: u16, now: Instant) {
        if self.resized.is_some() || (size, border) != (self.size, self.border) {
            self.resized = Some(now);
        }
    }

    /// Looks whether it is on the screen. Wherever it comes back it has new pixels.
    fn look(&mut self, link: &Link) -> Result<Notice, CaptureError> {
        let attributes = link.conn.get_window_attributes(self.id).map_err(lost)?.reply().map_err(gone)?;
        self.is_shown = attributes.map_state == MapState::VIEWABLE;
        Ok(Notice::New)
    }

    /// Tells the window's program that all of it has to be painted: the window, and every window in it.
    fn ask_to_paint(&self, link: &Link) -> Result<(), CaptureError> {
        let mut level = vec![self.id];
        for _ in 0..DEEPEST {
            let mut next = Vec::new();
            for window in level {
                link.conn.clear_area(true, window, 0, 0, 0, 0).map_err(lost)?.ignore_error();
                next.extend(windows::children(link, window)?);
            }
            if next.is_empty() {
                break;
            }
            level = next;
        }
        Ok(())
    }
}

/// The pixels of an area, black where none of these parts is.
fn masked(bgra: &[u8], area: Rect, own: &[Rect]) -> Vec<u8> {
    let mut black = vec![0; bgra.len()];
    let row_bytes = usize::from(area.width) * 4;
    for part in own {
        let (x, y) = (i32::from(part.x) - i32::from(area.x), i32::from(part.y) - i32::from(area.y));
        let Some(part) = Rect::clipped(x, y, part.width, part.height, area.size()) else { continue };
        let (from, bytes) = (usize::from(part.x) * 4, usize::from(part.width) * 4);
        for row in usize::from(part.y)..usize::from(part.y) + usize::from(part.height) {
            let at = row * row_bytes + from;
            black[at..at + bytes].copy_from_slice(&bgra[at..at + bytes]);
        }
    }
    black
}

fn clipped(rect: &Rectangle, size: Size) -> Option<Rect> {
    Rect::clipped(i32::from(rect.x), i32::from(rect.y), rect.width, rect.height, size)
}

/// What a window lies in, from its parent to the one below the root; from now on each says when it comes and goes. A window
/// manager may take away the frame and leave the window in it alone.
fn follow_what_it_lies_in(link: &Link, window: Window) -> Result<Vec<Window>, CaptureError> {
    let mut above = Vec::new();
    let mut at = window;
    while above.len() < DEEPEST {
        let parent = link.conn.query_tree(at).map_err(lost)?.reply().map_err(gone)?.parent;
        if parent == link.root || parent == x11rb::NONE {
            break;
        }
        follow(link, parent)?;
        above.push(parent);
        at = parent;
    }
    Ok(above)
}

fn follow(link: &Link, window: Window) -> Result<(), CaptureError> {
    let events = ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
    link.conn.change_window_attributes(window, &events).map_err(lost)?.check().map_err(gone)
}

/// Whatever is refused about a window that was there a moment ago is refused because it is gone.
fn gone(error: ReplyError) -> CaptureError {
    match error {
        ReplyError::X11Error(_) => CaptureError::Gone,
        other => lost(other).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_painted_is_black() {
        let area = Rect { x: 10, y: 20, width: 4, height: 2 };
        let fetched: Vec<u8> = (1..=32).collect();
        let own = [
            Rect { x: 0, y: 0, width: 12, height: 21 },
            Rect { x: 13, y: 21, width: 9, height: 9 },
            Rect { x: 40, y: 0, width: 1, height: 1 },
        ];
        let shown = masked(&fetched, area, &own);
        assert_eq!(shown[..8], fetched[..8], "two pixels of the upper row");
        assert!(shown[8..28].iter().all(|byte| *byte == 0));
        assert_eq!(shown[28..], fetched[28..], "the last pixel of the lower one");
    }
}
