//! What lies above what on the screen.

use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::xproto::{ConnectionExt as _, GetGeometryReply, MapState, Window, WindowClass};

use crate::DisplayError;
use crate::x11::link::{Link, lost};
use crate::x11::windows::children;

/// A part of the display: from the left, from the top, width, height.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) x: i16,
    pub(super) y: i16,
    pub(super) width: u16,
    pub(super) height: u16,
}

impl Place {
    fn of(geometry: &GetGeometryReply) -> Self {
        // The border belongs to what is seen of a window.
        let border = geometry.border_width.saturating_mul(2);
        Self {
            x: geometry.x,
            y: geometry.y,
            width: geometry.width.saturating_add(border),
            height: geometry.height.saturating_add(border),
        }
    }

    pub(super) fn contains(self, x: i16, y: i16) -> bool {
        let within = |at: i16, from: i16, length: u16| {
            (i32::from(from)..i32::from(from) + i32::from(length)).contains(&i32::from(at))
        };
        within(x, self.x, self.width) && within(y, self.y, self.height)
    }

    fn overlaps(self, other: Self) -> bool {
        let apart = |a: i16, long: u16, b: i16| i32::from(a) + i32::from(long) <= i32::from(b);
        let is_something = |place: Self| place.width > 0 && place.height > 0;
        let are_apart = apart(self.x, self.width, other.x)
            || apart(other.x, other.width, self.x)
            || apart(self.y, self.height, other.y)
            || apart(other.y, other.height, self.y);
        is_something(self) && is_something(other) && !are_apart
    }
}

/// How a window of ours stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// On the screen at its place, and nothing above it.
    InView,
    /// There, but something lies above it.
    Covered,
    /// There, but hidden, or somewhere else than it was put.
    Displaced,
    /// Not there any more.
    Gone,
}

/// How each of these windows of ours stands; in their order.
pub(super) fn look(link: &Link, ours: &[(Window, Place)]) -> Result<Vec<Stand>, DisplayError> {
    // From the lowest to the highest.
    let stack = children(link, link.root)?;
    let mut above: Vec<Place> = Vec::new();
    let mut stands = vec![Stand::Gone; ours.len()];
    let mut missing = ours.len();
    for window in stack.iter().rev() {
        match ours.iter().position(|(our, _)| our == window) {
            Some(at) => {
                let place = ours[at].1;
                stands[at] = match visible(link, *window)? {
                    Some((is, _)) if is != place => Stand::Displaced,
                    None => Stand::Displaced,
                    Some(_) if above.iter().any(|other| other.overlaps(place)) => Stand::Covered,
                    Some(_) => Stand::InView,
                };
                missing -= 1;
            }
            None if is_servers(link, *window) => {}
            // What can be seen through lets the bar be seen.
            None => {
                above.extend(visible(link, *window)?.filter(|(_, opaque)| *opaque).map(|(place, _)| place))
            }
        }
        if missing == 0 {
            break;
        }
    }
    Ok(stands)
}

/// Where a window is on the screen, if it is, and whether it has anything to show.
fn visible(link: &Link, window: Window) -> Result<Option<(Place, bool)>, DisplayError> {
    let attributes = link.conn.get_window_attributes(window).map_err(lost)?;
    let geometry = link.conn.get_geometry(window).map_err(lost)?;
    match (attributes.reply(), geometry.reply()) {
        (Ok(attributes), Ok(geometry)) if attributes.map_state == MapState::VIEWABLE => {
            Ok(Some((Place::of(&geometry), attributes.class == WindowClass::INPUT_OUTPUT)))
        }
        (Ok(_), Ok(_)) | (Err(ReplyError::X11Error(_)), _) | (_, Err(ReplyError::X11Error(_))) => Ok(None),
        (Err(error), _) | (_, Err(error)) => Err(lost(error)),
    }
}

/// Whether the server itself made this window. Such is the one on which a compositor puts the whole picture together: it
/// lies above everything, and everything is in it.
fn is_servers(link: &Link, window: Window) -> bool {
    let setup = link.conn.setup();
    let owner = |id: u32| id & !setup.resource_id_mask;
    owner(window) == owner(link.root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_only_touch_do_not_overlap() {
        let place = |x, y, width, height| Place { x, y, width, height };
        let bar = place(100, 0, 200, 40);
        for (other, overlaps) in [
            (place(0, 0, 100, 40), false),
            (place(300, 0, 50, 50), false),
            (place(100, 40, 10, 10), false),
            (place(299, 39, 10, 10), true),
            (place(-500, -500, 600, 501), false),
            (place(-500, -500, 601, 501), true),
            (place(0, 0, u16::MAX, u16::MAX), true),
            (place(150, 10, 0, 0), false),
        ] {
            assert_eq!(bar.overlaps(other), overlaps, "{other:?}");
            assert_eq!(other.overlaps(bar), overlaps, "{other:?}");
        }
        assert!(bar.contains(100, 0) && bar.contains(299, 39));
        assert!(!bar.contains(300, 0) && !bar.contains(100, 40) && !bar.contains(99, 0));
    }
}
