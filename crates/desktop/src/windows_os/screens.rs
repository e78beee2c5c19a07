//! Which screens there are, and where on the desktop each one lies.

use rendezvous_assist::screen::Size;
use rendezvous_assist::screens::{MAX_SCREENS, ScreenId, ScreenName};

use super::places::Area;
use super::system::desktop::{self, Found};
use crate::monitors::{Monitor, choose};
use crate::{CaptureError, DisplayError};

/// What devices of screens are called in front of their number.
const DEVICE: &str = r"\\.\DISPLAY";

/// The desktop, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Desktop {
    pub(super) whole: Area,
    pub(super) monitors: Vec<Monitor>,
}

impl Desktop {
    pub(super) fn look() -> Self {
        let whole = desktop::whole();
        let mut monitors: Vec<Monitor> = Vec::new();
        for (number, found) in (1..).zip(desktop::monitors()) {
            monitors.extend(monitor(&found, number, whole));
        }
        monitors.sort_by_key(|monitor| (monitor.area.x, monitor.area.y, monitor.id.0));
        monitors.dedup_by_key(|monitor| monitor.id);
        monitors.truncate(MAX_SCREENS);
        Self { whole, monitors }
    }

    /// The one that is wanted, or another one.
    pub(super) fn choose(&self, wanted: Option<ScreenId>) -> Result<Monitor, CaptureError> {
        choose(&self.monitors, wanted).cloned().ok_or(CaptureError::NoScreen)
    }
}

/// Windows numbers what screens are plugged into, and keeps to it while they are.
fn monitor(found: &Found, position: u32, whole: Area) -> Option<Monitor> {
    let number = found.device.strip_prefix(DEVICE).and_then(|number| number.parse().ok()).unwrap_or(position);
    Some(Monitor {
        id: ScreenId(number),
        name: ScreenName::cleaned(found.device.trim_start_matches(r"\\.\")),
        area: found.area.inside(whole)?,
        is_primary: found.is_primary,
    })
}

pub(super) fn probe() -> Result<Size, DisplayError> {
    if !desktop::is_in_front() {
        let why = "its lock, its log-in or a question for an administrator is in front".to_owned();
        return Err(DisplayError::Refused { what: "show its desktop", why });
    }
    let refused = || DisplayError::Refused { what: "name a screen", why: "none is switched on".to_owned() };
    Desktop::look().choose(None).map(|monitor| monitor.area.size()).map_err(|_| refused())
}
