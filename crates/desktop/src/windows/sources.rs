//! Which devices somebody can touch.

use std::collections::HashMap;

use x11rb::protocol::xinput::{ConnectionExt as _, DeviceId, XIGetPropertyItems};
use x11rb::protocol::xproto::{Atom, AtomEnum, ConnectionExt as _};

use super::form::Source;
use crate::DisplayError;
use crate::x11::link::{Link, lost};

/// What is known of the devices of one display.
#[derive(Debug)]
pub(super) struct Sources {
    xtest_mark: Atom,
    known: HashMap<DeviceId, Source>,
}

impl Sources {
    pub(super) fn new(link: &Link) -> Result<Self, DisplayError> {
        let mark = link.conn.intern_atom(false, b"XTEST Device").map_err(lost)?.reply().map_err(lost)?;
        Ok(Self { xtest_mark: mark.atom, known: HashMap::new() })
    }

    /// Devices come and go, and their numbers are used again.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }

    /// Whether somebody can touch this device. The server marks those that only programs use by a property that no
    /// program can change. A device that cannot be asked about is nobody's: what it does allows nothing.
    pub(super) fn of(&mut self, link: &Link, device: DeviceId) -> Result<Source, DisplayError> {
        if let Some(known) = self.known.get(&device) {
            return Ok(*known);
        }
        let any = Atom::from(AtomEnum::ANY);
        let answer =
            link.conn.xinput_xi_get_property(device, false, self.xtest_mark, any, 0, 1).map_err(lost)?;
        let Ok(mark) = answer.reply() else { return Ok(Source::Played) };
        let is_marked =
            matches!(mark.items, XIGetPropertyItems::Data8(on) if on.iter().any(|byte| *byte != 0));
        let source = if is_marked { Source::Played } else { Source::Real };
        self.known.insert(device, source);
        Ok(source)
    }
}
