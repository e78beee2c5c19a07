//! The monitors of a desktop, and which of them is shared.

use rendezvous_assist::screen::Size;
use rendezvous_assist::screens::{Kind, Screen, ScreenId, ScreenName, Screens};

use crate::Rect;

/// One monitor, as the settings of the display have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Monitor {
    pub(crate) id: ScreenId,
    pub(crate) name: ScreenName,
    pub(crate) area: Rect,
    pub(crate) is_primary: bool,
}

/// The one that is wanted if it is there, else the one where the person's panels are, else the first.
pub(crate) fn choose(monitors: &[Monitor], wanted: Option<ScreenId>) -> Option<&Monitor> {
    let by = |test: &dyn Fn(&Monitor) -> bool| monitors.iter().find(|monitor| test(monitor));
    by(&|monitor| Some(monitor.id) == wanted)
        .or_else(|| by(&|monitor| monitor.is_primary))
        .or_else(|| monitors.first())
}

/// As the expert is told.
pub(crate) fn screens(monitors: &[Monitor], shared: &Monitor) -> Screens {
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
