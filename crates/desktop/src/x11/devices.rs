//! The mice and keyboards that are real, and whether somebody takes them from the person.
//!
//! A program that was started under control can switch a keyboard off, or make its keys mean nothing, and the person could
//! then stop nothing any more. So whatever happens to a device through which no program plays back anything is told of.

use std::collections::HashMap;

use x11rb::errors::ReplyError;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{
    ConnectionExt as _, Device, DeviceId, DeviceType, EventMask, HierarchyInfo, HierarchyMask, XIEventMask,
    XIGetPropertyItems,
};
use x11rb::protocol::xkb::{
    BoolCtrl, ConnectionExt as _, Control, EventType, MapPart, SelectEventsAux,
    SelectEventsAuxControlsNotify, VMod,
};
use x11rb::protocol::xproto::{Atom, AtomEnum, ConnectionExt as _, Mapping};

use super::link::{Link, lost};
use crate::DisplayError;
use crate::watch::Taken;

/// What makes a device point elsewhere, or nowhere, when it is changed. Others, such as how fast a wheel turns, are the
/// person's taste, and drivers change some of them by themselves.
const PROPERTIES: &[&str] = &[
    "Device Enabled",
    "Coordinate Transformation Matrix",
    "Device Accel Constant Deceleration",
    "Evdev Axes Swap",
    "Evdev Axis Calibration",
    "Evdev Axis Inversion",
    "Synaptics Off",
    "libinput Calibration Matrix",
    "libinput Left Handed Enabled",
    "libinput Rotation Angle",
    "libinput Send Events Mode Enabled",
];

/// The numbers of devices in the keyboard extension have a byte.
type Keymap = Vec<Vec<u32>>;

/// Tells devices through which programs play back input from all others.
#[derive(Debug)]
pub(super) struct Mark(Atom);

impl Mark {
    pub(super) fn learn(link: &Link) -> Result<Self, DisplayError> {
        Ok(Self(atom(link, "XTEST Device")?))
    }

    /// Whether a device is not one through which programs play back input. The server marks those by a property that no
    /// program can change. A device that is gone before we could ask counts as real.
    pub(super) fn is_real(&self, link: &Link, device: DeviceId) -> Result<bool, DisplayError> {
        let any = Atom::from(AtomEnum::ANY);
        match link.conn.xinput_xi_get_property(device, false, self.0, any, 0, 1).map_err(lost)?.reply() {
            Ok(mark) => {
                Ok(!matches!(mark.items, XIGetPropertyItems::Data8(on) if on.iter().any(|b| *b != 0)))
            }
            Err(ReplyError::X11Error(_)) => Ok(true),
            Err(error) => Err(lost(error)),
        }
    }
}

/// The devices of the person, as they were when somebody began to look.
#[derive(Debug)]
pub(super) struct Devices {
    mark: Mark,
    watched: Vec<Atom>,
    /// Every real device; keyboards with what their keys type.
    real: HashMap<DeviceId, Option<Keymap>>,
    /// Which button is which.
    buttons: Vec<u8>,
    has_xkb: bool,
}

impl Devices {
    /// Asks to be told of every change, and looks what there is.
    pub(super) fn watch(link: &Link) -> Result<Self, DisplayError> {
        let has_xkb = link.has("XKEYBOARD")?
            && link.conn.xkb_use_extension(1, 0).map_err(lost)?.reply().map_err(lost)?.supported;
        let mask = XIEventMask::HIERARCHY | XIEventMask::PROPERTY;
        let masks = [EventMask { deviceid: Device::ALL.into(), mask: vec![mask] }];
        link.conn.xinput_xi_select_events(link.root, &masks).map_err(lost)?.check().map_err(lost)?;
        let mut devices = Self {
            mark: Mark::learn(link)?,
            watched: PROPERTIES.iter().map(|name| atom(link, name)).collect::<Result<_, _>>()?,
            real: HashMap::new(),
            buttons: buttons(link)?,
            has_xkb,
        };
        let all =
            link.conn.xinput_xi_query_device(u16::from(Device::ALL)).map_err(lost)?.reply().map_err(lost)?;
        for info in all.infos {
            devices.meet(link, info.deviceid, info.type_)?;
        }
        Ok(devices)
    }

    /// What this event says of a device of the person's.
    pub(super) fn hear(&mut self, link: &Link, event: &Event) -> Result<Option<Taken>, DisplayError> {
        match event {
            Event::XinputHierarchy(e) => {
                let mut taken = None;
                for info in &e.infos {
                    taken = taken.or(self.hierarchy(link, info)?);
                }
                Ok(taken)
            }
            Event::XinputProperty(e) => {
                let counts = self.real.contains_key(&e.deviceid) && self.watched.contains(&e.property);
                Ok(counts.then_some(Taken::Remapped))
            }
            Event::XkbMapNotify(e) => self.keymap(link, e.device_id.into()),
            Event::XkbNewKeyboardNotify(e) => self.keymap(link, e.device_id.into()),
            Event::XkbControlsNotify(e) => {
                let slow = BoolCtrl::SLOW_KEYS | BoolCtrl::BOUNCE_KEYS;
                let slowed = u32::from(e.enabled_control_changes & slow) != 0
                    && u32::from(e.enabled_controls & slow) != 0;
                let counts = self.real.contains_key(&e.device_id.into());
                Ok((slowed && counts).then_some(Taken::Remapped))
            }
            Event::MappingNotify(e) if e.request == Mapping::POINTER => {
                let before = std::mem::replace(&mut self.buttons, buttons(link)?);
                Ok((before != self.buttons).then_some(Taken::Remapped))
            }
            _ => Ok(None),
        }
    }

    fn hierarchy(&mut self, link: &Link, info: &HierarchyInfo) -> Result<Option<Taken>, DisplayError> {
        let gone =
            HierarchyMask::SLAVE_REMOVED | HierarchyMask::SLAVE_DETACHED | HierarchyMask::DEVICE_DISABLED;
        let come = HierarchyMask::SLAVE_ADDED | HierarchyMask::DEVICE_ENABLED;
        if u32::from(info.flags & gone) != 0 {
            let removed = u32::from(info.flags & HierarchyMask::SLAVE_REMOVED) != 0;
            let was_real = if removed {
                self.real.remove(&info.deviceid).is_some()
            } else {
                self.real.contains_key(&info.deviceid)
            };
            return Ok(was_real.then_some(Taken::Away));
        }
        if u32::from(info.flags & come) != 0 {
            self.meet(link, info.deviceid, info.type_)?;
        }
        Ok(None)
    }

    /// Remembers a device when it is real.
    fn meet(&mut self, link: &Link, device: DeviceId, kind: DeviceType) -> Result<(), DisplayError> {
        let is_slave = matches!(
            kind,
            DeviceType::SLAVE_POINTER | DeviceType::SLAVE_KEYBOARD | DeviceType::FLOATING_SLAVE
        );
        if !is_slave || !self.mark.is_real(link, device)? {
            return Ok(());
        }
        let keymap = if kind == DeviceType::SLAVE_KEYBOARD && self.has_xkb {
            listen(link, device)?;
            keymap(link, device)?
        } else {
            None
        };
        self.real.insert(device, keymap);
        Ok(())
    }

    /// Whether a key of a real keyboard types something else than it did. Keys that typed nothing are for whoever needs them;
    /// our own injector is one of those.
    fn keymap(&mut self, link: &Link, device: DeviceId) -> Result<Option<Taken>, DisplayError> {
        let Some(Some(before)) = self.real.get(&device) else { return Ok(None) };
        let Some(now) = keymap(link, device)? else { return Ok(None) };
        let changed = before
            .iter()
            .enumerate()
            .any(|(key, symbols)| symbols.iter().any(|symbol| *symbol != 0) && now.get(key) != Some(symbols));
        if !changed {
            return Ok(None);
        }
        self.real.insert(device, Some(now));
        Ok(Some(Taken::Remapped))
    }
}

/// Asks to be told when this keyboard's keys are changed, or slowed down.
fn listen(link: &Link, device: DeviceId) -> Result<(), DisplayError> {
    let parts = MapPart::KEY_SYMS;
    let none = EventType::from(0_u8);
    let controls = SelectEventsAuxControlsNotify {
        affect_ctrls: Control::CONTROLS_ENABLED,
        ctrl_details: Control::CONTROLS_ENABLED,
    };
    // The number alone selects what has details of its own; without a bit above, those details would be cleared.
    let more = SelectEventsAux { controls_notify: Some(controls), ..SelectEventsAux::new() };
    let news = EventType::NEW_KEYBOARD_NOTIFY | EventType::MAP_NOTIFY;
    match link.conn.xkb_select_events(device, none, news, parts, parts, &more).map_err(lost)?.check() {
        // It is gone already, and that is told, too.
        Ok(()) | Err(ReplyError::X11Error(_)) => Ok(()),
        Err(error) => Err(lost(error)),
    }
}

/// What each key of this keyboard types; nothing where it is gone.
fn keymap(link: &Link, device: DeviceId) -> Result<Option<Keymap>, DisplayError> {
    let (parts, none) = (MapPart::KEY_SYMS, MapPart::from(0_u8));
    let map = link
        .conn
        .xkb_get_map(device, parts, none, 0, 0, 0, 0, 0, 0, 0, 0, VMod::from(0_u16), 0, 0, 0, 0, 0, 0)
        .map_err(lost)?
        .reply();
    match map {
        Ok(map) => {
            let keys = map.map.syms_rtrn.unwrap_or_default().into_iter().map(|key| key.syms);
            Ok(Some(std::iter::repeat_n(Vec::new(), map.first_key_sym.into()).chain(keys).collect()))
        }
        Err(ReplyError::X11Error(_)) => Ok(None),
        Err(error) => Err(lost(error)),
    }
}

fn buttons(link: &Link) -> Result<Vec<u8>, DisplayError> {
    Ok(link.conn.get_pointer_mapping().map_err(lost)?.reply().map_err(lost)?.map)
}

fn atom(link: &Link, name: &str) -> Result<Atom, DisplayError> {
    Ok(link.conn.intern_atom(false, name.as_bytes()).map_err(lost)?.reply().map_err(lost)?.atom)
}
