//! Which monitors there are, and where on the display each one lies.

use rendezvous_assist::screen::Size;
use rendezvous_assist::screens::{Kind, MAX_SCREENS, Screen, ScreenId, ScreenName, Screens};
use x11rb::protocol::Event;
use x11rb::protocol::randr::{ConnectionExt as _, NotifyMask};
use x11rb::protocol::xproto::ConnectionExt as _;

use super::link::{Link, lost};
use crate::{DisplayError, Rect};

/// What the whole display is called where nobody says what it is made of.
const NAMELESS: &str = "Screen";

/// One monitor, as the settings of the display have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Monitor {
    pub(super) id: ScreenId,
    pub(super) name: ScreenName,
    pub(crate) area: Rect,
    pub(super) is_primary: bool,
}

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

/// The one that is wanted if it is there, else the one where the person's panels are, else the first.
pub(super) fn choose(monitors: &[Monitor], wanted: Option<ScreenId>) -> Option<&Monitor> {
    let by = |test: &dyn Fn(&Monitor) -> bool| monitors.iter().find(|monitor| test(monitor));
    by(&|monitor| Some(monitor.id) == wanted)
        .or_else(|| by(&|monitor| monitor.is_primary))
        .or_else(|| monitors.first())
}

/// As the expert is told.
pub(super) fn screens(monitors: &[Monitor], shared: &Monitor) -> Screens {
    let screen = |monitor: &Monitor| Screen {
        id: monitor.id,
        name: monitor.name.clone(),
        size: Size { width: monitor.area.width, height: monitor.area.height },
    };
    let all = monitors.iter().map(screen).collect();
    Screens::new(Kind::Screen, all, shared.id, true)
        .unwrap_or_else(|| Screens::only(Kind::Screen, screen(shared)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn monitor(id: u32, is_primary: bool) -> Monitor {
        let area = Rect { x: 0, y: 0, width: 640, height: 480 };
        Monitor { id: ScreenId(id), name: ScreenName::cleaned("HDMI"), area, is_primary }
    }

    #[test]
    fn the_wanted_one_else_the_primary_one_else_the_first() {
        let two = [monitor(4, false), monitor(7, true)];
        let chosen = |monitors, wanted| choose(monitors, wanted).map(|monitor| monitor.id.0);
        assert_eq!(chosen(&two, Some(ScreenId(4))), Some(4));
        assert_eq!(chosen(&two, None), Some(7));
        assert_eq!(chosen(&two, Some(ScreenId(5))), Some(7));
        assert_eq!(chosen(&two[..1], None), Some(4));
        assert_eq!(chosen(&[], Some(ScreenId(4))), None);
    }
}
