//! Which monitors there are, and where on the display each one lies.

use rendezvous_assist::screen::Size;
use rendezvous_assist::screens::{MAX_SCREENS, ScreenId, ScreenName};
use x11rb::protocol::Event;
use x11rb::protocol::randr::{ConnectionExt as _, NotifyMask};
use x11rb::protocol::xproto::ConnectionExt as _;

use super::link::{Link, lost};
pub(crate) use crate::monitors::{Monitor, choose, screens};
use crate::{DisplayError, Rect};

/// What the whole display is called where nobody says what it is made of.
const NAMELESS: &str = "Screen";

/// Asks to be told of every change.
pub(super) fn watch(link: &Link) -> Result<(), DisplayError> {
    if !link.has_randr((1, 2)) {
        return Ok(());
    }
    let mask = NotifyMask::SCREEN_CHANGE | NotifyMask::CRTC_CHANGE | NotifyMask::OUTPUT_CHANGE;
    link.conn.randr_select_input(link.root, mask).map_err(lost)?.check().map_err(lost)
}

/// Whether this event may mean that there are others now. A monitor that a program sets up or takes away is told of only
/// as a change of the whole display.
pub(super) fn may_have_changed(link: &Link, event: &Event) -> bool {
    match event {
        Event::ConfigureNotify(e) => e.window == link.root,
        Event::RandrScreenChangeNotify(_) | Event::RandrNotify(_) => true,
        _ => false,
    }
}

/// All of them, from left to right. None where all are off, or where the display knows of none.
pub(crate) fn list(link: &Link, display: Size) -> Result<Vec<Monitor>, DisplayError> {
    if !link.has_randr((1, 5)) {
        return Ok(Vec::new());
    }
    let reply = link.conn.randr_get_monitors(link.root, true).map_err(lost)?.reply().map_err(lost)?;
    let mut monitors = Vec::new();
    for monitor in reply.monitors {
        let (x, y) = (i32::from(monitor.x), i32::from(monitor.y));
        let Some(area) = Rect::clipped(x, y, monitor.width, monitor.height, display) else { continue };
        // The name is an atom, which stays the same and is never another one's: it also serves as the number.
        let name = link.conn.get_atom_name(monitor.name).map_err(lost)?.reply().map_err(lost)?.name;
        let name = ScreenName::cleaned(&String::from_utf8_lossy(&name));
        monitors.push(Monitor { id: ScreenId(monitor.name), name, area, is_primary: monitor.primary });
    }
    monitors.sort_by_key(|monitor| (monitor.area.x, monitor.area.y, monitor.id.0));
    monitors.truncate(MAX_SCREENS);
    Ok(monitors)
}

/// The whole display as one monitor.
pub(crate) fn whole(display: Size) -> Monitor {
    let name = ScreenName::cleaned(NAMELESS);
    Monitor { id: ScreenId(0), name, area: Rect::whole(display), is_primary: true }
}
