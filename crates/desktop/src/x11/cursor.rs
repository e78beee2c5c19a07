//! What the pointer looks like and where it is, without ever polling.
//!
//! The XFIXES extension tells when the shape changes. Nothing tells where the pointer is, but raw motion tells that it
//! moved, so only then we ask. A mouse reports up to 1000 times a second; we ask at most 125 times.

use std::time::{Duration, Instant};

use rendezvous_assist::screen::{CursorEvent, Size};
use x11rb::protocol::Event;
use x11rb::protocol::xfixes::{ConnectionExt as _, CursorNotifyMask};
use x11rb::protocol::xinput::XIEventMask;
use x11rb::protocol::xproto::ConnectionExt as _;

use super::link::{Link, lost};
use crate::DisplayError;

const ASK_EVERY: Duration = Duration::from_millis(8);

/// Follows the cursor of one screen.
#[derive(Debug)]
pub(super) struct CursorWatch {
    new_shape: bool,
    moved: bool,
    ask_from: Instant,
    last: Option<(u16, u16)>,
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

    /// When [`take`](Self::take) has something to ask, if no more events come.
    pub(super) fn due(&self) -> Option<Instant> {
        self.moved.then_some(self.ask_from)
    }

    /// What changed since the last time.
    pub(super) fn take(&mut self, link: &Link, now: Instant) -> Result<Vec<CursorEvent>, DisplayError> {
        let mut changes = Vec::new();
        if std::mem::take(&mut self.new_shape) {
            changes.extend(self.shape(link)?);
        }
        if self.moved && now >= self.ask_from {
            self.moved = false;
            self.ask_from = now + ASK_EVERY;
            changes.extend(self.place(link)?);
        }
        Ok(changes)
    }

    fn shape(&self, link: &Link) -> Result<Option<CursorEvent>, DisplayError> {
        let image = link.conn.xfixes_get_cursor_image().map_err(lost)?.reply().map_err(lost)?;
        let size = Size { width: image.width, height: image.height };
        let shape = crate::cursor::shape(size, (image.xhot, image.yhot), &image.cursor_image);
        Ok(shape.map(CursorEvent::Shape))
    }

    fn place(&mut self, link: &Link) -> Result<Option<CursorEvent>, DisplayError> {
        let pointer = link.conn.query_pointer(link.root).map_err(lost)?.reply().map_err(lost)?;
        let clamp = |at: i16, limit: u16| u16::try_from(at).unwrap_or(0).min(limit.saturating_sub(1));
        let place = (clamp(pointer.root_x, link.size.width), clamp(pointer.root_y, link.size.height));
        let news = self.last != Some(place);
        self.last = Some(place);
        Ok(news.then_some(CursorEvent::Moved(place.0, place.1)))
    }
}
