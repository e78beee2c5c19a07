//! Whether the person can see a window as it is, asked of the server in the moment in which it matters.

use x11rb::protocol::xproto::{Atom, ConnectionExt as _, GetGeometryReply, MapState, Window, WindowClass};

use crate::DisplayError;
use crate::x11::link::{Link, lost};

/// No window is deeper inside others than this.
const DEEPEST: usize = 32;

/// A part of the display that windows share: left, top, right, bottom.
type Span = (i32, i32, i32, i32);

/// Whether the keyboard is at this window.
pub(super) fn is_focused(link: &Link, window: Window) -> Result<bool, DisplayError> {
    Ok(link.conn.get_input_focus().map_err(lost)?.reply().map_err(lost)?.focus == window)
}

/// Whether all of it is on the display and, where a compositor puts windows together, no other lies over it. The server
/// tells of windows over another only where there is no compositor: then [`super::surface`] hears of it as it happens.
pub(super) fn is_clear(link: &Link, window: Window) -> Result<bool, DisplayError> {
    let Some((top, own)) = top_level(link, window)? else { return Ok(false) };
    if own.0 < 0 || own.1 < 0 || own.2 > i32::from(link.size.width) || own.3 > i32::from(link.size.height) {
        return Ok(false);
    }
    if !has_compositor(link)? {
        return Ok(true);
    }
    let tree = link.conn.query_tree(link.root).map_err(lost)?.reply().map_err(lost)?;
    let above = tree.children.into_iter().skip_while(|child| *child != top).skip(1);
    for other in above {
        if covers(link, other, own)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The window or frame around it that lies directly on the display, and where the window itself lies there.
fn top_level(link: &Link, window: Window) -> Result<Option<(Window, Span)>, DisplayError> {
    let Ok(geometry) = link.conn.get_geometry(window).map_err(lost)?.reply() else { return Ok(None) };
    let Ok(at) = link.conn.translate_coordinates(window, link.root, 0, 0).map_err(lost)?.reply() else {
        return Ok(None);
    };
    let own = span(i32::from(at.dst_x), i32::from(at.dst_y), &geometry);
    let mut top = window;
    for _ in 0..DEEPEST {
        let Ok(tree) = link.conn.query_tree(top).map_err(lost)?.reply() else { return Ok(None) };
        if tree.parent == link.root || tree.parent == x11rb::NONE {
            return Ok(Some((top, own)));
        }
        top = tree.parent;
    }
    Ok(None)
}

/// Whether another window can be seen over this part of the display. One that goes meanwhile does not.
fn covers(link: &Link, other: Window, own: Span) -> Result<bool, DisplayError> {
    let attributes = link.conn.get_window_attributes(other).map_err(lost)?;
    let geometry = link.conn.get_geometry(other).map_err(lost)?;
    let (Ok(attributes), Ok(geometry)) = (attributes.reply(), geometry.reply()) else { return Ok(false) };
    if attributes.map_state != MapState::VIEWABLE || attributes.class == WindowClass::INPUT_ONLY {
        return Ok(false);
    }
    let (left, top, right, bottom) = span(i32::from(geometry.x), i32::from(geometry.y), &geometry);
    Ok(left < own.2 && own.0 < right && top < own.3 && own.1 < bottom)
}

fn span(x: i32, y: i32, geometry: &GetGeometryReply) -> Span {
    (x, y, x + i32::from(geometry.width), y + i32::from(geometry.height))
}

fn has_compositor(link: &Link) -> Result<bool, DisplayError> {
    let name = format!("_NET_WM_CM_S{}", link.screen);
    let atom: Atom = link.conn.intern_atom(false, name.as_bytes()).map_err(lost)?.reply().map_err(lost)?.atom;
    let owner = link.conn.get_selection_owner(atom).map_err(lost)?.reply().map_err(lost)?.owner;
    Ok(owner != x11rb::NONE)
}
