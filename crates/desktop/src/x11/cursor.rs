//! What the pointer looks like and where it is, without ever polling.
//!
//! The XFIXES extension tells when the shape changes. Nothing tells where the pointer is, but raw motion tells that it
//! moved, so only then we ask. A mouse reports up to 1000 times a second; we ask at most 125 times.
//!
//! Outside of what is shared there is nothing to tell of it, not even what it looks like: what somebody drags is part of
//! that.

use std::time::{Duration, Instant};

use rendezvous_assist::screen::{CursorEvent, Size};
use x11rb::protocol::Event;
use x11rb::protocol::xfixes::{ConnectionExt as _, CursorNotifyMask};
use x11rb::protocol::xinput::XIEventMask;
use x11rb::protocol::xproto::{ConnectionExt as _, Window};

use super::link::{Link, lost};
use crate::{DisplayError, Rect};

const ASK_EVERY: Duration = Duration::from_millis(8);

/// Follows the cursor of one display.
#[derive(Debug)]
pub(super) struct CursorWatch {
    new_shape: bool,
    moved: bool,
    ask_from: Instant,
    last: Option<CursorEvent>,
}

/// Where the cursor counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ground {
    /// On this part of the display.
    Area(Rect),
    /// On this window of this size, as far as none covers it. `outermost` is what it is in, below the root.
    Window { id: Window, outermost: Window, size: Size },
}

impl CursorWatch {
    /// Begins to follow; shape and place are due at once.
    pub(super) fn start(link: &Link, now: Instant) -> Result<Self, DisplayError> {
        let mask = CursorNotifyMask::DISPLAY_CURSOR;
        link.conn.xfixes_select_cursor_input(link.root, mask).map_err(lost)?.check().map_err(lost)?;
        link.select_raw(XIEventMask::RAW_MOTION)?;
        Ok(Self { new_shape: true, moved: true, ask_from: now, last: None })
    }

    /// Takes note of an event, if it is about the cursor.
    pub(super) fn notice(&mut self, event: &Event) {
        match event {
            Event::XfixesCursorNotify(_) => self.new_shape = true,
            Event::XinputRawMotion(_) => self.moved = true,
            _ => {}
        }
    }

    /// The ground moved, and the cursor may be elsewhere on it.
    pub(super) fn ground_moved(&mut self) {
        self.moved = true;
    }

    /// When [`take`](Self::take) has something to ask, if no more events come.
    pub(super) fn due(&self) -> Option<Instant> {
        self.moved.then_some(self.ask_from)
    }

    /// What changed since the last time.
    pub(super) fn take(
        &mut self,
        link: &Link,
        ground: Ground,
        now: Instant,
    ) -> Result<Vec<CursorEvent>, DisplayError> {
        let moved = if self.moved && now >= self.ask_from {
            self.moved = false;
            self.ask_from = now + ASK_EVERY;
            self.place(link, ground)?
        } else {
            None
        };
        let is_on_it = matches!(self.last, Some(CursorEvent::Moved(..)));
        let shape = if is_on_it && std::mem::take(&mut self.new_shape) { shape(link)? } else { None };
        Ok(shape.into_iter().chain(moved).collect())
    }

    fn place(&mut self, link: &Link, ground: Ground) -> Result<Option<CursorEvent>, DisplayError> {
        let found = match ground {
            Ground::Area(area) => on_area(link, area)?,
            Ground::Window { id, outermost, size } => on_window(link, id, outermost, size)?,
        };
        let place = found.map_or(CursorEvent::Gone, |(x, y)| CursorEvent::Moved(x, y));
        let news = self.last.as_ref() != Some(&place);
        self.last = Some(place.clone());
        Ok(news.then_some(place))
    }
}

fn on_area(link: &Link, area: Rect) -> Result<Option<(u16, u16)>, DisplayError> {
    let pointer = link.conn.query_pointer(link.root).map_err(lost)?.reply().map_err(lost)?;
    Ok(area.inside(i32::from(pointer.root_x), i32::from(pointer.root_y)))
}

fn on_window(
    link: &Link,
    id: Window,
    outermost: Window,
    size: Size,
) -> Result<Option<(u16, u16)>, DisplayError> {
    let top = link.conn.query_pointer(link.root).map_err(lost)?;
    let within = link.conn.query_pointer(id).map_err(lost)?;
    if top.reply().map_err(lost)?.child != outermost {
        return Ok(None);
    }
    // A window that is gone has no place; its end is told in other ways.
    let Ok(within) = within.reply() else { return Ok(None) };
    Ok(Rect::whole(size).inside(i32::from(within.win_x), i32::from(within.win_y)))
}

fn shape(link: &Link) -> Result<Option<CursorEvent>, DisplayError> {
    let image = link.conn.xfixes_get_cursor_image().map_err(lost)?.reply().map_err(lost)?;
    let size = Size { width: image.width, height: image.height };
    let shape = crate::cursor::shape(size, (image.xhot, image.yhot), &image.cursor_image);
    Ok(shape.map(CursorEvent::Shape))
}
